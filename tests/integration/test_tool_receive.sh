#!/bin/sh
# SPDX-License-Identifier: ISC
#
# `receive` as a service: outputs that are full or gone, a closed terminal, files
# that are rotated, and lines with the facts of the peer

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

stat_json() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	postern stat --policy policy.conf $without --json orders
}

# figure NAME: the first of this name, of the node or of its first peer.
figure() {
	stat_json | grep -o "\"$1\": *[0-9]*" | head -n 1 | tr -dc 0-9
}

# start_receiver_to OUTPUT ERRORS OPTION...: as start_receiver.
start_receiver_to() {
	to=$1
	errors_to=$2
	shift 2
	[ -e policy.conf ] || write_policy policy.conf
	# shellcheck disable=SC2086
	setsid "$tool" receive --policy policy.conf $without "$@" orders \
		>"$to" 2>"$errors_to" &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
}

# send_numbers LAST: in the background, a line each.
send_numbers() {
	seq 1 "$1" >numbers
	send --lines <numbers 2>numbers.err &
	numbers=$!
	background="$background $numbers"
}

# The node takes nothing more of the first peer, and its ring of 64 KiB fills up:
# a sender that once found it full goes on when half of it is free.
messages_stand_still() {
	before=$(figure received_messages)
	depth=$(figure receive_depth_bytes)
	[ "${depth:-0}" -gt 30000 ] &&
		[ "$(figure received_messages)" = "$before" ]
}

has_two_peers() {
	[ "$(figure peer_count)" = 2 ]
}

# expect_service RECORDS: with a full output, the node still admits a peer, answers
# and disconnects the peer on command.
expect_service() {
	start_sender --lines --instance second
	wait_until says "$1" ' event=connected .*instance=second'
	wait_until has_two_peers
	handle=$(sed -n 's/.* event=connected .* slot=\([0-9]*\) generation=\([0-9]*\) .*instance=second.*/\1.\2/p' "$1")
	# shellcheck disable=SC2086
	expect_status 0 postern disconnect --policy policy.conf $without \
		orders "$handle"
	wait_for_status 3 "$sender"
	exec 8>&-
}

# Before the fix, each SIGHUP left a descriptor readable for ever.
test_reload_then_idle_node_makes_no_turns() {
	start_receiver
	kill -HUP "$receiver"
	wait_until says receiver.err ' event=reload '
	first=$(figure loop_count)
	calls=0
	end=$(($(date +%s) + 3))
	while [ "$(date +%s)" -lt "$end" ]; do
		last=$(figure loop_count)
		calls=$((calls + 1))
	done
	# Each call connects, and so causes a few turns.
	[ $((last - first)) -le $((50 * calls + 100)) ] ||
		fail "$((last - first)) turns in $calls calls"
	stop_receiver
}

test_full_output_stops_the_messages_only() {
	mkfifo output
	exec 9<>output
	start_receiver_to output receiver.err --lines
	send_numbers 300000
	wait_until messages_stand_still
	expect_service receiver.err
	kill -0 "$numbers" || fail "the sender ended: $(cat numbers.err)"
	# It is idle meanwhile, and not busy with messages that it does not take.
	before=$(figure loop_count)
	after=$(figure loop_count)
	[ $((after - before)) -le 100 ] || fail "$((after - before)) turns"

	cat <output >received &
	background="$background $!"
	exec 9>&-
	wait_for_status 0 "$numbers"
	stop_receiver
	wait_until cmp -s numbers received
}

test_full_error_output_stops_nothing() {
	mkfifo errors
	exec 9<>errors
	dd if=/dev/zero of=errors bs=4096 count=1000 oflag=nonblock \
		2>/dev/null || true
	start_receiver_to received errors --lines
	expect_status 0 send --message hello
	wait_until says received hello
	expect_status 0 stat_json
	write_policy policy.conf 'deny self'
	kill -HUP "$receiver"
	wait_until has_reloaded
	expect_status 5 send --message refused
	stop_receiver
	received_is 'hello\n' || fail "$(cat received)"
}

has_reloaded() {
	[ "$(figure reload_count)" = 1 ]
}

test_records_of_a_full_error_output_come_later() {
	mkfifo errors
	exec 9<>errors
	dd if=/dev/zero of=errors bs=4096 count=1000 oflag=nonblock \
		2>/dev/null || true
	start_receiver_to received errors --lines
	expect_status 0 send --message hello
	cat <errors >all &
	background="$background $!"
	exec 9>&-
	wait_until says all ' event=connected '
	wait_until says all ' event=disconnected '
	stop_receiver
}

test_reader_that_is_gone_ends_an_idle_receiver() {
	mkfifo output
	write_policy policy.conf
	# shellcheck disable=SC2086
	"$tool" receive --policy policy.conf $without orders \
		>output 2>receiver.err &
	receiver=$!
	background="$background $receiver"
	exec 9<output
	wait_until is_up
	exec 9<&-
	wait_for_status 1 "$receiver"
	expect_text receiver.err '^postern: standard output: Broken pipe$'
	[ ! -e orders.sock ] || fail "the socket is left behind"
}

test_closed_terminal_ends_the_receiver() {
	write_policy policy.conf
	cat >on_terminal <<-EOF
		echo \$\$ >pid
		exec "$tool" receive --policy policy.conf $without --lines orders
	EOF
	# Its own terminal, whose other end goes with script(1).
	script -qec 'exec sh ./on_terminal' /dev/null >screen </dev/null &
	terminal=$!
	background="$background $terminal"
	receiver=$$
	wait_until test -S orders.sock
	receiver=$(cat pid)
	kill -KILL "$terminal"
	wait_until has_ended "$receiver"
	[ ! -e orders.sock ] || fail "the socket is left behind"
	expect_status 6 send --message unseen
}

# receive_escape_on_terminal OPTION...: into the file screen.
receive_escape_on_terminal() {
	write_policy policy.conf
	cat >on_terminal <<-EOF
		exec "$tool" receive --policy policy.conf $without --count 1 \
			$* orders
	EOF
	script -qec 'exec sh ./on_terminal' /dev/null >screen </dev/null &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
	expect_status 0 send --message "$(printf 'a\033[2Jb')"
	wait_for_status 0 "$receiver"
}

test_payload_is_escaped_on_a_terminal() {
	receive_escape_on_terminal
	expect_text screen 'a\\x1b\[2Jb'
}

test_payload_of_lines_is_escaped_on_a_terminal() {
	receive_escape_on_terminal --lines
	expect_text screen 'a\\x1b\[2Jb'
}

test_format_raw_is_not_escaped_on_a_terminal() {
	receive_escape_on_terminal "--format '%{raw}'"
	expect_text screen "$(printf 'a\033')\[2Jb"
}

# -- files ------------------------------------------------------------------

test_full_disk_stops_the_messages_and_loses_none() {
	[ "$(id -u)" -eq 0 ] || {
		echo "SKIP: mounting a file system needs root"
		return
	}
	write_policy policy.conf
	mkdir disk
	cat >on_disk <<-EOF
		mount -t tmpfs -o size=4m tmpfs disk || exit 77
		head -c 4100000 /dev/zero >disk/filler
		exec "$tool" receive --policy policy.conf $without --lines \
			--output disk/lines orders
	EOF
	unshare -m sh ./on_disk 2>receiver.err &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
	kill -0 "$receiver" || {
		echo "SKIP: no file system can be mounted here"
		return
	}
	disk=/proc/$receiver/root$PWD/disk
	send_numbers 300000
	wait_until says receiver.err \
		'^postern: warning: disk/lines: No space left on device: no mess'
	wait_until messages_stand_still
	expect_service receiver.err
	kill -0 "$numbers" || fail "the sender ended: $(cat numbers.err)"

	rm "$disk/filler"
	kill -USR1 "$receiver"
	wait_for_status 0 "$numbers"
	wait_until says receiver.err 'disk/lines: written again$'
	wait_until cmp -s numbers "$disk/lines"
	[ "$(grep -c 'No space left' receiver.err)" -eq 1 ] ||
		fail "$(cat receiver.err)"
	stop_receiver
}

# Every line that was taken was promised a place before.
test_stop_with_a_full_disk_loses_no_line_that_was_taken() {
	[ "$(id -u)" -eq 0 ] || {
		echo "SKIP: mounting a file system needs root"
		return
	}
	write_policy policy.conf
	mkdir disk
	cat >on_disk <<-EOF
		mount -t tmpfs -o size=4m tmpfs disk || exit 77
		head -c 3800000 /dev/zero >disk/filler
		"$tool" receive --policy policy.conf $without --lines \
			--output disk/lines orders &
		echo \$! >pid
		wait \$! || exit
		cat disk/lines >lines
	EOF
	unshare -m sh ./on_disk 2>receiver.err &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
	kill -0 "$receiver" || {
		echo "SKIP: no file system can be mounted here"
		return
	}
	background="$background $(cat pid)"
	send_numbers 300000
	wait_until says receiver.err 'No space left on device: no message is'
	wait_until messages_stand_still
	count=$(figure received_messages)
	kill -TERM "$(cat pid)"
	wait_for_status 0 "$receiver"
	# More may have been taken since the figure was published.
	written=$(wc -l <lines)
	[ "$count" -gt 0 ] && [ "$written" -ge "$count" ] ||
		fail "$count messages were taken, and $written lines written"
	head -n "$written" numbers >expected
	expect_same expected lines
}

# start_limited_receiver: its file may grow by 200,000 bytes, and by no more.
# Its memory is in files too, so the limit is far above what that needs.
start_limited_receiver() {
	write_policy policy.conf
	truncate -s 67000000 lines
	# The records are in a pipe, which has no such limit.
	mkfifo errors
	cat <errors >receiver.err &
	background="$background $!"
	# shellcheck disable=SC2086
	setsid prlimit --fsize=67200000: "$tool" receive --policy policy.conf \
		$without --lines --output lines orders 2>errors &
	receiver=$!
	background="$background $receiver"
	wait_until is_up
}

test_file_at_its_limit_stops_the_messages_and_loses_none() {
	start_limited_receiver
	send_numbers 300000
	wait_until says receiver.err \
		'^postern: warning: lines: File too large: no message is taken'
	wait_until messages_stand_still
	expect_service receiver.err
	prlimit --pid "$receiver" --fsize=70000000:
	kill -USR1 "$receiver"
	wait_for_status 0 "$numbers"
	stop_receiver
	tail -c +67000001 lines >grown
	expect_same numbers grown
}

test_stop_with_a_full_file_reports_the_loss() {
	start_limited_receiver
	send_numbers 300000
	wait_until says receiver.err 'File too large'
	kill -TERM "$receiver"
	wait_for_status 1 "$receiver"
	wait_until says receiver.err \
		'^postern: lines: [0-9]* bytes received and not written$'
	wait_for_status 3 "$numbers"
	tail -c +67000001 lines >grown
	head -c 200000 numbers >expected
	expect_same expected grown
}

# Each rotation happens while a part of the lines is on its way.
test_rotated_file_has_every_line_once() {
	start_receiver --lines --output lines
	start_sender --lines
	for n in 1 2 3 4 5; do
		seq $((20000 * (n - 1) + 1)) $((20000 * n)) >&8
		wait_until test -s lines
		mv lines "lines.$n"
		kill -USR1 "$receiver"
		wait_until test -e lines
	done
	seq 100001 120000 >&8
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
	seq 1 120000 >numbers
	cat lines.1 lines.2 lines.3 lines.4 lines.5 lines >all
	expect_same numbers all
	expect_empty received
	for n in 1 2 3 4 5; do
		[ "$(tail -c 1 "lines.$n" | wc -l)" -eq 1 ] ||
			fail "lines.$n ends within a line"
	done
}

test_file_that_is_unfit_is_refused_before_the_node_opens() {
	write_policy policy.conf
	ln -s elsewhere lines
	expect_status 9 postern receive --policy policy.conf --output lines \
		orders
	expect_text err '^postern: lines: it is a symbolic link$'
	mkfifo fifo
	expect_status 9 postern receive --policy policy.conf --output fifo \
		orders
	expect_text err '^postern: fifo: it is no regular file$'
	expect_status 9 postern receive --policy policy.conf \
		--output missing/lines orders
	expect_text err '^postern: missing/lines: No such file or directory$'
	[ ! -e orders.sock ] && [ ! -e elsewhere ]
}

test_reopen_without_a_file_changes_nothing() {
	start_receiver --lines
	kill -USR1 "$receiver"
	expect_status 0 send --message here
	wait_until says received here
	stop_receiver
}

# -- lines ------------------------------------------------------------------

test_format_has_the_facts_of_the_peer() {
	write_policy policy.conf
	sed 's/^node/tenant acme {\n    members self\n}\n&/' policy.conf >tmp
	mv tmp policy.conf
	start_receiver --format \
		'%{time}|%{node}|%{name}|%{tenant}|%{instance}|%{peer}|%{uid}|%{pid}|%{bytes}|%{payload}'
	start_sender --lines --instance till-7
	echo hello >&8
	wait_until says received hello
	echo again >&8
	wait_until says received again
	pattern='^20[0-9-]*T[0-9:]*\.[0-9]*Z|orders|self|acme|till-7'
	pattern="$pattern|[0-9]*\.[0-9]*|$(id -u)|$sender|5|"
	expect_text received "${pattern}hello\$"
	expect_text received "${pattern}again\$"
	exec 8>&-
	wait_for_status 0 "$sender"
	stop_receiver
}

test_format_writes_one_line_for_each_message() {
	start_receiver --format '%{payload}' --count 3
	expect_status 0 send --message "$(printf 'two\nlines')"
	expect_status 0 send --message "$(printf '\033[2J\\')"
	expect_status 0 send --message ''
	wait_for_status 0 "$receiver"
	printf '%s\n' 'two\nlines' '\x1b[2J\\' '' >expected
	expect_same expected received
}

test_escape_writes_one_line_for_each_message() {
	start_receiver --escape --count 1
	expect_status 0 send --message "$(printf 'two\nlines')"
	wait_for_status 0 "$receiver"
	received_is 'two\\nlines\n' || fail "$(cat received)"
}

test_format_of_large_messages_is_whole() {
	write_policy policy.conf
	sed 's/ring .*/ring 1MiB/; s/message .*/message 256KiB/' policy.conf >tmp
	mv tmp policy.conf
	start_receiver --format '%{bytes} %{payload}' --until-disconnected
	head -c 600000 /dev/zero | tr '\0' '\1' >sent
	expect_status 0 send --chunk 200000B <sent
	wait_for_status 0 "$receiver"
	[ "$(wc -l <received)" -eq 3 ] || fail "$(wc -l <received) lines"
	[ "$(wc -c <received)" -eq $((3 * (7 + 800000 + 1))) ] ||
		fail "$(wc -c <received) bytes"
}

test_wrong_format_is_a_misuse() {
	write_policy policy.conf
	for format in '%' '%u' '%{uid' '%{user}'; do
		expect_status 2 postern receive --policy policy.conf \
			--format "$format" orders
		expect_text err "^postern: receive: --format '$format': "
	done
}

run_tests
