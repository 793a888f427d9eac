/* SPDX-License-Identifier: ISC */
/*
 * The client against a node that may be anything
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "support/mutate.h"
#include "support/test_case.h"
#include "unit/handshake/handshake_pairs.h"

static struct pair pair;

/* The initiator is given an offer that no honest responder would create. */
static int consume_offer(const struct pst_offer *offer)
{
	struct pst_wire_record record;

	pair_through(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(pst_wire_write_offer(offer, &record), 0);
	return pst_initiator_consume(&pair.initiator, record.bytes,
				     record.byte_count);
}

static void assert_failed(int r, int expected_result,
			  enum postern_reason expected_reason)
{
	ck_assert_int_eq(r, expected_result);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_FAILED);
	ck_assert_int_eq(pair.initiator.machine.reason, expected_reason);
}

START_TEST(an_honest_pair_agrees)
{
	struct pst_offer expected = sample_offer();

	pair_through(&pair, PST_WIRE_GO);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_CONSUMED_GO);
	ck_assert_int_eq(pair.responder.machine.state, HANDSHAKE_CREATED_GO);
	ck_assert_int_eq(pair.initiator.machine.reason, POSTERN_REASON_NONE);
	ck_assert_uint_eq(pair.initiator.slot, SAMPLE_SLOT);
	ck_assert_mem_eq(pair.initiator.offer.session_id, expected.session_id,
			 sizeof(expected.session_id));
	ck_assert_uint_eq(pair.initiator.offer.send.ring_bytes,
			  expected.send.ring_bytes);
	ck_assert_uint_eq(pair.initiator.offer.receive.message_bytes,
			  expected.receive.message_bytes);
}
END_TEST

START_TEST(an_offer_of_less_is_taken)
{
	struct pst_channel_params requested = sample_params().requested;
	struct pst_channel_params grant = {POSTERN_DIRECTION_TO_NODE,
					   SAMPLE_PAGE_BYTES, 1};
	struct pst_offer offer;

	ck_assert_int_eq(pst_offer_init(&offer, &requested, &grant,
					SAMPLE_PAGE_BYTES,
					SAMPLE_LAYOUT_VERSION,
					POSTERN_SECURITY_NONE), 0);
	offer.node_segment.inode = 1;
	offer.client_segment.inode = 2;
	ck_assert_int_eq(consume_offer(&offer), 0);
	ck_assert_int_eq(pair.initiator.machine.state,
			 HANDSHAKE_CONSUMED_OFFER);
	ck_assert_uint_eq(pair.initiator.offer.directions,
			  POSTERN_DIRECTION_TO_NODE);
}
END_TEST

START_TEST(a_ring_beyond_the_request_is_refused)
{
	struct pst_offer offer = sample_offer();

	offer.send.ring_bytes = 0x00200000;
	offer.client_segment.segment_bytes = 0x00200000 + SAMPLE_PAGE_BYTES;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);

	offer = sample_offer();
	offer.receive.ring_bytes = 0x00200000;
	offer.node_segment.segment_bytes = 0x00200000 + SAMPLE_PAGE_BYTES;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);
}
END_TEST

START_TEST(a_message_beyond_the_request_is_refused)
{
	struct pst_offer offer = sample_offer();

	offer.send.message_bytes = 0x00056789;
	ck_assert_int_eq(consume_offer(&offer), 0);
	offer.send.message_bytes++;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);

	offer = sample_offer();
	offer.receive.message_bytes = 0x0005678a;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);
}
END_TEST

START_TEST(a_direction_beyond_the_request_is_refused)
{
	struct pst_initiator_params params = sample_params();
	struct pst_offer offer = sample_offer();
	struct pst_wire_record record;
	int r;

	params.requested.directions = POSTERN_DIRECTION_FROM_NODE;
	pair_init(&pair);
	ck_assert_int_eq(pst_initiator_init(&pair.initiator, &params), 0);
	pair_create(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(pst_wire_write_offer(&offer, &record), 0);
	r = pst_initiator_consume(&pair.initiator, record.bytes,
				  record.byte_count);
	assert_failed(r, -EBADMSG, POSTERN_REASON_OFFER);
}
END_TEST

START_TEST(another_page_size_is_refused)
{
	struct pst_offer offer = sample_offer();

	offer.control_bytes = 2 * SAMPLE_PAGE_BYTES;
	offer.node_segment.segment_bytes += SAMPLE_PAGE_BYTES;
	offer.client_segment.segment_bytes += SAMPLE_PAGE_BYTES;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);
}
END_TEST

START_TEST(a_segment_of_another_size_is_refused)
{
	struct pst_offer offer = sample_offer();

	offer.node_segment.segment_bytes += SAMPLE_PAGE_BYTES;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);
	offer = sample_offer();
	offer.client_segment.segment_bytes -= 1;
	assert_failed(consume_offer(&offer), -EBADMSG, POSTERN_REASON_OFFER);
}
END_TEST

START_TEST(another_layout_is_another_version)
{
	struct pst_offer offer = sample_offer();

	offer.layout_version++;
	assert_failed(consume_offer(&offer), -EPROTONOSUPPORT,
		      POSTERN_REASON_VERSION);
}
END_TEST

START_TEST(a_mode_that_was_not_offered_is_refused)
{
	struct pst_offer offer = sample_offer();

	offer.security = POSTERN_SECURITY_MAC;
	offer.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
	assert_failed(consume_offer(&offer), -EOPNOTSUPP,
		      POSTERN_REASON_SECURITY);
	offer.security = POSTERN_SECURITY_AEAD;
	assert_failed(consume_offer(&offer), -EOPNOTSUPP,
		      POSTERN_REASON_SECURITY);
}
END_TEST

START_TEST(go_of_another_session_is_refused)
{
	for (size_t i = 0; i < PST_WIRE_SESSION_ID_BYTES; i++) {
		int r;

		pair_through(&pair, PST_WIRE_READY);
		pair_create(&pair, PST_WIRE_GO);
		pair.record.bytes[16 + i] ^= 0x80;
		r = pair_consume(&pair, PST_WIRE_GO);
		assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
		ck_assert_uint_eq(pair.initiator.slot, 0);
	}
}
END_TEST

START_TEST(each_refusal_has_its_result)
{
	static const struct {
		enum pst_refuse_code code;
		int result;
		enum postern_reason reason;
	} cases[] = {
		{PST_REFUSE_DENIED, -EACCES, POSTERN_REASON_REFUSED},
		{PST_REFUSE_BUSY, -EDQUOT, POSTERN_REASON_NODE_BUSY},
		{PST_REFUSE_VERSION, -EPROTONOSUPPORT, POSTERN_REASON_VERSION},
	};

	for (size_t i = 0; i < 3; i++) {
		pair_through(&pair, PST_WIRE_HELLO);
		ck_assert_int_eq(pst_responder_create_refuse(&pair.responder,
							     cases[i].code,
							     &pair.record), 0);
		ck_assert_int_eq(pair_consume(&pair, PST_WIRE_REFUSE),
				 cases[i].result);
		ck_assert_int_eq(pair.initiator.machine.state,
				 HANDSHAKE_REFUSED);
		ck_assert_int_eq(pair.initiator.machine.reason,
				 cases[i].reason);
	}
}
END_TEST

START_TEST(a_refusal_is_for_ever)
{
	struct pst_wire_record offer = lone_record(PST_WIRE_OFFER);
	struct pst_wire_record record;

	pair_through(&pair, PST_WIRE_HELLO);
	pair_create(&pair, PST_WIRE_REFUSE);
	ck_assert_int_eq(pair_consume(&pair, PST_WIRE_REFUSE), -EACCES);
	ck_assert_int_eq(pst_initiator_consume(&pair.initiator, offer.bytes,
					       offer.byte_count), -EBADMSG);
	ck_assert_int_eq(pst_initiator_create_ready(&pair.initiator, &record),
			 -EINVAL);
	ck_assert_int_eq(pst_initiator_consume(&pair.initiator, "", 0),
			 -EBADMSG);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_REFUSED);
	ck_assert_int_eq(pair.initiator.machine.reason, POSTERN_REASON_REFUSED);
}
END_TEST

START_TEST(another_version_is_told_from_rubbish)
{
	int r;

	pair_through(&pair, PST_WIRE_HELLO);
	pair_create(&pair, PST_WIRE_OFFER);
	pair.record.bytes[8] = 2;
	r = pair_consume(&pair, PST_WIRE_OFFER);
	assert_failed(r, -EPROTONOSUPPORT, POSTERN_REASON_VERSION);

	pair_through(&pair, PST_WIRE_HELLO);
	pair_create(&pair, PST_WIRE_OFFER);
	pair.record.bytes[0] = 2;
	r = pair_consume(&pair, PST_WIRE_OFFER);
	assert_failed(r, -EBADMSG, POSTERN_REASON_PROTOCOL);
}
END_TEST

static void assert_init_refuses(const struct pst_initiator_params *params)
{
	struct pst_wire_record record;

	pair_init(&pair);
	ck_assert_int_eq(pst_initiator_init(&pair.initiator, params), -EINVAL);
	ck_assert_int_eq(pair.initiator.machine.state, HANDSHAKE_FAILED);
	ck_assert_int_eq(pst_initiator_create_hello(&pair.initiator, &record),
			 -EINVAL);
}

START_TEST(init_refuses_what_cannot_be_said)
{
	char long_name[PST_WIRE_NAME_BYTES + 1] = {0};
	struct pst_initiator_params params;

	memset(long_name, 'a', PST_WIRE_NAME_BYTES);
	params = sample_params();
	params.node_name = "";
	assert_init_refuses(&params);
	params.node_name = long_name;
	assert_init_refuses(&params);
	params.node_name = "a/b";
	assert_init_refuses(&params);

	params = sample_params();
	params.instance = long_name;
	assert_init_refuses(&params);
	params.instance = ".hidden";
	assert_init_refuses(&params);

	params = sample_params();
	params.kind = (enum pst_wire_kind)0;
	assert_init_refuses(&params);

	params = sample_params();
	params.requested.directions = 0;
	assert_init_refuses(&params);
	params.requested.directions = 4;
	assert_init_refuses(&params);

	params = sample_params();
	params.requested.ring_bytes = SAMPLE_PAGE_BYTES - 1;
	assert_init_refuses(&params);

	params = sample_params();
	params.requested.message_bytes = 0;
	assert_init_refuses(&params);

	params = sample_params_of(PST_WIRE_KIND_OBSERVE);
	params.requested.directions = POSTERN_DIRECTION_TO_NODE;
	assert_init_refuses(&params);
	params = sample_params_of(PST_WIRE_KIND_CONTROL);
	params.requested.ring_bytes = SAMPLE_PAGE_BYTES;
	assert_init_refuses(&params);

	params = sample_params();
	params.page_bytes = 0;
	assert_init_refuses(&params);
	params.page_bytes = 3000;
	assert_init_refuses(&params);
}
END_TEST

START_TEST(init_takes_the_longest_names_and_no_instance)
{
	struct pst_initiator_params params = sample_params();
	char name[PST_WIRE_NAME_BYTES] = {0};

	memset(name, 'a', PST_WIRE_NAME_BYTES - 1);
	params.node_name = name;
	params.instance = NULL;
	pair_init(&pair);
	ck_assert_int_eq(pst_initiator_init(&pair.initiator, &params), 0);
	pair_create(&pair, PST_WIRE_HELLO);
	ck_assert_int_eq(pair_consume(&pair, PST_WIRE_HELLO), 0);
	ck_assert_str_eq(pair.responder.hello.node_name, name);
	ck_assert_str_eq(pair.responder.hello.instance, "");
}
END_TEST

struct walk {
	const struct pair *at;
	unsigned accepted_count;
};

/* Whatever is accepted satisfies every promise of an offer, checked anew. */
static void offer_within_the_request_or_failed(const struct mutation *mutation,
					    void *user_data)
{
	struct walk *walk = user_data;
	struct pst_handshake_initiator initiator = walk->at->initiator;
	const struct pst_offer *offer = &initiator.offer;
	int r;

	r = pst_initiator_consume(&initiator, mutation->bytes,
				  mutation->byte_count);
	if (r < 0) {
		ck_assert_int_eq(initiator.machine.state, HANDSHAKE_FAILED);
		ck_assert_int_ne(initiator.machine.reason, POSTERN_REASON_NONE);
		return;
	}
	walk->accepted_count++;
	ck_assert_int_eq(initiator.machine.state, HANDSHAKE_CONSUMED_OFFER);
	ck_assert_int_eq(offer->security, POSTERN_SECURITY_NONE);
	ck_assert_uint_le(offer->send.ring_bytes, 0x00123400);
	ck_assert_uint_le(offer->receive.ring_bytes, 0x00123400);
	ck_assert_uint_le(offer->send.message_bytes, 0x00056789);
	ck_assert_uint_le(offer->receive.message_bytes, 0x00056789);
	ck_assert_uint_eq(offer->node_segment.segment_bytes,
			  (uint64_t)SAMPLE_PAGE_BYTES +
				  offer->receive.ring_bytes);
	ck_assert_uint_eq(offer->client_segment.segment_bytes,
			  (uint64_t)SAMPLE_PAGE_BYTES + offer->send.ring_bytes);
}

START_TEST(every_mutated_offer_is_within_the_request_or_refused)
{
	struct walk walk = {.at = &pair};

	pair_through(&pair, PST_WIRE_HELLO);
	pair_create(&pair, PST_WIRE_OFFER);
	mutate_walk(pair.record.bytes, pair.record.byte_count, 1032,
		    offer_within_the_request_or_failed, &walk);
	ck_assert_uint_gt(walk.accepted_count, 0);
}
END_TEST

static void go_for_this_session_or_failed(const struct mutation *mutation,
					  void *user_data)
{
	struct walk *walk = user_data;
	struct pst_handshake_initiator initiator = walk->at->initiator;

	if (pst_initiator_consume(&initiator, mutation->bytes,
				  mutation->byte_count) < 0) {
		ck_assert_int_eq(initiator.machine.state, HANDSHAKE_FAILED);
		return;
	}
	walk->accepted_count++;
	ck_assert_int_eq(initiator.machine.state, HANDSHAKE_CONSUMED_GO);
	ck_assert_uint_ge(mutation->at_offset, 32);
	ck_assert_uint_ne(initiator.slot, 0);
}

START_TEST(a_mutated_go_can_only_name_another_slot)
{
	struct walk walk = {.at = &pair};

	pair_through(&pair, PST_WIRE_READY);
	pair_create(&pair, PST_WIRE_GO);
	mutate_walk(pair.record.bytes, pair.record.byte_count, 1032,
		    go_for_this_session_or_failed, &walk);
	ck_assert_uint_eq(walk.accepted_count, 2 * 8 * 255);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
