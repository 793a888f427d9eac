#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The socket or the lock file of a running node is removed by another program

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

# with_policy COMMAND [ARGUMENT...]
with_policy() {
	command=$1
	shift
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern "$command" --policy policy.conf $without "$@"
}

start_node() {
	write_policy policy.conf observe
	sed -i '/^    observe$/d; s/^        direction both$/&\n        observe/' \
		policy.conf
	# shellcheck disable=SC2119 # its options, not ours
	start_receiver
}

has_restored() {
	grep -q ' event=socket-restored ' receiver.err
}

has_admitted() {
	grep -q ' event=connected ' receiver.err
}

has_both() {
	[ -e orders.sock.lock ] && is_listening "$PWD/orders.sock"
}

# The tool works with the node as with one that nothing happened to.
expect_reachable() {
	expect_status 0 send --message again
	expect_status 0 postern list --policy policy.conf
	expect_text out '^orders .* running '
	expect_status 0 with_policy stat orders
	expect_text out '^node orders, '
	expect_status 9 with_policy disconnect orders nobody
	expect_text err "^postern: orders: .* 'nobody'$"
	# Where that file is hidden, the connections above have to do.
	[ ! -r /proc/net/unix ] ||
		grep -q " $PWD/orders.sock\$" /proc/net/unix ||
		fail "the kernel does not know the path"
}

expect_second_node_refused() {
	# shellcheck disable=SC2086
	expect_status 7 postern receive --policy policy.conf $without orders
	expect_text err '^postern: orders: .*open already'
}

test_kernel_knows_the_socket_by_its_path() {
	[ -r /proc/net/unix ] || {
		echo "SKIP: test_kernel_knows_the_socket_by_its_path: needs /proc/net/unix"
		return 0
	}
	start_node
	grep -q " 00010000 .* $PWD/orders.sock\$" /proc/net/unix ||
		fail "the path is not in /proc/net/unix"
	if command -v ss >/dev/null; then
		ss -xlH src "$PWD/orders.sock" >out
		expect_text out "$PWD/orders.sock"
	fi
	stop_receiver
	[ ! -e orders.sock ] || fail "the socket is left behind"
}

test_node_restores_a_removed_socket() {
	start_node
	start_sender --lines
	wait_until has_admitted
	rm orders.sock
	wait_until has_restored
	expect_reachable
	expect_second_node_refused
	# The peer that was connected before still is.
	echo line >&8
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
	[ ! -e orders.sock ] || fail "the socket is left behind"
}

test_node_restores_a_removed_lock_file() {
	start_node
	rm orders.sock.lock
	wait_until has_restored
	[ -e orders.sock.lock ] || fail "there is no lock file"
	expect_reachable
	expect_second_node_refused
	stop_receiver
}

test_node_restores_both_after_the_directory_is_emptied() {
	start_node
	rm orders.sock orders.sock.lock
	wait_until has_restored
	wait_until has_both
	expect_reachable
	expect_second_node_refused
	stop_receiver
}

test_second_node_does_not_start_before_the_first_has_noticed() {
	start_node
	kill -STOP "$receiver"
	rm orders.sock.lock
	expect_second_node_refused
	: >orders.sock.lock
	chmod 600 orders.sock.lock
	expect_second_node_refused
	kill -CONT "$receiver"
	stop_receiver
}

test_reload_restores_what_could_not_be_restored() {
	start_node
	kill -STOP "$receiver"
	rm orders.sock
	mkdir orders.sock
	kill -CONT "$receiver"
	wait_until grep -q ' event=socket-lost ' receiver.err
	rmdir orders.sock
	kill -HUP "$receiver"
	wait_until has_restored
	wait_until grep -q ' event=reload .*outcome=ok' receiver.err
	expect_reachable
	stop_receiver
}

test_cleaning_leaves_socket_and_lock_file_of_a_running_node() {
	command -v systemd-tmpfiles >/dev/null || {
		echo "SKIP: cleaning: needs systemd-tmpfiles"
		return 0
	}
	start_node
	: >old
	before=$(stat -c %i orders.sock orders.sock.lock)
	# The age 0 means that every file is old enough.
	echo "d $PWD - - - 0" >"$work/clean.conf"
	systemd-tmpfiles --clean "$work/clean.conf" || fail "no cleaning"
	[ ! -e old ] || fail "nothing was cleaned"
	[ "$(stat -c %i orders.sock orders.sock.lock)" = "$before" ] ||
		fail "not the same files any more"
	stop_receiver
}

run_tests
