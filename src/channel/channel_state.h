/* SPDX-License-Identifier: ISC */
/*
 * What a channel is made of: for the files of this layer only
 *
 * The sending and the receiving thread each have their half on lines of its
 * own.  What both touch is atomic, and there is little of it: how the channel
 * ended, the pending bits of sleep and wake, and the accounts of bells.
 *
 * Sleep and wake (the model is tests/model/wakeup.pml): one socket carries the
 * bells of both directions.  Whoever drains it sets the pending bits of both,
 * and signals the private eventfd of the other direction if that is armed.
 * Only a direction's waiter clears its bit and its eventfd, always before it
 * arms and looks, and it sleeps only while the bit is clear.
 *
 * An interrupt (tests/model/interrupt.pml) sets the flag of each direction, then
 * signals its eventfd.  The waiter checks its flag after each time that it has
 * cleared the eventfd, and before it sleeps.
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

/*
 * Wake-ups that found no position of the peer moved: an honest peer's bell may
 * come late, once for each arming, but never this often without progress.
 */
#define PST_CHANNEL_IDLE_WAKEUPS 64

/* Every so many messages one is sent with the time. */
#define PST_CHANNEL_SAMPLE_INTERVAL 64

/* So many looks in vain are worth a system call: has the peer hung up? */
#define PST_CHANNEL_EMPTY_POLLS 16384

/*
 * With a message that is sent with the time, the sender checks whether the peer
 * is still there, if since the last check so many messages were sent or so much
 * time has passed.  <postern/channel.h> states the bound that follows: twice the
 * number, since a check is content with a peer that has received something.
 */
#define PST_CHANNEL_CHECK_MESSAGES 960
#define PST_CHANNEL_CHECK_NS UINT64_C(1000000)

/* How long to sleep beside a bell that is owed to the peer. */
#define PST_CHANNEL_RENOTIFY_NS (10 * UINT64_C(1000000))

/* One direction's half of sleep and wake. */
struct pst_channel_waiter {
	atomic_bool pending;    /* a bell came; sticky until the waiter clears */
	atomic_bool armed;      /* the waiter may be asleep */
	atomic_bool interrupted; /* from outside; until a wait takes it */
	int wake_fd;            /* private eventfd; -1 until two threads */
	struct pst_spin spin;
	bool has_unread_doorbell; /* a bell was seen and not read */
	uint32_t empty_polls;	  /* calls that found nothing to do */
	struct pst_counter wakeups_sent; /* by this direction's thread */
	struct pst_counter activity_ns; /* when it last looked at the clock */
};

/* The depth between the watermarks, and what the program was told of it. */
enum pst_watermark_state {
	PST_WATERMARK_BELOW = 0,
	PST_WATERMARK_ABOVE_UNREPORTED,
	PST_WATERMARK_ABOVE,
	PST_WATERMARK_BELOW_UNREPORTED,
	PST_WATERMARK_PEAK_UNREPORTED, /* below; ABOVE_HIGH is still to report */
};

struct pst_channel_watermarks {
	uint64_t high_bytes;    /* 0: off */
	uint64_t low_bytes;
	uint64_t above_bytes;   /* the depth that reached high_bytes */
	enum pst_watermark_state state;
};

/* In pending_interest, beside wants: the channel has watermarks. */
#define PST_CHANNEL_WANT_WATERMARKS (1u << 31)

/* What one direction has done: written by its thread, read by any. */
struct pst_channel_traffic {
	struct pst_counter messages;
	struct pst_counter bytes;
	struct pst_counter pos;         /* our position in the ring */
	struct pst_counter peak_bytes;  /* the most that was seen in the ring */
};

/* One direction in a secured mode.  All zero in `none`, and ungranted. */
struct pst_channel_sealing {
	struct pst_record_cipher *cipher; /* one of the keys' */
	uint8_t *record;                  /* at work on, in private memory */
	size_t record_bytes;
};

struct pst_detached_link;

struct pst_channel {
	/* Set once; zero in a forked child. */
	struct pst_fork_guard guard;
	int socket_fd;
	int pidfd;
	_Atomic int epoll_fd;   /* -1 until somebody asked for it */
	uint64_t opened_ns;
	uint32_t directions;
	uint32_t plain_directions; /* those granted, in mode `none` */
	struct postern_limits limits;
	struct pst_refcount references;
	struct pst_segment_mapping own_mapping;
	struct pst_segment_mapping peer_mapping;
	struct pst_record_keys *keys;   /* NULL in mode `none` */
	_Atomic(struct pst_detached_link *) detached_link;
	atomic_bool node_driven;
	uint32_t features;      /* POSTERN_FEATURE_* of the socket */
	bool is_nodes;          /* a peer's word for its end is not asked */

	/* Both threads. */
	alignas(128) _Atomic uint32_t end_reason;
	_Atomic uint32_t
		reported_reason;	/* why, as the node says; set before */
	_Atomic(const char *) fault;    /* how the peer broke the rules */
	_Atomic uint64_t armings;       /* of both directions, since the start */
	_Atomic uint64_t wakeups;	/* heard; never more than armings */
	_Atomic uint64_t peer_moved;    /* the most its positions ever added up to */
	_Atomic uint32_t idle_wakeups;	/* wake-ups without progress in a row */
	atomic_bool is_draining; /* the socket, where only one thread may */
	atomic_bool is_sending_awaited; /* by the node, for its statistics */

	/* The sending thread. */
	alignas(128) struct pst_channel_waiter send_waiter;
	uint32_t wanted_bytes;  /* what last found the ring full */
	uint32_t
		pending_interest; /* 0: a message that is sent is all there is */
	struct pst_channel_sealing sealing;
	struct pst_ring_producer producer;
	struct pst_channel_traffic sent;
	uint64_t sample_at;     /* the message that is sent with the time */
	uint64_t depth_pos;     /* where the depth was last looked at */
	uint64_t checked_messages; /* sent when the peer was last checked */
	uint64_t checked_ns;
	uint64_t checked_consumed_pos; /* the peer's, unchecked */
	struct pst_counter refused_full_count;
	struct pst_counter high_watermark_count;
	struct pst_channel_watermarks watermarks;

	/* The receiving thread. */
	alignas(128) struct pst_channel_waiter receive_waiter;
	bool frozen;            /* the peer is gone, its head looked at last */
	struct pst_channel_sealing opening;
	struct pst_ring_consumer consumer;
	struct pst_channel_traffic received;
	struct pst_counter dropped_messages;
	struct pst_counter dropped_bytes;
	struct pst_counter implausible_count;
	struct pst_histogram latency;
	struct pst_histogram *latency_total; /* the node's; or NULL */
};

static_assert(offsetof(struct pst_channel, guard) == 0, "it comes first");

static inline bool pst_channel_has_ended(const struct pst_channel *channel)
{
	return atomic_load_explicit(&channel->end_reason,
				    memory_order_acquire) != 0;
}

/* The peer went, by itself as far as can be seen from here. */
static inline bool pst_channel_has_gone(enum postern_reason reason)
{
	return reason == POSTERN_REASON_HUNG_UP ||
	       reason == POSTERN_REASON_PEER_DIED ||
	       reason == POSTERN_REASON_CLOSED;
}

/* Somebody polls, so an -EAGAIN has to arm: see pst_channel_rearm(). */
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

/* The waiting half of a direction, by what its thread wants. */
static inline struct pst_channel_waiter *
pst_channel_waiter_of(struct pst_channel *channel, uint32_t wants)
{
	if (wants & PST_CHANNEL_WANT_MESSAGE)
		return &channel->receive_waiter;
	return &channel->send_waiter;
}

/* The time, which is also that of the direction's last activity. */
uint64_t pst_channel_now_ns(struct pst_channel_waiter *waiter);

/* Seldom: a message with the time, to be sent, and received. */
int pst_channel_write_sample(struct pst_channel *channel, const void *bytes,
			     uint32_t byte_count);
int pst_channel_commit_sample(struct pst_channel *channel, uint32_t byte_count);
void pst_channel_note_latency(struct pst_channel *channel, uint64_t sent_ns);

/* Once a message with the time was written, or was not: returns result. */
int pst_channel_after_sample(struct pst_channel *channel, int result);

/*
 * Granted, and in mode `none`: one test, of which the opposite is for
 * channel_sealed.c.
 */
static inline bool pst_channel_is_plain(const struct pst_channel *channel,
					enum postern_direction direction)
{
	return PST_LIKELY(channel->plain_directions & (uint32_t)direction);
}

/*
 * In a secured mode.  The results are the ring's, those of a channel that ended
 * because of what was found, and -EPERM where the direction is not granted.
 */
bool pst_channel_has_keys_for(const struct pst_channel_setup *setup);
int pst_channel_prepare_sealing(struct pst_channel *channel);
void pst_channel_end_sealing(struct pst_channel *channel);
int pst_channel_write_sealed(struct pst_channel *channel, const void *bytes,
			     uint32_t byte_count, bool is_sample);
int pst_channel_reserve_sealed(struct pst_channel *channel, uint32_t byte_count,
			       bool is_sample, void **ret_bytes);
int pst_channel_commit_sealed(struct pst_channel *channel, uint32_t byte_count);
int pst_channel_finish_sealed(struct pst_channel *channel);
int pst_channel_read_sealed(struct pst_channel *channel, void *buffer,
			    size_t buffer_bytes, size_t *ret_message_bytes);
int pst_channel_discard_sealed(struct pst_channel *channel,
			       size_t *ret_message_bytes);

/* How full the ring was for a message that found no room. */
void pst_channel_note_refusal(struct pst_channel *channel);

/* For a message that was sent while pending_interest is not 0. */
void pst_channel_check_interest(struct pst_channel *channel);

void pst_channel_update_watermarks(struct pst_channel *channel);
bool pst_channel_is_low(struct pst_channel *channel);

/* For each message, once it is published or read. */
static inline void pst_channel_note_sent(struct pst_channel *channel,
					 uint32_t byte_count)
{
	struct pst_channel_traffic *sent = &channel->sent;

	pst_counter_add(&sent->messages, 1);
	pst_counter_add(&sent->bytes, byte_count);
	pst_counter_set(&sent->pos, channel->producer.produced_pos);
	if (PST_UNLIKELY(channel->pending_interest != 0))
		pst_channel_check_interest(channel);
}

/* What lay there with the message just taken, as of the last poll. */
static inline void
pst_channel_note_taken(struct pst_channel_traffic *received,
		       const struct pst_ring_consumer *consumer)
{
	pst_counter_raise(&received->peak_bytes,
			  consumer->produced_pos -
				  pst_counter_get(&received->pos));
	pst_counter_set(&received->pos, consumer->consumed_pos);
}

static inline void pst_channel_note_received(struct pst_channel *channel,
					     size_t byte_count)
{
	struct pst_channel_traffic *received = &channel->received;
	uint64_t sent_ns;

	pst_channel_note_taken(received, &channel->consumer);
	pst_counter_add(&received->messages, 1);
	pst_counter_add(&received->bytes, byte_count);
	if (PST_UNLIKELY(pst_ring_take_time(&channel->consumer, &sent_ns)))
		pst_channel_note_latency(channel, sent_ns);
}

static inline void pst_channel_note_dropped(struct pst_channel *channel,
					    size_t byte_count)
{
	pst_channel_note_taken(&channel->received, &channel->consumer);
	pst_counter_add(&channel->dropped_messages, 1);
	pst_counter_add(&channel->dropped_bytes, byte_count);
}

/* What sending and receiving answer once the channel has ended. */
int pst_channel_end_result(const struct pst_channel *channel);

/* Ring for the arming of this value.  False: it still has to be rung. */
bool pst_channel_notify_consumer(struct pst_channel *channel, uint32_t armed);
bool pst_channel_notify_producer(struct pst_channel *channel, uint32_t armed);

/*
 * After publishing: ring for a sleeping peer, if one asked for it.  False: it
 * still has to be rung.
 */
static inline bool pst_channel_wake_consumer(struct pst_channel *channel)
{
	uint32_t armed = pst_ring_consumer_to_wake(&channel->producer);

	return PST_LIKELY(armed == 0) ||
	       pst_channel_notify_consumer(channel, armed);
}

static inline bool pst_channel_wake_producer(struct pst_channel *channel)
{
	uint32_t armed = pst_ring_producer_to_wake(&channel->consumer);

	return PST_LIKELY(armed == 0) ||
	       pst_channel_notify_producer(channel, armed);
}

/*
 * The same where what was found in the ring says more than a hang-up or a death
 * that was seen before it.
 */
void pst_channel_end_for_certain(struct pst_channel *channel,
				 enum postern_reason reason);

/* Leave word for the peer, if reason is one of those that it is told. */
void pst_channel_report_end(struct pst_channel *channel,
			    enum postern_reason reason);

/* The peer broke the rules: fault is one word for the record, a literal. */
void pst_channel_poison(struct pst_channel *channel, const char *fault);

/* The word for what a half of a ring found. */
const char *pst_channel_ring_fault(enum pst_ring_fault fault);

/* Take bells that are there, for somebody who waits in these directions. */
void pst_channel_drain_doorbell_for(struct pst_channel *channel, uint32_t wants,
				    unsigned wakeup_limit);

/* After a message with the time was sent: ends the channel if the peer has. */
void pst_channel_check_peer(struct pst_channel *channel);
void pst_channel_poll_empty(struct pst_channel *channel, uint32_t wants);

/*
 * Prepare a direction for sleep: clear its pending bit and eventfd, arm, poll
 * once more.  Says whether it must not sleep.
 */
bool pst_channel_arm_and_poll(struct pst_channel *channel, uint32_t want);
void pst_channel_disarm(struct pst_channel *channel, uint32_t want);

/*
 * With a pollable descriptor, an -EAGAIN must leave it unreadable, armed, and
 * with nothing overlooked; says what of wants is there after all.  wants are of
 * one direction.  In the sending one, whatever else has the sender's pending_interest
 * is looked at too, and keeps the descriptor readable if it is there.
 */
uint32_t pst_channel_rearm(struct pst_channel *channel, uint32_t wants);

#endif
