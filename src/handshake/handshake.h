/* SPDX-License-Identifier: ISC */
/*
 * The handshake: two state machines that never touch a socket
 *
 * A record goes in, or comes out, and the state says what has happened; who
 * sends it, with which descriptors, and before which deadline is the node
 * layer's business.  Both machines live in the caller's memory and own nothing.
 *
 *   initiator (connector)                responder (acceptor, the node)
 *   START                                START
 *   create_hello   CREATED_HELLO   -->   consume        CONSUMED_HELLO
 *                          for a channel
 *   consume        CONSUMED_OFFER  <--   create_offer   CREATED_OFFER
 *   create_ready   CREATED_READY   -->   consume        CONSUMED_READY
 *   consume        CONSUMED_GO     <--   create_go      CREATED_GO
 *                          to observe
 *   consume        CONSUMED_VIEW   <--   create_view    CREATED_VIEW
 *                          to control
 *   consume        CONSUMED_GRANT  <--   create_grant   CREATED_GRANT
 *   create_command CREATED_COMMAND -->   consume        CONSUMED_COMMAND
 *   consume        CONSUMED_RESULT <--   create_result  CREATED_RESULT
 *
 * Which message is permitted in which state, for a connection of which kind, is
 * data (handshake_table.c).
 * Anything else ends the handshake: FAILED when a side broke the rules, REFUSED
 * when the node said no.  Both are for ever; `reason` keeps the first cause.
 * A zeroed machine has failed, so a forgotten initialisation admits nobody.
 *
 * In mode `none` the kernel's credentials are all the proof there is.  A key
 * exchange will hash every byte of HELLO and OFFER, as sent and as received:
 * its transcript begins in create_hello and consume on one side, consume and
 * create_offer on the other, the four places where those bytes pass; and the
 * confirmation in READY is checked where the session id is.
 */
#ifndef POSTERN_HANDSHAKE_HANDSHAKE_H
#define POSTERN_HANDSHAKE_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "wire/wire.h"

/* Named by what has happened. */
enum pst_handshake_state {
	HANDSHAKE_FAILED = 0,   /* somebody broke the rules */
	HANDSHAKE_REFUSED,      /* a REFUSE was created or consumed */
	HANDSHAKE_START,
	HANDSHAKE_CREATED_HELLO,
	HANDSHAKE_CONSUMED_HELLO,
	HANDSHAKE_CREATED_OFFER,
	HANDSHAKE_CONSUMED_OFFER,
	HANDSHAKE_CREATED_READY,
	HANDSHAKE_CONSUMED_READY,
	HANDSHAKE_CREATED_GO,   /* the responder is done */
	HANDSHAKE_CONSUMED_GO,  /* the initiator is done */
	HANDSHAKE_CREATED_VIEW, /* so with a view, */
	HANDSHAKE_CONSUMED_VIEW,
	HANDSHAKE_CREATED_GRANT,
	HANDSHAKE_CONSUMED_GRANT,
	HANDSHAKE_CREATED_COMMAND,
	HANDSHAKE_CONSUMED_COMMAND,
	HANDSHAKE_CREATED_RESULT, /* and with a result */
	HANDSHAKE_CONSUMED_RESULT
};

enum pst_handshake_role {
	PST_HANDSHAKE_INITIATOR = 0,
	PST_HANDSHAKE_RESPONDER = 1
};

enum pst_handshake_act {
	PST_HANDSHAKE_CREATE = 0,
	PST_HANDSHAKE_CONSUME = 1
};

/* The most that a connector will map of a node's statistics. */
#define PST_VIEW_BYTES_MAX (UINT64_C(64) << 20)

/*
 * What a connector wants.  The strings are copied.  Without a channel, wish is
 * zero, and the layout version is that of the statistics, or 0.
 */
struct pst_initiator_params {
	enum pst_wire_kind kind;
	const char *node_name;
	const char *instance;   /* NULL or empty: none */
	struct pst_terms wish;  /* concrete: the most this side could accept */
	uint32_t page_bytes;    /* of this machine */
	uint16_t layout_version; /* of the segments, as this side knows them */
};

/* What both machines begin with. */
struct pst_handshake_machine {
	enum pst_handshake_role role;
	enum pst_wire_kind kind;        /* 0: a responder before HELLO */
	enum pst_handshake_state state;
	enum postern_reason reason;     /* the first cause of the end */
};

struct pst_handshake_initiator {
	struct pst_handshake_machine machine;
	uint32_t page_bytes;
	uint16_t layout_version;
	struct pst_hello hello;         /* ours */
	struct pst_offer offer;         /* from CONSUMED_OFFER on */
	uint64_t slot;                  /* from CONSUMED_GO on */
	struct pst_view_record view;    /* from CONSUMED_VIEW on */
	struct pst_grant grant;         /* from CONSUMED_GRANT on */
	struct pst_result result;       /* from CONSUMED_RESULT on */
};

struct pst_handshake_responder {
	struct pst_handshake_machine machine;
	uint16_t layout_version;
	struct pst_hello hello;         /* from CONSUMED_HELLO on */
	struct pst_offer offer;         /* ours, from CREATED_OFFER on */
	struct pst_grant grant;         /* ours, from CREATED_GRANT on */
	struct pst_command command;     /* from CONSUMED_COMMAND on */
};

/* Table */

/* The state after an act: HANDSHAKE_FAILED when it is not permitted. */
enum pst_handshake_state
pst_handshake_next(enum pst_handshake_role role, enum pst_wire_kind kind,
		   enum pst_handshake_state state, enum pst_handshake_act act,
		   enum pst_wire_type type);

/* Offers */

/*
 * An offer of what both sides agree to: the directions that are wished and
 * granted, the largest ring and message that neither forbids (the ring a power
 * of two, the message one that fits it), and the sizes of the two segments that
 * follow from a control page of page_bytes.  Security is `none`; the caller
 * adds session id and inodes.
 *
 * Returns 0, -EPERM (no direction is both wished and granted), or -EINVAL (the
 * ring would be smaller than a page, the message empty, page_bytes no page).
 */
PST_MUST_CHECK int pst_offer_init(struct pst_offer *ret_offer,
				  const struct pst_terms *wish,
				  const struct pst_terms *grant,
				  uint32_t page_bytes, uint16_t layout_version);

/*
 * Is an offer within the wish, and its geometry the one that follows from it?
 * Returns 0 or -ERANGE.
 */
PST_MUST_CHECK int pst_offer_check(const struct pst_offer *offer,
				   const struct pst_terms *wish,
				   uint32_t page_bytes);

/* Initiator */

/* Returns 0, or -EINVAL: the initiator has failed and can do nothing. */
PST_MUST_CHECK int
pst_initiator_init(struct pst_handshake_initiator *initiator,
		   const struct pst_initiator_params *params);

/*
 * The create functions return 0 and the record to send, or -EINVAL: it is not
 * this message's turn, and the handshake has failed (if it had not ended).
 */
PST_MUST_CHECK int
pst_initiator_create_hello(struct pst_handshake_initiator *initiator,
			   struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_initiator_create_ready(struct pst_handshake_initiator *initiator,
			   struct pst_wire_record *ret_record);

/* Its session is filled in.  -EINVAL also for one that is not valid. */
PST_MUST_CHECK int
pst_initiator_create_command(struct pst_handshake_initiator *initiator,
			     const struct pst_command *command,
			     struct pst_wire_record *ret_record);

/*
 * Take in a record from the node: OFFER (see initiator->offer), GO (see
 * initiator->slot), VIEW, GRANT, RESULT (likewise) or REFUSE, whichever is in
 * turn.  An offer is accepted only within the wish, a view only of whole pages
 * and not beyond PST_VIEW_BYTES_MAX; the descriptors beside either must still be
 * checked against it.
 *
 * Returns 0, or with machine.reason
 *   -EACCES           REFUSED: the node said no
 *   -EDQUOT           NODE_BUSY: it has no place now
 *   -EPROTONOSUPPORT  VERSION: no common version, of records or segments
 *   -EOPNOTSUPP       SECURITY: a mode that was not offered
 *   -EBADMSG          OFFER: beyond the wish, or no view that could be;
 *                     PROTOCOL: malformed, out of turn,
 *                     or of another session
 */
PST_MUST_CHECK int
pst_initiator_consume(struct pst_handshake_initiator *initiator,
		      const void *bytes, size_t byte_count);

/* Responder */

void pst_responder_init(struct pst_handshake_responder *responder,
			uint16_t layout_version);

/*
 * Take in a record from the connector: HELLO (see responder->hello), READY or
 * COMMAND (see responder->command).  Names, kind, wish and command are sound in
 * form only; whether they are for this node, and what to grant, is the caller's
 * to decide.
 *
 * Returns 0, or with machine.reason
 *   -EPROTONOSUPPORT  VERSION: no common version, of records or segments
 *   -EOPNOTSUPP       SECURITY: mode `none` is not offered
 *   -EBADMSG          PROTOCOL: malformed, out of turn, or of another session
 *
 * The handshake has failed then, but a REFUSE may still be created.
 */
PST_MUST_CHECK int
pst_responder_consume(struct pst_handshake_responder *responder,
		      const void *bytes, size_t byte_count);

/*
 * The create functions return 0 and the record to send.  -EINVAL means that it
 * is not this message's turn, and the handshake has failed (if it had not
 * ended); or that the offer exceeds the wish or is unsound, the view no view,
 * the slot 0, the code unknown or at odds with the count, and nothing has
 * changed.
 */
PST_MUST_CHECK int
pst_responder_create_offer(struct pst_handshake_responder *responder,
			   const struct pst_offer *offer,
			   struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_responder_create_go(struct pst_handshake_responder *responder,
			uint64_t slot, struct pst_wire_record *ret_record);

PST_MUST_CHECK int
pst_responder_create_view(struct pst_handshake_responder *responder,
			  const struct pst_view_record *view,
			  struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_responder_create_grant(struct pst_handshake_responder *responder,
			   const struct pst_grant *grant,
			   struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_responder_create_result(struct pst_handshake_responder *responder,
			    enum pst_result_code code, uint64_t count,
			    struct pst_wire_record *ret_record);

/*
 * In every state but REFUSED and those in which this side is done; machine.reason
 * is kept.
 */
PST_MUST_CHECK int
pst_responder_create_refuse(struct pst_handshake_responder *responder,
			    enum pst_refuse_code code,
			    struct pst_wire_record *ret_record);

#endif
