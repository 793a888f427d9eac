/* SPDX-License-Identifier: ISC */
/*
 * Token buckets
 *
 * Times are in sixteenths of a nanosecond, so that the rounding error of a single
 * message is small even at a thousand million messages a second; 64 bits last for
 * 36 years of uptime.  Products of a count and a second need 128 bits.
 */
#include "base/token_bucket.h"

#include "base/clock.h"

#define TICKS_PER_NS UINT64_C(16)
#define TICKS_PER_SECOND (TICKS_PER_NS * PST_NS_PER_SECOND)

/* A year: a burst that takes longer to return is the same as no limit. */
#define TICKS_MAX (UINT64_C(366) * 24 * 3600 * TICKS_PER_SECOND)

__extension__ typedef unsigned __int128 wide;

/* The time in which count tokens return, rounded down. */
static uint64_t ticks_of(const struct pst_token_rate *rate, uint64_t count)
{
	wide ticks = (wide)count * TICKS_PER_SECOND / rate->per_second;

	return ticks > TICKS_MAX ? TICKS_MAX : (uint64_t)ticks;
}

/* The same, rounded up. */
static uint64_t ticks_until(const struct pst_token_rate *rate, uint64_t count)
{
	wide ticks = ((wide)count * TICKS_PER_SECOND + rate->per_second - 1) /
		     rate->per_second;

	return ticks > TICKS_MAX ? TICKS_MAX : (uint64_t)ticks;
}

static uint64_t tokens_of(const struct pst_token_rate *rate, uint64_t ticks)
{
	wide tokens = (wide)ticks * rate->per_second / TICKS_PER_SECOND;

	return tokens > rate->burst ? rate->burst : (uint64_t)tokens;
}

static uint64_t ticks_at(uint64_t now_ns)
{
	return now_ns * TICKS_PER_NS;
}

void pst_tokens_join(struct pst_token_bucket *bucket,
		     const struct pst_token_bucket *other)
{
	uint64_t full_at = pst_tokens_full_at(bucket);
	uint64_t other_full_at = pst_tokens_full_at(other);

	while (full_at < other_full_at &&
	       !atomic_compare_exchange_weak_explicit(
		       &bucket->full_at, &full_at, other_full_at,
		       memory_order_relaxed, memory_order_relaxed))
		;
}

bool pst_tokens_is_full(const struct pst_token_bucket *bucket, uint64_t now_ns)
{
	return pst_tokens_full_at(bucket) <= ticks_at(now_ns);
}

uint64_t pst_tokens_available(const struct pst_token_bucket *bucket,
			      const struct pst_token_rate *rate,
			      uint64_t now_ns)
{
	uint64_t full_at, missing, whole;

	if (rate->per_second == 0)
		return UINT64_MAX;
	full_at = pst_tokens_full_at(bucket);
	if (full_at <= ticks_at(now_ns))
		return rate->burst;
	missing = full_at - ticks_at(now_ns);
	whole = ticks_of(rate, rate->burst);
	return missing >= whole ? 0 : tokens_of(rate, whole - missing);
}

void pst_tokens_acquire(struct pst_token_bucket *bucket,
			const struct pst_token_rate *rate, uint64_t now_ns,
			uint64_t count)
{
	uint64_t full_at, start, now = ticks_at(now_ns);

	if (rate->per_second == 0)
		return;
	full_at = pst_tokens_full_at(bucket);
	do
		start = full_at > now ? full_at : now;
	while (!atomic_compare_exchange_weak_explicit(
		&bucket->full_at, &full_at, start + ticks_of(rate, count),
		memory_order_relaxed, memory_order_relaxed));
}

void pst_tokens_release(struct pst_token_bucket *bucket,
			const struct pst_token_rate *rate, uint64_t count)
{
	if (rate->per_second != 0 && count != 0)
		atomic_fetch_sub_explicit(&bucket->full_at,
					  ticks_of(rate, count),
					  memory_order_relaxed);
}

uint64_t pst_tokens_ready_ns(const struct pst_token_bucket *bucket,
			     const struct pst_token_rate *rate, uint64_t count)
{
	uint64_t full_at, whole, wanted, spare;

	if (rate->per_second == 0)
		return 0;
	if (count > rate->burst)
		count = rate->burst;
	full_at = pst_tokens_full_at(bucket);
	whole = ticks_of(rate, rate->burst);
	wanted = ticks_until(rate, count);
	spare = whole > wanted ? whole - wanted : 0;
	if (full_at <= spare)
		return 0;
	return (full_at - spare + TICKS_PER_NS - 1) / TICKS_PER_NS;
}
