#!/bin/sh
# SPDX-License-Identifier: ISC
#
# revoke, against a receiver and senders of one user

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

revoke() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern revoke --policy policy.conf $without "$@"
}

has_admitted() {
	grep -q ' event=admit ' receiver.err
}

# A sender that was admitted and has nothing to say; its handle in $handle.
start_peer() {
	# shellcheck disable=SC2119 # its options, not ours
	start_receiver
	start_sender --lines
	wait_until has_admitted
	# shellcheck disable=SC2154 # the tests use it
	handle=$(sed -n 's/.* event=admit .* slot=\([0-9]*\) generation=\([0-9]*\) .*/\1.\2/p' receiver.err)
	[ -n "$handle" ] || fail "no handle in: $(cat receiver.err)"
}

test_one_peer_is_revoked_by_its_handle() {
	start_peer
	expect_status 0 revoke orders "$handle"
	[ "$(cat out)" = '1 peer revoked' ] || fail "$(cat out)"
	expect_empty err
	wait_for_status 3 "$sender"
	[ "$(cat sender.err)" = 'postern: orders: the admission was revoked' ] ||
		fail "$(cat sender.err)"
	wait_until says receiver.err ' event=revoke .* by=control .* reason=revoked'
	wait_until says receiver.err ' event=depart .* reason=revoked'

	expect_status 9 revoke orders "$handle"
	expect_text err "^postern: orders: no peer is $handle (any more)$"
	stop_receiver
}

test_peers_are_revoked_by_their_name() {
	start_peer
	expect_status 0 revoke orders self
	[ "$(cat out)" = '1 peer revoked' ] || fail "$(cat out)"
	wait_for_status 3 "$sender"

	# The policy still lets it in.
	expect_status 0 send --message again
	expect_status 9 revoke orders nobody
	expect_text err "^postern: orders: .* 'nobody'$"
	stop_receiver
	received_is again
}

test_a_node_that_is_not_there_revokes_nobody() {
	write_policy policy.conf
	expect_status 6 revoke orders self
	expect_text err '^postern: orders: not running: no process listens at '
	expect_status 9 revoke invoices self
	expect_text err "^postern: invoices: .*no node 'invoices'"
	expect_empty out
}

test_a_node_that_does_not_answer_is_not_waited_for() {
	# shellcheck disable=SC2119
	start_receiver
	kill -STOP "$receiver"
	expect_status 4 revoke --timeout 100ms orders self
	expect_text err '^postern: orders: the node does not answer$'
	kill -CONT "$receiver"
	stop_receiver
}

test_what_is_no_peer_is_a_usage_error() {
	write_policy policy.conf
	for peer in '' . -1.2 1.4294967296 'a b' 99999.1; do
		expect_status 2 revoke -- orders "$peer"
		expect_text err "^postern: revoke: '$peer': .*INDEX.GENERATION"
		expect_text err "^postern: try 'postern revoke --help'$"
	done
}

run_tests
