/* SPDX-License-Identifier: ISC */
/*
 * Rings: the private state of a producer and of a consumer
 *
 * A ring carries records in one direction.  The sender has the producer, the
 * receiver the consumer.  Each decides by its private state alone, which holds
 * checked copies of the peer's position.  Nothing here sleeps, allocates or
 * makes a system call.  One thread at a time may use each of them.  They must
 * be allocated in pages: malloc() does not align to cache lines.
 *
 * The first violation by the peer is recorded in fault and poisons the producer
 * or consumer: every later call returns -EBADMSG.
 */
#ifndef POSTERN_RING_RING_H
#define POSTERN_RING_RING_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "ring/ring_backoff.h"
#include "ring/ring_layout.h"

/* How the peer violated the protocol. */
enum pst_ring_fault {
	PST_RING_FAULT_NONE = 0,
	PST_RING_FAULT_MISALIGNED,     /* a position is not a multiple of 8 */
	PST_RING_FAULT_OUT_OF_RANGE,   /* a position moved back or too far */
	PST_RING_FAULT_RECORD_KIND,    /* unknown kind, flag or reserved bit */
	PST_RING_FAULT_RECORD_LENGTH,  /* over the limit, or incomplete */
	PST_RING_FAULT_PADDING,        /* padding of a sealed record is not 0 */
};

struct pst_ring_producer {
	alignas(PST_LINE_BYTES)
	struct pst_segment_words *own;        /* published here, never read */
	const struct pst_segment_words *peer; /* observed here */
	uint8_t *data;
	uint64_t produced_pos;    /* of this side */
	uint64_t consumed_pos;    /* of the peer, as last refreshed */
	uint32_t data_bytes;
	uint32_t message_bytes;   /* the largest payload */
	uint32_t tag_bytes;       /* of each record: 0 if they are not sealed */
	uint32_t reserved_bytes;  /* payload of the open reservation */
	uint32_t reserved_time_bytes; /* of its time stamp; 0: no stamp */
	int blocked_error;	  /* 0, or the error of every reserve:
				   * -EBUSY, -ESHUTDOWN or -EBADMSG */
	uint32_t armed;           /* as last published */
	uint32_t notified_for;	  /* consumer_armed, as last notified */
	struct pst_ring_backoff backoff;
	enum pst_ring_fault fault;
};

struct pst_ring_consumer {
	alignas(PST_LINE_BYTES)
	struct pst_segment_words *own;        /* published here, never read */
	const struct pst_segment_words *peer; /* observed here */
	const uint8_t *data;
	uint64_t consumed_pos;    /* of this side */
	uint64_t produced_pos;    /* of the peer, as last refreshed */
	uint64_t next_check_pos;  /* the space check is due from here on */
	uint32_t data_bytes;
	uint32_t message_bytes;
	int blocked_error;	  /* 0, or the error of every read:
				   * -ESHUTDOWN or -EBADMSG */
	uint32_t armed;           /* as last published */
	uint32_t notified_for;	  /* producer_armed, as last notified */
	bool frozen;              /* produced_pos is final */
	uint64_t dropped_count;   /* as last published */
	bool has_time;            /* time_ns was read and not taken */
	uint64_t time_ns;         /* time stamp of the last record */
	struct pst_ring_backoff backoff;
	enum pst_ring_fault fault;
};

/* Geometry */

/*
 * Whether data_bytes is a power of two of at least page_bytes, and a record of
 * message_bytes fits, with a tag of tag_bytes (0: records are not sealed).
 */
bool pst_ring_is_geometry_valid(uint64_t data_bytes, uint64_t message_bytes,
				uint32_t tag_bytes, uint64_t page_bytes);

/* Producer */

/*
 * own and peer are the words of our and of the peer's segment; data is our data
 * area, mapped twice.  The ring is empty and the geometry valid.  tag_bytes is
 * PST_RECORD_TAG_BYTES if all records will be sealed, else 0.
 */
void pst_ring_producer_init(struct pst_ring_producer *producer,
			    struct pst_segment_words *own,
			    const struct pst_segment_words *peer, uint8_t *data,
			    uint32_t data_bytes, uint32_t message_bytes,
			    uint32_t tag_bytes);

/*
 * Reserve space for one payload.  *ret_payload is valid until commit or abort.
 * It is memory of the ring: the peer can read at once all that is written
 * there, even if the message is then shortened or aborted.
 *
 * Returns 0, or -EAGAIN (full), -EMSGSIZE (more than message_bytes), -EBUSY (a
 * reservation is open), -ESHUTDOWN (finished), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_reserve(struct pst_ring_producer *producer, uint32_t payload_bytes,
		     void **ret_payload);

/*
 * Publish the reservation, whole or shortened.
 *
 * Returns 0, or -EINVAL (nothing reserved, or payload_bytes is more than was
 * reserved: the reservation stays open), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_commit(struct pst_ring_producer *producer, uint32_t payload_bytes);

/*
 * The same with a time stamp.  The record carries it if there is space for it:
 * a message is never refused or delayed because of the stamp.  A reservation is
 * stamped at commit; both calls must be of the timed kind.
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

/* Abort the reservation.  Returns 0, -EINVAL (there is none), -EBADMSG. */
PST_MUST_CHECK
int pst_ring_abort(struct pst_ring_producer *producer);

/* Reserve, copy and commit in one call; returns as pst_ring_reserve(). */
PST_MUST_CHECK
int pst_ring_write(struct pst_ring_producer *producer, const void *payload,
		   uint32_t payload_bytes);

/*
 * Write the END record.  An open reservation is aborted, and nothing can be
 * written afterwards.  A second call does nothing.
 *
 * Returns 0, or -EAGAIN (no space: nothing changed), -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_finish(struct pst_ring_producer *producer);

/*
 * Refresh, and check whether everything that was published is consumed.
 * Returns 0, or -EAGAIN, -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_is_consumed(struct pst_ring_producer *producer);

/*
 * Refresh, and check whether there is space for a payload.  Returns 0, or
 * -EAGAIN, -EMSGSIZE, -EBADMSG.
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
 * Copy the next payload out, then release its space to the producer.
 *
 * Returns 0, or
 *	-EAGAIN     the ring is empty
 *	-EMSGSIZE   larger than the buffer: the message stays in the ring, and
 *	            *ret_payload_bytes, and no other output, is written
 *	-ESHUTDOWN  the producer finished, and everything before was read
 *	-EBADMSG    the producer violated the protocol
 */
PST_MUST_CHECK
int pst_ring_read(struct pst_ring_consumer *consumer, void *buffer,
		  size_t buffer_bytes, size_t *ret_payload_bytes);

/*
 * Check the next record, release its space without a copy, and count it as
 * dropped in our segment.  Returns as pst_ring_read(), but never -EMSGSIZE.
 */
PST_MUST_CHECK
int pst_ring_discard(struct pst_ring_consumer *consumer,
		     size_t *ret_payload_bytes);

/*
 * Whether pst_ring_read() would find a record, END included.  Refreshes if the
 * ring appears to be empty.
 *
 * Returns 0, or -EAGAIN, -ESHUTDOWN, -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_has_message(struct pst_ring_consumer *consumer);

/*
 * Refresh for the last time: the peer has ended.  The records published so far
 * can still be read, and then a read returns -EAGAIN.  A process that still has
 * the segment mapped cannot add any.
 *
 * Returns 0, or -ESHUTDOWN (it had finished, and everything was read),
 * -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_freeze(struct pst_ring_consumer *consumer);

/*
 * Refresh, and check whether half of the ring is free, or nothing more can be
 * read.
 */
bool pst_ring_refresh_half_free(struct pst_ring_consumer *consumer);

/*
 * Words beside the ring.  They do not change what the rings carry: with a false
 * value a peer only misinforms its reader.
 */

/*
 * The number of messages that the peer claims to have dropped: for statistics
 * only.
 */
uint64_t pst_ring_dropped_unchecked(const struct pst_segment_words *peer);

/*
 * The reason for which a side ended the channel; published before the hang-up.
 * The peer may have written any number.
 */
void pst_ring_publish_end(struct pst_segment_words *own, uint32_t end_code);
uint32_t pst_ring_observe_end(const struct pst_segment_words *peer);

/* Inline */

/*
 * Before a read by a caller that receives from this ring only: pause first if
 * the ring was empty at the last poll and traffic is heavy.
 */
static inline void
pst_ring_backoff_before_read(struct pst_ring_consumer *consumer)
{
	if (PST_UNLIKELY(consumer->produced_pos == consumer->consumed_pos))
		pst_ring_backoff_before_poll(&consumer->backoff);
}

/* Whether a record is unread, as of the last refresh. */
static inline bool
pst_ring_has_buffered_message(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos != consumer->consumed_pos;
}

/* The peer's position, as of the last refresh. */
static inline uint64_t
pst_ring_peer_produced(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos;
}

/* The bytes in the ring, as of the producer's last refresh. */
static inline uint64_t
pst_ring_depth_bytes(const struct pst_ring_producer *producer)
{
	return producer->produced_pos - producer->consumed_pos;
}

/* Whether the open reservation, or the last one, has space for a time stamp. */
static inline bool
pst_ring_is_reserved_timed(const struct pst_ring_producer *producer)
{
	return producer->reserved_time_bytes > 0;
}

/* Whether half of the ring is free, as of the last refresh. */
static inline bool
pst_ring_is_known_half_free(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos - consumer->consumed_pos <=
	       consumer->data_bytes / 2;
}

/* Take the time stamp of the last record.  The producer can write any value. */
static inline bool pst_ring_take_time(struct pst_ring_consumer *consumer,
				      uint64_t *ret_time_ns)
{
	if (PST_LIKELY(!consumer->has_time))
		return false;
	consumer->has_time = false;
	*ret_time_ns = consumer->time_ns;
	return true;
}

#endif
