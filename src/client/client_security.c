/* SPDX-License-Identifier: ISC */
/*
 * The security requirements of a client: its key and the weakest mode it accepts
 *
 * The client applies the policy to itself, with the facts that a node would
 * know about it.  A fact that cannot be read only raises the requirement
 * (pst_policy_security_floor()), and a node can offer more security than its
 * policy requires.
 */
#include "client/client_security.h"

#include <errno.h>
#include <unistd.h>

#include "crypto/cipher.h"
#include "identity/key_file.h"
#include "identity/subject.h"
#include "os/features.h"
#include "os/own_process.h"
#include "os/peer_credentials.h"
#include "policy/policy_table.h"

/* The weakest mode that the policy may require of this process. */
static enum postern_security
find_minimum(const struct pst_client_security *security,
	     uint32_t disable_features)
{
	struct pst_peer_credentials credentials;
	enum postern_security minimum;
	struct postern_subject subject;
	const uint8_t *key = NULL;
	uid_t overflow_uid;
	gid_t overflow_gid;

	/* Without a key of the node, this process proves none. */
	if (security->identity && security->rules->keys)
		key = security->identity->public_key;
	if (pst_overflow_ids_read(&overflow_uid, &overflow_gid) < 0) {
		overflow_uid = PST_POLICY_OVERFLOW_ID;
		overflow_gid = PST_POLICY_OVERFLOW_ID;
	}
	/* After a failure all facts are unknown. */
	PST_IGNORE(pst_process_credentials_read(
		pst_own_pid(), geteuid(), getegid(),
		pst_subject_wants(security->rules),
		pst_features_probe(disable_features), &credentials));
	pst_subject_init(&subject, &credentials, key, overflow_uid,
			 overflow_gid);
	minimum = pst_policy_security_floor(security->rules, &subject);
	pst_peer_credentials_done(&credentials);
	return minimum;
}

int pst_client_security_init(struct pst_client_security *security,
			     const struct pst_policy_node *borrow_rules,
			     const char *key_file, uint32_t disable_features,
			     struct postern_error_info *error)
{
	int r;

	*security = (struct pst_client_security){
		.rules = borrow_rules,
		/* A rule that this process cannot read may require it. */
		.may_need_security =
			pst_policy_demands_security(borrow_rules) ||
			borrow_rules->fault,
		.cipher = pst_cipher_for(pst_cipher_features(disable_features)),
	};
	if (key_file) {
		r = pst_key_file_read(key_file, &security->identity,
					   error);
		if (r < 0)
			return r == -ENOENT ? -EACCES : r;
	}
	if (security->may_need_security)
		security->minimum = find_minimum(security, disable_features);
	return 0;
}

void pst_client_security_done(struct pst_client_security *security)
{
	security->identity = pst_identity_free(security->identity);
}

static enum pst_noise_pattern
pattern_for(const struct pst_client_security *security, const uint8_t *node_key)
{
	if (node_key)
		return security->identity ? PST_NOISE_IK : PST_NOISE_NK;
	return security->may_need_security ? PST_NOISE_NN : PST_NOISE_NONE;
}

/* One bit for each mode, from the minimum to the strongest. */
static uint16_t bits_from(enum postern_security minimum)
{
	uint16_t bits = 0;
	unsigned int mode;

	for (mode = minimum; mode <= POSTERN_SECURITY_AEAD; mode++)
		bits = (uint16_t)(bits | 1u << mode);
	return bits;
}

void pst_client_security_fill_hello(const struct pst_client_security *security,
				    const uint8_t *node_key,
				    struct pst_initiator_params *hello)
{
	enum postern_security minimum = security->minimum;

	hello->pattern = pattern_for(security, node_key);
	if (hello->pattern == PST_NOISE_NONE) {
		hello->security_bits = 1u << POSTERN_SECURITY_NONE;
		return;
	}
	/* In `none` nothing would prove the node's key. */
	if (node_key && minimum < POSTERN_SECURITY_MAC)
		minimum = POSTERN_SECURITY_MAC;
	hello->security_bits = bits_from(minimum);
	hello->cipher = security->cipher;
	hello->node_key = node_key;
	if (hello->pattern == PST_NOISE_IK)
		hello->borrow_identity = security->identity;
}
