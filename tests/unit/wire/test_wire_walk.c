/* SPDX-License-Identifier: ISC */
/*
 * What holds for every type of record
 *
 * The property behind the walks: a record is refused, or it is exactly what
 * writing its message gives.  Nothing between the two can be smuggled through.
 */
#include "wire/wire.h"

#include <errno.h>

#include "support/mutate.h"
#include "support/test_case.h"
#include "unit/wire/any_message.h"

static const enum pst_wire_type types[] = {
	PST_WIRE_HELLO, PST_WIRE_OFFER, PST_WIRE_READY, PST_WIRE_GO,
	PST_WIRE_REFUSE, PST_WIRE_STATS, PST_WIRE_PERMIT, PST_WIRE_COMMAND,
	PST_WIRE_RESULT,
};
#define TYPE_COUNT (sizeof(types) / sizeof(*types))

#define EXTEND_BYTES_MAX (PST_WIRE_RECORD_BYTES_MAX + 8u)

/* Messages of another form than the samples have: with the key-exchange area in
 * use, without a request, with a name instead of a handle. */
static struct pst_wire_record sample_of_another_form(int form,
						     enum pst_wire_type *ret_type)
{
	struct pst_wire_record record = {0};
	enum pst_wire_type type = PST_WIRE_HELLO;
	union any_message message;

	switch (form) {
	case 0:
		message.hello = sample_secured_hello(PST_WIRE_PATTERN_IK);
		break;
	case 1:
		type = PST_WIRE_OFFER;
		message.offer = sample_secured_offer();
		break;
	case 2:
		message.hello = sample_hello_of(PST_WIRE_KIND_OBSERVE);
		break;
	case 3:
		message.hello = sample_hello_of(PST_WIRE_KIND_CONTROL);
		break;
	default:
		type = PST_WIRE_COMMAND;
		message.command = sample_named_command();
		break;
	}
	ck_assert_int_eq(write_message(type, &message, &record), 0);
	*ret_type = type;
	return record;
}
#define FORM_COUNT 5

struct walk {
	enum pst_wire_type type;
	size_t accepted_count;
};

/* Between the guards, where reading one type as a larger one would show. */
static void assert_of_no_other_type(const struct mutation *mutation,
				    enum pst_wire_type type)
{
	union any_message message;

	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (types[i] != type)
			ck_assert_int_lt(read_message(types[i], mutation->bytes,
						      mutation->byte_count,
						      &message), 0);
}

static void refused_or_exact(const struct mutation *mutation, void *user_data)
{
	struct walk *walk = user_data;
	struct pst_wire_record again;
	union any_message message, before;
	int r;

	assert_of_no_other_type(mutation, walk->type);
	memset(&message, 0xdd, sizeof(message));
	before = message;
	r = read_message(walk->type, mutation->bytes, mutation->byte_count,
			 &message);
	if (r < 0) {
		ck_assert(r == -EBADMSG || r == -EPROTONOSUPPORT);
		ck_assert_mem_eq(&message, &before, sizeof(message));
		return;
	}
	ck_assert_int_eq(mutation->kind, MUTATE_BYTE);
	ck_assert_int_eq(write_message(walk->type, &message, &again), 0);
	ck_assert_uint_eq(again.byte_count, mutation->byte_count);
	ck_assert_mem_eq(again.bytes, mutation->bytes, again.byte_count);
	walk->accepted_count++;
}

START_TEST(a_written_message_reads_the_same, .loop_end = TYPE_COUNT)
{
	struct pst_wire_record record = sample_record(types[_i]);
	struct pst_wire_record again;
	enum pst_wire_type type;
	union any_message message;

	ck_assert_int_eq(pst_wire_read_type(record.bytes, record.byte_count,
					    &type), 0);
	ck_assert_int_eq(type, types[_i]);
	ck_assert_int_eq(read_message(type, record.bytes, record.byte_count,
				      &message), 0);
	ck_assert_int_eq(write_message(type, &message, &again), 0);
	ck_assert_uint_eq(again.byte_count, record.byte_count);
	ck_assert_mem_eq(again.bytes, record.bytes, record.byte_count);
}
END_TEST

START_TEST(every_mutation_is_refused_or_exact, .loop_end = TYPE_COUNT)
{
	struct pst_wire_record record = sample_record(types[_i]);
	struct walk walk = {.type = types[_i]};
	size_t visited_count;

	visited_count = mutate_walk(record.bytes, record.byte_count,
				    EXTEND_BYTES_MAX, refused_or_exact, &walk);
	ck_assert_uint_eq(visited_count,
			  2 * (256 * record.byte_count + 3 * EXTEND_BYTES_MAX));
	ck_assert_uint_gt(walk.accepted_count, 0);
}
END_TEST

START_TEST(every_mutation_of_another_form_is_refused_or_exact,
	   .loop_end = FORM_COUNT)
{
	struct walk walk = {0};
	struct pst_wire_record record = sample_of_another_form(_i, &walk.type);

	mutate_walk(record.bytes, record.byte_count, EXTEND_BYTES_MAX,
		    refused_or_exact, &walk);
	ck_assert_uint_gt(walk.accepted_count, 0);
}
END_TEST

START_TEST(no_record_passes_for_one_of_another_type, .loop_end = TYPE_COUNT)
{
	struct pst_wire_record record = sample_record(types[_i]);

	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (types[i] != types[_i])
			assert_refused(types[i], &record);
}
END_TEST

/* Even before the version says that it may be anything. */
START_TEST(magic_and_size_are_checked_first, .loop_end = TYPE_COUNT)
{
	static const size_t offsets[] = {0, 1, 2,  3,  4,  5,
					 6, 7, 12, 13, 14, 15};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		for (unsigned change = 1; change < 256; change++) {
			struct pst_wire_record record =
				sample_record(types[_i]);
			enum pst_wire_type type;

			record.bytes[8] = 2;
			record.bytes[offsets[i]] ^= (uint8_t)change;
			ck_assert_int_eq(
				pst_wire_read_type(record.bytes,
						   record.byte_count, &type),
				-EBADMSG);
		}
	}
}
END_TEST

START_TEST(a_type_is_known_by_its_own_size_only, .loop_end = TYPE_COUNT)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		struct pst_wire_record record = sample_record(types[i]);
		enum pst_wire_type type = PST_WIRE_GO;

		record.bytes[10] = (uint8_t)types[_i];
		if (types[i] == types[_i])
			continue;
		ck_assert_int_eq(pst_wire_read_type(record.bytes,
						    record.byte_count, &type),
				 -EBADMSG);
		ck_assert_int_eq(type, PST_WIRE_GO);
	}
}
END_TEST

START_TEST(a_consistently_shortened_record_is_refused, .loop_end = TYPE_COUNT)
{
	struct pst_wire_record record = sample_record(types[_i]);

	for (size_t n = record.byte_count; n-- > 16;) {
		record.byte_count = n;
		record.bytes[12] = (uint8_t)n;
		record.bytes[13] = (uint8_t)(n >> 8);
		assert_refused(types[_i], &record);
	}
}
END_TEST

START_TEST(a_consistently_lengthened_record_is_refused, .loop_end = TYPE_COUNT)
{
	struct pst_wire_record record = sample_record(types[_i]);

	for (size_t n = record.byte_count + 1; n <= sizeof(record.bytes); n++) {
		record.byte_count = n;
		record.bytes[12] = (uint8_t)n;
		record.bytes[13] = (uint8_t)(n >> 8);
		assert_refused(types[_i], &record);
	}
}
END_TEST

START_TEST(another_version_is_told_from_rubbish, .loop_end = TYPE_COUNT)
{
	struct pst_wire_record record = sample_record(types[_i]);
	union any_message message;

	record.bytes[8] = 2;
	ck_assert_int_eq(read_message(types[_i], record.bytes,
				      record.byte_count, &message),
			 types[_i] == PST_WIRE_REFUSE ? 0 : -EPROTONOSUPPORT);
	record.bytes[0] = 0;
	assert_refused(types[_i], &record);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 120);
}
