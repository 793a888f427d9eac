/* SPDX-License-Identifier: ISC */
/*
 * The initiator's side of the handshake: the client
 *
 * The caller has checked the listener's credentials before, but the node may
 * still be dishonest.  An offer is accepted only if it is within the request
 * that HELLO carried and its sizes are consistent.  If the client knows a key
 * of the node, the offer must also prove that key.
 */
#include "handshake/handshake.h"

#include <errno.h>
#include <string.h>

#include "base/bounds.h"
#include "handshake/handshake_keys.h"
#include "handshake/handshake_machine.h"

static bool put_name(char ret_name[static PST_WIRE_NAME_BYTES],
		     const char *name)
{
	size_t name_bytes = strnlen(name, PST_WIRE_NAME_BYTES);

	if (name_bytes == PST_WIRE_NAME_BYTES)
		return false;
	memcpy(ret_name, name, name_bytes + 1);
	return true;
}

static int consume_offer(struct pst_handshake_initiator *initiator,
			 const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	const struct pst_hello *hello = &initiator->hello;
	struct pst_offer offer;
	int r;

	r = pst_wire_read_offer(bytes, byte_count, &offer);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (offer.layout_version != initiator->layout_version)
		return pst_handshake_fail(machine, POSTERN_REASON_VERSION,
					  -EPROTONOSUPPORT);
	if (!(hello->security_bits & 1u << offer.security))
		return pst_handshake_fail(machine, POSTERN_REASON_SECURITY,
					  -EOPNOTSUPP);
	r = pst_offer_check(&offer, &hello->requested, initiator->page_bytes);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_OFFER,
					  -EBADMSG);
	r = pst_handshake_keys_consume_offer(machine, &offer);
	if (r < 0)
		return r;

	initiator->offer = offer;
	return 0;
}

static int consume_go(struct pst_handshake_initiator *initiator,
		      const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	struct pst_go go;
	int r;

	r = pst_wire_read_go(bytes, byte_count, &go);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (memcmp(go.session_id, initiator->offer.session_id,
		   sizeof(go.session_id)) != 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL,
					  -EBADMSG);

	initiator->slot = go.slot;
	return 0;
}

static bool is_stats_possible(const struct pst_stats_record *stats,
			      uint32_t page_bytes)
{
	return stats->segment.segment_bytes % page_bytes == 0 &&
	       stats->segment.segment_bytes <= PST_STATS_SEGMENT_BYTES_MAX;
}

static int consume_stats(struct pst_handshake_initiator *initiator,
			 const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	struct pst_stats_record stats;
	int r;

	r = pst_wire_read_stats(bytes, byte_count, &stats);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (stats.layout_version != initiator->layout_version)
		return pst_handshake_fail(machine, POSTERN_REASON_VERSION,
					  -EPROTONOSUPPORT);
	if (!is_stats_possible(&stats, initiator->page_bytes))
		return pst_handshake_fail(machine, POSTERN_REASON_OFFER,
					  -EBADMSG);

	initiator->stats = stats;
	return 0;
}

static int consume_permit(struct pst_handshake_initiator *initiator,
			  const void *bytes, size_t byte_count)
{
	int r;

	r = pst_wire_read_permit(bytes, byte_count, &initiator->permit);
	if (r < 0)
		return pst_handshake_fail(&initiator->machine,
					  POSTERN_REASON_PROTOCOL, r);
	return 0;
}

static int consume_result(struct pst_handshake_initiator *initiator,
			  const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	struct pst_result result;
	int r;

	r = pst_wire_read_result(bytes, byte_count, &result);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	if (memcmp(result.session_id, initiator->permit.session_id,
		   sizeof(result.session_id)) != 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL,
					  -EBADMSG);

	initiator->result = result;
	return 0;
}

/* Never returns 0: a valid REFUSE ends the handshake. */
static int consume_refuse(struct pst_handshake_initiator *initiator,
			  const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	struct pst_refuse refuse;
	int r;

	r = pst_wire_read_refuse(bytes, byte_count, &refuse);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);

	pst_handshake_refuse(machine);
	switch (refuse.code) {
	case PST_REFUSE_BUSY:
		machine->reason = POSTERN_REASON_NODE_BUSY;
		return -EDQUOT;
	case PST_REFUSE_VERSION:
		machine->reason = POSTERN_REASON_VERSION;
		return -EPROTONOSUPPORT;
	case PST_REFUSE_DENIED:
		break;
	}
	machine->reason = POSTERN_REASON_REFUSED;
	return -EACCES;
}

int pst_initiator_init(struct pst_handshake_initiator *initiator,
		       const struct pst_initiator_params *params)
{
	struct pst_hello hello = {
		.kind = params->kind,
		.requested = params->requested,
		.security_bits = 1u << POSTERN_SECURITY_NONE,
		.pattern = (enum pst_wire_pattern)params->pattern,
		.cipher = (enum pst_wire_cipher)params->cipher,
	};

	hello.key_exchange.byte_count =
		pst_wire_key_exchange_bytes(hello.pattern);

	*initiator = (struct pst_handshake_initiator){
		.machine = {
			.role = PST_HANDSHAKE_INITIATOR,
			.kind = params->kind,
			.state = HANDSHAKE_FAILED,
		},
		.page_bytes = params->page_bytes,
		.layout_version = params->layout_version,
	};
	if (params->kind == PST_WIRE_KIND_CHANNEL) {
		hello.layout_version = params->layout_version;
		hello.security_bits = params->security_bits;
		if (params->requested.ring_bytes < params->page_bytes)
			return -EINVAL;
	}
	if (!put_name(hello.node_name, params->node_name) ||
	    !put_name(hello.instance, params->instance ? params->instance : ""))
		return -EINVAL;
	if (!pst_hello_is_valid(&hello) ||
	    !pst_bounds_is_power_of_two(params->page_bytes))
		return -EINVAL;

	initiator->hello = hello;
	initiator->machine.state = HANDSHAKE_START;
	return pst_handshake_keys_begin(&initiator->machine, params, &hello);
}

void pst_initiator_done(struct pst_handshake_initiator *initiator)
{
	pst_handshake_done(&initiator->machine);
}

int pst_initiator_create_hello(struct pst_handshake_initiator *initiator,
			       struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	enum pst_handshake_state next;
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_HELLO, &next);
	if (r < 0)
		return r;

	r = pst_handshake_keys_create_hello(machine, &initiator->hello);
	if (r < 0)
		return r;
	r = pst_wire_write_hello(&initiator->hello, ret_record);
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_initiator_create_ready(struct pst_handshake_initiator *initiator,
			       struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	enum pst_handshake_state next;
	struct pst_ready ready = {{0}, {0}};
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_READY, &next);
	if (r < 0)
		return r;

	memcpy(ready.session_id, initiator->offer.session_id,
	       sizeof(ready.session_id));
	r = pst_handshake_keys_create_ready(machine, initiator->offer.security,
					    &ready);
	if (r < 0)
		return r;
	r = pst_wire_write_ready(&ready, ret_record);
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_initiator_create_command(struct pst_handshake_initiator *initiator,
				 const struct pst_command *command,
				 struct pst_wire_record *ret_record)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	struct pst_command in_session = *command;
	enum pst_handshake_state next;
	int r;

	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CREATE,
					   PST_WIRE_COMMAND, &next);
	if (r < 0)
		return r;

	memcpy(in_session.session_id, initiator->permit.session_id,
	       sizeof(in_session.session_id));
	r = pst_wire_write_command(&in_session, ret_record);
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

int pst_initiator_consume(struct pst_handshake_initiator *initiator,
			  const void *bytes, size_t byte_count)
{
	struct pst_handshake_machine *machine = &initiator->machine;
	enum pst_handshake_state next;
	enum pst_wire_type type;
	int r;

	r = pst_handshake_read_transition(machine, bytes, byte_count, &type,
					  &next);
	if (r < 0)
		return r;

	switch (type) {
	case PST_WIRE_OFFER:
		r = consume_offer(initiator, bytes, byte_count);
		break;
	case PST_WIRE_GO:
		r = consume_go(initiator, bytes, byte_count);
		break;
	case PST_WIRE_STATS:
		r = consume_stats(initiator, bytes, byte_count);
		break;
	case PST_WIRE_PERMIT:
		r = consume_permit(initiator, bytes, byte_count);
		break;
	case PST_WIRE_RESULT:
		r = consume_result(initiator, bytes, byte_count);
		break;
	case PST_WIRE_REFUSE:
		return consume_refuse(initiator, bytes, byte_count);
	case PST_WIRE_HELLO:
	case PST_WIRE_READY:
	case PST_WIRE_COMMAND:
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL,
					  -EBADMSG);
	}
	if (r < 0)
		return r;
	machine->state = next;
	return 0;
}

struct pst_record_keys *
pst_initiator_take_keys(struct pst_handshake_initiator *initiator)
{
	return pst_handshake_take_keys(&initiator->machine);
}
