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

new_makes_a_private_file_and_prints_the_public_key() {
	expect_status 0 postern key new key
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

new_does_not_write_over_a_key() {
	echo "$private_line" >key
	expect_status 1 postern key new key
	expect_empty out
	expect_text err '^postern: key: key exists already'
	expect_status 0 postern key public key
	expect_text out "^$public_line$"
}

private_keys_are_never_printed() {
	echo "$private_line" >key
	for command in public check new; do
		postern key $command key >>all 2>&1 || :
	done
	grep -q dwdtCn all && fail "a private key in the output"
	grep -q hSDw all || fail "no public key in the output"
}

public_prints_one_line_for_each_file() {
	echo "$private_line" >a
	postern key new b >b.public
	expect_status 0 postern key public a b a
	expect_lines out 3
	[ "$(sed -n 2p out)" = "$(cat b.public)" ] || fail "not in order"
}

check_says_what_is_wrong_and_how_to_mend_it() {
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
	expect_text err "public holds no private key: 'postern key new'"
	ln -s key link
	expect_status 1 postern key check link
	expect_text err 'link is a symbolic link'
}

check_looks_at_every_file() {
	echo "$private_line" >key
	expect_status 1 postern key check none key nothing
	expect_lines err 2
}

key_of_a_policy_is_what_new_prints() {
	postern key new key >public
	write_policy policy.conf "key $(cat public)"
	expect_status 0 postern policy check policy.conf
	sed "s|^    user .*|    key-file $PWD/public|" policy.conf >partner.conf
	expect_text partner.conf key-file
	expect_status 0 postern policy check partner.conf
}

run_tests \
	new_makes_a_private_file_and_prints_the_public_key \
	new_does_not_write_over_a_key \
	private_keys_are_never_printed \
	public_prints_one_line_for_each_file \
	check_says_what_is_wrong_and_how_to_mend_it \
	check_looks_at_every_file \
	key_of_a_policy_is_what_new_prints
