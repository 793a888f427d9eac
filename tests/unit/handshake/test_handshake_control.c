/* SPDX-License-Identifier: ISC */
/*
 * Connections that observe or control a node: the client's side, against a
 * node that may be anything
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "support/mutate.h"
#include "support/test_case.h"
#include "unit/handshake/handshake_pairs.h"

static struct pair pair;

static void assert_failed(int r, int expected_result,
			  enum postern_reason expected_reason)
{
	ck_assert_int_eq(r, expected_result);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_FAILED);
	ck_assert_int_eq(pair.initiator.machine.reason, expected_reason);
}

START_TEST(an_honest_pair_observes)
{
	struct pst_stats_record expected = sample_stats();

	pair_through_of(&pair, PST_WIRE_KIND_OBSERVE, PST_WIRE_STATS);
	ck_assert_int_eq(pair.initiator.machine.state,
			 HANDSHAKE_CONSUMED_STATS);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_CREATED_STATS);
	ck_assert_mem_eq(pair.initiator.stats.session_id, expected.session_id,
			 sizeof(expected.session_id));
	ck_assert_uint_eq(pair.initiator.stats.segment.segment_bytes,
			  expected.segment.segment_bytes);
	ck_assert_uint_eq(pair.initiator.stats.segment.inode,
			  expected.segment.inode);
}
END_TEST

START_TEST(an_honest_pair_controls)
{
	pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_RESULT);
	ck_assert_int_eq(pair.initiator.machine.state,
			 HANDSHAKE_CONSUMED_RESULT);
	ck_assert_int_eq(pair.responder.machine.state,
			 HANDSHAKE_CREATED_RESULT);
	ck_assert_int_eq(pair.initiator.result.code, PST_RESULT_DONE);
	ck_assert_uint_eq(pair.initiator.result.count, 1);
}
END_TEST

/* The initiator is given statistics that no honest responder would create. */
static int consume_stats(const struct pst_stats_record *stats)
{
	struct pst_wire_record record;

	pair_through_of(&pair, PST_WIRE_KIND_OBSERVE, PST_WIRE_HELLO);
	ck_assert_int_eq(pst_wire_write_stats(stats, &record), 0);
	return pst_initiator_consume(&pair.initiator, record.bytes,
				     record.byte_count);
}

START_TEST(stats_of_another_layout_are_another_version)
{
	struct pst_stats_record stats = sample_stats();

	stats.layout_version++;
	assert_failed(consume_stats(&stats), -EPROTONOSUPPORT,
		      POSTERN_REASON_VERSION);
}
END_TEST

START_TEST(stats_that_cannot_be_mapped_are_refused)
{
	struct pst_stats_record stats = sample_stats();

	stats.segment.segment_bytes++;
	assert_failed(consume_stats(&stats), -EBADMSG, POSTERN_REASON_OFFER);
	stats.segment.segment_bytes =
		PST_STATS_SEGMENT_BYTES_MAX + SAMPLE_PAGE_BYTES;
	assert_failed(consume_stats(&stats), -EBADMSG, POSTERN_REASON_OFFER);
	stats.segment.segment_bytes = PST_STATS_SEGMENT_BYTES_MAX;
	ck_assert_int_eq(consume_stats(&stats), 0);
}
END_TEST

START_TEST(a_result_of_another_session_is_refused)
{
	for (size_t i = 0; i < PST_WIRE_SESSION_ID_BYTES; i++) {
		int r;

		pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_COMMAND);
		pair_create(&pair, PST_WIRE_RESULT);
		pair.record.bytes[16 + i] ^= 0x80;
		r = pair_consume(&pair, PST_WIRE_RESULT);
		assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
		ck_assert_uint_eq(pair.initiator.result.count, 0);
	}
}
END_TEST

START_TEST(an_invalid_command_is_not_created_and_changes_nothing)
{
	struct pst_command command = sample_command();
	struct pst_wire_record record;

	pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_PERMIT);
	command.peer = 0;
	ck_assert_int_eq(pst_initiator_create_command(&pair.initiator, &command,
						      &record), -EINVAL);
	ck_assert_int_eq(pair.initiator.machine.state,
			 HANDSHAKE_CONSUMED_PERMIT);
	pair_create(&pair, PST_WIRE_COMMAND);
}
END_TEST

struct walk {
	const struct pair *at;
	unsigned accepted_count;
};

static void stats_that_can_be_mapped_or_failed(const struct mutation *mutation,
					       void *user_data)
{
	struct walk *walk = user_data;
	struct pst_handshake_initiator initiator = walk->at->initiator;

	if (pst_initiator_consume(&initiator, mutation->bytes,
				  mutation->byte_count) < 0) {
		ck_assert_int_eq(initiator.machine.state, HANDSHAKE_FAILED);
		ck_assert_int_ne(initiator.machine.reason, POSTERN_REASON_NONE);
		return;
	}
	walk->accepted_count++;
	ck_assert_int_eq(initiator.machine.state, HANDSHAKE_CONSUMED_STATS);
	ck_assert_uint_eq(initiator.stats.layout_version, SAMPLE_VIEW_VERSION);
	ck_assert_uint_ne(initiator.stats.segment.segment_bytes, 0);
	ck_assert_uint_le(initiator.stats.segment.segment_bytes,
			  PST_STATS_SEGMENT_BYTES_MAX);
	ck_assert_uint_eq(initiator.stats.segment.segment_bytes %
				  SAMPLE_PAGE_BYTES, 0);
	ck_assert_uint_ne(initiator.stats.segment.inode, 0);
}

START_TEST(every_mutated_stats_can_be_mapped_or_is_refused)
{
	struct walk walk = {.at = &pair};

	pair_through_of(&pair, PST_WIRE_KIND_OBSERVE, PST_WIRE_HELLO);
	pair_create(&pair, PST_WIRE_STATS);
	mutate_walk(pair.record.bytes, pair.record.byte_count, 1032,
		    stats_that_can_be_mapped_or_failed, &walk);
	ck_assert_uint_gt(walk.accepted_count, 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
