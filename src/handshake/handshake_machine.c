/* SPDX-License-Identifier: ISC */
/*
 * Transitions and failures of both sides
 *
 * The contents of messages differ by side.  The order of messages is checked
 * here for both sides, and a violation always ends the handshake.
 */
#include "handshake/handshake_machine.h"

#include <errno.h>

#include "handshake/handshake_keys.h"

int pst_handshake_fail(struct pst_handshake_machine *machine,
		       enum postern_reason reason, int result)
{
	pst_handshake_forget(machine);
	if (machine->state != HANDSHAKE_FAILED &&
	    machine->state != HANDSHAKE_REFUSED) {
		machine->state = HANDSHAKE_FAILED;
		machine->reason = reason;
	}
	return result;
}

void pst_handshake_done(struct pst_handshake_machine *machine)
{
	pst_handshake_forget(machine);
	if (machine->state != HANDSHAKE_REFUSED)
		machine->state = HANDSHAKE_FAILED;
}

void pst_handshake_refuse(struct pst_handshake_machine *machine)
{
	pst_handshake_forget(machine);
	machine->state = HANDSHAKE_REFUSED;
}

int pst_handshake_check_transition(struct pst_handshake_machine *machine,
				   enum pst_handshake_act act,
				   enum pst_wire_type type,
				   enum pst_handshake_state *ret_next)
{
	enum pst_handshake_state next = pst_handshake_next(
		machine->role, machine->kind, machine->state, act, type);

	if (next == HANDSHAKE_FAILED)
		return pst_handshake_fail(
			machine, POSTERN_REASON_PROTOCOL,
			act == PST_HANDSHAKE_CREATE ? -EINVAL : -EBADMSG);
	*ret_next = next;
	return 0;
}

int pst_handshake_read_transition(struct pst_handshake_machine *machine,
				  const void *bytes, size_t byte_count,
				  enum pst_wire_type *ret_type,
				  enum pst_handshake_state *ret_next)
{
	enum pst_wire_type type;
	int r;

	r = pst_wire_read_type(bytes, byte_count, &type);
	if (r == -EPROTONOSUPPORT)
		return pst_handshake_fail(machine, POSTERN_REASON_VERSION, r);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	r = pst_handshake_check_transition(machine, PST_HANDSHAKE_CONSUME, type,
					   ret_next);
	if (r < 0)
		return r;
	*ret_type = type;
	return 0;
}
