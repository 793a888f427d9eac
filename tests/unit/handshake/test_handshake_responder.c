/* SPDX-License-Identifier: ISC */
/*
 * The node against a client that may be anything
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "support/mutate.h"
#include "support/test_case.h"
#include "unit/handshake/handshake_pairs.h"

static struct pair pair;

static int consume_hello(const struct pst_hello *hello)
{
	struct pst_wire_record record;

	pair_init(&pair);
	ck_assert_int_eq(pst_wire_write_hello(hello, &record), 0);
	return pst_responder_consume(&pair.responder, record.bytes,
				     record.byte_count);
}

static void assert_failed(int r, int expected_result,
			  enum postern_reason expected_reason)
{
	ck_assert_int_eq(r, expected_result);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_FAILED);
	ck_assert_int_eq(pair.responder.machine.reason, expected_reason);
}

START_TEST(hello_arrives_as_it_was_said)
{
	struct pst_hello *hello = &pair.responder.hello;

	pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(pair.responder.machine.state,
			 HANDSHAKE_CONSUMED_HELLO);
	ck_assert_int_eq(hello->kind, PST_WIRE_KIND_CHANNEL);
	ck_assert_str_eq(hello->node_name, "orders");
	ck_assert_str_eq(hello->instance, "till-4.north");
	ck_assert_uint_eq(hello->requested.directions, 3);
	ck_assert_uint_eq(hello->requested.ring_bytes, 0x00123400);
	ck_assert_uint_eq(hello->requested.message_bytes, 0x00056789);
	ck_assert_uint_eq(hello->security_bits, 1);
	ck_assert_uint_eq(hello->layout_version, SAMPLE_LAYOUT_VERSION);
}
END_TEST

START_TEST(every_kind_of_hello_is_read)
{
	struct pst_hello hello = sample_hello_of(PST_WIRE_KIND_OBSERVE);

	ck_assert_int_eq(consume_hello(&hello), 0);
	ck_assert_int_eq(pair.responder.hello.kind, PST_WIRE_KIND_OBSERVE);
	ck_assert_int_eq(pair.responder.machine.kind, PST_WIRE_KIND_OBSERVE);
	hello = sample_hello_of(PST_WIRE_KIND_CONTROL);
	ck_assert_int_eq(consume_hello(&hello), 0);
	ck_assert_int_eq(pair.responder.hello.kind, PST_WIRE_KIND_CONTROL);
	ck_assert_str_eq(pair.responder.hello.node_name, "orders");
	ck_assert_str_eq(pair.responder.hello.instance, "till-4.north");
}
END_TEST

START_TEST(another_layout_is_another_version)
{
	struct pst_hello hello = sample_hello();

	hello.layout_version++;
	assert_failed(consume_hello(&hello), -EPROTONOSUPPORT,
		      POSTERN_REASON_VERSION);
}
END_TEST

START_TEST(another_version_can_be_refused_as_such)
{
	struct pst_wire_record hello = lone_record(PST_WIRE_HELLO);
	int r;

	pair_init(&pair);
	pair_create(&pair, PST_WIRE_HELLO);
	hello.bytes[8] = 9;
	r = pst_responder_consume(&pair.responder, hello.bytes,
				  hello.byte_count);
	assert_failed(r, -EPROTONOSUPPORT, POSTERN_REASON_VERSION);
	ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
						     PST_REFUSE_VERSION,
						     &pair.record), 0);
	ck_assert_int_eq(pair.responder.machine.reason, POSTERN_REASON_VERSION);
	ck_assert_int_eq(pair_consume(&pair, PST_WIRE_REFUSE),
			 -EPROTONOSUPPORT);
	ck_assert_int_eq(pair.initiator.machine.reason, POSTERN_REASON_VERSION);
}
END_TEST

START_TEST(a_key_exchange_is_refused_where_none_is_taken)
{
	struct pst_hello hello = sample_secured_hello(PST_WIRE_PATTERN_NN);

	assert_failed(consume_hello(&hello), -EOPNOTSUPP,
		      POSTERN_REASON_SECURITY);
	hello.security_bits |= 1u << POSTERN_SECURITY_NONE;
	assert_failed(consume_hello(&hello), -EOPNOTSUPP,
		      POSTERN_REASON_SECURITY);
}
END_TEST

START_TEST(ready_of_another_session_is_refused)
{
	for (size_t i = 0; i < PST_WIRE_SESSION_ID_BYTES; i++) {
		int r;

		pair_through(&pair, PST_WIRE_OFFER);
		pair_create(&pair, PST_WIRE_READY);
		pair.record.bytes[16 + i] ^= 1;
		r = pair_consume(&pair, PST_WIRE_READY);
		assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
	}
}
END_TEST

START_TEST(a_confirmation_of_nothing_is_refused)
{
	for (size_t i = 0; i < PST_WIRE_CONFIRMATION_BYTES; i++) {
		int r;

		pair_through(&pair, PST_WIRE_OFFER);
		pair_create(&pair, PST_WIRE_READY);
		pair.record.bytes[32 + i] = 1;
		r = pair_consume(&pair, PST_WIRE_READY);
		assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
	}
}
END_TEST

START_TEST(an_unsound_offer_is_not_created_and_changes_nothing)
{
	struct pst_offer offer = sample_offer();
	struct pst_wire_record record;

	pair_through(&pair, PST_WIRE_HELLO);
	offer.send.ring_bytes = 0x00200000;
	offer.client_segment.segment_bytes = 0x00200000 + SAMPLE_PAGE_BYTES;
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), -EINVAL);
	offer = sample_offer();
	offer.node_segment.segment_bytes++;
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), -EINVAL);
	offer = sample_offer();
	offer.node_segment.inode = 0;
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), -EINVAL);
	offer = sample_offer();
	offer.layout_version++;
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), -EINVAL);
	offer = sample_offer();
	offer.security = POSTERN_SECURITY_AEAD;
	offer.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), -EINVAL);
	ck_assert_int_eq(pair.responder.machine.state,
			 HANDSHAKE_CONSUMED_HELLO);

	offer = sample_offer();
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), 0);
}
END_TEST

START_TEST(the_key_exchange_of_an_offer_is_not_the_callers)
{
	struct pst_offer offer = sample_offer();
	struct pst_wire_record record, expected = lone_record(PST_WIRE_OFFER);

	offer.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
	memset(offer.key_exchange.bytes, 0xa5, PST_WIRE_ANSWER_BYTES);
	pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(pst_responder_create_offer(&pair.responder, &offer,
						    &record), 0);
	ck_assert_mem_eq(record.bytes, expected.bytes, expected.byte_count);
}
END_TEST

START_TEST(go_for_no_slot_is_not_created_and_changes_nothing)
{
	struct pst_wire_record record;

	pair_through(&pair, PST_WIRE_READY);
	ck_assert_int_eq(pst_responder_create_go(&pair.responder, 0, &record),
			 -EINVAL);
	ck_assert_int_eq(pair.responder.machine.state,
			 HANDSHAKE_CONSUMED_READY);
	ck_assert_int_eq(pst_responder_create_go(&pair.responder, 1, &record),
			 0);
}
END_TEST

START_TEST(a_stats_segment_beyond_the_bound_is_not_created)
{
	struct pst_stats_record stats = sample_stats();
	struct pst_wire_record record;

	pair_through_of(&pair, PST_WIRE_KIND_OBSERVE, PST_WIRE_HELLO);
	stats.segment.segment_bytes = PST_STATS_SEGMENT_BYTES_MAX + 1;
	ck_assert_int_eq(pst_responder_create_stats(&pair.responder, &stats,
						    &record), -EINVAL);
	stats.segment.segment_bytes = 0;
	ck_assert_int_eq(pst_responder_create_stats(&pair.responder, &stats,
						    &record), -EINVAL);
	stats.segment.segment_bytes = PST_STATS_SEGMENT_BYTES_MAX;
	ck_assert_int_eq(pst_responder_create_stats(&pair.responder, &stats,
						    &record), 0);
}
END_TEST

START_TEST(command_arrives_as_it_was_given)
{
	pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_COMMAND);
	ck_assert_int_eq(pair.responder.command.verb, PST_COMMAND_DISCONNECT);
	ck_assert_uint_eq(pair.responder.command.peer, SAMPLE_SLOT);
	ck_assert_str_eq(pair.responder.command.peer_name, "");
}
END_TEST

START_TEST(a_command_of_another_session_is_refused)
{
	for (size_t i = 0; i < PST_WIRE_SESSION_ID_BYTES; i++) {
		int r;

		pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_PERMIT);
		pair_create(&pair, PST_WIRE_COMMAND);
		pair.record.bytes[16 + i] ^= 1;
		r = pair_consume(&pair, PST_WIRE_COMMAND);
		assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
	}
}
END_TEST

START_TEST(a_result_that_contradicts_itself_is_not_created)
{
	struct pst_wire_record record;

	pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_COMMAND);
	ck_assert_int_eq(pst_responder_create_result(&pair.responder,
						     PST_RESULT_DONE, 0,
						     &record), -EINVAL);
	ck_assert_int_eq(pst_responder_create_result(&pair.responder,
						     PST_RESULT_STALE, 1,
						     &record), -EINVAL);
	ck_assert_int_eq(pair.responder.machine.state,
			 HANDSHAKE_CONSUMED_COMMAND);
	ck_assert_int_eq(pst_responder_create_result(&pair.responder,
						     PST_RESULT_STALE, 0,
						     &record), 0);
}
END_TEST

START_TEST(an_unknown_code_is_not_created_and_changes_nothing)
{
	struct pst_wire_record record;

	pair_init(&pair);
	ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
						     (enum pst_refuse_code)4,
						     &record), -EINVAL);
	ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
						     (enum pst_refuse_code)0,
						     &record), -EINVAL);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_START);
}
END_TEST

START_TEST(a_peer_is_refused_once_and_keeps_the_first_reason)
{
	struct pst_wire_record record;
	int r;

	pair_init(&pair);
	r = pst_responder_consume(&pair.responder, "rubbish", 7);
	assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
	ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
						     PST_REFUSE_DENIED,
						     &record), 0);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_REFUSED);
	ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
						     PST_REFUSE_DENIED,
						     &record), -EINVAL);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_REFUSED);
	ck_assert_int_eq(pair.responder.machine.reason,
			 POSTERN_REASON_PROTOCOL);
}
END_TEST

START_TEST(a_good_hello_after_a_bad_one_is_too_late)
{
	struct pst_wire_record hello = lone_record(PST_WIRE_HELLO);

	pair_init(&pair);
	ck_assert_int_eq(pst_responder_consume(&pair.responder, "", 0),
			 -EBADMSG);
	ck_assert_int_eq(pst_responder_consume(&pair.responder, hello.bytes,
					       hello.byte_count), -EBADMSG);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_FAILED);
}
END_TEST

struct walk {
	const struct pair *at;
	unsigned accepted_count;
};

static void hello_that_can_be_served_or_failed(const struct mutation *mutation,
					       void *user_data)
{
	struct walk *walk = user_data;
	struct pst_handshake_responder responder = walk->at->responder;
	const struct pst_hello *hello = &responder.hello;

	if (pst_responder_consume(&responder, mutation->bytes,
				  mutation->byte_count) < 0) {
		ck_assert_int_eq(responder.machine.state, HANDSHAKE_FAILED);
		ck_assert_int_ne(responder.machine.reason, POSTERN_REASON_NONE);
		return;
	}
	walk->accepted_count++;
	ck_assert_int_eq(responder.machine.state, HANDSHAKE_CONSUMED_HELLO);
	ck_assert(pst_wire_is_name(hello->node_name));
	ck_assert(hello->instance[0] == '\0' ||
		  pst_wire_is_name(hello->instance));
	ck_assert(hello->requested.directions >= 1 &&
		  hello->requested.directions <= 3);
	ck_assert_int_eq(hello->kind, PST_WIRE_KIND_CHANNEL);
	ck_assert_uint_eq(hello->layout_version, SAMPLE_LAYOUT_VERSION);
}

START_TEST(every_mutated_hello_can_be_served_or_is_refused)
{
	struct walk walk = {.at = &pair};

	pair_init(&pair);
	pair_create(&pair, PST_WIRE_HELLO);
	mutate_walk(pair.record.bytes, pair.record.byte_count, 1032,
		    hello_that_can_be_served_or_failed, &walk);
	ck_assert_uint_gt(walk.accepted_count, 0);
}
END_TEST

static void ready_is_never_accepted(const struct mutation *mutation,
				    void *user_data)
{
	struct walk *walk = user_data;
	struct pst_handshake_responder responder = walk->at->responder;

	ck_assert_int_lt(pst_responder_consume(&responder, mutation->bytes,
					       mutation->byte_count), 0);
	ck_assert_int_eq(responder.machine.state, HANDSHAKE_FAILED);
}

START_TEST(no_mutated_ready_is_accepted)
{
	struct walk walk = {.at = &pair};

	pair_through(&pair, PST_WIRE_OFFER);
	pair_create(&pair, PST_WIRE_READY);
	mutate_walk(pair.record.bytes, pair.record.byte_count, 1032,
		    ready_is_never_accepted, &walk);
}
END_TEST

static void command_of_this_session_or_failed(const struct mutation *mutation,
					      void *user_data)
{
	struct walk *walk = user_data;
	struct pst_handshake_responder responder = walk->at->responder;

	if (pst_responder_consume(&responder, mutation->bytes,
				  mutation->byte_count) < 0) {
		ck_assert_int_eq(responder.machine.state, HANDSHAKE_FAILED);
		return;
	}
	walk->accepted_count++;
	ck_assert_int_eq(responder.machine.state, HANDSHAKE_CONSUMED_COMMAND);
	ck_assert_uint_ge(mutation->at_offset, 40);
	ck_assert_uint_ne(responder.command.peer, 0);
	ck_assert_str_eq(responder.command.peer_name, "");
}

START_TEST(a_mutated_command_can_only_name_another_peer)
{
	struct walk walk = {.at = &pair};

	pair_through_of(&pair, PST_WIRE_KIND_CONTROL, PST_WIRE_PERMIT);
	pair_create(&pair, PST_WIRE_COMMAND);
	mutate_walk(pair.record.bytes, pair.record.byte_count, 1032,
		    command_of_this_session_or_failed, &walk);
	ck_assert_uint_eq(walk.accepted_count, 2 * 8 * 255);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
