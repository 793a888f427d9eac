/* SPDX-License-Identifier: ISC */
/*
 * The sizes and the mode of an offer, for both sides
 *
 * The responder derives an offer from the request and its own grant.  The
 * initiator checks that the offer is within its request and consistent.  Both
 * then keep these numbers in private memory; they are never read from shared
 * memory.
 *
 *   segment bytes = control page + data area of its direction
 *   record header + message (+ tag in `mac` and `aead`), rounded up to a
 *   multiple of 8, is at most the data area
 */
#include "handshake/handshake.h"

#include <errno.h>

#include "base/bounds.h"
#include "base/record_size.h"

static uint32_t lesser_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t power_of_two_within(uint32_t value)
{
	uint32_t power = UINT32_C(1) << 31;

	while (power > value)
		power >>= 1;
	return power;
}

/* Both are powers of two, so a ring is a number of whole pages. */
static bool is_ring(uint32_t ring_bytes, uint32_t page_bytes)
{
	return pst_bounds_is_power_of_two(ring_bytes) &&
	       ring_bytes >= page_bytes;
}

static uint64_t message_ceiling(uint32_t ring_bytes,
				enum postern_security security)
{
	return pst_record_payload_ceiling(ring_bytes,
					  security == POSTERN_SECURITY_NONE
						  ? 0
						  : PST_RECORD_TAG_BYTES);
}

static bool is_direction_within(const struct pst_offer_direction *direction,
				bool is_granted,
				const struct pst_channel_params *requested,
				uint32_t page_bytes,
				enum postern_security security)
{
	if (!is_granted)
		return direction->ring_bytes == 0 &&
		       direction->message_bytes == 0;

	return is_ring(direction->ring_bytes, page_bytes) &&
	       direction->ring_bytes <= requested->ring_bytes &&
	       direction->message_bytes > 0 &&
	       direction->message_bytes <= requested->message_bytes &&
	       direction->message_bytes <=
		       message_ceiling(direction->ring_bytes, security);
}

int pst_offer_choose_security(uint16_t security_bits,
			      enum postern_security minimum,
			      enum postern_security *ret_security)
{
	unsigned mode;

	for (mode = minimum; mode <= POSTERN_SECURITY_AEAD; mode++)
		if (security_bits & 1u << mode) {
			*ret_security = (enum postern_security)mode;
			return 0;
		}
	return -EOPNOTSUPP;
}

int pst_offer_init(struct pst_offer *ret_offer,
		   const struct pst_channel_params *requested,
		   const struct pst_channel_params *grant, uint32_t page_bytes,
		   uint16_t layout_version, enum postern_security security)
{
	struct pst_offer offer = {
		.directions = requested->directions & grant->directions,
		.security = security,
		.layout_version = layout_version,
		.control_bytes = page_bytes,
	};
	struct pst_offer_direction direction;

	if (offer.directions == 0)
		return -EPERM;

	direction.ring_bytes = power_of_two_within(
		lesser_of(requested->ring_bytes, grant->ring_bytes));
	direction.message_bytes = lesser_of(
		lesser_of(requested->message_bytes, grant->message_bytes),
		(uint32_t)message_ceiling(direction.ring_bytes, security));
	if (!pst_bounds_is_power_of_two(page_bytes) ||
	    !is_ring(direction.ring_bytes, page_bytes) ||
	    direction.message_bytes == 0)
		return -EINVAL;

	if (offer.directions & POSTERN_DIRECTION_TO_NODE)
		offer.send = direction;
	if (offer.directions & POSTERN_DIRECTION_FROM_NODE)
		offer.receive = direction;
	offer.node_segment.segment_bytes =
		(uint64_t)page_bytes + offer.receive.ring_bytes;
	offer.client_segment.segment_bytes =
		(uint64_t)page_bytes + offer.send.ring_bytes;

	*ret_offer = offer;
	return 0;
}

int pst_offer_check(const struct pst_offer *offer,
		    const struct pst_channel_params *requested,
		    uint32_t page_bytes)
{
	bool may_send = (offer->directions & POSTERN_DIRECTION_TO_NODE) != 0;
	bool may_receive = (offer->directions & POSTERN_DIRECTION_FROM_NODE) !=
			   0;

	if (offer->directions == 0 ||
	    (offer->directions & ~requested->directions) != 0)
		return -ERANGE;
	if (!pst_bounds_is_power_of_two(page_bytes) ||
	    offer->control_bytes != page_bytes)
		return -ERANGE;
	if (!is_direction_within(&offer->send, may_send, requested, page_bytes,
				 offer->security) ||
	    !is_direction_within(&offer->receive, may_receive, requested,
				 page_bytes, offer->security))
		return -ERANGE;
	if (offer->node_segment.segment_bytes !=
		    (uint64_t)page_bytes + offer->receive.ring_bytes ||
	    offer->client_segment.segment_bytes !=
		    (uint64_t)page_bytes + offer->send.ring_bytes)
		return -ERANGE;
	return 0;
}
