#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The manual pages agree with the tool and with the headers
#
# Every option of the tool is in its page, every error is in libpostern(3), and the
# example policies load.  tests/check_manual.sh checks the pages of functions.

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

test_every_option_is_in_the_page_of_the_tool() {
	for command in send receive list disconnect stat top doctor \
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

test_every_error_is_in_the_overview() {
	sed -n 's/^ \*   \(-E[A-Z]*\).*/\1/p' \
		"$srcdir/include/postern/result.h" >errors
	[ "$(wc -l <errors)" -gt 15 ] || fail "which errors?"
	while read -r error; do
		expect_text "$man/libpostern.3.scd" "\\*$error\\*"
	done <errors
}

# scdoc takes one backslash away, within an example too.
test_backslashes_of_examples_are_doubled() {
	for page in "$man"/*.scd; do
		awk '/^```/ { inside = !inside; next }
			inside { gsub(/\\\\/, ""); if (/\\/) print }' "$page" >single
		expect_empty single
	done
}

test_example_policies_load() {
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
	sed 's/^ \* \{0,1\}//; s/[*_]//g; s/(3\{0,1\})//g' "$1" | tr -s ' \n\t' ' '
}

test_node_page_says_when_pending_work_is_done_as_the_header_does() {
	words "$srcdir/include/postern/node.h" |
		grep -o 'If no peer is ready.* while calls are quick' \
			>header
	[ "$(wc -w <header)" -gt 40 ] || fail "$(cat header)"
	words "$man/postern_node_receive.3.scd" >page
	grep -Fq "$(cat header)" page || fail "not in the page: $(cat header)"
}

run_tests
