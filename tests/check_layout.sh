#!/bin/sh
# SPDX-License-Identifier: ISC
#
# doc/layout.md states the numbers of the headers.
#
# Each word of a segment that a header pins with its offset has a row in the
# table of its structure, with this offset, and no table has a row of another
# word.  For the statistics, stats_fields.c lists the words.  The other numbers are
# compared one by one.

cd "${POSTERN_SRCDIR:-.}" || exit 99

document=doc/layout.md
work=$(mktemp -d "${TMPDIR:-/tmp}/postern-layout.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
status=0

# table HEADING: "offset word" of each row below a heading
table() {
	awk -v heading="$1" '
		/^##/ { inside = $0 == heading }
		inside && /^\| [0-9]+ \|/ {
			offset = $2
			match($0, /`[a-z_0-9]+`/)
			print offset, substr($0, RSTART + 1, RLENGTH - 2)
		}' "$document"
}

# pinned HEADER STRUCT: "offset member" of each offset that a header asserts
pinned() {
	tr '\n\t' '  ' <"$1" | grep -oE \
		"(PST_STATS_AT\($2, [a-z_0-9]+, [0-9]+\)|offsetof\(struct $2, [a-z_0-9]+\) == +[0-9]+)" |
		sed -E 's/^(PST_STATS_AT\(|offsetof\(struct )[a-z_0-9]+, ([a-z_0-9]+)[^0-9]* ([0-9]+).*/\3 \2/'
}

# compare_pinned HEADING FILE NAME: the table with $work/pinned
compare_pinned() {
	table "$1" >"$work/documented"
	[ -s "$work/pinned" ] || {
		echo "$2: no offset of $3 found" >&2
		exit 99
	}
	if ! diff "$work/documented" "$work/pinned" >"$work/difference"; then
		echo "$document, \"$1\", is not $3 of $2:" >&2
		cat "$work/difference" >&2
		status=1
	fi
}

# compare HEADING HEADER STRUCT
compare() {
	pinned "$2" "$3" >"$work/pinned"
	compare_pinned "$1" "$2" "struct $3"
}

# number HEADER NAME: the value of a macro or an enumerator
number() {
	sed -nE "s/^(#define|[[:space:]])[[:space:]]*$2[[:space:]]*=?[[:space:]]*(0x[0-9a-f]+|[0-9]+).*/\2/p" \
		"$1"
}

# states TEXT HEADER NAME: the document has TEXT, with VALUE for the number
states() {
	value=$(number "$2" "$3")
	[ -n "$value" ] || {
		echo "$2: no number $3 found" >&2
		exit 99
	}
	text=$(echo "$1" | sed "s/VALUE/$value/")
	tr -s '\n ' ' ' <"$document" | grep -qF -- "$text" || {
		echo "$document does not state \"$text\" ($3)" >&2
		status=1
	}
}

# rows TABLE: "offset member" of each row of a table of fields
rows() {
	awk -v table="$1[]" '
		/^const struct/ { inside = index($0, table) }
		inside && /^\t[A-Z]+\([0-9]+, / {
			split($0, part, /[(,) \t]+/)
			print part[3], part[4]
		}' "$fields"
}

# compare_fields HEADING TABLE [ROW]...: the rows that the table does not have are
# the sequence and the blocks
compare_fields() {
	heading=$1
	list=$2
	shift 2
	rows "$list" >"$work/rows"
	[ -s "$work/rows" ] || {
		echo "$fields: no row of $list found" >&2
		exit 99
	}
	for row in "$@"; do
		echo "$row"
	done | sort -n - "$work/rows" >"$work/pinned"
	compare_pinned "$heading" "$fields" "$list"
}

ring=src/ring/ring_layout.h
stats=src/stats/stats_layout.h
fields=src/stats/stats_fields.c
result=include/postern/result.h

compare '## The words of a segment' $ring pst_segment_words
compare '## Records' $ring pst_record_header
compare '### Header' $stats pst_stats_header
compare_fields '### Entry of the node' pst_stats_node_fields '0 sequence' \
	"$(number $stats PST_STATS_NODE_LATENCY_OFFSET) latency"
compare_fields '### Entry of a peer' pst_stats_peer_fields '0 sequence' \
	"$(number $stats PST_STATS_PEER_CHANNEL_OFFSET) channel"
compare_fields '### Channel' pst_stats_channel_fields \
	"$(number $stats PST_STATS_CHANNEL_LATENCY_OFFSET) latency"
compare_fields '### Latency' pst_stats_latency_fields

states 'segments of a channel (layout version VALUE)' $ring PST_LAYOUT_VERSION
states 'statistics segment of a node (layout version VALUE)' $stats \
	PST_STATS_VERSION
states 'DATA VALUE, END' $ring PST_RECORD_DATA
states 'END VALUE |' $ring PST_RECORD_END
states 'TIME VALUE in a DATA' $ring PST_RECORD_FLAG_TIME
states 'IDENTITY VALUE is reserved' $ring PST_RECORD_FLAG_IDENTITY
states 'VALUE bytes tag' src/base/record_size.h PST_RECORD_TAG_BYTES
states 'exactly one byte, VALUE, on' src/os/doorbell.h PST_DOORBELL_BYTE
states 'spends one of VALUE idle' src/channel/channel_state.h \
	PST_CHANNEL_IDLE_WAKEUPS
states 'stamps every VALUEth' src/channel/channel_state.h \
	PST_CHANNEL_SAMPLE_INTERVAL
states 'after each VALUEth of the ring' src/ring/ring_wait.c CHECKS_PER_RING
states '| VALUE | revoked |' $result POSTERN_REASON_REVOKED
states '| VALUE | disconnected |' $result POSTERN_REASON_DISCONNECTED
states '| VALUE | node-closed |' $result POSTERN_REASON_NODE_CLOSED
states '| VALUE | exceeded |' $result POSTERN_REASON_EXCEEDED
states '| VALUE | idle |' $result POSTERN_REASON_IDLE
states 'VALUE retired' $stats PST_STATS_RETIRED
states '; VALUE closed' $stats PST_STATS_CLOSED
states '| VALUE | entry of the node' $stats PST_STATS_NODE_OFFSET
states '| VALUE + ' $stats PST_STATS_PEERS_OFFSET
states '+ VALUE * ' $stats PST_STATS_PEER_BYTES

exit $status
