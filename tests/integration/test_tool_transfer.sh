#!/bin/sh
# SPDX-License-Identifier: ISC
#
# send, receive and list, between two processes of one user

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

random_bytes() {
	head -c "$1" /dev/urandom
}

test_bytes_arrive_as_they_were_sent() {
	start_receiver --until-disconnected
	random_bytes 3000000 >sent
	expect_status 0 send <sent
	wait_for_status 0 "$receiver"
	expect_same sent received
}

test_chunks_arrive_as_they_were_sent() {
	start_receiver --count 101
	random_bytes 100001 >sent
	expect_status 0 send --chunk 1000B <sent
	wait_for_status 0 "$receiver"
	expect_same sent received
}

test_large_messages_arrive_whole() {
	write_policy policy.conf
	sed 's/ring .*/ring 1MiB/; s/message .*/message 512KiB/' policy.conf >tmp
	mv tmp policy.conf
	start_receiver --until-disconnected
	random_bytes 2000000 >sent
	expect_status 0 send --chunk 500KiB <sent
	wait_for_status 0 "$receiver"
	expect_same sent received
}

test_lines_are_messages() {
	start_receiver --lines --count 4
	printf 'one\n\nthree\nlast' >sent
	expect_status 0 send --lines <sent
	wait_for_status 0 "$receiver"
	received_is 'one\n\nthree\nlast\n' || fail "$(cat received)"
}

test_one_message_can_be_given_as_text() {
	start_receiver --lines --count 2
	expect_status 0 send --message 'hello there' </dev/null
	expect_status 0 send --message '' </dev/null
	wait_for_status 0 "$receiver"
	received_is 'hello there\n\n' || fail "$(cat received)"
}

test_empty_input_sends_nothing_and_is_done() {
	start_receiver --until-disconnected
	expect_status 0 send </dev/null
	wait_for_status 0 "$receiver"
	expect_empty received
}

test_closed_input_is_an_error() {
	start_receiver --until-disconnected
	expect_status 9 send <&-
	expect_text err '^postern: standard input: '
	wait_for_status 0 "$receiver"
	expect_empty received
}

test_closed_output_is_an_error() {
	write_policy policy.conf
	status=0
	postern receive --policy policy.conf orders >&- 2>err || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status"
	expect_text err '^postern: standard output: '
	[ ! -e orders.sock ] || fail "the node was opened"
}

test_line_that_is_too_long_is_an_error() {
	start_receiver --lines --until-disconnected
	{
		echo fine
		head -c 4096 /dev/zero | tr '\0' x
		echo
		head -c 4097 /dev/zero | tr '\0' y
		echo
		echo unsent
	} >sent
	expect_status 9 send --lines <sent
	expect_text err '^postern: standard input: line 3 is longer'
	wait_for_status 0 "$receiver"
	head -n 2 sent >expected
	expect_same expected received
}

test_text_that_is_too_long_is_an_error() {
	start_receiver
	expect_status 9 send --message "$(head -c 4097 /dev/zero | tr '\0' x)"
	expect_text err '^postern: orders: '
	stop_receiver
	expect_empty received
}

test_chunk_over_the_grant_is_an_error() {
	start_receiver
	expect_status 9 send --chunk 4097B </dev/null
	expect_text err '^postern: --chunk: the largest message'
	expect_status 0 send --chunk 4096B </dev/null
	expect_status 9 send --chunk 1KiB --message-size 512B </dev/null
	stop_receiver
}

test_what_is_received_is_written_before_the_next_message_comes() {
	start_receiver --lines
	start_sender --lines
	for word in one two three; do
		echo "$word" >&8
		wait_until grep -q "^$word$" received
	done
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

test_receiver_ends_when_the_last_peer_has_left() {
	start_receiver --lines --until-disconnected
	start_sender --lines
	echo first >&8
	wait_until grep -q first received
	expect_status 0 send --message second </dev/null
	wait_until grep -q second received
	kill -0 "$receiver" || fail "ended before the last peer left"
	exec 8>&-
	wait_for_status 0 "$sender"
	wait_for_status 0 "$receiver"
}

test_looking_whether_a_node_is_live_admits_nobody() {
	start_receiver --until-disconnected
	expect_status 0 postern list --policy policy.conf
	expect_status 0 send --message x
	wait_for_status 0 "$receiver"
	received_is x || fail "$(cat received)"
}

test_killed_sender_has_departed() {
	start_receiver --lines --until-disconnected
	start_sender --lines
	echo committed >&8
	wait_until grep -q committed received
	kill -9 "$sender"
	wait_for_status 0 "$receiver"
	received_is 'committed\n' || fail "$(cat received)"
}

test_signals_end_the_receiver_in_order() {
	for signal in TERM INT; do
		start_receiver
		kill -s "$signal" "$receiver"
		wait_for_status 0 "$receiver"
		[ ! -e orders.sock ] || fail "$signal leaves the socket behind"
	done
}

test_signal_ends_a_receiver_whose_output_nobody_takes() {
	write_policy policy.conf
	mkfifo stalled
	exec 9<>stalled
	# shellcheck disable=SC2086
	"$tool" receive --policy policy.conf $without orders \
		>stalled 2>receiver.err &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
	random_bytes 2000000 >sent
	# 100 ms, unless the machine is said to be slow.
	expect_status 4 send --timeout "$((patience_s * 10 / 3))ms" <sent
	kill -TERM "$receiver"
	wait_for_status 1 "$receiver"
	expect_text receiver.err 'received and not written$'
	[ ! -e orders.sock ] || fail "the socket is left behind"
}

test_reader_that_is_gone_is_an_error_and_the_socket_is_removed() {
	write_policy policy.conf
	mkfifo output
	# shellcheck disable=SC2086
	"$tool" receive --policy policy.conf $without orders \
		>output 2>receiver.err &
	receiver=$!
	background="$background $receiver"
	exec 9<output
	wait_until is_up
	exec 9<&-
	send --message x 2>/dev/null || true
	wait_for_status 1 "$receiver"
	expect_text receiver.err '^postern: standard output: Broken pipe'
	[ ! -e orders.sock ] || fail "the socket is left behind"
}

test_nobody_listens() {
	write_policy policy.conf
	expect_status 6 send --message x
	expect_text err 'not running: no process listens at '
	expect_text err 'send --wait'
	expect_text err '^postern: orders: '
	expect_empty out
}

test_unknown_node_is_an_error() {
	write_policy policy.conf
	expect_status 9 postern send --policy policy.conf --message x nowhere
	expect_status 9 postern receive --policy policy.conf nowhere
	expect_text err '^postern: nowhere: '
}

test_invalid_policy_is_an_error() {
	echo nonsense >policy.conf
	expect_status 8 send --message x
	expect_text err '^policy.conf:1:1: error'
	expect_status 8 postern receive --policy policy.conf orders
	expect_status 8 postern list --policy policy.conf
}

test_refused_sender_hears_no_reason_and_the_node_names_the_rule() {
	write_policy policy.conf 'deny self'
	start_receiver
	expect_status 5 send --message x
	[ "$(cat err)" = 'postern: orders: access denied' ] || fail "$(cat err)"
	stop_receiver
	expect_text receiver.err 'policy.conf'
	expect_text receiver.err 'deny self'
	expect_empty received
}

test_second_receiver_of_a_node_is_refused() {
	start_receiver
	expect_status 7 postern receive --policy policy.conf orders
	expect_text err '^postern: orders: '
	expect_status 0 send --message x
	stop_receiver
}

test_idle_sender_ends_when_the_node_does() {
	start_receiver --lines
	start_sender --lines
	echo here >&8
	wait_until grep -q here received
	stop_receiver
	wait_for_status 3 "$sender"
	expect_text sender.err '^postern: orders: the node was closed$'
}

test_sender_of_a_node_that_died_is_given_no_reason() {
	start_receiver --lines
	start_sender --lines
	echo here >&8
	wait_until grep -q here received
	kill -KILL "$receiver"
	wait_for_status 3 "$sender"
	expect_text sender.err '^postern: orders: the peer is gone$'
}

test_sender_is_told_that_it_exceeded_a_limit() {
	write_policy policy.conf 'limits {' 'rate 1/s burst 1' \
		'on-exceed disconnect' '}'
	start_receiver --lines
	start_sender --lines
	printf 'one\ntwo\nthree\n' >&8
	wait_for_status 3 "$sender"
	expect_text sender.err '^postern: orders: a limit .* was exceeded$'
	stop_receiver
}

test_sender_is_told_that_it_was_idle() {
	write_policy policy.conf 'limits {' 'idle 10ms' '}'
	start_receiver
	start_sender
	wait_for_status 3 "$sender"
	expect_text sender.err '^postern: orders: nothing was sent .* too long$'
	stop_receiver
}

# Processor time of a process, in ticks of 10 ms.
ticks_of() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# Who polls in vain is busy all the while that something else takes time.
test_both_sides_are_idle_when_nothing_is_sent() {
	start_receiver --lines
	start_sender --lines
	echo here >&8
	wait_until grep -q here received
	before=$(($(ticks_of "$sender") + $(ticks_of "$receiver")))
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		head -c 20000000 /dev/zero | cksum >/dev/null
	done
	after=$(($(ticks_of "$sender") + $(ticks_of "$receiver")))
	[ $((after - before)) -le 2 ] || fail "$((after - before)) ticks"
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

test_busy_sender_ends_when_the_node_does() {
	start_receiver --count 10
	expect_status 3 send --chunk 1KiB </dev/zero
	wait_for_status 0 "$receiver"
	[ "$(wc -c <received)" -eq 10240 ] || fail "$(wc -c received)"
}

# The time that the sender waits for space must suffice to connect on a slow machine.
test_sender_gives_up_on_a_full_ring() {
	start_receiver --lines
	start_sender --timeout 3s
	echo here >&8
	wait_until grep -q here received
	kill -STOP "$receiver"
	timeout "$patience_s" head -c 1000000 /dev/zero >&8 2>/dev/null || true
	wait_for_status 4 "$sender"
	expect_text sender.err '^postern: orders: '
}

test_sender_gives_up_on_what_is_not_consumed() {
	start_receiver --lines
	start_sender --lines --timeout 3s
	echo here >&8
	wait_until grep -q here received
	kill -STOP "$receiver"
	echo more >&8
	exec 8>&-
	wait_for_status 4 "$sender"
}

test_sender_gives_up_on_a_node_that_does_not_answer() {
	start_receiver
	kill -STOP "$receiver"
	expect_status 4 send --timeout 100ms --message x
}

# field NAME: of the one refusal that the node recorded.
field() {
	sed -n "s/^.* event=refused .* $1=\(\"[^\"]*\"\|[^ ]*\).*/\1/p" \
		receiver.err | tr -d '"'
}

# As the same user in the same groups, this shell has the facts of a sender.
explain_says_of_us_what_the_node_said() {
	expect_status 1 postern policy explain --policy policy.conf \
		--node orders --pid $$
	[ "$(grep -c 'event=refused' receiver.err)" -eq 1 ] ||
		fail "$(cat receiver.err)"
	[ "$(field reason)" = "$1" ] || fail "$(cat receiver.err)"
	grep -Fqx "verdict: refused: $(field detail)" out ||
		fail "$(cat receiver.err out)"
	grep -Fqx "  by $(field rule) at $(field file):$(field line)" out ||
		fail "$(cat receiver.err out)"
}

test_explain_gives_the_reason_that_the_node_recorded() {
	write_policy policy.conf 'deny self'
	start_receiver
	expect_status 5 send --message x
	stop_receiver
	explain_says_of_us_what_the_node_said denied

	write_policy policy.conf
	sed 's/^    user .*/    user 4711/' policy.conf >tmp
	mv tmp policy.conf
	start_receiver
	expect_status 5 send --message x
	stop_receiver
	explain_says_of_us_what_the_node_said no-allow
}

test_explain_gives_the_grant_that_the_node_recorded() {
	write_policy policy.conf
	sed 's/direction both/direction send/' policy.conf >tmp
	mv tmp policy.conf
	start_receiver --lines
	start_sender --lines
	echo here >&8
	wait_until grep -q here received
	wait_until says receiver.err "event=connected .* pid=$sender .* peer=self"
	wait_until says receiver.err ' direction=send$'
	expect_status 0 postern policy explain --policy policy.conf \
		--node orders --pid "$sender"
	expect_text out "^verdict: admitted as peer 'self'$"
	expect_text out '^  direction *send$'
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

test_instance_name_is_in_the_records() {
	start_receiver
	expect_status 0 send --instance till-7 --message x
	expect_status 9 send --instance 'till 7' --message x
	stop_receiver
	expect_text receiver.err 'till-7'
}

test_list_shows_running_only_for_a_node_that_answers() {
	write_policy policy.conf
	expect_status 0 postern list --policy policy.conf
	owner=$(id -un 2>/dev/null) || owner=$(id -u)
	expect_text out "^orders  *$owner  *not running  *- /.*/orders.sock$"
	start_receiver
	expect_status 0 postern list --policy policy.conf
	expect_text out '^orders  *[^ ]*  *running '
	kill -STOP "$receiver"
	expect_status 0 postern list --policy policy.conf
	expect_text out '^orders .* not answering  *- '
	kill -CONT "$receiver"
	stop_receiver
	expect_status 0 postern list --policy policy.conf
	expect_text out '^orders .* not running '
}

test_list_does_not_trust_a_file_in_the_sockets_place() {
	write_policy policy.conf
	: >orders.sock
	expect_status 0 postern list --policy policy.conf
	expect_text out '^orders .* not trusted '
	expect_text err '^postern: warning: orders: '
}

test_sending_shows_progress_on_a_terminal_only() {
	start_receiver
	random_bytes 100000 >sent
	expect_status 0 send <sent
	expect_empty err
	cat >on_terminal <<-EOF
		"$tool" send --policy policy.conf $without orders <sent
	EOF
	script -qec 'sh ./on_terminal' /dev/null >screen </dev/null
	expect_text screen '97.7 KiB, .* messages/s, .*/s'
	stop_receiver
}

test_receiving_shows_progress_on_a_terminal_only() {
	# Without a last newline: the end of the input is seen before the last
	# message goes out, and with it the receiver.
	printf '1\n2\n3' >sent
	start_receiver --count 3 --lines
	expect_status 0 send --lines <sent
	wait_for_status 0 "$receiver"
	! grep -q 'messages/s' receiver.err || fail "$(cat receiver.err)"

	cat >on_terminal <<-EOF
		"$tool" receive --policy policy.conf $without --count 3 \
			--lines orders >received
	EOF
	script -qec 'sh ./on_terminal' /dev/null >screen </dev/null &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
	expect_status 0 send --lines <sent
	wait_for_status 0 "$receiver"
	received_is '1\n2\n3\n' || fail "$(cat received)"
	expect_text screen 'event=connected'
	expect_text screen '3 messages, 3 B, .* messages/s, .*/s'
}

run_tests
