/* SPDX-License-Identifier: ISC */
/*
 * What a message may say: the writer's side of the rules, where structs can
 * hold values that no record could carry.
 */
#include "wire/wire.h"

#include "unit/wire/wire_samples.h"
#include "support/test_case.h"

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
	static const struct pst_stats_record stats;
	static const struct pst_command command;
	static const struct pst_result result;

	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
	ck_assert(!pst_go_is_valid(&go));
	ck_assert(!pst_refuse_is_valid(&refuse));
	ck_assert(!pst_stats_record_is_valid(&stats));
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

static const enum pst_wire_pattern patterns[] = {
	PST_WIRE_PATTERN_NN, PST_WIRE_PATTERN_NK, PST_WIRE_PATTERN_IK,
};
#define PATTERN_COUNT (sizeof(patterns) / sizeof(*patterns))

START_TEST(a_key_exchange_is_as_long_as_its_pattern_says,
	   .loop_end = PATTERN_COUNT)
{
	static const size_t wanted_bytes[PATTERN_COUNT] = {32, 48, 96};
	struct pst_hello hello = sample_secured_hello(patterns[_i]);

	for (size_t n = 0; n <= PST_WIRE_KEY_EXCHANGE_BYTES + 1; n++) {
		hello.key_exchange.byte_count = n;
		ck_assert_msg(pst_hello_is_valid(&hello) ==
				      (n == wanted_bytes[_i]),
			      "%zu bytes", n);
	}
	hello.key_exchange.byte_count = wanted_bytes[_i] + (1u << 16);
	ck_assert(!pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(an_answer_is_eighty_bytes_exactly_when_a_mode_needs_it)
{
	struct pst_offer offer = sample_secured_offer();

	for (size_t n = 0; n <= PST_WIRE_KEY_EXCHANGE_BYTES + 1; n++) {
		offer.key_exchange.byte_count = n;
		offer.security = POSTERN_SECURITY_MAC;
		ck_assert_msg(pst_offer_is_valid(&offer) == (n == 80),
			      "%zu bytes", n);
		offer.security = POSTERN_SECURITY_NONE;
		ck_assert_msg(pst_offer_is_valid(&offer) == (n == 0),
			      "%zu bytes", n);
	}
}
END_TEST

START_TEST(mode_none_alone_has_neither_pattern_nor_cipher)
{
	struct pst_hello hello = sample_hello();

	hello.pattern = PST_WIRE_PATTERN_NN;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.pattern = PST_WIRE_PATTERN_NONE;
	hello.cipher = PST_WIRE_CIPHER_AESGCM;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = sample_secured_hello(PST_WIRE_PATTERN_NN);
	hello.security_bits = 1u << POSTERN_SECURITY_NONE;
	ck_assert(!pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(every_other_offer_has_both_and_only_known_ones,
	   .loop_end = PATTERN_COUNT)
{
	struct pst_hello hello = sample_secured_hello(patterns[_i]);

	hello.cipher = PST_WIRE_CIPHER_NONE;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.cipher = PST_WIRE_CIPHER_AESGCM;
	ck_assert(pst_hello_is_valid(&hello));
	hello.cipher = (enum pst_wire_cipher)(PST_WIRE_CIPHER_CHACHAPOLY + 1);
	ck_assert(!pst_hello_is_valid(&hello));
	hello.cipher = (enum pst_wire_cipher)(PST_WIRE_CIPHER_AESGCM + 256);
	ck_assert(!pst_hello_is_valid(&hello));

	hello = sample_secured_hello(patterns[_i]);
	hello.pattern = PST_WIRE_PATTERN_NONE;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.key_exchange.byte_count = 0;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.pattern = (enum pst_wire_pattern)(PST_WIRE_PATTERN_IK + 1);
	ck_assert(!pst_hello_is_valid(&hello));
	hello.pattern = (enum pst_wire_pattern)(patterns[_i] + 256);
	ck_assert(!pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(hello_with_a_key_does_not_offer_mode_none, .loop_end = PATTERN_COUNT)
{
	struct pst_hello hello = sample_secured_hello(patterns[_i]);

	ck_assert(pst_hello_is_valid(&hello));
	hello.security_bits |= 1u << POSTERN_SECURITY_NONE;
	ck_assert(pst_hello_is_valid(&hello) ==
		  (patterns[_i] == PST_WIRE_PATTERN_NN));
}
END_TEST

START_TEST(unknown_modes_are_refused_with_a_key_exchange_too,
	   .loop_end = PATTERN_COUNT)
{
	struct pst_hello hello = sample_secured_hello(patterns[_i]);
	struct pst_offer offer = sample_secured_offer();

	hello.security_bits = 0;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.security_bits = 1u << (POSTERN_SECURITY_AEAD + 1) | 2u;
	ck_assert(!pst_hello_is_valid(&hello));

	ck_assert(pst_offer_is_valid(&offer));
	offer.security = (enum postern_security)(POSTERN_SECURITY_AEAD + 1);
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

START_TEST(directions_beyond_sixteen_bits_are_refused)
{
	struct pst_hello hello = sample_hello();
	struct pst_offer offer = sample_offer();

	hello.requested.directions |= UINT32_C(1) << 16;
	offer.directions |= UINT32_C(1) << 16;
	ck_assert(!pst_hello_is_valid(&hello));
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

START_TEST(an_offer_of_one_direction_has_one_ring)
{
	struct pst_offer offer = sample_offer();

	offer.directions = POSTERN_DIRECTION_TO_NODE;
	ck_assert(!pst_offer_is_valid(&offer));
	offer.receive.ring_bytes = 0;
	ck_assert(!pst_offer_is_valid(&offer));
	offer.receive.message_bytes = 0;
	ck_assert(pst_offer_is_valid(&offer));
	offer.send.message_bytes = 0;
	ck_assert(!pst_offer_is_valid(&offer));
}
END_TEST

static const enum pst_wire_kind kinds_without_a_request[] = {
	PST_WIRE_KIND_OBSERVE, PST_WIRE_KIND_CONTROL,
};

START_TEST(hello_without_a_channel_requests_nothing, .loop_end = 2)
{
	const struct pst_hello good =
		sample_hello_of(kinds_without_a_request[_i]);
	struct pst_hello hello = good;

	ck_assert(pst_hello_is_valid(&hello));
	hello.requested.directions = POSTERN_DIRECTION_TO_NODE;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.requested.ring_bytes = 1;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.requested.message_bytes = 1;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.layout_version = SAMPLE_LAYOUT_VERSION;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = good;
	hello.instance[0] = '\0';
	ck_assert(pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(hello_without_a_channel_offers_mode_none_only, .loop_end = 2)
{
	struct pst_hello hello = sample_hello_of(kinds_without_a_request[_i]);

	hello.security_bits = 0;
	ck_assert(!pst_hello_is_valid(&hello));
	hello.security_bits = 3;
	hello.pattern = PST_WIRE_PATTERN_NN;
	hello.cipher = PST_WIRE_CIPHER_AESGCM;
	hello.key_exchange.byte_count = PST_WIRE_NN_BYTES;
	ck_assert(!pst_hello_is_valid(&hello));
	hello = sample_hello_of(kinds_without_a_request[_i]);
	ck_assert(pst_hello_is_valid(&hello));
}
END_TEST

START_TEST(a_channel_without_a_request_is_not_valid)
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
	command.verb = (enum pst_command_verb)(PST_COMMAND_DISCONNECT + 1);
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
	return RUN_TESTS();
}
