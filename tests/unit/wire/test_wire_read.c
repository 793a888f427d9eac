/* SPDX-License-Identifier: ISC */
/*
 * Reading records, field by field: what each may say, and each single violation
 */
#include "wire/wire.h"

#include <errno.h>

#include "unit/wire/any_message.h"
#include "support/test_case.h"

/* The outcome of changing one byte of a valid record. */
static void assert_byte_is_refused(enum pst_wire_type type, size_t offset,
				   uint8_t value)
{
	struct pst_wire_record record = sample_record(type);

	ck_assert_uint_ne(record.bytes[offset], value);
	record.bytes[offset] = value;
	assert_refused(type, &record);
}

START_TEST(hello_reads_field_by_field)
{
	struct pst_wire_record record = sample_record(PST_WIRE_HELLO);
	struct pst_hello hello;

	ck_assert_int_eq(pst_wire_read_hello(record.bytes, record.byte_count,
					     &hello), 0);
	ck_assert_int_eq(hello.kind, PST_WIRE_KIND_CHANNEL);
	ck_assert_str_eq(hello.node_name, "orders");
	ck_assert_str_eq(hello.instance, "till-4.north");
	ck_assert_uint_eq(hello.requested.directions, 3);
	ck_assert_uint_eq(hello.requested.ring_bytes, 0x00123400);
	ck_assert_uint_eq(hello.requested.message_bytes, 0x00056789);
	ck_assert_uint_eq(hello.layout_version, SAMPLE_LAYOUT_VERSION);
	ck_assert_uint_eq(hello.security_bits, 1);
	ck_assert_uint_eq(hello.key_exchange.byte_count, 0);
}
END_TEST

START_TEST(offer_reads_field_by_field)
{
	struct pst_wire_record record = sample_record(PST_WIRE_OFFER);
	struct pst_offer offer, expected = sample_offer();

	ck_assert_int_eq(pst_wire_read_offer(record.bytes, record.byte_count,
					     &offer), 0);
	ck_assert_mem_eq(offer.session_id, expected.session_id, 16);
	ck_assert_uint_eq(offer.directions, 3);
	ck_assert_int_eq(offer.security, POSTERN_SECURITY_NONE);
	ck_assert_uint_eq(offer.layout_version, SAMPLE_LAYOUT_VERSION);
	ck_assert_uint_eq(offer.control_bytes, SAMPLE_PAGE_BYTES);
	ck_assert_mem_eq(&offer.send, &expected.send, sizeof(offer.send));
	ck_assert_mem_eq(&offer.receive, &expected.receive,
			 sizeof(offer.receive));
	ck_assert_mem_eq(&offer.node_segment, &expected.node_segment,
			 sizeof(offer.node_segment));
	ck_assert_mem_eq(&offer.client_segment, &expected.client_segment,
			 sizeof(offer.client_segment));
	ck_assert_uint_eq(offer.key_exchange.byte_count, 0);
}
END_TEST

START_TEST(short_messages_read_field_by_field)
{
	struct pst_wire_record ready_record = sample_record(PST_WIRE_READY);
	struct pst_wire_record go_record = sample_record(PST_WIRE_GO);
	struct pst_wire_record refuse_record = sample_record(PST_WIRE_REFUSE);
	struct pst_ready ready, expected = sample_ready();
	struct pst_go go;
	struct pst_refuse refuse;

	ck_assert_int_eq(pst_wire_read_ready(ready_record.bytes,
					     ready_record.byte_count,
					     &ready), 0);
	ck_assert_mem_eq(&ready, &expected, sizeof(ready));
	ck_assert_int_eq(pst_wire_read_go(go_record.bytes, go_record.byte_count,
					  &go), 0);
	ck_assert_mem_eq(go.session_id, expected.session_id, 16);
	ck_assert_uint_eq(go.slot, SAMPLE_SLOT);
	ck_assert_int_eq(pst_wire_read_refuse(refuse_record.bytes,
					      refuse_record.byte_count,
					      &refuse), 0);
	ck_assert_uint_eq(refuse.version, 1);
	ck_assert_int_eq(refuse.code, PST_REFUSE_DENIED);
}
END_TEST

START_TEST(another_version_may_have_other_sizes_and_types)
{
	struct pst_wire_record record = sample_record(PST_WIRE_HELLO);
	enum pst_wire_type type;

	record.bytes[8] = 2;
	record.bytes[10] = 77;
	record.bytes[12] = 20;
	record.bytes[13] = 0;
	ck_assert_int_eq(pst_wire_read_type(record.bytes, 20, &type),
			 -EPROTONOSUPPORT);
	record.bytes[12] = 0;
	record.bytes[13] = 4;
	ck_assert_int_eq(pst_wire_read_type(record.bytes, 1024, &type),
			 -EPROTONOSUPPORT);
}
END_TEST

START_TEST(no_version_has_records_beyond_the_limit)
{
	struct pst_wire_record record = sample_record(PST_WIRE_HELLO);
	uint8_t bytes[PST_WIRE_RECORD_BYTES_MAX + 1] = {0};
	enum pst_wire_type type;

	memcpy(bytes, record.bytes, record.byte_count);
	bytes[8] = 2;
	bytes[12] = 1;
	bytes[13] = 4;
	ck_assert_int_eq(pst_wire_read_type(bytes, sizeof(bytes), &type),
			 -EBADMSG);
}
END_TEST

START_TEST(version_zero_does_not_exist)
{
	struct pst_wire_record record = sample_record(PST_WIRE_REFUSE);

	record.bytes[8] = 0;
	assert_refused(PST_WIRE_REFUSE, &record);
}
END_TEST

START_TEST(refuse_of_another_version_is_understood)
{
	struct pst_wire_record record = sample_record(PST_WIRE_REFUSE);
	struct pst_refuse refuse;

	record.bytes[9] = 3;
	record.bytes[16] = PST_REFUSE_VERSION;
	ck_assert_int_eq(pst_wire_read_refuse(record.bytes, record.byte_count,
					      &refuse), 0);
	ck_assert_uint_eq(refuse.version, 0x301);
	ck_assert_int_eq(refuse.code, PST_REFUSE_VERSION);
}
END_TEST

START_TEST(an_error_text_is_no_record)
{
	static const char text[] =
		"su: cannot open session: Permission denied\n";
	enum pst_wire_type type;

	ck_assert_int_eq(pst_wire_read_type(text, sizeof(text) - 1, &type),
			 -EBADMSG);
}
END_TEST

struct byte_case {
	const char *why;
	size_t offset;
	uint8_t value;
};

static const struct byte_case hello_cases[] = {
	{"no kind", 16, 0},
	{"unknown kind", 16, 4},
	{"kind in the high byte", 17, 1},
	{"no direction", 18, 0},
	{"unknown direction", 18, 4},
	{"nothing offered", 22, 0},
	{"unknown mode offered", 22, 9},
	{"a mode without its key exchange", 22, 3},
	{"name longer than its text", 32, 7},
	{"name shorter than its text", 32, 5},
	{"no name", 32, 0},
	{"name fills its field", 32, 64},
	{"name longer than its field", 32, 200},
	{"name beyond everything", 33, 0xff},
	{"instance longer than its text", 34, 13},
	{"instance shorter than its text", 34, 11},
	{"instance beyond everything", 35, 0xff},
	{"key exchange that mode none has not", 36, 1},
	{"key exchange beyond its area", 36, 129},
	{"key exchange beyond everything", 37, 0xff},
	{"a pattern without its key exchange", 38, 1},
	{"a cipher without a key exchange", 39, 1},
	{"name begins with a stop", 40, '.'},
	{"name begins with a dash", 40, '-'},
	{"name with a slash", 42, '/'},
	{"name with a space", 42, ' '},
	{"name with a newline", 42, '\n'},
	{"name with an escape", 42, 0x1b},
	{"name with a high bit", 42, 0xe4},
	{"name with a zero inside", 42, 0},
	{"text behind the name", 46, 'x'},
	{"text at the end of the name's field", 103, 'x'},
	{"instance with a quote", 105, '"'},
	{"text behind the instance", 116, 'x'},
	{"text at the end of the instance's field", 167, 'x'},
	{"bytes in an empty key exchange", 168, 1},
	{"bytes at the end of an empty key exchange", 295, 1},
};

START_TEST(hello_refuses_each_violation,
	   .loop_end = sizeof(hello_cases) / sizeof(*hello_cases))
{
	const struct byte_case *c = &hello_cases[_i];

	assert_byte_is_refused(PST_WIRE_HELLO, c->offset, c->value);
}
END_TEST

static const struct byte_case secured_hello_cases[] = {
	{"mode none with a pattern that has a key", 22, 7},
	{"another pattern's size", 36, 48},
	{"an unknown pattern", 38, 4},
	{"no cipher", 39, 0},
	{"an unknown cipher", 39, 3},
	{"a byte behind the key exchange", 168 + 96, 1},
};

START_TEST(secured_hello_refuses_each_violation,
	   .loop_end = sizeof(secured_hello_cases) / sizeof(*secured_hello_cases))
{
	const struct byte_case *c = &secured_hello_cases[_i];
	struct pst_hello hello = sample_secured_hello(PST_WIRE_PATTERN_IK);
	struct pst_wire_record record;

	ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
	record.bytes[c->offset] = c->value;
	assert_refused(PST_WIRE_HELLO, &record);
}
END_TEST

START_TEST(hello_refuses_a_ring_or_message_of_nothing)
{
	struct pst_wire_record record = sample_record(PST_WIRE_HELLO);

	memset(record.bytes + 24, 0, 4);
	assert_refused(PST_WIRE_HELLO, &record);
	record = sample_record(PST_WIRE_HELLO);
	memset(record.bytes + 28, 0, 4);
	assert_refused(PST_WIRE_HELLO, &record);
}
END_TEST

START_TEST(hello_takes_names_of_every_length_that_fits)
{
	for (size_t n = 1; n < PST_WIRE_NAME_BYTES; n++) {
		struct pst_hello hello = sample_hello(), again;
		struct pst_wire_record record;

		memset(hello.node_name, 'a', n);
		hello.node_name[n] = '\0';
		hello.instance[n] = '\0';
		memset(hello.instance, 'b', n);
		ck_assert_int_eq(pst_wire_write_hello(&hello, &record), 0);
		ck_assert_int_eq(pst_wire_read_hello(record.bytes,
						     record.byte_count,
						     &again), 0);
		ck_assert_str_eq(again.node_name, hello.node_name);
		ck_assert_str_eq(again.instance, hello.instance);
	}
}
END_TEST

static const struct byte_case offer_cases[] = {
	{"no direction", 32, 0},
	{"unknown direction", 32, 7},
	{"a ring in a direction that is not granted: send", 32, 2},
	{"a ring in a direction that is not granted: receive", 32, 1},
	{"a mode without its key exchange", 34, 1},
	{"unknown mode", 34, 3},
	{"mode in the high byte", 35, 1},
	{"key exchange that mode none has not", 38, 1},
	{"key exchange beyond everything", 39, 0xff},
	{"a send ring of nothing", 42, 0},
	{"a receive ring of nothing", 50, 0},
	{"a fill byte", 60, 1},
	{"the last fill byte", 63, 0x80},
	{"bytes in an empty key exchange", 96, 1},
	{"bytes at the end of an empty key exchange", 223, 1},
};

START_TEST(offer_refuses_each_violation,
	   .loop_end = sizeof(offer_cases) / sizeof(*offer_cases))
{
	const struct byte_case *c = &offer_cases[_i];

	assert_byte_is_refused(PST_WIRE_OFFER, c->offset, c->value);
}
END_TEST

START_TEST(offer_refuses_segments_without_identity)
{
	struct pst_wire_record record = sample_record(PST_WIRE_OFFER);

	memset(record.bytes + 80, 0, 8);
	assert_refused(PST_WIRE_OFFER, &record);
	record = sample_record(PST_WIRE_OFFER);
	memset(record.bytes + 88, 0, 8);
	assert_refused(PST_WIRE_OFFER, &record);
	record = sample_record(PST_WIRE_OFFER);
	memcpy(record.bytes + 88, record.bytes + 80, 8);
	assert_refused(PST_WIRE_OFFER, &record);
}
END_TEST

START_TEST(offer_refuses_a_message_of_nothing)
{
	struct pst_wire_record record = sample_record(PST_WIRE_OFFER);

	memset(record.bytes + 44, 0, 4);
	assert_refused(PST_WIRE_OFFER, &record);
	record = sample_record(PST_WIRE_OFFER);
	memset(record.bytes + 52, 0, 4);
	assert_refused(PST_WIRE_OFFER, &record);
}
END_TEST

START_TEST(go_refuses_the_empty_handle)
{
	struct pst_wire_record record = sample_record(PST_WIRE_GO);

	memset(record.bytes + 32, 0, 8);
	assert_refused(PST_WIRE_GO, &record);
}
END_TEST

START_TEST(control_messages_read_field_by_field)
{
	struct pst_wire_record stats_record = sample_record(PST_WIRE_STATS);
	struct pst_wire_record command_record = sample_record(PST_WIRE_COMMAND);
	struct pst_wire_record result_record = sample_record(PST_WIRE_RESULT);
	struct pst_stats_record stats, expected = sample_stats();
	struct pst_command command;
	struct pst_result result;

	ck_assert_int_eq(pst_wire_read_stats(stats_record.bytes,
					     stats_record.byte_count, &stats),
			 0);
	ck_assert_mem_eq(stats.session_id, expected.session_id, 16);
	ck_assert_uint_eq(stats.layout_version, SAMPLE_VIEW_VERSION);
	ck_assert_uint_eq(stats.segment.segment_bytes, 0x00123000);
	ck_assert_uint_eq(stats.segment.inode, 0x33445566cc);
	ck_assert_int_eq(pst_wire_read_command(command_record.bytes,
					       command_record.byte_count,
					       &command), 0);
	ck_assert_int_eq(command.verb, PST_COMMAND_DISCONNECT);
	ck_assert_uint_eq(command.peer, SAMPLE_SLOT);
	ck_assert_str_eq(command.peer_name, "");
	ck_assert_int_eq(pst_wire_read_result(result_record.bytes,
					      result_record.byte_count,
					      &result), 0);
	ck_assert_int_eq(result.code, PST_RESULT_DONE);
	ck_assert_uint_eq(result.count, 0x00010203);
}
END_TEST

static const struct byte_case stats_cases[] = {
	{"a fill byte", 34, 1},
	{"the last fill byte", 39, 0x80},
};

START_TEST(stats_refuses_each_violation,
	   .loop_end = sizeof(stats_cases) / sizeof(*stats_cases))
{
	struct pst_wire_record record = sample_record(PST_WIRE_STATS);

	assert_byte_is_refused(PST_WIRE_STATS, stats_cases[_i].offset,
			       stats_cases[_i].value);
	memset(record.bytes + 40, 0, 8);
	assert_refused(PST_WIRE_STATS, &record);
	record = sample_record(PST_WIRE_STATS);
	memset(record.bytes + 48, 0, 8);
	assert_refused(PST_WIRE_STATS, &record);
}
END_TEST

static const struct byte_case command_cases[] = {
	{"no verb", 32, 0},
	{"unknown verb", 32, 2},
	{"verb in the high byte", 33, 1},
	{"a length without a name", 34, 1},
	{"a length beyond everything", 35, 0xff},
	{"a fill byte", 36, 1},
	{"the last fill byte", 39, 0x80},
	{"text behind no name", 48, 'x'},
	{"text at the end of the name's field", 111, 'x'},
};

START_TEST(command_refuses_each_violation,
	   .loop_end = sizeof(command_cases) / sizeof(*command_cases))
{
	const struct byte_case *c = &command_cases[_i];

	assert_byte_is_refused(PST_WIRE_COMMAND, c->offset, c->value);
}
END_TEST

START_TEST(command_refuses_two_ways_of_naming_a_peer_and_none)
{
	struct pst_wire_record record = sample_record(PST_WIRE_COMMAND);

	memset(record.bytes + 40, 0, 8);
	assert_refused(PST_WIRE_COMMAND, &record);
	record = sample_record(PST_WIRE_COMMAND);
	record.bytes[34] = 5;
	memcpy(record.bytes + 48, "tills", 5);
	assert_refused(PST_WIRE_COMMAND, &record);
}
END_TEST

static const struct byte_case result_cases[] = {
	{"no code", 32, 0},
	{"a count of nothing done: stale", 32, 2},
	{"a count of nothing done: nobody", 32, 3},
	{"unknown code", 32, 4},
	{"code in the high byte", 35, 1},
	{"a fill byte", 36, 1},
	{"the last fill byte", 39, 0x80},
	{"more than there can be", 44, 1},
};

START_TEST(result_refuses_each_violation,
	   .loop_end = sizeof(result_cases) / sizeof(*result_cases))
{
	const struct byte_case *c = &result_cases[_i];

	assert_byte_is_refused(PST_WIRE_RESULT, c->offset, c->value);
}
END_TEST

START_TEST(result_refuses_to_have_done_nothing)
{
	struct pst_wire_record record = sample_record(PST_WIRE_RESULT);

	memset(record.bytes + 40, 0, 8);
	assert_refused(PST_WIRE_RESULT, &record);
}
END_TEST

START_TEST(refuse_knows_three_codes)
{
	for (unsigned code = 0; code < 256; code++) {
		struct pst_wire_record record = sample_record(PST_WIRE_REFUSE);
		struct pst_refuse refuse;

		record.bytes[16] = (uint8_t)code;
		if (code < 1 || code > 3) {
			assert_refused(PST_WIRE_REFUSE, &record);
			continue;
		}
		ck_assert_int_eq(pst_wire_read_refuse(record.bytes,
						      record.byte_count,
						      &refuse), 0);
		ck_assert_uint_eq(refuse.code, code);
	}
	assert_byte_is_refused(PST_WIRE_REFUSE, 19, 0x80);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
