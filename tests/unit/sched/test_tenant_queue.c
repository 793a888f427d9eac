/* SPDX-License-Identifier: ISC */
/*
 * Ready queues: deficit round robin
 */
#include "sched/tenant_queue.h"

#include "support/expect.h"
#include "support/random.h"
#include "support/test_case.h"

#define MEMBERS 3

static struct pst_list queue;
static struct pst_drr_entry entries[MEMBERS];

static void set_up(void)
{
	pst_list_init(&queue);
}

static void join_all(const int64_t quanta[static MEMBERS])
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		pst_drr_init(&entries[i], quanta[i]);
		pst_drr_join(&queue, &entries[i]);
	}
}

static int first(void)
{
	return (int)(pst_drr_first(&queue) - entries);
}

START_TEST(an_empty_queuehas_no_first)
{
	expect(!pst_drr_first(&queue));
}
END_TEST

START_TEST(entries_are_served_in_order_of_joining)
{
	static const int64_t quanta[] = {100, 100, 100};
	int i;

	join_all(quanta);
	for (i = 0; i < 3 * MEMBERS; i++) {
		expect_equal(first(), i % MEMBERS);
		pst_drr_charge(&queue, &entries[i % MEMBERS], 100);
	}
}
END_TEST

START_TEST(entry_is_served_until_its_quantum_is_used_up)
{
	static const int64_t quanta[] = {100, 100, 100};

	join_all(quanta);
	pst_drr_charge(&queue, &entries[0], 60);
	expect_equal(first(), 0);
	pst_drr_charge(&queue, &entries[0], 39);
	expect_equal(first(), 0);
	pst_drr_charge(&queue, &entries[0], 1);
	expect_equal(first(), 1);
}
END_TEST

START_TEST(debt_is_paid_in_later_rounds)
{
	static const int64_t quanta[] = {100, 100, 100};
	int others;

	join_all(quanta);
	pst_drr_charge(&queue, &entries[0], 350); /* two rounds and a half */
	for (others = 0; first() != 0; others++)
		pst_drr_charge(&queue, &entries[first()], 100);
	expect_equal(others, 6);
}
END_TEST

START_TEST(yield_keeps_the_deficit)
{
	static const int64_t quanta[] = {100, 100, 100};

	join_all(quanta);
	pst_drr_charge(&queue, &entries[0], 60);
	pst_drr_yield(&queue, &entries[0]);
	expect_equal(first(), 1);
	pst_drr_charge(&queue, &entries[1], 100);
	pst_drr_charge(&queue, &entries[2], 100);
	expect_equal(first(), 0);
	pst_drr_charge(&queue, &entries[0], 40);
	expect_equal(first(), 1);
}
END_TEST

START_TEST(single_entry_is_always_first)
{
	int i;

	pst_drr_init(&entries[0], 100);
	pst_drr_join(&queue, &entries[0]);
	for (i = 0; i < 100; i++) {
		expect_equal(first(), 0);
		pst_drr_charge(&queue, &entries[0], (uint64_t)i * 100);
	}
}
END_TEST

START_TEST(entry_that_left_is_not_served)
{
	static const int64_t quanta[] = {100, 100, 100};

	join_all(quanta);
	pst_drr_leave(&entries[0]);
	expect(!pst_drr_is_queued(&entries[0]));
	expect_equal(first(), 1);
	pst_drr_join(&queue, &entries[0]);
	pst_drr_charge(&queue, &entries[1], 100);
	expect_equal(first(), 2);
}
END_TEST

/* At any moment, no entry is ahead of its share by more than its quantum and its
 * largest message, or behind by more than those of the others. */
START_TEST(bytes_are_shared_by_quantum_for_all_message_sizes)
{
	static const int64_t quanta[] = {4000, 2000, 1000};
	static const uint32_t largest[] = {16, 5000, 64};
	struct random random = {.state = 11};
	int64_t bytes[MEMBERS] = {0}, share;
	int index, i;

	join_all(quanta);
	for (i = 0; i < 200000; i++) {
		uint32_t cost;

		index = first();
		cost = 1 + random_below(&random, largest[index]);
		bytes[index] += cost;
		pst_drr_charge(&queue, &entries[index], cost);
	}
	share = (bytes[0] + bytes[1] + bytes[2]) / 7;
	expect(bytes[0] > 4 * share - 14000 && bytes[0] < 4 * share + 14000);
	expect(bytes[1] > 2 * share - 14000 && bytes[1] < 2 * share + 14000);
	expect(bytes[2] > share - 14000 && bytes[2] < share + 14000);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
