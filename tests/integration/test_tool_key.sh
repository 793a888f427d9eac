#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The key subcommands: new, public, check

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

private_line='x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo'
public_line='x25519:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo'

expect_lines() {
	[ "$(wc -l <"$1")" -eq "$2" ] || fail "$1 has not $2 lines"
}

test_new_makes_a_private_file_and_prints_the_public_key() {
	expect_status 0 postern key create key
	expect_empty err
	expect_text out '^x25519:[A-Za-z0-9_-]\{43\}$'
	expect_lines out 1
	[ "$(stat -c %a:%u:%s key)" = "600:$(id -u):59" ] ||
		fail "the file is $(stat -c %a:%u:%s key)"
	expect_text key '^x25519-private:[A-Za-z0-9_-]\{43\}$'
	cp out new
	expect_status 0 postern key public key
	cmp new out || fail "another public key"
}

test_new_does_not_write_over_a_key() {
	echo "$private_line" >key
	expect_status 9 postern key create key
	expect_empty out
	expect_text err '^postern: key: key exists already'
	expect_status 0 postern key public key
	expect_text out "^$public_line$"
}

test_private_keys_are_never_printed() {
	echo "$private_line" >key
	for command in public check new; do
		postern key $command key >>all 2>&1 || :
	done
	grep -q dwdtCn all && fail "a private key in the output"
	grep -q hSDw all || fail "no public key in the output"
}

test_public_prints_one_line_for_each_file() {
	echo "$private_line" >a
	postern key create b >b.public
	expect_status 0 postern key public a b a
	expect_lines out 3
	[ "$(sed -n 2p out)" = "$(cat b.public)" ] || fail "not in order"
}

test_check_says_what_is_wrong_and_how_to_mend_it() {
	echo "$private_line" >key
	expect_status 0 postern key check key
	expect_empty out
	expect_empty err
	chmod 640 key
	expect_status 1 postern key check key
	expect_text err '^postern: key: key (mode 0640) is open to group or others: chmod 600 key$'
	chmod 600 key
	expect_status 1 postern key check none
	expect_text err 'none does not exist'
	echo "$public_line" >public
	expect_status 1 postern key check public
	expect_text err "public holds no private key: 'postern key create'"
	ln -s key link
	expect_status 0 postern key check link
}

test_check_looks_at_every_file() {
	echo "$private_line" >key
	expect_status 1 postern key check none key nothing
	expect_lines err 2
}

test_key_of_a_policy_is_what_new_prints() {
	postern key create key >public
	write_policy policy.conf "key $(cat public)"
	expect_status 0 postern policy check policy.conf
	sed "s|^    user .*|    key-file $PWD/public|" policy.conf >partner.conf
	expect_text partner.conf key-file
	expect_status 0 postern policy check partner.conf
}

# A node and a sender with a key each, under a policy that asks for both.
write_keyed_policy() {
	postern key create node.key >node.public
	postern key create own.key >own.public
	write_policy policy.conf "key $(cat node.public)" "security aead"
	sed "s|^    user .*|&\n    key $(cat own.public)|" policy.conf >tmp
	mv tmp policy.conf
}

test_key_of_send_is_proven_to_a_node_with_a_key() {
	write_keyed_policy
	start_receiver --key node.key --lines --until-disconnected
	expect_status 0 send --key own.key --message hello
	wait_for_status 0 "$receiver"
	expect_text received '^hello$'
	expect_text receiver.err "event=connected .* security=aead key=$(cat own.public) "
}

test_sender_with_another_key_or_none_is_refused() {
	write_keyed_policy
	postern key create other.key >other.public
	start_receiver --key node.key
	expect_status 5 send --key other.key --message hello
	expect_text err '^postern: orders: access denied$'
	# The sender may end before the receiver has written its record.
	wait_until grep -q "event=refused .*reason=key rule=\"allow self\" .*claimed_key=$(cat other.public)" receiver.err
	expect_status 5 send --message hello
	wait_until grep -q "and the process proves none" receiver.err
	stop_receiver
	expect_empty received
}

test_node_without_its_key_is_not_opened() {
	write_keyed_policy
	expect_status 5 postern receive --policy policy.conf orders
	expect_text err 'the node has a key in the policy: open it with the file'
	expect_text err 'policy.conf:.*: key x25519:'
	expect_status 5 postern receive --policy policy.conf --key own.key \
		orders
	expect_text err "add 'key $(cat own.public)' to the node"
	chmod 644 node.key
	expect_status 5 postern receive --policy policy.conf --key node.key \
		orders
	expect_text err 'chmod 600 node.key'
	[ ! -e orders.sock ] || fail "there is a socket"
}

test_receiver_changes_its_key_on_sighup() {
	write_keyed_policy
	postern key create next.key >next.public
	sed "s|^    key $(cat node.public)|&\n    key $(cat next.public)|" \
		policy.conf >tmp
	mv tmp policy.conf
	start_receiver --key node.key --lines
	expect_status 0 send --key own.key --message one
	mv next.key node.key
	kill -HUP "$receiver"
	wait_until grep -q 'event=reload .*outcome=ok' receiver.err
	# The old key alone is not the node's any more.
	sed "/$(cat next.public)/d" policy.conf >old.conf
	expect_status 5 postern send --policy old.conf $without --key own.key \
		--message two orders
	expect_status 0 send --key own.key --message three
	stop_receiver
	printf 'one\nthree\n' | cmp -s received - || fail "$(cat received)"
}

test_explain_agrees_with_what_a_key_leads_to() {
	write_keyed_policy
	postern key create other.key >other.public
	expect_status 0 postern policy explain --policy policy.conf \
		--node orders --user "$(id -u)" --key "$(cat own.public)"
	expect_text out 'a proven key'
	expect_text out 'verdict: admitted'
	expect_status 1 postern policy explain --policy policy.conf \
		--node orders --user "$(id -u)" --key "$(cat other.public)"
	expect_text out 'is known by its key, and the process has another one'
	expect_text out 'by allow self at '
	expect_status 1 postern policy explain --policy policy.conf \
		--node orders --user "$(id -u)"
	expect_text out 'is known by its key, and the process proves none'
}

run_tests
