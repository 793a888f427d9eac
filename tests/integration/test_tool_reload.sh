#!/bin/sh
# SPDX-License-Identifier: ISC
#
# SIGHUP to `receive`: another policy for a node that is in use

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

reload() {
	kill -HUP "$receiver"
}

has_received() {
	says received "$1"
}

test_broken_policy_changes_nothing() {
	start_receiver --lines
	start_sender --lines
	echo one >&8
	wait_until has_received one
	echo "policy-version 1" >policy.conf
	reload
	wait_until says receiver.err "not reloaded: the policy in force stays"
	wait_until says receiver.err "missing 'end'"
	wait_until says receiver.err "event=reload .*outcome=failed"
	wait_until says receiver.err "file=policy.conf line=2 detail="
	echo two >&8
	wait_until has_received two
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

test_policy_without_the_node_changes_nothing() {
	start_receiver --lines
	start_sender --lines
	echo one >&8
	wait_until has_received one
	sed "s/node orders/node other/" policy.conf >tmp
	mv tmp policy.conf
	reload
	wait_until says receiver.err "the policy has no node 'orders'"
	echo two >&8
	wait_until has_received two
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

test_who_is_no_longer_allowed_is_disconnected() {
	start_receiver --lines --until-disconnected
	start_sender --lines
	echo one >&8
	wait_until has_received one
	sed "s/user $(id -u)\$/user 20777/; s/owner user 20777/owner user $(id -u)/" \
		policy.conf >tmp
	mv tmp policy.conf
	reload
	wait_for_status 0 "$receiver"
	expect_text receiver.err "event=disconnected .*reason=revoked"
	wait_for_status 3 "$sender"
	expect_text sender.err "^postern: orders: the policy no longer allows the peer$"
	exec 8>&-
}

test_several_reloads_in_a_row_are_survived() {
	start_receiver --lines
	start_sender --lines
	for line in one two three four; do
		reload
		echo "$line" >&8
		wait_until has_received "$line"
	done
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

run_tests
