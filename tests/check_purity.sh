#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Code that must be pure calls nothing that could make it otherwise
#
# ring and wire, each whole, the entries and the collector of the statistics and
# the policy's decision are each linked into one object; the symbols that are
# undefined then are all that it can call.  Allowed are mem* (for the policy also
# str*), their checked forms and the symbols that compiler hardening brings.

set -eu

cd "${POSTERN_BUILDDIR:-.}"

if [ "${INSTRUMENTED:-no}" = yes ]; then
	echo "skipped: an instrumented build calls its run-time library"
	exit 77
fi

# clang writes a memcmp whose sign nobody uses as bcmp.
memory='mem[a-z]*|__mem[a-z]*_chk|bcmp'
strings='str[a-z]*|__str[a-z]*_chk'
compiler='__stack_chk_fail|_GLOBAL_OFFSET_TABLE_'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

status=0
checked_count=0

# check NAME ALLOWED OBJECT...
check() {
	name=$1
	allowed=$2
	shift 2

	${LD:-ld} -r -o "$work/whole.o" "$@"
	foreign=$(${NM:-nm} -u "$work/whole.o" | sed 's/^ *[Uwv] //' |
		grep -Evx "$allowed|$compiler" || true)
	if [ -n "$foreign" ]; then
		echo "$name is not pure, it needs:" >&2
		echo "$foreign" >&2
		status=1
	fi
	checked_count=$((checked_count + 1))
}

for layer in ring wire; do
	archive=.libs/lib$layer.a
	if [ ! -e "$archive" ]; then
		echo "$layer: not built"
		continue
	fi
	check "$layer" "$memory" --whole-archive "$archive"
done

# check_members NAME ALLOWED LAYER OBJECT...: members of the layer's archive, as
# .c, .o or .lo.
check_members() {
	name=$1
	allowed=$2
	layer=$3
	shift 3

	members=
	for object in "$@"; do
		object=${object##*/}
		members="$members ${object%.*}.o"
	done
	[ -n "$members" ] || return 0
	archive=$PWD/.libs/lib$layer.a
	mkdir "$work/$layer"
	# shellcheck disable=SC2086 # a list of names
	(cd "$work/$layer" && ar x "$archive" $members)
	check "$name" "$allowed" "$work/$layer"/*.o
}

# shellcheck disable=SC2086 # a list of names
check_members "the policy's decision" "$memory|$strings" policy \
	${PURE_POLICY_OBJECTS-}
# shellcheck disable=SC2086 # a list of names
check_members stats "$memory" stats ${PURE_STATS_OBJECTS-}

if [ "$checked_count" -eq 0 ]; then
	echo "skipped: no pure layer is built"
	exit 77
fi
exit $status
