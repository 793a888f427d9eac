/* SPDX-License-Identifier: ISC */
/*
 * Observing: the statistics of a node, read from its memory
 *
 * A node keeps its figures in a segment that it alone can write, and hands it
 * read-only to processes that may observe: root, the node's owner, and peers of an
 * allow rule that says `observe`.  Reading takes no part of the node: its
 * figures can be read while its thread hangs, and however many observers there
 * are, they cost it nothing.
 *
 * The statistics are the node's word.  Values are checked to be possible (numbers
 * fit, states are known, texts are terminated and printable), no more.
 *
 * Threads: an observer belongs to one thread at a time.  After fork() every
 * call in the child fails with -ESTALE, and closing there only forgets the
 * handle.
 */
#ifndef POSTERN_OBSERVE_H
#define POSTERN_OBSERVE_H

#include <postern/log.h>
#include <postern/policy.h>
#include <postern/result.h>
#include <postern/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct postern_observer;

/* Begins with its size; zero means the default everywhere. */
struct postern_observe_options {
	size_t size_bytes;
	uint64_t timeout_ns;    /* of the whole call; 0: 2 s, UINT64_MAX: none */
	uint32_t features_off;  /* POSTERN_FEATURE_* bits to do without */
	postern_log_fn *log;
	void *log_user_data;
};

#define POSTERN_OBSERVE_OPTIONS_INIT \
	{sizeof(struct postern_observe_options), 0, 0, NULL, NULL}

/*
 * Connect to the node that the policy calls node_name and get its statistics.
 * The path and the listener are checked as for postern_connect().  policy and
 * options (NULL: defaults) are borrowed for the call.  On failure *refusal,
 * when not NULL, says more.  Blocks until the node answers or the time is up.
 *
 * Returns 0, or
 *   -EACCES           not allowed, or the path or listener is not to be trusted
 *   -ENOENT           no such node in the policy, or it does not run
 *   -EPIPE            the node closed in the middle of it
 *   -ETIMEDOUT        the time is up
 *   -EDQUOT           the node has no place for another handshake now
 *   -EPROTONOSUPPORT  its statistics have a form that this library cannot read
 *   -EBADMSG          the node broke the rules of the handshake
 *   -EINVAL           a NULL or malformed argument; or the node's block of the
 *                     policy has an error (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_observe(const struct postern_policy *policy, const char *node_name,
		    const struct postern_observe_options *options,
		    struct postern_refusal *refusal,
		    struct postern_observer **ret_observer);

/* Accepts NULL.  Returns NULL. */
struct postern_observer *
postern_observer_close(struct postern_observer *observer);

/*
 * The figures of the node.  The node writes them at most every 100 ms and only
 * when something has changed; updated_ns says when it did last.  Never blocks.
 * ret_stats->size_bytes says how much of it the caller knows.
 *
 * Returns 0, or
 *   -EPIPE   the node was closed, or its process ended
 *   -ESTALE  the node keeps its figures elsewhere by now, since its policy was
 *            reloaded: close, and observe again.  Or a forked child
 *   -EAGAIN  the node is in the middle of writing them: look again later
 *   -EINVAL  a NULL or malformed argument
 */
POSTERN_MUST_CHECK
int postern_observer_node(struct postern_observer *observer,
			  struct postern_node_statistics *ret_stats);

/*
 * The figures of the peer in a slot; slots are counted from 0 to the node's
 * slot_count - 1.  They are of one moment, but for each peer of another one.
 *
 * Returns 0, -ENOENT (no peer has the slot, or there is none), or as
 * postern_observer_node().
 */
POSTERN_MUST_CHECK
int postern_observer_peer_at(struct postern_observer *observer,
			     uint32_t slot_index,
			     struct postern_peer_statistics *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
