/* SPDX-License-Identifier: ISC */
/*
 * Rings: the private halves of a producer and of a consumer
 *
 * A ring carries records one way.  The producer's half lives with the sender,
 * the consumer's with the receiver; each holds everything its owner decides by,
 * and of the other side's words only copies that were checked.  Nothing here
 * sleeps, allocates or calls the kernel: ring_wait.c says when somebody has to
 * be woken, and the channel does it.
 *
 * A half belongs to one thread at a time; the two halves of one channel are
 * independent of each other.  They are aligned to lines of their own, so their
 * memory must be too (pages are; malloc's is not).
 *
 * The first violation by the peer is recorded in fault and poisons the half:
 * every later call answers -EBADMSG.  Outputs are written on success only,
 * except where it says so.
 */
#ifndef POSTERN_RING_RING_H
#define POSTERN_RING_RING_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "ring/ring_layout.h"

/* How the peer broke the rules. */
enum pst_ring_fault {
	PST_RING_FAULT_NONE = 0,
	PST_RING_FAULT_MISALIGNED,     /* a position is no multiple of 8 */
	PST_RING_FAULT_OUT_OF_RANGE,   /* a position went back or too far */
	PST_RING_FAULT_RECORD_KIND,    /* unknown kind, flag or reserved bit */
	PST_RING_FAULT_RECORD_LENGTH,  /* more than agreed, or than is there */
	PST_RING_FAULT_PADDING,        /* of a sealed record: not zero */
};

/* The state of the adaptive pause of one side: ring_backoff.c. */
struct pst_ring_backoff {
	uint32_t batch_count;	 /* records since the last successful poll */
	uint32_t pauses;	 /* 0: backing off does not pay */
	uint32_t unpaused_count; /* batches since then */
	bool has_paused;	 /* before this batch */
};

struct pst_ring_producer {
	alignas(PST_LINE_BYTES)
	struct pst_segment_words *own;        /* published here, never read */
	const struct pst_segment_words *peer; /* observed here */
	uint8_t *data;
	uint64_t produced_pos;    /* ours */
	uint64_t consumed_pos;    /* the peer's, as last observed and checked */
	uint32_t data_bytes;
	uint32_t message_bytes;   /* the largest payload */
	uint32_t tag_bytes;       /* of each record: 0 if they are not sealed */
	uint32_t reserved_bytes;  /* payload of the open reservation */
	uint32_t reserved_time_bytes; /* its time stamp's: 0 without one */
	int blocked_error;	  /* 0, or why nothing can be reserved: -EBUSY,
				   * -ESHUTDOWN or -EBADMSG */
	uint32_t armed;           /* as last published */
	uint32_t notified_for;	  /* the consumer's armed, as last rung for */
	struct pst_ring_backoff backoff;
	enum pst_ring_fault fault;
};

struct pst_ring_consumer {
	alignas(PST_LINE_BYTES)
	struct pst_segment_words *own;        /* published here, never read */
	const struct pst_segment_words *peer; /* observed here */
	const uint8_t *data;
	uint64_t consumed_pos;    /* ours */
	uint64_t produced_pos;    /* the peer's, as last observed and checked */
	uint64_t next_check_pos;  /* from here on, look who waits for room */
	uint32_t data_bytes;
	uint32_t message_bytes;
	int blocked_error;	  /* 0, or why nothing can be read: -ESHUTDOWN
				   * or -EBADMSG */
	uint32_t armed;           /* as last published */
	uint32_t notified_for;	  /* the producer's armed, as last rung for */
	bool frozen;              /* produced_pos is final */
	uint64_t dropped_count;   /* as last published */
	bool has_time;            /* the last record read had a time stamp, */
	uint64_t time_ns;         /* and this is what it says */
	struct pst_ring_backoff backoff;
	enum pst_ring_fault fault;
};

/* Geometry */

/*
 * Whether a data area and a largest payload go together: data_bytes is a power
 * of two of at least page_bytes, and one record of message_bytes fits, with a
 * tag of tag_bytes (0: records are not sealed).
 */
bool pst_ring_is_geometry_valid(uint64_t data_bytes, uint64_t message_bytes,
				uint32_t tag_bytes, uint64_t page_bytes);

/* Producer */

/*
 * own and peer are the words of our and of the peer's segment, data the data
 * area of ours, mapped twice; the ring is empty.  The geometry is valid.
 * tag_bytes is PST_RECORD_TAG_BYTES if all records will be sealed, else 0.
 */
void pst_ring_producer_init(struct pst_ring_producer *producer,
			    struct pst_segment_words *own,
			    const struct pst_segment_words *peer, uint8_t *data,
			    uint32_t data_bytes, uint32_t message_bytes,
			    uint32_t tag_bytes);

/*
 * Room for one payload, at *ret_payload until commit or abort.  What is written
 * there the peer can read at once, and even if it is then left out of the
 * message: it is memory of the ring.
 *
 * Returns 0, or -EAGAIN (full), -EMSGSIZE (more than message_bytes), -EBUSY (a
 * reservation is open), -ESHUTDOWN (finished), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_reserve(struct pst_ring_producer *producer, uint32_t payload_bytes,
		     void **ret_payload);

/*
 * Publish the reservation, as it is or shortened.
 *
 * Returns 0, or -EINVAL (nothing reserved, or more than was: the reservation
 * stays), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_commit(struct pst_ring_producer *producer, uint32_t payload_bytes);

/*
 * The same three with the time at which the message is sent, which travels with
 * it if there is room for that too: a message is never refused or delayed for
 * want of it.  A reservation is stamped when it is committed, and both calls
 * have to be of this kind.
 */
PST_MUST_CHECK
int pst_ring_write_timed(struct pst_ring_producer *producer,
			 const void *payload, uint32_t payload_bytes,
			 uint64_t time_ns);
PST_MUST_CHECK
int pst_ring_reserve_timed(struct pst_ring_producer *producer,
			   uint32_t payload_bytes, void **ret_payload);
PST_MUST_CHECK
int pst_ring_commit_timed(struct pst_ring_producer *producer,
			  uint32_t payload_bytes, uint64_t time_ns);

/* Drop the reservation.  Returns 0, -EINVAL (there is none), -EBADMSG. */
PST_MUST_CHECK
int pst_ring_abort(struct pst_ring_producer *producer);

/* Reserve, copy and commit in one; returns as pst_ring_reserve(). */
PST_MUST_CHECK
int pst_ring_write(struct pst_ring_producer *producer, const void *payload,
		   uint32_t payload_bytes);

/*
 * Tell the consumer that nothing more will come, dropping an open reservation;
 * afterwards nothing can be written.  Once is enough.
 *
 * Returns 0, or -EAGAIN (no room: nothing changed), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_finish(struct pst_ring_producer *producer);

/*
 * Whether everything that was published is consumed, by a fresh look.
 * Returns 0, or -EAGAIN, -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_is_consumed(struct pst_ring_producer *producer);

/*
 * Whether a payload would find room now, by a fresh look.
 * Returns 0, or -EAGAIN, -EMSGSIZE, -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_has_space(struct pst_ring_producer *producer,
		       uint32_t payload_bytes);

/* Consumer */

void pst_ring_consumer_init(struct pst_ring_consumer *consumer,
			    struct pst_segment_words *own,
			    const struct pst_segment_words *peer,
			    const uint8_t *data, uint32_t data_bytes,
			    uint32_t message_bytes);

/*
 * Copy the next payload out, then give its room back to the producer.
 *
 * Returns 0, or
 *   -EAGAIN     nothing there
 *   -EMSGSIZE   larger than the buffer: kept, and *ret_payload_bytes says its
 *               size (the one output written on failure)
 *   -ESHUTDOWN  the producer finished, and all before was read
 *   -EBADMSG    the producer broke the rules
 */
PST_MUST_CHECK
int pst_ring_read(struct pst_ring_consumer *consumer, void *buffer,
		  size_t buffer_bytes, size_t *ret_payload_bytes);

/*
 * Give the next record's room back without a copy of it, after the same checks,
 * and publish that one more was dropped.  Returns as pst_ring_read(), though
 * nothing is too large.
 */
PST_MUST_CHECK
int pst_ring_discard(struct pst_ring_consumer *consumer,
		     size_t *ret_payload_bytes);

/*
 * Whether pst_ring_read() would find a record (the last one, END, too).  A
 * fresh look where the ring was empty when last looked at.
 *
 * Returns 0, or -EAGAIN, -ESHUTDOWN, -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_has_message(struct pst_ring_consumer *consumer);

/*
 * The producer is gone: look once more, then never again.  What is there can
 * be read to its end, which then is -EAGAIN; whoever still holds the segment
 * adds nothing.
 *
 * Returns 0, or -ESHUTDOWN (it had finished, and all was read), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_freeze(struct pst_ring_consumer *consumer);

/*
 * Pause before the poll that follows a batch, if that pays or is to be tried.
 * Only for pst_ring_backoff_before_poll().
 */
void pst_ring_backoff_after_batch(struct pst_ring_backoff *backoff);

/* Sleep and wake: ring_wait.c */

/*
 * Before the second look (has_message, has_room) that precedes sleep; and
 * after, or instead of, sleep.  Arming what is armed asks for another bell.
 */
void pst_ring_arm_consumer(struct pst_ring_consumer *consumer);
void pst_ring_disarm_consumer(struct pst_ring_consumer *consumer);
void pst_ring_arm_producer(struct pst_ring_producer *producer);
void pst_ring_disarm_producer(struct pst_ring_producer *producer);

/*
 * After publishing (write, commit, finish; read): the odd value for which the
 * other side is to be rung, or 0.  Says so again, with the next message too,
 * until the bell is reported with _woken(); report it unless it could not be
 * sent.  An answer of 0 for the producer is a look done: it plans the next.
 */
PST_MUST_CHECK
static inline uint32_t
pst_ring_consumer_to_wake(const struct pst_ring_producer *producer);
void pst_ring_consumer_notified(struct pst_ring_producer *producer,
				uint32_t armed);
PST_MUST_CHECK
static inline uint32_t
pst_ring_producer_to_wake(struct pst_ring_consumer *consumer);
void pst_ring_producer_notified(struct pst_ring_consumer *consumer,
				uint32_t armed);

/* Whether half of the ring is free, by a fresh look; or nothing more is read. */
bool pst_ring_refresh_half_free(struct pst_ring_consumer *consumer);

/*
 * Set next_check_pos, after a look whether the producer waits.  While more than half of
 * the ring is unread, as far as is known: where half is.  Else a 64th of the ring
 * further, or behind the last record known of if that is nearer.  With nothing
 * unread that is here, so with the next record is looked again.
 */
void pst_ring_schedule_check(struct pst_ring_consumer *consumer);

/*
 * The positions in the peer's words as they stand, unchecked: for noticing that
 * something moved, and for nothing else.  Any thread may ask.
 */
uint64_t pst_ring_produced_unchecked(const struct pst_segment_words *peer);
uint64_t pst_ring_consumed_unchecked(const struct pst_segment_words *peer);

/*
 * Words beside the ring.  They do not change what the rings carry: a peer that
 * writes a false value there only misinforms its reader.
 */

/* The messages that the peer has dropped, as it says: for statistics only. */
uint64_t pst_ring_dropped_unchecked(const struct pst_segment_words *peer);

/*
 * The reason why a side ended the channel; published before the hang-up.  The
 * peer may have written any number.
 */
void pst_ring_publish_end(struct pst_segment_words *own, uint32_t end_code);
uint32_t pst_ring_observe_end(const struct pst_segment_words *peer);

/* Inline */

/* Backing off is tried once in so many batches; the others cost one addition. */
#define PST_RING_BATCHES_PER_TRIAL 4096

static inline void
pst_ring_backoff_before_poll(struct pst_ring_backoff *backoff)
{
	if (backoff->batch_count == 0)
		return;
	if (PST_UNLIKELY(backoff->pauses != 0 ||
			 ++backoff->unpaused_count %
					 PST_RING_BATCHES_PER_TRIAL ==
				 0))
		pst_ring_backoff_after_batch(backoff);
	backoff->batch_count = 0;
}

/*
 * For a caller that receives from this ring only, before it reads: if the ring
 * was empty at the last poll and traffic is heavy, pause first.
 */
static inline void
pst_ring_backoff_before_read(struct pst_ring_consumer *consumer)
{
	if (PST_UNLIKELY(consumer->produced_pos == consumer->consumed_pos))
		pst_ring_backoff_before_poll(&consumer->backoff);
}

/* Whether something is unread, as of the last look. */
static inline bool
pst_ring_has_buffered_message(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos != consumer->consumed_pos;
}

/* The peer's position, as last looked at and checked. */
static inline uint64_t
pst_ring_peer_produced(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos;
}

/* What is in the ring, as of the producer's last look. */
static inline uint64_t
pst_ring_depth_bytes(const struct pst_ring_producer *producer)
{
	return producer->produced_pos - producer->consumed_pos;
}

/* The open reservation, or the last one, has room for a stamp. */
static inline bool
pst_ring_is_reserved_timed(const struct pst_ring_producer *producer)
{
	return producer->reserved_time_bytes > 0;
}

/* Half of the ring is free, or was at the last look. */
static inline bool
pst_ring_is_known_half_free(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos - consumer->consumed_pos <=
	       consumer->data_bytes / 2;
}

/* Is it time to look whether the producer waits?  See pst_ring_schedule_check(). */
static inline bool
pst_ring_is_check_due(const struct pst_ring_consumer *consumer)
{
	uint64_t beyond_bytes =
		consumer->consumed_pos - consumer->next_check_pos;

	return beyond_bytes <= UINT64_MAX / 2;
}

/* The stamp of the record last read, once; the producer wrote it, as it likes. */
static inline bool pst_ring_take_time(struct pst_ring_consumer *consumer,
				      uint64_t *ret_time_ns)
{
	if (PST_LIKELY(!consumer->has_time))
		return false;
	consumer->has_time = false;
	*ret_time_ns = consumer->time_ns;
	return true;
}

/*
 * A poll found nothing.  After a pause that means that the peer is not at work;
 * without one, the peer may only be slow.
 */
static inline void
pst_ring_backoff_on_empty_poll(struct pst_ring_backoff *backoff)
{
	if (PST_LIKELY(backoff->pauses == 0))
		return;
	backoff->pauses = backoff->has_paused ? 0 : backoff->pauses / 2;
	backoff->has_paused = false;
}

static inline uint32_t pst_ring_notify_due(uint32_t armed,
					   uint32_t notified_for)
{
	return (armed & 1) != 0 && armed != notified_for ? armed : 0;
}

static inline uint32_t
pst_ring_consumer_to_wake(const struct pst_ring_producer *producer)
{
	/*
	 * [A1] Pairs with the publish in pst_ring_arm_consumer(), and comes
	 * [W1] after our own in publish_record(), ring_producer.c.
	 */
	return pst_ring_notify_due(
		pst_shared_observe_ordered_u32(&producer->peer->consumer_armed),
		producer->notified_for);
}

static inline uint32_t
pst_ring_producer_notify_due(const struct pst_ring_consumer *consumer)
{
	/*
	 * [A2] Pairs with the publish in pst_ring_arm_producer(), and comes
	 * [W2] after our own in publish_consumed(), ring_consumer.c.
	 */
	return pst_ring_notify_due(
		pst_shared_observe_ordered_u32(&consumer->peer->producer_armed),
		consumer->notified_for);
}

/*
 * Not before half of the ring is free: a producer that is woken for the room of
 * one message fills it and sleeps again, and so with every message.  Who goes on
 * receiving comes to that point before it finds the ring empty, let alone
 * sleeps.  What the consumer knows may be old: the producer may have filled the
 * ring again, and sleep anew.
 */
static inline uint32_t
pst_ring_producer_to_wake(struct pst_ring_consumer *consumer)
{
	uint32_t armed;

	if (!pst_ring_is_check_due(consumer))
		return 0;
	if (pst_ring_is_known_half_free(consumer)) {
		armed = pst_ring_producer_notify_due(consumer);
		if (PST_UNLIKELY(armed != 0) &&
		    pst_ring_refresh_half_free(consumer))
			return armed; /* the look stays due until it is rung */
	}
	if (pst_ring_has_buffered_message(consumer))
		pst_ring_schedule_check(consumer);
	else /* as planned, without a call: nearly all of a ping-pong */
		consumer->next_check_pos = consumer->consumed_pos;
	return 0;
}

#endif
