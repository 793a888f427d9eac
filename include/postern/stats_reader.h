/* SPDX-License-Identifier: ISC */
/*
 * Statistics readers: read the statistics of another process's node
 *
 * A node publishes its statistics in a segment of shared memory that only the
 * node can write.  It passes the segment, read-only, to processes that may
 * observe: root, the owner of the node, and peers of an allow with `observe`.
 * Reading does not involve the node: the statistics can be read while the
 * node's thread hangs, and any number of readers cost the node nothing.
 *
 * The node could publish false statistics.  The library checks only that the
 * values are possible (numbers fit, states are known, texts are terminated and
 * printable).
 *
 * Threads: one thread at a time may use a reader.  After fork() every call in
 * the child fails with -ESTALE, and closing it there only releases the handle.
 */
#ifndef POSTERN_STATS_READER_H
#define POSTERN_STATS_READER_H

#include <postern/log.h>
#include <postern/policy.h>
#include <postern/result.h>
#include <postern/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct postern_stats_reader;

/* Begins with its size; zero means the default everywhere. */
struct postern_stats_reader_options {
	size_t size_bytes;
	uint32_t disable_features;  /* POSTERN_FEATURE_* bits not to use */
	postern_log_fn *log;
	void *log_user_data;
};

#define POSTERN_STATS_READER_OPTIONS_INIT \
	{sizeof(struct postern_stats_reader_options), 0, NULL, NULL}

/*
 * Connect to the node that the policy calls node_name and get its statistics.
 *
 * The path and the listener are checked as by postern_connect().  policy (NULL:
 * this host's policy, loaded for the call) and options (NULL: defaults) are
 * borrowed for the call.  Waits for the node until deadline_ns.  On failure
 * *error, unless it is NULL, receives the error information.
 *
 * Returns 0, or
 *   -EACCES           this process may not observe; or the path or the listener
 *                     is not trusted
 *   -ENOENT           the policy has no such node, or it is not running
 *   -EPIPE            the node closed the connection during the handshake
 *   -ETIMEDOUT        the node did not answer in time
 *   -EDQUOT           the node has no free slot for another handshake now
 *   -EPROTONOSUPPORT  no common protocol version, or the statistics have a
 *                     format that this library cannot read
 *   -EBADMSG          the node violated the protocol
 *   -EINVAL           an argument is NULL or malformed; or the node's block in
 *                     the policy has an error (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_stats_reader_open(
	const struct postern_policy *policy, const char *node_name,
	const struct postern_stats_reader_options *options,
	uint64_t deadline_ns, struct postern_stats_reader **ret_reader,
	struct postern_error_info *error);

/* Close a statistics reader.  Accepts NULL.  Returns NULL. */
struct postern_stats_reader *
postern_stats_reader_close(struct postern_stats_reader *reader);

/*
 * Read the statistics of the node.  Set ret_stats->size_bytes first.  The node
 * writes them at most every 100 ms, and only if something has changed;
 * updated_ns is the time when it last did.  Never blocks.
 *
 * Returns 0, or
 *   -EPIPE   the node was closed, or its process exited
 *   -ESTALE  the policy of the node was reloaded, and its statistics are in
 *            another segment: close the reader, and open another one.  Or
 *            after fork()
 *   -EAGAIN  the node is writing these statistics at the moment: read them
 *            later
 *   -EINVAL  an argument is NULL, or ret_stats has an invalid size
 */
POSTERN_MUST_CHECK
int postern_stats_reader_read_node(struct postern_stats_reader *reader,
				   struct postern_node_statistics *ret_stats);

/*
 * Read the statistics of the peer in a slot; slots are counted from 0 to
 * slot_count - 1 of the node.  The values of one peer belong to the same moment; those of
 * different peers do not.  Never blocks.
 *
 * Returns 0, or as postern_stats_reader_read_node(); or
 *   -ENOENT  the slot has no peer, or there is no such slot
 */
POSTERN_MUST_CHECK
int postern_stats_reader_read_peer(struct postern_stats_reader *reader,
				   uint32_t slot_index,
				   struct postern_peer_statistics *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
