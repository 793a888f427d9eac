#!/bin/sh
# SPDX-License-Identifier: ISC
#
# README.md has at most 200 lines.  Its C programs are examples/send.c and
# examples/receive.c, which `make check` compiles and runs, and its picture is the
# one that bench/draw_rates makes from doc/benchmarks.md.

cd "${POSTERN_SRCDIR:-.}" || exit 99

work=$(mktemp) || exit 99
trap 'rm -f "$work"' EXIT
trap 'exit 1' HUP INT TERM
status=0

# compare WHAT FILE: $work is the same as the file.
compare() {
	if ! diff -u "$2" "$work" >&2; then
		echo "$1 is not $2" >&2
		status=1
	fi
}

number=0
for example in send receive; do
	number=$((number + 1))
	awk -v wanted=$number '/^```c$/ { inside = ++seen == wanted; next }
		/^```$/ { inside = 0 } inside' README.md >"$work"
	compare "program $number of README.md" "examples/$example.c"
done

bench/draw_rates <doc/benchmarks.md >"$work" || status=1
compare "the picture of doc/benchmarks.md" doc/benchmarks.svg

if [ "$(wc -l <README.md)" -gt 200 ]; then
	echo "README.md has more than 200 lines" >&2
	status=1
fi

exit $status
