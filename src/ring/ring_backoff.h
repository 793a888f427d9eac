/* SPDX-License-Identifier: ISC */
/*
 * Backoff: the adaptive pause of the side that has caught up
 *
 * doc/ring.md, "Backoff", has the rules and the measurements.
 */
#ifndef POSTERN_RING_RING_BACKOFF_H
#define POSTERN_RING_RING_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct pst_ring_backoff {
	uint32_t batch_count;	 /* records since the last successful poll */
	uint32_t pauses;	 /* 0: backing off does not pay */
	uint32_t unpaused_count; /* batches since then */
	bool has_paused;	 /* before this batch */
};

/*
 * Start, continue or end backing off, and pause if that is due.  Called only by
 * pst_ring_backoff_before_poll().
 */
void pst_ring_backoff_after_batch(struct pst_ring_backoff *backoff);

/* Inline */

/* One batch in so many tries to back off; the others cost one addition. */
#define PST_RING_BATCHES_PER_TRIAL 4096

static inline void
pst_ring_backoff_before_poll(struct pst_ring_backoff *backoff)
{
	if (backoff->batch_count == 0)
		return;
	if (PST_UNLIKELY(backoff->pauses != 0 ||
			 ++backoff->unpaused_count %
					 PST_RING_BATCHES_PER_TRIAL ==
				 0))
		pst_ring_backoff_after_batch(backoff);
	backoff->batch_count = 0;
}

/*
 * A poll found nothing.  After a pause that means that the peer is idle;
 * without one, the peer may only be slow.
 */
static inline void
pst_ring_backoff_on_empty_poll(struct pst_ring_backoff *backoff)
{
	if (PST_LIKELY(backoff->pauses == 0))
		return;
	backoff->pauses = backoff->has_paused ? 0 : backoff->pauses / 2;
	backoff->has_paused = false;
}

#endif
