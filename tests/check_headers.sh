#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Every header compiles alone; the public ones also as strict C99 and as C++,
# the two dialects that a user may be bound to.  No public header is forgotten
# by `make install`.  A program that uses every public struct, _INIT macro and
# function compiles without a warning in each dialect from these on.

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

# -- results that must not be ignored ----------------------------------------

# Each function that returns a result is marked, but for the calls that interrupt
# and a question whose answer is an int.
unmarked=$(awk '/^int postern_/ && before != "POSTERN_MUST_CHECK" {
		sub(/^int /, ""); sub(/[(].*/, ""); print
	}
	{ before = $0 }' "$srcdir"/include/postern/*.h | sort | tr '\n' ' ')
if [ "$unmarked" != "postern_channel_interrupt postern_node_interrupt \
postern_result_is_transient " ]; then
	echo "functions without POSTERN_MUST_CHECK: $unmarked" >&2
	status=1
fi

# warns COMMAND...: a program that ignores a result gets a warning
warns() {
	if ! printf '%s\n' '#include <postern/postern.h>' 'void ignore(void);' \
		'void ignore(void) { postern_send(0, 0, 0); }' |
		"$@" -Wunused-result -c -o /dev/null - 2>&1 |
		grep -q unused-result; then
		echo "no warning about an ignored result: $*" >&2
		status=1
	fi
}

# shellcheck disable=SC2086
{
	warns ${CC:-cc} -std=c99 $public -x c
	[ -z "$cxx" ] || warns $cxx -std=c++11 $public -x c++
}

# -- a program that uses all of it ------------------------------------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

headers="$(echo "$srcdir"/include/postern/*.h)"

# Of each struct, by the name that C++ also takes without `struct`: a function of
# the same name would hide it.
# shellcheck disable=SC2086 # no path of the tree has a blank
structs=$(sed -n 's/^struct \(postern_[a-z_]*\) {$/\1/p' $headers | sort)
# shellcheck disable=SC2086
inits=$(sed -n 's/^#define POSTERN_\([A-Z_]*\)_INIT\>.*/\1/p' $headers | sort)
functions=$(sed -n 's/^\t\(postern_[a-z0-9_]*\);$/\1/p' \
	"$srcdir/src/libpostern.map")

{
	echo '#include <postern/postern.h>'
	echo 'typedef void function(void);'
	echo 'void use(const void *struct_of_size, size_t size_bytes);'
	echo 'extern function *const functions[];'
	echo 'function *const functions[] = {'
	for name in $functions; do
		echo "	(function *)$name,"
	done
	echo '};'
	echo 'void use_all(void);'
	echo 'void use_all(void)'
	echo '{'
	for name in $structs; do
		echo "#ifdef __cplusplus"
		echo "	use(0, sizeof($name));"
		echo "#else"
		echo "	use(0, sizeof(struct $name));"
		echo "#endif"
	done
	for init in $inits; do
		name=$(echo "$init" | tr '[:upper:]' '[:lower:]')
		echo "	{ struct postern_$name named = POSTERN_${init}_INIT;"
		echo "	use(&named, sizeof(named)); }"
	done
	echo '}'
} >"$work/all.c"

for count in "$(echo "$structs" | wc -w)" "$(echo "$inits" | wc -w)" \
	"$(echo "$functions" | wc -w)"; do
	if [ "$count" -lt 15 ]; then
		echo "found too few structs, initialisers or functions" >&2
		status=1
	fi
done

# A struct that can grow begins with its size, and has an initialiser.
for init in $inits; do
	name=postern_$(echo "$init" | tr '[:upper:]' '[:lower:]')
	case " $(echo "$structs" | tr '\n' ' ') " in
	*" $name "*) ;;
	*)
		echo "POSTERN_${init}_INIT initialises no struct $name" >&2
		status=1
		;;
	esac
done
# shellcheck disable=SC2086
for name in $(grep -h -A1 '^struct postern_[a-z_]* {$' $headers |
	sed -n 'N;s/^struct \(postern_[a-z_]*\) {\n\tsize_t size_bytes;$/\1/p;D'); do
	init=$(echo "${name#postern_}" | tr '[:lower:]' '[:upper:]')
	case " $(echo "$inits" | tr '\n' ' ') " in
	*" $init "*) ;;
	*)
		echo "struct $name has no POSTERN_${init}_INIT" >&2
		status=1
		;;
	esac
	if ! grep -q "[(, ]$name," \
		"$srcdir/tests/integration/test_struct_sizes.c"; then
		echo "struct $name is not in test_struct_sizes.c" >&2
		status=1
	fi
done

# uses_all LANGUAGE COMMAND...
uses_all() {
	language=$1
	shift
	# Casts of functions to one type are on purpose.
	if ! "$@" $public -pedantic-errors -Wall -Wextra \
		-Wmissing-field-initializers -Wno-cast-function-type -Werror \
		-fsyntax-only -x "$language" "$work/all.c"; then
		echo "a program that uses everything does not compile: $*" >&2
		status=1
	fi
}

# shellcheck disable=SC2086
for standard in c99 c11; do
	uses_all c ${CC:-cc} -std=$standard
	! command -v clang >/dev/null || uses_all c clang -std=$standard
done
for compiler in g++ clang++; do
	command -v $compiler >/dev/null || continue
	for standard in c++11 c++17 c++20; do
		uses_all c++ $compiler -std=$standard
	done
done

exit $status
