/* SPDX-License-Identifier: ISC */
/*
 * Backoff: the adaptive pause of the side that has caught up
 *
 * A side that polls again as soon as it has caught up takes every record, or
 * every byte of free space, as soon as its peer publishes it.  Both cores then
 * contend for each cache line, and a stream is several times slower.  Under heavy
 * traffic the faster side therefore touches nothing shared for a moment before
 * it polls, if trials show that it pays.  doc/ring.md, "Backoff", has the rules
 * and the measurements.
 */
#include "ring/ring_backoff.h"

#include "base/spin.h"

/*
 * In pause instructions of 10 to 50 ns each, depending on the processor, because
 * a ring has no clock.
 */
#define PAUSES_TRIAL 128
#define PAUSES_MIN 32
#define PAUSES_MAX 512

/*
 * A peer that writes without interruption needs at most this many per record.
 */
#define PAUSES_PER_RECORD 8

#define BATCH_COUNT_SHORT 8

static bool is_short(uint32_t batch_count, uint32_t pauses)
{
	return batch_count < BATCH_COUNT_SHORT ||
	       batch_count < pauses / PAUSES_PER_RECORD;
}

/* The pauses after the batch that followed these. */
static uint32_t next_pauses(uint32_t pauses, uint32_t batch_count)
{
	if (batch_count < BATCH_COUNT_SHORT)
		return 0;
	if (is_short(batch_count, pauses))
		return pauses / 2 < PAUSES_MIN ? 0 : pauses / 2;
	return pauses * 2 > PAUSES_MAX ? PAUSES_MAX : pauses * 2;
}

static void back_off(struct pst_ring_backoff *backoff)
{
	uint32_t i;

	for (i = 0; i < backoff->pauses; i++)
		pst_spin_relax();
	backoff->has_paused = true;
}

void pst_ring_backoff_after_batch(struct pst_ring_backoff *backoff)
{
	if (backoff->has_paused)
		backoff->pauses =
			next_pauses(backoff->pauses, backoff->batch_count);
	else if (backoff->pauses == 0)
		backoff->pauses = PAUSES_TRIAL;
	backoff->has_paused = false;
	if (backoff->pauses != 0 &&
	    is_short(backoff->batch_count, backoff->pauses))
		back_off(backoff);
}
