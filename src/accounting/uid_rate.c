/* SPDX-License-Identifier: ISC */
/*
 * A token bucket for each user
 */
#include "accounting/uid_rate.h"

#include <stddef.h>

/* The place of this user, or the one that can best be done without. */
static struct pst_uid_bucket *find_place(struct pst_uid_buckets *buckets,
					 uint64_t user)
{
	struct pst_uid_bucket *place, *best = &buckets->places[0];
	size_t i;

	for (i = 0; i < PST_UID_BUCKETS; i++) {
		place = &buckets->places[i];
		if (place->user == user)
			return place;
		if (pst_tokens_full_at(&place->bucket) <
		    pst_tokens_full_at(&best->bucket))
			best = place;
	}
	best->user = user;
	pst_tokens_init(&best->bucket);
	return best;
}

bool pst_uid_buckets_take(struct pst_uid_buckets *buckets,
			  const struct pst_token_rate *rate, uint64_t user,
			  uint64_t now_ns)
{
	struct pst_uid_bucket *place;

	if (rate->per_second == 0)
		return true;
	place = find_place(buckets, user);
	if (pst_tokens_available(&place->bucket, rate, now_ns) == 0)
		return false;
	pst_tokens_take(&place->bucket, rate, now_ns, 1);
	return true;
}
