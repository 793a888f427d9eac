#!/bin/sh
# SPDX-License-Identifier: ISC
#
# No file of code is longer than 600 lines: a longer one has two responsibilities.

cd "${POSTERN_SRCDIR:-.}" || exit 99

limit=600
status=0
list=$(find include src tests bench -type f \
	\( -name '*.[ch]' -o -name '*.in' -o -name '*.sh' -o -name '*.pml' \) |
	sort)
for file in $list; do
	lines=$(wc -l <"$file")
	if [ "$lines" -gt "$limit" ]; then
		echo "$file has $lines lines, more than $limit" >&2
		status=1
	fi
done
[ -n "$list" ] || { echo "no file found" >&2; exit 99; }

exit $status
