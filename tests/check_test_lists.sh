#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every test program and script is in the list of a layer.mk: a file that is not
# listed would never run.

set -eu

cd "${POSTERN_SRCDIR:-.}"

listed=$(cat tests/*.mk tests/*/layer.mk tests/unit/*/layer.mk bench/layer.mk |
	tr -s ' \t\\' '\n' | sort -u)

status=0
for file in tests/unit/*/test_*.c tests/integration/test_*.c \
	tests/integration/test_*.sh tests/fuzz/fuzz_*.c tests/check_*.sh \
	tests/model/check_*.sh bench/check_*.sh; do
	if ! echo "$listed" | grep -qxF "${file%.c}"; then
		echo "$file is in no list of tests: add it to layer.mk" >&2
		status=1
	fi
done
exit $status
