/* SPDX-License-Identifier: ISC */
/*
 * Channels: connect to a node, send and receive
 *
 * A channel is the connection of one client with one node.  It carries messages
 * in the directions that the node's policy granted, through shared memory of
 * which each part has exactly one writer.
 *
 * Threads: one thread at a time may send on a channel (send, send_wait, flush,
 * reserve, commit, abort, set_watermarks, next_event), while another receives
 * (receive, receive_wait).  postern_channel_wait() belongs to the thread of the
 * directions that it waits for.  Any thread may call info, stats, end_reason and
 * interrupt.  Different channels are independent.  No other call may be in
 * progress while a channel is closed.
 *
 * After fork() every call in the child fails with -ESTALE.  Closing the channel
 * there only releases the handle; the parent's channel is not affected.
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

/* spin_ns: the maximum busy-wait time before a blocking call sleeps. */
#define POSTERN_SPIN_DEFAULT 0u
#define POSTERN_SPIN_NONE UINT32_MAX

/* Begins with its size; zero means the default everywhere. */
struct postern_connect_options {
	size_t size_bytes;

	/* An informative name of this process for the node's records: at most
	 * 63 of [A-Za-z0-9_.-], the first a letter or digit.  NULL: none.  The
	 * policy never decides by it. */
	const char *instance;

	/* Requested directions, POSTERN_DIRECTION_* bits.  0: all that the
	 * policy grants. */
	uint32_t directions;

	/* Requested size of each ring and of the largest message.  0: the
	 * largest that this side's policy allows, or the built-in size if that
	 * policy has no allow.  The node may grant less. */
	uint32_t ring_bytes;
	uint32_t message_bytes;

	/* Maximum busy-wait time of a blocking call before it sleeps, in
	 * nanoseconds; the library uses less where less is enough.  Also
	 * POSTERN_SPIN_DEFAULT or POSTERN_SPIN_NONE. */
	uint32_t spin_ns;

	/* POSTERN_FEATURE_* bits not to use. */
	uint32_t disable_features;

	postern_log_fn *log;
	void *log_user_data;

	/* The file of this process's private key (<postern/key.h>).  The key is
	 * proven to a node whose key the policy lists.  NULL: none. */
	const char *key_file;
};

#define POSTERN_CONNECT_OPTIONS_INIT \
	{sizeof(struct postern_connect_options), NULL, 0, 0, 0, 0, 0, NULL, \
	 NULL, NULL}

/*
 * Connect to the node that the policy calls node_name.
 *
 * The policy names the node's socket and its owner.  The path and the
 * credentials of the listener are checked before anything is sent.  The policy
 * need not allow this client: the node decides by its own policy.
 *
 * If the policy lists keys of the node, the node must prove one of them; each is
 * tried in turn.  The channel uses the weakest security mode that both policies
 * allow, and at least `mac` if a key is used: see `security` of
 * postern_channel_get_info().
 *
 * policy (NULL: this host's policy, loaded for the call), options (NULL:
 * defaults) and the strings are borrowed for the call.  Waits for the node until
 * deadline_ns, and in addition for file system accesses that read the policy, a
 * key or the facts of this process.  On failure *error, unless it is NULL,
 * receives the error information.
 *
 * Returns 0, or
 *   -ENOENT           the policy has no such node, or it is not running
 *   -EACCES           the node refused; or the path, the listener or the key
 *                     file is not trusted: see error->reason
 *   -EKEYREJECTED     the node did not prove a listed key, or there is a man in
 *                     the middle (POSTERN_REASON_KEY)
 *   -EDQUOT           the node has no free slot for this user now
 *   -EPROTONOSUPPORT  no common protocol version
 *   -EBADMSG          the node violated the protocol
 *   -EPIPE            the node closed the connection during the handshake
 *   -ETIMEDOUT        the deadline passed
 *   -EOPNOTSUPP       the node answered with a security mode that was not
 *                     offered
 *   -EINVAL           an argument is NULL or malformed; or the node's block in
 *                     the policy has an error (POSTERN_REASON_POLICY)
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_connect(const struct postern_policy *policy, const char *node_name,
		    const struct postern_connect_options *options,
		    uint64_t deadline_ns,
		    struct postern_channel **ret_channel,
		    struct postern_error_info *error);

/*
 * Close a channel, or release a reference from postern_node_channel() or
 * postern_node_detach().  Messages that were sent before stay in the ring, and
 * the peer can still receive them (see postern_flush()).  Accepts NULL.
 *
 * Returns NULL.
 */
struct postern_channel *postern_channel_close(struct postern_channel *channel);

/* The grant of a channel, as seen from this side.  Begins with its size. */
struct postern_channel_info {
	size_t size_bytes;
	uint32_t can_send;           /* 1: this side may send */
	uint32_t can_receive;        /* 1: this side may receive */
	enum postern_security security;
	uint32_t send_ring_bytes;    /* 0: sending is not granted */
	uint32_t receive_ring_bytes;
	uint32_t send_message_bytes; /* the largest message */
	uint32_t receive_message_bytes;
};

#define POSTERN_CHANNEL_INFO_INIT \
	{sizeof(struct postern_channel_info), 0, 0, POSTERN_SECURITY_NONE, 0, \
	 0, 0, 0}

/*
 * Get the directions, the security mode and the sizes of a channel.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL or an invalid size.
 */
POSTERN_MUST_CHECK
int postern_channel_get_info(const struct postern_channel *channel,
			     struct postern_channel_info *ret_info);

/*
 * Get the statistics of the channel, as seen from this side: <postern/stats.h>.
 * Set ret_stats->size_bytes first.
 *
 * Any thread may call this while the channel is open; it does not slow down the
 * threads that send and receive.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL or an invalid size.
 */
POSTERN_MUST_CHECK
int postern_channel_stats(struct postern_channel *channel,
			  struct postern_channel_statistics *ret_stats);

/*
 * Get the reason why the channel ended.  POSTERN_REASON_NONE until a call has
 * detected the end, for NULL, and after fork().
 *
 *   CLOSED HUNG_UP PEER_DIED      the peer closed the channel, or exited
 *   REVOKED DISCONNECTED NODE_CLOSED EXCEEDED IDLE
 *                                 the node ended the channel; to a client this
 *                                 is the node's own statement, without proof
 *   POISONED                      the peer violated the protocol
 *   KEY_REJECTED                  a message was not the next one of this peer:
 *                                 forged, modified, dropped or replayed
 *   KEY_EXHAUSTED                   2^48 messages were sent in one direction
 *
 * Any thread may call this.
 */
enum postern_reason
postern_channel_end_reason(const struct postern_channel *channel);

/*
 * Send one message of byte_count bytes; 0 bytes are a message too.
 *
 * The bytes are copied; the caller keeps the buffer.  Never blocks and never
 * allocates.  Makes a system call only to wake a sleeping receiver, and to
 * check whether a peer that has received nothing for some time still exists.
 *
 * A message is sent as soon as it is in the ring, whether or not the peer
 * receives it; postern_flush() confirms that messages were received.  After the
 * peer has ended, at most 2048 more messages are accepted before -EPIPE (or
 * before -EAGAIN, if the ring is full earlier).  After each millisecond, one of
 * the next 64 calls checks whether the peer still exists.  The first check
 * after its end can still count messages that it received before; the second
 * cannot.  The same holds for a reference from postern_node_channel().
 *
 * Returns 0, or
 *   -EAGAIN           the ring is full: postern_channel_wait() for
 *                     POSTERN_WAIT_SEND
 *   -EMSGSIZE         longer than the grant allows: postern_channel_get_info()
 *   -EPERM            sending was not granted
 *   -EPIPE            the peer exited or closed the channel, the node ended the
 *                     channel or was closed, or the key is used up:
 *                     postern_channel_end_reason()
 *   -EBADMSG          the peer violated the protocol; the channel is poisoned
 *   -EKEYREJECTED     a received message failed authentication; the channel is
 *                     poisoned
 *   -EBUSY            a reservation is open: commit or abort it first
 *   -ESTALE           after fork()
 *   -EINVAL           channel is NULL, or bytes is NULL and byte_count is not 0
 */
POSTERN_MUST_CHECK
int postern_send(struct postern_channel *channel, const void *bytes,
		 size_t byte_count);

/*
 * Send one message; wait for free space until deadline_ns (CLOCK_MONOTONIC).
 *
 * Returns 0, or as postern_send(), except that -ETIMEDOUT replaces -EAGAIN; or
 *   -EINTR               postern_channel_interrupt(); nothing was sent
 *   -ENOMEM -ECANCELED   the kernel could not wait
 */
POSTERN_MUST_CHECK
int postern_send_wait(struct postern_channel *channel, const void *bytes,
		      size_t byte_count, uint64_t deadline_ns);

/*
 * Send without a copy: reserve space for a message, write it there, commit it.
 *
 * *ret_bytes points to byte_count writable bytes until the commit or the abort.
 * The receiver gets no message before postern_commit(), which may shorten it.
 * Only one reservation can be open at a time.
 *
 * With POSTERN_SECURITY_NONE the bytes are in the ring, whose memory the peer
 * can read.  All bytes written there stay readable until later messages
 * overwrite them, also the end of a shortened message and an aborted one.  In
 * the other modes they are in private memory, and the commit seals them into
 * the ring; bytes that are not committed never reach the ring.
 *
 * Returns 0, or: postern_reserve() as postern_send(), and postern_commit() as
 * postern_send() with these differences:
 *   -EINVAL  postern_commit() and postern_abort(): no reservation is open; or
 *            byte_count exceeds the reservation, which then stays open
 *   -ESTALE  postern_abort(): after fork()
 * postern_abort() returns no other code.
 */
POSTERN_MUST_CHECK
int postern_reserve(struct postern_channel *channel, size_t byte_count,
		    void **ret_bytes);
POSTERN_MUST_CHECK
int postern_commit(struct postern_channel *channel, size_t byte_count);
POSTERN_MUST_CHECK
int postern_abort(struct postern_channel *channel);

/*
 * Wait until the peer has received all messages that were sent before, at most
 * until deadline_ns (CLOCK_MONOTONIC).
 *
 * Returns 0, or
 *   -ETIMEDOUT     the deadline passed
 *   -EINTR         postern_channel_interrupt()
 *   -EPERM         sending was not granted
 *   -EPIPE         the channel ended before the peer had received everything
 *   -EBADMSG       the peer violated the protocol; the channel is poisoned
 *   -EKEYREJECTED  a received message failed authentication
 *   -ESTALE        after fork()
 *   -EINVAL        channel is NULL
 *   -ENOMEM -ECANCELED  the kernel could not wait
 */
POSTERN_MUST_CHECK
int postern_flush(struct postern_channel *channel, uint64_t deadline_ns);

/*
 * Receive one message into buffer.
 *
 * *ret_message_bytes is its size; 0 bytes are a message too.  The bytes are
 * copied out of shared memory once, so they no longer change; in the modes
 * `mac` and `aead` they are delivered only after the copy was verified.  Never
 * blocks and never allocates.  Messages that a peer sent before it exited are
 * delivered before -EPIPE.
 *
 * Returns 0, or
 *   -EAGAIN        there is no message: postern_channel_wait()
 *   -EMSGSIZE      the message is larger than the buffer: it is kept, and
 *                  *ret_message_bytes is its size (the only output that is
 *                  written on failure; not authenticated yet)
 *   -EPERM         receiving was not granted
 *   -EPIPE         the peer exited or closed the channel and all its messages
 *                  were received, or the node ended the channel:
 *                  postern_channel_end_reason()
 *   -EBADMSG       the peer violated the protocol; the channel is poisoned
 *   -EKEYREJECTED  the message is not the next one of this peer in this
 *                  session.  Nothing of it is in the buffer, and the channel is
 *                  poisoned in both directions
 *   -EBUSY         the node receives from this channel: postern_node_detach()
 *   -ESTALE        after fork()
 *   -EINVAL        an argument is NULL, or buffer is NULL and its size is not 0
 */
POSTERN_MUST_CHECK
int postern_receive(struct postern_channel *channel, void *buffer,
		    size_t buffer_bytes, size_t *ret_message_bytes);

/*
 * Receive one message; wait for it until deadline_ns (CLOCK_MONOTONIC).
 *
 * Returns 0, or as postern_receive(), except that -ETIMEDOUT replaces -EAGAIN;
 * or
 *   -EINTR               postern_channel_interrupt(); a message stays in the
 *                        ring
 *   -ENOMEM -ECANCELED   the kernel could not wait
 */
POSTERN_MUST_CHECK
int postern_receive_wait(struct postern_channel *channel, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 uint64_t deadline_ns);

/*
 * Get a descriptor for poll, select or epoll.  It is readable
 *   - while there is a message to receive,
 *   - when half of a full ring is free again (at the next check by the
 *     receiver),
 *   - when the ring's depth has fallen to the low watermark,
 *   - when the channel has ended.
 * A sender that waits for free space is woken when half of the ring is free,
 * not for each message: it would fill the space of one message and sleep
 * again.  A sender that needs more than half of the ring is woken within a 64th
 * of the ring.
 *
 * The descriptor is level-triggered: it stays readable until postern_receive(),
 * postern_send() or postern_channel_next_event() has returned -EAGAIN, or
 * postern_channel_wait() with deadline 0 has returned -ETIMEDOUT.  It is
 * readable at first.  The channel owns it: do not read, write or close it.
 * Once it exists, each -EAGAIN costs a system call.
 *
 * Returns the descriptor, or
 *   -ESTALE  after fork()
 *   -EINVAL  channel is NULL
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_channel_fd(struct postern_channel *channel);

/* Conditions of postern_channel_wait(), as bits. */
enum postern_wait {
	POSTERN_WAIT_SEND = 1,          /* a message that found the ring full
	                                 * can be tried again */
	POSTERN_WAIT_RECEIVE = 2,       /* there is a message to receive */
	POSTERN_WAIT_LOW_WATERMARK = 4  /* the depth is at or below the low
	                                 * watermark */
};

/*
 * Wait until one of the conditions (POSTERN_WAIT_* bits) is true, at most until
 * deadline_ns (CLOCK_MONOTONIC).  When the channel has ended, all are true, and
 * the next call returns the error.  Reports and clears readiness to send.
 *
 * Returns 0 and the bits that are true, or
 *   -ETIMEDOUT  the deadline passed
 *   -EINTR      postern_channel_interrupt()
 *   -EPERM      no direction of these conditions was granted
 *   -EBUSY      the node receives from this channel
 *   -ESTALE     after fork()
 *   -EINVAL     an argument is NULL or malformed, or there are no watermarks for
 *               POSTERN_WAIT_LOW_WATERMARK
 *   -ENOMEM -ECANCELED  the kernel could not wait
 */
POSTERN_MUST_CHECK
int postern_channel_wait(struct postern_channel *channel, uint32_t conditions,
			 uint64_t deadline_ns, uint32_t *ret_ready);

/*
 * End a wait on the channel, from any thread or from a signal handler.  Makes
 * one system call for each direction and does not change errno.
 *
 * In each granted direction, the wait in progress returns -EINTR.  If there is
 * none, the next call that can wait returns it (postern_send_wait(),
 * postern_flush(), postern_receive_wait(), postern_channel_wait()), once, even
 * if it would not have to wait.  Several interrupts before that count as one.
 * A postern_channel_wait() for both directions consumes the interrupt of both.
 * The descriptor of postern_channel_fd() is readable until the interrupt is
 * consumed.  The channel remains usable.
 *
 * postern_connect() cannot be interrupted; its deadline ends it.  On a
 * reference from postern_node_channel() no call waits to receive;
 * postern_node_interrupt() ends the waits of the node.
 *
 * The channel must stay open until the call has returned.
 *
 * Returns 0, -ESTALE after fork(), or -EINVAL for NULL.
 */
int postern_channel_interrupt(struct postern_channel *channel);

/* Watermark events of the sending thread. */
enum postern_channel_event_type {
	POSTERN_CHANNEL_EVENT_ABOVE_HIGH = 1, /* the high one was reached */
	POSTERN_CHANNEL_EVENT_BELOW_LOW = 2   /* and then the low one */
};

/* Begins with its size. */
struct postern_channel_event {
	size_t size_bytes;
	enum postern_channel_event_type type;
	uint64_t depth_bytes;   /* at the high watermark, or now */
};

#define POSTERN_CHANNEL_EVENT_INIT \
	{sizeof(struct postern_channel_event), \
	 (enum postern_channel_event_type)0, 0}

/*
 * Set the watermarks: request an event when high_bytes of the send ring are
 * used, and another when at most low_bytes are still used.  0 and 0 turn the
 * events off, as initially.  The numbers are bytes of the ring, in which each
 * message also has a header.  For the sending thread.  Events that were not
 * fetched yet are dropped.
 *
 * A sender that sleeps until the depth is low is not woken before half of the
 * ring is free; it detects a low watermark above that only when it asks.  Below
 * that it is woken within a 64th of the ring.
 *
 * Returns 0, or
 *   -EINVAL  channel is NULL; or neither both are 0, nor low_bytes < high_bytes
 *            <= the ring's size (postern_channel_get_info())
 *   -EPERM   sending was not granted
 *   -ESTALE  after fork()
 */
POSTERN_MUST_CHECK
int postern_channel_set_watermarks(struct postern_channel *channel,
				   size_t high_bytes, size_t low_bytes);

/*
 * Get the next watermark event.  ABOVE_HIGH and BELOW_LOW alternate; a
 * watermark that was passed several times between two calls is one event.
 * Never blocks.  For the sending thread.
 *
 * Returns 0, or
 *   -EAGAIN  there is no event
 *   -EPERM   sending was not granted
 *   -ESTALE  after fork()
 *   -EINVAL  an argument is NULL, or ret_event has an invalid size
 */
POSTERN_MUST_CHECK
int postern_channel_next_event(struct postern_channel *channel,
			       struct postern_channel_event *ret_event);

#ifdef __cplusplus
}
#endif

#endif
