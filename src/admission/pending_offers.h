/* SPDX-License-Identifier: ISC */
/*
 * Unread offers: how many there may be, of which users, and the sockets of those
 * whose handshake has ended
 *
 * The descriptors of an OFFER or STATS that its peer does not read stay in
 * flight and count against the node's user, even after the node has closed its
 * socket.  Only the peer can end that, by reading or by closing.  So the node
 * keeps the socket, which tells when that has happened, and admits offers by
 * share: while little is unread, a user may leave several offers unread; after
 * that only users that have none get one.  Root and the owner have a part of
 * their own.  Offers that were revoked count apart, up to a bound, so that
 * revoking gives their part of the capacity to other users.
 *
 * A user is a uid with its subordinate uids, a block of root's subordinate uids,
 * or root or the owner as themselves.  A uid gets no other offer while a revoked
 * one is unread.  The other uids of its user do get offers, but the revoked one
 * still counts among the offers of the user.
 */
#ifndef POSTERN_ADMISSION_PENDING_OFFERS_H
#define POSTERN_ADMISSION_PENDING_OFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/slot_handle.h"

#define PST_OFFERS_PER_USER 8
#define PST_OFFERS_CHECK_NS (100 * UINT64_C(1000000))

/* This bit is set in the user numbers of root and of the owner, and only there:
 * any other user number is a uid. */
#define PST_USER_PRIVILEGED (UINT64_C(1) << 32)

/* How many unread offers there may be; see pst_offer_capacity_for(). */
struct pst_offer_capacity {
	size_t shared;
	size_t privileged;      /* of root and the owner, half of it each */
	size_t revoked;         /* revoked ones that do not count as shared */
};

/* Which process an offer was made for. */
struct pst_offer_origin {
	uint64_t user;
	uid_t uid;
	pid_t pid;
	uint64_t made_ns;
	pst_slot_handle slot;   /* 0: STATS */
	bool is_revoked;
	char peer_name[POSTERN_NAME_BYTES];
};

/* What is unread at a moment, as one uid of one user sees it. */
struct pst_offer_tally {
	size_t shared;
	size_t revoked;
	size_t of_user;
	bool is_revoked;        /* one of the uid's own */
};

/* The unread offers of one user. */
struct pst_offer_holder {
	struct pst_offer_origin oldest;
	size_t offer_count;
};

struct pst_pending_offer {
	int socket_fd;          /* -1: free */
	struct pst_offer_origin origin;
};

struct pst_pending_offers {
	struct pst_offer_capacity capacity;
	struct pst_pending_offer *offers;
	size_t offer_capacity;
	size_t offer_count;
	size_t offers_end;      /* from here on all places are free */
	uint64_t next_check_ns;
};

/* What a process that may have so many descriptors can leave in flight and
 * still have some for itself. */
struct pst_offer_capacity pst_offer_capacity_for(size_t descriptor_limit);

/* The most that can be unread at once, revoked ones included. */
static inline size_t
pst_offer_capacity_sum(const struct pst_offer_capacity *capacity)
{
	return capacity->shared + capacity->privileged + capacity->revoked;
}

/* Count one more unread offer, as `uid` of this user sees it. */
void pst_offer_tally_add(struct pst_offer_tally *tally,
			 const struct pst_offer_origin *origin,
			 uint64_t user, uid_t uid);

/* May the user that has seen this get one offer more? */
bool pst_offer_tally_permits(const struct pst_offer_tally *tally,
			     const struct pst_offer_capacity *capacity,
			     uint64_t user);

/*
 * Group unread offers by user: the users that hold most first, the oldest
 * first among equals.  Sorts origins.  Returns how many users there are;
 * writes at most holder_capacity of them.
 */
size_t pst_offer_holders_find(const struct pst_offer_origin **origins,
			      size_t origin_count,
			      struct pst_offer_holder *ret_holders,
			      size_t holder_capacity);

/* Returns 0 or -ENOMEM. */
PST_MUST_CHECK int
pst_pending_offers_init(struct pst_pending_offers *pending,
			const struct pst_offer_capacity *capacity);
void pst_pending_offers_done(struct pst_pending_offers *pending);

/* Keep the socket of an unread offer whose handshake has ended. */
void pst_pending_offers_add(struct pst_pending_offers *pending,
			    int *take_socket_fd,
			    const struct pst_offer_origin *origin);

/*
 * Close the sockets whose offer was read, or went with the peer's end of the
 * socket, if it is time to check.
 */
void pst_pending_offers_check(struct pst_pending_offers *pending,
			      uint64_t now_ns);

/*
 * Revoke the offers of the next user that has one with this peer name, or,
 * with NULL, those of this user.  False: there are none that are not revoked.
 */
bool pst_pending_offers_revoke(struct pst_pending_offers *pending,
			       const char *peer_name, uint64_t user,
			       struct pst_offer_holder *ret_holder);

#endif
