/* SPDX-License-Identifier: ISC */
/*
 * Rates: what one peer may deliver, by every bound that applies to it
 *
 * A peer is measured by up to four meters: its own, its tenant's, the node's,
 * and that of the process; each has its own limits, and all must have tokens.
 * Tokens are taken for a batch before anything is received, so that a busy peer
 * costs one look at the clock for many messages.  A batch is what comes in a
 * millisecond, or one message: whoever holds tokens that it does not use keeps
 * no more than that from others, and what is held for long is no second burst.
 *
 * When there are none, tokens to come can be reserved: they are taken at once,
 * which puts the buckets in debt, and may be used when that debt is paid.  So
 * those who wait for the same bucket have their turns in the order in which
 * they came, and no one who comes later is served before.
 */
#ifndef POSTERN_NODE_METERING_H
#define POSTERN_NODE_METERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/token_bucket.h"

struct pst_meter {
	struct pst_token_bucket messages;
	struct pst_token_bucket bytes;
};

#define PST_METERS_MAX 4

struct pst_metered_scope {
	struct pst_meter *meter;
	struct pst_token_rate messages;
	struct pst_token_rate bytes;
};

struct pst_metering {
	struct pst_metered_scope scopes[PST_METERS_MAX];
	size_t scope_count;     /* 0: nothing limits this peer */
	uint64_t granted_messages; /* taken and not used yet */
	uint64_t granted_bytes;
	bool has_reserved;
	uint64_t reserved_messages; /* taken, and granted from then on */
	uint64_t reserved_bytes;
	uint64_t reserved_ns;
};

/* What two limits of an array of POSTERN_LIMIT_ROOM set; zero: nothing. */
struct pst_token_rate
pst_metering_rate(const struct postern_policy_limit *limits,
		  enum postern_limit_key rate_key,
		  enum postern_limit_key burst_key);

/*
 * Measure by this meter too, if the limits (an array of POSTERN_LIMIT_ROOM) set
 * a rate or a bandwidth.  The meter is borrowed.
 */
void pst_metering_add(struct pst_metering *metering, struct pst_meter *meter,
		      const struct postern_policy_limit *limits);

/* The scope of this meter, or NULL: it limits nothing. */
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

/* May one message be received on what was granted? */
static inline bool pst_metering_has_grant(const struct pst_metering *metering)
{
	return metering->scope_count == 0 ||
	       (metering->granted_messages > 0 && metering->granted_bytes > 0);
}

/* Take tokens for a batch: what was reserved, once its time has come, or what
 * there is.  False: there are none. */
bool pst_metering_take(struct pst_metering *metering, uint64_t now_ns);

/* Reserve a batch, unless that was done, and tell from when on it can be
 * taken. */
uint64_t pst_metering_reserve(struct pst_metering *metering, uint64_t now_ns);

/* One message of the grant.  Its bytes may be more than were granted: the rest
 * becomes a debt. */
static inline void pst_metering_spend(struct pst_metering *metering,
				      size_t message_bytes, uint64_t now_ns);

/* Give back what was granted and not used; _settle() also what is reserved. */
void pst_metering_give_back(struct pst_metering *metering);
void pst_metering_settle(struct pst_metering *metering);

/* Inline: nearly nobody is limited. */

void pst_metering_spend_limited(struct pst_metering *metering,
				size_t message_bytes, uint64_t now_ns);

static inline void pst_metering_spend(struct pst_metering *metering,
				      size_t message_bytes, uint64_t now_ns)
{
	if (PST_UNLIKELY(metering->scope_count > 0))
		pst_metering_spend_limited(metering, message_bytes, now_ns);
}

#endif
