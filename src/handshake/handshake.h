/* SPDX-License-Identifier: ISC */
/*
 * The handshake: two state machines without I/O
 *
 * A machine consumes and creates records.  The caller sends them with their
 * descriptors, and enforces deadlines.  A machine lives in the caller's memory
 * and owns the secrets of a key exchange: pst_initiator_done() or
 * pst_responder_done() wipes them.  A zeroed machine has failed.
 *
 * doc/protocol.md says which message proves which key.
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

/*
 * A state is named after the last message:
 *
 *   initiator (client)                   responder (node)
 *   START                                START
 *   create_hello   CREATED_HELLO    -->  consume        CONSUMED_HELLO
 *                          for a channel
 *   consume        CONSUMED_OFFER   <--  create_offer   CREATED_OFFER
 *   create_ready   CREATED_READY    -->  consume        CONSUMED_READY
 *   consume        CONSUMED_GO      <--  create_go      CREATED_GO
 *                          to observe
 *   consume        CONSUMED_STATS   <--  create_stats   CREATED_STATS
 *                          to control
 *   consume        CONSUMED_PERMIT  <--  create_permit  CREATED_PERMIT
 *   create_command CREATED_COMMAND  -->  consume        CONSUMED_COMMAND
 *   consume        CONSUMED_RESULT  <--  create_result  CREATED_RESULT
 *
 * handshake_table.c lists the messages that are permitted in each state.  Any
 * other message, or an invalid one, ends the handshake as FAILED; REFUSE ends
 * it as REFUSED.
 */
enum pst_handshake_state {
	HANDSHAKE_FAILED = 0,   /* a message was not permitted or not valid */
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
	HANDSHAKE_CREATED_STATS,
	HANDSHAKE_CONSUMED_STATS,
	HANDSHAKE_CREATED_PERMIT,
	HANDSHAKE_CONSUMED_PERMIT,
	HANDSHAKE_CREATED_COMMAND,
	HANDSHAKE_CONSUMED_COMMAND,
	HANDSHAKE_CREATED_RESULT,
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

/* The maximum size of a statistics segment that a client maps. */
#define PST_STATS_SEGMENT_BYTES_MAX (UINT64_C(64) << 20)

/*
 * The parameters of a client.  Strings and keys are copied, except the
 * identity.
 *
 * Without a channel, requested and the security fields are zero, and
 * layout_version is that of the statistics, or 0.  pattern and cipher are set
 * if a mode other than `none` is accepted.  NK and IK do not accept `none`.
 */
struct pst_initiator_params {
	enum pst_wire_kind kind;
	const char *node_name;
	const char *instance;   /* NULL or empty: none */
	struct pst_channel_params requested; /* upper limits */
	uint32_t page_bytes;    /* of this machine */
	uint16_t layout_version; /* of the segments of this side */
	uint16_t security_bits; /* accepted modes: 1 << POSTERN_SECURITY_* */
	enum pst_noise_pattern pattern;
	enum pst_cipher_kind cipher;
	const uint8_t *node_key; /* in NK and IK, else NULL */
	/* In IK, else NULL.  Used until READY is created or the initiator is
	 * done. */
	const struct pst_identity *borrow_identity;
	const uint8_t *ephemeral_private_key; /* NULL: random; for tests */
};

/* The parameters of a node. */
struct pst_responder_params {
	uint16_t layout_version;
	/* NULL: the node has no key.  Used until READY is consumed or the
	 * responder is done. */
	const struct pst_identity *borrow_identity;
	uint32_t cipher_bits;   /* accepted ciphers: 1 << PST_CIPHER_*; 0: no
				 * key exchange */
	const uint8_t *ephemeral_private_key; /* NULL: random; for tests.  Used
					       * until HELLO is consumed */
};

/* The common part of both machines. */
struct pst_handshake_machine {
	enum pst_handshake_role role;
	enum pst_wire_kind kind;        /* 0: a responder before HELLO */
	enum pst_handshake_state state;
	enum postern_reason reason;     /* first cause of the end */
	struct pst_noise *noise;        /* NULL: no exchange, or complete */
	struct pst_record_keys *keys;   /* from READY until they are taken */
};

struct pst_handshake_initiator {
	struct pst_handshake_machine machine;
	uint32_t page_bytes;
	uint16_t layout_version;
	struct pst_hello hello;         /* ours */
	struct pst_offer offer;         /* from CONSUMED_OFFER on */
	uint64_t slot;                  /* from CONSUMED_GO on */
	struct pst_stats_record stats;  /* from CONSUMED_STATS on */
	struct pst_permit permit;       /* from CONSUMED_PERMIT on */
	struct pst_result result;       /* from CONSUMED_RESULT on */
};

struct pst_handshake_responder {
	struct pst_handshake_machine machine;
	struct pst_responder_params params;
	bool claims_key;                /* see pst_responder_claimed_key() */
	uint8_t claimed_key[PST_NOISE_KEY_BYTES];
	struct pst_hello hello;         /* from CONSUMED_HELLO on */
	struct pst_offer offer;         /* ours, from CREATED_OFFER on */
	struct pst_permit permit;       /* ours, from CREATED_PERMIT on */
	struct pst_command command;     /* from CONSUMED_COMMAND on */
};

/* Table */

/* The state after an act; HANDSHAKE_FAILED if the act is not permitted. */
enum pst_handshake_state
pst_handshake_next(enum pst_handshake_role role, enum pst_wire_kind kind,
		   enum pst_handshake_state state, enum pst_handshake_act act,
		   enum pst_wire_type type);

/* Offers */

/*
 * Choose the mode of an offer: the weakest mode of HELLO that is at least the
 * node's minimum.  A HELLO of NK or IK does not offer `none`, so a proven key
 * always gets `mac` or `aead`.
 *
 * Returns 0, or -EOPNOTSUPP if there is no such mode.
 */
PST_MUST_CHECK int
pst_offer_choose_security(uint16_t security_bits,
			  enum postern_security minimum,
			  enum postern_security *ret_security);

/*
 * Derive an offer from the request and the grant: the directions in both, the
 * largest ring within both limits (a power of two), the largest message within
 * both limits that fits the ring in this mode, and the sizes of both segments
 * with a control page of page_bytes.  The caller adds session id and inodes,
 * the responder adds the key exchange.
 *
 * Returns 0, -EPERM (no direction is both requested and granted), or -EINVAL
 * (the ring is smaller than a page, the message is empty, or page_bytes is not
 * a page size).
 */
PST_MUST_CHECK int pst_offer_init(struct pst_offer *ret_offer,
				  const struct pst_channel_params *requested,
				  const struct pst_channel_params *grant,
				  uint32_t page_bytes, uint16_t layout_version,
				  enum postern_security security);

/*
 * Whether an offer is within the request and its sizes are consistent.  Returns
 * 0 or -ERANGE.
 */
PST_MUST_CHECK int pst_offer_check(const struct pst_offer *offer,
				   const struct pst_channel_params *requested,
				   uint32_t page_bytes);

/* Initiator */

/*
 * Returns 0.  Otherwise the initiator has failed: -EINVAL, or with
 * machine.reason
 *   -EOPNOTSUPP       SECURITY: the cipher is not available here
 *   -EKEYREJECTED     KEY: a key that the pattern requires is missing or
 *                     invalid, or a key is given that it does not use
 *   -ENOMEM           RESOURCES: no memory for secrets
 */
PST_MUST_CHECK int
pst_initiator_init(struct pst_handshake_initiator *initiator,
		   const struct pst_initiator_params *params);

/*
 * Wipe the secrets; the handshake has then ended.  Accepts an initiator that is
 * zeroed, has failed, or is done.
 */
void pst_initiator_done(struct pst_handshake_initiator *initiator);

/*
 * Create a record to send.  Returns 0.  Otherwise the handshake has failed,
 * unless it had ended before: -EINVAL (the message is not permitted in this
 * state), or with machine.reason -EKEYREJECTED KEY, -ENOMEM RESOURCES.
 */
PST_MUST_CHECK int
pst_initiator_create_hello(struct pst_handshake_initiator *initiator,
			   struct pst_wire_record *ret_record);
PST_MUST_CHECK int
pst_initiator_create_ready(struct pst_handshake_initiator *initiator,
			   struct pst_wire_record *ret_record);

/* The session id is filled in.  -EINVAL also for an invalid command. */
PST_MUST_CHECK int
pst_initiator_create_command(struct pst_handshake_initiator *initiator,
			     const struct pst_command *command,
			     struct pst_wire_record *ret_record);

/*
 * Consume a record from the node and store its message: OFFER (offer), GO
 * (slot), STATS (stats), PERMIT (permit), RESULT (result), or REFUSE.  An offer
 * must be within the request.  Statistics must have whole pages, at most
 * PST_STATS_SEGMENT_BYTES_MAX.  The caller checks the descriptors against the
 * message.
 *
 * Returns 0, or with machine.reason
 *   -EACCES           REFUSED: the node refused
 *   -EDQUOT           NODE_BUSY: the node has no capacity now
 *   -EPROTONOSUPPORT  VERSION: no common version of records or segments
 *   -EOPNOTSUPP       SECURITY: a mode that HELLO did not offer
 *   -EKEYREJECTED     KEY: the sender does not have the node's key, or the
 *                     record was altered or does not answer this HELLO
 *   -EBADMSG          OFFER: exceeds the request, or invalid statistics size;
 *                     PROTOCOL: malformed, not permitted now, or of another
 *                     session
 */
PST_MUST_CHECK int
pst_initiator_consume(struct pst_handshake_initiator *initiator,
		      const void *bytes, size_t byte_count);

/*
 * Take the record keys; the caller owns them then.  Returns the keys once, from
 * CREATED_READY on.  NULL before and after that, and in mode `none`.
 */
PST_MUST_CHECK struct pst_record_keys *
pst_initiator_take_keys(struct pst_handshake_initiator *initiator);

/* Responder */

void pst_responder_init(struct pst_handshake_responder *responder,
			const struct pst_responder_params *params);

/* As pst_initiator_done().  Claimed key, offer and reason stay readable. */
void pst_responder_done(struct pst_handshake_responder *responder);

/*
 * Consume a record from the client and store its message: HELLO (hello), READY,
 * or COMMAND (command).  Only the form of names, kind, request and command is
 * checked.  The caller decides whether they are for this node, what to grant,
 * and in which mode.
 *
 * Returns 0, or with machine.reason
 *   -EPROTONOSUPPORT  VERSION: no common version of records or segments
 *   -EOPNOTSUPP       SECURITY: a cipher that this node does not accept
 *   -EKEYREJECTED     KEY: HELLO is for another key than the node's, or was
 *                     altered; READY does not prove the claimed key, does not
 *                     answer this OFFER, or was altered
 *   -ENOMEM           RESOURCES: no memory for secrets
 *   -EBADMSG          PROTOCOL: malformed, not permitted now, or of another
 *                     session
 *
 * After an error the handshake has failed, but REFUSE may still be created.
 */
PST_MUST_CHECK int
pst_responder_consume(struct pst_handshake_responder *responder,
		      const void *bytes, size_t byte_count);

/*
 * The client's public key, or NULL.
 *
 * The claimed key exists from CONSUMED_HELLO on, in IK.  A HELLO can be
 * replayed by any process, so the claimed key only serves to decide on the
 * offer and to name a refused client.  The proven key exists from
 * CONSUMED_READY on, until the handshake fails.
 */
const uint8_t *
pst_responder_claimed_key(const struct pst_handshake_responder *responder);
const uint8_t *
pst_responder_proven_key(const struct pst_handshake_responder *responder);

/* As pst_initiator_take_keys(), from CONSUMED_READY on. */
PST_MUST_CHECK struct pst_record_keys *
pst_responder_take_keys(struct pst_handshake_responder *responder);

/*
 * Create a record to send.  Returns 0, or -EINVAL.  If the message is not
 * permitted in this state, the handshake has then failed, unless it had ended
 * before.  If the message itself is invalid, nothing has changed: an offer that
 * exceeds the request or is inconsistent, statistics that are too large, a slot
 * of 0, an unknown code, or a code that does not match the count.  An offer can
 * also fail with -EKEYREJECTED KEY if the client's key is invalid.
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
 * Permitted in every state except REFUSED and those in which the responder is
 * done.  machine.reason is kept.
 */
PST_MUST_CHECK int
pst_responder_create_refuse(struct pst_handshake_responder *responder,
			    enum pst_refuse_code code,
			    struct pst_wire_record *ret_record);

#endif
