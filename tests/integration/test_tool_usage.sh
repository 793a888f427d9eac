#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The command line of the tool: what it takes, and how it refuses the rest

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

commands='send:receive:list:disconnect:stat:top:doctor:policy check'
commands="$commands:policy show:policy explain:policy diff:policy fmt"
commands="$commands:policy pid:policy install:policy edit:key create:key public:key check"

for_each_command() {
	old_ifs=$IFS
	IFS=:
	# shellcheck disable=SC2086 # split at the colons
	set -- "$1" $commands
	IFS=$old_ifs
	action=$1
	shift
	for command; do
		# shellcheck disable=SC2086 # two words are two arguments
		"$action" $command
	done
}

# A usage error says what is wrong and where help is, on standard error alone.
expect_misuse() {
	expect_status 2 "$@"
	expect_empty out
	expect_text err '^postern: '
	expect_text err "^postern: try 'postern .*--help'$"
}

test_no_command_is_a_usage_error() {
	expect_misuse postern
}

test_unknown_command_is_a_usage_error() {
	expect_misuse postern frobnicate
	expect_text err "unknown command 'frobnicate'"
	expect_misuse postern --frobnicate
	expect_misuse postern policy
	expect_misuse postern policy frobnicate
	expect_text err "unknown command 'policy frobnicate'"
	expect_misuse postern key
	expect_text err "'key' needs one of new, public, check"
	expect_misuse postern key frobnicate
	expect_text err "unknown command 'key frobnicate'"
	expect_misuse postern sendx
	expect_misuse postern ''
}

test_help_names_every_command() {
	expect_status 0 postern --help
	expect_empty err
	for_each_command help_names
}

help_names() {
	expect_text out "^  $* "
}

test_version_is_printed() {
	expect_status 0 postern --version
	expect_text out '^postern [0-9]*\.[0-9]*\.[0-9]*$'
}

test_every_command_has_help() {
	for_each_command has_help
}

has_help() {
	expect_status 0 postern "$@" --help
	expect_empty err
	expect_text out "^usage: postern $* \[OPTION\]"
	expect_text out '^  --help '
}

test_every_command_refuses_an_unknown_option() {
	for_each_command refuses_unknown_option
}

refuses_unknown_option() {
	expect_misuse postern "$@" --frobnicate
	expect_text err "^postern: $*: unknown option '--frobnicate'"
	expect_misuse postern "$@" -x
	expect_text err "^postern: $*: unknown option '-x'"
}

test_option_without_its_value_is_a_usage_error() {
	expect_misuse postern send orders --policy
	expect_text err "'--policy' needs a value"
}

test_flag_with_a_value_is_a_usage_error() {
	expect_misuse postern send --lines=3 orders
	expect_text err '--lines takes no value'
}

test_missing_operand_is_a_usage_error() {
	expect_misuse postern send
	expect_misuse postern receive
	expect_misuse postern disconnect
	expect_misuse postern disconnect orders
	expect_misuse postern policy pid
	expect_misuse postern key create
	expect_misuse postern key public
	expect_misuse postern key check
	expect_misuse postern policy diff
	expect_misuse postern policy diff one
}

test_surplus_operand_is_a_usage_error() {
	expect_misuse postern send one two
	expect_text err "unexpected 'two'"
	expect_misuse postern receive one two
	expect_misuse postern list one
	expect_misuse postern disconnect one two three
	expect_misuse postern doctor one
	expect_misuse postern policy show one
	expect_misuse postern policy fmt one two
	expect_misuse postern policy diff one two three
	expect_misuse postern policy explain one
}

test_size_without_unit_is_a_usage_error() {
	for size in 4 0B 4KB 4MB 1.5KiB 08KiB -1B '' 5GiB \
		99999999999999999999B; do
		expect_misuse postern send orders --chunk "$size"
		expect_misuse postern send orders --ring "$size"
		expect_misuse postern send orders --message-size "$size"
	done
	expect_misuse postern send orders --chunk 4KB
	expect_text err 'B KiB MiB GiB'
}

test_duration_without_unit_is_a_usage_error() {
	for duration in '' 0s 1.5s -1s 4sec 4; do
		expect_misuse postern send orders --timeout "$duration"
	done
	expect_text err 'ms s min h'
}

test_unknown_feature_is_a_usage_error() {
	for features in '' 'all,' ',all' passright PIDFS 'all all' none; do
		expect_misuse postern doctor --disable "$features"
		expect_misuse postern send orders --disable "$features"
		expect_misuse postern receive orders --disable "$features"
	done
}

test_bad_count_is_a_usage_error() {
	for count in '' 0 -1 1x 99999999999999999999; do
		expect_misuse postern receive orders --count "$count"
	done
}

test_forms_of_input_exclude_each_other() {
	expect_misuse postern send orders --lines --chunk 1KiB
	expect_misuse postern send orders --lines --message x
	expect_misuse postern send orders --chunk 1KiB --message x
	expect_text err 'exclude each other'
}

test_explain_needs_a_node_and_one_process() {
	expect_misuse postern policy explain
	expect_misuse postern policy explain --node orders
	expect_misuse postern policy explain --pid 1
	expect_misuse postern policy explain --node orders --pid 1 --user 0
	expect_misuse postern policy explain --node orders --pid 1 --unit a
}

test_check_takes_files_or_a_policy() {
	expect_misuse postern policy check --policy one two
}

test_output_that_cannot_be_written_is_an_error() {
	status=0
	postern --help >/dev/full 2>err || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status"
	expect_text err '^postern: standard output: No space left'
	status=0
	postern send --help >/dev/full 2>err || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status"
}

test_closed_output_is_an_error() {
	status=0
	postern --version <&- >&- 2>err || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status"
	expect_text err '^postern: standard output: '
	for_each_command closed_output_of_help_is_an_error
}

closed_output_of_help_is_an_error() {
	status=0
	postern "$@" --help >&- 2>err || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status of $*"
	expect_text err '^postern: standard output: '
}

test_closed_input_and_errors_do_no_harm() {
	status=0
	postern --version <&- 2>&- >out || status=$?
	[ "$status" -eq 0 ] || fail "exit status $status"
	expect_text out '^postern '
}

test_ambiguous_option_is_told_with_its_candidates() {
	expect_misuse postern send orders --mess x
	expect_text err "option '--mess' is ambiguous: --message, --message-size"
	expect_misuse postern send orders --mess=x
	expect_misuse postern send orders --messy
	expect_text err "unknown option '--messy'"
	expect_misuse postern send orders --message-s
	expect_text err "'--message-s' needs a value"
}

test_group_help_names_its_commands() {
	expect_status 0 postern policy --help
	expect_text out '^  policy check  *check policy files'
	[ "$(grep -c '^  policy ' out)" -eq 8 ] || fail "$(cat out)"
	expect_status 0 postern key --help
	expect_text out '^  key create '
	[ "$(grep -c '^  key ' out)" -eq 3 ] || fail "$(cat out)"
	expect_status 0 postern key -h
	expect_empty err
}

test_option_before_the_command_is_the_commands() {
	write_policy good.conf
	for option in '--policy good.conf' --policy=good.conf; do
		# shellcheck disable=SC2086 # the option and its value
		expect_status 0 postern $option policy check
		expect_text out '^good.conf: valid$'
		# shellcheck disable=SC2086
		expect_status 6 postern --disable all $option send -- orders
	done
	expect_status 0 postern --policy good.conf send --help
	expect_text out '^usage: postern send '
	expect_misuse postern --policy good.conf
	expect_text err 'no command given'
	expect_misuse postern --policy
	expect_misuse postern --lines send orders
	expect_text err "unexpected option '--lines' before the command"
}

test_doctor_counts_what_it_finds() {
	# shellcheck disable=SC2086 # empty, or two words
	expect_status 0 postern doctor $without
	level=$(grep -v '^aes ' out | grep -c ' found  ' || true)
	expect_text out "^hardening level $level of 4$"
}

test_doctor_says_what_is_lost() {
	expect_status 0 postern doctor --disable passrights,pidfs
	expect_text out '^passrights *off '
	expect_text out '^pidfs *off '
	[ "$(grep -c 'without it, ' out)" -ge 2 ] || fail "nothing is lost?"
	expect_status 0 postern doctor --disable all
	expect_text out '^hardening level 0 of 4$'
	expect_text out '^aes *off '
}

test_doctor_shows_what_may_be_locked() {
	pages=$((128 * 1024 / $(getconf PAGESIZE)))
	# shellcheck disable=SC3045 # of dash and bash
	(ulimit -l 128 && expect_status 0 postern doctor) || fail "at 128 KiB"
	expect_text out "^memlock *128 KiB, .* $pages secured channels$"
}

run_tests
