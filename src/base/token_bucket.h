/* SPDX-License-Identifier: ISC */
/*
 * Token buckets: how much may pass now, and when the next may
 *
 * A bucket holds up to `burst` tokens and gains `per_second` of them a second.
 * It is kept as one word, the time at which it will be full again (the
 * "theoretical arrival time" of the virtual scheduling algorithm, ITU-T I.371,
 * annex A): taking tokens moves that time on by what they take to grow back,
 * and nothing has to be done while time passes.  A rate may change at any
 * moment; what was taken stays taken.
 *
 * More may be taken than there is.  The bucket is then in debt, and gives
 * nothing until it has grown back; so what passes in the long run is exact,
 * whatever the size of one message.
 *
 * The word is atomic, since the bucket of a whole process is used by several
 * threads; a bucket that is all zero is full.  The clock is not read here:
 * now_ns is passed in.
 */
#ifndef POSTERN_BASE_TOKEN_BUCKET_H
#define POSTERN_BASE_TOKEN_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* per_second 0: no limit.  burst is at least 1 where there is a limit. */
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

/* For telling which of two buckets will be full first: the lower one. */
static inline uint64_t pst_tokens_full_at(const struct pst_token_bucket *bucket)
{
	return atomic_load_explicit(&bucket->full_at, memory_order_relaxed);
}

/* Become as empty as the other, unless this one is emptier. */
void pst_tokens_join(struct pst_token_bucket *bucket,
		     const struct pst_token_bucket *other);
bool pst_tokens_is_full(const struct pst_token_bucket *bucket,
			uint64_t now_ns);

/* How many tokens there are, at most the burst.  UINT64_MAX without a limit. */
uint64_t pst_tokens_available(const struct pst_token_bucket *bucket,
			      const struct pst_token_rate *rate,
			      uint64_t now_ns);

/* Take count tokens, or more than there are; or give back what was not used. */
void pst_tokens_take(struct pst_token_bucket *bucket,
		     const struct pst_token_rate *rate, uint64_t now_ns,
		     uint64_t count);
void pst_tokens_give_back(struct pst_token_bucket *bucket,
			  const struct pst_token_rate *rate, uint64_t count);

/* The moment from which on count tokens, or the burst if that is less, are
 * there. */
uint64_t pst_tokens_ready_ns(const struct pst_token_bucket *bucket,
			     const struct pst_token_rate *rate,
			     uint64_t count);

#endif
