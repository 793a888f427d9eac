/* SPDX-License-Identifier: ISC */
/*
 * Retained meters: the tokens that ended channels have left for later ones
 *
 * A rate in an allow holds for each channel.  If each new channel began with a
 * full burst, a peer that reconnects would not be limited at all.  So the meter
 * of an ended channel is retained until it is full, when it equals a new one.  Its
 * owner is the user, or the proven key if an allow matches by key, with the
 * allows that matched.  New channels of the owner begin with its tokens.
 * Channels that drain have ended, so they share the retained meter and count for
 * the owner's later channels.
 *
 * The table is fixed.  When no entry is free, the fullest meter is dropped.  A
 * channel whose owner is not in the table then begins with no more tokens than
 * the owner of a dropped meter would have.
 */
#ifndef POSTERN_ACCOUNTING_RETAINED_METERS_H
#define POSTERN_ACCOUNTING_RETAINED_METERS_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/token_bucket.h"

#define PST_RETAINED_METERS_CAPACITY 512

/* The channels of one owner follow each other. */
struct pst_meter_owner {
	bool has_key; /* the key identifies the owner, not the user */
	uint64_t user;
	uint8_t key[POSTERN_KEY_BYTES];
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];
};

/* Free if no channel uses it and it is full. */
struct pst_retained_meter {
	struct pst_meter_owner owner;
	struct pst_meter meter;
	uint32_t channel_count; /* that drain and use it */
};

/* All zero: empty. */
struct pst_retained_meters {
	struct pst_retained_meter entries[PST_RETAINED_METERS_CAPACITY];
	struct pst_token_bucket dropped; /* as empty as any dropped meter */
};

bool pst_meter_owner_is_same(const struct pst_meter_owner *a,
			     const struct pst_meter_owner *b);

/* A channel with this meter has ended. */
void pst_retained_meters_add(struct pst_retained_meters *retained,
			     const struct pst_meter_owner *owner,
			     const struct pst_meter *meter, uint64_t now_ns);

/*
 * A channel with this meter begins to drain.  Returns the meter that it uses from
 * now on, which includes its own, or NULL if there is no space: it continues
 * with its own.
 */
struct pst_meter *
pst_retained_meters_share(struct pst_retained_meters *retained,
			  const struct pst_meter_owner *owner,
			  const struct pst_meter *meter, uint64_t now_ns);
void pst_retained_meters_unshare(struct pst_retained_meters *retained,
				 const struct pst_meter *shared);

/* A channel with these rates and a new meter begins: remove the tokens from the
 * meter that the owner does not have. */
void pst_retained_meters_inherit(struct pst_retained_meters *retained,
				 const struct pst_meter_owner *owner,
				 struct pst_meter *meter,
				 const struct pst_meter_rate *rate,
				 uint64_t now_ns);

/* The allows change their meaning.  Shared meters stay for their channels. */
void pst_retained_meters_clear(struct pst_retained_meters *retained);

#endif
