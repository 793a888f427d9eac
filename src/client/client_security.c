/* SPDX-License-Identifier: ISC */
/*
 * What a connector brings and demands
 *
 * It decides about itself by the facts that a node would know of it.  What
 * cannot be found out only raises what is demanded
 * (pst_policy_security_floor()), and a node can do more than its policy asks
 * for.
 */
#include "client/client_security.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "crypto/cipher.h"
#include "node/identity_file.h"
#include "node/subject.h"
#include "os/own_process.h"
#include "os/peer_credentials.h"

static bool has_key(const struct pst_policy_node *rules)
{
	struct pst_policy_listed_key key;

	return pst_policy_node_key_at(rules, 0, &key);
}

/* What this side's policy says of this process. */
static enum postern_security floor_of_ours(const struct pst_own_security *own,
					   uint32_t features)
{
	struct pst_peer_credentials credentials;
	enum postern_security floor;
	struct postern_subject subject;
	const uint8_t *key = NULL;
	uid_t overflow_uid;
	gid_t overflow_gid;

	if (own->identity && has_key(own->rules))
		key = own->identity->public_key;
	if (pst_overflow_ids_read(&overflow_uid, &overflow_gid) < 0) {
		overflow_uid = PST_POLICY_OVERFLOW_ID;
		overflow_gid = PST_POLICY_OVERFLOW_ID;
	}
	/* After a failure all of them are unknown. */
	PST_IGNORE(pst_process_credentials_read(
		pst_own_pid(), geteuid(), getegid(),
		pst_subject_wants(own->rules), features, &credentials));
	pst_subject_init(&subject, &credentials, key, overflow_uid,
			 overflow_gid);
	floor = pst_policy_security_floor(own->rules, &subject);
	pst_peer_credentials_done(&credentials);
	return floor;
}

int pst_own_security_init(struct pst_own_security *own,
			  const struct pst_policy_node *rules,
			  const char *key_file, uint32_t features,
			  struct postern_refusal *refusal)
{
	int r;

	*own = (struct pst_own_security){
		.rules = rules,
		/* What this process cannot read may demand it. */
		.may_be_secured = pst_policy_demands_security(rules) ||
				  pst_policy_node_fault(rules),
		.cipher = pst_cipher_for(features),
	};
	if (key_file) {
		r = pst_identity_file_read(key_file, refusal, &own->identity);
		if (r < 0)
			return r == -ENOENT ? -EACCES : r;
	}
	if (own->may_be_secured)
		own->minimum = floor_of_ours(own, features);
	return 0;
}

void pst_own_security_done(struct pst_own_security *own)
{
	own->identity = pst_identity_free(own->identity);
}

static enum pst_noise_pattern pattern_for(const struct pst_own_security *own,
					  const uint8_t *node_key)
{
	if (node_key)
		return own->identity ? PST_NOISE_IK : PST_NOISE_NK;
	return own->may_be_secured ? PST_NOISE_NN : PST_NOISE_NONE;
}

/* From the least accepted to the most there is. */
static uint16_t bits_from(enum postern_security minimum)
{
	uint16_t bits = 0;
	unsigned int security;

	for (security = minimum; security <= POSTERN_SECURITY_AEAD; security++)
		bits = (uint16_t)(bits | 1u << security);
	return bits;
}

void pst_own_security_fill(const struct pst_own_security *own,
			   const uint8_t *node_key,
			   struct pst_initiator_params *params)
{
	enum postern_security minimum = own->minimum;

	params->pattern = pattern_for(own, node_key);
	if (params->pattern == PST_NOISE_NONE) {
		params->security_bits = 1u << POSTERN_SECURITY_NONE;
		return;
	}
	if (node_key && minimum < POSTERN_SECURITY_MAC)
		minimum = POSTERN_SECURITY_MAC;
	params->security_bits = bits_from(minimum);
	params->cipher = own->cipher;
	params->node_key = node_key;
	if (params->pattern == PST_NOISE_IK)
		params->borrow_identity = own->identity;
}
