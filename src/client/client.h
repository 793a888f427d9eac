/* SPDX-License-Identifier: ISC */
/*
 * The client's side: connect to a node, probe, control and observe it
 *
 * The functions behind postern_connect(), postern_node_probe() and
 * <postern/control.h>, and the part of <postern/observe.h> that talks to the
 * node, without their argument checks, which the api layer makes.  Results are
 * those documented there.
 */
#ifndef POSTERN_CLIENT_CLIENT_H
#define POSTERN_CLIENT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "base/log.h"
#include "channel/channel.h"
#include "handshake/handshake.h"

/* Connecting */
struct pst_connect_params {
	const struct postern_policy *policy;
	const char *node_name;
	const char *instance;   /* NULL: none */
	const char *key_file;   /* NULL: none */
	uint32_t directions;    /* 0: all that is granted */
	uint32_t ring_bytes;    /* 0: the most this policy could grant */
	uint32_t message_bytes;
	uint64_t deadline_ns;
	uint32_t spin_ns;
	uint32_t features_off;
	struct pst_log log;
};

PST_MUST_CHECK int pst_connect(const struct pst_connect_params *params,
			       struct postern_refusal *ret_refusal,
			       struct pst_channel **ret_channel);
PST_MUST_CHECK int pst_client_probe(const struct postern_policy *policy,
				    const char *name, uint64_t deadline_ns,
				    struct postern_refusal *ret_refusal);

/* Controlling */
struct pst_control_params {
	const struct postern_policy *policy;
	const char *node_name;
	uint64_t deadline_ns;
	uint32_t features_off;
};

PST_MUST_CHECK int pst_control_revoke(const struct pst_control_params *params,
				      const char *peer,
				      struct postern_refusal *refusal,
				      uint32_t *ret_count);

/* Observing */
struct pst_view {
	int segment_fd;         /* checked; -1: none */
	size_t segment_bytes;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES]; /* of that run */
	int node_pidfd;         /* readable once the node's process has ended;
				 * -1: the kernel cannot give one */
};

#define PST_VIEW_INIT {.segment_fd = -1, .node_pidfd = -1}

/*
 * Ask the node for its statistics segment.  The caller owns it, maps it for
 * reading and closes it by _done(), which empties it and accepts an empty one.
 * The segment has passed all checks.
 *
 * 0, or with a refusal -ENOENT (no such node, or it does not run), -EACCES (the
 * path or the listener is not to be trusted, or the node refused), -EDQUOT (it
 * has no slot now), -EPROTONOSUPPORT (no common version), -EBADMSG (it breaks
 * the protocol), -EPIPE, -ETIMEDOUT, or another -errno.
 */
PST_MUST_CHECK int pst_view_fetch(const struct postern_policy *policy,
				  const char *node_name, uint64_t deadline_ns,
				  uint32_t features_off,
				  struct postern_refusal *refusal,
				  struct pst_view *ret_view);
void pst_view_done(struct pst_view *view);

#endif
