/* SPDX-License-Identifier: ISC */
/*
 * Slots: claim, commit, abort, release, resolve
 */
#include "slots/slots.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/pin.h"
#include "support/random.h"

#define UNTOUCHED 12345u

static struct pst_slots *slots;

static void make_slots(uint32_t slot_count)
{
	free(slots);
	slots = malloc(pst_slots_bytes(slot_count));
	ck_assert_ptr_nonnull(slots);
	memset(slots, 0xee, pst_slots_bytes(slot_count));
	pst_slots_init(slots, slot_count);
}

static void teardown(void)
{
	free(slots);
	slots = NULL;
}

static pst_slot_handle claim(void)
{
	pst_slot_handle handle = 0;

	expect_equal(pst_slots_claim(slots, &handle), 0);
	expect(handle != 0);
	return handle;
}

static pst_slot_handle claim_and_commit(void)
{
	pst_slot_handle handle = claim();

	expect_equal(pst_slots_commit(slots, handle), 0);
	return handle;
}

static int resolve(pst_slot_handle handle)
{
	uint32_t index = UNTOUCHED;
	int result = pst_slots_resolve(slots, handle, &index);

	if (result == 0)
		expect_equal(index, pst_slot_index(handle));
	else
		expect_equal(index, UNTOUCHED);
	return result;
}

/* Odd numbers of slots, and whole words of the bitmap. */
static const uint32_t counts[] = { 1, 2, 63, 64, 65, 256, 4095, 4096 };

#define COUNT_COUNT ((int)(sizeof(counts) / sizeof(counts[0])))

START_TEST(every_slot_is_given_out_once)
{
	uint32_t slot_count = counts[_i];
	uint8_t seen[PST_SLOTS_MAX] = { 0 };
	pst_slot_handle handle = UNTOUCHED;
	uint32_t i;

	make_slots(slot_count);
	for (i = 0; i < slot_count; i++) {
		uint32_t index = pst_slot_index(claim());

		expect(index < slot_count);
		expect(!seen[index]);
		seen[index] = 1;
	}
	ck_assert_int_eq(pst_slots_claim(slots, &handle), -EDQUOT);
	ck_assert_uint_eq(handle, UNTOUCHED);
}
END_TEST

START_TEST(a_handle_is_made_of_its_index_and_generation)
{
	pst_slot_handle handle;
	uint32_t i;

	make_slots(3);
	for (i = 0; i < 9; i++) {
		handle = claim_and_commit();
		expect_equal(pst_slot_handle_of(pst_slot_index(handle),
						(uint32_t)(handle >> 32)),
			     handle);
		expect_equal(pst_slots_release(slots, handle), 0);
	}
	expect_equal(pst_slot_handle_of(0, 0), 1);
	expect_equal(pst_slot_handle_of(PST_SLOTS_MAX - 1, UINT32_MAX),
		     (UINT64_C(0xffffffff) << 32) + PST_SLOTS_MAX);
}
END_TEST

START_TEST(released_slot_is_found_wherever_it_is)
{
	uint32_t slot_count = counts[_i];
	pst_slot_handle handles[PST_SLOTS_MAX];
	pst_slot_handle handle;
	uint32_t i;

	make_slots(slot_count);
	for (i = 0; i < slot_count; i++)
		handles[i] = claim_and_commit();
	/* Downwards, so that each is behind where the search begins. */
	for (i = slot_count; i-- > 0;) {
		expect_equal(pst_slots_release(slots, handles[i]), 0);
		handle = claim_and_commit();
		expect_equal(pst_slot_index(handle),
			     pst_slot_index(handles[i]));
		expect(handle != handles[i]);
	}
}
END_TEST

START_TEST(released_slot_comes_back_after_all_others)
{
	uint8_t seen[256] = { 0 };
	uint32_t i;

	make_slots(256);
	for (i = 0; i < 256; i++) {
		pst_slot_handle handle = claim_and_commit();

		ck_assert_int_eq(pst_slots_release(slots, handle), 0);
		ck_assert_uint_eq(seen[pst_slot_index(handle)], 0);
		seen[pst_slot_index(handle)] = 1;
	}
}
END_TEST

START_TEST(claimed_slot_does_not_resolve_before_commit)
{
	pst_slot_handle handle;

	make_slots(4);
	handle = claim();
	ck_assert_int_eq(resolve(handle), -ESTALE);
	ck_assert_int_eq(pst_slots_release(slots, handle), -ESTALE);
	ck_assert_int_eq(pst_slots_commit(slots, handle), 0);
	ck_assert_int_eq(resolve(handle), 0);
	ck_assert_int_eq(pst_slots_commit(slots, handle), -ESTALE);
}
END_TEST

START_TEST(aborted_slot_is_free_again)
{
	pst_slot_handle handle, next;

	make_slots(1);
	handle = claim();
	ck_assert_int_eq(pst_slots_abort(slots, handle), 0);
	ck_assert_int_eq(pst_slots_commit(slots, handle), -ESTALE);
	ck_assert_int_eq(pst_slots_abort(slots, handle), -ESTALE);
	next = claim_and_commit();
	ck_assert_uint_ne(next, handle);
	ck_assert_int_eq(pst_slots_abort(slots, next), -ESTALE);
}
END_TEST

START_TEST(handle_of_an_earlier_owner_is_stale)
{
	pst_slot_handle first, second;

	make_slots(1);
	first = claim_and_commit();
	ck_assert_int_eq(pst_slots_release(slots, first), 0);
	ck_assert_int_eq(resolve(first), -ESTALE);
	second = claim_and_commit();
	ck_assert_int_eq(resolve(first), -ESTALE);
	ck_assert_int_eq(pst_slots_release(slots, first), -ESTALE);
	ck_assert_int_eq(resolve(second), 0);
}
END_TEST

START_TEST(handle_that_was_never_given_out_is_stale)
{
	static const pst_slot_handle forged[] = {
		0, 1, 2, 3, UINT64_MAX, UINT64_C(1) << 32,
		UINT64_C(1) << 32 | 1, UINT64_C(1) << 32 | 3,
		UINT64_C(1) << 32 | UINT32_MAX, UINT64_C(2) << 32 | 2,
	};
	size_t i;

	make_slots(2);
	(void)claim_and_commit();
	(void)claim_and_commit();
	for (i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		if (forged[i] == (UINT64_C(1) << 32 | 1))
			continue; /* the first one's own */
		ck_assert_int_eq(resolve(forged[i]), -ESTALE);
		ck_assert_int_eq(pst_slots_commit(slots, forged[i]), -ESTALE);
		ck_assert_int_eq(pst_slots_abort(slots, forged[i]), -ESTALE);
		ck_assert_int_eq(pst_slots_release(slots, forged[i]), -ESTALE);
	}
}
END_TEST

START_TEST(generation_survives_its_wrap)
{
	pst_slot_handle before, after;

	make_slots(1);
	atomic_store(&slots->slots[0].word, (uint64_t)UINT32_MAX << 32);
	before = claim_and_commit();
	ck_assert_uint_ne(before, 0);
	ck_assert_int_eq(pst_slots_release(slots, before), 0);
	after = claim_and_commit();
	ck_assert_uint_ne(after, before);
	ck_assert_int_eq(resolve(before), -ESTALE);
	ck_assert_int_eq(resolve(after), 0);
}
END_TEST

/* Threads */

#define THREAD_COUNT 4
#define TURN_COUNT 500000u
#define SHARED_COUNT 6u

static pthread_barrier_t barrier;

/* Whoever owns a place may use its entry without further care. */
static uint32_t owners[SHARED_COUNT];

static void *take_and_give_back(void *argument)
{
	uint32_t me = *(uint32_t *)argument;
	struct random random = { me };
	pst_slot_handle held[SHARED_COUNT / THREAD_COUNT];
	uint32_t held_count = 0, i;

	pin_thread(me);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < TURN_COUNT; i++) {
		uint32_t index, which;

		if (held_count < sizeof(held) / sizeof(held[0]) &&
		    random_below(&random, 2) == 0) {
			/* Others hold at most their share, so there is one;
			 * but it may move while it is searched. */
			while (pst_slots_claim(slots, &held[held_count]) != 0)
				;
			index = pst_slot_index(held[held_count]);
			expect_equal(owners[index], 0);
			owners[index] = me;
			expect_equal(pst_slots_commit(slots, held[held_count]),
				     0);
			held_count++;
		} else if (held_count > 0) {
			which = random_below(&random, held_count);
			index = pst_slot_index(held[which]);
			expect_equal(resolve(held[which]), 0);
			expect_equal(owners[index], me);
			owners[index] = 0;
			expect_equal(pst_slots_release(slots, held[which]), 0);
			expect_equal(resolve(held[which]), -ESTALE);
			held[which] = held[--held_count];
		}
	}
	while (held_count > 0) {
		owners[pst_slot_index(held[--held_count])] = 0;
		expect_equal(pst_slots_release(slots, held[held_count]), 0);
	}
	return NULL;
}

START_TEST(no_slot_has_two_owners)
{
	uint32_t numbers[THREAD_COUNT];
	pthread_t threads[THREAD_COUNT];
	uint32_t i;

	make_slots(SHARED_COUNT);
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, THREAD_COUNT), 0);
	for (i = 0; i < THREAD_COUNT; i++) {
		numbers[i] = i + 1;
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						take_and_give_back,
						&numbers[i]), 0);
	}
	for (i = 0; i < THREAD_COUNT; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < SHARED_COUNT; i++)
		(void)claim();
}
END_TEST

/* The place that all threads want to release, and how often it happened. */
static pst_slot_handle contended;
static _Atomic uint32_t release_count;

#define RACE_COUNT 3000u

static void *race_to_release(void *argument)
{
	bool is_leader = *(uint32_t *)argument == 0;
	uint32_t i;

	pin_thread(is_leader);
	for (i = 0; i < RACE_COUNT; i++) {
		if (is_leader)
			contended = claim_and_commit();
		pthread_barrier_wait(&barrier);
		if (pst_slots_release(slots, contended) == 0)
			atomic_fetch_add(&release_count, 1);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

START_TEST(slot_is_released_once_however_many_try)
{
	uint32_t numbers[2] = { 0, 1 };
	pthread_t threads[2];
	uint32_t i;

	make_slots(3);
	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 2), 0);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						race_to_release, &numbers[i]),
				 0);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&release_count), RACE_COUNT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slots");
	TCase *one = tcase_create("one thread");
	TCase *many = tcase_create("threads");
	SRunner *runner = srunner_create(suite);
	int failed_count;

	tcase_add_checked_fixture(one, NULL, teardown);
	tcase_add_loop_test(one, every_slot_is_given_out_once, 0, COUNT_COUNT);
	tcase_add_test(one, a_handle_is_made_of_its_index_and_generation);
	tcase_add_loop_test(one, released_slot_is_found_wherever_it_is, 0,
			    COUNT_COUNT);
	tcase_add_test(one, released_slot_comes_back_after_all_others);
	tcase_add_test(one, claimed_slot_does_not_resolve_before_commit);
	tcase_add_test(one, aborted_slot_is_free_again);
	tcase_add_test(one, handle_of_an_earlier_owner_is_stale);
	tcase_add_test(one, handle_that_was_never_given_out_is_stale);
	tcase_add_test(one, generation_survives_its_wrap);
	suite_add_tcase(suite, one);

	tcase_add_checked_fixture(many, NULL, teardown);
	tcase_set_timeout(many, 300);
	tcase_add_test(many, no_slot_has_two_owners);
	tcase_add_test(many, slot_is_released_once_however_many_try);
	suite_add_tcase(suite, many);

	srunner_run_all(runner, CK_NORMAL);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
