/* SPDX-License-Identifier: ISC */
/* Random stores of a hostile peer */
#include "support/ring_corruption.h"

#include <string.h>

#define DATA_BYTES RING_CORRUPTION_DATA_BYTES
#define MESSAGE_BYTES RING_CORRUPTION_MESSAGE_BYTES

static uint64_t some_position(struct random *chance, uint64_t right_pos)
{
	static const uint64_t steps[] = {
		0, 1, 7, 8, 16, 24, 1000, 1008, DATA_BYTES - 8, DATA_BYTES,
		DATA_BYTES + 8, UINT64_C(1) << 31, UINT64_C(1) << 32,
		UINT64_C(1) << 63,
	};
	uint64_t step = steps[random_below(chance, sizeof(steps) /
						    sizeof(steps[0]))];

	switch (random_below(chance, 8)) {
	case 0:
		return random_u64(chance);
	case 1:
		return step;
	case 2:
		return right_pos - step;
	case 3:
		return right_pos + step;
	default:
		return right_pos + 8 * random_below(chance, DATA_BYTES / 8);
	}
}

static uint32_t some_length(struct random *chance)
{
	switch (random_below(chance, 4)) {
	case 0:
		return (uint32_t)random_u64(chance);
	case 1:
		return UINT32_MAX - random_below(chance, 24);
	case 2:
		return MESSAGE_BYTES - 8 + random_below(chance, 16);
	default:
		return random_below(chance, MESSAGE_BYTES + 1);
	}
}

static struct pst_record_header some_header(struct random *chance)
{
	struct pst_record_header header = {
		.payload_bytes = some_length(chance),
		.kind = PST_RECORD_DATA,
	};

	switch (random_below(chance, 16)) {
	case 0:
		header.kind = (uint8_t)random_u64(chance);
		break;
	case 1:
		header.flags = (uint8_t)(1u << random_below(chance, 8));
		break;
	case 2:
		header.reserved = (uint16_t)random_u64(chance);
		break;
	case 3:
		header.kind = PST_RECORD_END;
		header.payload_bytes = random_below(chance, 2) == 0 ? 0 :
			header.payload_bytes;
		break;
	case 4:
	case 5:
	case 6:
		header.flags = PST_RECORD_FLAG_TIME;
		break;
	default:
		break;
	}
	return header;
}

void corrupt(struct ring_pair *pair, struct random *chance)
{
	const uint64_t read_pos = pair->consumer.consumed_pos;
	const uint64_t acknowledged_pos = pair->producer.consumed_pos;
	struct pst_record_header header;
	uint64_t noise = random_u64(chance);

	switch (random_below(chance, 8)) {
	case 0:
	case 1:
		pst_shared_publish_u64(&pair->producer_words->produced_pos,
				       some_position(chance, read_pos));
		break;
	case 2:
	case 3:
		pst_shared_publish_u64(&pair->consumer_words->consumed_pos,
				       some_position(chance, acknowledged_pos));
		break;
	case 4:
		pst_shared_publish_u32(&pair->consumer_words->consumer_armed,
				       (uint32_t)noise);
		pst_shared_publish_u32(&pair->producer_words->producer_armed,
				       (uint32_t)(noise >> 32));
		break;
	case 5:
		memcpy(pair->producer_segment.data +
		       random_below(chance, DATA_BYTES), &noise, 8);
		break;
	default:
		header = some_header(chance);
		memcpy(pair->producer_segment.data + read_pos % DATA_BYTES,
		       &header, 8);
		break;
	}
}
