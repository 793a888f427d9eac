/* SPDX-License-Identifier: ISC */
/* Messages that are dropped unread */
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

#include "support/ring_pair.h"
#include "support/test_case.h"

#define DATA_BYTES 4096u

static struct ring_pair pair;
static size_t byte_count;

static void setup(void)
{
	ring_pair_init(&pair, DATA_BYTES, DATA_BYTES - 8);
	ring_pair_start_at(&pair, UINT64_MAX - 15);
	byte_count = 77;
}

static void teardown(void)
{
	ring_pair_done(&pair);
}

static int discard(void)
{
	return pst_ring_discard(&pair.consumer, &byte_count);
}

START_TEST(discard_takes_one_message_and_releases_its_space)
{
	char buffer[8];

	ck_assert_int_eq(pst_ring_write(&pair.producer, "one", 3), 0);
	ck_assert_int_eq(pst_ring_write(&pair.producer, "second", 6), 0);
	ck_assert_int_eq(discard(), 0);
	ck_assert_uint_eq(byte_count, 3);
	ck_assert_int_eq(pst_ring_read(&pair.consumer, buffer, sizeof(buffer),
				       &byte_count), 0);
	ck_assert_mem_eq(buffer, "second", 6);
	ck_assert_int_eq(pst_ring_is_consumed(&pair.producer), 0);
}
END_TEST

START_TEST(there_is_nothing_to_discard_in_an_empty_ring)
{
	ck_assert_int_eq(discard(), -EAGAIN);
	ck_assert_int_eq(pst_ring_finish(&pair.producer), 0);
	ck_assert_int_eq(discard(), -ESHUTDOWN);
	ck_assert_uint_eq(byte_count, 77);
}
END_TEST

/* It is not read, but its length is checked. */
START_TEST(a_length_that_was_not_published_is_not_skipped)
{
	const struct pst_record_header header = {
		.payload_bytes = 100,
		.kind = PST_RECORD_DATA,
	};
	uint64_t pos = pair.consumer.consumed_pos;

	memcpy(pair.producer_segment.data + pos % DATA_BYTES, &header,
	       sizeof(header));
	pst_shared_publish_u64(&pair.producer_words->produced_pos, pos + 16);
	ck_assert_int_eq(discard(), -EBADMSG);
	ck_assert_int_eq(discard(), -EBADMSG);
	ck_assert_int_eq(pair.consumer.fault, PST_RING_FAULT_RECORD_LENGTH);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
