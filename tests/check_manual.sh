#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Each public function has a manual page that agrees with its header
#
# Every function of src/libpostern.map has a page, or a link in MAN_LINKS of
# doc/man/layer.mk.  A page has the usual sections in order, and lists the error
# codes that the comments of its functions list after "Returns".  Its examples
# compile.

set -eu

srcdir=${POSTERN_SRCDIR:-.}
builddir=${POSTERN_BUILDDIR:-.}
man=$srcdir/doc/man

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
status=0

complain() {
	echo "$*" >&2
	status=1
}

sed -n '/^global:/,/^local:/s/^[ \t]*\([a-z0-9_]*\);.*/\1/p' \
	"$srcdir/src/libpostern.map" | sort >"$work/functions"
[ "$(wc -l <"$work/functions")" -gt 50 ] || { echo "which functions?" >&2; exit 99; }

# FUNCTION PAGE, a line for each function that has a page or a link.
for page in "$man"/postern_*.3.scd; do
	name=${page##*/}
	name=${name%.3.scd}
	echo "$name $name"
done >"$work/pages"
sed -n '/^MAN_LINKS = /,/[^\\]$/s/^[ \t]*\(postern_[a-z_]*\)=\(postern_[a-z_]*\).*/\1 \2/p' \
	"$man/layer.mk" >>"$work/pages"
sort -o "$work/pages" "$work/pages"

cut -d ' ' -f 1 "$work/pages" >"$work/documented"
for name in $(comm -23 "$work/functions" "$work/documented"); do
	complain "$name has neither a page nor a link in doc/man/layer.mk"
done
for name in $(comm -13 "$work/functions" "$work/documented"); do
	complain "$name has a page or a link twice, or is no public function"
done

# Of each declaration: "FUNCTION CODE", and "FUNCTION as OTHER" where the codes of
# another function are included.
for header in "$srcdir"/include/postern/*.h "$srcdir"/include/postern/*.h.in; do
	awk '
	/^\/\*/ { comment = ""; inside = 1 }
	inside { comment = comment " " $0; if (index($0, "*/")) inside = 0; next }
	/^[a-z_ *]*postern_[a-z0-9_]+\(/ && !/^typedef/ {
		match($0, /postern_[a-z0-9_]+\(/)
		name = substr($0, RSTART, RLENGTH - 1)
		text = comment
		gsub(/[ \t*]+/, " ", text)
		if (!sub(/.* Returns /, "", text))
			next
		while (match(text, /(-E[A-Z]+|[ (]as postern_[a-z0-9_]+)/)) {
			found = substr(text, RSTART, RLENGTH)
			sub(/^[ (]/, "", found)
			print name, found
			text = substr(text, RSTART + RLENGTH)
		}
	}' "$header"
done | sort -u >"$work/declared"

codes_of() { # FUNCTION: those of its comment
	awk -v name="$1" '
	$2 == "as" { other[$1] = other[$1] " " $3; next }
	{ own[$1] = own[$1] " " $2 }
	END {
		count = split(name other[name], from, " ")
		for (i = 1; i <= count; i++) {
			n = split(own[from[i]], codes, " ")
			for (j = 1; j <= n; j++)
				print codes[j]
		}
	}' "$work/declared"
}

sections='NAME SYNOPSIS DESCRIPTION RETURN_VALUE ERRORS NOTES EXAMPLES SEE_ALSO '
for page in "$man"/postern_*.3.scd; do
	name=${page##*/}
	name=${name%.3.scd}
	has=
	rest=$sections
	for section in $(sed -n 's/^# //p' "$page" | tr ' ' _); do
		case $rest in
		*"$section "*) rest=${rest#*"$section "} has="$has $section" ;;
		*) complain "$name(3): $section is out of place" ;;
		esac
	done
	for section in NAME SYNOPSIS DESCRIPTION RETURN_VALUE EXAMPLES SEE_ALSO; do
		case "$has " in
		*" $section "*) ;;
		*) complain "$name(3) has no section $section" ;;
		esac
	done

	for function in $(awk -v page="$name" '$2 == page { print $1 }' "$work/pages"); do
		grep -q "^[^#]*$function(" "$page" ||
			complain "$name(3) has no synopsis of $function"
		sed -n '/^# NAME/,/^# SYNOPSIS/p' "$page" | grep -qw "$function" ||
			complain "$name(3) does not name $function"
		codes_of "$function"
	done | sort -u >"$work/expected"
	sed -n '/^# ERRORS/,/^# [^E]/s/^\(\*-E.*\)/\1/p' "$page" |
		grep -oE -e '-E[A-Z]+' | sort >"$work/listed" || true
	for code in $(comm -23 "$work/expected" "$work/listed"); do
		complain "$name(3) does not list $code, which a header does"
	done
	for code in $(comm -13 "$work/expected" "$work/listed"); do
		complain "$name(3) lists $code, which no header does (or twice)"
	done
done

for reference in $(grep -ohE '\*postern_[a-z0-9_]+\*\(3\)' "$man"/*.scd | tr -d '*()3' |
	sort -u | comm -23 - "$work/functions"); do
	complain "a page refers to $reference(3): no such function"
done

# All examples in one file: no two define the same name.  scdoc takes one backslash
# away.
{
	printf '#include <%s>\n' errno.h inttypes.h poll.h signal.h stdio.h \
		stdlib.h string.h postern/postern.h
	awk '
	/^# / { is_example = /^# EXAMPLES/ }
	/^```/ && is_example {
		inside = !inside
		if (inside)
			printf "#line %d \"%s\"\n", FNR + 1, FILENAME
		next
	}
	inside { gsub(/\\\\/, "\\"); print }' "$man"/*.3.scd
} >"$work/examples.c"
compiler=${CC:-cc}
if command -v "${compiler%% *}" >/dev/null; then
	# shellcheck disable=SC2086 # CC may hold options
	$compiler -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror \
		-I"$srcdir/include" -I"$builddir/include" \
		-c -o "$work/examples.o" "$work/examples.c" || status=1
else
	echo "SKIP: the examples: no ${compiler%% *} here"
fi

exit $status
