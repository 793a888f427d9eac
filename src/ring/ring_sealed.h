/* SPDX-License-Identifier: ISC */
/*
 * Rings: sealed records
 *
 * The same ring for somebody who seals each record whole before it is written,
 * and opens it whole after it was read.  What is sealed and opened is a record
 * in private memory, of pst_ring_sealed_bytes():
 *
 *	head (header, stamp) | payload | tag | room for padding
 *
 * A ring has sealed records or others, never both.  The halves, and all that is
 * not about records, are those of ring.h.
 */
#ifndef POSTERN_RING_RING_SEALED_H
#define POSTERN_RING_RING_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "ring/ring.h"

struct pst_ring_record {
	uint32_t head_bytes;
	uint32_t payload_bytes;
	bool is_end;              /* nothing comes after it */
};

static inline size_t pst_ring_sealed_bytes(uint32_t message_bytes)
{
	return (size_t)pst_record_bytes(message_bytes) + PST_RECORD_TIME_BYTES +
	       PST_RECORD_TAG_BYTES;
}

/*
 * Room for a message, with a stamp if there is to be one and room for it, until
 * _write_sealed() or pst_ring_abort().  Nothing is written: the payload belongs
 * behind the head, in private memory.
 *
 * Returns as pst_ring_reserve().
 */
PST_MUST_CHECK
int pst_ring_reserve_sealed(struct pst_ring_producer *producer,
			    uint32_t payload_bytes, bool is_timed,
			    uint32_t *ret_head_bytes);

/*
 * Put the head of the reserved message, as it is or shortened, into a private
 * record; time_ns is its stamp if it has one.
 *
 * Returns as pst_ring_commit(); the reservation stays open.
 */
PST_MUST_CHECK
int pst_ring_create_head(const struct pst_ring_producer *producer,
			 uint32_t payload_bytes, uint64_t time_ns, void *record,
			 struct pst_ring_record *ret_form);

/*
 * The same for the last record, END.  An open reservation is dropped for it.
 *
 * Returns 0, or -EAGAIN (no room: nothing changed), -ESHUTDOWN (finished),
 * -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_create_end(struct pst_ring_producer *producer, void *record,
			struct pst_ring_record *ret_form);

/* Publish what was sealed of the one or the other, which is in form. */
void pst_ring_write_sealed(struct pst_ring_producer *producer, void *record,
			   const struct pst_ring_record *form);

/*
 * Copy the next record out, whole, once: what is checked of it is what is in
 * record then.  It stays in the ring until _release_sealed() or
 * _discard_sealed(), after it was opened.
 *
 * Returns as pst_ring_read(), END being a record like others.
 */
PST_MUST_CHECK
int pst_ring_peek_sealed(struct pst_ring_consumer *consumer, void *record,
			 size_t buffer_bytes, struct pst_ring_record *ret_form);

/*
 * It was opened: give its room back.  Returns 0, or -ESHUTDOWN for END, which
 * takes effect here.
 */
PST_MUST_CHECK
int pst_ring_release_sealed(struct pst_ring_consumer *consumer,
			    const void *record,
			    const struct pst_ring_record *form);

/* The same without a delivery: publish that one more was dropped. */
PST_MUST_CHECK
int pst_ring_discard_sealed(struct pst_ring_consumer *consumer,
			    const struct pst_ring_record *form);

#endif
