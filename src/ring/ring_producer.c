/* SPDX-License-Identifier: ISC */
/*
 * Producing: geometry, reserve, commit, abort, write, finish
 *
 * The producer decides by its private state alone.  It refreshes the consumer's
 * position only when its copy of it leaves no space for the next record.  While
 * there is space, only the message itself moves between the two cores.
 *
 * A consumer can publish a false position.  If it lies between its last
 * position and produced_pos, only the consumer's own messages are overwritten
 * early.  Any other position is a fault.
 */
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

#include "base/bounds.h"
#include "ring/ring_sealed.h"
#include "ring/shared_copy.h"

/* Positions are compared by differences of at most the data area. */
#define DATA_BYTES_MAX (UINT64_C(1) << 31)

#define CACHE_LINE_BYTES 64

#define FETCH_AHEAD_BYTES 2048
#define FETCH_RECORD_BYTES_MAX 2048

PST_COLD
static int poison(struct pst_ring_producer *producer, enum pst_ring_fault fault)
{
	producer->blocked_error = -EBADMSG;
	producer->fault = fault;
	return -EBADMSG;
}

/* Refresh our copy of the consumer's position. */
static int refresh_consumed(struct pst_ring_producer *producer)
{
	uint64_t consumed_pos, moved_bytes, unacknowledged_bytes;

	/*
	 * [C1] Pairs with the publish in publish_consumed(), ring_consumer.c:
	 * the consumer has copied all bytes before this position, so they may
	 * be overwritten.
	 */
	consumed_pos = pst_shared_observe_u64(&producer->peer->consumed_pos);

	/*
	 * A step back is a huge unsigned difference: one comparison rejects
	 * both a step back and an overshoot.
	 */
	moved_bytes = consumed_pos - producer->consumed_pos;
	unacknowledged_bytes = producer->produced_pos - producer->consumed_pos;
	if (moved_bytes > unacknowledged_bytes)
		return poison(producer, PST_RING_FAULT_OUT_OF_RANGE);
	if (consumed_pos % PST_RECORD_ALIGNMENT != 0)
		return poison(producer, PST_RING_FAULT_MISALIGNED);

	producer->consumed_pos = consumed_pos;
	if (moved_bytes != 0)
		producer->backoff.batch_count = 0;
	return 0;
}

static inline bool has_space(const struct pst_ring_producer *producer,
			     uint64_t record_bytes)
{
	uint64_t used_bytes = producer->produced_pos - producer->consumed_pos;

	return record_bytes <= producer->data_bytes - used_bytes;
}

/* Refresh only if there appears to be no space. */
static inline int find_space(struct pst_ring_producer *producer,
			     uint64_t record_bytes)
{
	int result;

	if (PST_LIKELY(has_space(producer, record_bytes)))
		return 0;
	pst_ring_backoff_before_poll(&producer->backoff);
	result = refresh_consumed(producer);
	if (result < 0)
		return result;
	if (has_space(producer, record_bytes))
		return 0;
	pst_ring_backoff_on_empty_poll(&producer->backoff);
	return -EAGAIN;
}

static inline uint8_t *record_start(const struct pst_ring_producer *producer)
{
	uint64_t mask = producer->data_bytes - 1;

	return producer->data + (producer->produced_pos & mask);
}

/* One store; publish_record() makes it visible. */
static inline void write_header(uint8_t *record, uint8_t kind, uint8_t flags,
				uint32_t payload_bytes)
{
	struct pst_record_header header = {
		.payload_bytes = payload_bytes,
		.kind = kind,
		.flags = flags,
	};
	uint64_t header_word;

	memcpy(&header_word, &header, sizeof(header_word));
	pst_shared_store_relaxed_u64((struct pst_shared_u64 *)(void *)record,
				     header_word);
}

/* Write the header of a message, and its time stamp unless time_bytes is 0. */
static inline void write_head(uint8_t *record, uint32_t payload_bytes,
			      uint32_t time_bytes, uint64_t time_ns)
{
	uint8_t *time = record + PST_RECORD_HEADER_BYTES;

	write_header(record, PST_RECORD_DATA,
		     time_bytes > 0 ? PST_RECORD_FLAG_TIME : 0, payload_bytes);
	if (time_bytes > 0)
		pst_shared_store_relaxed_u64((struct pst_shared_u64 *)(void *)
						     time, time_ns);
}

/* Publish the record, which is complete including its padding. */
static inline void publish_record(struct pst_ring_producer *producer,
				  uint64_t record_bytes)
{
	producer->backoff.batch_count++;
	producer->produced_pos += record_bytes;
	/*
	 * [P1] Pairs with the observe in refresh_produced(), ring_consumer.c: a
	 * consumer that observes this position observes the whole record before
	 * it.  [W1] A consumer that sleeps without having observed it has armed
	 * before we next read armed.
	 */
	pst_shared_publish_ordered_u64(&producer->own->produced_pos,
				       producer->produced_pos);
}

/*
 * The handshake agrees on the sizes; they are checked here once and then kept
 * private.  With a power of two, a mask turns a position into an offset.  The
 * data area is at least a page, so that it can be mapped twice.
 */
bool pst_ring_is_geometry_valid(uint64_t data_bytes, uint64_t message_bytes,
				uint32_t tag_bytes, uint64_t page_bytes)
{
	if (!pst_bounds_is_power_of_two(data_bytes) ||
	    data_bytes < page_bytes || data_bytes > DATA_BYTES_MAX)
		return false;
	return message_bytes <= data_bytes &&
	       pst_record_bytes((uint32_t)message_bytes) + tag_bytes <=
		       data_bytes;
}

void pst_ring_producer_init(struct pst_ring_producer *producer,
			    struct pst_segment_words *own,
			    const struct pst_segment_words *peer, uint8_t *data,
			    uint32_t data_bytes, uint32_t message_bytes,
			    uint32_t tag_bytes)
{
	*producer = (struct pst_ring_producer) {
		.own = own,
		.peer = peer,
		.data = data,
		.data_bytes = data_bytes,
		.message_bytes = message_bytes,
		.tag_bytes = tag_bytes,
	};
}

/* 0, or the error of a reservation or write of this size. */
static inline int may_write(const struct pst_ring_producer *producer,
			    uint32_t payload_bytes)
{
	if (PST_UNLIKELY(producer->blocked_error != 0))
		return producer->blocked_error;
	return PST_UNLIKELY(payload_bytes > producer->message_bytes) ?
		-EMSGSIZE : 0;
}

/* Find space for a message. */
static inline int find_message_space(struct pst_ring_producer *producer,
				     uint32_t payload_bytes)
{
	int result;

	result = may_write(producer, payload_bytes);
	if (PST_UNLIKELY(result < 0))
		return result;
	return find_space(producer, pst_record_bytes(payload_bytes));
}

/* The same with a time stamp, or without one if only that fits. */
static inline int find_timed_space(struct pst_ring_producer *producer,
				   uint32_t payload_bytes,
				   uint32_t *ret_time_bytes)
{
	uint64_t record_bytes = pst_record_bytes(payload_bytes);
	int result;

	result = may_write(producer, payload_bytes);
	if (result < 0)
		return result;
	result = find_space(producer, record_bytes + PST_RECORD_TIME_BYTES);
	if (result == -EAGAIN && has_space(producer, record_bytes)) {
		*ret_time_bytes = 0;
		return 0;
	}
	if (result == 0)
		*ret_time_bytes = PST_RECORD_TIME_BYTES;
	return result;
}

static void *open_reservation(struct pst_ring_producer *producer,
			      uint32_t payload_bytes, uint32_t time_bytes)
{
	producer->blocked_error = -EBUSY;
	producer->reserved_bytes = payload_bytes;
	producer->reserved_time_bytes = time_bytes;
	return record_start(producer) + PST_RECORD_HEADER_BYTES + time_bytes;
}

int pst_ring_reserve(struct pst_ring_producer *producer, uint32_t payload_bytes,
		     void **ret_payload)
{
	int result;

	result = find_message_space(producer, payload_bytes);
	if (result < 0)
		return result;
	*ret_payload = open_reservation(producer, payload_bytes, 0);
	return 0;
}

int pst_ring_reserve_timed(struct pst_ring_producer *producer,
			   uint32_t payload_bytes, void **ret_payload)
{
	uint32_t time_bytes;
	int result;

	result = find_timed_space(producer, payload_bytes, &time_bytes);
	if (result < 0)
		return result;
	*ret_payload = open_reservation(producer, payload_bytes, time_bytes);
	return 0;
}

/* 0 if a reservation of at least payload_bytes is open, or the error. */
static inline int check_reservation(const struct pst_ring_producer *producer,
				    uint32_t payload_bytes)
{
	if (producer->blocked_error == -EBADMSG)
		return -EBADMSG;
	if (producer->blocked_error != -EBUSY ||
	    payload_bytes > producer->reserved_bytes)
		return -EINVAL;
	return 0;
}

int pst_ring_commit(struct pst_ring_producer *producer, uint32_t payload_bytes)
{
	return pst_ring_commit_timed(producer, payload_bytes, 0);
}

int pst_ring_commit_timed(struct pst_ring_producer *producer,
			  uint32_t payload_bytes, uint64_t time_ns)
{
	uint32_t time_bytes = producer->reserved_time_bytes;
	uint64_t record_bytes = pst_record_bytes(payload_bytes) + time_bytes;
	uint64_t head_bytes = PST_RECORD_HEADER_BYTES + time_bytes;
	uint8_t *record = record_start(producer);
	int result;

	result = check_reservation(producer, payload_bytes);
	if (result < 0)
		return result;

	memset(record + head_bytes + payload_bytes, 0,
	       record_bytes - head_bytes - payload_bytes);
	write_head(record, payload_bytes, time_bytes, time_ns);
	producer->blocked_error = 0;
	publish_record(producer, record_bytes);
	return 0;
}

int pst_ring_abort(struct pst_ring_producer *producer)
{
	int result;

	result = check_reservation(producer, 0);
	if (result < 0)
		return result;
	producer->blocked_error = 0;
	return 0;
}

/*
 * A publish waits until its record is in our cache.  So the lines of later
 * records are requested in time: as many as this record takes,
 * FETCH_AHEAD_BYTES ahead.  Not if unread bytes may be there, since the
 * consumer would have to fetch them again; and not for large records, for which
 * many lines are requested at once anyway.
 */
static inline void fetch_ahead(const struct pst_ring_producer *producer,
			       const uint8_t *record, uint64_t record_bytes)
{
	uint64_t i;

	if (record_bytes > FETCH_RECORD_BYTES_MAX ||
	    !has_space(producer, FETCH_AHEAD_BYTES + record_bytes))
		return;
	for (i = 0; i < record_bytes; i += CACHE_LINE_BYTES)
		pst_shared_prefetch_to_write(record + FETCH_AHEAD_BYTES + i);
}

/*
 * Write in the order of addresses, which is fastest.  Only the last word, with
 * the padding, is zeroed before the payload overwrites the rest of it.
 */
static inline void write_record(struct pst_ring_producer *producer,
				const void *payload, uint32_t payload_bytes,
				uint32_t time_bytes, uint64_t time_ns)
{
	uint64_t record_bytes = pst_record_bytes(payload_bytes) + time_bytes;
	uint8_t *record = record_start(producer);

	write_head(record, payload_bytes, time_bytes, time_ns);
	if (payload_bytes % PST_RECORD_ALIGNMENT != 0)
		memset(record + record_bytes - PST_RECORD_ALIGNMENT, 0,
		       PST_RECORD_ALIGNMENT);
	fetch_ahead(producer, record, record_bytes);
	pst_shared_copy_in(record + PST_RECORD_HEADER_BYTES + time_bytes,
			   payload, payload_bytes);
	publish_record(producer, record_bytes);
}

int pst_ring_write(struct pst_ring_producer *producer, const void *payload,
		   uint32_t payload_bytes)
{
	int result;

	result = find_message_space(producer, payload_bytes);
	if (PST_UNLIKELY(result < 0))
		return result;
	write_record(producer, payload, payload_bytes, 0, 0);
	return 0;
}

int pst_ring_write_timed(struct pst_ring_producer *producer,
			 const void *payload, uint32_t payload_bytes,
			 uint64_t time_ns)
{
	uint32_t time_bytes;
	int result;

	result = find_timed_space(producer, payload_bytes, &time_bytes);
	if (result < 0)
		return result;
	write_record(producer, payload, payload_bytes, time_bytes, time_ns);
	return 0;
}

int pst_ring_finish(struct pst_ring_producer *producer)
{
	int result;

	if (producer->blocked_error == -EBADMSG)
		return -EBADMSG;
	if (producer->blocked_error == -ESHUTDOWN)
		return 0;
	result = find_space(producer, PST_RECORD_HEADER_BYTES);
	if (result < 0)
		return result;

	producer->blocked_error = -ESHUTDOWN;
	write_header(record_start(producer), PST_RECORD_END, 0, 0);
	publish_record(producer, PST_RECORD_HEADER_BYTES);
	return 0;
}

int pst_ring_is_consumed(struct pst_ring_producer *producer)
{
	int result;

	if (producer->blocked_error == -EBADMSG)
		return -EBADMSG;
	result = refresh_consumed(producer);
	if (result < 0)
		return result;
	return producer->consumed_pos == producer->produced_pos ? 0 : -EAGAIN;
}

int pst_ring_has_space(struct pst_ring_producer *producer,
		       uint32_t payload_bytes)
{
	int result;

	if (producer->blocked_error == -EBADMSG)
		return -EBADMSG;
	if (payload_bytes > producer->message_bytes)
		return -EMSGSIZE;
	result = refresh_consumed(producer);
	if (result < 0)
		return result;
	return has_space(producer,
			 pst_record_bytes(payload_bytes) + producer->tag_bytes)
		       ? 0
		       : -EAGAIN;
}

/* Sealed records */

int pst_ring_reserve_sealed(struct pst_ring_producer *producer,
			    uint32_t payload_bytes, bool is_timed,
			    uint32_t *ret_head_bytes)
{
	uint64_t record_bytes = pst_record_bytes(payload_bytes) +
				PST_RECORD_TAG_BYTES;
	uint32_t time_bytes = is_timed ? PST_RECORD_TIME_BYTES : 0;
	int result;

	result = may_write(producer, payload_bytes);
	if (PST_UNLIKELY(result < 0))
		return result;
	result = find_space(producer, record_bytes + time_bytes);
	if (result == -EAGAIN && has_space(producer, record_bytes)) {
		time_bytes = 0;
		result = 0;
	}
	if (PST_UNLIKELY(result < 0))
		return result;

	producer->blocked_error = -EBUSY;
	producer->reserved_bytes = payload_bytes;
	producer->reserved_time_bytes = time_bytes;
	*ret_head_bytes = PST_RECORD_HEADER_BYTES + time_bytes;
	return 0;
}

int pst_ring_create_head(const struct pst_ring_producer *producer,
			 uint32_t payload_bytes, uint64_t time_ns, void *record,
			 struct pst_ring_record *ret_form)
{
	uint32_t time_bytes = producer->reserved_time_bytes;
	int result;

	result = check_reservation(producer, payload_bytes);
	if (result < 0)
		return result;

	write_head(record, payload_bytes, time_bytes, time_ns);
	*ret_form = (struct pst_ring_record) {
		.head_bytes = PST_RECORD_HEADER_BYTES + time_bytes,
		.payload_bytes = payload_bytes,
	};
	return 0;
}

int pst_ring_create_end(struct pst_ring_producer *producer, void *record,
			struct pst_ring_record *ret_form)
{
	int result;

	if (producer->blocked_error == -EBADMSG ||
	    producer->blocked_error == -ESHUTDOWN)
		return producer->blocked_error;
	result = find_space(producer,
			    PST_RECORD_HEADER_BYTES + PST_RECORD_TAG_BYTES);
	if (result < 0)
		return result;

	write_header(record, PST_RECORD_END, 0, 0);
	*ret_form = (struct pst_ring_record) {
		.head_bytes = PST_RECORD_HEADER_BYTES,
		.is_end = true,
	};
	return 0;
}

void pst_ring_write_sealed(struct pst_ring_producer *producer, void *record,
			   const struct pst_ring_record *form)
{
	uint64_t used_bytes = (uint64_t)form->head_bytes +
			      form->payload_bytes + PST_RECORD_TAG_BYTES;
	uint64_t time_bytes = form->head_bytes - PST_RECORD_HEADER_BYTES;
	uint64_t record_bytes = pst_record_bytes(form->payload_bytes) +
				time_bytes + PST_RECORD_TAG_BYTES;

	memset((uint8_t *)record + used_bytes, 0, record_bytes - used_bytes);
	fetch_ahead(producer, record_start(producer), record_bytes);
	pst_shared_copy_in(record_start(producer), record, record_bytes);
	producer->blocked_error = form->is_end ? -ESHUTDOWN : 0;
	publish_record(producer, record_bytes);
}

void pst_ring_publish_end(struct pst_segment_words *own, uint32_t end_code)
{
	/*
	 * [E1] Pairs with the observe in pst_ring_observe_end(): a peer that
	 * observes the hang-up or the END record that follows also observes the
	 * code.
	 */
	pst_shared_publish_u32(&own->end_code, end_code);
}
