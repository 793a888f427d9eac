/* SPDX-License-Identifier: ISC */
/*
 * The description of the statistics, as a program gets it
 */
#include <postern/stats.h>

#include <errno.h>
#include <string.h>

#include "support/test_case.h"

START_TEST(field_is_found_in_its_struct)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;
	struct postern_node_statistics node = POSTERN_NODE_STATISTICS_INIT;
	uint64_t value = 0;
	uint32_t i;

	node.received_messages = 42;
	for (i = 0; postern_stats_field_at(POSTERN_STATS_NODE, i, &field) == 0;
	     i++) {
		if (strcmp(field.name, "received_messages") != 0)
			continue;
		ck_assert_uint_eq(field.value_bytes, sizeof(value));
		memcpy(&value, (const char *)&node + field.offset_bytes,
		       sizeof(value));
		ck_assert_str_eq(field.metric, "received_messages");
		ck_assert_ptr_null(field.unit);
		ck_assert_int_eq((int)field.kind, (int)POSTERN_STATS_COUNTER);
	}
	ck_assert_uint_eq(value, 42);
	ck_assert_uint_gt(i, 20);
}
END_TEST

START_TEST(every_group_ends_with_enoent,
	   .loop_start = POSTERN_STATS_NODE,
	   .loop_end = POSTERN_STATS_LATENCY + 1)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;

	ck_assert_int_eq(postern_stats_field_at((enum postern_stats_group)_i,
						0, &field), 0);
	ck_assert_int_eq(postern_stats_field_at((enum postern_stats_group)_i,
						1000, &field), -ENOENT);
	ck_assert_uint_eq(field.size_bytes, sizeof(field));
}
END_TEST

START_TEST(unknown_group_and_malformed_output_are_einval)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;

	ck_assert_int_eq(postern_stats_field_at((enum postern_stats_group)0, 0,
						&field), -EINVAL);
	ck_assert_int_eq(postern_stats_field_at((enum postern_stats_group)5, 0,
						&field), -EINVAL);
	ck_assert_int_eq(postern_stats_field_at(POSTERN_STATS_NODE, 0, NULL),
			 -EINVAL);
	field.size_bytes = 0;
	ck_assert_int_eq(postern_stats_field_at(POSTERN_STATS_NODE, 0, &field),
			 -EINVAL);
	ck_assert_ptr_null(field.name);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
