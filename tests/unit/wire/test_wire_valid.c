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
	static const struct pst_view_record view;
	static const struct pst_command command;
	static const struct pst_result result;

	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
	ck_assert(!pst_go_is_valid(&go));
	ck_assert(!pst_refuse_is_valid(&refuse));
	ck_assert(!pst_view_record_is_valid(&view));
	ck_assert(!pst_command_is_valid(&command));
	ck_assert(!pst_result_is_valid(&result));
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

static const enum pst_wire_kind kinds_without_a_wish[] = {
	PST_WIRE_KIND_OBSERVE, PST_WIRE_KIND_CONTROL,
};

START_TEST(who_wants_no_channel_wishes_for_nothing)
{
	const struct pst_hello good = sample_hello_of(kinds_without_a_wish[_i]);
	struct pst_hello hello = good;

	ck_assert(pst_hello_is_valid(&hello));
	hello.wish.directions = POSTERN_DIRECTION_SEND;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.wish.ring_bytes = 1;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.wish.message_bytes = 1;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.layout_version = SAMPLE_LAYOUT_VERSION;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.instance[0] = '\0';
	ck_assert(pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(who_wants_no_channel_offers_mode_none_alone)
{
	struct pst_hello hello = sample_hello_of(kinds_without_a_wish[_i]);

	hello.security_bits = 0;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.security_bits = 3;
	hello.key_exchange.byte_count = 32;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.security_bits = 1;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.key_exchange.byte_count = 0;
	ck_assert(pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(a_channel_without_a_wish_is_not_valid)
{
	struct pst_hello hello = sample_hello_of(PST_WIRE_KIND_CONTROL);

	hello.kind = PST_WIRE_KIND_CHANNEL;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.kind = (enum pst_wire_kind)4;
	ck_assert(!pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(a_command_names_its_peer_in_one_way)
{
	struct pst_command command = sample_command();

	ck_assert(pst_command_is_valid(&command));
	memcpy(command.peer_name, "tills", sizeof("tills"));
	ck_assert(!pst_command_is_valid(&command));
	command.peer = 0;
	ck_assert(pst_command_is_valid(&command));
	command.peer_name[0] = '.';
	ck_assert(!pst_command_is_valid(&command));
	memset(command.peer_name, 'a', sizeof(command.peer_name));
	ck_assert(!pst_command_is_valid(&command));
}
END_TEST

START_TEST(a_command_that_nobody_knows_is_not_valid)
{
	struct pst_command command = sample_command();

	command.verb = (enum pst_command_verb)0;
	ck_assert(!pst_command_is_valid(&command));
	command.verb = (enum pst_command_verb)(PST_COMMAND_REVOKE + 1);
	ck_assert(!pst_command_is_valid(&command));
}
END_TEST

START_TEST(a_result_counts_exactly_what_was_done)
{
	struct pst_result result = sample_result();

	ck_assert(pst_result_is_valid(&result));
	result.count = UINT64_C(1) << 32;
	ck_assert(!pst_result_is_valid(&result));
	result.count = 0;
	ck_assert(!pst_result_is_valid(&result));
	result.code = PST_RESULT_STALE;
	ck_assert(pst_result_is_valid(&result));
	result.code = PST_RESULT_NOBODY;
	ck_assert(pst_result_is_valid(&result));
	result.count = 1;
	ck_assert(!pst_result_is_valid(&result));
	result.count = 0;
	result.code = (enum pst_result_code)(PST_RESULT_NOBODY + 1);
	ck_assert(!pst_result_is_valid(&result));
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
	tcase_add_loop_test(tcase, who_wants_no_channel_wishes_for_nothing, 0,
			    2);
	tcase_add_loop_test(tcase, who_wants_no_channel_offers_mode_none_alone,
			    0, 2);
	tcase_add_test(tcase, a_channel_without_a_wish_is_not_valid);
	tcase_add_test(tcase, a_command_names_its_peer_in_one_way);
	tcase_add_test(tcase, a_command_that_nobody_knows_is_not_valid);
	tcase_add_test(tcase, a_result_counts_exactly_what_was_done);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed_count = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
