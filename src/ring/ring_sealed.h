/* SPDX-License-Identifier: ISC */
/*
 * Rings: sealed records
 *
 * Here the caller seals each record as a whole before it is written, and opens
 * it as a whole after it was read.  It does so in private memory of
 * pst_ring_sealed_bytes():
 *
 *	head (header, stamp) | payload | tag | space for padding
 *
 * All records of a ring are sealed, or none is.  Producer and consumer, and all
 * calls that do not concern records, are those of ring.h.
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
	bool is_end;              /* END: no record follows */
};

static inline size_t pst_ring_sealed_bytes(uint32_t message_bytes)
{
	return (size_t)pst_record_bytes(message_bytes) + PST_RECORD_TIME_BYTES +
	       PST_RECORD_TAG_BYTES;
}

/*
 * Reserve space for a message, with a time stamp if is_timed is set and the
 * stamp fits, until _write_sealed() or pst_ring_abort().  Nothing is written:
 * the caller puts the payload behind the head in private memory.
 *
 * Returns as pst_ring_reserve().
 */
PST_MUST_CHECK
int pst_ring_reserve_sealed(struct pst_ring_producer *producer,
			    uint32_t payload_bytes, bool is_timed,
			    uint32_t *ret_head_bytes);

/*
 * Write the head of the reserved message, whole or shortened, to a private
 * record; time_ns is its time stamp if it has one.
 *
 * Returns as pst_ring_commit(); the reservation stays open.
 */
PST_MUST_CHECK
int pst_ring_create_head(const struct pst_ring_producer *producer,
			 uint32_t payload_bytes, uint64_t time_ns, void *record,
			 struct pst_ring_record *ret_form);

/*
 * The same for the END record.  An open reservation is aborted.
 *
 * Returns 0, or -EAGAIN (no space: nothing changed), -ESHUTDOWN (finished),
 * -EBADMSG.
 */
PST_MUST_CHECK
int pst_ring_create_end(struct pst_ring_producer *producer, void *record,
			struct pst_ring_record *ret_form);

/* Publish the sealed record that form describes, a message or END. */
void pst_ring_write_sealed(struct pst_ring_producer *producer, void *record,
			   const struct pst_ring_record *form);

/*
 * Copy the next record as a whole, once, and check the copy.  It stays in the
 * ring until the caller has opened it and calls _release_sealed() or
 * _discard_sealed().
 *
 * Returns as pst_ring_read(), but END is a record like others.
 */
PST_MUST_CHECK
int pst_ring_peek_sealed(struct pst_ring_consumer *consumer, void *record,
			 size_t buffer_bytes, struct pst_ring_record *ret_form);

/*
 * Release the space of a record that was opened.  Returns 0, or -ESHUTDOWN for
 * END, which takes effect here.
 */
PST_MUST_CHECK
int pst_ring_release_sealed(struct pst_ring_consumer *consumer,
			    const void *record,
			    const struct pst_ring_record *form);

/* The same, and count the message as dropped in our segment. */
PST_MUST_CHECK
int pst_ring_discard_sealed(struct pst_ring_consumer *consumer,
			    const struct pst_ring_record *form);

#endif
