#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A client that was written from the documents alone, at a node of the tool; and
# the other way around

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

programs=$(cd "${POSTERN_BUILDDIR:-.}" && pwd)/tests/integration
program=$programs/second_client

# second_client COMMAND...: at the node of this test.
second_client() {
	timeout "$patience_s" "$program" "$PWD/orders.sock" "$(id -u)" orders \
		"$@"
}

# expected_lines COUNT BYTES: the client's messages, as `--format '%{bytes}
# %{payload}'` writes them.
expected_lines() {
	awk -v count="$1" -v bytes="$2" 'BEGIN {
		while (length(text) < bytes + 26)
			text = text "abcdefghijklmnopqrstuvwxyz"
		for (i = 0; i < count; i++) {
			n = i * 7919 % (bytes + 1)
			print n " " substr(text, i % 26 + 1, n)
		}
	}'
}

# expect_orderly_end: the node disconnected the client, and found no fault.
expect_orderly_end() {
	wait_until says receiver.err ' event=disconnected '
	expect_text receiver.err ' event=connected .* instance=second-client'
	expect_text receiver.err ' event=disconnected .* reason=closed '
	! says receiver.err ' event=poisoned ' || fail "$(cat receiver.err)"
}

# The ring has one page, so it is full and wraps several thousand times.
test_send_through_a_small_ring_delivers_all_in_order() {
	start_receiver --format '%{bytes} %{payload}'
	expect_status 0 second_client send 20000 1000
	expect_empty err
	expect_orderly_end
	stop_receiver
	expected_lines 20000 1000 >expected
	expect_same expected received
}

# As large as the ring allows: each message needs all of it.
test_send_of_the_largest_messages_delivers_all_in_order() {
	page_bytes=$(getconf PAGESIZE)
	[ "$page_bytes" -eq 4096 ] || {
		echo "SKIP: a page has $page_bytes bytes here"
		return 0
	}
	start_receiver --format '%{bytes} %{payload}'
	expect_status 0 second_client send 3000 4088
	expect_orderly_end
	stop_receiver
	expected_lines 3000 4088 >expected
	expect_same expected received
}

# can_be_another_uid: else it says why not.
can_be_another_uid() {
	if [ "$(id -u)" -ne 0 ] || [ ! -x "$(command -v setpriv)" ]; then
		echo "SKIP: only root can become another uid, with setpriv"
		return 1
	fi
}

# start_public_receiver UID OPTION...: the node admits UID and no other user, and
# another uid can reach its socket and a copy of the program.
start_public_receiver() {
	write_policy policy.conf
	sed "s/^    user .*/    user $1/; s/orders.sock\$/& mode 0666/" \
		policy.conf >public.conf
	mv public.conf policy.conf
	shift
	cp "$program" second_client
	# shellcheck disable=SC2154 # of tool_support.sh
	chmod 0711 "$work" . second_client
	start_receiver "$@"
}

# expect_status_of_another_uid N COMMAND...: of the client.
expect_status_of_another_uid() {
	expected_of_uid=$1
	shift
	expect_status "$expected_of_uid" timeout "$patience_s" \
		setpriv --reuid=20001 --regid=20001 --clear-groups -- \
		"$PWD/second_client" "$PWD/orders.sock" 0 orders "$@"
}

test_send_as_another_uid_delivers_all_in_order() {
	can_be_another_uid || return 0
	start_public_receiver 20001 --format '%{uid} %{bytes} %{payload}'
	expect_status_of_another_uid 0 send 2000 1000
	expect_orderly_end
	expect_text receiver.err ' event=connected .* uid=20001 gid=20001 '
	stop_receiver
	expected_lines 2000 1000 | sed 's/^/20001 /' >expected
	expect_same expected received
}

stat_json() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern stat --policy policy.conf $without --json orders
}

# Both read memory that the node writes from time to time.
observe_says_what_stat_says() {
	second_client observe >observed && stat_json >stat.json || return 1
	expected=$(sed 's/.*"node": {"node_name": "\([a-z]*\)", "pid": \([0-9]*\),.*"peer_count": \([0-9]*\),.*"received_messages": \([0-9]*\), .*"peers": \[{"peer": "\([0-9.]*\)",.* "uid": \([0-9]*\),.* "pid": \([0-9]*\),.*/name \1\npid \2\nreceived_messages \4\npeer_count \3\npeer \5 uid \6 pid \7/' stat.json)
	[ "$(cat observed)" = "$expected" ]
}

test_observe_with_a_connected_peer_agrees_with_stat() {
	start_receiver
	expect_status 0 second_client send 500 1000
	start_sender --lines
	echo one more >&8
	wait_until says received 'one more'
	wait_until peer_is_observed
	wait_until observe_says_what_stat_says
	expect_text observed '^name orders$'
	expect_text observed "^pid $receiver\$"
	expect_text observed '^peer_count 1$'
	wait_until total_is_observed 501
	stop_receiver
}

# Until then, the slot may show the client before it.
peer_is_observed() {
	second_client observe |
		grep -qx "peer [0-9.]* uid $(id -u) pid $sender"
}

total_is_observed() {
	second_client observe | grep -qx "received_messages $1"
}

# The node refuses these before it reads HELLO.
test_send_and_observe_by_a_uid_of_no_rule_are_refused() {
	can_be_another_uid || return 0
	start_public_receiver 20002
	expect_status_of_another_uid 1 observe
	expect_text err '^second_client: refused: denied$'
	expect_status_of_another_uid 1 send 1 1
	expect_text err '^second_client: refused: denied$'
	stop_receiver
	expect_empty received
}

# start_second_node: one client, and then it ends.
start_second_node() {
	write_policy policy.conf
	"$programs/second_node" "$PWD/orders.sock" orders \
		>received 2>receiver.err &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
}

test_second_node_receives_all_that_the_tool_sends_in_order() {
	start_second_node
	expected_lines 20000 1000 >expected
	cut -d ' ' -f 2- <expected >lines
	expect_status 0 send --lines --ring 4KiB <lines
	wait_for_status 0 "$receiver"
	expect_same expected received
}

test_second_node_keeps_what_a_killed_sender_has_sent() {
	start_second_node
	start_sender --lines
	seq 1 100 >&8
	wait_until says received '^3 100$'
	kill -KILL "$sender"
	wait_for_status 1 "$receiver"
	expect_text receiver.err '^second_node: the client hung up without END$'
	seq 1 100 | awk '{ print length($0) " " $0 }' >expected
	expect_same expected received
}

# -- what the documents forbid -----------------------------------------------

# READY before OFFER was taken from the socket: it was only looked at.
test_ready_with_an_unread_offer_is_refused() {
	start_receiver
	mkfifo input
	second_client send 1 1 unread <input >out 2>err &
	client=$!
	background="$background $client"
	exec 8>input
	wait_until says receiver.err ' event=refused '
	exec 8>&-
	wait_for_status 1 "$client"
	expect_text err '^second_client: refused: denied$'
	! says receiver.err ' event=connected ' || fail "$(cat receiver.err)"
	stop_receiver
}

# expect_poisoned FAULT REASON
expect_poisoned() {
	start_receiver
	expect_status 1 second_client send 2000 1000 "$1"
	expect_text err '^second_client: the node ended the channel'
	wait_until says receiver.err " event=poisoned .* fault=$2 "
	stop_receiver
}

test_a_doorbell_too_many_for_each_message_ends_the_channel() {
	expect_poisoned doorbells doorbells-not-requested
}

test_a_position_that_is_not_a_multiple_of_8_ends_the_channel() {
	expect_poisoned position position-misaligned
}

run_tests
