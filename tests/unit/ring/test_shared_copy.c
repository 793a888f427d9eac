/* SPDX-License-Identifier: ISC */
/* Copies of every length, and no other byte */
#include "ring/shared_copy.h"

#include <string.h>

#include "support/test_case.h"

#define LENGTH_MAX 200u
#define MARGIN_BYTES 16u
#define UNTOUCHED 0xee

static uint8_t source[LENGTH_MAX + 8];
static uint8_t target[LENGTH_MAX + 2 * MARGIN_BYTES];

static void setup(void)
{
	size_t i;

	for (i = 0; i < sizeof(source); i++)
		source[i] = (uint8_t)(i * 7 + 1);
}

static void expect_copied(size_t length, size_t source_offset,
			  size_t target_offset)
{
	size_t i;

	for (i = 0; i < sizeof(target); i++)
		if (i >= target_offset && i < target_offset + length)
			ck_assert_uint_eq(target[i], source[source_offset + i -
							    target_offset]);
		else
			ck_assert_uint_eq(target[i], UNTOUCHED);
}

START_TEST(every_length_is_copied_whole_and_nothing_beside_it)
{
	size_t length, offset;

	for (length = 0; length <= LENGTH_MAX; length++)
		for (offset = 0; offset < 8; offset++) {
			memset(target, UNTOUCHED, sizeof(target));
			pst_shared_copy_in(target + MARGIN_BYTES,
					   source + offset, length);
			expect_copied(length, offset, MARGIN_BYTES);
			memset(target, UNTOUCHED, sizeof(target));
			pst_shared_copy_out(target + offset, source, length);
			expect_copied(length, 0, offset);
		}
}
END_TEST

START_TEST(nothing_is_copied_from_nowhere)
{
	memset(target, UNTOUCHED, sizeof(target));
	pst_shared_copy_in(target, NULL, 0);
	pst_shared_copy_out(NULL, target, 0);
	expect_copied(0, 0, 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup);
}
