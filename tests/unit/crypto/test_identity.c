/* SPDX-License-Identifier: ISC */
/*
 * Identities and their text
 *
 * The pair of RFC 7748, section 6.1 (Alice's) serves as a known answer.
 */
#include "crypto/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mutate.h"
#include "support/test_case.h"

#define ALICE_TEXT "x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n"
#define ALICE_PUBLIC_TEXT "x25519:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"

static int read_text(const char *text, size_t text_bytes)
{
	struct pst_identity *identity = NULL;
	int r = pst_identity_new_from_text(text, text_bytes, &identity);

	if (r < 0)
		ck_assert_ptr_null(identity);
	else
		identity = pst_identity_free(identity);
	return r;
}

START_TEST(a_private_key_has_the_public_one_of_the_rfc)
{
	char public_text[PST_IDENTITY_PUBLIC_TEXT_BYTES];
	struct pst_identity *identity = NULL;

	ck_assert_int_eq(pst_identity_new_from_text(ALICE_TEXT,
						    strlen(ALICE_TEXT),
						    &identity), 0);
	pst_identity_public_text(identity->public_key, public_text);
	ck_assert_str_eq(public_text, ALICE_PUBLIC_TEXT);
	identity = pst_identity_free(identity);
}
END_TEST

START_TEST(an_identity_comes_back_from_its_text)
{
	char text[PST_IDENTITY_PRIVATE_TEXT_BYTES];

	for (int i = 0; i < 200; i++) {
		struct pst_identity *made = pst_identity_new(), *read = NULL;

		ck_assert_ptr_nonnull(made);
		pst_identity_private_text(made, text);
		ck_assert_int_eq(text[sizeof(text) - 1], '\n');
		ck_assert_ptr_null(memchr(text, '\0', sizeof(text)));
		ck_assert_int_eq(pst_identity_new_from_text(text, sizeof(text),
							    &read), 0);
		ck_assert_mem_eq(read, made, sizeof(*made));
		read = pst_identity_free(read);
		made = pst_identity_free(made);
	}
}
END_TEST

START_TEST(two_identities_are_not_the_same)
{
	struct pst_identity *one = pst_identity_new();
	struct pst_identity *other = pst_identity_new();

	ck_assert(one && other);
	ck_assert_mem_ne(one->private_key, other->private_key,
			 sizeof(one->private_key));
	ck_assert_mem_ne(one->public_key, other->public_key,
			 sizeof(one->public_key));
	one = pst_identity_free(one);
	other = pst_identity_free(other);
}
END_TEST

START_TEST(the_newline_may_be_missing)
{
	ck_assert_int_eq(read_text(ALICE_TEXT, strlen(ALICE_TEXT) - 1), 0);
}
END_TEST

/* 43 digits have 2 bits to spare; were they free, a key had four spellings. */
START_TEST(a_key_has_one_spelling)
{
	char text[] = ALICE_TEXT;
	char *last = text + strlen(text) - 2;
	int accepted_count = 0;

	ck_assert_int_eq(*last, 'o');
	for (int byte = 0; byte < 256; byte++) {
		*last = (char)byte;
		if (read_text(text, strlen(ALICE_TEXT)) == 0)
			accepted_count++;
	}
	/* Those whose last two bits are zero: another key each. */
	ck_assert_int_eq(accepted_count, 16);
	for (const char *spare = "pqr"; *spare; spare++) {
		*last = *spare;
		ck_assert_int_eq(read_text(text, strlen(text)), -EINVAL);
	}
}
END_TEST

static const char *const wrong_texts[] = {
	"",
	"\n",
	"x25519-private:",
	"x25519-private:\n",
	/* a public key */
	(ALICE_PUBLIC_TEXT "\n"),
	"x25519:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
	/* other words */
	"X25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
	"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
	/* more than the line */
	(ALICE_TEXT "\n"),
	(ALICE_TEXT ALICE_TEXT),
	(" " ALICE_TEXT),
	"x25519-private: dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo \n",
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\r\n",
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\r",
	/* padded */
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\n",
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
	/* the other alphabet of base64, and none */
	"x25519-private:+wdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
	"x25519-private:/wdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
	"x25519-private:dwdtCnMYpX08FsFyU.JmRd9ML4frwJkqsXf7pR25LCo\n",
	/* one digit less, and one more */
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC\n",
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCoA\n",
	/* 32 zero bytes */
	"x25519-private:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
};

START_TEST(another_text_is_refused,
	   .loop_end = sizeof(wrong_texts) / sizeof(*wrong_texts))
{
	ck_assert_int_eq(read_text(wrong_texts[_i], strlen(wrong_texts[_i])),
			 -EINVAL);
}
END_TEST

START_TEST(a_zero_byte_is_no_end)
{
	ck_assert_int_eq(read_text(ALICE_TEXT, sizeof(ALICE_TEXT)), -EINVAL);
	ck_assert_int_eq(read_text("x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4fr"
				   "wJkqsXf7pR25LCo",
				   strlen(ALICE_TEXT)), -EINVAL);
}
END_TEST

/* What is read is written in the same way, or it was not taken. */
static void visit(const struct mutation *mutation, void *user_data)
{
	char text[PST_IDENTITY_PRIVATE_TEXT_BYTES];
	struct pst_identity *identity = NULL;
	int *accepted_count = user_data;

	if (pst_identity_new_from_text((const char *)mutation->bytes,
				       mutation->byte_count, &identity) < 0)
		return;
	pst_identity_private_text(identity, text);
	ck_assert_uint_ge(mutation->byte_count, sizeof(text) - 1);
	ck_assert_uint_le(mutation->byte_count, sizeof(text));
	ck_assert_mem_eq(text, mutation->bytes, mutation->byte_count);
	identity = pst_identity_free(identity);
	(*accepted_count)++;
}

START_TEST(every_near_neighbour_is_refused_or_another_key)
{
	int accepted_count = 0;

	(void)mutate_walk((const uint8_t *)ALICE_TEXT, strlen(ALICE_TEXT), 4,
			  visit, &accepted_count);
	/* Other digits at 42 places, 15 at the last; laid out twice.  And the
	 * line without its newline. */
	ck_assert_int_eq(accepted_count, 2 * (42 * 63 + 15 + 1));
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
