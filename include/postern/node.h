/* SPDX-License-Identifier: ISC */
/*
 * Nodes: a named endpoint that admits peers and receives from them
 *
 * A node owns a handshake socket at the path its policy names.  The
 * kernel identifies each process that connects, and the policy decides.  A process
 * that is admitted gets a channel of its own.  The calls below do all of that work: there is no
 * thread behind them.  Call them (except postern_node_interrupt(), which any
 * thread may call) from one thread at a time, in a loop of
 * postern_node_wait() (or of your own poll over postern_node_fd()),
 * postern_node_next_event() and postern_node_receive().  Only
 * postern_node_wait() and postern_node_probe() wait for another process.  After fork()
 * every call on a node fails in the child with -ESTALE, and closing there only
 * forgets the handle.
 *
 * The program drops its privileges before it opens a node: the node's owner
 * must be its real, effective and saved uid.
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
 * A peer's handle: slot index and generation.  A handle is never used again for
 * another peer; 0 is no peer.
 */
typedef uint64_t postern_peer;

/* Begins with its size; zero means the default everywhere. */
struct postern_node_options {
	size_t size_bytes;
	uint32_t spin_ns;       /* as in struct postern_connect_options */
	uint32_t features_off;  /* POSTERN_FEATURE_* bits to do without */
	postern_log_fn *log;
	void *log_user_data;

	/* The file of the node's private key (<postern/key.h>): there exactly
	 * if the policy lists keys of the node, and it is one of them.  NULL:
	 * none. */
	const char *key_file;
};

#define POSTERN_NODE_OPTIONS_INIT \
	{sizeof(struct postern_node_options), 0, 0, NULL, NULL, NULL}

/*
 * Open the node that the policy calls node_name: check the owner, the node's
 * key and the socket's directory, lock the file PATH.lock beside the socket
 * PATH, replace a stale socket, and listen when all is ready.  If another
 * program removes one of the two files, the node creates it again.  The node keeps
 * a reference to the policy; the caller may free its own.  options (NULL:
 * defaults) is borrowed for the call, the log callback until the node is closed.
 * On failure *refusal, when not NULL, says more.
 *
 * Returns 0, or
 *   -ENOENT      no such node in the policy
 *   -EACCES      not the owner, a key that the policy does not list or none
 *                where it does, or the key file, the directory or /etc/subuid
 *                is unfit: see the refusal, which names the command that mends
 *                it
 *   -EOPNOTSUPP  the policy requires a feature that this host lacks: the refusal
 *                names it
 *   -EBUSY       the node is open already, here or in another process
 *   -EINVAL      the policy has an error that concerns the node
 *                (POSTERN_REASON_POLICY); a NULL or malformed argument
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_node_open(const struct postern_policy *policy,
		      const char *node_name,
		      const struct postern_node_options *options,
		      struct postern_refusal *refusal,
		      struct postern_node **ret_node);

/*
 * Remove the socket and close every channel that was not detached; references
 * from postern_node_channel() stay valid and answer -EPIPE.  May log, last of all
 * what was suppressed.  Accepts NULL.  Returns NULL.
 */
struct postern_node *postern_node_close(struct postern_node *node);

/*
 * A descriptor for poll, select or epoll: readable while there is anything to
 * receive, to report or to handle.  Level-triggered: it stays readable until
 * postern_node_receive() has returned -EAGAIN and postern_node_next_event() too.
 * Owned by the node.
 *
 * Returns the descriptor, -ESTALE or -EINVAL.
 */
POSTERN_MUST_CHECK
int postern_node_fd(struct postern_node *node);

/*
 * Do what is due (accept, admit, notice departures) and wait until there is a
 * message to receive or an event to report, at most until deadline_ns
 * (CLOCK_MONOTONIC; 0: do what is due, and do not wait).
 *
 * Returns 0, or -ETIMEDOUT, -EINTR (postern_node_interrupt()), -ESTALE, -EINVAL,
 * -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_node_wait(struct postern_node *node, uint64_t deadline_ns);

/*
 * End postern_node_wait() from outside: from any thread, or from a signal
 * handler.  It makes one system call and leaves errno alone.
 *
 * The wait that is in progress returns -EINTR; if there is none, the next one
 * does, once, even if there is something to receive.  Interrupts before that
 * count as one.  The descriptor of postern_node_fd() is readable until then.
 * postern_node_receive() and postern_node_next_event() never wait and ignore
 * interrupts, so a program that is to stop looks at a flag of its own too:
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
 * The node must stay open until the call has returned: restore the signal's
 * action before postern_node_close().
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL.
 */
int postern_node_interrupt(struct postern_node *node);

/*
 * Receive the next message of any peer, peers taking turns.
 *
 * As postern_receive(); *ret_peer is the sender.  A peer that broke the
 * protocol or left ends with an event, not with an error here.
 *
 * Moving a message from a peer that is ready costs what postern_receive() costs.
 * But whenever no peer is ready, 1 ms after the last time, and after 1024 calls
 * at the latest, the call also does what is due, as postern_node_wait() does:
 * then it makes system calls, may allocate, and may log.  It never waits.  It
 * looks at the clock at every 8th call, at every 32nd while calls are quick.
 *
 * Returns 0, or -EAGAIN (nothing there, or paused), -EMSGSIZE (the message is
 * kept; *ret_message_bytes and *ret_peer are written), -ESTALE, -EINVAL,
 * -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_node_receive(struct postern_node *node, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 postern_peer *ret_peer);

/*
 * Stop taking messages, or take them again: for a program that cannot pass on
 * more of them at the moment.
 *
 * While a node is paused, postern_node_receive() does what is due and returns
 * -EAGAIN, postern_node_wait() waits for events only, and a message does not
 * make postern_node_fd() readable.  Everything else goes on: admission, control,
 * statistics, events, reloads and limits.  Peers see full rings.  The messages
 * of a peer that exits meanwhile stay in its slot until the node is resumed.
 *
 * Both may be called at any time, and again.  Returns 0, -ESTALE or -EINVAL.
 */
POSTERN_MUST_CHECK
int postern_node_pause(struct postern_node *node);
POSTERN_MUST_CHECK
int postern_node_resume(struct postern_node *node);

enum postern_event_type {
	POSTERN_EVENT_ADMITTED = 1,
	POSTERN_EVENT_DEPARTED = 2,
	/* Messages of a peer over its rate or bandwidth were dropped, as its
	 * policy says (`on-exceed drop`): so many since the last such event
	 * of this peer was fetched. */
	POSTERN_EVENT_GAP = 3
};

/* Begins with its size. */
struct postern_event {
	size_t size_bytes;
	enum postern_event_type type;
	postern_peer peer;
	uint32_t uid;
	uint32_t gid;
	int32_t pid;                 /* 0 where it is not visible here */
	uint32_t directions;         /* POSTERN_DIRECTION_*, the peer's view */
	enum postern_reason reason;  /* why it departed */
	uint32_t missed_count;       /* events dropped before this one */
	uint64_t undelivered_bytes;  /* of a departed peer's ring, not drained */
	uint64_t dropped_messages;   /* of a gap */
	uint64_t dropped_bytes;
	char name[POSTERN_NAME_BYTES];      /* the peer rule that matched */
	char instance[POSTERN_NAME_BYTES];  /* what it calls itself */
};

#define POSTERN_EVENT_INIT \
	{sizeof(struct postern_event), (enum postern_event_type)0, 0, 0, 0, 0, \
	 0, POSTERN_REASON_NONE, 0, 0, 0, 0, {0}, {0}}

/*
 * The next event, oldest first.  A departure comes after the last message of
 * that peer was received.  Events that are not fetched are dropped, oldest
 * first, once there are more than two per slot; missed_count has the number.
 *
 * Returns 0, or -EAGAIN (none), -ESTALE, -EINVAL, -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_node_next_event(struct postern_node *node,
			    struct postern_event *ret_event);

/*
 * A counted reference to a peer's channel, for sending to it from this or
 * another thread while the node goes on receiving from it (receiving on it is
 * -EBUSY).  Give it back with postern_channel_close().
 *
 * Returns 0, or -ESTALE (that peer is gone or detached, or a forked child),
 * -EINVAL, -ENOMEM, -EMFILE, -ENFILE, -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_node_channel(struct postern_node *node, postern_peer peer,
			 struct postern_channel **ret_channel);

/*
 * Take a peer's channel out of the node's hands: the caller receives and sends
 * on it, in any thread, and closes it.  The slot stays taken, and counts in the
 * peer's quotas, until then; the departure is an event of the node still.
 *
 * Returns as postern_node_channel(); -ESTALE also for a peer that is gone and
 * whose last messages are still to be received from the node; -EOPNOTSUPP where
 * the policy limits its rate, bandwidth or idle time, which only the node's own
 * receiving can carry out.
 */
POSTERN_MUST_CHECK
int postern_node_detach(struct postern_node *node, postern_peer peer,
			struct postern_channel **ret_channel);

/*
 * Live by another policy from now on: whole, or on any failure not at all.
 *
 * The file of the node's key is read again, too: so it changes to its next key,
 * once the policy lists both.  (Where no locked memory is left to read it into,
 * the key stays, and a record `key` says so: peers may have taken it all, and a
 * reload must be able to cut them.)  All peers are checked again, by the
 * credentials and the key that they were admitted with.  Peers that the new policy
 * does not allow with their current directions and security mode are disconnected
 * within the call (POSTERN_REASON_REVOKED, an event each; *ret_lost_count of
 * them, unless that is NULL); so is a detached one whose policy now limits its
 * rate, bandwidth or idle time.  The others have their new limits at once, but rings,
 * the size of messages and the number of slots stay as they are.  Limits on the
 * number of peers apply to new ones only.  The node keeps a reference to the
 * policy.
 *
 * Sums over the process and over tenants hold for all nodes of the process that
 * were opened with one policy object; to keep them together, reload all of
 * these nodes with one object again.
 *
 * Returns 0, or
 *   -ENOENT      the policy has no such node
 *   -EACCES      another owner, a key that it does not list, a key file that
 *                became unfit, a group that cannot be given, an unfit
 *                /etc/subuid, or the socket is not in its place any more
 *   -EOPNOTSUPP  the policy requires a feature that this host lacks
 *   -EBUSY       the policy moves the socket
 *   -EINVAL      the policy has an error that concerns the node
 *                (POSTERN_REASON_POLICY); a NULL argument, or a mode that
 *                shuts the owner out
 *   -ESTALE -ENOMEM -EMFILE -ENFILE -ECANCELED
 * and *refusal, when not NULL, says more.
 */
POSTERN_MUST_CHECK
int postern_node_reload(struct postern_node *node,
			const struct postern_policy *policy,
			struct postern_refusal *refusal,
			uint32_t *ret_lost_count);

/*
 * Another policy was to be put in force and could not even be loaded: have the
 * node's records and statistics say so.  result is what postern_policy_load()
 * returned, diagnostics (may be NULL) what it found, of which the first error is
 * recorded.  Nothing else changes.
 *
 * Returns 0, -ESTALE, or -EINVAL (a NULL node, or a result that is no failure).
 */
POSTERN_MUST_CHECK
int postern_node_reload_failed(struct postern_node *node, int result,
			       const struct postern_diagnostics *diagnostics);

/*
 * Take back the admission of one peer, or of all that the policy's peer of that
 * name admitted (the name that events have; a peer that matches several has the first
 * of them in the alphabet), handshakes in progress included.
 *
 * Within the call the peer is disconnected and its slot is free.  Nothing more is
 * written for it or read from it: messages that it had sent and that were not
 * received yet are lost, and count in undelivered_bytes of its departure
 * (POSTERN_REASON_REVOKED) only as far as the node had seen them.  A holder of its
 * channel by postern_node_channel() or postern_node_detach() gets -EPIPE.  The policy is as
 * before: a peer that it allows may connect again.  A user that has left offers
 * unread gets none until it has read or closed them; the handle in an
 * "unread-offers" record revokes all of that user.
 *
 * Returns 0, and in *ret_count, unless that is NULL, how many channels,
 * handshakes and unread offers were ended.  Or
 *   -ESTALE      that peer is gone (postern_node_revoke()), or a forked child
 *   -ENOENT      no peer was admitted by that name
 *   -EINVAL
 */
POSTERN_MUST_CHECK
int postern_node_revoke(struct postern_node *node, postern_peer peer);
POSTERN_MUST_CHECK
int postern_node_revoke_named(struct postern_node *node, const char *peer_name,
			      uint32_t *ret_count);

/*
 * The statistics of the node, or of one of its peers, so far: <postern/stats.h>.
 * ret_stats->size_bytes says how much of it the caller knows.  As of now; others
 * see the same figures, up to 100 ms later, by postern_observe(); the first
 * message sent after a silence by a channel of postern_node_channel() up to a
 * second later, if its peer polls without sleeping.  Of a detached peer's
 * channel they are those of the moment of detaching.
 *
 * Returns 0, or -ESTALE (a forked child; that peer is gone), -EINVAL.
 */
POSTERN_MUST_CHECK
int postern_node_stats(struct postern_node *node,
		       struct postern_node_statistics *ret_stats);
POSTERN_MUST_CHECK
int postern_node_peer_stats(struct postern_node *node, postern_peer peer,
			    struct postern_peer_statistics *ret_stats);

/*
 * The peers, one after the other, in the order of their slots: previous 0 is
 * the first, and a peer that connects or leaves in between may be missing.
 *
 * Returns 0, or -ENOENT (there are no more), -ESTALE, -EINVAL.
 */
POSTERN_MUST_CHECK
int postern_node_next_peer(struct postern_node *node, postern_peer previous,
			   postern_peer *ret_peer);

/*
 * Does the node answer, and is the listener its owner?  Connects, ends the
 * connection without a handshake, and waits until the node has noticed: a
 * process that is stopped does not, nor does one that never calls its node.  So
 * do not probe a node from the thread that serves it.  The node does not count
 * or record that, unless no rule could admit the caller, which is recorded as a
 * refusal.  With `owner unmapped` a listener that answers has not proven the
 * node's key: only postern_connect() asks for it.  Blocks at most 1 s.  On failure *refusal, when not NULL, says more.
 *
 * Returns 0, or -ENOENT (no such node, or it does not run: see the reason), -EACCES (the path or the listener is not to be trusted), -ETIMEDOUT
 * (it does not answer), -EINVAL, -ENOMEM, -EMFILE, -ENFILE, -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_node_probe(const struct postern_policy *policy,
		       const char *node_name,
		       struct postern_refusal *refusal);

#ifdef __cplusplus
}
#endif

#endif
