/* SPDX-License-Identifier: ISC */
/*
 * Half-open handshakes
 *
 * The table is small and fixed, so every question is a scan: there is no count
 * that could get out of step with the entries.
 */
#include "node/half_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "os/packet_socket.h"

int pst_half_open_init(struct pst_half_open_table *table, size_t kept_room)
{
	size_t i;

	memset(table, 0, sizeof(*table));
	if (kept_room == 0)
		kept_room = 1;
	table->kept = calloc(kept_room, sizeof(table->kept[0]));
	if (!table->kept)
		return -ENOMEM;
	table->kept_room = kept_room;
	for (i = 0; i < kept_room; i++)
		table->kept[i].socket_fd = -1;
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		table->entries[i].socket_fd = -1;
		table->entries[i].acceptor_fd = -1;
		table->entries[i].connector_fd = -1;
		pst_peer_credentials_init(&table->entries[i].credentials);
	}
	return 0;
}

void pst_half_open_done(struct pst_half_open_table *table)
{
	size_t i;

	if (!table->kept)
		return;
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (table->entries[i].is_taken)
			pst_half_open_release(table, &table->entries[i]);
	for (i = 0; i < table->kept_room; i++)
		(void)pst_fd_close(table->kept[i].socket_fd);
	free(table->kept);
	table->kept = NULL;
}

/* Is it one of those among whom these are given up? */
static bool is_among(const struct pst_half_open *entry, bool only_keyed)
{
	return entry->is_taken && (entry->needs_key || !only_keyed);
}

static size_t count_keyed(const struct pst_half_open_table *table)
{
	size_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		count += is_among(&table->entries[i], true);
	return count;
}

struct pst_half_open *pst_half_open_find_free(struct pst_half_open_table *table,
					      bool needs_key)
{
	size_t i;

	if (needs_key && count_keyed(table) >= PST_HALF_OPEN_KEYED)
		return NULL;
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		if (!table->entries[i].is_taken)
			return &table->entries[i];
	return NULL;
}

static size_t count_among(const struct pst_half_open_table *table, uid_t uid,
			  bool only_keyed)
{
	size_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++)
		count += is_among(&table->entries[i], only_keyed) &&
			 table->entries[i].credentials.uid == uid;
	return count;
}

size_t pst_half_open_count_of(const struct pst_half_open_table *table,
			      uid_t uid)
{
	return count_among(table, uid, false);
}

size_t pst_half_open_uncharged_of(const struct pst_half_open_table *table,
				  uid_t uid)
{
	const struct pst_half_open *entry;
	size_t count = 0, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &table->entries[i];
		count += entry->is_taken && entry->slot != 0 &&
			 !entry->is_charged && entry->credentials.uid == uid;
	}
	return count;
}

struct pst_half_open *
pst_half_open_find_victim(struct pst_half_open_table *table, bool needs_key)
{
	bool only_keyed = needs_key && count_keyed(table) > 0;
	struct pst_half_open *victim = NULL, *entry;
	size_t most = 0, count, i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &table->entries[i];
		if (!is_among(entry, only_keyed))
			continue;
		count = count_among(table, entry->credentials.uid, only_keyed);
		if (count < most)
			continue;
		if (count > most || entry->deadline_ns < victim->deadline_ns)
			victim = entry;
		most = count;
	}
	return victim;
}

uint32_t pst_half_open_index(const struct pst_half_open_table *table,
			     const struct pst_half_open *entry)
{
	return (uint32_t)(entry - table->entries);
}

void pst_half_open_take(struct pst_half_open *entry, int socket_fd,
			struct pst_peer_credentials *credentials,
			bool needs_key, uint64_t deadline_ns)
{
	entry->is_taken = true;
	entry->has_offered = false;
	entry->needs_key = needs_key;
	entry->is_charged = false;
	entry->generation++;
	entry->socket_fd = socket_fd;
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

static void keep_socket(struct pst_half_open_table *table,
			struct pst_half_open *entry)
{
	size_t i;

	for (i = 0; i < table->kept_room; i++) {
		if (table->kept[i].socket_fd >= 0)
			continue;
		table->kept[i].socket_fd = pst_fd_take(&entry->socket_fd);
		table->kept[i].uid = entry->credentials.uid;
		if (table->kept_count++ == 0)
			table->kept_look_ns = 0; /* soon */
		return;
	}
}

void pst_half_open_note_taken_offer(struct pst_half_open *entry)
{
	entry->has_offered = is_unread(entry);
}

void pst_half_open_release(struct pst_half_open_table *table,
			   struct pst_half_open *entry)
{
	if (is_unread(entry))
		keep_socket(table, entry);
	entry->socket_fd = pst_fd_close(entry->socket_fd);
	entry->acceptor_fd = pst_fd_close(entry->acceptor_fd);
	entry->connector_fd = pst_fd_close(entry->connector_fd);
	pst_segment_unmap(&entry->own_mapping);
	pst_peer_credentials_done(&entry->credentials);
	pst_responder_done(&entry->responder);
	entry->key = pst_node_key_unref(entry->key);
	entry->slot = 0;
	entry->has_offered = false;
	entry->is_taken = false;
}

bool pst_half_open_may_offer(const struct pst_half_open_table *table, uid_t uid)
{
	size_t all = 0, of_user = 0, i;

	for (i = 0; i < table->kept_room; i++) {
		if (table->kept[i].socket_fd < 0)
			continue;
		all++;
		of_user += table->kept[i].uid == uid;
	}
	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		if (!is_unread(&table->entries[i]))
			continue;
		all++;
		of_user += table->entries[i].credentials.uid == uid;
	}
	return all < table->kept_room && of_user < PST_KEPT_PER_USER;
}

void pst_half_open_look_at_kept(struct pst_half_open_table *table,
				uint64_t now_ns)
{
	size_t i;
	int fd;

	if (table->kept_count == 0 || now_ns < table->kept_look_ns)
		return;
	table->kept_look_ns = pst_deadline_after(now_ns, PST_KEPT_LOOK_NS);
	for (i = 0; i < table->kept_room; i++) {
		fd = table->kept[i].socket_fd;
		if (fd < 0)
			continue;
		/* Nothing else is proof: who only shuts down still has it. */
		if (pst_packet_unread_bytes(fd) != 0)
			continue;
		table->kept[i].socket_fd = pst_fd_close(fd);
		table->kept_count--;
	}
}
