#!/bin/sh
# SPDX-License-Identifier: ISC
#
# stat, top, and the peers of list: what they print of a node that works, that
# hangs, and that is gone

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

here=$srcdir/tests/integration

# stat OPTION..., top OPTION...
stat() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern stat --policy policy.conf $without "$@" orders
}

top() {
	# shellcheck disable=SC2086
	postern top --policy policy.conf $without "$@" orders
}

# A node that has received three lines of a peer who is still there.
start_both() {
	start_receiver --lines
	start_sender --lines --instance feeder
	printf 'one\ntwo\nthree\n' >&8
	wait_until grep -q three received
}

# shown VALUE_PATTERN: as of now, in JSON
is_shown() {
	stat --json >json 2>json.err &&
		awk -f "$here/json_values.awk" json >values &&
		grep -q -- "$1" values
}

expect_shown() {
	wait_until is_shown "$1"
}

test_table_shows_the_node_and_its_peers() {
	start_both
	expect_shown '^node.received_messages 3$'
	expect_status 0 stat
	expect_empty err
	expect_text out "^node orders, pid $receiver, uid $(id -u), "
	expect_text out '^slots 1 of 256; peers 1: '
	expect_text out '^connected 1, disconnected 0, refused 0; '
	expect_text out '^received 3 (.*; sends to a full ring 0$'
	expect_text out '^PEER  *NAME  *UID  *PID  *STATE '
	expect_text out "^0\.1  *self/feeder  *$(id -u)  *$sender "
	[ "$(wc -l <out)" -eq 7 ] || fail "$(cat out)"
}

test_json_has_every_figure() {
	start_both
	expect_shown '^node.received_messages 3$'
	[ "$(wc -l <json)" -eq 1 ] || fail "$(cat json)"
	expect_text values '^node.node_name "orders"$'
	expect_text values "^node.pid $receiver\$"
	expect_text values '^node.slot_count 256$'
	expect_text values '^node.peer_count 1$'
	expect_text values '^node.received_bytes 11$'
	expect_text values '^peers.0.peer "0.1"$'
	expect_text values '^peers.0.peer_name "self"$'
	expect_text values '^peers.0.instance "feeder"$'
	expect_text values '^peers.0.tenant ""$'
	expect_text values "^peers.0.pid $sender\$"
	expect_text values '^peers.0.to_node true$'
	expect_text values '^peers.0.to_node_ring_bytes 65536$'
	expect_text values '^peers.0.received_messages 3$'
	expect_text values '^peers.0.latency.count [1-9]'
	! grep -q '^peers.1' values || fail "$(cat values)"

	# Every number of the structs, by its name.
	sed -n 's/^\tu\{0,1\}int[0-9]*_t \([a-z0-9_]*\);.*/\1/p' \
		"$srcdir/include/postern/stats.h" | sort -u >names
	[ "$(wc -l <names)" -gt 50 ] || fail "which names?"
	while read -r name; do
		case $name in
		peer | slot_index | generation | flags | directions) ;;
		offset_bytes | value_bytes) ;; # of a description
		*) grep -q "[. ]$name " values || fail "$name is missing" ;;
		esac
	done <names
}

test_refusals_are_told_by_reason() {
	write_policy policy.conf 'deny self'
	start_receiver
	expect_status 5 postern send --policy policy.conf --message x orders
	expect_shown '^node.refused_by_reason.denied 1$'
	expect_status 0 stat
	expect_text out ', refused 1 (denied 1); '
	expect_status 0 stat --openmetrics
	expect_text out \
		'^postern_node_refused_total{node="orders",reason="denied"} 1$'
}

test_openmetrics_is_valid() {
	start_both
	expect_shown '^node.received_messages 3$'
	expect_status 0 stat --openmetrics
	awk -f "$here/openmetrics.awk" out || fail "no OpenMetrics"
	expect_text out '^postern_node_received_messages_total{node="orders"} 3$'
	expect_text out '^postern_peer_received_bytes_total{node="orders",peer="0.1",uid="[0-9]*",peer_name="self",instance="feeder",tenant=""} 11$'
	expect_text out '^postern_peer_latency_seconds{.*,quantile="0.99"} 0\.'
	expect_text out '^postern_peer_state{.*,postern_peer_state="[a-z]*"} 1$'
}

test_openmetrics_without_a_peer_is_valid() {
	start_receiver
	expect_status 0 stat --openmetrics
	awk -f "$here/openmetrics.awk" out || fail "no OpenMetrics"
}

test_openmetrics_goes_with_nothing_else() {
	write_policy policy.conf
	expect_status 2 stat --openmetrics --watch
	expect_status 2 stat --openmetrics --json
}

test_watch_prints_again_and_again() {
	start_both
	expect_status 0 stat --watch --count 3 --interval 10ms
	[ "$(grep -c '^node orders' out)" -eq 3 ] || fail "$(cat out)"
	expect_status 0 stat --watch --json --count 3 --interval 10ms
	[ "$(wc -l <out)" -eq 3 ] || fail "$(cat out)"
	awk -f "$here/json_values.awk" out >values || fail "no JSON"
}

test_rates_are_those_between_two_looks() {
	start_both
	expect_shown '^node.received_messages 3$'
	# Nothing comes any more, and for so long no rate is kept.
	expect_status 0 stat --watch --json --count 2 --interval 700ms
	tail -n 1 out | awk -f "$here/json_values.awk" >values
	expect_text values '^peers.0.rates.received_messages 0[.]0*$'
	head -n 1 out | awk -f "$here/json_values.awk" >values
	! grep -q '^peers.0.rates.received_messages 0[.]0*$' values ||
		fail "no rate since admission"
}

test_top_prints_plain_lines_without_a_terminal() {
	start_both
	expect_shown '^node.received_messages 3$'
	expect_status 0 top --batch --count 2 --interval 10ms </dev/null
	[ "$(grep -c '^node orders' out)" -eq 2 ] || fail "$(cat out)"
	[ "$(grep -c '^0\.1  *self/feeder ' out)" -eq 2 ] || fail "$(cat out)"
	! tr -d '\n -~' <out | grep -q . || fail "not plain"
	expect_status 2 top
	expect_text err '--batch'
}

test_top_sorts() {
	start_both
	# shellcheck disable=SC2086
	postern send --policy policy.conf $without --lines --instance another \
		orders <input >/dev/null 2>another.err &
	background="$background $!"
	expect_shown '^peers.1.instance "another"$'
	for order in slot rate depth latency drops; do
		expect_status 0 top --batch --count 1 --sort $order
		grep '^[0-9]*\.[0-9]* ' out >lines
		head -n 1 lines | grep -q /feeder || fail "$order: $(cat lines)"
	done
	expect_status 0 top --batch --count 1 --sort name
	grep '^[0-9]*\.[0-9]* ' out | head -n 1 | grep -q /another ||
		fail "$(cat out)"
	expect_status 2 top --batch --sort size
}

test_screen_is_drawn_and_q_ends_it() {
	command -v script >/dev/null || {
		echo "SKIP: test_screen_is_drawn_and_q_ends_it: needs script"
		return 0
	}
	start_both
	mkfifo keys
	TERM=vt100 script -qec "stty rows 20 cols 150; '$tool' top \
		--policy policy.conf $without orders" /dev/null \
		<keys >screen 2>screen.err &
	screen=$!
	background="$background $screen"
	exec 7>keys
	wait_until grep -q 'self/feeder' screen
	printf sq >&7
	wait_for_status 0 "$screen"
	exec 7>&-
}

test_figures_are_readable_while_the_node_hangs() {
	start_both
	expect_shown '^node.received_messages 3$'
	# shellcheck disable=SC2086
	"$tool" stat --policy policy.conf $without --watch --json \
		--interval 10ms orders >watched 2>watch.err &
	watcher=$!
	background="$background $watcher"
	wait_until [ -s watched ]
	kill -STOP "$receiver"
	lines=$(wc -l <watched)
	wait_until has_more_lines watched $((lines + 3))
	kill -CONT "$receiver"
	tail -n 2 watched | head -n 1 | awk -f "$here/json_values.awk" >values
	expect_text values '^node.received_messages 3$'
	stop_receiver
	wait_for_status 3 "$watcher"
	expect_text watch.err '^postern: orders: '
}

has_more_lines() {
	[ "$(wc -l <"$1")" -gt "$2" ]
}

test_node_that_is_not_there_is_an_error() {
	write_policy policy.conf
	expect_status 6 stat
	expect_text err '^postern: orders: not running: no process listens at '
	expect_empty out
	expect_status 6 top --batch
	expect_status 9 postern stat --policy policy.conf nowhere
	expect_text err '^postern: nowhere: '
}

test_list_shows_the_number_of_peers() {
	write_policy policy.conf
	expect_status 0 postern list --policy policy.conf
	expect_text out '^NODE  *OWNER  *STATE  *PEERS SOCKET$'
	expect_text out '^orders  .* not running  *- /'
	start_both
	expect_shown '^node.peer_count 1$'
	expect_status 0 postern list --policy policy.conf
	expect_text out '^orders  .* running  *1 /'
}

# stat_in_time_namespace OFFSET: `stat` with a clock that is so many seconds off.
stat_in_time_namespace() {
	expect_status 0 unshare --time --monotonic "$1" --fork \
		"$tool" stat --policy policy.conf orders
	expect_text out ', open for [0-9.]*m\{0,1\}s, figures of a clock in '
}

test_times_of_another_time_namespace_are_told_apart() {
	unshare --time --fork true 2>/dev/null || {
		echo "SKIP: no time namespace can be made here" >&2
		return 0
	}
	start_both
	expect_shown '^node.received_messages 3$'
	stat_in_time_namespace 864000
	uptime_s=$(cut -d. -f1 </proc/uptime)
	stat_in_time_namespace "-$((uptime_s - 1))"
}

run_tests
