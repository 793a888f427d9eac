/* SPDX-License-Identifier: ISC */
/*
 * A channel: an admitted pair of rings with a doorbell
 *
 * This layer moves messages, sleeps and wakes.  It knows neither the identity
 * of the peer nor the policy.  Client and node use the same code: a client
 * drives its channel itself, a node drives many through
 * pst_channel_drain_doorbell() and pst_channel_arm_receive().
 *
 * One thread may send and one may receive, as in <postern/channel.h>.  The
 * struct is in pages that a forked child sees as zero, so every entry point can
 * detect the child (pst_channel_is_ours()).
 */
#ifndef POSTERN_CHANNEL_CHANNEL_H
#define POSTERN_CHANNEL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/channel.h>
#include <postern/result.h>
#include <postern/stats.h>

#include "base/attributes.h"
#include "base/histogram.h"
#include "os/fork_guard.h"
#include "os/segment.h"

struct pst_channel;
struct pst_record_keys;

/*
 * Conditions to wait for: POSTERN_WAIT_*, and an internal one.
 */
enum pst_channel_want {
	PST_CHANNEL_WANT_SPACE = POSTERN_WAIT_SEND,
	PST_CHANNEL_WANT_MESSAGE = POSTERN_WAIT_RECEIVE,
	PST_CHANNEL_WANT_LOW = POSTERN_WAIT_LOW_WATERMARK,
	PST_CHANNEL_WANT_CONSUMED = 8,
};

/*
 * The parts of a channel.  A direction is granted if its mapping has a data
 * area: own_mapping for sending, peer_mapping for receiving.
 */
struct pst_channel_setup {
	int socket_fd;
	int pidfd;              /* -1: not available */
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping peer_mapping;
	uint32_t send_message_bytes;
	uint32_t receive_message_bytes;
	uint32_t spin_ns;       /* longest busy-wait; 0: none */
	uint32_t features;      /* POSTERN_FEATURE_* of the socket */
	bool for_node;          /* the node receives and watches the socket */
	enum postern_security security;
	struct pst_record_keys *take_keys; /* for that mode; NULL in `none` */
};

/* The version of the segment layout that this side reads and writes. */
uint16_t pst_channel_layout_version(void);

/*
 * Open and references.  _open_take() owns the descriptors, mappings and keys
 * even when it fails.  The last _unref() publishes the END record, hangs up and
 * unmaps.
 */
PST_MUST_CHECK int pst_channel_open_take(struct pst_channel_setup *setup,
					 struct pst_channel **ret_channel);
struct pst_channel *pst_channel_ref(struct pst_channel *channel);
struct pst_channel *pst_channel_unref(struct pst_channel *channel);

/*
 * Release the node's reference.  If there are others, the channel ends with
 * reason for them; otherwise this is _unref().
 */
struct pst_channel *pst_channel_release(struct pst_channel *channel,
					enum postern_reason reason);
static inline bool pst_channel_is_ours(const struct pst_channel *channel)
{
	return pst_fork_guard_is_ours(channel);
}
void pst_channel_info(const struct pst_channel *channel,
		      struct postern_channel_info *ret_info);

/*
 * The end of a channel happens once, and the first reason stays; until then it
 * is POSTERN_REASON_NONE.  _end() reports the reason to the peer.
 * _end_reason() is the reason as found here, and all decisions use it.
 * _reported_reason() is informative: the reason that the node gave before it
 * ended the channel, otherwise the same.
 */
enum postern_reason pst_channel_end_reason(const struct pst_channel *channel);
enum postern_reason
pst_channel_reported_reason(const struct pst_channel *channel);
void pst_channel_end(struct pst_channel *channel, enum postern_reason reason);

/* The statistics of the channel, for any thread at any time. */
void pst_channel_stats(const struct pst_channel *channel,
		       struct postern_channel_statistics *ret_stats);

/*
 * For the node, in the receiving thread: record latencies to total as well from
 * now on; NULL: no longer.
 */
void pst_channel_record_latency_to(struct pst_channel *channel,
				   struct pst_histogram *borrow_total);

/*
 * The position up to which this side has sent, the number of sends that found the
 * ring full, and the position up to which the peer claims to have consumed, which
 * may be any number.  Used to detect progress.  For any thread.
 */
void pst_channel_positions_sent(const struct pst_channel *channel,
				uint64_t *ret_sent_pos,
				uint64_t *ret_consumed_pos,
				uint64_t *ret_refused_count);

/*
 * The next notification of the peer makes pst_channel_wake_fd() readable too,
 * once.  This tells the node that another thread sends.  A peer that never
 * sleeps needs no notification, so the node must also poll.
 */
void pst_channel_await_sending(struct pst_channel *channel);

/* Whether there are references beside the caller's. */
bool pst_channel_has_other_refs(const struct pst_channel *channel);

/* One word for the violation by the peer, or NULL: for the audit record. */
const char *pst_channel_fault(const struct pst_channel *channel);

/* Messages; the return values are those of <postern/channel.h>. */
int pst_channel_send(struct pst_channel *channel, const void *bytes,
		     uint32_t byte_count);
int pst_channel_reserve(struct pst_channel *channel, uint32_t byte_count,
			void **ret_bytes);
int pst_channel_commit(struct pst_channel *channel, uint32_t byte_count);
int pst_channel_abort(struct pst_channel *channel);
int pst_channel_receive(struct pst_channel *channel, void *buffer,
			size_t buffer_bytes, size_t *ret_message_bytes);

/*
 * The same for a thread that also receives from other channels: it never backs
 * off.
 */
int pst_channel_receive_no_backoff(struct pst_channel *channel, void *buffer,
				   size_t buffer_bytes,
				   size_t *ret_message_bytes);

/*
 * Receive only records that are known from an earlier refresh; -EAGAIN if the
 * ring would have to be polled again.
 */
int pst_channel_receive_buffered(struct pst_channel *channel, void *buffer,
				 size_t buffer_bytes,
				 size_t *ret_message_bytes);

/*
 * Drop the next message: it is checked like one that is received, and counted
 * as dropped here and for the peer.  Returns 0 and its size, or as
 * pst_channel_receive().
 */
int pst_channel_discard(struct pst_channel *channel, size_t *ret_message_bytes);
/* The number of messages sent.  For any thread. */
uint64_t pst_channel_sent_messages(const struct pst_channel *channel);
bool pst_channel_has_message(struct pst_channel *channel);
uint64_t pst_channel_unread_bytes(struct pst_channel *channel);

/*
 * Wait for any of wants until deadline_ns.  A channel that has ended is ready
 * for everything.  Returns 0 and the ready ones, -ETIMEDOUT, or -EINTR.
 */
int pst_channel_wait(struct pst_channel *channel, uint32_t wants,
		     uint64_t deadline_ns, uint32_t *ret_ready);

/*
 * Interrupt the waits of both directions, from any thread or signal handler.
 * pst_channel_wait() first takes the interrupts of its directions, and then
 * returns -EINTR.  _take_interrupt() only takes them, and returns whether there
 * was one.
 */
void pst_channel_interrupt(struct pst_channel *channel);
bool pst_channel_take_interrupt(struct pst_channel *channel, uint32_t wants);

/* Watermarks, for the sending thread; as in <postern/channel.h>. */
int pst_channel_set_watermarks(struct pst_channel *channel, uint64_t high_bytes,
			       uint64_t low_bytes);
bool pst_channel_has_watermarks(const struct pst_channel *channel);
int pst_channel_next_event(struct pst_channel *channel,
			   struct postern_channel_event *ret_event);

/* Wait until the peer has consumed all that was sent. */
int pst_channel_flush(struct pst_channel *channel, uint64_t deadline_ns);

/* The level-triggered descriptor for the event loop of the program. */
int pst_channel_fd(struct pst_channel *channel);

/*
 * For the node, whose own epoll set watches these descriptors.
 * _drain_doorbell() is called when the socket is readable, _on_peer_exit() when
 * the pidfd is; both may end the channel.  _arm_receive() arms and polls once
 * more, and returns whether there is something to receive; then the node must
 * not sleep.
 */
int pst_channel_socket_fd(const struct pst_channel *channel);
int pst_channel_pidfd(const struct pst_channel *channel);
int pst_channel_wake_fd(const struct pst_channel *channel);
void pst_channel_drain_doorbell(struct pst_channel *channel);
void pst_channel_on_peer_exit(struct pst_channel *channel);
bool pst_channel_arm_receive(struct pst_channel *channel);

/* Whether a doorbell was drained since the receiver was armed: a send that finds
 * the ring full may drain it. */
bool pst_channel_is_receiver_woken(const struct pst_channel *channel);

/*
 * Create private eventfds, which are needed as soon as two threads use the
 * channel.  A client's channel has them from the start, a node's from its first
 * reference on.
 */
PST_MUST_CHECK int pst_channel_make_wakes(struct pst_channel *channel);

/* Whether the node receives; any other receive returns -EBUSY then. */
bool pst_channel_is_node_driven(const struct pst_channel *channel);

#endif
