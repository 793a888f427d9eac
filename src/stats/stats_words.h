/* SPDX-License-Identifier: ISC */
/*
 * Convert statistics between public structs and words of the segment
 *
 * The words are a private copy of an entry; its sequence is neither read nor
 * written here.  The fields are those of stats_fields.h.
 */
#ifndef POSTERN_STATS_STATS_WORDS_H
#define POSTERN_STATS_STATS_WORDS_H

#include <stdint.h>

#include <postern/stats.h>

#include "stats/stats_layout.h"

void pst_stats_node_to_words(const struct postern_node_statistics *stats,
			     uint64_t words[static PST_STATS_NODE_WORDS]);
void pst_stats_peer_to_words(const struct postern_peer_statistics *stats,
			     uint64_t words[static PST_STATS_PEER_WORDS]);

/*
 * The words may be anything; a value that is not possible is replaced.  Numbers
 * are limited to the range of their field, counts of slots to slot_count; an
 * unknown state or reason becomes 0, unknown bits are cleared, and a name is
 * terminated and consists of the characters of names.
 */
void
pst_stats_node_from_words(const uint64_t words[static PST_STATS_NODE_WORDS],
			  uint32_t slot_count,
			  struct postern_node_statistics *ret_stats);
void
pst_stats_peer_from_words(const uint64_t words[static PST_STATS_PEER_WORDS],
			  uint32_t slot_index,
			  struct postern_peer_statistics *ret_stats);

#endif
