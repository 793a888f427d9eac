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

#include <stdint.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "base/log.h"
#include "channel/channel.h"
#include "stats/stats_reader.h"

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

/*
 * Ask the node for its statistics segment, which has passed all checks of a
 * segment then and belongs to the caller.
 *
 * 0, or with error information -ENOENT (no such node, or it does not run),
 * -EACCES (the path or the listener is not trusted, or the node refused),
 * -EDQUOT (it has no slot now), -EPROTONOSUPPORT (no common version), -EBADMSG
 * (it violates the protocol), -EPIPE, -ETIMEDOUT, or another -errno.
 */
PST_MUST_CHECK int
pst_client_fetch_stats(const struct postern_policy *policy,
		       const char *node_name, uint64_t deadline_ns,
		       uint32_t features_off,
		       struct pst_stats_segment_ref *ret_segment,
		       struct postern_refusal *error);

/* Fetch the segment and open a reader of it: also the results of
 * pst_stats_reader_open_take(). */
PST_MUST_CHECK int pst_client_observe(const struct postern_policy *policy,
				      const char *node_name,
				      uint64_t deadline_ns,
				      uint32_t features_off,
				      struct pst_stats_reader **ret_reader,
				      struct postern_refusal *error);

#endif
