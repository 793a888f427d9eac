/* SPDX-License-Identifier: ISC */
/*
 * Records byte by byte, against numbers written down here and nowhere else: a
 * change of layout that changes both reader and writer still fails.
 */
#include "wire/wire.h"

#include <errno.h>

#include "unit/wire/wire_samples.h"
#include "support/test_case.h"

static struct pst_wire_record record;

static void setup(void)
{
	memset(&record, 0xee, sizeof(record));
}

static uint64_t number_at(size_t offset, size_t byte_count)
{
	uint64_t value = 0;

	for (size_t i = byte_count; i-- > 0;)
		value = value << 8 | record.bytes[offset + i];
	return value;
}

static void assert_zero(size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		ck_assert_msg(record.bytes[i] == 0, "byte %zu is not 0", i);
}

static void assert_header(unsigned type, size_t byte_count)
{
	static const uint8_t magic[8] = {0xff, 'P', 'S', 'T',
					 0x00, 0xfe, 0x1a, 0x80};

	ck_assert_mem_eq(record.bytes, magic, sizeof(magic));
	ck_assert_uint_eq(number_at(8, 2), 1);
	ck_assert_uint_eq(number_at(10, 2), type);
	ck_assert_uint_eq(number_at(12, 4), byte_count);
	ck_assert_uint_eq(record.byte_count, byte_count);
}

START_TEST(hello_has_the_documented_layout)
{
	struct pst_hello hello = sample_hello();

	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
	assert_header(1, 296);
	ck_assert_uint_eq(number_at(16, 2), 1);
	ck_assert_uint_eq(number_at(18, 2), 3);
	ck_assert_uint_eq(number_at(20, 2), 1);
	ck_assert_uint_eq(number_at(22, 2), 1);
	ck_assert_uint_eq(number_at(24, 4), 0x00123400);
	ck_assert_uint_eq(number_at(28, 4), 0x00056789);
	ck_assert_uint_eq(number_at(32, 2), 6);
	ck_assert_uint_eq(number_at(34, 2), 12);
	ck_assert_uint_eq(number_at(36, 2), 0);
	ck_assert_mem_eq(record.bytes + 40, "orders", 6);
	ck_assert_mem_eq(record.bytes + 104, "till-4.north", 12);
}
END_TEST

START_TEST(hello_zeroes_every_byte_that_says_nothing)
{
	struct pst_hello hello = sample_hello();

	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
	assert_zero(38, 40);
	assert_zero(40 + 6, 104);
	assert_zero(104 + 12, 168);
	assert_zero(168, 296);
}
END_TEST

START_TEST(hello_carries_a_key_exchange)
{
	struct pst_hello hello = sample_secured_hello(PST_WIRE_PATTERN_IK);
	struct pst_hello again;

	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
	ck_assert_uint_eq(number_at(22, 2), 6);
	ck_assert_uint_eq(number_at(36, 2), 96);
	ck_assert_uint_eq(number_at(38, 1), 3);
	ck_assert_uint_eq(number_at(39, 1), 2);
	ck_assert_mem_eq(record.bytes + 168, hello.key_exchange.bytes, 96);
	assert_zero(168 + 96, 296);

	ck_assert_int_eq(pst_wire_read_hello(record.bytes, record.byte_count,
					     &again), 0);
	ck_assert_int_eq(again.pattern, PST_WIRE_PATTERN_IK);
	ck_assert_int_eq(again.cipher, PST_WIRE_CIPHER_CHACHAPOLY);
	ck_assert_uint_eq(again.key_exchange.byte_count, 96);
	ck_assert_mem_eq(again.key_exchange.bytes, hello.key_exchange.bytes,
			 96);
}
END_TEST

START_TEST(offer_has_the_documented_layout)
{
	struct pst_offer offer = sample_offer();

	ck_assert_int_eq(pst_wire_write_offer(&offer, &record), 0);
	assert_header(2, 224);
	ck_assert_mem_eq(record.bytes + 16, offer.session_id, 16);
	ck_assert_uint_eq(number_at(32, 2), 3);
	ck_assert_uint_eq(number_at(34, 2), 0);
	ck_assert_uint_eq(number_at(36, 2), 1);
	ck_assert_uint_eq(number_at(38, 2), 0);
	ck_assert_uint_eq(number_at(40, 4), 0x00100000);
	ck_assert_uint_eq(number_at(44, 4), 0x00011223);
	ck_assert_uint_eq(number_at(48, 4), 0x00080000);
	ck_assert_uint_eq(number_at(52, 4), 0x00000456);
	ck_assert_uint_eq(number_at(56, 4), 4096);
	ck_assert_uint_eq(number_at(64, 8), 0x00080000 + 4096);
	ck_assert_uint_eq(number_at(72, 8), 0x00100000 + 4096);
	ck_assert_uint_eq(number_at(80, 8), 0x1122334455);
	ck_assert_uint_eq(number_at(88, 8), 0x66778899aa);
	assert_zero(60, 64);
	assert_zero(96, 224);
}
END_TEST

START_TEST(ready_has_the_documented_layout)
{
	struct pst_ready ready = sample_ready();

	sample_fill(ready.confirmation, sizeof(ready.confirmation), 0x80);
	ck_assert_int_eq(pst_wire_write_ready(&ready, &record), 0);
	assert_header(3, 64);
	ck_assert_mem_eq(record.bytes + 16, ready.session_id, 16);
	ck_assert_mem_eq(record.bytes + 32, ready.confirmation, 32);
}
END_TEST

START_TEST(go_has_the_documented_layout)
{
	struct pst_go go = sample_go();

	ck_assert_int_eq(pst_wire_write_go(&go, &record), 0);
	assert_header(4, 40);
	ck_assert_mem_eq(record.bytes + 16, go.session_id, 16);
	ck_assert_uint_eq(number_at(32, 8), UINT64_C(0x0000000700000003));
}
END_TEST

START_TEST(refuse_says_one_code_and_nothing_else)
{
	struct pst_refuse refuse = sample_refuse(PST_REFUSE_BUSY);

	ck_assert_int_eq(pst_wire_write_refuse(&refuse, &record), 0);
	assert_header(5, 20);
	ck_assert_uint_eq(number_at(16, 4), 2);
}
END_TEST

START_TEST(stats_has_the_documented_layout)
{
	struct pst_stats_record stats = sample_stats();

	ck_assert_int_eq(pst_wire_write_stats(&stats, &record), 0);
	assert_header(6, 56);
	ck_assert_mem_eq(record.bytes + 16, stats.session_id, 16);
	ck_assert_uint_eq(number_at(32, 2), 3);
	assert_zero(34, 40);
	ck_assert_uint_eq(number_at(40, 8), 0x00123000);
	ck_assert_uint_eq(number_at(48, 8), 0x33445566cc);
}
END_TEST

START_TEST(grant_has_the_documented_layout)
{
	struct pst_permit permit = sample_permit();

	ck_assert_int_eq(pst_wire_write_permit(&permit, &record), 0);
	assert_header(7, 32);
	ck_assert_mem_eq(record.bytes + 16, permit.session_id, 16);
}
END_TEST

START_TEST(command_has_the_documented_layout)
{
	struct pst_command command = sample_command();

	ck_assert_int_eq(pst_wire_write_command(&command, &record), 0);
	assert_header(8, 112);
	ck_assert_mem_eq(record.bytes + 16, command.session_id, 16);
	ck_assert_uint_eq(number_at(32, 2), 1);
	ck_assert_uint_eq(number_at(40, 8), UINT64_C(0x0000000700000003));
	assert_zero(34, 40);
	assert_zero(48, 112);
}
END_TEST

START_TEST(command_carries_a_name_instead)
{
	struct pst_command command = sample_named_command();

	ck_assert_int_eq(pst_wire_write_command(&command, &record), 0);
	ck_assert_uint_eq(number_at(34, 2), 5);
	ck_assert_mem_eq(record.bytes + 48, "tills", 5);
	assert_zero(36, 48);
	assert_zero(48 + 5, 112);
}
END_TEST

START_TEST(result_has_the_documented_layout)
{
	struct pst_result result = sample_result();

	ck_assert_int_eq(pst_wire_write_result(&result, &record), 0);
	assert_header(9, 48);
	ck_assert_mem_eq(record.bytes + 16, result.session_id, 16);
	ck_assert_uint_eq(number_at(32, 4), 1);
	assert_zero(36, 40);
	ck_assert_uint_eq(number_at(40, 8), 0x00010203);
}
END_TEST

START_TEST(hello_of_who_wants_no_channel_has_names_and_kind_alone)
{
	struct pst_hello hello = sample_hello_of(PST_WIRE_KIND_OBSERVE);

	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
	assert_header(1, 296);
	ck_assert_uint_eq(number_at(16, 2), 2);
	assert_zero(18, 22);
	ck_assert_uint_eq(number_at(22, 2), 1);
	assert_zero(24, 32);
	ck_assert_uint_eq(number_at(32, 2), 6);
	ck_assert_uint_eq(number_at(34, 2), 12);
	hello.kind = PST_WIRE_KIND_CONTROL;
	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
	ck_assert_uint_eq(number_at(16, 2), 3);
}
END_TEST

START_TEST(an_invalid_message_leaves_the_record_alone)
{
	struct pst_wire_record before = record;
	struct pst_hello hello = sample_hello();
	struct pst_offer offer = sample_offer();
	struct pst_go go = sample_go();
	struct pst_refuse refuse = sample_refuse(PST_REFUSE_DENIED);
	struct pst_stats_record stats = sample_stats();
	struct pst_command command = sample_command();
	struct pst_result result = sample_result();

	stats.segment.inode = 0;
	command.peer = 0;
	result.count = 0;
	ck_assert_int_eq(pst_wire_write_stats(&stats, &record), -EINVAL);
	ck_assert_int_eq(pst_wire_write_command(&command, &record), -EINVAL);
	ck_assert_int_eq(pst_wire_write_result(&result, &record), -EINVAL);

	hello.requested.directions = 0;
	offer.directions = 0;
	go.slot = 0;
	refuse.version = 0;
	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), -EINVAL);
	ck_assert_int_eq(pst_wire_write_offer(&offer, &record), -EINVAL);
	ck_assert_int_eq(pst_wire_write_go(&go, &record), -EINVAL);
	ck_assert_int_eq(pst_wire_write_refuse(&refuse, &record), -EINVAL);
	ck_assert_mem_eq(&record, &before, sizeof(record));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup);
}
