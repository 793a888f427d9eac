/* SPDX-License-Identifier: ISC */
/*
 * The client's side: connect to a node, probe, control and observe it
 *
 * The functions behind postern_connect(), postern_node_probe(),
 * <postern/control.h> and postern_stats_reader_open(), without the checks of
 * arguments, which the api layer makes.  Results are those documented there.
 */
#ifndef POSTERN_CLIENT_CLIENT_H
#define POSTERN_CLIENT_CLIENT_H

#include <stdint.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "channel/channel.h"
#include "stats/stats_reader.h"

/* The node that a call contacts. */
struct pst_client_target {
	const struct postern_policy *policy;
	const char *node_name;
	uint64_t deadline_ns;
	uint32_t disable_features; /* POSTERN_FEATURE_* */
};

/* Connecting */

struct pst_client_connect_params {
	struct pst_client_target target;
	const char *instance;   /* NULL: none */
	const char *key_file;   /* NULL: none */
	uint32_t directions;    /* 0: all that the node grants */
	uint32_t ring_bytes;    /* 0: the most that the policy can grant */
	uint32_t message_bytes; /* 0: likewise */
	uint32_t spin_ns;
};

PST_MUST_CHECK int
pst_client_connect(const struct pst_client_connect_params *params,
		   struct pst_channel **ret_channel,
		   struct postern_error_info *error);

/* Probing */

PST_MUST_CHECK int pst_client_probe(const struct pst_client_target *target,
				    struct postern_error_info *error);

/* Controlling */

/* Disconnect one peer (INDEX.GENERATION) or all peers of a name. */
PST_MUST_CHECK int
pst_client_disconnect_peer(const struct pst_client_target *target,
			   const char *peer, uint32_t *ret_count,
			   struct postern_error_info *error);

/* Observing */

/*
 * Receive the node's statistics segment, which belongs to the caller and has
 * passed all checks of a segment.
 *
 * 0, or with error information -ENOENT (no such node, or it does not run),
 * -EACCES (the path or the listener is not trusted, or the node refused),
 * -EDQUOT (it has no slot now), -EPROTONOSUPPORT (no common version), -EBADMSG
 * (it violates the protocol), -EPIPE, -ETIMEDOUT, or another -errno.
 */
PST_MUST_CHECK int
pst_client_fetch_stats(const struct pst_client_target *target,
		       struct pst_stats_segment_ref *ret_segment,
		       struct postern_error_info *error);

/* Receive that segment and open a reader of it: also the results of
 * pst_stats_reader_open_take(). */
PST_MUST_CHECK int pst_client_observe(const struct pst_client_target *target,
				      struct pst_stats_reader **ret_reader,
				      struct postern_error_info *error);

#endif
