/* SPDX-License-Identifier: ISC */
/*
 * Reference counts
 */
#include "base/refcount.h"

#include <pthread.h>
#include <signal.h>

#include "support/test_case.h"

/* The signal of a trap is the machine's choice. */
#if defined(__x86_64__) || defined(__i386__)
#define TRAP_SIGNAL SIGILL
#else
#define TRAP_SIGNAL SIGTRAP
#endif

static struct pst_refcount refcount;

START_TEST(last_reference_and_no_other_frees)
{
	pst_refcount_init(&refcount);
	pst_refcount_ref(&refcount);
	pst_refcount_ref(&refcount);
	ck_assert(!pst_refcount_unref(&refcount));
	ck_assert(!pst_refcount_unref(&refcount));
	ck_assert(pst_refcount_unref(&refcount));
}
END_TEST

START_TEST(ref_of_a_freed_object_traps, .signal = TRAP_SIGNAL)
{
	pst_refcount_init(&refcount);
	ck_assert(pst_refcount_unref(&refcount));
	pst_refcount_ref(&refcount);
}
END_TEST

START_TEST(reference_given_back_twice_traps, .signal = TRAP_SIGNAL)
{
	pst_refcount_init(&refcount);
	ck_assert(pst_refcount_unref(&refcount));
	(void)pst_refcount_unref(&refcount); /* does not return */
}
END_TEST

START_TEST(count_that_overflows_traps, .signal = TRAP_SIGNAL)
{
	atomic_init(&refcount.count, UINT32_MAX);
	pst_refcount_ref(&refcount);
}
END_TEST

#define TURN_COUNT 100000u
#define THREAD_COUNT 2

static void *ref_and_unref(void *argument)
{
	uint32_t i;

	(void)argument;
	for (i = 0; i < TURN_COUNT; i++) {
		pst_refcount_ref(&refcount);
		if (pst_refcount_unref(&refcount))
			ck_abort_msg("freed while the first reference lives");
	}
	return NULL;
}

START_TEST(no_count_is_lost_between_threads)
{
	pthread_t threads[THREAD_COUNT];
	size_t i;

	pst_refcount_init(&refcount);
	for (i = 0; i < THREAD_COUNT; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						ref_and_unref, NULL), 0);
	for (i = 0; i < THREAD_COUNT; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert(pst_refcount_unref(&refcount));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
