/* SPDX-License-Identifier: ISC */
/*
 * Rates of one peer, by every bound
 */
#include "sched/metering.h"

#include <string.h>

#include "base/clock.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define SECOND PST_NS_PER_SECOND
#define START_NS (1000 * SECOND)
#define SCOPES PST_METERS_MAX
#define PEERS 3

static struct pst_meter meters[SCOPES];
static struct pst_metering metering, peers[PEERS];

static void set_up(void)
{
	memset(meters, 0, sizeof(meters));
	memset(&metering, 0, sizeof(metering));
	memset(peers, 0, sizeof(peers));
}

static void limit(struct pst_metering *of, size_t scope,
		  enum postern_limit_key key, uint64_t per_second,
		  uint64_t burst)
{
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY] = {0};

	/* The key of the burst is the one behind that of the rate. */
	limits[key].state = POSTERN_LIMIT_SET;
	limits[key].value = per_second;
	limits[key + 1].state = POSTERN_LIMIT_SET;
	limits[key + 1].value = burst;
	pst_metering_add(of, &meters[scope], limits);
}

/* How many messages of this size pass at this moment. */
static uint64_t receive_all(struct pst_metering *of, size_t message_bytes,
			    uint64_t now_ns)
{
	uint64_t count = 0;

	while (pst_metering_has_tokens(of) ||
	       pst_metering_acquire(of, now_ns)) {
		pst_metering_spend(of, message_bytes, now_ns);
		count++;
		expect(count < 1000000);
	}
	return count;
}

START_TEST(without_limits_there_are_always_tokens)
{
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY] = {0};
	int i;

	pst_metering_add(&metering, &meters[0], limits);
	expect_equal(metering.scope_count, 0);
	for (i = 0; i < 1000; i++) {
		expect(pst_metering_has_tokens(&metering));
		pst_metering_spend(&metering, SIZE_MAX, START_NS);
	}
	pst_metering_release_all(&metering);
}
END_TEST

START_TEST(the_burst_passes_at_once_and_not_one_more)
{
	limit(&metering, 0, POSTERN_LIMIT_RATE, 100, 30);
	expect_equal(receive_all(&metering, 1, START_NS), 30);
	expect_equal(receive_all(&metering, 1, START_NS + SECOND / 10), 10);
}
END_TEST

START_TEST(bandwidth_counts_bytes_and_a_message_may_overdraw_it)
{
	limit(&metering, 0, POSTERN_LIMIT_BANDWIDTH, 1000, 1000);
	expect_equal(receive_all(&metering, 300, START_NS), 4);
	/* 200 are owed. */
	expect_equal(receive_all(&metering, 300, START_NS + SECOND / 5), 0);
	expect_equal(receive_all(&metering, 300,
				 START_NS + SECOND / 5 + SECOND / 100), 1);
}
END_TEST

START_TEST(every_scope_bounds)
{
	size_t scope, i;

	for (scope = 0; scope < SCOPES; scope++) {
		set_up();
		for (i = 0; i < SCOPES; i++)
			limit(&metering, i, POSTERN_LIMIT_RATE, 1000,
			      i == scope ? 5 : 900);
		expect_equal(metering.scope_count, SCOPES);
		expect_equal(receive_all(&metering, 100, START_NS), 5);

		set_up();
		for (i = 0; i < SCOPES; i++)
			limit(&metering, i, POSTERN_LIMIT_BANDWIDTH, 100000,
			      i == scope ? 500 : 90000);
		expect_equal(receive_all(&metering, 100, START_NS), 5);
	}
}
END_TEST

/* What the strictest lets through is all that the others are charged for. */
START_TEST(what_one_scope_refuses_the_others_are_not_charged_for)
{
	limit(&metering, 0, POSTERN_LIMIT_RATE, 1000, 5);
	limit(&metering, 1, POSTERN_LIMIT_RATE, 1000, 100);
	limit(&peers[0], 1, POSTERN_LIMIT_RATE, 1000, 100);
	expect_equal(receive_all(&metering, 1, START_NS), 5);
	pst_metering_release_all(&metering);
	expect_equal(receive_all(&peers[0], 1, START_NS), 95);
}
END_TEST

START_TEST(what_was_not_used_is_given_back)
{
	struct random random = {.state = 9};
	uint64_t used = 0, i, n;

	limit(&metering, 0, POSTERN_LIMIT_RATE, 7000, 10000);
	limit(&metering, 1, POSTERN_LIMIT_BANDWIDTH, 7777777, 9000000);
	for (i = 0; i < 500; i++) {
		expect(pst_metering_acquire(&metering, START_NS));
		for (n = random_below(&random, 7); n > 0; n--) {
			pst_metering_spend(&metering, 200, START_NS);
			used++;
		}
		pst_metering_release_all(&metering);
	}
	/* But for the rounding: less than a nanosecond each time. */
	expect_equal(used + receive_all(&metering, 200, START_NS + 500), 10000);
}
END_TEST

START_TEST(a_reservation_that_is_given_up_costs_nothing)
{
	limit(&metering, 0, POSTERN_LIMIT_RATE, 10, 5);
	limit(&peers[0], 0, POSTERN_LIMIT_RATE, 10, 5);
	expect_equal(receive_all(&metering, 1, START_NS), 5);
	expect(pst_metering_reserve(&metering, START_NS) > START_NS);
	expect_equal(receive_all(&peers[0], 1, START_NS + SECOND / 10), 0);
	pst_metering_release_all(&metering);
	pst_metering_release_all(&metering);
	expect_equal(receive_all(&peers[0], 1, START_NS + SECOND / 10), 1);
}
END_TEST

START_TEST(what_is_reserved_can_be_taken_at_its_time_and_not_before)
{
	uint64_t ready_ns;

	limit(&metering, 0, POSTERN_LIMIT_RATE, 10, 1);
	expect_equal(receive_all(&metering, 1, START_NS), 1);
	ready_ns = pst_metering_reserve(&metering, START_NS);
	expect(ready_ns >= START_NS + SECOND / 10);
	expect(ready_ns <= START_NS + SECOND / 10 + 10);
	expect_equal(pst_metering_reserve(&metering, START_NS + 5), ready_ns);
	expect(!pst_metering_has_tokens(&metering));
	expect(!pst_metering_acquire(&metering, ready_ns - 1));
	expect_equal(receive_all(&metering, 1, ready_ns), 1);
}
END_TEST

/* Each reserves when it has nothing left, always in the same order; who comes
 * in time and takes what is there, without waiting, gets nothing. */
START_TEST(who_waits_for_the_same_bucket_is_served_in_turn)
{
	uint64_t count[PEERS] = {0}, ready_ns[PEERS], now_ns = START_NS;
	int round, i, next;

	for (i = 0; i < PEERS; i++)
		limit(&peers[i], 0, POSTERN_LIMIT_RATE, 1000, 1);
	limit(&metering, 0, POSTERN_LIMIT_RATE, 1000, 1);
	expect_equal(receive_all(&metering, 1, now_ns), 1);
	for (i = 0; i < PEERS; i++)
		ready_ns[i] = pst_metering_reserve(&peers[i], now_ns);
	for (round = 0; round < 300; round++) {
		for (next = 0, i = 1; i < PEERS; i++)
			if (ready_ns[i] < ready_ns[next])
				next = i;
		now_ns = ready_ns[next];
		expect_equal(receive_all(&metering, 1, now_ns), 0);
		count[next] += receive_all(&peers[next], 1, now_ns);
		ready_ns[next] = pst_metering_reserve(&peers[next], now_ns);
	}
	for (i = 0; i < PEERS; i++)
		expect_equal(count[i], 100);
	expect(now_ns <= START_NS + 300 * SECOND / 1000 + 300 * 4);
}
END_TEST

/* Tokens that were acquired long ago are at most those of a millisecond. */
START_TEST(held_tokens_are_no_second_burst)
{
	limit(&metering, 0, POSTERN_LIMIT_RATE, 10, 5);
	expect(pst_metering_acquire(&metering, START_NS));
	pst_metering_spend(&metering, 1, START_NS);
	expect(receive_all(&metering, 1, START_NS + 100 * SECOND) <= 5);
}
END_TEST

START_TEST(a_message_without_tokens_becomes_a_debt)
{
	limit(&metering, 0, POSTERN_LIMIT_RATE, 10, 2);
	pst_metering_spend(&metering, 1, START_NS);
	pst_metering_spend(&metering, 1, START_NS);
	pst_metering_spend(&metering, 1, START_NS);
	pst_metering_release_all(&metering);
	expect_equal(receive_all(&metering, 1, START_NS + SECOND / 10), 0);
	expect_equal(receive_all(&metering, 1, START_NS + SECOND / 5), 1);
}
END_TEST

START_TEST(what_passes_in_the_long_run_is_exact_at_odd_rates)
{
	static const uint64_t rates[] = {1, 3, 7, 997, 12345};
	uint64_t now_ns, passed, i, allowed;

	for (i = 0; i < 5; i++) {
		set_up();
		limit(&metering, 0, POSTERN_LIMIT_RATE, rates[i], 1);
		passed = 0;
		now_ns = START_NS;
		while (now_ns < START_NS + 60 * SECOND) {
			passed += receive_all(&metering, 10, now_ns);
			now_ns = pst_metering_reserve(&metering, now_ns);
		}
		allowed = rates[i] * 60;
		expect(passed <= allowed + 1);
		expect(passed + 2 + allowed / 1000 >= allowed);
	}
}
END_TEST

START_TEST(bytes_in_the_long_run_are_exact_with_messages_of_any_size)
{
	struct random random = {.state = 21};
	uint64_t now_ns = START_NS, passed = 0;
	size_t bytes = 0;

	limit(&metering, 0, POSTERN_LIMIT_BANDWIDTH, 100003, 1);
	while (now_ns < START_NS + 600 * SECOND) {
		while (pst_metering_has_tokens(&metering) ||
		       pst_metering_acquire(&metering, now_ns)) {
			bytes = random_below(&random, 4096);
			pst_metering_spend(&metering, bytes, now_ns);
			passed += bytes;
		}
		now_ns = pst_metering_reserve(&metering, now_ns);
	}
	expect(passed <= UINT64_C(100003) * 600 + 1 + 4096);
	expect(passed >= UINT64_C(100003) * 599);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
