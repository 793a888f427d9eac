#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The first C program of README.md compiles as printed, without a warning, and
# links with the library.

set -eu

srcdir=${POSTERN_SRCDIR:-.}
builddir=${POSTERN_BUILDDIR:-.}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' \
	"$srcdir/README.md" >"$work/readme.c"
if ! grep -q '#include <postern/' "$work/readme.c"; then
	echo "README.md has no C program that uses postern" >&2
	exit 1
fi

sanitizer=
if [ "${INSTRUMENTED:-no}" = yes ]; then
	# The library needs its run-time library at link time, which a program
	# without instrumentation does not bring.
	sanitizer=-Wl,--allow-shlib-undefined
fi

# shellcheck disable=SC2086 # CC may hold options, sanitizer may be empty
${CC:-cc} -Wall -Wextra -Werror -I"$srcdir/include" -I"$builddir/include" \
	-o "$work/readme" "$work/readme.c" $sanitizer \
	-L"$builddir/.libs" -lpostern
