#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The exit statuses of the tool, one table for all commands; and `send --wait`,
# which goes by the same distinction between transient and lasting failures

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

# The table: the state of the node, the status, the command.  `P` stands for
# `--policy policy.conf`.
statuses='
absent	0	list P
absent	0	policy check policy.conf
absent	0	policy explain P --node orders --user SELF
absent	1	policy explain P --node orders --user 4711
absent	1	policy check bad.conf
absent	1	policy diff policy.conf other.conf
absent	1	key check none
absent	2	frobnicate
absent	2	send P
absent	2	receive P --count 0 orders
absent	2	policy explain P --node orders
absent	2	policy diff policy.conf bad.conf
absent	6	send P --message x orders
absent	6	stat P orders
absent	6	top P --batch --count 1 orders
absent	6	disconnect P orders self
absent	8	send --policy bad.conf --message x orders
absent	8	receive --policy bad.conf orders
absent	8	list --policy bad.conf
absent	8	stat --policy bad.conf orders
absent	8	top --policy bad.conf --batch orders
absent	8	disconnect --policy bad.conf orders self
absent	8	policy show --policy bad.conf
absent	8	policy explain --policy bad.conf --node orders --user 0
absent	8	policy fmt bad.conf
absent	8	list --policy none.conf
absent	9	send P --message x nowhere
absent	9	receive P nowhere
absent	9	stat P nowhere
absent	9	top P --batch nowhere
absent	9	disconnect P nowhere self
absent	9	policy explain P --node nowhere --user 0
absent	9	policy explain P --node orders --pid 2147483647
absent	9	policy explain P --node orders --user no-such-user-here
absent	9	policy fmt none.conf
absent	9	policy pid 2147483647
absent	9	key public none
absent	9	key create policy.conf
running	0	send P --message x orders
running	0	list P
running	7	receive P orders
running	9	send P --message LONG orders
running	9	send P --chunk 1MiB orders
running	9	disconnect P orders nobody-of-that-name
stopped	4	send P --timeout 100ms --message x orders
stopped	4	disconnect P --timeout 100ms orders self
stopped	0	list P
strict	5	send P --message x orders
full	7	send P --message x orders
full	7	send P --instance two orders
'

write_bad_policy() {
	printf 'policy-version 1\nnode x {\n' >bad.conf
}

write_other_policy() {
	sed 's/ 4KiB/ 2KiB/' policy.conf >other.conf
}

# A policy of which the receiver does not know yet.
write_strict_policy() {
	sed "s/user $(id -u)\$/user 4711/; s/owner user 4711/owner user $(id -u)/" \
		policy.conf >strict.conf
}

# enter STATE: of the node `orders`.
enter() {
	case $1 in
	absent)
		write_policy policy.conf
		;;
	running)
		start_receiver
		;;
	stopped)
		kill -STOP "$receiver"
		;;
	strict)
		kill -CONT "$receiver"
		stop_receiver
		write_strict_policy
		mv strict.conf policy.conf
		start_receiver
		;;
	full)
		stop_receiver
		write_policy policy.conf 'limits {' 'peers 1' '}'
		start_receiver
		start_sender
		wait_until grep -q 'event=connected' receiver.err
		;;
	esac
}

test_every_command_has_the_status_of_the_table() {
	write_policy policy.conf
	write_bad_policy
	write_other_policy
	state=
	echo "$statuses" | grep . >table
	[ "$(wc -l <table)" -gt 40 ] || fail "which table?"
	long=$(head -c 5000 /dev/zero | tr '\0' x)
	while IFS='	' read -r new_state expected command <&7; do
		[ "$new_state" = "$state" ] || enter "$new_state"
		state=$new_state
		command=$(echo " $command " | sed "s/ P / --policy policy.conf /
			s/ SELF / $(id -u) /; s/ LONG / $long /")
		# shellcheck disable=SC2086 # words
		expect_status "$expected" postern $command </dev/null
	done 7<table
}

# An error is a line that tells why.
test_every_failure_is_told() {
	write_policy policy.conf
	write_bad_policy
	write_other_policy
	echo "$statuses" | grep '^absent	[^0]' | grep -v 'explain.*4711' |
		grep -v 'policy diff policy.conf other' >table
	while IFS='	' read -r _ expected command <&7; do
		command=$(echo "$command " | sed 's/ P / --policy policy.conf /')
		# shellcheck disable=SC2086
		expect_status "$expected" postern $command </dev/null
		expect_text err '^postern: '
	done 7<table
}

test_peer_that_is_gone_is_status_3() {
	start_receiver --lines
	start_sender --lines
	echo hello >&8
	wait_until received_is 'hello\n'
	kill -9 "$receiver"
	wait_for_status 3 "$sender"
}

test_help_and_manual_have_the_same_statuses() {
	expect_status 0 postern --help
	sed -n 's/^  \([0-9]\)  .*/\1/p' out >in_help
	sed -n '/^# EXIT STATUS/,/^# EXAMPLES/s/^\*\([0-9]\)\*$/\1/p' \
		"$srcdir/doc/man/postern.1.scd" >in_manual
	expect_same in_help in_manual
	[ "$(wc -l <in_help)" -eq 10 ] || fail "$(cat in_help)"
}

# start_waiting OPTION...: a sender that waits, in the background.
start_waiting() {
	# shellcheck disable=SC2086 # $without is empty, or two words
	"$tool" send --policy policy.conf $without --wait "$@" orders \
		2>waiting.err 8>&- &
	waiting=$!
	background="$background $waiting"
}

# It is the program, not a shell that is about to become it, and it sleeps.
sleeps() {
	case $(readlink "/proc/$waiting/exe") in
	*postern) grep -q '^State:[[:space:]]*S' "/proc/$waiting/status" ;;
	*) false ;;
	esac
}

test_send_wait_succeeds_when_the_node_starts() {
	write_policy policy.conf
	start_waiting --message hello
	wait_until sleeps
	start_receiver --lines
	wait_for_status 0 "$waiting"
	wait_until received_is 'hello\n'
	stop_receiver
	expect_empty waiting.err
}

watches_a_directory() {
	grep -q '^inotify wd:' "/proc/$waiting/fdinfo/"* 2>/dev/null
}

test_send_wait_watches_the_directory_of_the_socket() {
	write_policy policy.conf
	start_waiting --message hello
	wait_until watches_a_directory
	start_receiver --lines
	wait_for_status 0 "$waiting"
	wait_until received_is 'hello\n'
	stop_receiver
}

test_send_wait_succeeds_when_a_place_is_free() {
	write_policy policy.conf 'limits {' 'peers 1' '}'
	start_receiver --lines
	start_sender --lines
	wait_until grep -q 'event=connected' receiver.err
	start_waiting --message second
	wait_until grep -q 'event=refused' receiver.err
	exec 8>&-
	wait_for_status 0 "$sender"
	wait_for_status 0 "$waiting"
	wait_until received_is 'second\n'
}

test_send_wait_ends_at_its_timeout() {
	write_policy policy.conf
	expect_status 4 send --wait --timeout 50ms --message x
	expect_text err '^postern: orders: timed out: not running: '
}

test_send_wait_does_not_wait_for_a_denial() {
	write_policy policy.conf
	write_strict_policy
	mv strict.conf policy.conf
	start_receiver
	expect_status 5 send --wait --message x
	expect_status 9 postern send --policy policy.conf --wait --message x \
		nowhere
}

test_send_wait_is_ended_by_a_signal() {
	for signal in TERM INT; do
		write_policy policy.conf
		# A shell without job control has its children ignore SIGINT.
		env --default-signal=INT "$tool" send --policy policy.conf \
			--wait --message x orders 2>waiting.err &
		waiting=$!
		background="$background $waiting"
		wait_until sleeps
		kill "-$signal" "$waiting"
		case $signal in
		TERM) wait_for_status 143 "$waiting" ;;
		INT) wait_for_status 130 "$waiting" ;;
		esac
	done
}

# write_many_nodes COUNT
write_many_nodes() {
	{
		printf 'policy-version 1\npeer self {\n    user %s\n}\n' \
			"$(id -u)"
		i=0
		while [ "$i" -lt "$1" ]; do
			cat <<-EOF
				node n$i {
				    owner user $(id -u)
				    socket $PWD/n$i.sock
				    allow self {
				        direction send
				    }
				}
			EOF
			i=$((i + 1))
		done
		echo end
	} >policy.conf
}

# Each of them takes a second to be called silent.
test_list_asks_stopped_nodes_at_the_same_time() {
	count=12
	write_many_nodes "$count"
	i=0
	while [ "$i" -lt "$count" ]; do
		"$tool" receive --policy policy.conf "n$i" >/dev/null \
			2>"receiver$i.err" &
		background="$background $!"
		wait_until is_listening "$PWD/n$i.sock"
		kill -STOP "$!"
		i=$((i + 1))
	done
	before=$(date +%s)
	expect_status 0 postern list --policy policy.conf
	after=$(date +%s)
	[ "$(grep -c ' not answering ' out)" -eq "$count" ] || fail "$(cat out)"
	[ $((after - before)) -lt $((count / 2)) ] ||
		fail "$((after - before)) s for $count nodes"
}

run_tests
