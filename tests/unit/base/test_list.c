/* SPDX-License-Identifier: ISC */
/*
 * Lists
 */
#include "base/list.h"

#include "support/expect.h"
#include "support/test_case.h"

struct item {
	int number;
	struct pst_list link;
};

static struct pst_list list;
static struct item items[3];

static void set_up(void)
{
	int i;

	pst_list_init(&list);
	for (i = 0; i < 3; i++) {
		items[i].number = i;
		pst_list_init(&items[i].link);
		pst_list_append(&list, &items[i].link);
	}
}

/* The numbers, as digits. */
static int read_list(void)
{
	struct pst_list *link;
	int forwards = 0, length = 0;

	for (link = list.next; link != &list; link = link->next) {
		expect(link->next->previous == link);
		forwards = 10 * forwards + 1 +
			   PST_LIST_ENTRY(link, struct item, link)->number;
		length++;
	}
	expect(length <= 3);
	return forwards;
}

START_TEST(elements_stay_in_the_order_they_came)
{
	expect_equal(read_list(), 123);
	expect(!pst_list_is_empty(&list));
}
END_TEST

START_TEST(a_list_of_one_is_single_and_no_other)
{
	expect(!pst_list_is_single(&list));
	pst_list_remove(&items[1].link);
	expect(!pst_list_is_single(&list));
	pst_list_remove(&items[0].link);
	expect(pst_list_is_single(&list));
	pst_list_remove(&items[2].link);
	expect(!pst_list_is_single(&list));
}
END_TEST

START_TEST(an_element_leaves_from_anywhere)
{
	pst_list_remove(&items[1].link);
	expect_equal(read_list(), 13);
	pst_list_remove(&items[0].link);
	expect_equal(read_list(), 3);
	pst_list_remove(&items[2].link);
	expect(pst_list_is_empty(&list));
}
END_TEST

START_TEST(an_element_that_left_can_leave_again_and_come_back)
{
	pst_list_remove(&items[0].link);
	pst_list_remove(&items[0].link);
	expect(pst_list_is_empty(&items[0].link));
	pst_list_append(&list, &items[0].link);
	expect_equal(read_list(), 231);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = set_up);
}
