/* SPDX-License-Identifier: ISC */
/*
 * Control: commanding a node from another process
 *
 * A node takes commands from its owner and from root, whatever its policy says,
 * and from no other process.
 */
#ifndef POSTERN_CONTROL_H
#define POSTERN_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include <postern/log.h>
#include <postern/policy.h>
#include <postern/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins with its size; zero means the default everywhere. */
struct postern_control_options {
	size_t size_bytes;

	/* Bounds the whole call.  0: 2 s.  UINT64_MAX: no bound. */
	uint64_t timeout_ns;

	/* POSTERN_FEATURE_* bits to do without. */
	uint32_t features_off;

	postern_log_fn *log;
	void *log_user_data;
};

#define POSTERN_CONTROL_OPTIONS_INIT \
	{sizeof(struct postern_control_options), 0, 0, NULL, NULL}

/*
 * Let the node that the policy calls node_name revoke a peer, as
 * postern_node_revoke() does there.  peer is INDEX.GENERATION, as tools show a
 * handle, for that one peer; or a name of the policy, for all that it admitted
 * (a text of this first form is never taken for a name).  Offers that were left
 * unread are revoked too, by name, or by the handle in an "unread-offers" record
 * all of that user.
 *
 * The path and the listener's credentials are checked as for postern_connect().
 * The policy, options (NULL: defaults) and the strings are borrowed for the
 * call.  Blocks, at most options->timeout_ns: the command may have been carried
 * out even when no answer came in time.  On failure *refusal, when not NULL,
 * says more.
 *
 * Returns 0, and in *ret_count, unless that is NULL, how many channels,
 * handshakes and unread offers were ended; 1 for a handle.  Or
 *   -ENOENT      no such node, it does not run, or no peer was admitted by that
 *                name (POSTERN_REASON_NO_PEER): see the reason
 *   -ESTALE      no peer has that handle (any more)
 *   -EACCES      this process is neither the owner nor root; or the path or the
 *                listener is not to be trusted
 *   -EDQUOT      the node has no free slot for the connection
 *   -ETIMEDOUT   the node did not answer in time
 *   -EPIPE       the node hung up
 *   -EPROTONOSUPPORT  no common protocol version
 *   -EBADMSG     the node broke the rules
 *   -EINVAL      a NULL argument, or peer has neither form; or the node's block of
 *                the policy has an error (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_control_revoke(const struct postern_policy *policy,
			   const char *node_name, const char *peer,
			   const struct postern_control_options *options,
			   struct postern_refusal *refusal,
			   uint32_t *ret_count);

#ifdef __cplusplus
}
#endif

#endif
