/* SPDX-License-Identifier: ISC */
/*
 * Token buckets: the available tokens, and the time of the next ones
 *
 * A bucket holds up to `burst` tokens and gains `per_second` tokens a second.
 * It is one atomic word, the time at which it will be full (ITU-T I.371, annex
 * A), so nothing has to be done while time passes.  All zero: full.  A rate may
 * change at any time.
 *
 * More tokens can be acquired than are available.  Then none are available
 * until this debt is paid, so the long-run rate is exact for messages of any
 * size.  The clock is not read here.
 */
#ifndef POSTERN_BASE_TOKEN_BUCKET_H
#define POSTERN_BASE_TOKEN_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* per_second 0: no limit.  burst is at least 1 if there is a limit. */
struct pst_token_rate {
	uint64_t per_second;
	uint64_t burst;
};

struct pst_token_bucket {
	_Atomic uint64_t full_at; /* in sixteenths of a nanosecond */
};

/* Measures a stream of messages by their number and by their bytes. */
struct pst_meter {
	struct pst_token_bucket messages;
	struct pst_token_bucket bytes;
};

struct pst_meter_rate {
	struct pst_token_rate messages;
	struct pst_token_rate bytes;
};

static inline void pst_tokens_init(struct pst_token_bucket *bucket)
{
	atomic_store_explicit(&bucket->full_at, 0, memory_order_relaxed);
}

/* Of two buckets, the one with the lower value will be full first. */
static inline uint64_t pst_tokens_full_at(const struct pst_token_bucket *bucket)
{
	return atomic_load_explicit(&bucket->full_at, memory_order_relaxed);
}

/* Make a bucket as empty as another one, unless it is emptier already. */
void pst_tokens_join(struct pst_token_bucket *bucket,
		     const struct pst_token_bucket *other);
bool pst_tokens_is_full(const struct pst_token_bucket *bucket,
			uint64_t now_ns);

/* The available tokens, at most the burst.  UINT64_MAX without a limit. */
uint64_t pst_tokens_available(const struct pst_token_bucket *bucket,
			      const struct pst_token_rate *rate,
			      uint64_t now_ns);

/* Acquire count tokens, even if fewer are available; release unused ones. */
void pst_tokens_acquire(struct pst_token_bucket *bucket,
			const struct pst_token_rate *rate, uint64_t now_ns,
			uint64_t count);
void pst_tokens_release(struct pst_token_bucket *bucket,
			const struct pst_token_rate *rate, uint64_t count);

/* The time from which on count tokens, or the burst if that is less, are
 * available. */
uint64_t pst_tokens_ready_ns(const struct pst_token_bucket *bucket,
			     const struct pst_token_rate *rate,
			     uint64_t count);

#endif
