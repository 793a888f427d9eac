/* SPDX-License-Identifier: ISC */
/*
 * Leases: how a node learns that a detached channel is gone
 *
 * A detached channel belongs to its user, who may close it in any thread and
 * even after the node itself was closed.  Neither may wait for the other, so
 * what they share is a counted flag with an eventfd of its own.
 */
#include "channel/channel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/refcount.h"
#include "channel/channel_state.h"
#include "os/doorbell.h"

struct pst_channel_lease {
	struct pst_refcount references; /* the node's and the channel's */
	atomic_bool ended;
	int notice_fd;
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
		free(lease);
	}
	return NULL;
}

void pst_channel_lease_end(struct pst_channel_lease *lease)
{
	atomic_store_explicit(&lease->ended, true, memory_order_release);
	pst_wake_signal(lease->notice_fd);
	(void)pst_channel_lease_unref(lease); /* always NULL */
}
