/* SPDX-License-Identifier: ISC */
/*
 * Metering: how much one peer may deliver under every rate that applies to it
 *
 * Up to four meters apply to a peer: its own, its tenant's, the node's and the
 * process's.  Each has its own rates, and all of them must have tokens.  Tokens
 * are acquired for a batch of messages, so that a busy peer costs one read of
 * the clock for many messages.  A batch is what a rate brings in a millisecond,
 * or one message, so a peer that does not use its tokens withholds no more than
 * that from others, and tokens that are held for long are no second burst.
 *
 * When there are no tokens, a batch can be reserved: its tokens are taken at
 * once, which puts the buckets in debt, and the batch may be used when that debt
 * is paid.  So peers that wait for the same bucket are served in order of arrival.
 */
#ifndef POSTERN_SCHED_METERING_H
#define POSTERN_SCHED_METERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/token_bucket.h"

#define PST_METERS_MAX 4

struct pst_metered_scope {
	struct pst_meter *meter;
	struct pst_meter_rate rate;
};

struct pst_metering {
	struct pst_metered_scope scopes[PST_METERS_MAX];
	size_t scope_count;	/* 0: no rate applies to this peer */
	uint64_t held_messages; /* acquired and not used yet */
	uint64_t held_bytes;
	bool has_reserved;
	uint64_t reserved_messages; /* can be acquired at reserved_ns */
	uint64_t reserved_bytes;
	uint64_t reserved_ns;
};

/*
 * Apply this meter too, if the limits (an array of POSTERN_LIMIT_CAPACITY) set a
 * rate or a bandwidth.  The meter is borrowed.
 */
void pst_metering_add(struct pst_metering *metering, struct pst_meter *meter,
		      const struct postern_policy_limit *limits);

/* The scope of this meter, or NULL: no rate applies to it. */
static inline struct pst_metered_scope *
pst_metering_scope_of(struct pst_metering *metering,
		      const struct pst_meter *meter)
{
	size_t i;

	for (i = 0; i < metering->scope_count; i++)
		if (metering->scopes[i].meter == meter)
			return &metering->scopes[i];
	return NULL;
}

/* Whether one message may be received with the tokens that are held. */
static inline bool pst_metering_has_tokens(const struct pst_metering *metering)
{
	return metering->scope_count == 0 ||
	       (metering->held_messages > 0 && metering->held_bytes > 0);
}

/* Acquire tokens for a batch: the reserved ones from reserved_ns on, otherwise
 * those that are available.  False: there are none. */
bool pst_metering_acquire(struct pst_metering *metering, uint64_t now_ns);

/* Reserve a batch, unless one is reserved, and return the time from which it can
 * be acquired. */
uint64_t pst_metering_reserve(struct pst_metering *metering, uint64_t now_ns);

/* Release the tokens that are held and not used; _release_all() also releases
 * the reserved ones. */
void pst_metering_release(struct pst_metering *metering);
void pst_metering_release_all(struct pst_metering *metering);

void pst_metering_spend_limited(struct pst_metering *metering,
				size_t message_bytes, uint64_t now_ns);

/* Spend tokens for one message.  The bytes beyond the held ones become a debt.
 * Inline, because no rate applies to most peers. */
static inline void pst_metering_spend(struct pst_metering *metering,
				      size_t message_bytes, uint64_t now_ns)
{
	if (PST_UNLIKELY(metering->scope_count > 0))
		pst_metering_spend_limited(metering, message_bytes, now_ns);
}

#endif
