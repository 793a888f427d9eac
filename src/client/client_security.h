/* SPDX-License-Identifier: ISC */
/*
 * What a connector brings and demands: its key, the least security it accepts
 *
 * All of it from its own side: its own copy of the policy, its own file, the
 * facts about its own process.  Nothing that the node says can lower it.
 */
#ifndef POSTERN_CLIENT_CLIENT_SECURITY_H
#define POSTERN_CLIENT_CLIENT_SECURITY_H

#include "base/attributes.h"
#include "handshake/handshake.h"
#include "policy/policy.h"

struct pst_own_security {
	const struct pst_policy_node *rules;
	struct pst_identity *identity;  /* NULL: none */
	enum postern_security minimum;
	bool may_be_secured;    /* a rule of the node demands it of somebody */
	enum pst_cipher_kind cipher;
};

/*
 * key_file: NULL for none.  0, or with a refusal the results of
 * pst_identity_file_read(), but -EACCES for a missing file.
 */
PST_MUST_CHECK int pst_own_security_init(struct pst_own_security *own,
					 const struct pst_policy_node *rules,
					 const char *key_file,
					 uint32_t features,
					 struct postern_refusal *refusal);
void pst_own_security_done(struct pst_own_security *own);

/*
 * Which key exchange to begin with, if any, with a node that is to have this
 * key (NULL: the policy lists none).  What is filled in is borrowed.
 *
 *	IK      the node has a key, and so have we
 *	NK      only the node has one
 *	NN      nobody has one, but somebody is demanded more than `none`
 */
void pst_own_security_fill(const struct pst_own_security *own,
			   const uint8_t *node_key,
			   struct pst_initiator_params *params);

#endif
