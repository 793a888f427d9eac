#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The programs of examples/ do what their first lines say

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

examples=$(cd "${POSTERN_BUILDDIR:-.}" && pwd)/examples
if [ ! -x "$examples/send" ]; then
	echo "SKIP: ${0##*/}: the examples are not here"
	exit 77
fi

example() {
	name=$1
	shift
	timeout "$patience_s" "$examples/$name" "$@"
}

# start_node EXAMPLE: it reads descriptor 8, and is up when this returns.
start_node() {
	write_policy policy.conf
	mkfifo input
	"$examples/$1" policy.conf <input >output 2>node.err &
	node=$!
	background="$background $node"
	exec 8>input
	wait_until node_is_up
}

node_is_up() {
	kill -0 "$node" 2>/dev/null || fail "$(cat node.err)"
	is_listening "$PWD/orders.sock"
}

test_a_message_is_sent_and_received() {
	start_node receive
	expect_status 0 example send policy.conf
	wait_until says output '^one espresso$'
	kill -TERM "$node"
	wait_for_status 143 "$node"
}

test_a_sender_without_a_node_fails() {
	write_policy policy.conf
	expect_status 1 example send policy.conf
	expect_text err 'orders: '
}

test_each_line_is_echoed() {
	start_node echo_server
	printf 'one\ntwo\n' >lines
	expect_status 0 example client policy.conf <lines
	expect_same lines out
	exec 8>&-
	wait_for_status 0 "$node"
	expect_text output '^0 replies dropped$'
}

test_a_policy_is_checked() {
	write_policy policy.conf
	expect_status 0 example policy_check policy.conf orders "$(id -u)"
	expect_text out self
	expect_status 1 example policy_check policy.conf orders 54321
	sed 's/allow self/allow nobody-of-that-name/' policy.conf >wrong.conf
	expect_status 2 example policy_check wrong.conf orders "$(id -u)"
	expect_text err 'nobody-of-that-name'
}

test_statistics_are_printed() {
	start_node receive
	expect_status 0 example send policy.conf
	wait_until says output '^one espresso$'
	wait_until statistics_count_a_message
	expect_text out '^node orders$'
	kill -TERM "$node"
	wait_for_status 143 "$node"
}

# A node publishes them at most every 100 ms.
statistics_count_a_message() {
	example stats policy.conf >out && says out '^  received_messages 1$'
}

run_tests
