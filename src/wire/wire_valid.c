/* SPDX-License-Identifier: ISC */
/*
 * The rules for messages that need no context
 *
 * Reading and writing use the same rules, so neither side can send a message
 * that the other must refuse.  handshake_offer.c checks numbers against the
 * request and the page size of this machine.
 */
#include "wire/wire.h"

#define DIRECTIONS_ALL (POSTERN_DIRECTION_TO_NODE | POSTERN_DIRECTION_FROM_NODE)

#define SECURITY_BIT_NONE (1u << POSTERN_SECURITY_NONE)
#define SECURITY_BITS_ALL (SECURITY_BIT_NONE | 1u << POSTERN_SECURITY_MAC | \
			   1u << POSTERN_SECURITY_AEAD)

/* Not isalnum(): its result depends on the locale. */
static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_name_character(char c)
{
	return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
}

static bool has_directions(uint32_t directions)
{
	return directions != 0 && (directions & ~(uint32_t)DIRECTIONS_ALL) == 0;
}

static_assert(PST_WIRE_IK_BYTES <= PST_WIRE_KEY_EXCHANGE_BYTES,
	      "fits its area");
static_assert(PST_WIRE_ANSWER_BYTES <= PST_WIRE_KEY_EXCHANGE_BYTES,
	      "fits its area");

size_t pst_wire_key_exchange_bytes(enum pst_wire_pattern pattern)
{
	switch (pattern) {
	case PST_WIRE_PATTERN_NONE:
		return 0;
	case PST_WIRE_PATTERN_NN:
		return PST_WIRE_NN_BYTES;
	case PST_WIRE_PATTERN_NK:
		return PST_WIRE_NK_BYTES;
	case PST_WIRE_PATTERN_IK:
		return PST_WIRE_IK_BYTES;
	}
	return 0;
}

static bool has_modes_of_its_pattern(const struct pst_hello *hello)
{
	switch (hello->pattern) {
	case PST_WIRE_PATTERN_NONE:
		return hello->security_bits == SECURITY_BIT_NONE;
	case PST_WIRE_PATTERN_NN:
		return hello->security_bits != SECURITY_BIT_NONE;
	case PST_WIRE_PATTERN_NK:
	case PST_WIRE_PATTERN_IK:
		return !(hello->security_bits & SECURITY_BIT_NONE);
	}
	return false;
}

/* The key exchange is complete if an offered mode needs it, else empty. */
static bool has_its_key_exchange(const struct pst_hello *hello)
{
	return has_modes_of_its_pattern(hello) &&
	       hello->cipher <= PST_WIRE_CIPHER_CHACHAPOLY &&
	       (hello->cipher == PST_WIRE_CIPHER_NONE) ==
		       (hello->pattern == PST_WIRE_PATTERN_NONE) &&
	       hello->key_exchange.byte_count ==
		       pst_wire_key_exchange_bytes(hello->pattern);
}

static size_t answer_bytes(enum postern_security security)
{
	return security == POSTERN_SECURITY_NONE ? 0 : PST_WIRE_ANSWER_BYTES;
}

static bool is_direction_valid(const struct pst_offer_direction *direction,
			       bool is_granted)
{
	return (direction->ring_bytes > 0) == is_granted &&
	       (direction->message_bytes > 0) == is_granted;
}

bool pst_wire_is_name(const char name[static PST_WIRE_NAME_BYTES])
{
	if (!is_alphanumeric(name[0]))
		return false;
	for (size_t i = 1; i < PST_WIRE_NAME_BYTES; i++) {
		if (name[i] == '\0')
			return true;
		if (!is_name_character(name[i]))
			return false;
	}
	return false;
}

static bool requests_a_channel(const struct pst_hello *hello)
{
	return has_directions(hello->requested.directions) &&
	       hello->requested.ring_bytes > 0 &&
	       hello->requested.message_bytes > 0 &&
	       hello->security_bits != 0 &&
	       (hello->security_bits & ~SECURITY_BITS_ALL) == 0;
}

static bool requests_nothing(const struct pst_hello *hello)
{
	return hello->requested.directions == 0 &&
	       hello->requested.ring_bytes == 0 &&
	       hello->requested.message_bytes == 0 &&
	       hello->layout_version == 0 &&
	       hello->security_bits == SECURITY_BIT_NONE;
}

static bool has_requests_of_its_kind(const struct pst_hello *hello)
{
	switch (hello->kind) {
	case PST_WIRE_KIND_CHANNEL:
		return requests_a_channel(hello);
	case PST_WIRE_KIND_OBSERVE:
	case PST_WIRE_KIND_CONTROL:
		return requests_nothing(hello);
	}
	return false;
}

bool pst_hello_is_valid(const struct pst_hello *hello)
{
	return has_requests_of_its_kind(hello) &&
	       pst_wire_is_name(hello->node_name) &&
	       (hello->instance[0] == '\0' ||
		pst_wire_is_name(hello->instance)) &&
	       has_its_key_exchange(hello);
}

bool pst_offer_is_valid(const struct pst_offer *offer)
{
	bool may_send = (offer->directions & POSTERN_DIRECTION_TO_NODE) != 0;
	bool may_receive = (offer->directions & POSTERN_DIRECTION_FROM_NODE) !=
			   0;

	return has_directions(offer->directions) &&
	       is_direction_valid(&offer->send, may_send) &&
	       is_direction_valid(&offer->receive, may_receive) &&
	       offer->security <= POSTERN_SECURITY_AEAD &&
	       offer->node_segment.inode != 0 &&
	       offer->client_segment.inode != 0 &&
	       offer->node_segment.inode != offer->client_segment.inode &&
	       offer->key_exchange.byte_count == answer_bytes(offer->security);
}

bool pst_go_is_valid(const struct pst_go *go)
{
	return go->slot != 0;
}

bool pst_stats_record_is_valid(const struct pst_stats_record *stats)
{
	return stats->segment.segment_bytes != 0 && stats->segment.inode != 0;
}

bool pst_command_is_valid(const struct pst_command *command)
{
	if (command->verb != PST_COMMAND_DISCONNECT)
		return false;
	if (command->peer != 0)
		return command->peer_name[0] == '\0';
	return pst_wire_is_name(command->peer_name);
}

bool pst_result_is_valid(const struct pst_result *result)
{
	return result->code >= PST_RESULT_DONE &&
	       result->code <= PST_RESULT_NOBODY &&
	       result->count <= UINT32_MAX &&
	       (result->count > 0) == (result->code == PST_RESULT_DONE);
}

bool pst_refuse_is_valid(const struct pst_refuse *refuse)
{
	return refuse->version != 0 && refuse->code >= PST_REFUSE_DENIED &&
	       refuse->code <= PST_REFUSE_VERSION;
}
