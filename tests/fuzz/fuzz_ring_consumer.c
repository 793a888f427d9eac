/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: a consumer whose producer is the input
 *
 * The input is a program of small steps, each an opcode and its operands:
 * publish a position, write bytes to the data area, or call the consumer.  The
 * ring has guard pages around it.  For any program, the consumer may return
 * only documented results.
 */
#include <errno.h>

#include "fuzz/fuzz_input.h"
#include "ring/ring.h"
#include "ring/ring_sealed.h"
#include "support/ring_pair.h"

#define DATA_BYTES 4096u
#define MESSAGE_BYTES 1000u

static struct ring_pair pair;

/* Zeros once the program is at its end. */
static uint64_t operand(struct input *program, size_t byte_count)
{
	uint64_t value = 0;

	if (byte_count > program->left_bytes)
		byte_count = program->left_bytes;
	memcpy(&value, program->bytes, byte_count);
	program->bytes += byte_count;
	program->left_bytes -= byte_count;
	return value;
}

static void write_data(struct input *program)
{
	size_t offset = operand(program, 2) % DATA_BYTES;
	size_t byte_count = operand(program, 1) % 64;

	if (byte_count > program->left_bytes)
		byte_count = program->left_bytes;
	memcpy(pair.producer_segment.data + offset, program->bytes, byte_count);
	program->bytes += byte_count;
	program->left_bytes -= byte_count;
}

static void read_message(struct input *program)
{
	size_t buffer_bytes = operand(program, 2) % (MESSAGE_BYTES + 1);
	size_t message_bytes = SIZE_MAX;
	uint64_t before_pos = pair.consumer.consumed_pos;
	uint8_t *buffer = malloc(buffer_bytes);
	int result = pst_ring_read(&pair.consumer, buffer, buffer_bytes,
				   &message_bytes);
	uint64_t time_ns;
	bool is_timed = pst_ring_take_time(&pair.consumer, &time_ns);

	if (is_timed && result != 0)
		abort();
	switch (result) {
	case 0:
		if (message_bytes > buffer_bytes ||
		    pair.consumer.consumed_pos - before_pos !=
		    pst_record_bytes((uint32_t)message_bytes) +
		    (is_timed ? PST_RECORD_TIME_BYTES : 0))
			abort();
		break;
	case -EMSGSIZE:
		if (message_bytes <= buffer_bytes ||
		    message_bytes > MESSAGE_BYTES)
			abort();
		break;
	case -EAGAIN:
	case -EBADMSG:
	case -ESHUTDOWN:
		if (message_bytes != SIZE_MAX)
			abort();
		break;
	default:
		abort();
	}
	free(buffer);
}

static void discard_message(void)
{
	size_t message_bytes = SIZE_MAX;
	uint64_t before_pos = pair.consumer.consumed_pos;
	uint64_t moved_bytes, record_bytes;
	int result = pst_ring_discard(&pair.consumer, &message_bytes);

	if (result == 0) {
		moved_bytes = pair.consumer.consumed_pos - before_pos;
		record_bytes = pst_record_bytes((uint32_t)message_bytes);
		if (message_bytes > MESSAGE_BYTES ||
		    (moved_bytes != record_bytes &&
		     moved_bytes != record_bytes + PST_RECORD_TIME_BYTES))
			abort();
	} else if ((result != -EAGAIN && result != -EBADMSG &&
		    result != -ESHUTDOWN) || message_bytes != SIZE_MAX) {
		abort();
	}
}

/* The whole record into memory that is no larger, and half of them opened. */
static void read_sealed(struct input *program)
{
	size_t buffer_bytes = operand(program, 2) % (MESSAGE_BYTES + 1);
	uint64_t before_pos = pair.consumer.consumed_pos;
	uint64_t record_bytes = pst_ring_sealed_bytes((uint32_t)buffer_bytes);
	void *record = malloc(record_bytes);
	struct pst_ring_record form = {0};
	uint64_t time_ns;
	int result = pst_ring_peek_sealed(&pair.consumer, record, buffer_bytes,
					  &form);

	if (pair.consumer.consumed_pos != before_pos)
		abort();
	switch (result) {
	case 0:
		if (form.payload_bytes > buffer_bytes ||
		    (form.is_end && form.payload_bytes != 0))
			abort();
		if (operand(program, 1) % 2 == 0)
			break;
		record_bytes = pst_record_bytes(form.payload_bytes) +
			       form.head_bytes - PST_RECORD_HEADER_BYTES +
			       PST_RECORD_TAG_BYTES;
		result = pst_ring_release_sealed(&pair.consumer, record, &form);
		if (pst_ring_take_time(&pair.consumer, &time_ns) !=
		    (form.head_bytes > PST_RECORD_HEADER_BYTES))
			abort();
		if (result != (form.is_end ? -ESHUTDOWN : 0) ||
		    pair.consumer.consumed_pos - before_pos != record_bytes)
			abort();
		break;
	case -EMSGSIZE:
		if (form.payload_bytes <= buffer_bytes ||
		    form.payload_bytes > MESSAGE_BYTES)
			abort();
		break;
	case -EAGAIN:
	case -EBADMSG:
	case -ESHUTDOWN:
		break;
	default:
		abort();
	}
	free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct input program = { bytes, byte_count };

	if (pair.producer_words == NULL)
		ring_pair_init(&pair, DATA_BYTES, MESSAGE_BYTES);
	memset(pair.producer_segment.data, 0, DATA_BYTES);
	ring_pair_start_at(&pair, operand(&program, 8) & ~UINT64_C(7));

	while (program.left_bytes > 0) {
		switch (operand(&program, 1) % 7) {
		case 0:
			pst_shared_publish_u64(
				&pair.producer_words->produced_pos,
				operand(&program, 8));
			break;
		case 1:
			pst_shared_publish_u64(
				&pair.producer_words->produced_pos,
				pair.consumer.consumed_pos +
				operand(&program, 2));
			break;
		case 2:
			write_data(&program);
			break;
		case 3:
			read_message(&program);
			break;
		case 4:
			discard_message();
			break;
		case 5:
			read_sealed(&program);
			break;
		default:
			if (pst_ring_has_message(&pair.consumer) > 0)
				abort();
			break;
		}
		if (pair.consumer.produced_pos - pair.consumer.consumed_pos >
		    DATA_BYTES)
			abort();
	}
	return 0;
}
