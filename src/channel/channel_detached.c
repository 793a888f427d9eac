/* SPDX-License-Identifier: ISC */
/*
 * Detached channels
 *
 * The program may close a detached channel in any thread, even after the node was
 * closed.  The link therefore holds a flag, an eventfd of its own, and a pointer
 * to the channel, which is cleared before the channel is freed.  A lock protects
 * the pointer; no code that holds it waits.
 */
#include "channel/channel_detached.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/refcount.h"
#include "channel/channel_state.h"
#include "os/doorbell.h"

struct pst_detached_link {
	struct pst_refcount references; /* the node's and the channel's */
	atomic_bool ended;
	int notice_fd;
	pthread_mutex_t lock;
	struct pst_channel *channel; /* NULL once it is being freed */
};

int pst_detached_link_new(struct pst_detached_link **ret_link)
{
	struct pst_detached_link *link;
	int r;

	link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	r = pst_wake_open(&link->notice_fd);
	if (r < 0) {
		free(link);
		return r;
	}
	/* Without attributes it cannot fail. */
	PST_IGNORE(pthread_mutex_init(&link->lock, NULL));
	pst_refcount_init(&link->references);
	*ret_link = link;
	return 0;
}

int pst_detached_link_fd(const struct pst_detached_link *link)
{
	return link->notice_fd;
}

bool pst_detached_link_has_ended(const struct pst_detached_link *link)
{
	return atomic_load_explicit(&link->ended, memory_order_acquire);
}

struct pst_detached_link *
pst_detached_link_unref(struct pst_detached_link *link)
{
	if (link && pst_refcount_unref(&link->references)) {
		(void)pst_fd_close(link->notice_fd);
		PST_IGNORE(pthread_mutex_destroy(&link->lock));
		free(link);
	}
	return NULL;
}

static void lock(struct pst_detached_link *link)
{
	/* A mutex of the default kind, not held by this thread. */
	PST_IGNORE(pthread_mutex_lock(&link->lock));
}

static void unlock(struct pst_detached_link *link)
{
	PST_IGNORE(pthread_mutex_unlock(&link->lock));
}

static void set_channel(struct pst_detached_link *link,
			struct pst_channel *channel)
{
	lock(link);
	link->channel = channel;
	unlock(link);
}

void pst_channel_detach(struct pst_channel *channel,
			struct pst_detached_link *link)
{
	set_channel(link, channel);
	pst_refcount_ref(&link->references);
	atomic_store(&channel->detached_link, link);
	atomic_store(&channel->node_driven, false);
}

void pst_detached_link_clear_channel(struct pst_detached_link *link)
{
	set_channel(link, NULL);
}

void pst_detached_link_end_channel(struct pst_detached_link *link,
				   enum postern_reason reason)
{
	lock(link);
	if (link->channel)
		pst_channel_end(link->channel, reason);
	unlock(link);
}

void pst_detached_link_end_unref(struct pst_detached_link *link)
{
	atomic_store_explicit(&link->ended, true, memory_order_release);
	pst_wake_signal(link->notice_fd);
	(void)pst_detached_link_unref(link); /* always NULL */
}
