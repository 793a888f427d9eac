/* SPDX-License-Identifier: ISC */
/*
 * A ring with both of its ends, for tests
 */
#include "support/ring_pair.h"

#include <string.h>

void ring_pair_init(struct ring_pair *pair, uint32_t data_bytes,
		    uint32_t message_bytes)
{
	mirror_init(&pair->producer_segment, data_bytes);
	mirror_init(&pair->consumer_segment, 0);
	pair->producer_words = (void *)pair->producer_segment.control;
	pair->consumer_words = (void *)pair->consumer_segment.control;
	pst_ring_producer_init(&pair->producer, pair->producer_words,
			       pair->consumer_words,
			       pair->producer_segment.data, data_bytes,
			       message_bytes, pair->tag_bytes);
	pst_ring_consumer_init(&pair->consumer, pair->consumer_words,
			       pair->producer_words,
			       pair->producer_segment.data, data_bytes,
			       message_bytes);
}

void ring_pair_done(struct ring_pair *pair)
{
	mirror_done(&pair->producer_segment);
	mirror_done(&pair->consumer_segment);
}

void ring_pair_start_at(struct ring_pair *pair, uint64_t start_pos)
{
	uint32_t data_bytes = pair->producer.data_bytes;
	uint32_t message_bytes = pair->producer.message_bytes;

	pst_ring_producer_init(&pair->producer, pair->producer_words,
			       pair->consumer_words,
			       pair->producer_segment.data, data_bytes,
			       message_bytes, pair->tag_bytes);
	pst_ring_consumer_init(&pair->consumer, pair->consumer_words,
			       pair->producer_words,
			       pair->producer_segment.data, data_bytes,
			       message_bytes);
	pair->producer.produced_pos = start_pos;
	pair->producer.consumed_pos = start_pos;
	pair->consumer.produced_pos = start_pos;
	pair->consumer.consumed_pos = start_pos;
	pair->consumer.next_check_pos = start_pos;
	pst_shared_publish_u64(&pair->producer_words->produced_pos, start_pos);
	pst_shared_publish_u64(&pair->consumer_words->consumed_pos, start_pos);
	pst_shared_publish_u64(&pair->consumer_words->dropped_count, 0);
	pst_shared_publish_u32(&pair->producer_words->producer_armed, 0);
	pst_shared_publish_u32(&pair->consumer_words->consumer_armed, 0);
}
