#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The manual pages agree with what they describe
#
# Every option of the tool and every public function is in a page, the example
# program compiles, and the example policies load.

. "${POSTERN_SRCDIR:-.}/tests/integration/tool_support.sh"

man=$srcdir/doc/man

# literal_block PAGE WORD: the first literal block that has the word.
literal_block() {
	awk -v word="$2" '
		/^```$/ {
			if (inside && index(block, word)) {
				printf "%s", block
				exit
			}
			inside = !inside
			block = ""
			next
		}
		inside { block = block $0 "\n" }' "$man/$1" |
		sed 's/\\\(.\)/\1/g'
}

every_option_is_in_the_page_of_the_tool() {
	for command in send receive list revoke stat top doctor \
		'policy check' 'policy show' \
		'policy explain' 'policy diff' 'policy fmt' 'policy pid'; do
		# shellcheck disable=SC2086 # two words are two arguments
		postern $command --help |
			sed -n 's/^  --\([a-z-]*\).*/\1/p' >options
		[ -s options ] || fail "no options of $command"
		while read -r option; do
			expect_text "$man/postern.1.scd" "\*--$option\*"
		done <options
	done
}

every_public_function_is_in_a_page() {
	sed -n 's/^.*\(postern_[a-z_]*\)(.*/\1/p' \
		"$srcdir"/include/postern/*.h* | grep -v '_fn$' |
		sort -u >functions
	[ "$(wc -l <functions)" -gt 30 ] || fail "which functions?"
	while read -r function; do
		grep -q "[*]$function\\*(\\|^\\*.*$function(" \
			"$man"/*.3.scd || fail "$function is in no page"
	done <functions
}

every_error_is_in_the_overview() {
	sed -n 's/^ \*   \(-E[A-Z]*\).*/\1/p' \
		"$srcdir/include/postern/result.h" >errors
	[ "$(wc -l <errors)" -gt 15 ] || fail "which errors?"
	while read -r error; do
		expect_text "$man/libpostern.3.scd" "\\*$error\\*"
	done <errors
}

example_programs_compile() {
	compiler=${CC:-cc}
	command -v "${compiler%% *}" >/dev/null || {
		echo "SKIP: example_programs_compile: no ${compiler%% *} here"
		return 0
	}
	for place in 'libpostern.3.scd main' \
		'postern_facts_of_process.3.scd would_admit' \
		'postern_key_create.3.scd print_key' \
		'postern_policy_load.3.scd load_whole_policy'; do
		literal_block "${place% *}" "int ${place#* }" >example.c
		[ -s example.c ] || fail "no example: $place"
		# The compiler may be a command with options.
		# shellcheck disable=SC2086
		${CC:-cc} -std=c11 -Wall -Werror -fsyntax-only \
			-I"$srcdir/include" \
			-I"${POSTERN_BUILDDIR:-.}/include" example.c
	done
}

# scdoc takes one backslash away, within an example too.
backslashes_of_examples_are_doubled() {
	for page in "$man"/*.scd; do
		awk '/^```/ { inside = !inside; next }
			inside { gsub(/\\\\/, ""); if (/\\/) print }' "$page" >single
		expect_empty single
	done
}

example_policies_load() {
	for place in 'postern.1.scd peer.shop' \
		'postern-policy.5.scd collector' \
		'postern-policy.5.scd contractors'; do
		page=${place% *}
		word=$(echo "${place#* }" | tr . ' ')
		literal_block "$page" "$word" |
			sed -n '/^policy-version/,/^end$/p' >example.conf
		[ -s example.conf ] || fail "no example with $word in $page"
		expect_status 0 postern policy check --assume-names example.conf
	done
}

# words FILE: without comment signs, markup and line ends.
words() {
	sed 's/^ \* \{0,1\}//; s/[*_]//g; s/()//g' "$1" | tr -s ' \n\t' ' '
}

node_page_says_when_due_work_is_done_as_the_header_does() {
	words "$srcdir/include/postern/node.h" |
		grep -o 'But whenever no peer is ready.* while calls are quick' \
			>header
	[ "$(wc -w <header)" -gt 40 ] || fail "$(cat header)"
	words "$man/postern_node_open.3.scd" >page
	grep -Fq "$(cat header)" page || fail "not in the page: $(cat header)"
}

run_tests \
	node_page_says_when_due_work_is_done_as_the_header_does \
	every_option_is_in_the_page_of_the_tool \
	every_public_function_is_in_a_page \
	every_error_is_in_the_overview \
	example_programs_compile \
	backslashes_of_examples_are_doubled \
	example_policies_load
