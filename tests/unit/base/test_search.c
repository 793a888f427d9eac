/* SPDX-License-Identifier: ISC */
/*
 * Binary search, against a linear one
 */
#include "base/search.h"
#include "support/expect.h"
#include "support/test_case.h"

#define COUNT_MAX 9

static int compare(const void *key, const void *element)
{
	const int *a = key, *b = element;

	return (*a > *b) - (*a < *b);
}

/* Each of count elements is even, and some are equal. */
static void check_count(size_t count)
{
	int array[COUNT_MAX], key;
	size_t i, wanted;

	for (i = 0; i < count; i++)
		array[i] = 2 * (int)(2 * i / 3);
	for (key = -1; key <= 2 * COUNT_MAX; key++) {
		for (wanted = 0; wanted < count && array[wanted] < key;)
			wanted++;
		expect_equal(pst_search_first(&key, array, count,
					      sizeof(array[0]), compare),
			     wanted);
	}
}

START_TEST(first_of_equal_elements_is_found)
{
	size_t count;

	for (count = 0; count <= COUNT_MAX; count++)
		check_count(count);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
