/* SPDX-License-Identifier: ISC */
/*
 * Memory that a forked child sees as zero
 */
#include "os/fork_guard.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define BYTES 5000      /* more than a page, and not whole ones */

static int count_nonzero(void *argument)
{
	const uint8_t *memory = argument;
	int count = 0;
	size_t i;

	for (i = 0; i < BYTES; i++)
		count += memory[i] != 0;
	return count > 0;
}

START_TEST(new_memory_is_zero_and_begins_a_page)
{
	uint8_t *memory = pst_fork_guard_new(BYTES);

	ck_assert_ptr_nonnull(memory);
	ck_assert_uint_eq((uintptr_t)memory % (uintptr_t)sysconf(_SC_PAGESIZE),
			  0);
	ck_assert_int_eq(count_nonzero(memory), 0);
	ck_assert_ptr_null(pst_fork_guard_free(memory, BYTES));
}
END_TEST

START_TEST(child_sees_zero_and_the_parent_keeps_its_values)
{
	uint8_t *memory = pst_fork_guard_new(BYTES);

	ck_assert_ptr_nonnull(memory);
	memset(memory, 0xff, BYTES);
	ck_assert_int_eq(other_user_run(NULL, count_nonzero, memory), 0);
	ck_assert_int_eq(count_nonzero(memory), 1);
	ck_assert_uint_eq(memory[BYTES - 1], 0xff);
	ck_assert_ptr_null(pst_fork_guard_free(memory, BYTES));
}
END_TEST

START_TEST(memory_is_not_dumped)
{
	uint8_t *memory;

	skip_unless(access("/proc/self/smaps", R_OK) == 0,
		    "needs /proc/self/smaps");
	memory = pst_fork_guard_new(BYTES);
	ck_assert_ptr_nonnull(memory);
	ck_assert(test_has_vm_flag(memory, "dd"));
	ck_assert(test_has_vm_flag(memory, "wf"));
	ck_assert(test_has_vm_flag(memory + BYTES - 1, "wf"));
	ck_assert_ptr_null(pst_fork_guard_free(memory, BYTES));
}
END_TEST

START_TEST(impossible_sizes_give_nothing)
{
	ck_assert_ptr_null(pst_fork_guard_new(0));
	ck_assert_ptr_null(pst_fork_guard_new(SIZE_MAX));
	ck_assert_ptr_null(pst_fork_guard_new(SIZE_MAX / 2));
	ck_assert_ptr_null(pst_fork_guard_free(NULL, BYTES));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
