/* SPDX-License-Identifier: ISC */
/*
 * Consuming: read, discard, freeze
 *
 * All that the producer writes is hostile until it is checked, and each value
 * is read once: the position into a local, the header into a local, the payload
 * into the caller's buffer.  The checked copy is the one that is used.
 *
 * A read proceeds in a fixed order: position, header, all checks, copy; only
 * then is the space released.
 */
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

#include "ring/ring_sealed.h"
#include "ring/ring_wait.h"
#include "ring/shared_copy.h"

PST_COLD
static int poison(struct pst_ring_consumer *consumer, enum pst_ring_fault fault)
{
	consumer->blocked_error = -EBADMSG;
	consumer->fault = fault;
	return -EBADMSG;
}

/* Refresh our copy of the producer's position. */
static int refresh_produced(struct pst_ring_consumer *consumer)
{
	uint64_t produced_pos, moved_bytes, unread_bytes;

	if (PST_UNLIKELY(consumer->frozen))
		return 0;
	/*
	 * [P1] Pairs with the publish in publish_record(), ring_producer.c: the
	 * records before this position are complete.
	 */
	produced_pos = pst_shared_observe_u64(&consumer->peer->produced_pos);

	/*
	 * A step back is a huge unsigned difference: one comparison rejects
	 * both a step back and an overshoot.
	 */
	moved_bytes = produced_pos - consumer->produced_pos;
	unread_bytes = consumer->produced_pos - consumer->consumed_pos;
	if (PST_UNLIKELY(moved_bytes > consumer->data_bytes - unread_bytes))
		return poison(consumer, PST_RING_FAULT_OUT_OF_RANGE);
	if (PST_UNLIKELY(produced_pos % PST_RECORD_ALIGNMENT != 0))
		return poison(consumer, PST_RING_FAULT_MISALIGNED);

	consumer->produced_pos = produced_pos;
	return 0;
}

static inline bool is_empty(const struct pst_ring_consumer *consumer)
{
	return consumer->produced_pos == consumer->consumed_pos;
}

/* Refresh only if the ring appears to be empty. */
static inline int find_record(struct pst_ring_consumer *consumer)
{
	int result;

	if (PST_LIKELY(!is_empty(consumer)))
		return 0;
	result = refresh_produced(consumer);
	if (PST_UNLIKELY(result < 0))
		return result;
	if (!is_empty(consumer)) {
		consumer->backoff.batch_count = 0;
		return 0;
	}
	pst_ring_backoff_on_empty_poll(&consumer->backoff);
	return -EAGAIN;
}

static inline const uint8_t *
record_start(const struct pst_ring_consumer *consumer)
{
	uint64_t mask = consumer->data_bytes - 1;

	return consumer->data + (consumer->consumed_pos & mask);
}

/* One load.  [P1] ordered it: the record was published before. */
static inline struct pst_record_header fetch_header(const uint8_t *record)
{
	struct pst_record_header header;
	uint64_t header_word;

	header_word = pst_shared_load_relaxed_u64(
		(const struct pst_shared_u64 *)(const void *)record);
	memcpy(&header, &header_word, sizeof(header));
	return header;
}

/*
 * Release the space of the record to the producer.  Returns whether the space
 * check is due; only then must the store be ordered before it.
 */
static inline bool publish_consumed(struct pst_ring_consumer *consumer,
				    uint64_t record_bytes)
{
	bool is_check_due;

	consumer->backoff.batch_count++;
	consumer->consumed_pos += record_bytes;
	/*
	 * [C1] Pairs with the observe in refresh_consumed(), ring_producer.c:
	 * our copy is complete before the producer overwrites its source.  [W2]
	 * A producer that sleeps without having observed this position has
	 * armed before our next check.
	 */
	is_check_due = pst_ring_is_check_due(consumer);
	if (is_check_due)
		pst_shared_publish_ordered_u64(&consumer->own->consumed_pos,
					       consumer->consumed_pos);
	else
		pst_shared_publish_u64(&consumer->own->consumed_pos,
				       consumer->consumed_pos);
	return is_check_due;
}

/*
 * With this record half of the ring became free: refresh whether it still is.
 * If the producer keeps the ring full, that postpones the check, and the
 * cheaper store remains sufficient.  The next read returns the error if the
 * refresh fails.
 */
static inline void check_half_free(struct pst_ring_consumer *consumer,
				   uint64_t record_bytes)
{
	uint64_t half_bytes = consumer->data_bytes / 2;
	uint64_t unread_bytes = consumer->produced_pos - consumer->consumed_pos;

	if (PST_UNLIKELY(unread_bytes <= half_bytes &&
			 unread_bytes + record_bytes > half_bytes))
		PST_IGNORE(refresh_produced(consumer));
}

static inline void release_and_check(struct pst_ring_consumer *consumer,
				     uint64_t record_bytes)
{
	if (publish_consumed(consumer, record_bytes))
		check_half_free(consumer, record_bytes);
}

/* Whether this is a message with a time stamp and no other flag. */
static inline bool is_timed(struct pst_record_header header)
{
	return header.kind == PST_RECORD_DATA &&
	       header.flags == PST_RECORD_FLAG_TIME && header.reserved == 0;
}

/* Handle a record that is not a message: END, or a fault. */
PST_COLD
static int read_other_kind(struct pst_ring_consumer *consumer,
			   struct pst_record_header header)
{
	if (header.kind != PST_RECORD_END || header.flags != 0 ||
	    header.reserved != 0)
		return poison(consumer, PST_RING_FAULT_RECORD_KIND);
	if (header.payload_bytes != 0)
		return poison(consumer, PST_RING_FAULT_RECORD_LENGTH);

	consumer->blocked_error = -ESHUTDOWN;
	/* After END no space check follows. */
	(void)publish_consumed(consumer, PST_RECORD_HEADER_BYTES);
	return -ESHUTDOWN;
}

void pst_ring_consumer_init(struct pst_ring_consumer *consumer,
			    struct pst_segment_words *own,
			    const struct pst_segment_words *peer,
			    const uint8_t *data, uint32_t data_bytes,
			    uint32_t message_bytes)
{
	*consumer = (struct pst_ring_consumer) {
		.own = own,
		.peer = peer,
		.data = data,
		.data_bytes = data_bytes,
		.message_bytes = message_bytes,
	};
}

/* The next record, checked. */
struct message {
	const uint8_t *record;
	uint64_t record_bytes;
	uint32_t payload_bytes;
	uint32_t time_bytes;    /* 0: no time stamp */
};

static inline int find_message(struct pst_ring_consumer *consumer,
			       struct message *ret_message)
{
	struct pst_record_header header;
	const uint8_t *record;
	uint32_t time_bytes = 0;
	uint64_t record_bytes;
	int result;

	if (PST_UNLIKELY(consumer->blocked_error != 0))
		return consumer->blocked_error;
	result = find_record(consumer);
	if (result < 0)
		return result;

	record = record_start(consumer);
	header = fetch_header(record);
	if (PST_UNLIKELY(header.kind != PST_RECORD_DATA || header.flags != 0 ||
			 header.reserved != 0)) {
		if (!is_timed(header))
			return read_other_kind(consumer, header);
		time_bytes = PST_RECORD_TIME_BYTES;
	}

	record_bytes = pst_record_bytes(header.payload_bytes) + time_bytes;
	if (PST_UNLIKELY(header.payload_bytes > consumer->message_bytes ||
			 record_bytes > consumer->produced_pos -
					consumer->consumed_pos))
		return poison(consumer, PST_RING_FAULT_RECORD_LENGTH);

	*ret_message = (struct message) {
		.record = record,
		.record_bytes = record_bytes,
		.payload_bytes = header.payload_bytes,
		.time_bytes = time_bytes,
	};
	return 0;
}

/* One load, as for the header. */
static void note_time(struct pst_ring_consumer *consumer, const uint8_t *record)
{
	const uint8_t *time = record + PST_RECORD_HEADER_BYTES;

	consumer->time_ns = pst_shared_load_relaxed_u64(
		(const struct pst_shared_u64 *)(const void *)time);
	consumer->has_time = true;
}

int pst_ring_read(struct pst_ring_consumer *consumer, void *buffer,
		  size_t buffer_bytes, size_t *ret_payload_bytes)
{
	struct message message = {0};
	int result;

	result = find_message(consumer, &message);
	if (result < 0)
		return result;
	if (PST_UNLIKELY(message.payload_bytes > buffer_bytes)) {
		*ret_payload_bytes = message.payload_bytes;
		return -EMSGSIZE;
	}

	if (PST_UNLIKELY(message.time_bytes > 0))
		note_time(consumer, message.record);
	pst_shared_copy_out(buffer, message.record + PST_RECORD_HEADER_BYTES +
				    message.time_bytes,
			    message.payload_bytes);
	release_and_check(consumer, message.record_bytes);
	*ret_payload_bytes = message.payload_bytes;
	return 0;
}

/*
 * Before the space is released, so that received and dropped add up to consumed
 * for any observer.
 */
static void note_dropped(struct pst_ring_consumer *consumer)
{
	consumer->dropped_count++;
	pst_shared_store_relaxed_u64(&consumer->own->dropped_count,
				     consumer->dropped_count);
}

int pst_ring_discard(struct pst_ring_consumer *consumer,
		     size_t *ret_payload_bytes)
{
	struct message message = {0};
	int result;

	result = find_message(consumer, &message);
	if (result < 0)
		return result;
	note_dropped(consumer);
	release_and_check(consumer, message.record_bytes);
	*ret_payload_bytes = message.payload_bytes;
	return 0;
}

int pst_ring_has_message(struct pst_ring_consumer *consumer)
{
	if (consumer->blocked_error != 0)
		return consumer->blocked_error;
	return find_record(consumer);
}

/* The next read returns the error if the refresh fails. */
PST_COLD
bool pst_ring_refresh_half_free(struct pst_ring_consumer *consumer)
{
	if (consumer->blocked_error != 0 || refresh_produced(consumer) < 0)
		return true;
	return pst_ring_is_known_half_free(consumer);
}

int pst_ring_freeze(struct pst_ring_consumer *consumer)
{
	int result;

	if (consumer->blocked_error != 0)
		return consumer->blocked_error;
	result = refresh_produced(consumer);
	if (result < 0)
		return result;
	consumer->frozen = true;
	return 0;
}

/* Sealed records */

static bool is_zero(const uint8_t *bytes, uint64_t byte_count)
{
	uint64_t i;
	uint8_t any = 0;

	for (i = 0; i < byte_count; i++)
		any |= bytes[i];
	return any == 0;
}

/* The size of a record with its padding, in the ring and in a copy. */
static inline uint64_t sealed_bytes(const struct pst_ring_record *form)
{
	return pst_record_bytes(form->payload_bytes) +
	       (form->head_bytes - PST_RECORD_HEADER_BYTES) +
	       PST_RECORD_TAG_BYTES;
}

/* Check the header of a sealed record, and describe the record. */
static inline int find_form(struct pst_ring_consumer *consumer,
			    struct pst_record_header header,
			    struct pst_ring_record *ret_form)
{
	struct pst_ring_record form = {
		.head_bytes = PST_RECORD_HEADER_BYTES,
		.payload_bytes = header.payload_bytes,
		.is_end = header.kind == PST_RECORD_END,
	};

	if (is_timed(header))
		form.head_bytes += PST_RECORD_TIME_BYTES;
	else if ((header.kind != PST_RECORD_DATA && !form.is_end) ||
		 header.flags != 0 || header.reserved != 0)
		return poison(consumer, PST_RING_FAULT_RECORD_KIND);
	if (PST_UNLIKELY(form.payload_bytes > consumer->message_bytes ||
			 (form.is_end && form.payload_bytes != 0) ||
			 sealed_bytes(&form) > consumer->produced_pos -
					       consumer->consumed_pos))
		return poison(consumer, PST_RING_FAULT_RECORD_LENGTH);
	*ret_form = form;
	return 0;
}

/* Copy all but the header, which the caller has fetched and checked. */
static int copy_sealed(struct pst_ring_consumer *consumer,
		       struct pst_record_header header,
		       const struct pst_ring_record *form, uint8_t *copy)
{
	uint64_t record_bytes = sealed_bytes(form);
	uint64_t used_bytes = (uint64_t)form->head_bytes +
			      form->payload_bytes + PST_RECORD_TAG_BYTES;

	memcpy(copy, &header, sizeof(header));
	pst_shared_copy_out(copy + sizeof(header),
			    record_start(consumer) + sizeof(header),
			    record_bytes - sizeof(header));
	if (!is_zero(copy + used_bytes, record_bytes - used_bytes))
		return poison(consumer, PST_RING_FAULT_PADDING);
	return 0;
}

int pst_ring_peek_sealed(struct pst_ring_consumer *consumer, void *record,
			 size_t buffer_bytes, struct pst_ring_record *ret_form)
{
	struct pst_record_header header;
	struct pst_ring_record form = {0};
	int result;

	if (PST_UNLIKELY(consumer->blocked_error != 0))
		return consumer->blocked_error;
	result = find_record(consumer);
	if (result < 0)
		return result;
	header = fetch_header(record_start(consumer));
	result = find_form(consumer, header, &form);
	if (result < 0)
		return result;
	if (PST_UNLIKELY(form.payload_bytes > buffer_bytes)) {
		*ret_form = form;
		return -EMSGSIZE;
	}
	result = copy_sealed(consumer, header, &form, record);
	if (result < 0)
		return result;
	*ret_form = form;
	return 0;
}

/* Release the space of a record that was opened, delivered or not. */
static int release_sealed_record(struct pst_ring_consumer *consumer,
				 const struct pst_ring_record *form)
{
	if (form->is_end) {
		consumer->blocked_error = -ESHUTDOWN;
		/* After END no space check follows. */
		(void)publish_consumed(consumer, sealed_bytes(form));
		return -ESHUTDOWN;
	}
	release_and_check(consumer, sealed_bytes(form));
	return 0;
}

int pst_ring_release_sealed(struct pst_ring_consumer *consumer,
			    const void *record,
			    const struct pst_ring_record *form)
{
	if (PST_UNLIKELY(form->head_bytes > PST_RECORD_HEADER_BYTES))
		note_time(consumer, record);
	return release_sealed_record(consumer, form);
}

int pst_ring_discard_sealed(struct pst_ring_consumer *consumer,
			    const struct pst_ring_record *form)
{
	if (!form->is_end)
		note_dropped(consumer);
	return release_sealed_record(consumer, form);
}

uint64_t pst_ring_dropped_unchecked(const struct pst_segment_words *peer)
{
	return pst_shared_load_relaxed_u64(&peer->dropped_count);
}

uint32_t pst_ring_observe_end(const struct pst_segment_words *peer)
{
	/* [E1] Pairs with the publish in pst_ring_publish_end(). */
	return pst_shared_observe_u32(&peer->end_code);
}
