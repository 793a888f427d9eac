/* SPDX-License-Identifier: ISC */
/*
 * The queue of what is due, against a table that is looked through
 */
#include "base/deadline_heap.h"

#include "support/expect.h"
#include "support/random.h"

#define INDICES 40

static struct pst_due_queue queue;
static uint64_t table[INDICES];

static void set_up(void)
{
	int i;

	expect_equal(pst_due_queue_init(&queue, INDICES), 0);
	for (i = 0; i < INDICES; i++)
		table[i] = PST_DEADLINE_NEVER;
}

static void tear_down(void)
{
	pst_due_queue_done(&queue);
}

static uint64_t earliest(void)
{
	uint64_t earliest_ns = PST_DEADLINE_NEVER;
	int i;

	for (i = 0; i < INDICES; i++)
		if (table[i] < earliest_ns)
			earliest_ns = table[i];
	return earliest_ns;
}

static void set(uint32_t index, uint64_t due_ns)
{
	pst_due_queue_set(&queue, index, due_ns);
	table[index] = due_ns;
}

static void take(uint64_t now_ns)
{
	uint64_t earliest_ns = earliest();
	uint32_t index = INDICES;

	if (!pst_due_queue_take(&queue, now_ns, &index)) {
		expect(earliest_ns > now_ns);
		expect_equal(index, INDICES);
		return;
	}
	expect(index < INDICES);
	expect(table[index] == earliest_ns && earliest_ns <= now_ns);
	table[index] = PST_DEADLINE_NEVER;
}

START_TEST(nothing_is_due_in_an_empty_queue)
{
	expect(pst_due_queue_next_ns(&queue) == PST_DEADLINE_NEVER);
	take(UINT64_MAX - 1);
}
END_TEST

START_TEST(what_is_due_comes_earliest_first_and_not_before_its_time)
{
	set(3, 30);
	set(1, 10);
	set(2, 20);
	take(9);
	expect_equal(pst_due_queue_next_ns(&queue), 10);
	take(25);
	take(25);
	take(25);
	expect_equal(pst_due_queue_next_ns(&queue), 30);
}
END_TEST

START_TEST(a_time_can_be_changed_and_taken_out)
{
	set(1, 10);
	set(2, 20);
	set(1, 30);
	expect_equal(pst_due_queue_next_ns(&queue), 20);
	set(2, PST_DEADLINE_NEVER);
	set(2, PST_DEADLINE_NEVER);
	expect_equal(pst_due_queue_next_ns(&queue), 30);
}
END_TEST

START_TEST(whatever_is_done_it_answers_as_a_table_would)
{
	struct random random = {.state = 3};
	uint32_t index;
	int i;

	for (i = 0; i < 300000; i++) {
		index = random_below(&random, INDICES);
		switch (random_below(&random, 4)) {
		case 0:
		case 1:
			/* Few different times, so that some are equal. */
			set(index, random_below(&random, 100));
			break;
		case 2:
			set(index, PST_DEADLINE_NEVER);
			break;
		default:
			take(random_below(&random, 100));
			break;
		}
		expect(pst_due_queue_next_ns(&queue) == earliest());
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("due queue");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing_is_due_in_an_empty_queue);
	tcase_add_test(t,
		what_is_due_comes_earliest_first_and_not_before_its_time);
	tcase_add_test(t, a_time_can_be_changed_and_taken_out);
	tcase_add_test(t, whatever_is_done_it_answers_as_a_table_would);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
