/* SPDX-License-Identifier: ISC */
/*
 * A channel: an admitted pair of rings with a doorbell
 *
 * The layer moves messages and sleeps and wakes; it knows neither who the peer
 * is nor what the policy says.  Both sides use the same code: a connector drives
 * its channel itself, a node drives many through pst_channel_drain_doorbell() and
 * pst_channel_arm_receive().
 *
 * Threads: one for sending and one for receiving, as in <postern/channel.h>.
 * The struct lives in pages that a forked child sees as zero, so every entry
 * can tell (pst_channel_is_ours()).
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

/* What to wait for: POSTERN_DIRECTION_*, POSTERN_WAIT_*, and one of our own. */
enum pst_channel_want {
	PST_CHANNEL_WANT_SPACE = POSTERN_DIRECTION_SEND,
	PST_CHANNEL_WANT_MESSAGE = POSTERN_DIRECTION_RECEIVE,
	PST_CHANNEL_WANT_LOW = POSTERN_WAIT_LOW,
	PST_CHANNEL_WANT_CONSUMED = 8,
};

/*
 * All that makes a channel.  A direction is granted if its mapping has a data
 * area: own_mapping for sending, peer_mapping for receiving.
 */
struct pst_channel_setup {
	int socket_fd;
	int pidfd;              /* -1: the kernel cannot give one */
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping peer_mapping;
	uint32_t send_message_bytes;
	uint32_t receive_message_bytes;
	uint32_t spin_ns;       /* 0: never spin */
	uint32_t features;      /* POSTERN_FEATURE_* of the socket */
	bool for_node;          /* a node receives and watches the socket */
	enum postern_security security;
	struct pst_record_keys *take_keys; /* of that mode; NULL in `none` */
};

/* Of the segments, as this side writes and reads them. */
uint16_t pst_channel_layout_version(void);

/*
 * Open and references.  _open_take() owns the descriptors, mappings and keys
 * even when it fails.  The last _unref() says farewell in the ring, hangs up
 * and unmaps.
 */
PST_MUST_CHECK int pst_channel_open_take(struct pst_channel_setup *setup,
					 struct pst_channel **ret_channel);
struct pst_channel *pst_channel_ref(struct pst_channel *channel);
struct pst_channel *pst_channel_unref(struct pst_channel *channel);

/*
 * The node lets go of a channel: for whoever still has a reference it ends with
 * reason; if nobody has, this is _unref().
 */
struct pst_channel *pst_channel_release(struct pst_channel *channel,
					enum postern_reason reason);
static inline bool pst_channel_is_ours(const struct pst_channel *channel)
{
	return pst_fork_guard_is_ours(channel);
}
void pst_channel_limits(const struct pst_channel *channel,
			struct postern_limits *ret_limits);

/*
 * The end: once, the first reason stays.  POSTERN_REASON_NONE while it lives.
 * _end() leaves word for the peer why; _end_reason() is what happened here, and
 * all rules rest on that; _told_reason() is for people: what the node said, if
 * it went and said why, else the same.
 */
enum postern_reason pst_channel_end_reason(const struct pst_channel *channel);
enum postern_reason
pst_channel_reported_reason(const struct pst_channel *channel);
void pst_channel_end(struct pst_channel *channel, enum postern_reason reason);

/* What the channel has done so far, for any thread at any time. */
void pst_channel_stats(const struct pst_channel *channel,
		       struct postern_channel_statistics *ret_stats);

/*
 * For the node, by the thread that receives: what is recorded from now on is
 * recorded there too; NULL: no longer.
 */
void pst_channel_record_latency_to(struct pst_channel *channel,
				   struct pst_histogram *borrow_total);

/*
 * How far was sent, how far the peer says that it has consumed, which may be
 * any number, and how many sends found the ring full: to see whether anything
 * moves.  For any thread.
 */
void pst_channel_positions_sent(const struct pst_channel *channel,
				uint64_t *ret_sent_pos,
				uint64_t *ret_consumed_pos,
				uint64_t *ret_refused_count);

/*
 * The next message that has to wake the peer makes pst_channel_wake_fd()
 * readable too, once.  For the node, which learns nothing else of the sending
 * of another thread; a peer that never sleeps needs no wake-up, so the node
 * must poll by itself, too.
 */
void pst_channel_await_sending(struct pst_channel *channel);

/* Has somebody else a reference?  For an owner of one. */
bool pst_channel_has_other_refs(const struct pst_channel *channel);

/* One word for how the peer broke the rules, or NULL: for the audit record. */
const char *pst_channel_fault(const struct pst_channel *channel);

/* Messages; the results are those of <postern/channel.h>. */
int pst_channel_send(struct pst_channel *channel, const void *bytes,
		     uint32_t byte_count);
int pst_channel_reserve(struct pst_channel *channel, uint32_t byte_count,
			void **ret_bytes);
int pst_channel_commit(struct pst_channel *channel, uint32_t byte_count);
int pst_channel_abort(struct pst_channel *channel);
int pst_channel_receive(struct pst_channel *channel, void *buffer,
			size_t buffer_bytes, size_t *ret_message_bytes);

/* The same for who receives from others too: it never rests. */
int pst_channel_receive_no_backoff(struct pst_channel *channel, void *buffer,
				   size_t buffer_bytes,
				   size_t *ret_message_bytes);

/*
 * Only what an earlier poll has seen: -EAGAIN where the ring would have to be
 * looked at again.
 */
int pst_channel_receive_buffered(struct pst_channel *channel, void *buffer,
				 size_t buffer_bytes,
				 size_t *ret_message_bytes);

/*
 * Take the next message and throw it away: it is checked like one that is
 * received, and counted as dropped, here and for the peer.  0 and its size, or
 * as pst_channel_receive().
 */
int pst_channel_discard(struct pst_channel *channel, size_t *ret_message_bytes);
/* By any thread; how many were sent. */
uint64_t pst_channel_sent_messages(const struct pst_channel *channel);
bool pst_channel_has_message(struct pst_channel *channel);
uint64_t pst_channel_unread_bytes(struct pst_channel *channel);

/*
 * Wait for any of wants until deadline_ns: 0 and the ready ones, -ETIMEDOUT, or
 * -EINTR.
 * A channel that has ended is ready for everything.
 */
int pst_channel_wait(struct pst_channel *channel, uint32_t wants,
		     uint64_t deadline_ns, uint32_t *ret_ready);

/*
 * End the waits of both directions from outside: by any thread or signal
 * handler.  pst_channel_wait() takes the interrupt of its directions first of
 * all and then returns -EINTR; _take_interrupt() does only that, and says
 * whether there was one.
 */
void pst_channel_interrupt(struct pst_channel *channel);
bool pst_channel_take_interrupt(struct pst_channel *channel, uint32_t wants);

/* Watermarks, of the sending thread; as in <postern/channel.h>. */
int pst_channel_set_watermarks(struct pst_channel *channel, uint64_t high_bytes,
			       uint64_t low_bytes);
bool pst_channel_has_watermarks(const struct pst_channel *channel);
int pst_channel_next_event(struct pst_channel *channel,
			   struct postern_channel_event *ret_event);

/* Wait until the peer has consumed all that was sent. */
int pst_channel_flush(struct pst_channel *channel, uint64_t deadline_ns);

/* The level-triggered descriptor for somebody else's event loop. */
int pst_channel_fd(struct pst_channel *channel);

/*
 * For the node, whose own epoll watches these descriptors.  _hear() reads the
 * bells once the socket is readable and _notice_death() is for the pidfd; both
 * may end the channel.  _arm_receive() prepares to sleep and looks once more:
 * true means there is something, do not sleep.
 */
int pst_channel_socket_fd(const struct pst_channel *channel);
int pst_channel_pidfd(const struct pst_channel *channel);
int pst_channel_wake_fd(const struct pst_channel *channel);
void pst_channel_drain_doorbell(struct pst_channel *channel);
void pst_channel_on_peer_exit(struct pst_channel *channel);
bool pst_channel_arm_receive(struct pst_channel *channel);

/*
 * Private eventfds, needed as soon as two threads use the channel.  Connectors
 * have them from the start, a node's channel from its first reference on.
 */
PST_MUST_CHECK int pst_channel_make_wakes(struct pst_channel *channel);

/* Whether the node receives from the channel; any other receive is -EBUSY then. */
bool pst_channel_is_node_driven(const struct pst_channel *channel);

#endif
