/* SPDX-License-Identifier: ISC */
/*
 * Offers: what follows from a request and a grant, and what must be refused
 */
#include "handshake/handshake.h"

#include <errno.h>
#include <stdlib.h>

#include "unit/wire/wire_samples.h"
#include "support/test_case.h"

#define BOTH (POSTERN_DIRECTION_TO_NODE | POSTERN_DIRECTION_FROM_NODE)
#define PAGE SAMPLE_PAGE_BYTES

static struct pst_channel_params
params(uint32_t directions, uint32_t ring_bytes, uint32_t message_bytes)
{
	return (struct pst_channel_params){directions, ring_bytes,
					   message_bytes};
}

static int init_offer(struct pst_offer *ret_offer,
		      const struct pst_channel_params *requested,
		      const struct pst_channel_params *grant)
{
	return pst_offer_init(ret_offer, requested, grant, PAGE, 1,
			      POSTERN_SECURITY_NONE);
}

/* The record of a message, as the ring lays it out: the oracle of "fits". */
static uint64_t record_bytes(uint64_t message_bytes,
			     enum postern_security security)
{
	uint64_t tag_bytes = security == POSTERN_SECURITY_NONE ? 0 : 16;

	return 8 + (message_bytes + tag_bytes + 7) / 8 * 8;
}

START_TEST(an_offer_is_the_lesser_of_request_and_grant)
{
	struct pst_channel_params requested = params(BOTH, 1u << 20, 1000);
	struct pst_channel_params grant = params(BOTH, 1u << 18, 65536);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &grant), 0);
	ck_assert_uint_eq(offer.directions, BOTH);
	ck_assert_uint_eq(offer.control_bytes, PAGE);
	ck_assert_uint_eq(offer.layout_version, 1);
	ck_assert_int_eq(offer.security, POSTERN_SECURITY_NONE);
	ck_assert_uint_eq(offer.send.ring_bytes, 1u << 18);
	ck_assert_uint_eq(offer.send.message_bytes, 1000);
	ck_assert_uint_eq(offer.receive.ring_bytes, 1u << 18);
	ck_assert_uint_eq(offer.receive.message_bytes, 1000);
	ck_assert_uint_eq(offer.node_segment.segment_bytes, (1u << 18) + PAGE);
	ck_assert_uint_eq(offer.client_segment.segment_bytes,
			  (1u << 18) + PAGE);
}
END_TEST

START_TEST(data_to_the_node_is_in_the_client_segment)
{
	struct pst_channel_params requested = params(BOTH, 1u << 20, 1000);
	struct pst_channel_params grant =
		params(POSTERN_DIRECTION_TO_NODE, 1u << 20, 1000);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &grant), 0);
	ck_assert_uint_eq(offer.directions, POSTERN_DIRECTION_TO_NODE);
	ck_assert_uint_eq(offer.client_segment.segment_bytes,
			  (1u << 20) + PAGE);
	ck_assert_uint_eq(offer.node_segment.segment_bytes, PAGE);
	ck_assert_uint_eq(offer.receive.ring_bytes, 0);
	ck_assert_uint_eq(offer.receive.message_bytes, 0);
}
END_TEST

START_TEST(data_to_the_client_is_in_the_node_segment)
{
	struct pst_channel_params requested =
		params(POSTERN_DIRECTION_FROM_NODE, 1u << 20, 64);
	struct pst_channel_params grant = params(BOTH, 1u << 20, 64);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &grant), 0);
	ck_assert_uint_eq(offer.directions, POSTERN_DIRECTION_FROM_NODE);
	ck_assert_uint_eq(offer.node_segment.segment_bytes, (1u << 20) + PAGE);
	ck_assert_uint_eq(offer.client_segment.segment_bytes, PAGE);
	ck_assert_uint_eq(offer.send.ring_bytes, 0);
}
END_TEST

START_TEST(a_ring_is_rounded_down_to_a_power_of_two)
{
	struct pst_channel_params requested = params(BOTH, 0x1fffff, 100);
	struct pst_channel_params grant = params(BOTH, UINT32_MAX, UINT32_MAX);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &grant), 0);
	ck_assert_uint_eq(offer.send.ring_bytes, 0x100000);

	requested = params(BOTH, UINT32_MAX, UINT32_MAX);
	ck_assert_int_eq(init_offer(&offer, &requested, &grant), 0);
	ck_assert_uint_eq(offer.send.ring_bytes, 0x80000000);
	ck_assert_uint_eq(offer.send.message_bytes, 0x80000000 - 8);
	ck_assert_uint_eq(offer.client_segment.segment_bytes,
			  UINT64_C(0x80000000) + PAGE);
}
END_TEST

START_TEST(a_message_is_cut_to_what_fits_its_ring)
{
	struct pst_channel_params both = params(BOTH, PAGE, 65536);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &both, &both), 0);
	ck_assert_uint_eq(offer.send.message_bytes, PAGE - 8);
}
END_TEST

START_TEST(a_sealed_message_leaves_room_for_its_tag)
{
	struct pst_channel_params both = params(BOTH, PAGE, 65536);
	struct pst_offer offer;

	for (int mode = POSTERN_SECURITY_MAC; mode <= POSTERN_SECURITY_AEAD;
	     mode++) {
		ck_assert_int_eq(pst_offer_init(&offer, &both, &both, PAGE, 1,
						(enum postern_security)mode),
				 0);
		ck_assert_int_eq(offer.security, mode);
		ck_assert_uint_eq(offer.send.message_bytes, PAGE - 8 - 16);
		ck_assert_int_eq(pst_offer_check(&offer, &both, PAGE), 0);
		offer.send.message_bytes++;
		ck_assert_int_eq(pst_offer_check(&offer, &both, PAGE), -ERANGE);
		offer.send.message_bytes--;
		offer.receive.message_bytes++;
		ck_assert_int_eq(pst_offer_check(&offer, &both, PAGE), -ERANGE);
	}
}
END_TEST

/* By hand: what is offered, what is demanded, what comes of it; -1: nothing. */
static const struct {
	uint16_t security_bits;
	int minimum;
	int chosen;
} mode_cases[] = {
	{1, 0, 0}, {1, 1, -1}, {1, 2, -1},
	{2, 0, 1}, {2, 1, 1}, {2, 2, -1},
	{3, 0, 0}, {3, 1, 1}, {3, 2, -1},
	{4, 0, 2}, {4, 1, 2}, {4, 2, 2},
	{5, 0, 0}, {5, 1, 2}, {5, 2, 2},
	{6, 0, 1}, {6, 1, 1}, {6, 2, 2},
	{7, 0, 0}, {7, 1, 1}, {7, 2, 2},
	{0, 0, -1}, {8, 0, -1}, {0xffff, 3, -1},
};

START_TEST(the_mode_is_the_weakest_that_both_sides_allow,
	   .loop_end = sizeof(mode_cases) / sizeof(*mode_cases))
{
	enum postern_security chosen = POSTERN_SECURITY_AEAD, before = chosen;
	int r = pst_offer_choose_security(
		mode_cases[_i].security_bits,
		(enum postern_security)mode_cases[_i].minimum, &chosen);

	ck_assert_int_eq(r, mode_cases[_i].chosen < 0 ? -EOPNOTSUPP : 0);
	ck_assert_int_eq(chosen, r < 0 ? (int)before : mode_cases[_i].chosen);
}
END_TEST

START_TEST(without_a_common_direction_there_is_no_offer)
{
	struct pst_channel_params requested =
		params(POSTERN_DIRECTION_TO_NODE, 1u << 20, 64);
	struct pst_channel_params grant =
		params(POSTERN_DIRECTION_FROM_NODE, 1u << 20, 64);
	struct pst_offer offer = sample_offer(), before = offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &grant), -EPERM);
	grant.directions = 0;
	ck_assert_int_eq(init_offer(&offer, &requested, &grant), -EPERM);
	ck_assert_mem_eq(&offer, &before, sizeof(offer));
}
END_TEST

START_TEST(a_ring_below_a_page_or_an_empty_message_is_no_offer)
{
	struct pst_channel_params good = params(BOTH, PAGE, 64);
	struct pst_channel_params small_ring = params(BOTH, PAGE - 1, 64);
	struct pst_channel_params no_ring = params(BOTH, 0, 64);
	struct pst_channel_params no_message = params(BOTH, PAGE, 0);
	struct pst_offer offer = sample_offer(), before = offer;

	ck_assert_int_eq(init_offer(&offer, &good, &small_ring), -EINVAL);
	ck_assert_int_eq(init_offer(&offer, &small_ring, &good), -EINVAL);
	ck_assert_int_eq(init_offer(&offer, &no_ring, &good), -EINVAL);
	ck_assert_int_eq(init_offer(&offer, &good, &no_message), -EINVAL);
	ck_assert_int_eq(pst_offer_init(&offer, &good, &good, PAGE - 1, 1,
					POSTERN_SECURITY_NONE),
			 -EINVAL);
	ck_assert_int_eq(pst_offer_init(&offer, &good, &good, 0, 1,
					POSTERN_SECURITY_NONE), -EINVAL);
	ck_assert_mem_eq(&offer, &before, sizeof(offer));
}
END_TEST

/* A fixed sequence, of all magnitudes. */
static struct pst_channel_params next_params(uint64_t *random)
{
	uint32_t bits;

	*random = *random * 6364136223846793005u + 1442695040888963407u;
	bits = (uint32_t)(*random >> 32);
	return params(bits & BOTH, bits >> (*random >> 27) % 20,
		     bits >> (*random >> 22) % 32);
}

START_TEST(every_derived_offer_is_within_request_and_grant)
{
	uint64_t random = 1;
	unsigned offered_count = 0;

	for (unsigned i = 0; i < 200000; i++) {
		struct pst_channel_params requested = next_params(&random);
		struct pst_channel_params grant = next_params(&random);
		uint32_t page_bytes = 4096u << i % 3 * 2;
		enum postern_security security =
			(enum postern_security)(i / 3 % 3);
		struct pst_offer offer;

		if (pst_offer_init(&offer, &requested, &grant, page_bytes, 1,
				   security) < 0)
			continue;
		offered_count++;
		ck_assert_int_eq(offer.security, security);
		ck_assert_int_eq(pst_offer_check(&offer, &requested,
						 page_bytes), 0);
		ck_assert_int_eq(pst_offer_check(&offer, &grant, page_bytes),
				 0);
		if (offer.directions & POSTERN_DIRECTION_TO_NODE)
			ck_assert_uint_le(
				record_bytes(offer.send.message_bytes,
					     security),
				offer.send.ring_bytes);
		if (offer.directions & POSTERN_DIRECTION_FROM_NODE)
			ck_assert_uint_le(
				record_bytes(offer.receive.message_bytes,
					     security),
				offer.receive.ring_bytes);
		offer.node_segment.inode = 1;
		offer.client_segment.inode = 2;
		if (security != POSTERN_SECURITY_NONE)
			offer.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
		ck_assert(pst_offer_is_valid(&offer));
	}
	ck_assert_uint_gt(offered_count, 50000);
}
END_TEST

/* Each change alone makes a sound offer one that must be refused. */
static void spoil(struct pst_offer *offer, int which)
{
	switch (which) {
	case 0: /* a direction that was not requested */
		offer->directions = BOTH;
		offer->receive = offer->send;
		offer->node_segment.segment_bytes =
			offer->client_segment.segment_bytes;
		break;
	case 1: /* no direction */
		offer->directions = 0;
		offer->send = (struct pst_offer_direction){0, 0};
		offer->client_segment.segment_bytes = PAGE;
		break;
	case 2: /* an unknown direction */
		offer->directions |= 4;
		break;
	case 3: /* a larger ring than requested, all else consistent */
		offer->send.ring_bytes *= 2;
		offer->client_segment.segment_bytes =
			(uint64_t)PAGE + offer->send.ring_bytes;
		break;
	case 4: /* a ring below a page, all else consistent */
		offer->send = (struct pst_offer_direction){PAGE / 2, 100};
		offer->client_segment.segment_bytes = PAGE + PAGE / 2;
		break;
	case 5: /* whole pages, but no power of two */
		offer->send.ring_bytes = 3 * PAGE;
		offer->client_segment.segment_bytes = 4 * PAGE;
		break;
	case 6: /* a power of two of nothing */
		offer->send.ring_bytes = 0;
		offer->client_segment.segment_bytes = PAGE;
		break;
	case 7: /* a larger message than requested */
		offer->send.message_bytes++;
		break;
	case 8: /* an empty message */
		offer->send.message_bytes = 0;
		break;
	case 9: /* a message one byte larger than its ring carries */
		offer->send = (struct pst_offer_direction){PAGE, PAGE - 7};
		offer->client_segment.segment_bytes = 2 * PAGE;
		break;
	case 10: /* a message whose record length wraps in 32 bits */
		offer->send.message_bytes = UINT32_MAX;
		break;
	case 11: /* another page */
		offer->control_bytes = 2 * PAGE;
		break;
	case 12: /* another page, all else consistent with it */
		offer->control_bytes = 2 * PAGE;
		offer->client_segment.segment_bytes += PAGE;
		offer->node_segment.segment_bytes += PAGE;
		break;
	case 13:
		offer->client_segment.segment_bytes++;
		break;
	case 14:
		offer->client_segment.segment_bytes--;
		break;
	case 15:
		offer->node_segment.segment_bytes++;
		break;
	case 16: /* a data area that no direction uses */
		offer->node_segment.segment_bytes = 2 * PAGE;
		break;
	case 17: /* the same, in 64 bits that 32 do not see */
		offer->node_segment.segment_bytes += UINT64_C(1) << 32;
		break;
	case 18: /* a ring in a direction that is not granted */
		offer->receive.ring_bytes = PAGE;
		offer->node_segment.segment_bytes = 2 * PAGE;
		break;
	case 19:
		offer->receive.message_bytes = 1;
		break;
	default:
		ck_abort_msg("no such case");
	}
}
#define SPOIL_COUNT 20

START_TEST(each_single_contradiction_is_refused, .loop_end = SPOIL_COUNT)
{
	struct pst_channel_params requested =
		params(POSTERN_DIRECTION_TO_NODE, 1u << 16, 5000);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &requested), 0);
	ck_assert_int_eq(pst_offer_check(&offer, &requested, PAGE), 0);
	spoil(&offer, _i);
	ck_assert_int_eq(pst_offer_check(&offer, &requested, PAGE), -ERANGE);
}
END_TEST

START_TEST(a_message_within_the_request_may_still_not_fit)
{
	struct pst_channel_params requested = params(BOTH, PAGE, UINT32_MAX);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &requested), 0);
	ck_assert_int_eq(pst_offer_check(&offer, &requested, PAGE), 0);
	offer.receive.message_bytes = PAGE - 7;
	ck_assert_int_eq(pst_offer_check(&offer, &requested, PAGE), -ERANGE);
	offer.receive.message_bytes = UINT32_MAX;
	ck_assert_int_eq(pst_offer_check(&offer, &requested, PAGE), -ERANGE);
}
END_TEST

START_TEST(the_page_is_a_power_of_two)
{
	struct pst_channel_params requested = params(BOTH, 1u << 16, 5000);
	struct pst_offer offer;

	ck_assert_int_eq(init_offer(&offer, &requested, &requested), 0);
	offer.control_bytes = 3000;
	offer.node_segment.segment_bytes -= PAGE - 3000;
	offer.client_segment.segment_bytes -= PAGE - 3000;
	ck_assert_int_eq(pst_offer_check(&offer, &requested, 3000), -ERANGE);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
