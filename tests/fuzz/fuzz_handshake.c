/* SPDX-License-Identifier: ISC */
/*
 * A peer that says anything, to either side, at any point of a handshake
 *
 * The input is a program: its first byte says what the connection is for and
 * whether keys are exchanged, and each step lets a machine create its next
 * message or consume one.  What is consumed is the message that is in turn,
 * with bytes of it replaced by bytes of the input; so the fuzzer starts deep
 * inside the handshake and not in front of the magic.  After every step the
 * promises of handshake.h are checked.
 *
 * All keys are fixed, the ephemeral ones too, so that an input does the same
 * each time.  The fuzzer is somebody between the two sides who has none of
 * them: where keys were exchanged, no side may go on with what the other did
 * not say.
 */
#include "handshake/handshake.h"

#include "fuzz/fuzz_input.h"

#define PAGE_BYTES 4096u
#define LAYOUT_VERSION 1u
#define STATS_VERSION 3u

static const struct pst_channel_params requested = {3, 1u << 20, 65536};

/* Three bits of the first byte count for nothing. */
static const uint8_t initiators_ephemeral[PST_NOISE_KEY_BYTES] = {0, 1};
static const uint8_t responders_ephemeral[PST_NOISE_KEY_BYTES] = {0, 2};
static const uint8_t peer_private_key[PST_NOISE_KEY_BYTES] = {0, 3};
static const uint8_t node_private_key[PST_NOISE_KEY_BYTES] = {0, 4};

struct sides {
	struct pst_identity peer_identity;
	struct pst_identity node_identity;
	enum postern_security minimum;  /* the node's */
	struct pst_handshake_initiator initiator;
	struct pst_handshake_responder responder;
	struct pst_wire_record ready;   /* as created; empty before */
};

/*
 * Up to seven replacements of one byte each, and perhaps another length.  The
 * result is on the heap and of its very size, for the sanitizer to watch.
 */
static uint8_t *spoiled_copy(const struct pst_wire_record *record,
			     struct input *input, size_t *ret_byte_count)
{
	struct pst_wire_record spoiled = *record;
	uint8_t plan = take_byte(input);
	uint8_t *copy;

	for (unsigned i = 0; i < (plan & 7u); i++) {
		size_t offset = take_byte(input);

		offset |= (size_t)(take_byte(input) & 3) << 8;
		spoiled.bytes[offset] = take_byte(input);
	}
	if (plan & 8) {
		spoiled.byte_count = take_byte(input);
		spoiled.byte_count |= (size_t)(take_byte(input) & 3) << 8;
	}
	copy = malloc(spoiled.byte_count + 1);
	require(copy != NULL);
	memcpy(copy + 1, spoiled.bytes, spoiled.byte_count);
	*ret_byte_count = spoiled.byte_count;
	return copy;
}

static void require_same_record(int r, const struct pst_wire_record *a,
				int other_r, const struct pst_wire_record *b)
{
	require(r == 0 && other_r == 0);
	require(a->byte_count == b->byte_count);
	require(memcmp(a->bytes, b->bytes, a->byte_count) == 0);
}

static void require_same_hello(const struct sides *sides)
{
	struct pst_wire_record a = {0}, b = {0};

	require_same_record(pst_wire_write_hello(&sides->initiator.hello, &a),
			    &a,
			    pst_wire_write_hello(&sides->responder.hello, &b),
			    &b);
}

static void require_same_offer(const struct sides *sides)
{
	struct pst_wire_record a = {0}, b = {0};

	require_same_record(pst_wire_write_offer(&sides->initiator.offer, &a),
			    &a,
			    pst_wire_write_offer(&sides->responder.offer, &b),
			    &b);
}

/* Who has failed has no secrets, and mode none never any. */
static void check_secrets(const struct pst_handshake_machine *machine)
{
	if (machine->state == HANDSHAKE_FAILED ||
	    machine->state == HANDSHAKE_REFUSED)
		require(machine->noise == NULL && machine->keys == NULL);
	require(machine->noise == NULL || machine->keys == NULL);
}

static int has_taken_offer(enum pst_handshake_state state)
{
	return state == HANDSHAKE_CONSUMED_OFFER ||
	       state == HANDSHAKE_CREATED_READY ||
	       state == HANDSHAKE_CONSUMED_GO;
}

static int has_taken_ready(enum pst_handshake_state state)
{
	return state == HANDSHAKE_CONSUMED_READY ||
	       state == HANDSHAKE_CREATED_GO;
}

static void check_exchange(const struct sides *sides)
{
	const struct pst_handshake_responder *responder = &sides->responder;
	const struct pst_offer *taken = &sides->initiator.offer;
	const uint8_t *claimed = pst_responder_claimed_key(responder);
	const uint8_t *proven = pst_responder_proven_key(responder);

	check_secrets(&sides->initiator.machine);
	check_secrets(&responder->machine);
	require(claimed == NULL ||
		memcmp(claimed, sides->peer_identity.public_key,
		       PST_NOISE_KEY_BYTES) == 0);
	require(proven == NULL || proven == claimed);
	require(proven == NULL || has_taken_ready(responder->machine.state));
	if (claimed != NULL)
		require_same_hello(sides);
	if (has_taken_offer(sides->initiator.machine.state) &&
	    taken->security != POSTERN_SECURITY_NONE) {
		require_same_hello(sides);
		require_same_offer(sides);
		require((sides->initiator.machine.state ==
			 HANDSHAKE_CONSUMED_OFFER) ==
			(sides->initiator.machine.keys == NULL));
	}
	if (has_taken_ready(responder->machine.state)) {
		require(responder->offer.security >= sides->minimum);
		if (responder->offer.security == POSTERN_SECURITY_NONE)
			return;
		require_same_hello(sides);
		require_same_offer(sides);
		require(responder->machine.keys != NULL);
	}
}

/* What was just consumed: if it was a READY that proves something. */
static void check_ready(const struct sides *sides, const uint8_t *bytes,
			size_t byte_count)
{
	if (sides->responder.machine.state != HANDSHAKE_CONSUMED_READY ||
	    sides->responder.offer.security == POSTERN_SECURITY_NONE)
		return;
	require(byte_count == sides->ready.byte_count);
	require(memcmp(bytes, sides->ready.bytes, byte_count) == 0);
}

static void check_initiator(const struct pst_handshake_initiator *initiator)
{
	const struct pst_offer *offer = &initiator->offer;

	switch (initiator->machine.state) {
	case HANDSHAKE_FAILED:
	case HANDSHAKE_REFUSED:
		require(initiator->machine.reason != POSTERN_REASON_NONE);
		break;
	case HANDSHAKE_CONSUMED_OFFER:
	case HANDSHAKE_CREATED_READY:
	case HANDSHAKE_CONSUMED_GO:
		require(initiator->hello.security_bits & 1u << offer->security);
		require(offer->directions != 0 && offer->directions <= 3);
		require(offer->send.ring_bytes <= requested.ring_bytes);
		require(offer->receive.ring_bytes <= requested.ring_bytes);
		require(offer->send.message_bytes <= requested.message_bytes);
		require(offer->receive.message_bytes <=
			requested.message_bytes);
		require(offer->client_segment.segment_bytes ==
			PAGE_BYTES + offer->send.ring_bytes);
		require(offer->node_segment.segment_bytes ==
			PAGE_BYTES + offer->receive.ring_bytes);
		break;
	case HANDSHAKE_CONSUMED_STATS:
		require(initiator->stats.layout_version == STATS_VERSION);
		require(initiator->stats.segment.segment_bytes % PAGE_BYTES ==
			0);
		require(initiator->stats.segment.segment_bytes <=
			PST_STATS_SEGMENT_BYTES_MAX);
		break;
	case HANDSHAKE_CONSUMED_RESULT:
		require((initiator->result.count > 0) ==
			(initiator->result.code == PST_RESULT_DONE));
		break;
	case HANDSHAKE_START:
	case HANDSHAKE_CREATED_HELLO:
	case HANDSHAKE_CONSUMED_PERMIT:
	case HANDSHAKE_CREATED_COMMAND:
		break;
	case HANDSHAKE_CONSUMED_HELLO:
	case HANDSHAKE_CREATED_OFFER:
	case HANDSHAKE_CONSUMED_READY:
	case HANDSHAKE_CREATED_GO:
	case HANDSHAKE_CREATED_STATS:
	case HANDSHAKE_CREATED_PERMIT:
	case HANDSHAKE_CONSUMED_COMMAND:
	case HANDSHAKE_CREATED_RESULT:
		require(0);
	}
	if (initiator->machine.state == HANDSHAKE_CONSUMED_GO)
		require(initiator->slot != 0);
}

static void check_hello(const struct pst_hello *hello)
{
	int is_for_a_channel = hello->kind == PST_WIRE_KIND_CHANNEL;

	require(pst_wire_is_name(hello->node_name));
	require(hello->instance[0] == '\0' ||
		pst_wire_is_name(hello->instance));
	require(hello->layout_version ==
		(is_for_a_channel ? LAYOUT_VERSION : 0));
	require((hello->requested.directions != 0) == is_for_a_channel);
	require(hello->key_exchange.byte_count <=
		sizeof(hello->key_exchange.bytes));
}

static void check_responder(const struct pst_handshake_responder *responder)
{
	const struct pst_command *command = &responder->command;

	switch (responder->machine.state) {
	case HANDSHAKE_FAILED:
		require(responder->machine.reason != POSTERN_REASON_NONE);
		break;
	case HANDSHAKE_CONSUMED_HELLO:
	case HANDSHAKE_CREATED_OFFER:
	case HANDSHAKE_CONSUMED_READY:
	case HANDSHAKE_CREATED_GO:
	case HANDSHAKE_CREATED_STATS:
	case HANDSHAKE_CREATED_PERMIT:
		check_hello(&responder->hello);
		break;
	case HANDSHAKE_CONSUMED_COMMAND:
	case HANDSHAKE_CREATED_RESULT:
		check_hello(&responder->hello);
		require((command->peer == 0) == (command->peer_name[0] != 0));
		break;
	case HANDSHAKE_START:
	case HANDSHAKE_REFUSED:
		break;
	case HANDSHAKE_CREATED_HELLO:
	case HANDSHAKE_CONSUMED_OFFER:
	case HANDSHAKE_CREATED_READY:
	case HANDSHAKE_CONSUMED_GO:
	case HANDSHAKE_CONSUMED_STATS:
	case HANDSHAKE_CONSUMED_PERMIT:
	case HANDSHAKE_CREATED_COMMAND:
	case HANDSHAKE_CONSUMED_RESULT:
		require(0);
	}
}

static int create_offer(struct pst_handshake_responder *responder,
			enum postern_security minimum,
			struct pst_wire_record *ret_record)
{
	enum postern_security security;
	struct pst_offer offer;
	int r;

	r = pst_offer_choose_security(responder->hello.security_bits, minimum,
				      &security);
	if (r < 0)
		return r;
	r = pst_offer_init(&offer, &responder->hello.requested, &requested,
			   PAGE_BYTES, LAYOUT_VERSION, security);
	if (r < 0)
		return r;
	memset(offer.session_id, 0x5a, sizeof(offer.session_id));
	offer.node_segment.inode = 11;
	offer.client_segment.inode = 12;
	return pst_responder_create_offer(responder, &offer, ret_record);
}

static int create_stats(struct pst_handshake_responder *responder,
			struct pst_wire_record *ret_record)
{
	const struct pst_stats_record stats = {
		.layout_version = STATS_VERSION,
		.segment = {PAGE_BYTES, 13},
	};

	return pst_responder_create_stats(responder, &stats, ret_record);
}

static int create_command(uint8_t step,
			  struct pst_handshake_initiator *initiator,
			  struct pst_wire_record *ret_record)
{
	struct pst_command command = {.verb = PST_COMMAND_DISCONNECT};

	if (step & 0x40)
		command.peer = 1;
	else
		command.peer_name[0] = 'a';
	return pst_initiator_create_command(initiator, &command, ret_record);
}

/* A result may be an error; only the record that it leaves is of interest. */
static void create(uint8_t step, struct sides *sides,
		   struct pst_wire_record *record)
{
	static const struct pst_permit permit = {{7}};
	struct pst_handshake_initiator *initiator = &sides->initiator;
	struct pst_handshake_responder *responder = &sides->responder;

	switch (step % 9) {
	case 0:
		(void)!pst_initiator_create_hello(initiator, record);
		break;
	case 1:
		(void)!create_offer(responder, sides->minimum, record);
		break;
	case 2:
		if (pst_initiator_create_ready(initiator, record) == 0)
			sides->ready = *record;
		break;
	case 3:
		(void)!pst_responder_create_go(responder, 1, record);
		break;
	case 4:
		(void)!pst_responder_create_refuse(
			responder, (enum pst_refuse_code)(step / 9 % 4),
			record);
		break;
	case 5:
		(void)!create_stats(responder, record);
		break;
	case 6:
		(void)!pst_responder_create_permit(responder, &permit, record);
		break;
	case 7:
		(void)!create_command(step, initiator, record);
		break;
	default:
		(void)!pst_responder_create_result(
			responder, (enum pst_result_code)(step / 9 % 4),
			step / 9 % 2, record);
		break;
	}
}

static void consume(uint8_t step, struct sides *sides,
		    const struct pst_wire_record *record, struct input *input)
{
	size_t byte_count;
	uint8_t *copy = spoiled_copy(record, input, &byte_count);

	if (step & 1)
		(void)!pst_initiator_consume(&sides->initiator, copy + 1,
					     byte_count);
	else if (pst_responder_consume(&sides->responder, copy + 1,
				       byte_count) == 0)
		check_ready(sides, copy + 1, byte_count);
	free(copy);
}

/* Of shape, two bits are the pattern, one each cipher and whether NN offers
 * `none` too, and the rest the node's minimum. */
static void add_exchange(struct pst_initiator_params *params, unsigned shape,
			 struct sides *sides)
{
	params->pattern = (enum pst_noise_pattern)(shape & 3);
	params->security_bits = 1u << POSTERN_SECURITY_NONE;
	sides->minimum = (enum postern_security)(shape / 16 % 3);
	if (params->pattern == PST_NOISE_NONE)
		return;

	params->cipher = PST_CIPHER_CHACHAPOLY;
	if (shape & 4 && pst_cipher_is_available(PST_CIPHER_AESGCM))
		params->cipher = PST_CIPHER_AESGCM;
	if (params->pattern != PST_NOISE_NN || !(shape & 8))
		params->security_bits = 0;
	params->security_bits |= 1u << POSTERN_SECURITY_MAC |
				 1u << POSTERN_SECURITY_AEAD;
	params->ephemeral_private_key = initiators_ephemeral;
	if (params->pattern != PST_NOISE_NN)
		params->node_key = sides->node_identity.public_key;
	if (params->pattern == PST_NOISE_IK)
		params->borrow_identity = &sides->peer_identity;
}

static void begin(uint8_t plan, struct sides *sides)
{
	struct pst_initiator_params params = {
		.node_name = "orders",
		.page_bytes = PAGE_BYTES,
		.layout_version = STATS_VERSION,
	};
	const struct pst_responder_params node = {
		.layout_version = LAYOUT_VERSION,
		.borrow_identity = &sides->node_identity,
		.cipher_bits = 1u << PST_CIPHER_AESGCM |
			       1u << PST_CIPHER_CHACHAPOLY,
		.ephemeral_private_key = responders_ephemeral,
	};

	pst_identity_init(&sides->peer_identity, peer_private_key);
	pst_identity_init(&sides->node_identity, node_private_key);
	params.kind = (enum pst_wire_kind)(PST_WIRE_KIND_CHANNEL + plan % 3);
	if (params.kind == PST_WIRE_KIND_CHANNEL) {
		params.requested = requested;
		params.layout_version = LAYOUT_VERSION;
		add_exchange(&params, plan / 3, sides);
	}
	require(pst_initiator_init(&sides->initiator, &params) == 0);
	pst_responder_init(&sides->responder, &node);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct input input = {bytes, byte_count};
	struct pst_wire_record record = {0};
	struct sides sides = {0};

	begin(take_byte(&input), &sides);
	while (input.left_bytes > 0) {
		uint8_t step = take_byte(&input);

		if (step & 0x80)
			create(step & 0x7f, &sides, &record);
		else
			consume(step, &sides, &record, &input);
		check_initiator(&sides.initiator);
		check_responder(&sides.responder);
		check_exchange(&sides);
	}
	pst_initiator_done(&sides.initiator);
	pst_responder_done(&sides.responder);
	return 0;
}
