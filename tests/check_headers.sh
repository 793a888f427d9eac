#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every header compiles alone; the public ones also as strict C99 and as C++,
# the two dialects that a user may be bound to.  No public header is forgotten
# by `make install`.

set -eu

srcdir=${POSTERN_SRCDIR:-.}
builddir=${POSTERN_BUILDDIR:-.}

status=0
public="-I$srcdir/include -I$builddir/include"
tool="-std=gnu11 -D_GNU_SOURCE $public"
internal="$tool -I$srcdir/src -I$srcdir/tests"
strict='-Wall -Wextra -Wundef -Werror -fsyntax-only'

cxx=
for candidate in "${CXX-}" c++ g++ clang++; do
	if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
		cxx=$candidate
		break
	fi
done
[ -n "$cxx" ] || echo "no C++ compiler: headers are checked as C only"

# compiles HEADER COMMAND...: the header, twice, and nothing else
compiles() {
	header=$1
	shift
	if ! printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
		"$@" -; then
		echo "does not compile alone: $header ($*)" >&2
		status=1
	fi
}

# shellcheck disable=SC2086 # the variables hold several options each
for header in $(find "$srcdir/src" "$srcdir/tests" -name '*.h' | sort); do
	case $header in
	*/src/tools/*) includes=$tool ;;
	*) includes=$internal ;;
	esac
	compiles "$header" ${CC:-cc} $includes $strict -x c
done

# shellcheck disable=SC2086
for header in "$srcdir"/include/postern/*.h \
	"$builddir"/include/postern/version.h; do
	compiles "$header" ${CC:-cc} -std=c99 -pedantic-errors $public \
		$strict -x c
	[ -z "$cxx" ] || compiles "$header" $cxx -std=c++11 -pedantic-errors \
		$public $strict -x c++

	name=include/postern/${header##*/}
	if ! grep -q "$name" "$srcdir/Makefile.am"; then
		echo "$name is not installed: not in Makefile.am" >&2
		status=1
	fi
done

exit $status
