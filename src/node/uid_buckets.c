/* SPDX-License-Identifier: ISC */
/*
 * A token bucket for each uid
 */
#include "node/uid_buckets.h"

static uint64_t full_at(const struct pst_uid_bucket *place)
{
	return atomic_load_explicit(&place->bucket.full_at,
				    memory_order_relaxed);
}

/* The place of this uid, or the one that can best be done without. */
static struct pst_uid_bucket *find_place(struct pst_uid_buckets *buckets,
					 uid_t uid)
{
	struct pst_uid_bucket *place, *best = &buckets->places[0];
	size_t i;

	for (i = 0; i < PST_UID_BUCKETS; i++) {
		place = &buckets->places[i];
		if (place->uid == uid)
			return place;
		if (full_at(place) < full_at(best))
			best = place;
	}
	best->uid = uid;
	atomic_store_explicit(&best->bucket.full_at, 0, memory_order_relaxed);
	return best;
}

bool pst_uid_buckets_take(struct pst_uid_buckets *buckets,
			  const struct pst_token_rate *rate, uid_t uid,
			  uint64_t now_ns)
{
	struct pst_uid_bucket *place;

	if (rate->per_second == 0)
		return true;
	place = find_place(buckets, uid);
	if (pst_tokens_available(&place->bucket, rate, now_ns) == 0)
		return false;
	pst_tokens_take(&place->bucket, rate, now_ns, 1);
	return true;
}
