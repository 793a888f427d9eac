/* SPDX-License-Identifier: ISC */
/*
 * The key exchange of both sides
 *
 * The bytes that enter the transcript are written again from the message.  A
 * record that was read equals the record that its message gives, so both sides
 * use the bytes of the packet.
 */
#include "handshake/handshake_keys.h"

#include <errno.h>
#include <string.h>

#include "handshake/handshake_machine.h"

static_assert((int)PST_WIRE_PATTERN_NONE == (int)PST_NOISE_NONE &&
		      (int)PST_WIRE_PATTERN_NN == (int)PST_NOISE_NN &&
		      (int)PST_WIRE_PATTERN_NK == (int)PST_NOISE_NK &&
		      (int)PST_WIRE_PATTERN_IK == (int)PST_NOISE_IK,
	      "same values of a pattern");
static_assert((int)PST_WIRE_CIPHER_NONE == (int)PST_CIPHER_NONE &&
		      (int)PST_WIRE_CIPHER_AESGCM == (int)PST_CIPHER_AESGCM &&
		      (int)PST_WIRE_CIPHER_CHACHAPOLY ==
			      (int)PST_CIPHER_CHACHAPOLY,
	      "same values of a cipher");
static_assert(PST_WIRE_CONFIRMATION_BYTES == PST_NOISE_HASH_BYTES,
	      "a confirmation is a hash");
static_assert(PST_WIRE_ANSWER_BYTES == PST_NOISE_KEY_BYTES +
					       PST_NOISE_HASH_BYTES +
					       PST_CIPHER_TAG_BYTES,
	      "an answer carries a hash");

/* Every error of a message or key has the same result. */
static int reject(struct pst_handshake_machine *machine)
{
	return pst_handshake_fail(machine, POSTERN_REASON_KEY, -EKEYREJECTED);
}

void pst_handshake_forget(struct pst_handshake_machine *machine)
{
	machine->noise = pst_noise_free(machine->noise);
	machine->keys = pst_record_keys_free(machine->keys);
}

struct pst_record_keys *
pst_handshake_take_keys(struct pst_handshake_machine *machine)
{
	struct pst_record_keys *keys = machine->keys;

	machine->keys = NULL;
	return keys;
}

/* -- transcript ------------------------------------------------------------ */

static int begin(struct pst_handshake_machine *machine,
		 struct pst_noise_params *params, const struct pst_hello *hello)
{
	struct pst_hello blank = *hello;
	struct pst_wire_record prologue;
	int r;

	memset(blank.key_exchange.bytes, 0, sizeof(blank.key_exchange.bytes));
	r = pst_wire_write_hello(&blank, &prologue);
	if (r < 0)
		return pst_handshake_fail(machine, POSTERN_REASON_PROTOCOL, r);
	params->pattern = (enum pst_noise_pattern)hello->pattern;
	params->cipher = (enum pst_cipher_kind)hello->cipher;
	params->prologue = prologue.bytes;
	params->prologue_bytes = prologue.byte_count;
	r = pst_noise_new(params, &machine->noise);
	if (r == -EOPNOTSUPP)
		return pst_handshake_fail(machine, POSTERN_REASON_SECURITY, r);
	if (r == -ENOMEM)
		return pst_handshake_fail(machine, POSTERN_REASON_RESOURCES, r);
	return r < 0 ? reject(machine) : 0;
}

static int hash_offer(const struct pst_offer *offer,
		      uint8_t ret_hash[static PST_NOISE_HASH_BYTES])
{
	struct pst_offer blank = *offer;
	struct pst_wire_record record;
	int r;

	memset(blank.key_exchange.bytes, 0, sizeof(blank.key_exchange.bytes));
	r = pst_wire_write_offer(&blank, &record);
	if (r < 0)
		return r;
	pst_noise_hash(record.bytes, record.byte_count, ret_hash);
	return 0;
}

static int write_unconfirmed(const struct pst_ready *ready,
			     struct pst_wire_record *ret_record)
{
	struct pst_ready blank = *ready;

	memset(blank.confirmation, 0, sizeof(blank.confirmation));
	return pst_wire_write_ready(&blank, ret_record);
}

/* -- both sides ------------------------------------------------------------ */

/* exchange->byte_count is set. */
static int create(struct pst_handshake_machine *machine, const void *payload,
		  size_t payload_bytes, struct pst_key_exchange *exchange)
{
	size_t byte_count;

	if (pst_noise_create(machine->noise, payload, payload_bytes,
			     exchange->bytes, sizeof(exchange->bytes),
			     &byte_count) < 0 ||
	    byte_count != exchange->byte_count)
		return reject(machine);
	return 0;
}

static int consume(struct pst_handshake_machine *machine,
		   const struct pst_key_exchange *exchange, void *ret_payload,
		   size_t payload_bytes)
{
	size_t byte_count;

	if (pst_noise_consume(machine->noise, exchange->bytes,
			      exchange->byte_count, ret_payload, payload_bytes,
			      &byte_count) < 0 ||
	    byte_count != payload_bytes)
		return reject(machine);
	return 0;
}

/* End the exchange and wipe its secrets. */
static int split(struct pst_handshake_machine *machine,
		 enum postern_security security)
{
	int r;

	r = pst_noise_split(machine->noise, security, &machine->keys);
	if (r == -ENOMEM)
		return pst_handshake_fail(machine, POSTERN_REASON_RESOURCES, r);
	if (r < 0)
		return reject(machine);
	machine->noise = pst_noise_free(machine->noise);
	return 0;
}

/* -- initiator ------------------------------------------------------------- */

int pst_handshake_keys_begin(struct pst_handshake_machine *machine,
			     const struct pst_initiator_params *params,
			     const struct pst_hello *hello)
{
	struct pst_noise_params noise = {
		.role = PST_NOISE_INITIATOR,
		.borrow_own = params->borrow_identity,
		.peer_public_key = params->node_key,
		.ephemeral_private_key = params->ephemeral_private_key,
	};

	if (hello->pattern == PST_WIRE_PATTERN_NONE)
		return 0;
	return begin(machine, &noise, hello);
}

int pst_handshake_keys_create_hello(struct pst_handshake_machine *machine,
				    struct pst_hello *hello)
{
	if (hello->pattern == PST_WIRE_PATTERN_NONE)
		return 0;
	return create(machine, NULL, 0, &hello->key_exchange);
}

int pst_handshake_keys_consume_offer(struct pst_handshake_machine *machine,
				     const struct pst_offer *offer)
{
	uint8_t hash[PST_NOISE_HASH_BYTES], sent_hash[PST_NOISE_HASH_BYTES];
	int r;

	if (offer->security == POSTERN_SECURITY_NONE) {
		pst_handshake_forget(machine);
		return 0;
	}
	r = consume(machine, &offer->key_exchange, sent_hash,
		    sizeof(sent_hash));
	if (r < 0)
		return r;
	if (hash_offer(offer, hash) < 0 ||
	    memcmp(hash, sent_hash, sizeof(hash)) != 0)
		return reject(machine);
	return 0;
}

int pst_handshake_keys_create_ready(struct pst_handshake_machine *machine,
				    enum postern_security security,
				    struct pst_ready *ready)
{
	struct pst_wire_record record;

	if (security == POSTERN_SECURITY_NONE)
		return 0;
	if (write_unconfirmed(ready, &record) < 0 ||
	    pst_noise_confirm(machine->noise, record.bytes, record.byte_count,
			      ready->confirmation) < 0)
		return reject(machine);
	return split(machine, security);
}

/* -- responder ------------------------------------------------------------- */

/* The key of the node, if the pattern has a static key of the responder. */
static const struct pst_identity *
identity_for(const struct pst_responder_params *own,
	     enum pst_wire_pattern pattern)
{
	return pst_noise_pattern_has_static((enum pst_noise_pattern)pattern,
					    PST_NOISE_RESPONDER)
		       ? own->borrow_identity
		       : NULL;
}

static void copy_claimed_key(struct pst_handshake_responder *responder)
{
	const uint8_t *key = pst_noise_initiator_key(responder->machine.noise);

	responder->claims_key = key != NULL;
	if (key)
		memcpy(responder->claimed_key, key,
		       sizeof(responder->claimed_key));
}

int pst_handshake_keys_consume_hello(struct pst_handshake_responder *responder,
				     const struct pst_hello *hello)
{
	struct pst_handshake_machine *machine = &responder->machine;
	const struct pst_responder_params *own = &responder->params;
	struct pst_noise_params noise = {
		.role = PST_NOISE_RESPONDER,
		.ephemeral_private_key = own->ephemeral_private_key,
	};
	int r;

	if (hello->pattern == PST_WIRE_PATTERN_NONE)
		return 0;
	if (!(own->cipher_bits & 1u << hello->cipher))
		return pst_handshake_fail(machine, POSTERN_REASON_SECURITY,
					  -EOPNOTSUPP);
	/* Noise refuses a pattern whose key is missing. */
	noise.borrow_own = identity_for(own, hello->pattern);
	r = begin(machine, &noise, hello);
	if (r < 0)
		return r;
	r = consume(machine, &hello->key_exchange, NULL, 0);
	if (r < 0)
		return r;
	copy_claimed_key(responder);
	return 0;
}

int pst_handshake_keys_create_offer(struct pst_handshake_machine *machine,
				    struct pst_offer *offer)
{
	uint8_t hash[PST_NOISE_HASH_BYTES];

	if (offer->security == POSTERN_SECURITY_NONE) {
		pst_handshake_forget(machine);
		return 0;
	}
	if (hash_offer(offer, hash) < 0)
		return reject(machine);
	return create(machine, hash, sizeof(hash), &offer->key_exchange);
}

/* In mode `none` READY must not contain a confirmation. */
static bool is_unconfirmed(const struct pst_ready *ready)
{
	static const uint8_t none[PST_WIRE_CONFIRMATION_BYTES];

	return memcmp(ready->confirmation, none, sizeof(none)) == 0;
}

int pst_handshake_keys_consume_ready(struct pst_handshake_machine *machine,
				     enum postern_security security,
				     const struct pst_ready *ready)
{
	struct pst_wire_record record;

	if (security == POSTERN_SECURITY_NONE)
		return is_unconfirmed(ready)
			       ? 0
			       : pst_handshake_fail(machine,
						    POSTERN_REASON_PROTOCOL,
						    -EBADMSG);
	if (write_unconfirmed(ready, &record) < 0 ||
	    pst_noise_check_confirmation(machine->noise, record.bytes,
					 record.byte_count,
					 ready->confirmation) < 0)
		return reject(machine);
	return split(machine, security);
}
