/* SPDX-License-Identifier: ISC */
/*
 * Unread offers
 */
#include "admission/pending_offers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "os/packet_socket.h"
#include "os/socket_close.h"

#define SHARED_MAX 4096
#define PRIVILEGED_MAX (2 * PST_OFFERS_PER_USER)

/* While more than one in so many is unread, a user gets its first one only. */
#define PLENTY_DIVISOR 4

static size_t at_most(size_t value, size_t most)
{
	return value < most ? value : most;
}

/*
 * An offer has two descriptors, and the kernel lets a user have as many in
 * flight as the limit: 7/16 of it in offers leave an eighth of that for the
 * user's other programs.
 */
struct pst_offer_capacity pst_offer_capacity_for(size_t descriptor_limit)
{
	struct pst_offer_capacity capacity = {
		.shared = at_most(descriptor_limit / 4, SHARED_MAX),
		.privileged = at_most(descriptor_limit / 16, PRIVILEGED_MAX),
		.revoked = at_most(descriptor_limit / 8, SHARED_MAX / 2),
	};

	if (capacity.shared == 0)
		capacity.shared = 1;
	if (capacity.privileged < 2)
		capacity.privileged = 2;
	return capacity;
}

void pst_offer_tally_add(struct pst_offer_tally *tally,
			 const struct pst_offer_origin *origin,
			 uint64_t user, uid_t uid)
{
	if (origin->user == user) {
		tally->of_user++;
		tally->is_revoked |= origin->is_revoked && origin->uid == uid;
	}
	if (origin->user & PST_USER_PRIVILEGED)
		return;
	if (origin->is_revoked)
		tally->revoked++;
	else
		tally->shared++;
}

bool pst_offer_tally_permits(const struct pst_offer_tally *tally,
			     const struct pst_offer_capacity *capacity,
			     uint64_t user)
{
	size_t shared = tally->shared;

	if (tally->is_revoked)
		return false;
	if (user & PST_USER_PRIVILEGED)
		return tally->of_user < capacity->privileged / 2;
	if (tally->revoked > capacity->revoked)
		shared += tally->revoked - capacity->revoked;
	if (tally->of_user == 0)
		return shared < capacity->shared;
	return tally->of_user < PST_OFFERS_PER_USER &&
	       shared < capacity->shared / PLENTY_DIVISOR;
}

static int compare_origins(const void *a, const void *b)
{
	const struct pst_offer_origin *one =
		*(const struct pst_offer_origin *const *)a;
	const struct pst_offer_origin *other =
		*(const struct pst_offer_origin *const *)b;

	if (one->user != other->user)
		return one->user > other->user ? 1 : -1;
	return (one->made_ns > other->made_ns) -
	       (one->made_ns < other->made_ns);
}

static bool comes_before(const struct pst_offer_holder *holder,
			 const struct pst_offer_holder *other)
{
	if (holder->offer_count != other->offer_count)
		return holder->offer_count > other->offer_count;
	return holder->oldest.made_ns < other->oldest.made_ns;
}

/* Insert the holder, in order, if it is among the first ones. */
static void insert_holder(struct pst_offer_holder *holders, size_t *count,
			  size_t capacity,
			  const struct pst_offer_holder *holder)
{
	size_t i = *count;

	if (i == capacity && (i == 0 || !comes_before(holder, &holders[i - 1])))
		return;
	if (i < capacity)
		(*count)++;
	else
		i--;
	for (; i > 0 && comes_before(holder, &holders[i - 1]); i--)
		holders[i] = holders[i - 1];
	holders[i] = *holder;
}

size_t pst_offer_holders_find(const struct pst_offer_origin **origins,
			      size_t origin_count,
			      struct pst_offer_holder *ret_holders,
			      size_t holder_capacity)
{
	size_t user_count = 0, written = 0, first, i;
	struct pst_offer_holder holder;

	qsort(origins, origin_count, sizeof(origins[0]), compare_origins);
	for (first = 0; first < origin_count; first = i) {
		for (i = first + 1;
		     i < origin_count &&
		     origins[i]->user == origins[first]->user; i++)
			;
		holder.oldest = *origins[first];
		holder.offer_count = i - first;
		insert_holder(ret_holders, &written, holder_capacity, &holder);
		user_count++;
	}
	return user_count;
}

int pst_pending_offers_init(struct pst_pending_offers *pending,
			    const struct pst_offer_capacity *capacity)
{
	size_t i;

	memset(pending, 0, sizeof(*pending));
	pending->capacity = *capacity;
	pending->offer_capacity = pst_offer_capacity_sum(capacity);
	pending->offers = calloc(pending->offer_capacity,
				 sizeof(pending->offers[0]));
	if (!pending->offers)
		return -ENOMEM;
	for (i = 0; i < pending->offer_capacity; i++)
		pending->offers[i].socket_fd = -1;
	return 0;
}

void pst_pending_offers_done(struct pst_pending_offers *pending)
{
	size_t i;

	for (i = 0; pending->offers && i < pending->offer_capacity; i++)
		(void)pst_socket_close(pending->offers[i].socket_fd);
	free(pending->offers);
	memset(pending, 0, sizeof(*pending));
}

void pst_pending_offers_add(struct pst_pending_offers *pending,
			    int *take_socket_fd,
			    const struct pst_offer_origin *origin)
{
	size_t i;

	for (i = 0; i < pending->offer_capacity; i++) {
		if (pending->offers[i].socket_fd >= 0)
			continue;
		pending->offers[i].socket_fd = pst_fd_take(take_socket_fd);
		pending->offers[i].origin = *origin;
		if (i >= pending->offers_end)
			pending->offers_end = i + 1;
		if (pending->offer_count++ == 0)
			pending->next_check_ns = 0; /* soon */
		return;
	}
}

void pst_pending_offers_check(struct pst_pending_offers *pending,
			      uint64_t now_ns)
{
	size_t i;
	int fd;

	if (pending->offer_count == 0 || now_ns < pending->next_check_ns)
		return;
	pending->next_check_ns = pst_deadline_after(now_ns,
						    PST_OFFERS_CHECK_NS);
	for (i = 0; i < pending->offers_end; i++) {
		fd = pending->offers[i].socket_fd;
		/* Nothing else is proof: a peer that only shuts down still has
		 * it. */
		if (fd < 0 || pst_packet_unread_bytes(fd) != 0)
			continue;
		pending->offers[i].socket_fd = pst_socket_close(fd);
		pending->offer_count--;
	}
	while (pending->offers_end > 0 &&
	       pending->offers[pending->offers_end - 1].socket_fd < 0)
		pending->offers_end--;
}

static bool is_meant(const struct pst_pending_offer *offer,
		     const char *peer_name, uint64_t user)
{
	if (offer->socket_fd < 0 || offer->origin.is_revoked)
		return false;
	if (peer_name)
		return strcmp(offer->origin.peer_name, peer_name) == 0;
	return offer->origin.user == user;
}

bool pst_pending_offers_revoke(struct pst_pending_offers *pending,
			       const char *peer_name, uint64_t user,
			       struct pst_offer_holder *ret_holder)
{
	struct pst_offer_holder holder = {.offer_count = 0};
	struct pst_pending_offer *offer;
	size_t i;

	for (i = 0; i < pending->offers_end; i++) {
		offer = &pending->offers[i];
		if (!is_meant(offer, peer_name, user) ||
		    (holder.offer_count > 0 &&
		     offer->origin.user != holder.oldest.user))
			continue;
		if (holder.offer_count++ == 0 ||
		    offer->origin.made_ns < holder.oldest.made_ns)
			holder.oldest = offer->origin;
		offer->origin.is_revoked = true;
	}
	if (holder.offer_count == 0)
		return false;
	*ret_holder = holder;
	return true;
}
