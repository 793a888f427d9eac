/* SPDX-License-Identifier: ISC */
/*
 * Large policies take work in proportion to their size
 *
 * Of each shape a text and one four times as large are loaded, compared, shown,
 * formatted and explained.  The processor time of each step says little on its
 * own; the growth says whether anything is searched once for each of its kind:
 * four becomes sixteen then.
 */
#include "support/policy_size.h"
#include "support/test_case.h"

#define SMALL_BYTES (64u * 1024u)
#define LARGE_BYTES (4 * SMALL_BYTES)
#define GROWTH_MAX 9.0
/* Less may be a clock tick or a page fault, and is not compared. */
#define FLOOR_MS 2.0
#define ATTEMPT_COUNT 4

static bool has_grown(double small_ms, double large_ms)
{
	return large_ms >
	       GROWTH_MAX * (small_ms > FLOOR_MS ? small_ms : FLOOR_MS);
}

/* The name of the step that grew too much, or NULL. */
static const char *find_growth(const struct policy_size_shape *shape)
{
	struct policy_size_cost small, large;

	small = policy_size_measure(shape, SMALL_BYTES);
	large = policy_size_measure(shape, LARGE_BYTES);
	if (has_grown(small.load_ms, large.load_ms))
		return "loading";
	if (has_grown(small.diff_ms, large.diff_ms))
		return "comparing";
	if (has_grown(small.show_ms, large.show_ms))
		return "showing";
	if (has_grown(small.format_ms, large.format_ms))
		return "formatting";
	if (has_grown(small.explain_ms, large.explain_ms))
		return "explaining";
	return NULL;
}

static int shape_count(void)
{
	int count = 0;

	while (policy_size_shape_at((size_t)count))
		count++;
	return count;
}

START_TEST(cost_of_a_shape_grows_with_its_size, .loop_end = shape_count())
{
	const struct policy_size_shape *shape =
		policy_size_shape_at((size_t)_i);
	const char *step = "";
	int i;

	for (i = 0; step && i < ATTEMPT_COUNT; i++)
		step = find_growth(shape);
	ck_assert_msg(!step, "%s '%s' grows faster than its size", step,
		      policy_size_name(shape));
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 300);
}
