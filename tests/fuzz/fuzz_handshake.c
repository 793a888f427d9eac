/* SPDX-License-Identifier: ISC */
/*
 * A peer that says anything, to either side, at any point of a handshake
 *
 * The input is a program: its first byte says what the connection is for, and
 * each step lets a machine create its next message or consume one.  What is consumed is the message that is in turn, with bytes of
 * it replaced by bytes of the input; so the fuzzer starts deep inside the
 * handshake and not in front of the magic.  After every step the promises of
 * handshake.h are checked.
 */
#include "handshake/handshake.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define LAYOUT_VERSION 1u
#define VIEW_VERSION 3u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count);

struct input {
	const uint8_t *bytes;
	size_t left_bytes;
};

static const struct pst_terms wish = {3, 1u << 20, 65536};

static void require(int is_true)
{
	if (!is_true)
		abort();
}

static uint8_t take_byte(struct input *input)
{
	if (input->left_bytes == 0)
		return 0;
	input->left_bytes--;
	return *input->bytes++;
}

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
		require(offer->security == POSTERN_SECURITY_NONE);
		require(offer->directions != 0 && offer->directions <= 3);
		require(offer->send.ring_bytes <= wish.ring_bytes);
		require(offer->receive.ring_bytes <= wish.ring_bytes);
		require(offer->send.message_bytes <= wish.message_bytes);
		require(offer->receive.message_bytes <= wish.message_bytes);
		require(offer->connector.segment_bytes ==
			PAGE_BYTES + offer->send.ring_bytes);
		require(offer->acceptor.segment_bytes ==
			PAGE_BYTES + offer->receive.ring_bytes);
		break;
	case HANDSHAKE_CONSUMED_VIEW:
		require(initiator->view.layout_version == VIEW_VERSION);
		require(initiator->view.segment.segment_bytes % PAGE_BYTES ==
			0);
		require(initiator->view.segment.segment_bytes <=
			PST_VIEW_BYTES_MAX);
		break;
	case HANDSHAKE_CONSUMED_RESULT:
		require((initiator->result.count > 0) ==
			(initiator->result.code == PST_RESULT_DONE));
		break;
	case HANDSHAKE_START:
	case HANDSHAKE_CREATED_HELLO:
	case HANDSHAKE_CONSUMED_GRANT:
	case HANDSHAKE_CREATED_COMMAND:
		break;
	case HANDSHAKE_CONSUMED_HELLO:
	case HANDSHAKE_CREATED_OFFER:
	case HANDSHAKE_CONSUMED_READY:
	case HANDSHAKE_CREATED_GO:
	case HANDSHAKE_CREATED_VIEW:
	case HANDSHAKE_CREATED_GRANT:
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
	require((hello->wish.directions != 0) == is_for_a_channel);
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
	case HANDSHAKE_CREATED_VIEW:
	case HANDSHAKE_CREATED_GRANT:
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
	case HANDSHAKE_CONSUMED_VIEW:
	case HANDSHAKE_CONSUMED_GRANT:
	case HANDSHAKE_CREATED_COMMAND:
	case HANDSHAKE_CONSUMED_RESULT:
		require(0);
	}
}

static int create_offer(struct pst_handshake_responder *responder,
			struct pst_wire_record *ret_record)
{
	struct pst_offer offer;
	int r;

	r = pst_offer_init(&offer, &responder->hello.wish, &wish, PAGE_BYTES,
			   LAYOUT_VERSION);
	if (r < 0)
		return r;
	memset(offer.session_id, 0x5a, sizeof(offer.session_id));
	offer.acceptor.inode = 11;
	offer.connector.inode = 12;
	return pst_responder_create_offer(responder, &offer, ret_record);
}

static int create_view(struct pst_handshake_responder *responder,
		       struct pst_wire_record *ret_record)
{
	const struct pst_view_record view = {
		.layout_version = VIEW_VERSION,
		.segment = {PAGE_BYTES, 13},
	};

	return pst_responder_create_view(responder, &view, ret_record);
}

static int create_command(uint8_t step,
			  struct pst_handshake_initiator *initiator,
			  struct pst_wire_record *ret_record)
{
	struct pst_command command = {.verb = PST_COMMAND_REVOKE};

	if (step & 0x40)
		command.peer = 1;
	else
		command.peer_name[0] = 'a';
	return pst_initiator_create_command(initiator, &command, ret_record);
}

/* A result may be an error; only the record that it leaves is of interest. */
static void create(uint8_t step, struct pst_handshake_initiator *initiator,
		   struct pst_handshake_responder *responder,
		   struct pst_wire_record *record)
{
	static const struct pst_grant grant = {{7}};

	switch (step % 9) {
	case 0:
		(void)!pst_initiator_create_hello(initiator, record);
		break;
	case 1:
		(void)!create_offer(responder, record);
		break;
	case 2:
		(void)!pst_initiator_create_ready(initiator, record);
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
		(void)!create_view(responder, record);
		break;
	case 6:
		(void)!pst_responder_create_grant(responder, &grant, record);
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

static void consume(uint8_t step, struct pst_handshake_initiator *initiator,
		    struct pst_handshake_responder *responder,
		    const struct pst_wire_record *record, struct input *input)
{
	size_t byte_count;
	uint8_t *copy = spoiled_copy(record, input, &byte_count);

	if (step & 1)
		(void)!pst_initiator_consume(initiator, copy + 1, byte_count);
	else
		(void)!pst_responder_consume(responder, copy + 1, byte_count);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct pst_initiator_params params = {
		.node_name = "orders",
		.page_bytes = PAGE_BYTES,
		.layout_version = VIEW_VERSION,
	};
	struct input input = {bytes, byte_count};
	struct pst_handshake_initiator initiator;
	struct pst_handshake_responder responder;
	struct pst_wire_record record = {0};

	params.kind = (enum pst_wire_kind)(PST_WIRE_KIND_CHANNEL +
					   take_byte(&input) % 3);
	if (params.kind == PST_WIRE_KIND_CHANNEL) {
		params.wish = wish;
		params.layout_version = LAYOUT_VERSION;
	}
	require(pst_initiator_init(&initiator, &params) == 0);
	pst_responder_init(&responder, LAYOUT_VERSION);
	while (input.left_bytes > 0) {
		uint8_t step = take_byte(&input);

		if (step & 0x80)
			create(step & 0x7f, &initiator, &responder, &record);
		else
			consume(step, &initiator, &responder, &record, &input);
		check_initiator(&initiator);
		check_responder(&responder);
	}
	return 0;
}
