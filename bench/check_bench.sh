#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The benchmark runs, and no transport loses or changes a message.  How fast any
# of them is, is not asked here.

bench=${POSTERN_BUILDDIR:-.}/bench/postern-bench

if [ ! -x "$bench" ]; then
	echo 'skipped: postern-bench is not built'
	exit 77
fi
# See tests/staged-run: no node opens without this directory.
if [ ! -d /proc/self/fd ]; then
	echo "SKIP: check_bench.sh: needs /proc/self/fd, as the library does"
	exit 77
fi

"$bench" --seconds 0.002 --repetitions 1
