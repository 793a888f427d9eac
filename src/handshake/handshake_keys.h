/* SPDX-License-Identifier: ISC */
/*
 * The key exchange, as both machines do it: for the files of this layer only
 *
 * The wire carries Noise's messages, crypto makes them; here is what of the
 * records they vouch for.  All of each, byte for byte, but the area that the
 * exchange itself has in it, which is taken as zero:
 *
 *   HELLO    the prologue
 *   OFFER    its SHA-256 is the payload of message 2
 *   READY    the confirmation is over it
 *
 * In mode `none` there is nothing of this, and nothing is vouched for.
 *
 * Each function returns 0, or the machine has failed: SECURITY -EOPNOTSUPP (a
 * cipher that is not to be had), RESOURCES -ENOMEM (no memory for secrets), or
 * KEY -EKEYREJECTED for all that is wrong with a message or a key.
 */
#ifndef POSTERN_HANDSHAKE_HANDSHAKE_KEYS_H
#define POSTERN_HANDSHAKE_HANDSHAKE_KEYS_H

#include "handshake/handshake.h"

/* The secrets are wiped, if there are any. */
void pst_handshake_forget(struct pst_handshake_machine *machine);

struct pst_record_keys *
pst_handshake_take_keys(struct pst_handshake_machine *machine);

/* Initiator: hello is what will be sent, without its key exchange. */
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

/* Responder: the key that HELLO claims, if it does, is written to it. */
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
