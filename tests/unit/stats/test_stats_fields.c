/* SPDX-License-Identifier: ISC */
/*
 * The fields of the statistics: the tables fit the layout and the structs
 */
#include "stats/stats_fields.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "stats/stats_layout.h"
#include "support/test_case.h"

#define WORDS_MAX PST_STATS_NODE_WORDS

static const struct group {
	enum postern_stats_group group;
	const struct pst_stats_field *fields;
	size_t struct_bytes;
} groups[] = {
	{POSTERN_STATS_NODE, pst_stats_node_fields,
	 sizeof(struct postern_node_statistics)},
	{POSTERN_STATS_PEER, pst_stats_peer_fields,
	 sizeof(struct postern_peer_statistics)},
	{POSTERN_STATS_CHANNEL, pst_stats_channel_fields,
	 sizeof(struct postern_channel_statistics)},
	{POSTERN_STATS_LATENCY, pst_stats_latency_fields,
	 sizeof(struct postern_latency)},
};

#define GROUP_COUNT ((int)(sizeof(groups) / sizeof(groups[0])))

static unsigned char uses[WORDS_MAX];

/* Count the words of a table whose block begins at block_offset. */
static void use(const struct pst_stats_field *field, size_t block_offset)
{
	size_t i, first, count;

	for (; field->name; field++) {
		ck_assert_msg(field->at % 8 == 0, "%s", field->name);
		first = (block_offset + field->at) / 8;
		count = field->member_bytes < 8 ? 1 : field->member_bytes / 8u;
		for (i = first; i < first + count; i++) {
			ck_assert_msg(i < WORDS_MAX, "%s", field->name);
			uses[i]++;
		}
	}
}

static void expect_each_word_used_once(size_t word_count)
{
	size_t i;

	uses[0]++; /* the sequence */
	for (i = 0; i < WORDS_MAX; i++)
		ck_assert_msg(uses[i] == (i < word_count),
			      "word %zu is used %u times", i, uses[i]);
}

START_TEST(fields_of_a_node_use_each_word_once)
{
	use(pst_stats_node_fields, 0);
	use(pst_stats_latency_fields, PST_STATS_NODE_LATENCY_OFFSET);
	expect_each_word_used_once(PST_STATS_NODE_WORDS);
}
END_TEST

START_TEST(fields_of_a_peer_use_each_word_once)
{
	use(pst_stats_peer_fields, 0);
	use(pst_stats_channel_fields, PST_STATS_PEER_CHANNEL_OFFSET);
	use(pst_stats_latency_fields, PST_STATS_PEER_CHANNEL_OFFSET +
				      PST_STATS_CHANNEL_LATENCY_OFFSET);
	expect_each_word_used_once(PST_STATS_PEER_WORDS);
}
END_TEST

START_TEST(members_of_a_group_do_not_overlap, .loop_end = GROUP_COUNT)
{
	const struct pst_stats_field *field, *other;

	for (field = groups[_i].fields; field->name; field++) {
		ck_assert_uint_le(field->offset + (size_t)field->member_bytes,
				  groups[_i].struct_bytes);
		for (other = groups[_i].fields; other != field; other++) {
			ck_assert_str_ne(field->name, other->name);
			ck_assert(field->offset >= other->offset +
							   other->member_bytes ||
				  other->offset >= field->offset +
							   field->member_bytes);
		}
	}
}
END_TEST

START_TEST(numbers_have_four_or_eight_bytes_and_a_description,
	   .loop_end = GROUP_COUNT)
{
	const struct pst_stats_field *field;

	for (field = groups[_i].fields; field->name; field++) {
		if (field->kind == 0)
			continue;
		ck_assert_ptr_nonnull(field->description);
		/* A member of 8 bytes can have any value, one of 4 cannot. */
		ck_assert_uint_eq(field->member_bytes,
				  field->values == PST_STATS_U64 ? 8 : 4);
	}
}
END_TEST

START_TEST(metrics_of_a_node_and_of_a_peer_have_unique_names)
{
	const char *names[2][64];
	size_t counts[2] = {0, 0}, owner, i, k;
	const struct pst_stats_field *field;

	for (k = 0; k < 3; k++) { /* a channel is its peer's */
		owner = groups[k].group == POSTERN_STATS_NODE ? 0 : 1;
		for (field = groups[k].fields; field->name; field++) {
			if (!field->metric)
				continue;
			for (i = 0; i < counts[owner]; i++)
				ck_assert_str_ne(names[owner][i],
						 field->metric);
			names[owner][counts[owner]++] = field->metric;
		}
	}
	ck_assert_uint_gt(counts[0], 20);
	ck_assert_uint_gt(counts[1], 15);
}
END_TEST

START_TEST(description_has_every_number_in_the_order_of_the_table,
	   .loop_end = GROUP_COUNT)
{
	const struct pst_stats_field *field;
	struct postern_stats_field described;
	uint32_t index = 0;

	for (field = groups[_i].fields; field->name; field++) {
		if (field->kind == 0)
			continue;
		ck_assert_int_eq(pst_stats_describe_field(groups[_i].group,
							  index++, &described),
				 0);
		ck_assert_str_eq(described.name, field->name);
		ck_assert_uint_eq(described.offset_bytes, field->offset);
		ck_assert_uint_eq(described.value_bytes, field->member_bytes);
		ck_assert_int_eq((int)described.kind, field->kind);
	}
	ck_assert_uint_gt(index, 6);
	ck_assert_int_eq(pst_stats_describe_field(groups[_i].group, index,
						  &described), -ENOENT);
	ck_assert_int_eq(pst_stats_describe_field(groups[_i].group, UINT32_MAX,
						  &described), -ENOENT);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
