/* SPDX-License-Identifier: ISC */
/*
 * Meters of peers that have left
 */
#include "node/departed_meters.h"

#include <stddef.h>
#include <string.h>

bool pst_meter_owner_is_same(const struct pst_meter_owner *a,
			     const struct pst_meter_owner *b)
{
	if (a->has_key != b->has_key ||
	    memcmp(a->allow_bits, b->allow_bits, sizeof(a->allow_bits)) != 0)
		return false;
	return a->has_key ? memcmp(a->key, b->key, sizeof(a->key)) == 0
			  : a->user == b->user;
}

static bool is_full(const struct pst_meter *meter, uint64_t now_ns)
{
	return pst_tokens_is_full(&meter->messages, now_ns) &&
	       pst_tokens_is_full(&meter->bytes, now_ns);
}

/* When both buckets are. */
static uint64_t full_at(const struct pst_meter *meter)
{
	uint64_t messages = pst_tokens_full_at(&meter->messages);
	uint64_t bytes = pst_tokens_full_at(&meter->bytes);

	return messages > bytes ? messages : bytes;
}

static void join(struct pst_meter *meter, const struct pst_meter *other)
{
	pst_tokens_join(&meter->messages, &other->messages);
	pst_tokens_join(&meter->bytes, &other->bytes);
}

static void forget(struct pst_departed_meters *departed,
		   const struct pst_meter *meter)
{
	pst_tokens_join(&departed->forgotten, &meter->messages);
	pst_tokens_join(&departed->forgotten, &meter->bytes);
}

static bool is_free(const struct pst_departed_meter *kept, uint64_t now_ns)
{
	return kept->user_count == 0 && is_full(&kept->meter, now_ns);
}

/* The owner's, if it is not full again, or NULL. */
static struct pst_departed_meter *
find(struct pst_departed_meters *departed, const struct pst_meter_owner *owner,
     uint64_t now_ns)
{
	struct pst_departed_meter *kept;
	size_t i;

	for (i = 0; i < PST_DEPARTED_METERS; i++) {
		kept = &departed->meters[i];
		if (!is_free(kept, now_ns) &&
		    pst_meter_owner_is_same(&kept->owner, owner))
			return kept;
	}
	return NULL;
}

/* Of those that no channel uses; NULL: there are none. */
static struct pst_departed_meter *
find_nearest_to_full(struct pst_departed_meters *departed)
{
	struct pst_departed_meter *nearest = NULL, *kept;
	size_t i;

	for (i = 0; i < PST_DEPARTED_METERS; i++) {
		kept = &departed->meters[i];
		if (kept->user_count == 0 &&
		    (!nearest ||
		     full_at(&kept->meter) < full_at(&nearest->meter)))
			nearest = kept;
	}
	return nearest;
}

/* The owner's place, which counts the meter in; or NULL: it is forgotten. */
static struct pst_departed_meter *
find_place(struct pst_departed_meters *departed,
	   const struct pst_meter_owner *owner, const struct pst_meter *meter,
	   uint64_t now_ns)
{
	struct pst_departed_meter *kept = find(departed, owner, now_ns);

	if (!kept) {
		kept = find_nearest_to_full(departed);
		if (!kept || (!is_free(kept, now_ns) &&
			      full_at(meter) <= full_at(&kept->meter))) {
			forget(departed, meter);
			return NULL;
		}
		if (!is_free(kept, now_ns))
			forget(departed, &kept->meter);
		kept->owner = *owner;
		pst_tokens_init(&kept->meter.messages);
		pst_tokens_init(&kept->meter.bytes);
	}
	join(&kept->meter, meter);
	return kept;
}

void pst_departed_meters_keep(struct pst_departed_meters *departed,
			      const struct pst_meter_owner *owner,
			      const struct pst_meter *meter, uint64_t now_ns)
{
	if (!is_full(meter, now_ns))
		(void)find_place(departed, owner, meter, now_ns);
}

struct pst_meter *pst_departed_meters_share(struct pst_departed_meters *departed,
					    const struct pst_meter_owner *owner,
					    const struct pst_meter *meter,
					    uint64_t now_ns)
{
	struct pst_departed_meter *kept =
		find_place(departed, owner, meter, now_ns);

	if (!kept)
		return NULL;
	kept->user_count++;
	return &kept->meter;
}

void pst_departed_meters_unshare(struct pst_departed_meters *departed,
				 const struct pst_meter *shared)
{
	size_t i;

	for (i = 0; i < PST_DEPARTED_METERS; i++)
		if (&departed->meters[i].meter == shared)
			departed->meters[i].user_count--;
}

/*
 * As if this owner were the one that was forgotten; but no emptier than empty,
 * where another rate's debt takes longer.  What is owed does not grow by this, so
 * it ends even if ever more owners come.
 */
static void inherit_forgotten(const struct pst_departed_meters *departed,
			      struct pst_token_bucket *bucket,
			      const struct pst_token_rate *rate,
			      uint64_t now_ns)
{
	struct pst_token_bucket empty;

	if (rate->per_second == 0)
		return;
	pst_tokens_init(&empty);
	pst_tokens_take(&empty, rate, now_ns, rate->burst);
	pst_tokens_join(bucket, pst_tokens_full_at(&empty) <
						pst_tokens_full_at(
							&departed->forgotten)
					? &empty
					: &departed->forgotten);
}

void pst_departed_meters_inherit(struct pst_departed_meters *departed,
				 const struct pst_meter_owner *owner,
				 const struct pst_metered_scope *scope,
				 uint64_t now_ns)
{
	const struct pst_departed_meter *kept = find(departed, owner, now_ns);

	if (kept) {
		join(scope->meter, &kept->meter);
		return;
	}
	if (pst_tokens_is_full(&departed->forgotten, now_ns))
		return;
	inherit_forgotten(departed, &scope->meter->messages, &scope->messages,
			  now_ns);
	inherit_forgotten(departed, &scope->meter->bytes, &scope->bytes,
			  now_ns);
}

void pst_departed_meters_clear(struct pst_departed_meters *departed)
{
	struct pst_departed_meter *kept;
	size_t i;

	for (i = 0; i < PST_DEPARTED_METERS; i++) {
		kept = &departed->meters[i];
		if (kept->user_count == 0)
			*kept = (struct pst_departed_meter) {0};
		/* No allow at all: it is no peer's that is admitted. */
		memset(kept->owner.allow_bits, 0,
		       sizeof(kept->owner.allow_bits));
	}
	pst_tokens_init(&departed->forgotten);
}
