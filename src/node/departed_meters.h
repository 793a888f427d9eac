/* SPDX-License-Identifier: ISC */
/*
 * Meters of peers that have left: the next channel goes on where one ended
 *
 * A rate in an allow is for each channel.  If every new channel began with a
 * full burst, a peer that reconnects would not be limited at all.  So the meter
 * of a channel is kept when it ends, by the allows that matched and by the user,
 * or by the proven key where the key is what matched, until it is full again: a
 * full meter is the same as a new one.  A new channel takes over what was kept
 * of the same owner; it is not taken away, so several new ones all begin with
 * it.  A channel that drains has ended already: it shares the kept meter, so what
 * it still delivers counts for the owner's later channels.
 *
 * The table is fixed.  When no entry is free, the entry closest to a full
 * bucket is dropped.  A channel whose owner is not in the table then
 * begins with no more than the forgotten one would have.
 */
#ifndef POSTERN_NODE_DEPARTED_METERS_H
#define POSTERN_NODE_DEPARTED_METERS_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/policy.h>

#include "policy/policy.h"
#include "sched/metering.h"

#define PST_DEPARTED_METERS 512

/* Which channels follow on each other. */
struct pst_meter_owner {
	bool has_key;           /* the key counts, and not the user */
	uint64_t user;          /* node/pending_offers.h */
	uint8_t key[POSTERN_KEY_BYTES];
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];
};

struct pst_departed_meter {
	struct pst_meter_owner owner;
	struct pst_meter meter;
	uint32_t user_count;    /* channels that drain; 0, and full: free */
};

/* All zero: empty. */
struct pst_departed_meters {
	struct pst_departed_meter meters[PST_DEPARTED_METERS];
	struct pst_token_bucket forgotten; /* full when nothing can be owed */
};

/* A channel has ended with this meter. */
void pst_departed_meters_keep(struct pst_departed_meters *departed,
			      const struct pst_meter_owner *owner,
			      const struct pst_meter *meter, uint64_t now_ns);

/*
 * A channel drains from now on.  Returns the meter for it to use, which counts
 * its own in; or NULL: there is no room, and it goes on with its own.
 */
struct pst_meter *pst_departed_meters_share(struct pst_departed_meters *departed,
					    const struct pst_meter_owner *owner,
					    const struct pst_meter *meter,
					    uint64_t now_ns);
void pst_departed_meters_unshare(struct pst_departed_meters *departed,
				 const struct pst_meter *shared);

bool pst_meter_owner_is_same(const struct pst_meter_owner *a,
			     const struct pst_meter_owner *b);

/* A channel begins, whose meter is new, in a scope with these rates. */
void pst_departed_meters_inherit(struct pst_departed_meters *departed,
				 const struct pst_meter_owner *owner,
				 const struct pst_metered_scope *scope,
				 uint64_t now_ns);

/* Allows mean something else from now on.  What is shared stays for its users. */
void pst_departed_meters_clear(struct pst_departed_meters *departed);

#endif
