/* SPDX-License-Identifier: ISC */
/*
 * Deficit round robin
 */
#include "sched/tenant_queue.h"

#include "support/expect.h"
#include "support/random.h"

#define MEMBERS 3

static struct pst_list round_;
static struct pst_turn turns[MEMBERS];

static void set_up(void)
{
	pst_list_init(&round_);
}

static void join_all(const int64_t quanta[static MEMBERS])
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		pst_turn_init(&turns[i], quanta[i]);
		pst_turn_join(&round_, &turns[i]);
	}
}

static int first(void)
{
	return (int)(pst_turn_first(&round_) - turns);
}

START_TEST(an_empty_round_has_no_first)
{
	expect(!pst_turn_first(&round_));
}
END_TEST

START_TEST(members_have_their_turns_in_the_order_they_joined)
{
	static const int64_t quanta[] = {100, 100, 100};
	int i;

	join_all(quanta);
	for (i = 0; i < 3 * MEMBERS; i++) {
		expect_equal(first(), i % MEMBERS);
		pst_turn_charge(&round_, &turns[i % MEMBERS], 100);
	}
}
END_TEST

START_TEST(a_turn_lasts_until_its_quantum_is_used_up)
{
	static const int64_t quanta[] = {100, 100, 100};

	join_all(quanta);
	pst_turn_charge(&round_, &turns[0], 60);
	expect_equal(first(), 0);
	pst_turn_charge(&round_, &turns[0], 39);
	expect_equal(first(), 0);
	pst_turn_charge(&round_, &turns[0], 1);
	expect_equal(first(), 1);
}
END_TEST

START_TEST(a_debt_is_paid_in_later_turns)
{
	static const int64_t quanta[] = {100, 100, 100};
	int others;

	join_all(quanta);
	pst_turn_charge(&round_, &turns[0], 350); /* two turns and a half */
	for (others = 0; first() != 0; others++)
		pst_turn_charge(&round_, &turns[first()], 100);
	expect_equal(others, 6);
}
END_TEST

START_TEST(who_yields_keeps_what_is_left)
{
	static const int64_t quanta[] = {100, 100, 100};

	join_all(quanta);
	pst_turn_charge(&round_, &turns[0], 60);
	pst_turn_yield(&round_, &turns[0]);
	expect_equal(first(), 1);
	pst_turn_charge(&round_, &turns[1], 100);
	pst_turn_charge(&round_, &turns[2], 100);
	expect_equal(first(), 0);
	pst_turn_charge(&round_, &turns[0], 40);
	expect_equal(first(), 1);
}
END_TEST

START_TEST(a_single_member_is_always_the_first)
{
	int i;

	pst_turn_init(&turns[0], 100);
	pst_turn_join(&round_, &turns[0]);
	for (i = 0; i < 100; i++) {
		expect_equal(first(), 0);
		pst_turn_charge(&round_, &turns[0], (uint64_t)i * 100);
	}
}
END_TEST

START_TEST(who_left_is_never_the_first)
{
	static const int64_t quanta[] = {100, 100, 100};

	join_all(quanta);
	pst_turn_leave(&turns[0]);
	expect(!pst_turn_is_listed(&turns[0]));
	expect_equal(first(), 1);
	pst_turn_join(&round_, &turns[0]);
	pst_turn_charge(&round_, &turns[1], 100);
	expect_equal(first(), 2);
}
END_TEST

/* At any moment, no one is ahead of its share by more than its quantum and its
 * largest message, nor behind by more than those of the others. */
START_TEST(bytes_are_shared_by_quantum_whatever_the_sizes_of_messages)
{
	static const int64_t quanta[] = {4000, 2000, 1000};
	static const uint32_t largest[] = {16, 5000, 64};
	struct random random = {.state = 11};
	int64_t bytes[MEMBERS] = {0}, shares;
	int who, i;

	join_all(quanta);
	for (i = 0; i < 200000; i++) {
		uint32_t cost;

		who = first();
		cost = 1 + random_below(&random, largest[who]);
		bytes[who] += cost;
		pst_turn_charge(&round_, &turns[who], cost);
	}
	shares = (bytes[0] + bytes[1] + bytes[2]) / 7;
	expect(bytes[0] > 4 * shares - 14000 && bytes[0] < 4 * shares + 14000);
	expect(bytes[1] > 2 * shares - 14000 && bytes[1] < 2 * shares + 14000);
	expect(bytes[2] > shares - 14000 && bytes[2] < shares + 14000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("round robin");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, an_empty_round_has_no_first);
	tcase_add_test(t, members_have_their_turns_in_the_order_they_joined);
	tcase_add_test(t, a_turn_lasts_until_its_quantum_is_used_up);
	tcase_add_test(t, a_debt_is_paid_in_later_turns);
	tcase_add_test(t, who_yields_keeps_what_is_left);
	tcase_add_test(t, a_single_member_is_always_the_first);
	tcase_add_test(t, who_left_is_never_the_first);
	tcase_add_test(t,
		bytes_are_shared_by_quantum_whatever_the_sizes_of_messages);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
