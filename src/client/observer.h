/* SPDX-License-Identifier: ISC */
/*
 * Observers: another process's node, seen through its statistics
 *
 * The functions behind <postern/observe.h>, without their argument checks.
 * Results are those documented there.
 */
#ifndef POSTERN_CLIENT_OBSERVER_H
#define POSTERN_CLIENT_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/observe.h>

#include "base/attributes.h"
#include "os/fork_guard.h"

struct pst_observer;

PST_MUST_CHECK int pst_observer_open(const struct postern_policy *policy,
				     const char *node_name,
				     uint64_t deadline_ns,
				     uint32_t features_off,
				     struct postern_refusal *refusal,
				     struct pst_observer **ret_observer);
struct pst_observer *pst_observer_close(struct pst_observer *observer);
static inline bool pst_observer_is_ours(const struct pst_observer *observer)
{
	return pst_fork_guard_is_ours(observer);
}

int pst_observer_node(const struct pst_observer *observer,
		      struct postern_node_statistics *ret_stats);
int pst_observer_peer_at(const struct pst_observer *observer,
			 uint32_t slot_index,
			 struct postern_peer_statistics *ret_stats);

#endif
