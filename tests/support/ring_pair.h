/* SPDX-License-Identifier: ISC */
/*
 * A ring with both of its ends, for tests
 *
 * Two segments as a channel has them; only the producer's has data.  Tests act
 * as the peer by writing to the words and the data directly.
 */
#ifndef POSTERN_SUPPORT_RING_PAIR_H
#define POSTERN_SUPPORT_RING_PAIR_H

#include <stdint.h>

#include "ring/ring.h"
#include "support/mirror.h"

struct ring_pair {
	struct pst_ring_producer producer;
	struct pst_ring_consumer consumer;
	struct mirror producer_segment;
	struct mirror consumer_segment;
	struct pst_segment_words *producer_words;
	struct pst_segment_words *consumer_words;
	uint32_t tag_bytes;     /* of what is written: 0, unless set before */
};

/* An empty ring at position 0. */
void ring_pair_init(struct ring_pair *pair, uint32_t data_bytes,
		    uint32_t message_bytes);
void ring_pair_done(struct ring_pair *pair);

/* Start again: empty, at start_pos, a multiple of 8, on both sides. */
void ring_pair_start_at(struct ring_pair *pair, uint64_t start_pos);

#endif
