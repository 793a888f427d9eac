/* SPDX-License-Identifier: ISC */
/*
 * Limits squeeze: see policy_limits.h
 */
#include "policy/policy_limits.h"

#include <string.h>

#include "base/record_size.h"
#include "policy/policy.h"

bool pst_policy_limit_is_per_channel(size_t limit_key)
{
	return limit_key == POSTERN_LIMIT_RING ||
	       limit_key == POSTERN_LIMIT_MESSAGE ||
	       limit_key == POSTERN_LIMIT_IDLE ||
	       limit_key == POSTERN_LIMIT_ON_EXCEED;
}

bool pst_policy_location_is_before(const char *a_file, uint32_t a_line,
				   const char *b_file, uint32_t b_line)
{
	int order = strcmp(a_file, b_file);

	return order < 0 || (order == 0 && a_line < b_line);
}

void pst_policy_limit_restrict(size_t limit_key,
			       struct postern_policy_limit *limit,
			       const struct postern_policy_limit *other)
{
	bool is_stricter;

	if (other->state != POSTERN_LIMIT_SET)
		return;
	if (limit->state == POSTERN_LIMIT_SET) {
		/* the strictest on-exceed is the last of its enum */
		is_stricter = limit_key == POSTERN_LIMIT_ON_EXCEED
				      ? other->value > limit->value
				      : other->value < limit->value;
		if (!is_stricter && other->value != limit->value)
			return;
		if (!is_stricter &&
		    !pst_policy_location_is_before(other->file, other->line,
						   limit->file, limit->line))
			return;
	}
	*limit = *other;
}

void pst_policy_limits_restrict(struct postern_policy_limit *limits,
				const struct postern_policy_limit *others)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++)
		pst_policy_limit_restrict(i, &limits[i], &others[i]);
}

static void fill_in(struct postern_policy_limit *limit, uint64_t value)
{
	if (limit->state != POSTERN_LIMIT_UNSET)
		return;
	limit->state = POSTERN_LIMIT_BUILT_IN;
	limit->value = value;
}

void pst_policy_limits_complete(struct postern_policy_limit *limits)
{
	const struct postern_policy_limit *ring = &limits[POSTERN_LIMIT_RING];
	struct postern_policy_limit *message = &limits[POSTERN_LIMIT_MESSAGE];
	uint64_t fitting_bytes;

	fill_in(&limits[POSTERN_LIMIT_RING], PST_POLICY_DEFAULT_RING_BYTES);
	fill_in(message, PST_POLICY_DEFAULT_MESSAGE_BYTES);
	fill_in(&limits[POSTERN_LIMIT_ON_EXCEED], POSTERN_ON_EXCEED_BLOCK);

	/* A tag, where there will be one, is between the two sides. */
	fitting_bytes = pst_record_payload_ceiling(ring->value, 0);
	if (message->value > fitting_bytes) {
		/* the ring's rule is what bounds it then */
		*message = *ring;
		message->value = fitting_bytes;
	}
}
