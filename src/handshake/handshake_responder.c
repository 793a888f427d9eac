/* SPDX-License-Identifier: ISC */
/*
 * The responder's side of the handshake: the node
 *
 * It checks form, order and consistency of the messages.  The caller identifies
 * the client and decides on the offer.  HELLO can make the responder use one
 * page of memory for secrets and a few X25519 multiplications, nothing more.
 */
#include "handshake/handshake.h"

#include <errno.h>
#include <string.h>

#include "handshake/handshake_keys.h"
#include "handshake/handshake_machine.h"

/* Whether HELLO offers this mode. */
static bool is_offered(const struct pst_hello *hello,
		       enum postern_security security)
{
	return (hello->security_bits & 1u << security) != 0;
}

static int consume_hello(struct pst_handshake_responder *responder,
			 const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &responder->machine;
	struct pst_hello hello;
	int r;

	r = pst_wire_read_hello(bytes, byte_count, &hello);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (hello.kind == PST_WIRE_KIND_CHANNEL &&
	    hello.layout_version != responder->params.layout_version)
		return pst_handshake_fail(machine, POSTERN_REASON_VERSION,
					  -EPROTONOSUPPORT);
	r = pst_handshake_keys_consume_hello(responder, &hello);
	if (r < 0)
		return r;

	responder->hello = hello;
	machine->kind = hello.kind;
	return 0;
}

static int consume_ready(struct pst_handshake_responder *responder,
			 const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &responder->machine;
	struct pst_ready ready;
	int r;

	r = pst_wire_read_ready(bytes, byte_count, &ready);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (memcmp(ready.session_id, responder->offer.session_id,
		   sizeof(ready.session_id)) != 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL,
					  -EBADMSG);
	return pst_handshake_keys_consume_ready(
		machine, responder->offer.security, &ready);
}

static int consume_command(struct pst_handshake_responder *responder,
			   const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &responder->machine;
	struct pst_command command;
	int r;

	r = pst_wire_read_command(bytes, byte_count, &command);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (memcmp(command.session_id, responder->permit.session_id,
		   sizeof(command.session_id)) != 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL,
					  -EBADMSG);

	responder->command = command;
	return 0;
}

void pst_responder_init(struct pst_handshake_responder *responder,
			const struct pst_responder_params *params)
{
	*responder = (struct pst_handshake_responder){
		.machine = {
			.role = PST_HANDSHAKE_RESPONDER,
			.state = HANDSHAKE_START,
		},
		.params = *params,
	};
}

void pst_responder_done(struct pst_handshake_responder *responder)
{
	pst_handshake_done(&responder->machine);
}

int pst_responder_consume(struct pst_handshake_responder *responder,
			  const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &responder->machine;
	enum pst_handshake_state next;
	enum pst_wire_type type;
	int r;

	r = pst_handshake_read_transition(machine, bytes, byte_count, &type,
					  &next);
	if (r < 0)
		return r;

	switch (type) {
	case PST_WIRE_HELLO:
		r = consume_hello(responder, bytes, byte_count);
		break;
	case PST_WIRE_READY:
		r = consume_ready(responder, bytes, byte_count);
		break;
	case PST_WIRE_COMMAND:
		r = consume_command(responder, bytes, byte_count);
		break;
	case PST_WIRE_OFFER:
	case PST_WIRE_GO:
	case PST_WIRE_REFUSE:
	case PST_WIRE_STATS:
	case PST_WIRE_PERMIT:
	case PST_WIRE_RESULT:
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL,
					  -EBADMSG);
	}
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_responder_create_offer(struct pst_handshake_responder *responder,
			       const struct pst_offer *offer,
			       struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &responder->machine;
	struct pst_offer keyed = *offer;
	enum pst_handshake_state next;
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_OFFER, &next);
	if (r < 0)
		return r;

	keyed.key_exchange = (struct pst_key_exchange){0};
	if (offer->security != POSTERN_SECURITY_NONE)
		keyed.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
	if (!pst_offer_is_valid(&keyed) ||
	    !is_offered(&responder->hello, offer->security) ||
	    offer->layout_version != responder->params.layout_version ||
	    pst_offer_check(offer, &responder->hello.requested,
			    offer->control_bytes) < 0)
		return -EINVAL;
	r = pst_handshake_keys_create_offer(machine, &keyed);
	if (r < 0)
		return r;
	r = pst_wire_write_offer(&keyed, ret_record);
	if (r < 0)
		return r;
	responder->offer = keyed;
	machine->state = next;
	return 0;
}

int pst_responder_create_go(struct pst_handshake_responder *responder,
			    uint64_t slot, struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &responder->machine;
	enum pst_handshake_state next;
	struct pst_go go = {.slot = slot};
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_GO, &next);
	if (r < 0)
		return r;

	memcpy(go.session_id, responder->offer.session_id,
	       sizeof(go.session_id));
	r = pst_wire_write_go(&go, ret_record);
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_responder_create_stats(struct pst_handshake_responder *responder,
			       const struct pst_stats_record *stats,
			       struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &responder->machine;
	enum pst_handshake_state next;
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_STATS, &next);
	if (r < 0)
		return r;

	if (stats->segment.segment_bytes > PST_STATS_SEGMENT_BYTES_MAX)
		return -EINVAL;
	r = pst_wire_write_stats(stats, ret_record);
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_responder_create_permit(struct pst_handshake_responder *responder,
				const struct pst_permit *permit,
				struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &responder->machine;
	enum pst_handshake_state next;
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_PERMIT, &next);
	if (r < 0)
		return r;

	r = pst_wire_write_permit(permit, ret_record);
	if (r < 0)
		return r;
	responder->permit = *permit;
	machine->state = next;
	return 0;
}

int pst_responder_create_result(struct pst_handshake_responder *responder,
				enum pst_result_code code, uint64_t count,
				struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &responder->machine;
	struct pst_result result = {.code = code, .count = count};
	enum pst_handshake_state next;
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_RESULT, &next);
	if (r < 0)
		return r;

	memcpy(result.session_id, responder->permit.session_id,
	       sizeof(result.session_id));
	r = pst_wire_write_result(&result, ret_record);
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_responder_create_refuse(struct pst_handshake_responder *responder,
				enum pst_refuse_code code,
				struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &responder->machine;
	enum pst_handshake_state next;
	struct pst_refuse refuse = {PST_WIRE_VERSION, code};
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_REFUSE, &next);
	if (r < 0)
		return r;

	r = pst_wire_write_refuse(&refuse, ret_record);
	if (r < 0)
		return r;
	pst_handshake_refuse(machine);
	return 0;
}

static bool has_consumed_ready(enum pst_handshake_state state)
{
	return state == HANDSHAKE_CONSUMED_READY ||
	       state == HANDSHAKE_CREATED_GO;
}

const uint8_t *
pst_responder_claimed_key(const struct pst_handshake_responder *responder)
{
	return responder->claims_key ? responder->claimed_key : NULL;
}

const uint8_t *
pst_responder_proven_key(const struct pst_handshake_responder *responder)
{
	if (!has_consumed_ready(responder->machine.state))
		return NULL;
	return pst_responder_claimed_key(responder);
}

struct pst_record_keys *
pst_responder_take_keys(struct pst_handshake_responder *responder)
{
	return pst_handshake_take_keys(&responder->machine);
}
