#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The states of a peer: the table, the model and the code agree
#
# tests/model/node_states.pml has the transitions of src/peer/peer_state.c.  Each
# row of the model must be in the table; and each row of the table that changes
# the state must be in the model, if it has one of the events that are modelled
# completely.  No other file assigns the state of a peer.

cd "${POSTERN_SRCDIR:-.}" || exit 99

table=src/peer/peer_state.c
model=tests/model/node_states.pml
modelled='WOKEN FOUND_EMPTY OUT_OF_TOKENS TOKENS_DUE CHANNEL_ENDED'

status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# FROM EVENT TO, on a line each.
sed -n 's/^	{S(\([A-Z_]*\)), E(\([A-Z_]*\)), S(\([A-Z_]*\)), .*/\1 \2 \3/p' \
	"$table" | sort -u >"$work/table"
sed -n 's/.*go([^,]*, \([A-Z_]*\), \([A-Z_]*\), \([A-Z_]*\)).*/\1 \2 \3/p' \
	"$model" | sort -u >"$work/model"
for rows in table model; do
	if [ ! -s "$work/$rows" ]; then
		echo "no rows found: $rows" >&2
		status=1
	fi
done

comm -13 "$work/table" "$work/model" >"$work/only_model"
if [ -s "$work/only_model" ]; then
	echo "in $model, and not in $table:" >&2
	cat "$work/only_model" >&2
	status=1
fi

awk -v events=" $modelled " 'index(events, " " $2 " ") && $1 != $3' \
	"$work/table" | comm -23 - "$work/model" >"$work/only_table"
if [ -s "$work/only_table" ]; then
	echo "in $table, and not in $model:" >&2
	cat "$work/only_table" >&2
	status=1
fi

grep -rnE '(peer->|peers\[[^]]*\]\.)state = ' src | grep -v "^$table:" \
	>"$work/assignments"
if [ -s "$work/assignments" ] ||
	[ "$(grep -c 'peer->state = ' "$table")" -ne 1 ]; then
	echo "only pst_peer_transition() assigns the state of a peer:" >&2
	cat "$work/assignments" >&2
	status=1
fi

exit $status
