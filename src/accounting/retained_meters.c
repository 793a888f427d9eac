/* SPDX-License-Identifier: ISC */
/*
 * Retained meters
 */
#include "accounting/retained_meters.h"

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

/* When both buckets are full. */
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

static void drop(struct pst_retained_meters *retained,
		 const struct pst_meter *meter)
{
	pst_tokens_join(&retained->dropped, &meter->messages);
	pst_tokens_join(&retained->dropped, &meter->bytes);
}

static bool is_free(const struct pst_retained_meter *entry, uint64_t now_ns)
{
	return entry->channel_count == 0 && is_full(&entry->meter, now_ns);
}

static struct pst_retained_meter *
find(struct pst_retained_meters *retained, const struct pst_meter_owner *owner,
     uint64_t now_ns)
{
	struct pst_retained_meter *entry;
	size_t i;

	for (i = 0; i < PST_RETAINED_METERS_CAPACITY; i++) {
		entry = &retained->entries[i];
		if (!is_free(entry, now_ns) &&
		    pst_meter_owner_is_same(&entry->owner, owner))
			return entry;
	}
	return NULL;
}

/* The fullest meter that no channel uses; NULL: there is none. */
static struct pst_retained_meter *
find_fullest(struct pst_retained_meters *retained)
{
	struct pst_retained_meter *fullest = NULL, *entry;
	size_t i;

	for (i = 0; i < PST_RETAINED_METERS_CAPACITY; i++) {
		entry = &retained->entries[i];
		if (entry->channel_count == 0 &&
		    (!fullest ||
		     full_at(&entry->meter) < full_at(&fullest->meter)))
			fullest = entry;
	}
	return fullest;
}

/* The entry of the owner, which includes this meter; NULL: it was dropped. */
static struct pst_retained_meter *
find_or_add(struct pst_retained_meters *retained,
	    const struct pst_meter_owner *owner, const struct pst_meter *meter,
	    uint64_t now_ns)
{
	struct pst_retained_meter *entry = find(retained, owner, now_ns);

	if (!entry) {
		entry = find_fullest(retained);
		if (!entry || (!is_free(entry, now_ns) &&
			       full_at(meter) <= full_at(&entry->meter))) {
			drop(retained, meter);
			return NULL;
		}
		if (!is_free(entry, now_ns))
			drop(retained, &entry->meter);
		entry->owner = *owner;
		pst_tokens_init(&entry->meter.messages);
		pst_tokens_init(&entry->meter.bytes);
	}
	join(&entry->meter, meter);
	return entry;
}

void pst_retained_meters_add(struct pst_retained_meters *retained,
			     const struct pst_meter_owner *owner,
			     const struct pst_meter *meter, uint64_t now_ns)
{
	if (!is_full(meter, now_ns))
		(void)find_or_add(retained, owner, meter, now_ns);
}

struct pst_meter *
pst_retained_meters_share(struct pst_retained_meters *retained,
			  const struct pst_meter_owner *owner,
			  const struct pst_meter *meter, uint64_t now_ns)
{
	struct pst_retained_meter *entry =
		find_or_add(retained, owner, meter, now_ns);

	if (!entry)
		return NULL;
	entry->channel_count++;
	return &entry->meter;
}

void pst_retained_meters_unshare(struct pst_retained_meters *retained,
				 const struct pst_meter *shared)
{
	size_t i;

	for (i = 0; i < PST_RETAINED_METERS_CAPACITY; i++)
		if (&retained->entries[i].meter == shared)
			retained->entries[i].channel_count--;
}

/*
 * As if this owner's meter were the dropped one, but no emptier than empty:
 * with another rate, the same debt takes longer.  This does not move the time at
 * which the dropped meters are full, so it ends even if ever more owners come.
 */
static void inherit_dropped(const struct pst_token_bucket *dropped,
			    struct pst_token_bucket *bucket,
			    const struct pst_token_rate *rate, uint64_t now_ns)
{
	struct pst_token_bucket empty;

	if (rate->per_second == 0)
		return;
	pst_tokens_init(&empty);
	pst_tokens_acquire(&empty, rate, now_ns, rate->burst);
	if (pst_tokens_full_at(&empty) < pst_tokens_full_at(dropped))
		pst_tokens_join(bucket, &empty);
	else
		pst_tokens_join(bucket, dropped);
}

void pst_retained_meters_inherit(struct pst_retained_meters *retained,
				 const struct pst_meter_owner *owner,
				 struct pst_meter *meter,
				 const struct pst_meter_rate *rate,
				 uint64_t now_ns)
{
	const struct pst_retained_meter *entry = find(retained, owner, now_ns);

	if (entry) {
		join(meter, &entry->meter);
		return;
	}
	if (pst_tokens_is_full(&retained->dropped, now_ns))
		return;
	inherit_dropped(&retained->dropped, &meter->messages, &rate->messages,
			now_ns);
	inherit_dropped(&retained->dropped, &meter->bytes, &rate->bytes,
			now_ns);
}

void pst_retained_meters_clear(struct pst_retained_meters *retained)
{
	struct pst_retained_meter *entry;
	size_t i;

	for (i = 0; i < PST_RETAINED_METERS_CAPACITY; i++) {
		entry = &retained->entries[i];
		if (entry->channel_count == 0)
			*entry = (struct pst_retained_meter) {0};
		/* Without any allow, it matches no channel. */
		memset(entry->owner.allow_bits, 0,
		       sizeof(entry->owner.allow_bits));
	}
	pst_tokens_init(&retained->dropped);
}
