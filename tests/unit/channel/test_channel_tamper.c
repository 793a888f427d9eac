/* SPDX-License-Identifier: ISC */
/*
 * Another process writes to the ring of a secured channel
 *
 * It has a writable mapping and every record that was ever in this ring and in
 * others, but no key.  Nothing that it writes is delivered, and its first
 * change that is read ends the channel.
 */
#include "channel/channel.h"

#include <errno.h>
#include <string.h>

#include "channel/channel_sealed.h"
#include "channel/channel_state.h"
#include "support/expect.h"
#include "support/sealed_pair.h"
#include "support/test_case.h"

struct record {
	uint8_t bytes[SEALED_RING_BYTES];
	size_t byte_count;
};

static struct channel_pair pair, other;

static void tear_down(void)
{
	channel_pair_close(&pair);
	if (other.left)
		channel_pair_close(&other);
}

/* The hostile writer */

static void publish(const struct pst_channel *writer, uint64_t produced_pos)
{
	pst_shared_publish_u64(&pst_channel_own_words(writer)->produced_pos,
			       produced_pos);
}

static void put(const struct pst_channel *writer, uint64_t pos,
		const struct record *record)
{
	memcpy(ring_at(writer, pos), record->bytes, record->byte_count);
}

/* All the bytes of the left side. */
static void put_alone(const struct record *record)
{
	put(pair.left, 0, record);
	publish(pair.left, record->byte_count);
}

static struct record record_at(const struct pst_channel *writer, uint64_t pos,
			       uint64_t end_pos)
{
	struct record record = {.byte_count = (size_t)(end_pos - pos)};

	memcpy(record.bytes, ring_at(writer, pos), record.byte_count);
	return record;
}

/* A message, and its record. */
static struct record send_one(struct pst_channel *channel, char fill,
			      uint32_t byte_count)
{
	uint64_t pos = channel->producer.produced_pos;

	send_filled(channel, fill, byte_count);
	return record_at(channel, pos, channel->producer.produced_pos);
}

static void open_pair(int mode)
{
	sealed_pair_open(&pair, mode, 0);
}

static void open_other(int mode, uint8_t session)
{
	sealed_pair_open(&other, mode, session);
}

static void expect_rejected(struct pst_channel *channel)
{
	expect_none(channel, -EKEYREJECTED);
	expect_dead(channel, -EKEYREJECTED);
	expect_equal(pst_channel_flush(channel, 0), -EKEYREJECTED);
}

/* Whole records */

START_TEST(two_records_cannot_be_swapped, .loop_end = sealed_mode_count())
{
	struct record first, second;

	open_pair(_i);
	first = send_one(pair.left, '1', 40);
	second = send_one(pair.left, '2', 40);
	put(pair.left, 0, &second);
	put(pair.left, second.byte_count, &first);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(a_record_cannot_be_repeated, .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	record = send_one(pair.left, '1', 40);
	expect_filled(pair.right, '1', 40);
	put(pair.left, record.byte_count, &record);
	publish(pair.left, 2 * record.byte_count);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(a_record_cannot_take_the_place_of_another,
	   .loop_end = sealed_mode_count())
{
	struct record first, second;

	open_pair(_i);
	first = send_one(pair.left, '1', 40);
	second = send_one(pair.left, '2', 40);
	put(pair.left, second.byte_count, &first);
	expect_filled(pair.right, '1', 40);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(a_record_cannot_be_left_out, .loop_end = sealed_mode_count())
{
	struct record second;

	open_pair(_i);
	send_filled(pair.left, '1', 40); /* is overwritten */
	second = send_one(pair.left, '2', 40);
	put_alone(&second);
	expect_rejected(pair.right);
}
END_TEST

/* Its tag is moved too, so that only its bytes are wrong. */
START_TEST(a_record_cannot_be_shortened, .loop_end = sealed_mode_count())
{
	struct pst_record_header header;
	struct record record, shorter;

	open_pair(_i);
	record = send_one(pair.left, '1', 40);
	shorter = record;
	memcpy(&header, record.bytes, sizeof(header));
	header.payload_bytes -= 8;
	memcpy(shorter.bytes, &header, sizeof(header));
	memcpy(shorter.bytes + 8 + 32, record.bytes + 8 + 40, 16);
	shorter.byte_count -= 8;
	put_alone(&shorter);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(a_record_that_is_not_all_there_is_no_record,
	   .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	record = send_one(pair.left, '1', 40);
	publish(pair.left, record.byte_count - 8);
	expect_none(pair.right, -EBADMSG);
	expect_dead(pair.right, -EBADMSG);
}
END_TEST

/* A stamp read as payload, and payload as a stamp. */
START_TEST(the_head_cannot_be_moved, .loop_end = sealed_mode_count())
{
	struct pst_record_header header;
	struct record record;

	open_pair(_i);
	set_stamped(pair.left, true);
	record = send_one(pair.left, '1', 40);
	expect_equal(record.byte_count, 8 + 8 + 40 + 16);
	memcpy(&header, record.bytes, sizeof(header));
	header.flags = 0;
	header.payload_bytes += 8;
	memcpy(record.bytes, &header, sizeof(header));
	put(pair.left, 0, &record);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(a_message_cannot_be_turned_into_the_end,
	   .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	record = send_one(pair.left, '1', 0);
	record.bytes[4] = PST_RECORD_END;
	put(pair.left, 0, &record);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(the_end_cannot_be_turned_into_a_message,
	   .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	expect_equal(pst_channel_finish_sealed(pair.left), 0);
	record = record_at(pair.left, 0, 24);
	record.bytes[4] = PST_RECORD_DATA;
	put(pair.left, 0, &record);
	expect_rejected(pair.right);
}
END_TEST

/* From elsewhere: each is the first of its direction, of the same size. */

START_TEST(a_record_cannot_be_reflected, .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	record = send_one(pair.right, '1', 40);
	put_alone(&record);
	expect_rejected(pair.right);
}
END_TEST

/* Also an earlier or later one of the same two sides. */
START_TEST(a_record_of_another_session_does_not_fit,
	   .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	open_other(_i, 1);
	record = send_one(other.left, '1', 40);
	put_alone(&record);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(a_record_of_the_other_direction_of_another_session_does_not_fit,
	   .loop_end = sealed_mode_count())
{
	struct record record;

	open_pair(_i);
	open_other(_i, 1);
	record = send_one(other.right, '1', 40);
	put_alone(&record);
	expect_rejected(pair.right);
}
END_TEST

/* Even with the same keys: the modes or the ciphers differ. */
START_TEST(a_record_of_another_mode_does_not_fit,
	   .loop_end = sealed_mode_count() * sealed_mode_count())
{
	const int count = sealed_mode_count();
	struct record record;

	open_pair(_i / count);
	if (_i / count == _i % count)
		return;
	open_other(_i % count, 0);
	record = send_one(other.left, '1', 40);
	put_alone(&record);
	expect_rejected(pair.right);
}
END_TEST

/* Header, payload, and bytes that are not a tag. */
START_TEST(a_record_that_was_never_sealed_does_not_fit,
	   .loop_end = sealed_mode_count())
{
	struct record record = {
		.bytes = {40, 0, 0, 0, PST_RECORD_DATA},
		.byte_count = 8 + 40 + 16,
	};

	open_pair(_i);
	put_alone(&record);
	expect_rejected(pair.right);
}
END_TEST

START_TEST(discarded_message_is_verified, .loop_end = sealed_mode_count())
{
	size_t bytes = 9;

	open_pair(_i);
	send_filled(pair.left, '1', 40); /* is altered */
	*ring_at(pair.left, 8 + 40) ^= 1;
	expect_equal(pst_channel_discard(pair.right, &bytes), -EKEYREJECTED);
	expect_equal(bytes, 9);
	expect_dead(pair.right, -EKEYREJECTED);
	expect_equal(pair.right->consumer.consumed_pos, 0);
}
END_TEST

START_TEST(message_of_an_ended_peer_is_verified,
	   .loop_end = sealed_mode_count())
{
	open_pair(_i);
	send_filled(pair.right, '1', 40); /* is whole */
	send_filled(pair.right, '2', 40); /* is altered */
	*ring_at(pair.right, 64 + 8) ^= 1;
	pst_channel_on_peer_exit(pair.left);
	expect_filled(pair.left, '1', 40);
	expect_rejected(pair.left);
}
END_TEST

START_TEST(rejected_record_is_not_acknowledged, .loop_end = sealed_mode_count())
{
	open_pair(_i);
	send_filled(pair.left, '1', 40); /* is altered */
	*ring_at(pair.left, 8) ^= 1;
	expect_rejected(pair.right);
	expect_equal(pst_ring_is_consumed(&pair.left->producer), -EAGAIN);
	expect_equal(pst_channel_flush(pair.left, channel_pair_deadline()),
		     -EPIPE);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.tear_down = tear_down);
}
