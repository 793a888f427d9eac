/* SPDX-License-Identifier: ISC */
/*
 * The key exchange of both sides, for the files of this layer only
 *
 * The records carry the messages of crypto/noise.h.  The exchange authenticates
 * each record as a whole, with the field of the exchange itself set to zero:
 * HELLO is the prologue, the SHA-256 of OFFER is the payload of message 2, and
 * READY is the input of the confirmation.  Mode `none` has no exchange.
 *
 * If a function does not return 0, the machine has failed: SECURITY -EOPNOTSUPP
 * (cipher not available), RESOURCES -ENOMEM (no memory for secrets), or KEY
 * -EKEYREJECTED (any error of a message or key).
 */
#ifndef POSTERN_HANDSHAKE_HANDSHAKE_KEYS_H
#define POSTERN_HANDSHAKE_HANDSHAKE_KEYS_H

#include "handshake/handshake.h"

/* Wipe the secrets, if there are any. */
void pst_handshake_forget(struct pst_handshake_machine *machine);

struct pst_record_keys *
pst_handshake_take_keys(struct pst_handshake_machine *machine);

/* Initiator.  hello is the message to send, still without its key exchange. */
PST_MUST_CHECK
int pst_handshake_keys_begin(struct pst_handshake_machine *machine,
			     const struct pst_initiator_params *params,
			     const struct pst_hello *hello);
PST_MUST_CHECK
int pst_handshake_keys_create_hello(struct pst_handshake_machine *machine,
				    struct pst_hello *hello);
PST_MUST_CHECK
int pst_handshake_keys_consume_offer(struct pst_handshake_machine *machine,
				     const struct pst_offer *offer);
PST_MUST_CHECK
int pst_handshake_keys_create_ready(struct pst_handshake_machine *machine,
				    enum postern_security security,
				    struct pst_ready *ready);

/* Responder.  A key that HELLO claims is copied to the responder. */
PST_MUST_CHECK
int pst_handshake_keys_consume_hello(struct pst_handshake_responder *responder,
				     const struct pst_hello *hello);
PST_MUST_CHECK
int pst_handshake_keys_create_offer(struct pst_handshake_machine *machine,
				    struct pst_offer *offer);
PST_MUST_CHECK
int pst_handshake_keys_consume_ready(struct pst_handshake_machine *machine,
				     enum postern_security security,
				     const struct pst_ready *ready);

#endif
