/* SPDX-License-Identifier: ISC */
/*
 * Which message is permitted in which state
 *
 * The order of the handshake, as data: what is not a line of this table does
 * not happen.  Two things to see in it.  Once the responder has created GO it
 * has admitted the peer and cannot refuse it any more; and a peer that broke
 * the rules may still be told so, which changes one dead end for another.
 */
#include "handshake/handshake.h"

struct transition {
	enum pst_handshake_role role;
	enum pst_handshake_state state;
	enum pst_handshake_act act;
	enum pst_wire_type type;
	enum pst_handshake_state next;
};

#define I PST_HANDSHAKE_INITIATOR
#define R PST_HANDSHAKE_RESPONDER
#define CREATE PST_HANDSHAKE_CREATE
#define CONSUME PST_HANDSHAKE_CONSUME

static const struct transition transitions[] = {
	{I, HANDSHAKE_START, CREATE, PST_WIRE_HELLO, HANDSHAKE_CREATED_HELLO},
	{I, HANDSHAKE_CREATED_HELLO, CONSUME, PST_WIRE_OFFER, HANDSHAKE_CONSUMED_OFFER},
	{I, HANDSHAKE_CONSUMED_OFFER, CREATE, PST_WIRE_READY, HANDSHAKE_CREATED_READY},
	{I, HANDSHAKE_CREATED_READY, CONSUME, PST_WIRE_GO, HANDSHAKE_CONSUMED_GO},

	{I, HANDSHAKE_CREATED_HELLO, CONSUME, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
	{I, HANDSHAKE_CONSUMED_OFFER, CONSUME, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
	{I, HANDSHAKE_CREATED_READY, CONSUME, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},

	{R, HANDSHAKE_START, CONSUME, PST_WIRE_HELLO, HANDSHAKE_CONSUMED_HELLO},
	{R, HANDSHAKE_CONSUMED_HELLO, CREATE, PST_WIRE_OFFER, HANDSHAKE_CREATED_OFFER},
	{R, HANDSHAKE_CREATED_OFFER, CONSUME, PST_WIRE_READY, HANDSHAKE_CONSUMED_READY},
	{R, HANDSHAKE_CONSUMED_READY, CREATE, PST_WIRE_GO, HANDSHAKE_CREATED_GO},

	{R, HANDSHAKE_START, CREATE, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
	{R, HANDSHAKE_CONSUMED_HELLO, CREATE, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
	{R, HANDSHAKE_CREATED_OFFER, CREATE, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
	{R, HANDSHAKE_CONSUMED_READY, CREATE, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
	{R, HANDSHAKE_FAILED, CREATE, PST_WIRE_REFUSE, HANDSHAKE_REFUSED},
};
#define TRANSITION_COUNT (sizeof(transitions) / sizeof(*transitions))

enum pst_handshake_state
pst_handshake_next(enum pst_handshake_role role, enum pst_handshake_state state,
		   enum pst_handshake_act act, enum pst_wire_type type)
{
	for (size_t i = 0; i < TRANSITION_COUNT; i++) {
		const struct transition *t = &transitions[i];

		if (t->role == role && t->state == state && t->act == act &&
		    t->type == type)
			return t->next;
	}
	return HANDSHAKE_FAILED;
}
