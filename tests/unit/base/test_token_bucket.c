/* SPDX-License-Identifier: ISC */
/*
 * Token buckets
 */
#include "base/token_bucket.h"

#include "base/clock.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define SECOND PST_NS_PER_SECOND
#define START_NS (1000 * SECOND)

static struct pst_token_bucket bucket;

static void set_up(void)
{
	bucket = (struct pst_token_bucket) {0};
}

static struct pst_token_rate rate_of(uint64_t per_second, uint64_t burst)
{
	return (struct pst_token_rate) {.per_second = per_second,
					.burst = burst};
}

START_TEST(a_new_bucket_holds_its_burst)
{
	const struct pst_token_rate rate = rate_of(10, 7);

	expect_equal(pst_tokens_available(&bucket, &rate, START_NS), 7);
}
END_TEST

START_TEST(without_a_rate_there_is_no_end_of_tokens)
{
	const struct pst_token_rate rate = {0};

	pst_tokens_acquire(&bucket, &rate, START_NS, UINT64_MAX);
	expect(pst_tokens_available(&bucket, &rate, START_NS) == UINT64_MAX);
	expect_equal(pst_tokens_ready_ns(&bucket, &rate, 5), 0);
}
END_TEST

START_TEST(acquired_tokens_come_back_at_the_rate)
{
	const struct pst_token_rate rate = rate_of(10, 5);

	pst_tokens_acquire(&bucket, &rate, START_NS, 5);
	expect_equal(pst_tokens_available(&bucket, &rate, START_NS), 0);
	expect_equal(pst_tokens_available(&bucket, &rate,
					  START_NS + SECOND / 10 - 1), 0);
	expect_equal(pst_tokens_available(&bucket, &rate,
					  START_NS + SECOND / 10), 1);
	expect_equal(pst_tokens_available(&bucket, &rate,
					  START_NS + SECOND / 2), 5);
	expect_equal(pst_tokens_available(&bucket, &rate,
					  START_NS + 100 * SECOND), 5);
}
END_TEST

START_TEST(a_debt_is_paid_before_anything_is_there_again)
{
	const struct pst_token_rate rate = rate_of(10, 5);

	pst_tokens_acquire(&bucket, &rate, START_NS, 25);
	expect_equal(pst_tokens_available(&bucket, &rate,
					  START_NS + 2 * SECOND), 0);
	expect_equal(pst_tokens_available(&bucket, &rate,
					  START_NS + 2 * SECOND + SECOND / 10),
		     1);
}
END_TEST

START_TEST(released_tokens_are_available_at_once)
{
	const struct pst_token_rate rate = rate_of(3, 9);

	pst_tokens_acquire(&bucket, &rate, START_NS, 9);
	pst_tokens_release(&bucket, &rate, 4);
	/* But for the rounding. */
	expect_equal(pst_tokens_available(&bucket, &rate, START_NS + 1), 4);
}
END_TEST

/* No token is lost or gained by acquiring and releasing pieces of any size. */
START_TEST(giving_back_conserves_tokens)
{
	struct random random = {.state = 5};
	struct pst_token_rate rate;
	uint64_t acquired, released, full_at, i;

	for (i = 0; i < 100000; i++) {
		rate = rate_of(1 + random_below(&random, 1000000), 1000000);
		acquired = random_below(&random, 65536);
		released = random_below(&random, (uint32_t)acquired + 1);
		bucket = (struct pst_token_bucket) {0};
		pst_tokens_acquire(&bucket, &rate, START_NS, acquired);
		pst_tokens_release(&bucket, &rate, released);
		full_at = bucket.full_at;
		bucket = (struct pst_token_bucket) {0};
		pst_tokens_acquire(&bucket, &rate, START_NS, acquired - released);
		/* A sixteenth of a nanosecond, and never in favour. */
		expect(full_at - bucket.full_at <= 1);
	}
}
END_TEST

/*
 * A caller that waits until the returned time finds them, and not a nanosecond
 * before.
 */
START_TEST(tokens_are_there_when_it_is_said)
{
	struct random random = {.state = 7};
	struct pst_token_rate rate;
	uint64_t ready_ns, wanted, i;

	for (i = 0; i < 100000; i++) {
		rate = rate_of(1 + random_below(&random, 1 << (i % 30)),
			       1 + random_below(&random, 5000));
		wanted = 1 + random_below(&random, (uint32_t)rate.burst);
		bucket = (struct pst_token_bucket) {0};
		pst_tokens_acquire(&bucket, &rate, START_NS,
				random_below(&random, 10000));
		ready_ns = pst_tokens_ready_ns(&bucket, &rate, wanted);
		expect(pst_tokens_available(&bucket, &rate, ready_ns) >=
		       wanted);
		if (ready_ns > 0)
			expect(pst_tokens_available(&bucket, &rate,
						    ready_ns - 1) < wanted);
	}
}
END_TEST

START_TEST(more_than_the_burst_is_never_waited_for)
{
	const struct pst_token_rate rate = rate_of(10, 5);

	pst_tokens_acquire(&bucket, &rate, START_NS, 5);
	expect_equal(pst_tokens_ready_ns(&bucket, &rate, 500),
		     pst_tokens_ready_ns(&bucket, &rate, 5));
}
END_TEST

/* Greedily, for two minutes of its own time, at rates that do not divide. */
START_TEST(long_run_rate_is_exact)
{
	static const uint64_t rates[] = {1, 3, 7, 997, 12345, 1000003};
	struct pst_token_rate rate;
	uint64_t passed, now_ns, i;

	for (i = 0; i < 6; i++) {
		rate = rate_of(rates[i], 1);
		bucket = (struct pst_token_bucket) {0};
		passed = 0;
		now_ns = START_NS;
		while (now_ns <= START_NS + 120 * SECOND) {
			if (passed > 1000000)
				break;
			expect(pst_tokens_available(&bucket, &rate, now_ns) ==
			       1);
			pst_tokens_acquire(&bucket, &rate, now_ns, 1);
			passed++;
			now_ns = pst_tokens_ready_ns(&bucket, &rate, 1);
		}
		/* Each wait is rounded up by a nanosecond at most. */
		now_ns -= START_NS;
		expect(passed <= 1 + rate.per_second * now_ns / SECOND + 1);
		expect(passed + 2 + passed * rate.per_second / SECOND >=
		       rate.per_second * now_ns / SECOND);
	}
}
END_TEST

START_TEST(the_greatest_numbers_do_not_overflow)
{
	const struct pst_token_rate slow = rate_of(1, INT64_MAX);
	const struct pst_token_rate fast = rate_of(INT64_MAX, INT64_MAX);

	pst_tokens_acquire(&bucket, &slow, START_NS, INT64_MAX);
	pst_tokens_acquire(&bucket, &slow, START_NS, INT64_MAX);
	expect_equal(pst_tokens_available(&bucket, &slow, START_NS), 0);
	expect(pst_tokens_ready_ns(&bucket, &slow, 1) > START_NS);
	bucket = (struct pst_token_bucket) {0};
	pst_tokens_acquire(&bucket, &fast, START_NS, INT64_MAX);
	expect_equal(pst_tokens_available(&bucket, &fast, START_NS + SECOND),
		     INT64_MAX);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
