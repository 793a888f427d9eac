/* SPDX-License-Identifier: ISC */
/*
 * Limits squeeze
 *
 * The one place that knows which of two values of a limit is the stricter.
 */
#ifndef POSTERN_POLICY_POLICY_LIMITS_H
#define POSTERN_POLICY_POLICY_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

/* Each channel is bounded by these wherever they stand; the others bound the
 * sum of what their scope holds. */
bool pst_policy_limit_is_per_channel(size_t limit_key);

/* Narrow *limit to another one that applies too.  An unset one changes nothing.
 * Of equals the first by file and line stays, so order never matters. */
void pst_policy_limit_restrict(size_t limit_key,
			       struct postern_policy_limit *limit,
			       const struct postern_policy_limit *other);

/* Squeeze every limit of an array of POSTERN_LIMIT_ROOM. */
void pst_policy_limits_restrict(struct postern_policy_limit *limits,
				const struct postern_policy_limit *others);

/*
 * Complete the limits of one channel: what nothing sets gets its built-in
 * value, and the message becomes what fits the ring.
 */
void pst_policy_limits_complete(struct postern_policy_limit *limits);

/* Whether a is before b by name and line; ties in favour of neither. */
bool pst_policy_location_is_before(const char *a_file, uint32_t a_line,
				   const char *b_file, uint32_t b_line);

#endif
