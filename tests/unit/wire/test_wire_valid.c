/* SPDX-License-Identifier: ISC */
/*
 * What a message may say: the writer's side of the rules, where structs can
 * hold values that no record could carry.
 */
#include "wire/wire.h"

#include <check.h>
#include <stdlib.h>

#include "unit/wire/wire_samples.h"

START_TEST(names_begin_with_a_letter_or_digit)
{
	for (unsigned c = 0; c < 256; c++) {
		char name[PST_WIRE_NAME_BYTES] = {(char)c, 'a'};
		bool is_good = (c >= '0' && c <= '9') ||
			       (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		ck_assert_msg(pst_wire_is_name(name) == is_good, "byte %u", c);
	}
}
END_TEST

START_TEST(names_go_on_with_four_kinds_of_characters)
{
	for (unsigned c = 1; c < 256; c++) {
		char name[PST_WIRE_NAME_BYTES] = {'a', (char)c, 'b'};
		bool is_good = (c >= '0' && c <= '9') ||
			       (c >= 'A' && c <= 'Z') ||
			       (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
			       c == '-';

		ck_assert_msg(pst_wire_is_name(name) == is_good, "byte %u", c);
	}
}
END_TEST

START_TEST(names_are_terminated_within_their_field)
{
	char name[PST_WIRE_NAME_BYTES];

	memset(name, 'a', sizeof(name));
	ck_assert(!pst_wire_is_name(name));
	name[PST_WIRE_NAME_BYTES - 1] = '\0';
	ck_assert(pst_wire_is_name(name));
	name[0] = '\0';
	ck_assert(!pst_wire_is_name(name));
}
END_TEST

START_TEST(a_zeroed_message_is_not_valid)
{
	static const struct pst_hello hello;
	static const struct pst_offer offer;
	static const struct pst_go go;
	static const struct pst_refuse refuse;

	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
	ck_assert(!pst_go_is_valid(&go));
	ck_assert(!pst_refuse_is_valid(&refuse));
}
END_TEST

START_TEST(an_instance_may_be_empty_but_a_node_name_not)
{
	struct pst_hello hello = sample_hello();

	hello.instance[0] = '\0';
	ck_assert(pst_hello_is_valid(&hello));
	hello.node_name[0] = '\0';
	ck_assert(!pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(key_exchange_is_there_exactly_when_a_mode_needs_it)
{
	struct pst_hello hello = sample_hello();
	struct pst_offer offer = sample_offer();

	hello.key_exchange.byte_count = 1;
	offer.key_exchange.byte_count = 1;
	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
	hello.security_bits = 1u << POSTERN_SECURITY_MAC;
	offer.security = POSTERN_SECURITY_MAC;
	ck_assert(pst_hello_is_valid(&hello));
	ck_assert(pst_offer_is_valid(&offer));
	hello.key_exchange.byte_count = PST_WIRE_KEY_EXCHANGE_BYTES;
	offer.key_exchange.byte_count = PST_WIRE_KEY_EXCHANGE_BYTES;
	ck_assert(pst_hello_is_valid(&hello));
	ck_assert(pst_offer_is_valid(&offer));
	hello.key_exchange.byte_count++;
	offer.key_exchange.byte_count++;
	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
	hello.key_exchange.byte_count = 0;
	offer.key_exchange.byte_count = 0;
	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

START_TEST(unknown_modes_are_refused_with_a_key_exchange_too)
{
	struct pst_hello hello = sample_hello();
	struct pst_offer offer = sample_offer();

	hello.key_exchange.byte_count = 1;
	hello.security_bits = 0;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.security_bits = 1u << (POSTERN_SECURITY_AEAD + 1) | 1u;
	ck_assert(!pst_hello_is_valid(&hello));

	offer.key_exchange.byte_count = 1;
	offer.security = (enum postern_security)(POSTERN_SECURITY_AEAD + 1);
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

START_TEST(directions_beyond_sixteen_bits_are_refused)
{
	struct pst_hello hello = sample_hello();
	struct pst_offer offer = sample_offer();

	hello.wish.directions |= UINT32_C(1) << 16;
	offer.directions |= UINT32_C(1) << 16;
	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

START_TEST(an_offer_of_one_direction_has_one_ring)
{
	struct pst_offer offer = sample_offer();

	offer.directions = POSTERN_DIRECTION_SEND;
	ck_assert(!pst_offer_is_valid(&offer));
	offer.receive.ring_bytes = 0;
	ck_assert(!pst_offer_is_valid(&offer));
	offer.receive.message_bytes = 0;
	ck_assert(pst_offer_is_valid(&offer));
	offer.send.message_bytes = 0;
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire_valid");
	TCase *tcase = tcase_create("rules");
	SRunner *runner = srunner_create(suite);
	int failed_count;

	tcase_add_test(tcase, names_begin_with_a_letter_or_digit);
	tcase_add_test(tcase, names_go_on_with_four_kinds_of_characters);
	tcase_add_test(tcase, names_are_terminated_within_their_field);
	tcase_add_test(tcase, a_zeroed_message_is_not_valid);
	tcase_add_test(tcase, an_instance_may_be_empty_but_a_node_name_not);
	tcase_add_test(tcase,
		       key_exchange_is_there_exactly_when_a_mode_needs_it);
	tcase_add_test(tcase,
		       unknown_modes_are_refused_with_a_key_exchange_too);
	tcase_add_test(tcase, directions_beyond_sixteen_bits_are_refused);
	tcase_add_test(tcase, an_offer_of_one_direction_has_one_ring);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
