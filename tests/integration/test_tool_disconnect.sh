#!/bin/sh
# SPDX-License-Identifier: ISC
#
# disconnect, against a receiver and senders of one user

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

disconnect() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern disconnect --policy policy.conf $without "$@"
}

has_admitted() {
	grep -q ' event=connected ' receiver.err
}

# A sender that was admitted and has nothing to say; its handle in $handle.
start_peer() {
	# shellcheck disable=SC2119 # its options, not ours
	start_receiver
	start_sender --lines
	wait_until has_admitted
	# shellcheck disable=SC2154 # the tests use it
	handle=$(sed -n 's/.* event=connected .* slot=\([0-9]*\) generation=\([0-9]*\) .*/\1.\2/p' receiver.err)
	[ -n "$handle" ] || fail "no handle in: $(cat receiver.err)"
}

test_one_peer_is_disconnected_by_its_handle() {
	start_peer
	expect_status 0 disconnect orders "$handle"
	[ "$(cat out)" = '1 peer disconnected' ] || fail "$(cat out)"
	expect_empty err
	wait_for_status 3 "$sender"
	[ "$(cat sender.err)" = 'postern: orders: the node disconnected the peer' ] ||
		fail "$(cat sender.err)"
	wait_until says receiver.err ' event=disconnected .* by=control .* reason=disconnected'

	expect_status 9 disconnect orders "$handle"
	expect_text err "^postern: orders: no peer is $handle (any more)$"
	stop_receiver
}

test_peers_are_disconnected_by_their_name() {
	start_peer
	expect_status 0 disconnect orders self
	[ "$(cat out)" = '1 peer disconnected' ] || fail "$(cat out)"
	wait_for_status 3 "$sender"

	# The policy still lets it in.
	expect_status 0 send --message again
	expect_status 9 disconnect orders nobody
	expect_text err "^postern: orders: .* 'nobody'$"
	stop_receiver
	received_is again
}

test_a_node_that_is_not_there_disconnects_nobody() {
	write_policy policy.conf
	expect_status 6 disconnect orders self
	expect_text err '^postern: orders: not running: no process listens at '
	expect_status 9 disconnect invoices self
	expect_text err "^postern: invoices: .*no node 'invoices'"
	expect_empty out
}

test_a_node_that_does_not_answer_is_not_waited_for() {
	# shellcheck disable=SC2119
	start_receiver
	kill -STOP "$receiver"
	expect_status 4 disconnect --timeout 100ms orders self
	expect_text err '^postern: orders: the node does not answer$'
	kill -CONT "$receiver"
	stop_receiver
}

test_what_is_no_peer_is_a_usage_error() {
	write_policy policy.conf
	for peer in '' . -1.2 1.4294967296 'a b' 99999.1; do
		expect_status 2 disconnect -- orders "$peer"
		expect_text err "^postern: disconnect: '$peer': .*INDEX.GENERATION"
		expect_text err "^postern: try 'postern disconnect --help'$"
	done
}

run_tests
