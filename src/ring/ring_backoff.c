/* SPDX-License-Identifier: ISC */
/*
 * Resting: out of lock step
 *
 * A side that looks again the moment it has caught up with its peer is in lock
 * step with it.  A reader that is faster than the writer takes each record as it
 * is written; a writer that is faster fills a full ring record by record as it
 * is read.  Either way the two cores fight over every line, and a stream runs at
 * a fraction of the speed that it has when each works in its own cache for a
 * while.  So, when traffic is heavy, the faster side leaves the ring alone for a
 * moment after it has caught up: not one look at the peer's position, whose line
 * then stays with the peer.
 *
 * Whether traffic is heavy is learnt by trying.  A batch is what one look made
 * possible.  Once in very many batches a side rests for a moment; if the
 * batch after it is as long as a peer at work would have made it, resting pays,
 * and the next rest is twice as long; if it is not, the next is shorter, or none
 * is taken.  In a ping-pong a rest finds one record, whatever its length, and
 * the trial ends there.
 *
 * A batch that is not short needs no rest behind it: the peer is well ahead, and
 * whether it still is is seen by looking.  Looks that find nothing end the
 * resting too: a peer at work would have made something since the last one, so
 * this one waits, perhaps for us.
 *
 * After a rest comes a look, in the same call: nobody is told that nothing is
 * there, or no room, because somebody rested.
 */
#include "ring/ring.h"

#include "base/spin.h"

/* In pauses, since there is no clock here: 10 to 50 ns, by the processor. */
#define REST_PAUSES_TRIAL 128
#define REST_PAUSES_MIN 32
#define REST_PAUSES_MAX 512

/* A peer at work makes at least a record in so many pauses. */
#define PAUSES_PER_RECORD 8

#define BATCH_COUNT_SHORT 8

static bool is_short(uint32_t batch_count, uint32_t rest_pauses)
{
	return batch_count < BATCH_COUNT_SHORT ||
	       batch_count < rest_pauses / PAUSES_PER_RECORD;
}

/* How long to rest, after what a rest of this length brought. */
static uint32_t next_rest_pauses(uint32_t rest_pauses, uint32_t batch_count)
{
	if (batch_count < BATCH_COUNT_SHORT)
		return 0;
	if (is_short(batch_count, rest_pauses))
		return rest_pauses / 2 < REST_PAUSES_MIN ? 0 : rest_pauses / 2;
	return rest_pauses * 2 > REST_PAUSES_MAX ? REST_PAUSES_MAX :
						   rest_pauses * 2;
}

static void rest(struct pst_ring_pace *pace)
{
	uint32_t i;

	for (i = 0; i < pace->rest_pauses; i++)
		pst_spin_relax();
	pace->has_rested = true;
}

void pst_ring_rest_after_batch(struct pst_ring_pace *pace)
{
	if (pace->has_rested)
		pace->rest_pauses = next_rest_pauses(pace->rest_pauses,
						     pace->batch_count);
	else if (pace->rest_pauses == 0)
		pace->rest_pauses = REST_PAUSES_TRIAL;
	pace->has_rested = false;
	if (pace->rest_pauses != 0 &&
	    is_short(pace->batch_count, pace->rest_pauses))
		rest(pace);
}
