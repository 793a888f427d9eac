/* SPDX-License-Identifier: ISC */
/*
 * Leases: how a node learns that a detached channel is gone, and ends it before
 *
 * A detached channel belongs to its user, who may close it in any thread and
 * even after the node itself was closed.  So what they share is counted: a flag
 * with an eventfd of its own, and the way back to the channel, which is cut
 * before the channel goes.  A lock keeps the node from using it meanwhile; what
 * is done under it never waits.
 */
#include "channel/channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "base/refcount.h"
#include "channel/channel_state.h"
#include "os/doorbell.h"

struct pst_channel_lease {
	struct pst_refcount references; /* the node's and the channel's */
	atomic_bool ended;
	int notice_fd;
	pthread_mutex_t lock;
	struct pst_channel *channel;    /* NULL once it is going */
};

int pst_channel_lease_new(struct pst_channel_lease **ret_lease)
{
	struct pst_channel_lease *lease;
	int r;

	lease = calloc(1, sizeof(*lease));
	if (!lease)
		return -ENOMEM;
	r = pst_wake_open(&lease->notice_fd);
	if (r < 0) {
		free(lease);
		return r;
	}
	/* Without attributes it cannot fail. */
	PST_IGNORE(pthread_mutex_init(&lease->lock, NULL));
	pst_refcount_init(&lease->references);
	*ret_lease = lease;
	return 0;
}

int pst_channel_lease_fd(const struct pst_channel_lease *lease)
{
	return lease->notice_fd;
}

struct pst_channel_lease *
pst_channel_lease_ref(struct pst_channel_lease *lease)
{
	pst_refcount_ref(&lease->references);
	return lease;
}

bool pst_channel_lease_has_ended(const struct pst_channel_lease *lease)
{
	return atomic_load_explicit(&lease->ended, memory_order_acquire);
}

struct pst_channel_lease *
pst_channel_lease_unref(struct pst_channel_lease *lease)
{
	if (lease && pst_refcount_unref(&lease->references)) {
		(void)pst_fd_close(lease->notice_fd);
		PST_IGNORE(pthread_mutex_destroy(&lease->lock));
		free(lease);
	}
	return NULL;
}

static void lock(struct pst_channel_lease *lease)
{
	/* A mutex of the default kind, not held by this thread. */
	PST_IGNORE(pthread_mutex_lock(&lease->lock));
}

static void unlock(struct pst_channel_lease *lease)
{
	PST_IGNORE(pthread_mutex_unlock(&lease->lock));
}

void pst_channel_lease_lead_to(struct pst_channel_lease *lease,
			       struct pst_channel *channel)
{
	lock(lease);
	lease->channel = channel;
	unlock(lease);
}

void pst_channel_end_leased(struct pst_channel_lease *lease,
			    enum postern_reason reason)
{
	lock(lease);
	if (lease->channel)
		pst_channel_end(lease->channel, reason);
	unlock(lease);
}

void pst_channel_lease_end(struct pst_channel_lease *lease)
{
	atomic_store_explicit(&lease->ended, true, memory_order_release);
	pst_wake_signal(lease->notice_fd);
	(void)pst_channel_lease_unref(lease); /* always NULL */
}
