#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The public headers, the version map and the library agree
#
# Every postern_ function that a header declares is listed in the map and
# exported by the shared library under a version; and the map and the library
# show nothing else.

set -eu

srcdir=${POSTERN_SRCDIR:-.}
builddir=${POSTERN_BUILDDIR:-.}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Preprocessed and with one declaration a line, a function is a name before a
# parenthesis in what is not a typedef.
# shellcheck disable=SC2020 # three characters, each becomes a newline
for header in "$srcdir"/include/postern/*.h \
	"$builddir"/include/postern/version.h; do
	${CC:-cc} -E -P -I"$srcdir/include" -I"$builddir/include" "$header"
done | tr '\n' ' ' | tr ';{}' '\n\n\n' | sed '/^ *typedef /d' |
	grep -oE '\bpostern_[a-z0-9_]+ *\(' |
	tr -d ' (' | sort -u >"$work/headers"

sed -n '/^global:/,/^local:/s/^[ \t]*\([a-z0-9_]*\);.*/\1/p' \
	"$srcdir/src/libpostern.map" | sort -u >"$work/map"

# A defined dynamic symbol is NAME@@VERSION; the version itself is one too.
${NM:-nm} -D --defined-only "$builddir/.libs/libpostern.so" |
	sed 's/^[0-9a-f]* [A-Za-z] //' | grep -Ev '^POSTERN_[0-9.]*@?' |
	sort -u >"$work/library_versioned" || true
sed 's/@.*//' "$work/library_versioned" | sort -u >"$work/library"

status=0

# absent FROM IN TEXT: names of file FROM that are not in file IN
absent() {
	for name in $(comm -23 "$work/$1" "$work/$2"); do
		echo "$name $3" >&2
		status=1
	done
}

absent headers map "is declared in a public header, but not in the map"
absent map headers "is in the map, but no public header declares it"
absent headers library "is declared in a public header, but not exported"
absent library headers "is exported, but no public header declares it"

if grep -v '@@POSTERN_[0-9]' "$work/library_versioned"; then
	echo "is exported without a version" >&2
	status=1
fi

if [ ! -s "$work/headers" ]; then
	echo "found no declaration in the public headers" >&2
	status=99
fi
exit $status
