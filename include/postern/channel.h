/* SPDX-License-Identifier: ISC */
/*
 * Channels: connecting to a node, sending and receiving
 *
 * A channel is one admitted connection between a connector and a node.  It
 * carries messages in the directions the node's policy granted, through shared
 * memory that only one side can write.
 *
 * Threads: on one channel, one thread may send (send, send_wait, flush, reserve,
 * commit, abort, set_watermarks, next_event) while another receives (receive,
 * receive_wait).  postern_channel_wait() belongs to the thread whose directions it
 * names.  Any thread may call limits, stats, end_reason and interrupt.
 * Different channels are independent.  Closing needs both threads to be done.
 *
 * After fork() every call in the child fails with -ESTALE, and closing there
 * only forgets the handle: the parent's channel is untouched.
 */
#ifndef POSTERN_CHANNEL_H
#define POSTERN_CHANNEL_H

#include <postern/log.h>
#include <postern/policy.h>
#include <postern/result.h>
#include <postern/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct postern_channel;

/* spin_ns: how long a waiting call may look before it sleeps. */
#define POSTERN_SPIN_DEFAULT 0u
#define POSTERN_SPIN_NONE UINT32_MAX

/* Begins with its size; zero means the default everywhere. */
struct postern_connect_options {
	size_t size_bytes;

	/* The name this process gives itself in the node's records: at most 63
	 * of [A-Za-z0-9_.-], the first a letter or digit.  NULL: none.  Never
	 * a basis of admission. */
	const char *instance;

	/* Wished directions, POSTERN_DIRECTION_* bits.  0: what is granted. */
	uint32_t directions;

	/* Wished size of each ring and of the largest message.  0: the most
	 * that this side's policy could grant.  The node may grant less. */
	uint32_t ring_bytes;
	uint32_t message_bytes;

	/* Bounds the whole of connecting.  0: 2 s.  UINT64_MAX: no bound. */
	uint64_t timeout_ns;

	/* Up to this long a waiting call looks before it sleeps (adapted below
	 * it to what pays).  POSTERN_SPIN_DEFAULT or POSTERN_SPIN_NONE too. */
	uint32_t spin_ns;

	/* POSTERN_FEATURE_* bits to do without. */
	uint32_t features_off;

	postern_log_fn *log;
	void *log_user_data;

	/* The file of this process's private key (<postern/key.h>), which it
	 * proves to have to a node whose key the policy lists.  NULL: none. */
	const char *key_file;
};

#define POSTERN_CONNECT_OPTIONS_INIT \
	{sizeof(struct postern_connect_options), NULL, 0, 0, 0, 0, 0, 0, NULL, \
	 NULL, NULL}

/*
 * Connect to the node that the policy calls node_name.
 *
 * The policy says where the node's socket is and its owner; the path and the
 * listener's credentials are checked before anything is sent.  If it lists keys
 * of the node, the node has to prove that it has one of them, each being tried
 * in turn.  The mode of the channel is the weakest that neither this policy nor
 * the node's forbids, and with a key `mac` at least: see limits.security.
 * policy, options (NULL: defaults) and the strings are borrowed for the call.
 * Blocks, at most options->timeout_ns, and for as long as file systems do where
 * a key or the process's own facts have to be read.  On failure *refusal, when
 * not NULL, says more.
 *
 * Returns 0, or
 *   -ENOENT           no such node in the policy, or it does not run
 *   -EACCES           refused by the node, or the path, the listener or the key
 *                     file is not to be trusted: see refusal->reason
 *   -EKEYREJECTED     the node does not have the key that the policy lists, or
 *                     there is a man in the middle (POSTERN_REASON_KEY)
 *   -EDQUOT           the node has no place for this user now
 *   -EPROTONOSUPPORT  no common protocol version
 *   -EBADMSG          the node broke the protocol
 *   -EPIPE            the node went away in mid-handshake
 *   -ETIMEDOUT        not connected before the deadline
 *   -EOPNOTSUPP       the node answers in a security mode that was not offered
 *   -EINVAL           the node's own block in the policy has an error
 *                     (POSTERN_REASON_POLICY); a NULL or malformed argument
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_connect(const struct postern_policy *policy, const char *node_name,
		    const struct postern_connect_options *options,
		    struct postern_refusal *refusal,
		    struct postern_channel **ret_channel);

/*
 * Close a channel, or give back a reference from postern_node_channel() or
 * postern_node_detach().  Messages sent before stay in the ring and the peer
 * drains it (see postern_flush()).  Accepts NULL.  Returns NULL.
 */
struct postern_channel *postern_channel_close(struct postern_channel *channel);

/* The grant, as seen from this side.  Begins with its size. */
struct postern_limits {
	size_t size_bytes;
	uint32_t directions;         /* POSTERN_DIRECTION_* of the caller */
	enum postern_security security;
	uint32_t send_ring_bytes;    /* 0 where the direction is not granted */
	uint32_t receive_ring_bytes;
	uint32_t send_message_bytes; /* the largest message */
	uint32_t receive_message_bytes;
};

#define POSTERN_LIMITS_INIT \
	{sizeof(struct postern_limits), 0, POSTERN_SECURITY_NONE, 0, 0, 0, 0}

/* Returns 0, -ESTALE after fork(), or -EINVAL for NULL or an impossible size. */
POSTERN_MUST_CHECK
int postern_channel_limits(const struct postern_channel *channel,
			   struct postern_limits *ret_limits);

/*
 * The statistics of the channel so far, as seen from this side: <postern/stats.h>.
 * ret_stats->size_bytes says how much of it the caller knows.
 *
 * For any thread at any time, as long as the channel is not closed meanwhile;
 * the threads that send and receive are not slowed down by it.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL or an impossible size.
 */
POSTERN_MUST_CHECK
int postern_channel_stats(struct postern_channel *channel,
			  struct postern_channel_statistics *ret_stats);

/*
 * How the channel ended, once a call has noticed: POSTERN_REASON_NONE while it
 * lives (and for NULL, and after fork()).
 *
 *   CLOSED HUNG_UP PEER_DIED      the peer went, in order or not
 *   REVOKED NODE_CLOSED EXCEEDED IDLE
 *                                 the node ended it.  To a connector this is
 *                                 what the node says, which nothing proves
 *   POISONED                      the peer broke the rules
 *   KEY_REJECTED                  what came was not the next message of this
 *                                 peer: forged, altered, dropped or repeated
 *   KEY_USED_UP                   2^48 messages in one direction
 *
 * For any thread.
 */
enum postern_reason
postern_channel_end_reason(const struct postern_channel *channel);

/*
 * Send one message of byte_count bytes (0 is a message too).
 *
 * The bytes are copied; the caller keeps the buffer.  Never blocks and never
 * allocates; makes a system call only to wake a sleeping receiver, and to check
 * whether a peer that has received nothing for a while is still there.
 *
 * A message is sent once it is in the ring, whether the peer receives it or not.
 * After the peer has ended, at most 2048 more messages are sent before -EPIPE
 * (or -EAGAIN, where the ring is full before).  Once a millisecond has passed,
 * the peer is checked with one of the next 64 messages; the first check after its
 * end may still count what it received before, the second does not.
 * postern_flush() confirms that messages were received.  The
 * same holds for a reference from postern_node_channel().
 *
 * Returns 0, or
 *   -EAGAIN           the ring is full: postern_channel_wait() for
 *                     POSTERN_DIRECTION_SEND
 *   -EMSGSIZE         more than the grant allows: postern_channel_limits()
 *   -EPERM            sending was not granted
 *   -EPIPE            the peer is gone, the node ended the channel or was
 *                     closed, or the key is used up:
 *                     postern_channel_end_reason()
 *   -EBADMSG          the peer broke the protocol: the channel is dead
 *   -EKEYREJECTED     a message that was received failed authentication: the
 *                     channel is dead
 *   -EBUSY            a reservation is open: commit or abort it first
 *   -ESTALE           this process is a forked child
 *   -EINVAL           a NULL channel, or NULL bytes with a non-zero count
 */
POSTERN_MUST_CHECK
int postern_send(struct postern_channel *channel, const void *bytes,
		 size_t byte_count);

/*
 * The same, but waits for room until deadline_ns (CLOCK_MONOTONIC).
 * Returns as postern_send(), with -ETIMEDOUT in place of -EAGAIN, -EINTR
 * (postern_channel_interrupt(); nothing was sent), or -ENOMEM or -ECANCELED
 * where the kernel cannot wait.
 */
POSTERN_MUST_CHECK
int postern_send_wait(struct postern_channel *channel, const void *bytes,
		      size_t byte_count, uint64_t deadline_ns);

/*
 * Send without a copy: reserve room for a message, write it there, commit it.
 *
 * *ret_bytes points at byte_count writable bytes until commit or abort; nothing
 * is visible to the receiver before postern_commit(), which may shorten the
 * message.  One reservation at a time.
 *
 * With POSTERN_SECURITY_NONE the bytes are in the ring, whose memory the peer
 * can read: what is written there stays readable to it until other messages
 * overwrite it, also beyond a shortened message and of an aborted one.  In the
 * other modes they are private memory, and commit seals them into the ring:
 * what is not committed never gets there.
 *
 * postern_reserve() returns as postern_send().
 * postern_commit() returns as postern_send(), and -EINVAL without a
 * reservation or for more bytes than reserved (the reservation stays).
 * postern_abort() returns 0, -EINVAL without a reservation, or -ESTALE.
 */
POSTERN_MUST_CHECK
int postern_reserve(struct postern_channel *channel, size_t byte_count,
		    void **ret_bytes);
POSTERN_MUST_CHECK
int postern_commit(struct postern_channel *channel, size_t byte_count);
POSTERN_MUST_CHECK
int postern_abort(struct postern_channel *channel);

/*
 * Wait until the peer has consumed all that was sent before.
 *
 * Returns 0, or -ETIMEDOUT, -EINTR (postern_channel_interrupt()), -EPERM, -EPIPE
 * (the peer went before it had consumed everything), -EBADMSG, -EKEYREJECTED,
 * -ESTALE, -EINVAL, -ENOMEM, -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_flush(struct postern_channel *channel, uint64_t deadline_ns);

/*
 * Receive one message into buffer.
 *
 * *ret_message_bytes is its size; 0 is a message too.  The bytes are copied out
 * of shared memory once, so they no longer change; in the modes `mac` and
 * `aead` they are delivered only after that copy was verified.  Never blocks
 * and never allocates.  Messages that a peer sent before it left are
 * delivered before -EPIPE.
 *
 * Returns 0, or
 *   -EAGAIN    nothing there: postern_channel_wait()
 *   -EMSGSIZE  the message is larger than the buffer: it is kept, and
 *              *ret_message_bytes says its size (the one output written on
 *              failure; not authenticated yet)
 *   -EPERM     receiving was not granted
 *   -EPIPE     the peer is gone and all it sent was received, or the node ended
 *              the channel: postern_channel_end_reason()
 *   -EBADMSG   the peer broke the protocol: the channel is dead
 *   -EKEYREJECTED  it failed authentication: it is not this peer's next message
 *              in this session.  The channel is dead, in both directions; the
 *              buffer holds nothing of it
 *   -EBUSY     the node receives from this channel: postern_node_detach()
 *   -ESTALE    this process is a forked child
 *   -EINVAL    NULL, or a NULL buffer with a non-zero size
 */
POSTERN_MUST_CHECK
int postern_receive(struct postern_channel *channel, void *buffer,
		    size_t buffer_bytes, size_t *ret_message_bytes);

/*
 * The same, but waits for a message until deadline_ns (CLOCK_MONOTONIC).
 * Returns as postern_receive(), with -ETIMEDOUT in place of -EAGAIN, -EINTR
 * (postern_channel_interrupt(); a message that is there stays there), or -ENOMEM
 * or -ECANCELED where the kernel cannot wait.
 */
POSTERN_MUST_CHECK
int postern_receive_wait(struct postern_channel *channel, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 uint64_t deadline_ns);

/*
 * A descriptor for poll, select or epoll: readable while there is something to
 * receive, after half of a full ring is free again (as far as the receiver has
 * noticed), after its depth has sunk to the low watermark, and when the peer is
 * gone.  A sender that waits for free space is woken then too, not for each message: it
 * would fill the space of one and sleep again.  For more space than half of the
 * ring it is woken within a 64th of the ring.
 *
 * Level-triggered: it stays readable until postern_receive(), postern_send() or
 * postern_channel_next_event() has returned -EAGAIN, or postern_channel_wait()
 * with deadline 0 -ETIMEDOUT.  It is readable when first asked for.  Owned by the
 * channel: do not read, write or close it.  Costs a system call per -EAGAIN from
 * then on.
 *
 * Returns the descriptor, or -ESTALE, -EINVAL, -ENOMEM, -EMFILE, -ENFILE,
 * -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_channel_fd(struct postern_channel *channel);

/* Beside POSTERN_DIRECTION_*: the depth is at the low watermark, or below. */
#define POSTERN_WAIT_LOW 4u

/*
 * Wait until one of the directions (POSTERN_DIRECTION_* bits of the caller, or
 * POSTERN_WAIT_LOW) is ready: a message can be received; a message that found
 * the ring full can be tried again; the depth has sunk to the low watermark; or
 * the channel has ended, which makes every direction ready so that the next call
 * says how.  Reports and clears readiness to send.
 *
 * Returns 0 and the ready bits, or -ETIMEDOUT, -EINTR
 * (postern_channel_interrupt()), -EPERM (none of the directions is granted),
 * -EBUSY (the node receives from it), -ESTALE, -EINVAL (also POSTERN_WAIT_LOW
 * without watermarks), -ENOMEM, -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_channel_wait(struct postern_channel *channel, uint32_t directions,
			 uint64_t deadline_ns, uint32_t *ret_ready);

/*
 * End a wait on the channel from outside: from any thread, or from a signal
 * handler.  It makes one system call for each direction and leaves errno alone.
 *
 * In each granted direction, the wait that is in progress returns -EINTR; if
 * there is none, the next call that can wait does (postern_send_wait(),
 * postern_flush(), postern_receive_wait(), postern_channel_wait()), once, even
 * if it would not have to wait.  Interrupts before that count as one.  A
 * postern_channel_wait() for both directions takes the interrupt of both.  The
 * descriptor of postern_channel_fd() is readable until the interrupt is taken.
 * Nothing else changes: the channel stays as usable as before.
 *
 * postern_connect() has no handle to interrupt: its deadline ends it.  The
 * receiving direction of a reference from postern_node_channel() has no waits:
 * postern_node_interrupt() ends those of its node.
 *
 * The channel must stay open until the call has returned.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL.
 */
int postern_channel_interrupt(struct postern_channel *channel);

/* Events of the sending thread before its ring is full. */
enum postern_channel_event_type {
	POSTERN_CHANNEL_ABOVE_HIGH = 1, /* the depth reached the high mark */
	POSTERN_CHANNEL_BELOW_LOW = 2   /* and has sunk to the low one since */
};

/* Begins with its size. */
struct postern_channel_event {
	size_t size_bytes;
	enum postern_channel_event_type type;
	uint64_t depth_bytes;   /* in the ring: when it was high, or is low */
};

#define POSTERN_CHANNEL_EVENT_INIT \
	{sizeof(struct postern_channel_event), \
	 (enum postern_channel_event_type)0, 0}

/*
 * Have an event when high_bytes of the ring are used, and when only low_bytes
 * are left of them; 0 and 0 for none, as in the beginning.  Bytes of the ring,
 * where each message takes a header too.  Of the sending thread, like
 * postern_channel_next_event().  Events that were not fetched yet are dropped.  A
 * sender that sleeps until the depth is low is not woken before half of the ring
 * is free: it sees a low mark above that only if it asks.  Below that it is woken
 * within a 64th of the ring.
 *
 * Returns 0, -EINVAL for NULL or unless low_bytes < high_bytes <= the ring's size
 * (postern_channel_limits()) or both are 0, -EPERM (sending was not granted) or
 * -ESTALE.
 */
POSTERN_MUST_CHECK
int postern_channel_set_watermarks(struct postern_channel *channel,
				   size_t high_bytes, size_t low_bytes);

/*
 * The next event of the watermarks.  ABOVE_HIGH and BELOW_LOW take turns;
 * a mark that was passed several times between two calls is one event.  Never blocks.
 *
 * Returns 0, -EAGAIN (there is none), -EPERM, -ESTALE, or -EINVAL for NULL or an
 * impossible size.
 */
POSTERN_MUST_CHECK
int postern_channel_next_event(struct postern_channel *channel,
			       struct postern_channel_event *ret_event);

#ifdef __cplusplus
}
#endif

#endif
