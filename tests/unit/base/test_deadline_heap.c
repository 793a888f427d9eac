/* SPDX-License-Identifier: ISC */
/*
 * The deadline heap, against an unordered table
 */
#include "base/deadline_heap.h"

#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define INDICES 40

static struct pst_deadline_heap heap;
static uint64_t table[INDICES];

static void set_up(void)
{
	int i;

	expect_equal(pst_deadline_heap_init(&heap, INDICES), 0);
	for (i = 0; i < INDICES; i++)
		table[i] = PST_DEADLINE_NEVER;
}

static void tear_down(void)
{
	pst_deadline_heap_done(&heap);
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

static void set(uint32_t index, uint64_t deadline_ns)
{
	pst_deadline_heap_set(&heap, index, deadline_ns);
	table[index] = deadline_ns;
}

static void take(uint64_t now_ns)
{
	uint64_t earliest_ns = earliest();
	uint32_t index = INDICES;

	if (!pst_deadline_heap_take(&heap, now_ns, &index)) {
		expect(earliest_ns > now_ns);
		expect_equal(index, INDICES);
		return;
	}
	expect(index < INDICES);
	expect(table[index] == earliest_ns && earliest_ns <= now_ns);
	table[index] = PST_DEADLINE_NEVER;
}

START_TEST(empty_heap_has_no_deadline)
{
	expect(pst_deadline_heap_next_ns(&heap) == PST_DEADLINE_NEVER);
	take(UINT64_MAX - 1);
}
END_TEST

START_TEST(take_returns_passed_deadlines_earliest_first)
{
	set(3, 30);
	set(1, 10);
	set(2, 20);
	take(9);
	expect_equal(pst_deadline_heap_next_ns(&heap), 10);
	take(25);
	take(25);
	take(25);
	expect_equal(pst_deadline_heap_next_ns(&heap), 30);
}
END_TEST

START_TEST(set_changes_and_removes_a_deadline)
{
	set(1, 10);
	set(2, 20);
	set(1, 30);
	expect_equal(pst_deadline_heap_next_ns(&heap), 20);
	set(2, PST_DEADLINE_NEVER);
	set(2, PST_DEADLINE_NEVER);
	expect_equal(pst_deadline_heap_next_ns(&heap), 30);
}
END_TEST

START_TEST(random_operations_match_the_table)
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
		expect(pst_deadline_heap_next_ns(&heap) == earliest());
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
