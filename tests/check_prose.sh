#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Sentences name their subject
#
# At most 0.3 relative clauses without a noun per 1,000 words, in the comments of
# include/, src/ and examples/ and in the documents.  The expression below finds them.
# Code spans and code blocks are not counted.

cd "${POSTERN_SRCDIR:-.}" || exit 99

if ! echo word | grep -qP '\bword\b' 2>/dev/null; then
	echo "SKIP: this grep has no -P"
	exit 77
fi

work=$(mktemp) || exit 99
trap 'rm -f "$work"' EXIT
trap 'exit 1' HUP INT TERM

headless='(?:^|[.] )(?:Who|Whom|Whoever|What|Whatever)\b(?![^.?!]*\?)'
headless="$headless|\bwhoever\b|[;:(] ?(?:whom?|whatever)\b(?![^.?!]*\?)"
headless="$headless|\b(?:than|so|but|as|of|by|for|from|to|with) who\b"

# paragraphs FILE...: one a line; the comments of C files, and documents without code
paragraphs() {
	awk '
	function flush() {
		gsub(/[ \t*]+/, " ", text)
		sub(/^ /, "", text)
		if (text != "")
			print text
		text = ""
	}
	FNR == 1 {
		flush()
		open = fenced = 0
		is_c = FILENAME ~ /[.](c|h|in)$/
	}
	is_c {
		rest = $0
		said = ""
		while (open || index(rest, "/*")) {
			if (!open)
				rest = substr(rest, index(rest, "/*") + 2)
			end = index(rest, "*/")
			open = !end
			said = said " " (end ? substr(rest, 1, end - 1) : rest)
			if (!end)
				break
			text = text said
			said = ""
			flush()
			rest = substr(rest, end + 2)
		}
		if (open && said ~ /^[ \t*]*$/)
			flush()
		else
			text = text " " said
		next
	}
	/^```/ { fenced = !fenced; flush(); next }
	fenced { next }
	/^[ \t]*([-+*#|:.]|$)/ { flush(); sub(/^[ \t]*[-+*#|:.]+[ \t]*/, "") }
	{ gsub(/`[^`]*`/, "CODE"); text = text " " $0 }
	END { flush() }' "$@"
}

files=$(find include src examples -name '*.[ch]' -o -name '*.h.in' 2>/dev/null | sort)
files="$files $(ls ./*.md doc/*.md doc/man/*.scd) src/README"
status=0

# No file's name has a blank.
# shellcheck disable=SC2086
paragraphs $files >"$work"
word_count=$(wc -w <"$work")
hit_count=$(grep -oP "$headless" "$work" | wc -l)
[ "$word_count" -gt 10000 ] || { echo "found no text" >&2; exit 99; }

summary=$(awk -v words="$word_count" -v hits="$hit_count" 'BEGIN {
	printf "%d clauses without a noun in %d words, %.2f per 1,000\n",
		hits, words, 1000 * hits / words }')
echo "$summary"
if [ $((hit_count * 10000)) -gt $((word_count * 3)) ]; then
	for file in $files; do
		paragraphs "$file" >"$work"
		hits=$(grep -cP "$headless" "$work")
		[ "$hits" -eq 0 ] || echo "$hits $file"
	done | sort -rn >&2
	echo "more than 0.3 per 1,000 words: name the noun" >&2
	status=1
fi

exit $status
