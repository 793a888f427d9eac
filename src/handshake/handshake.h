/* SPDX-License-Identifier: ISC */
/*
 * The handshake: two state machines that never touch a socket
 *
 * A record goes in, or comes out, and the state says what has happened; who
 * sends it, with which descriptors, and before which deadline is the node
 * layer's business.  Both machines live in the caller's memory, and own the
 * secrets of a key exchange; pst_initiator_done() and pst_responder_done() wipe
 * them, however the handshake ends.
 *
 *   initiator (connector)                responder (acceptor, the node)
 *   START                                START
 *   create_hello   CREATED_HELLO   -->   consume        CONSUMED_HELLO
 *                          for a channel
 *   consume        CONSUMED_OFFER  <--   create_offer   CREATED_OFFER
 *   create_ready   CREATED_READY   -->   consume        CONSUMED_READY
 *   consume        CONSUMED_GO     <--   create_go      CREATED_GO
 *                          to observe
 *   consume        CONSUMED_STATS   <--   create_stats    CREATED_STATS
 *                          to control
 *   consume        CONSUMED_PERMIT  <--   create_permit   CREATED_PERMIT
 *   create_command CREATED_COMMAND -->   consume        CONSUMED_COMMAND
 *   consume        CONSUMED_RESULT <--   create_result  CREATED_RESULT
 *
 * Which message is permitted in which state, for a connection of which kind, is
 * data (handshake_table.c).
 * Anything else ends the handshake: FAILED when a side broke the rules, REFUSED
 * when the node said no.  Both are for ever; `reason` keeps the first cause.
 * A zeroed machine has failed, so a forgotten initialisation admits nobody.
 *
 * In mode `none` the kernel's credentials are all the proof there is.  In `mac`
 * and `aead` a key exchange vouches for every byte of HELLO, OFFER and READY,
 * as sent and as received (handshake_keys.h says how), and proves
 *
 *   with CONSUMED_OFFER   that the node has the key the connector was told of
 *                         (NK, IK), and saw this very HELLO
 *   with CONSUMED_READY   that the connector has the key it claimed (IK), and
 *                         saw this very OFFER
 *
 * Before that a key is no more than a claim: whoever has seen a HELLO can send
 * it again.  The mode is the weakest that was offered and that the node's
 * policy allows, so neither side goes below what its own policy demands.
 */
#ifndef POSTERN_HANDSHAKE_HANDSHAKE_H
#define POSTERN_HANDSHAKE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/identity.h"
#include "crypto/noise.h"
#include "crypto/record_seal.h"
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
	HANDSHAKE_CREATED_STATS, /* and so with STATS, */
	HANDSHAKE_CONSUMED_STATS,
	HANDSHAKE_CREATED_PERMIT,
	HANDSHAKE_CONSUMED_PERMIT,
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
#define PST_STATS_SEGMENT_BYTES_MAX (UINT64_C(64) << 20)

/*
 * What a connector wants.  The strings are copied, and so is what is needed of
 * the keys later, but for the identity.
 *
 * Without a channel, requested and all security fields are zero, and the
 * layout version is that of the statistics, or 0.  A key exchange (pattern,
 * cipher) is there if another mode than `none` is accepted; with NK and IK
 * `none` is not.
 */
struct pst_initiator_params {
	enum pst_wire_kind kind;
	const char *node_name;
	const char *instance;   /* NULL or empty: none */
	struct pst_channel_params requested; /* the most that it accepts */
	uint32_t page_bytes;    /* of this machine */
	uint16_t layout_version; /* of the segments, as this side knows them */
	uint16_t security_bits; /* 1 << POSTERN_SECURITY_*, that it accepts */
	enum pst_noise_pattern pattern;
	enum pst_cipher_kind cipher;
	const uint8_t *node_key; /* in NK and IK, else NULL */
	/* In IK, else NULL.  Until READY was created, or the initiator is
	 * done. */
	const struct pst_identity *borrow_identity;
	const uint8_t *ephemeral_private_key; /* NULL: random; for tests */
};

/* What a node brings along. */
struct pst_responder_params {
	uint16_t layout_version;
	/* NULL: it has none.  Until READY was consumed, or the responder is
	 * done. */
	const struct pst_identity *borrow_identity;
	uint32_t cipher_bits;   /* 1 << PST_CIPHER_*, that it accepts; 0: it
				 * takes no key exchange at all */
	const uint8_t *ephemeral_private_key; /* NULL: random; for tests.  Until
					       * HELLO was consumed */
};

/* What both machines begin with. */
struct pst_handshake_machine {
	enum pst_handshake_role role;
	enum pst_wire_kind kind;        /* 0: a responder before HELLO */
	enum pst_handshake_state state;
	enum postern_reason reason;     /* the first cause of the end */
	struct pst_noise *noise;        /* NULL: none, or over */
	struct pst_record_keys *keys;   /* from READY on, until taken */
};

struct pst_handshake_initiator {
	struct pst_handshake_machine machine;
	uint32_t page_bytes;
	uint16_t layout_version;
	struct pst_hello hello;         /* ours */
	struct pst_offer offer;         /* from CONSUMED_OFFER on */
	uint64_t slot;                  /* from CONSUMED_GO on */
	struct pst_stats_record stats;    /* from CONSUMED_STATS on */
	struct pst_permit permit;         /* from CONSUMED_PERMIT on */
	struct pst_result result;       /* from CONSUMED_RESULT on */
};

struct pst_handshake_responder {
	struct pst_handshake_machine machine;
	struct pst_responder_params params;
	bool claims_key;                /* see pst_responder_claimed_key() */
	uint8_t claimed_key[PST_NOISE_KEY_BYTES];
	struct pst_hello hello;         /* from CONSUMED_HELLO on */
	struct pst_offer offer;         /* ours, from CREATED_OFFER on */
	struct pst_permit permit;         /* ours, from CREATED_PERMIT on */
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
 * The mode of an offer: the weakest of those in a HELLO that is not below what
 * the node demands.  (That a proven key is worth `mac` at least is in the
 * HELLO: one of NK or IK does not offer `none`.)
 *
 * Returns 0, or -EOPNOTSUPP: there is none.
 */
PST_MUST_CHECK int
pst_offer_choose_security(uint16_t security_bits,
			  enum postern_security minimum,
			  enum postern_security *ret_security);

/*
 * An offer of what both sides agree to: the directions that are requested and
 * granted, the largest ring and message that neither forbids (the ring a power
 * of two, the message one that fits it in this mode), and the sizes of the two
 * segments that follow from a control page of page_bytes.  The caller adds
 * session id and inodes, the responder the key exchange.
 *
 * Returns 0, -EPERM (no direction is both requested and granted), or -EINVAL
 * (the ring would be smaller than a page, the message empty, page_bytes no page).
 */
PST_MUST_CHECK int pst_offer_init(struct pst_offer *ret_offer,
				  const struct pst_channel_params *requested,
				  const struct pst_channel_params *grant,
				  uint32_t page_bytes, uint16_t layout_version,
				  enum postern_security security);

/*
 * Is an offer within the request, and its geometry the one that follows from
 * it?  Returns 0 or -ERANGE.
 */
PST_MUST_CHECK int pst_offer_check(const struct pst_offer *offer,
				   const struct pst_channel_params *requested,
				   uint32_t page_bytes);

/* Initiator */

/*
 * Returns 0.  Else the initiator has failed and can do nothing: -EINVAL, or
 * with machine.reason
 *   -EOPNOTSUPP       SECURITY: the cipher is not available here
 *   -EKEYREJECTED     KEY: a key that the pattern has is missing or worthless,
 *                     or there is one that it has not
 *   -ENOMEM           RESOURCES: no memory for secrets
 */
PST_MUST_CHECK int
pst_initiator_init(struct pst_handshake_initiator *initiator,
		   const struct pst_initiator_params *params);

/* Wipe the secrets; nothing else can be done then.  Accepts one that is zeroed,
 * that has failed, or that was done before. */
void pst_initiator_done(struct pst_handshake_initiator *initiator);

/*
 * The create functions return 0 and the record to send.  Else the handshake has
 * failed (if it had not ended): -EINVAL, it is not this message's turn; or with
 * machine.reason -EKEYREJECTED KEY, -ENOMEM RESOURCES.
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
 * initiator->slot), STATS, PERMIT, RESULT (likewise) or REFUSE, whichever is in
 * turn.  An offer is accepted only within the request, statistics only of whole
 * pages and at most PST_STATS_SEGMENT_BYTES_MAX; the descriptors beside either
 * must still be checked against it.
 *
 * Returns 0, or with machine.reason
 *   -EACCES           REFUSED: the node said no
 *   -EDQUOT           NODE_BUSY: it has no place now
 *   -EPROTONOSUPPORT  VERSION: no common version, of records or segments
 *   -EOPNOTSUPP       SECURITY: a mode that was not offered
 *   -EKEYREJECTED     KEY: not by who has the node's key, not an answer to this
 *                     HELLO, or altered
 *   -EBADMSG          OFFER: beyond the request, or impossible statistics;
 *                     PROTOCOL: malformed, out of turn,
 *                     or of another session
 */
PST_MUST_CHECK int
pst_initiator_consume(struct pst_handshake_initiator *initiator,
		      const void *bytes, size_t byte_count);

/*
 * The keys of the records to come, which the caller owns then; once, from
 * CREATED_READY on.  NULL before and afterwards, and always in mode `none`.
 */
PST_MUST_CHECK struct pst_record_keys *
pst_initiator_take_keys(struct pst_handshake_initiator *initiator);

/* Responder */

void pst_responder_init(struct pst_handshake_responder *responder,
			const struct pst_responder_params *params);

/* As pst_initiator_done(); claims, offer and reason can still be looked at. */
void pst_responder_done(struct pst_handshake_responder *responder);

/*
 * Take in a record from the connector: HELLO (see responder->hello), READY or
 * COMMAND (see responder->command).  Names, kind, request and command are sound in form
 * only; whether they are for this node, and what to grant, in which mode,
 * is the caller's to decide.
 *
 * Returns 0, or with machine.reason
 *   -EPROTONOSUPPORT  VERSION: no common version, of records or segments
 *   -EOPNOTSUPP       SECURITY: a cipher that this side does not accept
 *   -EKEYREJECTED     KEY: HELLO is for another key than this node's (which may
 *                     have none), or was altered; READY does not prove the key
 *                     that was claimed, is no answer to this OFFER, or was
 *                     altered
 *   -ENOMEM           RESOURCES: no memory for secrets
 *   -EBADMSG          PROTOCOL: malformed, out of turn, or of another session
 *
 * The handshake has failed then, but a REFUSE may still be created.
 */
PST_MUST_CHECK int
pst_responder_consume(struct pst_handshake_responder *responder,
		      const void *bytes, size_t byte_count);

/*
 * The connector's public key.  Claimed: from CONSUMED_HELLO on, by whoever sent
 * a HELLO of IK, perhaps again; good for nothing but to judge what could be
 * granted, and to name who was refused.  Proven: from CONSUMED_READY on, and
 * only while the handshake has not failed.  NULL: there is none.
 */
const uint8_t *
pst_responder_claimed_key(const struct pst_handshake_responder *responder);
const uint8_t *
pst_responder_proven_key(const struct pst_handshake_responder *responder);

/* As pst_initiator_take_keys(), from CONSUMED_READY on. */
PST_MUST_CHECK struct pst_record_keys *
pst_responder_take_keys(struct pst_handshake_responder *responder);

/*
 * The create functions return 0 and the record to send.  -EINVAL means that it
 * is not this message's turn, and the handshake has failed (if it had not
 * ended); or that the offer exceeds the request or is unsound, the statistics
 * too large, the slot 0, the code unknown or at odds with the count, and
 * nothing has changed.  An offer can also fail with -EKEYREJECTED KEY: the connector's key
 * is worthless.
 */
PST_MUST_CHECK int
pst_responder_create_offer(struct pst_handshake_responder *responder,
			   const struct pst_offer *offer,
			   struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_responder_create_go(struct pst_handshake_responder *responder,
			uint64_t slot, struct pst_wire_record *ret_record);

PST_MUST_CHECK int
pst_responder_create_stats(struct pst_handshake_responder *responder,
			   const struct pst_stats_record *stats,
			   struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_responder_create_permit(struct pst_handshake_responder *responder,
			    const struct pst_permit *permit,
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
