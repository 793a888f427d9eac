/* SPDX-License-Identifier: ISC */
/*
 * The functions behind <postern/node.h>
 *
 * The api layer has checked the arguments.  Results are those documented there.
 */
#ifndef POSTERN_NODE_NODE_H
#define POSTERN_NODE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/node.h>

#include "base/attributes.h"
#include "base/log.h"
#include "channel/channel.h"
#include "os/fork_guard.h"
#include "policy/policy.h"

struct pst_accounting;
struct pst_disconnect_origin;
struct pst_node;

struct pst_node_params {
	const struct postern_policy *policy;
	const char *name;
	const char *key_file;   /* NULL: none */
	struct pst_accounting *accounting; /* NULL: one of its own */
	uint32_t spin_ns;       /* 0: never spin */
	uint32_t disable_features;
	struct pst_log log;
};

/* Lifecycle */
PST_MUST_CHECK int pst_node_open(const struct pst_node_params *params,
				 struct postern_error_info *error,
				 struct pst_node **ret_node);
struct pst_node *pst_node_close(struct pst_node *node);
static inline bool pst_node_is_ours(const struct pst_node *node)
{
	return pst_fork_guard_is_ours(node);
}

/* Work */
int pst_node_fd(struct pst_node *node);
int pst_node_wait(struct pst_node *node, uint64_t deadline_ns);
void pst_node_interrupt(struct pst_node *node);
int pst_node_receive(struct pst_node *node, void *buffer, size_t buffer_bytes,
		     size_t *ret_message_bytes, postern_peer *ret_peer);
void pst_node_pause(struct pst_node *node);
void pst_node_resume(struct pst_node *node);
int pst_node_next_event(struct pst_node *node,
			struct postern_node_event *ret_event);
int pst_node_send(struct pst_node *node, postern_peer peer, const void *bytes,
		  uint32_t byte_count);
int pst_node_channel(struct pst_node *node, postern_peer peer,
		     struct pst_channel **ret_channel);
int pst_node_detach(struct pst_node *node, postern_peer peer,
		    struct pst_channel **ret_channel);
/* origin: for the audit record; NULL: the program. */
int pst_node_disconnect(struct pst_node *node, postern_peer peer,
			const struct pst_disconnect_origin *origin);
int pst_node_disconnect_named(struct pst_node *node, const char *peer_name,
			      const struct pst_disconnect_origin *origin,
			      uint32_t *ret_count);

int pst_node_reload(struct pst_node *node, const struct postern_policy *policy,
		    uint32_t *ret_disconnected_count,
		    struct postern_error_info *error);
/* error: the first error of the policy; NULL: it has none. */
void pst_node_report_reload_failure(struct pst_node *node, int result,
			    const struct postern_diagnostic *error);

/* Statistics */
void pst_node_stats(struct pst_node *node,
		    struct postern_node_statistics *ret_stats);
int pst_node_peer_stats(struct pst_node *node, postern_peer peer,
			struct postern_peer_statistics *ret_stats);
int pst_node_next_peer(const struct pst_node *node, postern_peer previous,
		       postern_peer *ret_peer);

#endif
