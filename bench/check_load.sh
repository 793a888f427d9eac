#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every scenario of postern-load can be carried out.  What it finds is not asked
# here.

load=${POSTERN_BUILDDIR:-.}/bench/postern-load

if [ ! -x "$load" ]; then
	echo 'skipped: postern-load is not built'
	exit 77
fi
if [ "$(id -u)" -ne 0 ]; then
	echo 'skipped: needs root, to be several users'
	exit 77
fi

"$load" all --seconds 0.02 --repetitions 1 --cycles 200
