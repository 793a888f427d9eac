/* SPDX-License-Identifier: ISC */
/*
 * The string that grows
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support/test_case.h"

START_TEST(add_many_times_keeps_all_bytes)
{
	struct pst_text text = {0};
	char *string;
	size_t i;

	for (i = 0; i < 500; i++)
		pst_text_add_format(&text, "%s", "12345678");
	pst_text_add_string(&text, "\nab");
	ck_assert_uint_eq(pst_text_column(&text), 2);
	pst_text_add_padding(&text, 5, 1);
	pst_text_add_padding(&text, 5, 2);
	pst_text_add_harmless(&text, "a\x1b\n\t\xff");
	ck_assert_int_eq(pst_text_take(&text, &string), 0);
	ck_assert_uint_eq(strlen(string), 4000 + 3 + 3 + 2 + 5);
	ck_assert_str_eq(string + 4000, "\nab     a??\t?");
	ck_assert_ptr_null(text.bytes);
	free(string);
}
END_TEST

START_TEST(add_format_long_text_is_complete)
{
	struct pst_text text = {0};
	char word[3001], *string;

	memset(word, 'a', 3000);
	word[1500] = '\n';
	word[3000] = '\0';
	pst_text_add_format(&text, "%s", word);
	ck_assert_uint_eq(pst_text_column(&text), 1499);
	ck_assert_int_eq(pst_text_take(&text, &string), 0);
	ck_assert_str_eq(string, word);
	free(string);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
