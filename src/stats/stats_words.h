/* SPDX-License-Identifier: ISC */
/*
 * Statistics as words and as structs
 *
 * One table says which word is which field, for the writer and for the reader.
 * The words are private memory of the caller, an entry of stats_layout.h
 * without its sequence being looked at.
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
 * From words that may be anything: what cannot be becomes what can.  Numbers
 * are at most what their field holds, counts of slots at most slot_count, a
 * state or reason that is not known is 0, bits that are not known are off, and
 * a name is terminated and has characters of names only.
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
