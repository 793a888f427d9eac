/* SPDX-License-Identifier: ISC */
/*
 * Half-open handshakes
 *
 * The table is small and fixed, so every question is a scan: there is no count
 * that could get out of step with the entries.
 */
#include "admission/half_open.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "os/packet_socket.h"
#include "os/socket_close.h"

int pst_half_open_init(struct pst_half_open_table *table,
		       const struct pst_offer_capacity *capacity)
{
	size_t i;
	int r;

	memset(table, 0, sizeof(*table));
	r = pst_pending_offers_init(&table->pending, capacity);
	if (r < 0)
		return r;
	table->origins = calloc(table->pending.offer_capacity +
					PST_HALF_OPEN_COUNT,
				sizeof(table->origins[0]));
	if (!table->origins) {
		pst_pending_offers_done(&table->pending);
		return -ENOMEM;
	}
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		table->entries[i].socket_fd = -1;
		table->entries[i].node_segment_fd = -1;
		table->entries[i].client_segment_fd = -1;
		pst_peer_credentials_init(&table->entries[i].credentials);
	}
	return 0;
}

void pst_half_open_done(struct pst_half_open_table *table)
{
	size_t i;

	if (!table->origins)
		return;
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (table->entries[i].is_taken)
			pst_half_open_release(table, &table->entries[i]);
	pst_pending_offers_done(&table->pending);
	free(table->origins);
	table->origins = NULL;
}

/* A token for each handshake that may fail; the count is of those spent. */
static const struct pst_token_rate abandoned_rate = {
	.per_second = 1,
	.burst = PST_HALF_OPEN_ABANDONED_MAX,
};

void pst_half_open_note_abandoned(struct pst_half_open_table *table,
				  uint64_t user, uint64_t now_ns)
{
	/* At the maximum, it is not counted. */
	(void)pst_uid_rate_acquire(&table->abandoned, &abandoned_rate, user,
				   now_ns);
}

uint32_t
pst_half_open_count_abandoned(const struct pst_half_open_table *table,
			      uint64_t user, uint64_t now_ns)
{
	return (uint32_t)pst_uid_rate_spent(&table->abandoned, &abandoned_rate,
					    user, now_ns);
}

/* Some of the entries; all zero: every entry that is taken. */
struct selection {
	bool only_keyed;
	bool only_silent;
	bool only_common;       /* neither root's nor the owner's */
	bool only_user;
	uint64_t user;
};

static bool is_selected(const struct pst_half_open *entry,
			const struct selection *selection)
{
	const struct pst_half_open_attempt *attempt = &entry->attempt;

	return entry->is_taken &&
	       (!selection->only_keyed || attempt->needs_key) &&
	       (!selection->only_silent || !attempt->has_hello) &&
	       (!selection->only_common ||
		!(attempt->user & PST_USER_PRIVILEGED)) &&
	       (!selection->only_user ||
		attempt->user == selection->user);
}

static size_t count_selected(const struct pst_half_open_table *table,
			     const struct selection *selection)
{
	size_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		count += is_selected(&table->entries[i], selection);
	return count;
}

uint64_t
pst_half_open_next_deadline_ns(const struct pst_half_open_table *table)
{
	uint64_t deadline_ns = PST_DEADLINE_NEVER;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (table->entries[i].is_taken)
			deadline_ns = pst_deadline_earlier(
				deadline_ns, table->entries[i].deadline_ns);
	if (table->pending.offer_count > 0)
		deadline_ns = pst_deadline_earlier(
			deadline_ns, table->pending.next_check_ns);
	return deadline_ns;
}

struct pst_half_open *
pst_half_open_find_free(struct pst_half_open_table *table,
			const struct pst_half_open_attempt *attempt)
{
	const struct selection keyed = {.only_keyed = true};
	size_t i;

	if (attempt->needs_key &&
	    count_selected(table, &keyed) >= PST_HALF_OPEN_KEYED)
		return NULL;
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (!table->entries[i].is_taken)
			return &table->entries[i];
	return NULL;
}

size_t pst_half_open_count_of(const struct pst_half_open_table *table,
			      uint64_t user)
{
	const struct selection own = {
		.only_user = true,
		.user = user,
	};

	return count_selected(table, &own);
}

size_t pst_half_open_uncharged_of(const struct pst_half_open_table *table,
				  uint64_t user)
{
	const struct pst_half_open *entry;
	size_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &table->entries[i];
		count += entry->is_taken && entry->slot != 0 &&
			 !entry->is_charged &&
			 entry->attempt.user == user;
	}
	return count;
}

static bool is_any_selected(const struct pst_half_open_table *table,
			    const struct selection *selection)
{
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (is_selected(&table->entries[i], selection))
			return true;
	return false;
}

/* How many entries each user has: a hash table, twice as large as it has to
 * be, since this is done for every connection of a flood. */
#define USER_PLACES (2 * PST_HALF_OPEN_COUNT)

struct user_counts {
	uint64_t users[USER_PLACES];
	uint8_t counts[USER_PLACES]; /* 0: free */
};

static_assert(USER_PLACES == 1 << 7, "the hash has seven bits");

static uint8_t *count_place(struct user_counts *counts, uint64_t user)
{
	size_t i = (size_t)(user * UINT64_C(0x9e3779b97f4a7c15) >> 57);

	while (counts->counts[i] != 0 && counts->users[i] != user)
		i = (i + 1) % USER_PLACES;
	counts->users[i] = user;
	return &counts->counts[i];
}

/* The oldest of the selected entries of one user: of the user with the most of
 * them and of recently abandoned handshakes. */
static struct pst_half_open *
find_oldest_of_most(struct pst_half_open_table *table,
		    const struct selection *selection)
{
	struct pst_half_open *victim = NULL, *entry;
	struct user_counts counts;
	size_t most = 0, count, i;

	memset(counts.counts, 0, sizeof(counts.counts));
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &table->entries[i];
		if (is_selected(entry, selection))
			(*count_place(&counts, entry->attempt.user))++;
	}
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &table->entries[i];
		if (!is_selected(entry, selection))
			continue;
		count = *count_place(&counts, entry->attempt.user) +
			entry->attempt.abandoned_count;
		if (count < most)
			continue;
		if (count > most || entry->deadline_ns < victim->deadline_ns)
			victim = entry;
		most = count;
	}
	return victim;
}

struct pst_half_open *
pst_half_open_find_victim(struct pst_half_open_table *table,
			  const struct pst_half_open_attempt *attempt)
{
	struct selection selection = {
		.only_keyed = attempt->needs_key,
		.only_common = true,
	};

	/* Where there are none, the selection is wider. */
	if (!is_any_selected(table, &selection))
		selection.only_keyed = false;
	if (!is_any_selected(table, &selection))
		selection.only_common = false;
	selection.only_silent = true;
	if (!is_any_selected(table, &selection))
		selection.only_silent = false;
	return find_oldest_of_most(table, &selection);
}

struct pst_half_open *
pst_half_open_find_own_victim(struct pst_half_open_table *table,
			      uint64_t user)
{
	const struct selection own = {
		.only_silent = true,
		.only_user = true,
		.user = user,
	};

	return find_oldest_of_most(table, &own);
}

uint32_t pst_half_open_index(const struct pst_half_open_table *table,
			     const struct pst_half_open *entry)
{
	return (uint32_t)(entry - table->entries);
}

void pst_half_open_take(struct pst_half_open *entry, int socket_fd,
			struct pst_peer_credentials *credentials,
			const struct pst_half_open_attempt *attempt,
			uint64_t deadline_ns)
{
	entry->is_taken = true;
	entry->has_offered = false;
	entry->is_charged = false;
	entry->generation++;
	entry->socket_fd = socket_fd;
	entry->attempt = *attempt;
	entry->deadline_ns = deadline_ns;
	entry->credentials = *credentials;
	pst_peer_credentials_init(credentials);
	entry->slot = 0;
}

void pst_half_open_begin(struct pst_half_open *entry, struct pst_node_key *key,
			 const struct pst_responder_params *params)
{
	struct pst_responder_params with_key = *params;

	pst_responder_done(&entry->responder);
	(void)pst_node_key_unref(entry->key);
	entry->key = pst_node_key_ref(key);
	with_key.borrow_identity = pst_node_key_identity(key);
	pst_responder_init(&entry->responder, &with_key);
}

static bool is_unread(const struct pst_half_open *entry)
{
	/* An error counts as unread: it denies. */
	return entry->is_taken && entry->has_offered && entry->socket_fd >= 0 &&
	       pst_packet_unread_bytes(entry->socket_fd) != 0;
}

void pst_half_open_note_taken_offer(struct pst_half_open *entry)
{
	entry->has_offered = is_unread(entry);
}

void pst_half_open_release(struct pst_half_open_table *table,
			   struct pst_half_open *entry)
{
	if (is_unread(entry))
		pst_pending_offers_add(&table->pending, &entry->socket_fd,
				       &entry->offer);
	entry->socket_fd = pst_socket_close_counted(entry->socket_fd,
						    &table->thread_close_count);
	entry->node_segment_fd = pst_fd_close(entry->node_segment_fd);
	entry->client_segment_fd = pst_fd_close(entry->client_segment_fd);
	pst_segment_unmap(&entry->own_mapping);
	pst_peer_credentials_done(&entry->credentials);
	pst_responder_done(&entry->responder);
	entry->key = pst_node_key_unref(entry->key);
	entry->slot = 0;
	entry->has_offered = false;
	entry->is_taken = false;
}

static uint64_t renewed_user(const struct pst_subordinate_uids *uids,
			     uint64_t user, uid_t uid)
{
	return user & PST_USER_PRIVILEGED
		       ? user
		       : pst_subordinate_uids_user(uids, uid);
}

void pst_half_open_renew_users(struct pst_half_open_table *table,
			       const struct pst_subordinate_uids *uids)
{
	struct pst_half_open *entry;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &table->entries[i];
		if (!entry->is_taken)
			continue;
		entry->attempt.user = renewed_user(
			uids, entry->attempt.user, entry->credentials.uid);
		entry->offer.user = entry->attempt.user;
	}
	for (i = 0; i < table->pending.offers_end; i++) {
		struct pst_offer_origin *origin =
			&table->pending.offers[i].origin;

		origin->user = renewed_user(uids, origin->user, origin->uid);
	}
}

void pst_half_open_note_peer_name(struct pst_half_open *entry,
				  const char *peer_name)
{
	(void)snprintf(entry->offer.peer_name, sizeof(entry->offer.peer_name),
		       "%s", peer_name);
}

void pst_half_open_note_offer(struct pst_half_open *entry,
			      const char *peer_name, uint64_t now_ns)
{
	entry->has_offered = true;
	entry->offer = (struct pst_offer_origin) {
		.user = entry->attempt.user,
		.uid = entry->credentials.uid,
		.pid = entry->credentials.pid,
		.made_ns = now_ns,
		.slot = entry->slot,
	};
	pst_half_open_note_peer_name(entry, peer_name);
}

/* The next unread offer of all, or NULL.  *index begins with 0. */
static const struct pst_offer_origin *
next_unread(const struct pst_half_open_table *table, size_t *index)
{
	const struct pst_pending_offers *pending = &table->pending;
	size_t i;

	while (*index < PST_HALF_OPEN_COUNT + pending->offers_end) {
		i = (*index)++;
		if (i < PST_HALF_OPEN_COUNT) {
			if (is_unread(&table->entries[i]))
				return &table->entries[i].offer;
			continue;
		}
		i -= PST_HALF_OPEN_COUNT;
		if (pending->offers[i].socket_fd >= 0)
			return &pending->offers[i].origin;
	}
	return NULL;
}

bool pst_half_open_may_offer(const struct pst_half_open_table *table,
			     uint64_t user, uid_t uid, bool *ret_is_revoked)
{
	const struct pst_offer_origin *origin;
	struct pst_offer_tally tally = {0};
	size_t index = 0;

	while ((origin = next_unread(table, &index)))
		pst_offer_tally_add(&tally, origin, user, uid);
	*ret_is_revoked = tally.is_revoked;
	return pst_offer_tally_permits(&tally, &table->pending.capacity,
				       user);
}

size_t pst_half_open_find_holders(struct pst_half_open_table *table,
				  struct pst_offer_holder *ret_holders,
				  size_t holder_capacity)
{
	const struct pst_offer_origin *origin;
	size_t count = 0, index = 0;

	while ((origin = next_unread(table, &index)))
		table->origins[count++] = origin;
	return pst_offer_holders_find(table->origins, count, ret_holders,
				      holder_capacity);
}

bool pst_half_open_find_offer(const struct pst_half_open_table *table,
			      pst_slot_handle slot, uint64_t *ret_user)
{
	const struct pst_offer_origin *origin;
	size_t index = 0;

	while ((origin = next_unread(table, &index))) {
		if (slot == 0 || origin->slot != slot)
			continue;
		*ret_user = origin->user;
		return true;
	}
	return false;
}
