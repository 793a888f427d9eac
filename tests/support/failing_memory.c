/* SPDX-License-Identifier: ISC */
/*
 * Allocations that fail: see failing_memory.h
 */
#include "support/failing_memory.h"

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static size_t allocation_count;
static size_t fail_from = SIZE_MAX;

static bool may_allocate(void)
{
	return ++allocation_count < fail_from;
}

void *__real_malloc(size_t byte_count);
void *__real_calloc(size_t count, size_t byte_count);
void *__real_realloc(void *bytes, size_t byte_count);
void *__wrap_malloc(size_t byte_count);
void *__wrap_calloc(size_t count, size_t byte_count);
void *__wrap_realloc(void *bytes, size_t byte_count);

void *__wrap_malloc(size_t byte_count)
{
	return may_allocate() ? __real_malloc(byte_count) : NULL;
}

void *__wrap_calloc(size_t count, size_t byte_count)
{
	return may_allocate() ? __real_calloc(count, byte_count) : NULL;
}

void *__wrap_realloc(void *bytes, size_t byte_count)
{
	return may_allocate() ? __real_realloc(bytes, byte_count) : NULL;
}

void fail_each_allocation(int (*run)(const char *text), const char *text)
{
	size_t total_count, n;
	int r;

	fail_from = SIZE_MAX;
	allocation_count = 0;
	r = run(text);
	total_count = allocation_count;
	ck_assert_int_eq(r, 0);
	ck_assert_uint_gt(total_count, 20);

	for (n = 1; n <= total_count; n++) {
		fail_from = n;
		allocation_count = 0;
		r = run(text);
		/* Check allocates too */
		fail_from = SIZE_MAX;
		ck_assert_msg(r == -ENOMEM, "%d when allocation %zu failed", r,
			      n);
	}
}
