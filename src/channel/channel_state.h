/* SPDX-License-Identifier: ISC */
/*
 * The state of a channel, for the files of this layer
 *
 * The sending and the receiving thread each have their part on its own cache
 * lines.  State that both use is atomic: the end of the channel, the pending
 * bits, and the accounting of wake-ups.
 *
 * One socket carries the doorbells of both directions.  The thread that drains
 * it sets both pending bits, and signals the eventfd of the other direction if
 * that is armed.  Each bit and eventfd is cleared only by the waiter of its
 * direction.  The rules are in doc/ring.md, "Sleep and wake-up"; tests/model/
 * checks them.
 */
#ifndef POSTERN_CHANNEL_CHANNEL_STATE_H
#define POSTERN_CHANNEL_CHANNEL_STATE_H

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/histogram.h"
#include "base/refcount.h"
#include "base/spin.h"
#include "channel/channel.h"
#include "crypto/record_seal.h"
#include "ring/ring.h"
#include "ring/ring_wait.h"

/*
 * Limit on wake-ups in a row for which no position of the peer has moved.  The
 * doorbells of an honest peer may come late, one for each arming, but never
 * this many.
 */
#define PST_CHANNEL_IDLE_WAKEUPS 64

/* One message in so many is sent with a time stamp. */
#define PST_CHANNEL_SAMPLE_INTERVAL 64

/*
 * After so many empty polls a system call checks whether the peer has hung up.
 */
#define PST_CHANNEL_EMPTY_POLLS 16384

/*
 * With a message that has a time stamp the sender checks whether the peer still
 * exists, if since the last check this many messages were sent or this much time
 * has passed.  The check accepts any progress of the peer, so the bound in
 * <postern/channel.h> is twice the number.
 */
#define PST_CHANNEL_CHECK_MESSAGES 960
#define PST_CHANNEL_CHECK_NS UINT64_C(1000000)

/* The longest sleep while a notification of the peer is unsent. */
#define PST_CHANNEL_RENOTIFY_NS (10 * UINT64_C(1000000))

/* Sleep and wake-up of one direction. */
struct pst_channel_waiter {
	atomic_bool pending;    /* a wake-up came; cleared by the waiter only */
	atomic_bool armed;      /* the waiter may be asleep */
	atomic_bool interrupted; /* from outside; until a wait takes it */
	int wake_fd;            /* private eventfd; -1 if there is none */
	struct pst_spin spin;
	bool has_unread_doorbell; /* seen, but not drained */
	uint32_t empty_polls;	  /* calls that found nothing */
	struct pst_counter wakeups_sent; /* by this direction's thread */
	struct pst_counter activity_ns; /* time when it last read the clock */
};

/*
 * Where the depth is, relative to the watermarks, and whether that was
 * reported.
 */
enum pst_watermark_state {
	PST_WATERMARK_BELOW = 0,
	PST_WATERMARK_ABOVE_UNREPORTED,
	PST_WATERMARK_ABOVE,
	PST_WATERMARK_BELOW_UNREPORTED,
	PST_WATERMARK_PEAK_UNREPORTED, /* below; report ABOVE_HIGH first */
};

struct pst_channel_watermarks {
	uint64_t high_bytes;    /* 0: off */
	uint64_t low_bytes;
	uint64_t above_bytes;   /* the depth that reached high_bytes */
	enum pst_watermark_state state;
};

/* In pending_interest, beside wants: the channel has watermarks. */
#define PST_CHANNEL_WANT_WATERMARKS (1u << 31)

/* Traffic of one direction: written by its thread, read by any. */
struct pst_channel_traffic {
	struct pst_counter messages;
	struct pst_counter bytes;
	struct pst_counter pos;         /* of this side in the ring */
	struct pst_counter peak_bytes;  /* the highest depth seen */
};

/* One direction in a secured mode.  All zero in `none`, and if not granted. */
struct pst_channel_sealing {
	struct pst_record_cipher *cipher; /* one of keys */
	uint8_t *record;                  /* the current one, private */
	size_t record_bytes;
};

struct pst_detached_link;

/* Directions of a channel, as seen from this side. */
enum pst_channel_direction {
	PST_CHANNEL_SENDS = PST_CHANNEL_WANT_SPACE,
	PST_CHANNEL_RECEIVES = PST_CHANNEL_WANT_MESSAGE,
};

struct pst_channel {
	/* Set once; zero in a forked child. */
	struct pst_fork_guard guard;
	int socket_fd;
	int pidfd;
	_Atomic int epoll_fd;   /* -1 until pst_channel_fd() */
	uint64_t opened_ns;
	uint32_t directions;       /* granted: enum pst_channel_direction */
	uint32_t plain_directions; /* granted, and in mode `none` */
	struct postern_channel_info info;
	struct pst_refcount references;
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping peer_mapping;
	struct pst_record_keys *keys;   /* NULL in mode `none` */
	_Atomic(struct pst_detached_link *) detached_link;
	atomic_bool node_driven;
	uint32_t features;      /* POSTERN_FEATURE_* of the socket */
	bool is_nodes;          /* opened by a node */

	/* Both threads. */
	alignas(128) _Atomic uint32_t end_reason;
	_Atomic uint32_t reported_reason; /* by the node; set before */
	_Atomic(const char *) fault;    /* the violation by the peer */
	_Atomic uint64_t armings;       /* of both directions, since the start */
	_Atomic uint64_t wakeups;	/* received; never more than armings */
	_Atomic uint64_t peer_moved;    /* the largest sum of its positions */
	_Atomic uint32_t idle_wakeups;	/* wake-ups in a row without progress */
	atomic_bool is_draining; /* only one thread may drain the socket */
	atomic_bool is_sending_awaited; /* pst_channel_await_sending() */

	/* The sending thread. */
	alignas(128) struct pst_channel_waiter send_waiter;
	uint32_t wanted_bytes;  /* size of the last message that did not fit */
	uint32_t pending_interest; /* wants and WANT_WATERMARKS, or 0 */
	struct pst_channel_sealing sealing;
	struct pst_ring_producer producer;
	struct pst_channel_traffic sent;
	uint64_t sample_at;     /* count of messages at the next time stamp */
	uint64_t depth_pos;     /* position of the last depth refresh */
	uint64_t checked_messages; /* sent at the last check of the peer */
	uint64_t checked_ns;
	uint64_t checked_consumed_pos; /* of the peer, unchecked */
	struct pst_counter send_full_count;
	struct pst_counter high_watermark_count;
	struct pst_channel_watermarks watermarks;

	/* The receiving thread. */
	alignas(128) struct pst_channel_waiter receive_waiter;
	bool frozen;            /* produced_pos was read for the last time */
	struct pst_channel_sealing opening;
	struct pst_ring_consumer consumer;
	struct pst_channel_traffic received;
	struct pst_counter dropped_messages;
	struct pst_counter dropped_bytes;
	struct pst_counter implausible_count;
	struct pst_histogram latency;
	struct pst_histogram *latency_total; /* of the node; or NULL */
};

static_assert(offsetof(struct pst_channel, guard) == 0, "it comes first");

static inline bool pst_channel_has_ended(const struct pst_channel *channel)
{
	return atomic_load_explicit(&channel->end_reason,
				    memory_order_acquire) != 0;
}

/* Whether the peer ended the channel, as far as this side can tell. */
static inline bool pst_channel_is_peer_end(enum postern_reason reason)
{
	return reason == POSTERN_REASON_HUNG_UP ||
	       reason == POSTERN_REASON_PEER_DIED ||
	       reason == POSTERN_REASON_CLOSED;
}

/* Whether a pollable descriptor exists, so that an -EAGAIN has to arm. */
static inline bool pst_channel_is_polled(const struct pst_channel *channel)
{
	return atomic_load_explicit(&channel->epoll_fd,
				    memory_order_relaxed) >= 0;
}

/* The words of our segment, and of the peer's. */
static inline struct pst_segment_words *
pst_channel_own_words(const struct pst_channel *channel)
{
	return (struct pst_segment_words *)channel->own_mapping.control;
}

static inline const struct pst_segment_words *
pst_channel_peer_words(const struct pst_channel *channel)
{
	return (const struct pst_segment_words *)channel->peer_mapping.control;
}

/* The waiter of the direction that wants belong to. */
static inline struct pst_channel_waiter *
pst_channel_waiter_of(struct pst_channel *channel, uint32_t wants)
{
	if (wants & PST_CHANNEL_WANT_MESSAGE)
		return &channel->receive_waiter;
	return &channel->send_waiter;
}

/*
 * Whether the direction is granted and in mode `none`.  Otherwise
 * channel_sealed.c is called, and checks for the permission.
 */
static inline bool pst_channel_is_plain(const struct pst_channel *channel,
					enum pst_channel_direction direction)
{
	return PST_LIKELY(channel->plain_directions & (uint32_t)direction);
}

/* The end: channel_end.c */

/* The error of sending and receiving after the end of the channel. */
int pst_channel_end_result(const struct pst_channel *channel);

/*
 * End the channel if the content of the ring is better evidence than an earlier
 * hang-up or exit of the peer.
 */
void pst_channel_end_for_certain(struct pst_channel *channel,
				 enum postern_reason reason);

/* Report the reason to the peer, if it is one of those that a peer is given. */
void pst_channel_report_end(struct pst_channel *channel,
			    enum postern_reason reason);

/*
 * The peer violated the protocol; fault is a literal, one word for the audit
 * record.
 */
void pst_channel_poison(struct pst_channel *channel, const char *fault);

/* The word for a fault of the ring. */
const char *pst_channel_ring_fault(enum pst_ring_fault fault);

#endif
