/* SPDX-License-Identifier: ISC */
/*
 * Half-open handshakes: a fixed table, fair between users
 *
 * All that a client can make the node hold before it is connected is in here:
 * 64 entries, 16 for each user.  A full table evicts a connection that has not
 * sent a HELLO before any other, since it has cost its peer nothing.  Then it
 * evicts the oldest handshake of the user with the most open and recently
 * abandoned handshakes, which tells users that connect without end from users
 * that are admitted each time.  Clients that need a key share 16 of the entries,
 * and evict only each other.  Root and the owner lose no entry to other users.
 * The unread offers whose handshake has ended are in the table, too
 * (admission/pending_offers.h, which also defines a user).
 */
#ifndef POSTERN_ADMISSION_HALF_OPEN_H
#define POSTERN_ADMISSION_HALF_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accounting/uid_rate.h"
#include "admission/pending_offers.h"
#include "base/attributes.h"
#include "base/slot_handle.h"
#include "handshake/handshake.h"
#include "identity/key_file.h"
#include "os/peer_credentials.h"
#include "os/segment.h"
#include "os/subordinate_uids.h"

#define PST_HALF_OPEN_COUNT 64
#define PST_HALF_OPEN_PER_USER 16
#define PST_HALF_OPEN_KEYED 16
#define PST_HALF_OPEN_ABANDONED_MAX 64
#define PST_HALF_OPEN_DEADLINE_NS (2 * UINT64_C(1000000000))

/* An attempt, as far as it decides which entry it gets. */
struct pst_half_open_attempt {
	uint64_t user;
	bool needs_key;         /* no rule admits it without */
	bool has_hello;         /* one was sent, valid or not */
	uint32_t abandoned_count; /* of the user, when it came */
};

struct pst_half_open {
	bool is_taken;
	bool has_offered;       /* OFFER or STATS was sent */
	bool is_charged;        /* the slot is, to all quotas */
	uint32_t generation;
	int socket_fd;
	struct pst_half_open_attempt attempt;
	uint64_t deadline_ns;   /* absolute; the oldest has the earliest */
	struct pst_peer_credentials credentials;
	struct pst_node_key *key; /* counted; what the responder has */
	struct pst_handshake_responder responder;

	/* After the offer. */
	struct pst_offer_origin offer;  /* what is unread, if anything is */
	pst_slot_handle slot;   /* claimed; 0: none */
	int node_segment_fd;
	int client_segment_fd;
	struct pst_segment_mapping own_mapping;
};

struct pst_half_open_table {
	struct pst_half_open entries[PST_HALF_OPEN_COUNT];
	struct pst_pending_offers pending;
	struct pst_uid_rate abandoned; /* handshakes that failed */
	unsigned thread_close_count; /* closes that took a thread; wraps */
	const struct pst_offer_origin **origins; /* to sort them in */
};

/* Returns 0 or -ENOMEM. */
PST_MUST_CHECK int
pst_half_open_init(struct pst_half_open_table *table,
		   const struct pst_offer_capacity *capacity);
void pst_half_open_done(struct pst_half_open_table *table);

/* A handshake of this user has failed. */
void pst_half_open_note_abandoned(struct pst_half_open_table *table,
				  uint64_t user, uint64_t now_ns);

/* How many handshakes of this user have failed lately, at most
 * PST_HALF_OPEN_ABANDONED_MAX.  The count decreases by one per second. */
uint32_t
pst_half_open_count_abandoned(const struct pst_half_open_table *table,
			      uint64_t user, uint64_t now_ns);

size_t pst_half_open_count_of(const struct pst_half_open_table *table,
			      uint64_t user);

/* Those of them that hold a slot which is not charged yet. */
size_t pst_half_open_uncharged_of(const struct pst_half_open_table *table,
				  uint64_t user);

/* Of the handshakes and of the check of unread offers. */
uint64_t
pst_half_open_next_deadline_ns(const struct pst_half_open_table *table);

/* A free entry, or NULL: the table is full, or the part of it for attempts that
 * need a key. */
struct pst_half_open *
pst_half_open_find_free(struct pst_half_open_table *table,
			const struct pst_half_open_attempt *attempt);

/*
 * The entry to give up for this attempt: one without a HELLO if there is one;
 * of those the oldest of the user that has most of them and has abandoned
 * most.  For an attempt that needs a key, of all that do, unless there are none.
 */
struct pst_half_open *
pst_half_open_find_victim(struct pst_half_open_table *table,
			  const struct pst_half_open_attempt *attempt);

/* The oldest entry of the user without a HELLO, or NULL. */
struct pst_half_open *
pst_half_open_find_own_victim(struct pst_half_open_table *table,
			      uint64_t user);

uint32_t pst_half_open_index(const struct pst_half_open_table *table,
			     const struct pst_half_open *entry);

/* Takes socket and credentials; the entry was free. */
void pst_half_open_take(struct pst_half_open *entry, int socket_fd,
			struct pst_peer_credentials *credentials,
			const struct pst_half_open_attempt *attempt,
			uint64_t deadline_ns);

/* Begin the handshake, or begin it with another key: nothing was said yet. */
void pst_half_open_begin(struct pst_half_open *entry, struct pst_node_key *key,
			 const struct pst_responder_params *params);

/* Other subordinate uids are known: find the user of each entry again. */
void pst_half_open_renew_users(struct pst_half_open_table *table,
			       const struct pst_subordinate_uids *uids);

/*
 * To be called before a refusal is sent: an OFFER that was taken is no longer
 * in flight, and its socket need not be kept for the refusal's sake.
 */
void pst_half_open_note_taken_offer(struct pst_half_open *entry);

/*
 * Free the entry and all that it still owns, but for the slot, which the caller
 * releases.  The socket of an unread OFFER becomes a pending offer.
 */
void pst_half_open_release(struct pst_half_open_table *table,
			   struct pst_half_open *entry);

/* OFFER or STATS was sent, to a peer of this name ("": it has none). */
void pst_half_open_note_offer(struct pst_half_open *entry,
			      const char *peer_name, uint64_t now_ns);

/* A reload has changed the name of the peer. */
void pst_half_open_note_peer_name(struct pst_half_open *entry,
				  const char *peer_name);

/*
 * May one more OFFER be sent to this uid of this user?  Counts
 * what is unread now, in a handshake or after one.  *ret_is_revoked: one of those
 * that the uid has not read was revoked.
 */
bool pst_half_open_may_offer(const struct pst_half_open_table *table,
			     uint64_t user, uid_t uid, bool *ret_is_revoked);

/*
 * The users with unread offers: returns how many there are, and writes the
 * first ones (pst_offer_holders_find()).
 */
size_t pst_half_open_find_holders(struct pst_half_open_table *table,
				  struct pst_offer_holder *ret_holders,
				  size_t holder_capacity);

/* The user that an unread offer with this slot was made to. */
bool pst_half_open_find_offer(const struct pst_half_open_table *table,
			      pst_slot_handle slot, uint64_t *ret_user);

#endif
