/* SPDX-License-Identifier: ISC */
/*
 * How many records a uid may cause
 *
 * A record costs a token.  What is told of the suppressed costs none, but is
 * told only where there is a token, and can be followed by another only after
 * that token was spent: so there are at most twice as many records as tokens.
 */
#include "node/audit_rate.h"

#include "base/clock.h"

#define UNKNOWN_INDEX 0
#define OTHERS_INDEX 1
#define FIRST_UID_INDEX 2
#define NO_INDEX PST_AUDIT_BUCKETS

static uint64_t first_owner(size_t index)
{
	switch (index) {
	case UNKNOWN_INDEX:
		return PST_AUDIT_UNKNOWN;
	case OTHERS_INDEX:
		return PST_AUDIT_OTHERS;
	default:
		return PST_AUDIT_NOBODY;
	}
}

void pst_audit_rate_init(struct pst_audit_rate *rate, uint32_t burst,
			 uint64_t token_ns)
{
	size_t i;

	rate->token_ns = token_ns;
	rate->burst = burst;
	rate->waiting_count = 0;
	for (i = 0; i < PST_AUDIT_BUCKETS; i++)
		rate->buckets[i] = (struct pst_audit_bucket) {
			.suppressed = {.whose = first_owner(i)},
		};
}

/* From when on there is at least one token. */
static uint64_t token_at_ns(const struct pst_audit_rate *rate,
			    const struct pst_audit_bucket *bucket)
{
	uint64_t rest_ns = rate->token_ns * (rate->burst - 1);

	return bucket->full_ns > rest_ns ? bucket->full_ns - rest_ns : 0;
}

static bool has_token(const struct pst_audit_rate *rate,
		      const struct pst_audit_bucket *bucket, uint64_t now_ns)
{
	return token_at_ns(rate, bucket) <= now_ns;
}

static void spend_token(const struct pst_audit_rate *rate,
			struct pst_audit_bucket *bucket, uint64_t now_ns)
{
	if (bucket->full_ns < now_ns)
		bucket->full_ns = now_ns;
	bucket->full_ns += rate->token_ns;
}

static struct pst_audit_suppressed tell(struct pst_audit_rate *rate,
					struct pst_audit_bucket *bucket)
{
	struct pst_audit_suppressed told = bucket->suppressed;

	if (told.count > 0)
		rate->waiting_count--;
	bucket->suppressed = (struct pst_audit_suppressed) {
		.whose = told.whose,
	};
	return told;
}

static void suppress(struct pst_audit_rate *rate,
		     struct pst_audit_bucket *bucket,
		     enum postern_reason reason)
{
	struct pst_audit_suppressed *suppressed = &bucket->suppressed;

	if (suppressed->count == 0) {
		suppressed->first_reason = reason;
		rate->waiting_count++;
	}
	suppressed->last_reason = reason;
	suppressed->count++;
}

/* Its own, else the fullest of all if that one has a token. */
static struct pst_audit_bucket *find_bucket(struct pst_audit_rate *rate,
					    uint64_t whose, uint64_t now_ns)
{
	struct pst_audit_bucket *fullest = &rate->buckets[FIRST_UID_INDEX];
	struct pst_audit_bucket *bucket;
	size_t i;

	if (whose == PST_AUDIT_UNKNOWN)
		return &rate->buckets[UNKNOWN_INDEX];
	for (i = FIRST_UID_INDEX; i < PST_AUDIT_BUCKETS; i++) {
		bucket = &rate->buckets[i];
		if (bucket->suppressed.whose == whose)
			return bucket;
		if (bucket->full_ns < fullest->full_ns)
			fullest = bucket;
	}
	if (!has_token(rate, fullest, now_ns))
		return &rate->buckets[OTHERS_INDEX];
	return fullest;
}

bool pst_audit_rate_take(struct pst_audit_rate *rate, uint64_t whose,
			 enum postern_reason reason, uint64_t now_ns,
			 struct pst_audit_suppressed *ret_told)
{
	struct pst_audit_bucket *bucket = find_bucket(rate, whose, now_ns);

	*ret_told = (struct pst_audit_suppressed) {.whose = whose};
	if (!has_token(rate, bucket, now_ns)) {
		suppress(rate, bucket, reason);
		return false;
	}
	/* It may be another's, who is told of before it changes hands. */
	*ret_told = tell(rate, bucket);
	if (bucket != &rate->buckets[OTHERS_INDEX])
		bucket->suppressed.whose = whose;
	spend_token(rate, bucket, now_ns);
	return true;
}

/* The first of which something is to be told, or NO_INDEX. */
static size_t find_first_due(const struct pst_audit_rate *rate)
{
	const struct pst_audit_bucket *buckets = rate->buckets;
	size_t first = NO_INDEX;
	size_t i;

	if (rate->waiting_count == 0)
		return NO_INDEX;
	for (i = 0; i < PST_AUDIT_BUCKETS; i++)
		if (buckets[i].suppressed.count > 0 &&
		    (first == NO_INDEX ||
		     buckets[i].full_ns < buckets[first].full_ns))
			first = i;
	return first;
}

uint64_t pst_audit_rate_due_ns(const struct pst_audit_rate *rate)
{
	size_t first = find_first_due(rate);

	if (first == NO_INDEX)
		return PST_DEADLINE_NEVER;
	return token_at_ns(rate, &rate->buckets[first]);
}

bool pst_audit_rate_take_due(struct pst_audit_rate *rate, uint64_t now_ns,
			     struct pst_audit_suppressed *ret_told)
{
	size_t first = find_first_due(rate);

	if (first == NO_INDEX ||
	    !has_token(rate, &rate->buckets[first], now_ns))
		return false;
	*ret_told = tell(rate, &rate->buckets[first]);
	return true;
}
