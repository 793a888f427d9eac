/* SPDX-License-Identifier: ISC */
/*
 * Control: command a node from another process
 *
 * A node executes commands of its owner and of root, whatever its policy says,
 * and of no other user.
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

	/* POSTERN_FEATURE_* bits not to use. */
	uint32_t disable_features;

	postern_log_fn *log;
	void *log_user_data;
};

#define POSTERN_CONTROL_OPTIONS_INIT \
	{sizeof(struct postern_control_options), 0, NULL, NULL}

/*
 * Disconnect a peer of the node that the policy calls node_name, as
 * postern_node_disconnect() does in the node's own process.
 *
 * peer is INDEX.GENERATION, the handle as the tool prints it, for that one
 * peer; or a name of the policy, for all peers that connected under it.  A text
 * of the first form is never taken for a name.  Unread offers are revoked too:
 * by name those made under that name, and by the handle in an "unread-offers"
 * record all of that user.
 *
 * The path and the credentials of the listener are checked as by
 * postern_connect().  policy (NULL: this host's policy, loaded for the call),
 * options (NULL: defaults) and the strings are borrowed for the call.  Waits for
 * the node until deadline_ns; the node may have executed the command even if no
 * answer came in time.  On failure *error, unless it is NULL, receives the
 * error information.
 *
 * Returns 0, and in *ret_count, unless it is NULL, how many channels,
 * handshakes and unread offers were ended; 1 for a handle, also if it stands
 * for several unread offers.  Or
 *   -ENOENT           the policy has no such node, it is not running, or no
 *                     peer is connected by that name (POSTERN_REASON_NO_PEER):
 *                     see the reason
 *   -ESTALE           no peer has that handle
 *   -EACCES           this process is neither the owner nor root; or the path
 *                     or the listener is not trusted
 *   -EDQUOT           the node has no free slot for the connection
 *   -ETIMEDOUT        the node did not answer in time
 *   -EPIPE            the node closed the connection
 *   -EPROTONOSUPPORT  no common protocol version
 *   -EBADMSG          the node violated the protocol
 *   -EINVAL           an argument is NULL or malformed, or peer has neither
 *                     form; or the node's block in the policy has an error
 *                     (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_control_disconnect(const struct postern_policy *policy,
			       const char *node_name, const char *peer,
			       const struct postern_control_options *options,
			       uint64_t deadline_ns, uint32_t *ret_count,
			       struct postern_error_info *error);

#ifdef __cplusplus
}
#endif

#endif
