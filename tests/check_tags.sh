#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Memory-ordering tags pair up
#
# In ring, channel and stats every publish and observe of a shared word, and
# every fence, stands below a comment with a tag, [P1] say, that tells what must
# be visible before what.  A tag is a promise between two sides: one seen only
# where something is published, or only where it is observed, has lost its
# partner.  Fences order a store before a load, and pair with each other.
#
# An access that needs no ordering has `relaxed` in its helper's name and needs
# no tag; neither do a process's own atomics, but the tags that they have pair
# up too.  A tag belongs to one layer, so that its name finds its two sides.

set -eu

cd "${POSTERN_SRCDIR:-.}"

# A layout header describes both sides.
files=$(find src/ring src/channel src/stats -name '*.[ch]' \
	! -name '*_layout.h' | sort)
[ -n "$files" ] || exit 77

# shellcheck disable=SC2086 # a list of files
awk '
function note(side,    i, tag_count, tags) {
	tag_count = split(pending, tags, " ")
	for (i = 1; i <= tag_count; i++)
		sites[layer ": " tags[i], side]++
}

FNR == 1 {
	in_comment = 0
	pending = ""
	pending_line = 0
	layer = FILENAME
	sub(/\/[^\/]*$/, "", layer)
}

{
	code = $0
	comment = ""
	if (in_comment) {
		comment = code
		code = ""
	} else if (code ~ /\/\*/) {
		comment = substr(code, index(code, "/*"))
		code = substr(code, 1, index(code, "/*") - 1)
		in_comment = 1
		# Another comment speaks of another access.
		if (code ~ /^[ \t]*$/ && FNR > pending_line + 1)
			pending = ""
	}
	if (in_comment && $0 ~ /\*\//)
		in_comment = 0

	while (match(comment, /\[[A-Z][0-9]+\]/)) {
		tag = substr(comment, RSTART, RLENGTH)
		pending = pending " " tag
		pending_line = FNR
		said[layer ": " tag] = said[layer ": " tag] " " FILENAME ":" FNR
		if (tag in owner && owner[tag] != layer) {
			print FILENAME ":" FNR ": " tag " is a tag of " \
				owner[tag] ": take another name"
			status = 1
		}
		owner[tag] = layer
		comment = substr(comment, RSTART + RLENGTH)
	}

	# A function ends, and with it what its comments promised.
	if (code ~ /^}/)
		pending = ""
	# At the margin something is declared, not accessed.
	if (code ~ /^[a-z]/ || code ~ /relaxed/)
		next

	shared = ""
	if (code ~ /pst_shared_publish/)
		shared = "publish"
	else if (code ~ /pst_shared_observe/)
		shared = "observe"
	else if (code ~ /pst_shared_fence|atomic_thread_fence/)
		shared = "fence"
	if (shared != "") {
		access_count++
		note(shared)
		if (pending == "") {
			sub(/^[ \t]*/, "", code)
			print FILENAME ":" FNR ": no tag above: " code
			status = 1
		}
		next
	}
	if (code ~ /atomic_(store|exchange|fetch|compare)/)
		note("publish")
	if (code ~ /atomic_(load|exchange|fetch|compare)/)
		note("observe")
}

END {
	for (key in said) {
		if (split(said[key], unused, " ") >= 2 &&
		    (sites[key, "publish"] && sites[key, "observe"] ||
		     sites[key, "fence"] >= 2))
			continue
		print key " has no partner; seen at" said[key]
		status = 1
	}
	if (!status && !access_count)
		status = 77
	exit status
}' $files >&2
