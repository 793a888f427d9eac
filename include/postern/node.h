/* SPDX-License-Identifier: ISC */
/*
 * Nodes: named endpoints that admit peers and receive messages from them
 *
 * A node listens on a socket at the path that its policy names.  The kernel
 * identifies each process that connects, and the policy decides whether it may
 * connect.  Each process that may connect becomes a peer with a channel of its
 * own.  The calls below do all this work; there is no thread behind them.
 *
 * Use a loop of postern_node_wait() (or your own poll on postern_node_fd()),
 * postern_node_next_event() and postern_node_receive().  Only
 * postern_node_wait() and postern_node_probe() wait for another process.
 *
 * Threads: one thread at a time may call a node.  postern_node_interrupt() may
 * be called by any thread.  After fork() every call on a node in the child
 * fails with -ESTALE, and closing it there only releases the handle.
 *
 * A program must drop its privileges before it opens a node: the owner of the
 * node must be its real, effective and saved uid.
 */
#ifndef POSTERN_NODE_H
#define POSTERN_NODE_H

#include <postern/channel.h>
#include <postern/log.h>
#include <postern/policy.h>
#include <postern/result.h>
#include <postern/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct postern_node;

/*
 * The handle of a peer: slot index and generation.  No two peers of a node ever
 * have the same handle; 0 is no peer.
 */
typedef uint64_t postern_peer;

struct postern_accounting;

/*
 * Create sums over several nodes of a process.
 *
 * The limits of the process and of a tenant hold for the sum over all nodes that
 * are opened with the same accounting.  Each node applies the limits of its own
 * policy; tenants are the same if they have the same name.  Any thread may use an
 * accounting, and its nodes may be in different threads.  After fork() the child
 * must not use the accounting of its parent: it creates its own.
 *
 * Returns 0, or
 *   -EINVAL  ret_accounting is NULL
 *   -ENOMEM
 */
POSTERN_MUST_CHECK
int postern_accounting_new(struct postern_accounting **ret_accounting);

/*
 * Release an accounting.  Each node that was opened with it keeps a reference.
 * Accepts NULL.  Returns NULL.
 */
struct postern_accounting *
postern_accounting_free(struct postern_accounting *accounting);

/* Begins with its size; zero means the default everywhere. */
struct postern_node_options {
	size_t size_bytes;
	uint32_t spin_ns;       /* as in struct postern_connect_options */
	uint32_t disable_features;  /* POSTERN_FEATURE_* bits not to use */
	postern_log_fn *log;
	void *log_user_data;

	/* The file of the node's private key (<postern/key.h>).  It is required
	 * if the policy lists keys of the node, of which it must be one, and
	 * must be NULL otherwise. */
	const char *key_file;

	/* The sums that this node has in common with other nodes.  NULL: they
	 * are of this node alone. */
	struct postern_accounting *accounting;
};

#define POSTERN_NODE_OPTIONS_INIT \
	{sizeof(struct postern_node_options), 0, 0, NULL, NULL, NULL, NULL}

/*
 * Open the node that the policy calls node_name.
 *
 * Checks the owner, the node's key and the directory of the socket, locks the
 * file PATH.lock beside the socket PATH, replaces a socket that no process uses
 * any more, and listens once everything is ready.  If another program removes
 * one of the two files later, the node creates it again.
 *
 * The node keeps a reference to the policy; the caller may free its own.  If
 * policy is NULL, the call loads this host's policy.  options (NULL: defaults)
 * is borrowed for the call, the log callback until the node is closed.  On
 * failure *error, unless it is NULL, receives the error information.
 *
 * Returns 0, or
 *   -ENOENT      the policy has no such node
 *   -EACCES      this process is not the owner; the key is missing or is not
 *                listed; or the key file, the directory or /etc/subuid is not
 *                trusted: the error information names the command that fixes it
 *   -EOPNOTSUPP  the policy requires a feature that this host lacks, which the
 *                error information names
 *   -EBUSY       the node is already open, in this or another process
 *   -EINVAL      an argument is NULL or malformed; or the policy has an error
 *                that affects the node (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_node_open(const struct postern_policy *policy,
		      const char *node_name,
		      const struct postern_node_options *options,
		      struct postern_node **ret_node,
		      struct postern_error_info *error);

/*
 * Close a node: remove the socket and close every channel that was not
 * detached.  References from postern_node_channel() stay valid and return
 * -EPIPE.  May log; the last records count those that were suppressed.  Accepts
 * NULL.
 *
 * Returns NULL.
 */
struct postern_node *postern_node_close(struct postern_node *node);

/*
 * Get a descriptor for poll, select or epoll.  It is readable while there is a
 * message to receive, an event to report, or work to do.  It is
 * level-triggered: it stays readable until postern_node_receive() and
 * postern_node_next_event() have both returned -EAGAIN.  The node owns it.
 *
 * Returns the descriptor, -ESTALE after fork(), or -EINVAL for NULL.
 */
POSTERN_MUST_CHECK
int postern_node_fd(struct postern_node *node);

/*
 * Do the pending work of the node (accept connections, continue handshakes,
 * detect disconnected peers), and wait until there is a message to receive or
 * an event to report, at most until deadline_ns (CLOCK_MONOTONIC; 0: do the
 * pending work and do not wait).
 *
 * Returns 0, or
 *   -ETIMEDOUT  the deadline passed
 *   -EINTR      postern_node_interrupt()
 *   -ESTALE     after fork()
 *   -EINVAL     node is NULL
 *   -ECANCELED  the kernel could not wait
 */
POSTERN_MUST_CHECK
int postern_node_wait(struct postern_node *node, uint64_t deadline_ns);

/*
 * End postern_node_wait(), from any thread or from a signal handler.  Makes one
 * system call and does not change errno.
 *
 * The wait in progress returns -EINTR.  If there is none, the next one returns
 * it, once, even if there is a message to receive.  Several interrupts before
 * that count as one.  The descriptor of postern_node_fd() is readable until
 * then.  postern_node_receive() and postern_node_next_event() never wait and
 * ignore interrupts, so a program that shall stop must also test a flag of its
 * own:
 *
 *	static volatile sig_atomic_t must_stop;
 *
 *	static void on_sigterm(int signal_number)
 *	{
 *		(void)signal_number;
 *		must_stop = 1;
 *		(void)postern_node_interrupt(node);
 *	}
 *
 * The node must stay open until the call has returned: restore the action of
 * the signal before postern_node_close().
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL.
 */
int postern_node_interrupt(struct postern_node *node);

/*
 * Receive the next message of any peer.  Tenants, and the peers of a tenant,
 * take turns by bytes.  *ret_peer is the sender; otherwise as
 * postern_receive().  A peer that violates the protocol or disconnects causes
 * an event, not an error of this call.
 *
 * Receiving from a peer that is ready costs the same as postern_receive().  If
 * no peer is ready, 1 ms after the last time, and after 1024 calls at the
 * latest, the call also does the pending work of the node, as
 * postern_node_wait() does.  It then makes system calls, and may allocate and
 * log.  It never waits.  It reads the clock at every 8th call, or at every 32nd
 * while calls are quick.
 *
 * Returns 0, or
 *   -EAGAIN    there is no message, or the node is paused
 *   -EMSGSIZE  the message is larger than the buffer: it is kept, and
 *              *ret_message_bytes and *ret_peer are written
 *   -ESTALE    after fork()
 *   -EINVAL    an argument is NULL, or buffer is NULL and its size is not 0
 *   -ECANCELED the pending work failed
 */
POSTERN_MUST_CHECK
int postern_node_receive(struct postern_node *node, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 postern_peer *ret_peer);

/*
 * Stop receiving messages, and resume: for a program that cannot process more
 * messages at the moment.
 *
 * While a node is paused, postern_node_receive() does the pending work and
 * returns -EAGAIN, postern_node_wait() waits for events only, and messages do not make
 * postern_node_fd() readable.  Admission, control, statistics, events, reloads
 * and limits continue.  Peers see full rings.  The messages of a peer that
 * exits meanwhile stay in its slot until the node is resumed.
 *
 * Both calls may be repeated, and may be made at any time.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL.
 */
POSTERN_MUST_CHECK
int postern_node_pause(struct postern_node *node);
POSTERN_MUST_CHECK
int postern_node_resume(struct postern_node *node);

enum postern_node_event_type {
	POSTERN_NODE_EVENT_CONNECTED = 1,
	POSTERN_NODE_EVENT_DISCONNECTED = 2,
	/* Messages of a peer over its rate or bandwidth were dropped, because
	 * the policy says `on-exceed drop`.  The event counts those since the
	 * last such event of this peer was fetched. */
	POSTERN_NODE_EVENT_DROPPED = 3
};

/* Begins with its size. */
struct postern_node_event {
	size_t size_bytes;
	enum postern_node_event_type type;
	postern_peer peer;
	uint32_t uid;
	uint32_t gid;
	int32_t pid;                 /* 0 where it is not visible here */
	uint32_t directions;         /* POSTERN_DIRECTION_* */
	enum postern_reason reason;  /* why it was disconnected */
	uint32_t missed_count;       /* events dropped before this one */
	uint64_t undelivered_bytes;  /* of a disconnected peer, not received */
	uint64_t dropped_messages;   /* of POSTERN_NODE_EVENT_DROPPED */
	uint64_t dropped_bytes;
	char peer_name[POSTERN_NAME_BYTES]; /* the policy's peer that matched */
	char instance[POSTERN_NAME_BYTES];  /* its own name for itself */
};

#define POSTERN_NODE_EVENT_INIT \
	{sizeof(struct postern_node_event), (enum postern_node_event_type)0, 0, \
	 0, 0, 0, 0, POSTERN_REASON_NONE, 0, 0, 0, 0, {0}, {0}}

/*
 * Get the next event, oldest first.  The event that a peer was disconnected
 * comes after its last message was received.  When more than two events per
 * slot are not fetched, the oldest are dropped; missed_count of the next one
 * counts them.
 *
 * Returns 0, or
 *   -EAGAIN    there is no event
 *   -ESTALE    after fork()
 *   -EINVAL    an argument is NULL, or ret_event has an invalid size
 *   -ECANCELED the pending work failed
 */
POSTERN_MUST_CHECK
int postern_node_next_event(struct postern_node *node,
			    struct postern_node_event *ret_event);

/*
 * Send one message of byte_count bytes to a peer, as postern_send() does.
 *
 * It belongs to the thread of the node, and needs no reference to the channel.
 * Never blocks and never allocates.  If the ring is full, try again later; to
 * wait for free space, or to send from another thread, get a reference with
 * postern_node_channel().  Only one thread may send to a peer at a time.
 *
 * Returns 0, or
 *   -EAGAIN        the ring of the peer is full
 *   -EMSGSIZE      longer than the grant of the peer allows
 *   -EPERM         the peer may not receive
 *   -EPIPE         the peer exited or closed the channel, or the key is used up;
 *                  an event follows
 *   -EBADMSG       the peer violated the protocol
 *   -EKEYREJECTED  a received message failed authentication
 *   -EBUSY         a reservation of a reference is open
 *   -ESTALE        the peer is disconnected or detached; or after fork()
 *   -EINVAL        node is NULL, or bytes is NULL and byte_count is not 0
 */
POSTERN_MUST_CHECK
int postern_node_send(struct postern_node *node, postern_peer peer,
		      const void *bytes, size_t byte_count);

/*
 * Get a counted reference to the channel of a peer, to send to it in this or
 * another thread while the node continues to receive from it (receiving on the
 * reference returns -EBUSY).  Release it with postern_channel_close().
 *
 * Returns 0, or
 *   -ESTALE  the peer is disconnected or detached; or after fork()
 *   -EINVAL  an argument is NULL
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_node_channel(struct postern_node *node, postern_peer peer,
			 struct postern_channel **ret_channel);

/*
 * Take the channel of a peer out of the node: the caller sends and receives on
 * it, in any thread, and closes it.  Until then the slot stays in use and is
 * charged to the peer's quotas.  The node still reports an event when the peer
 * is disconnected.
 *
 * Returns 0, or as postern_node_channel(); or
 *   -ESTALE      the peer is disconnected, and its last messages can still be
 *                received from the node
 *   -EOPNOTSUPP  the policy limits the peer's rate, bandwidth or idle time;
 *                only the node can enforce that
 */
POSTERN_MUST_CHECK
int postern_node_detach(struct postern_node *node, postern_peer peer,
			struct postern_channel **ret_channel);

/*
 * Replace the policy of the node.  On any failure the old one stays in effect,
 * and no peer is affected.
 *
 * Reads the file of the node's key again; so the node changes to its next key,
 * once the policy lists both.  (If no locked memory is left for it, the node
 * keeps its key and logs a record `key`: peers may have used up the memory, and
 * a reload must be able to disconnect them.)
 *
 * Checks all peers again, by the credentials and the key with which they
 * connected.  Peers that the new policy does not allow with their current
 * directions and security mode are disconnected before the call returns
 * (POSTERN_REASON_REVOKED, one event each; *ret_disconnected_count, unless it is
 * NULL, counts them).  So is a detached peer whose rate, bandwidth or idle time
 * the new policy limits.  The other peers get their new limits at once, but
 * their rings and message sizes and the number of slots do not change.  Limits
 * on the number of peers apply to new peers only.  The node keeps a reference to
 * the policy.  If policy is NULL, the call loads this host's policy.
 *
 * The node keeps its accounting, with all that was charged.
 *
 * On failure *error, unless it is NULL, receives the error information.
 *
 * Returns 0, or
 *   -ENOENT      the policy has no such node
 *   -EACCES      the policy names another owner, a group that this process
 *                cannot set, or not the node's key; the key file or /etc/subuid
 *                is not trusted; or the socket is missing at its path
 *   -EOPNOTSUPP  the policy requires a feature that this host lacks
 *   -EBUSY       the policy moves the socket
 *   -EINVAL      an argument is NULL; the policy has an error that affects the
 *                node (POSTERN_REASON_POLICY), or a socket mode that locks out
 *                the owner
 *   -ESTALE      after fork()
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_node_reload(struct postern_node *node,
			const struct postern_policy *policy,
			uint32_t *ret_disconnected_count,
			struct postern_error_info *error);

/*
 * Report that a new policy could not be loaded, in the records and the
 * statistics of the node.  result is the error of postern_policy_load();
 * diagnostics (may be NULL) are its diagnostics, of which the first error is
 * recorded.  Nothing else changes.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL if node is NULL or result is not
 * negative.
 */
POSTERN_MUST_CHECK
int postern_node_report_reload_failure(
	struct postern_node *node, int result,
	const struct postern_diagnostics *diagnostics);

/*
 * Disconnect one peer, or all peers whose connection a given peer of the policy
 * allowed, including handshakes in progress.  peer_name is the name in events;
 * a peer that matches several has the first of them in alphabetical order.
 *
 * The peers are disconnected and their slots are free when the call returns.
 * Nothing more is sent to them or received from them.  Messages that were not
 * received yet are lost; undelivered_bytes of the event
 * (POSTERN_REASON_DISCONNECTED) counts them only as far as the node had seen
 * them.
 * A reference from postern_node_channel() or postern_node_detach() returns
 * -EPIPE.  The policy does not change: a peer that it allows may connect
 * again.  A user with unread offers gets no new ones until it has read or
 * closed these; the handle in an "unread-offers" record revokes all offers of
 * that user.
 *
 * Returns 0, and in *ret_count, unless it is NULL, how many channels,
 * handshakes and unread offers were ended; or
 *   -ESTALE  postern_node_disconnect(): the peer is not connected; or after
 *            fork()
 *   -ENOENT  postern_node_disconnect_named(): no peer is connected by that name
 *   -EINVAL  an argument is NULL
 */
POSTERN_MUST_CHECK
int postern_node_disconnect(struct postern_node *node, postern_peer peer);
POSTERN_MUST_CHECK
int postern_node_disconnect_named(struct postern_node *node,
				  const char *peer_name, uint32_t *ret_count);

/*
 * Get the statistics of the node, or of one of its peers: <postern/stats.h>.
 * Set ret_stats->size_bytes first.
 *
 * They are current.  Other processes see the same values up to 100 ms later, by
 * postern_stats_reader_open().  A message sent on a channel of
 * postern_node_channel() after a pause, to a peer that polls without sleeping,
 * may appear there up to a second later.  The statistics of a detached channel
 * are those of the moment when it was detached.
 *
 * Returns 0, or
 *   -ESTALE  postern_node_peer_stats(): the peer is not connected; or after
 *            fork()
 *   -EINVAL  an argument is NULL, or ret_stats has an invalid size
 */
POSTERN_MUST_CHECK
int postern_node_stats(struct postern_node *node,
		       struct postern_node_statistics *ret_stats);
POSTERN_MUST_CHECK
int postern_node_peer_stats(struct postern_node *node, postern_peer peer,
			    struct postern_peer_statistics *ret_stats);

/*
 * Get the peers one by one, in the order of their slots.  Begin with previous
 * 0.  A peer that connects or is disconnected in between may be missing.
 *
 * Returns 0, or
 *   -ENOENT  there are no more peers
 *   -ESTALE  after fork()
 *   -EINVAL  an argument is NULL
 */
POSTERN_MUST_CHECK
int postern_node_next_peer(struct postern_node *node, postern_peer previous,
			   postern_peer *ret_peer);

/*
 * Check that the node is running and that its owner is listening.
 *
 * Connects, closes the connection without a handshake, and waits until the node
 * has noticed that, or until deadline_ns.  A stopped process does not notice, and
 * neither does a process that does not call its node, so do not probe a node
 * from the thread that serves it.  The node does not count or log the probe,
 * unless no rule could allow the caller, which is logged as a refusal.  With
 * `owner unmapped` a listener that answers has not proven the node's key; only
 * postern_connect() verifies it.  If policy is NULL, the call loads this host's
 * policy.  On failure *error, unless it is NULL, receives the error
 * information.
 *
 * Returns 0, or
 *   -ENOENT     the policy has no such node, or it is not running: see the
 *               reason
 *   -EACCES     the path or the listener is not trusted
 *   -ETIMEDOUT  the node did not answer
 *   -EINVAL     an argument is NULL or malformed; or the node's block in the
 *               policy has an error (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_node_probe(const struct postern_policy *policy,
		       const char *node_name, uint64_t deadline_ns,
		       struct postern_error_info *error);

#ifdef __cplusplus
}
#endif

#endif
