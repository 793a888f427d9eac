/* SPDX-License-Identifier: ISC */
/*
 * Rates per uid
 */
#include "accounting/uid_rate.h"

static size_t find_index(const struct pst_uid_rate_entry *entries,
			 size_t capacity, uint64_t user)
{
	size_t fullest = 0, i;

	for (i = 0; i < capacity; i++) {
		if (entries[i].user == user)
			return i;
		if (pst_tokens_full_at(&entries[i].bucket) <
		    pst_tokens_full_at(&entries[fullest].bucket))
			fullest = i;
	}
	return fullest;
}

struct pst_uid_rate_entry *pst_uid_rate_find(struct pst_uid_rate_entry *entries,
					     size_t capacity, uint64_t user)
{
	return &entries[find_index(entries, capacity, user)];
}

bool pst_uid_rate_acquire(struct pst_uid_rate *table,
			  const struct pst_token_rate *rate, uint64_t user,
			  uint64_t now_ns)
{
	struct pst_uid_rate_entry *entry;

	if (rate->per_second == 0)
		return true;
	entry = pst_uid_rate_find(table->entries, PST_UID_RATE_CAPACITY, user);
	if (entry->user != user) {
		entry->user = user;
		pst_tokens_init(&entry->bucket);
	}
	if (pst_tokens_available(&entry->bucket, rate, now_ns) == 0)
		return false;
	pst_tokens_acquire(&entry->bucket, rate, now_ns, 1);
	return true;
}

uint64_t pst_uid_rate_spent(const struct pst_uid_rate *table,
			    const struct pst_token_rate *rate, uint64_t user,
			    uint64_t now_ns)
{
	const struct pst_uid_rate_entry *entry;

	if (rate->per_second == 0)
		return 0;
	entry = &table->entries[find_index(table->entries,
					   PST_UID_RATE_CAPACITY, user)];
	if (entry->user != user)
		return 0;
	return rate->burst - pst_tokens_available(&entry->bucket, rate, now_ns);
}
