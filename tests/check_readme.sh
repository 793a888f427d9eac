#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The C program of README.md is examples/send.c, which `make check` compiles and runs.

cd "${POSTERN_SRCDIR:-.}" || exit 99

work=$(mktemp) || exit 99
trap 'rm -f "$work"' EXIT
trap 'exit 1' HUP INT TERM

awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' \
	README.md >"$work"
if ! diff -u examples/send.c "$work" >&2; then
	echo "README.md does not show examples/send.c" >&2
	exit 1
fi
