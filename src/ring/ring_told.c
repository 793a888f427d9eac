/* SPDX-License-Identifier: ISC */
/*
 * What one side tells the other beside the ring
 *
 * How many messages it threw away, and why it ended the channel.  Neither
 * changes what the rings carry: a lie is shown to somebody, and that is all.
 */
#include "ring/ring.h"

uint64_t pst_ring_dropped_unchecked(const struct pst_segment_words *peer)
{
	return pst_shared_load_relaxed_u64(&peer->dropped_count);
}

void pst_ring_publish_end(struct pst_segment_words *own, uint32_t end_code)
{
	/*
	 * [E1] Pairs with the observe in pst_ring_observe_end(): whoever sees
	 * the hang-up or the END record that follows sees the code.
	 */
	pst_shared_publish_u32(&own->end_code, end_code);
}

uint32_t pst_ring_observe_end(const struct pst_segment_words *peer)
{
	/* [E1] Pairs with the publish in pst_ring_publish_end(). */
	return pst_shared_observe_u32(&peer->end_code);
}
