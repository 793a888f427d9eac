/* SPDX-License-Identifier: ISC */
/*
 * The security requirements of a client: its key and the weakest mode it accepts
 *
 * All of it comes from the client's own side: its copy of the policy, its key
 * file, the facts about its own process.  Nothing that a node sends lowers it.
 */
#ifndef POSTERN_CLIENT_CLIENT_SECURITY_H
#define POSTERN_CLIENT_CLIENT_SECURITY_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "handshake/handshake.h"
#include "policy/policy.h"

struct pst_client_security {
	const struct pst_policy_node *rules;
	struct pst_identity *identity;  /* NULL: none */
	enum postern_security minimum;
	bool may_need_security; /* a rule of the node requires more than `none`
				 * of some peer */
	enum pst_cipher_kind cipher;
};

/*
 * key_file: NULL for none.  0, or with error information the results of
 * pst_key_file_read(), but -EACCES for a missing file.  _done() follows in
 * either case.
 */
PST_MUST_CHECK int
pst_client_security_init(struct pst_client_security *security,
			 const struct pst_policy_node *borrow_rules,
			 const char *key_file, uint32_t disable_features,
			 struct postern_error_info *error);
void pst_client_security_done(struct pst_client_security *security);

/*
 * Fill in the key exchange and the modes of a HELLO to a node that must have
 * this key (NULL: the policy lists none).  *hello borrows from *security.
 *
 *	IK      node and client have a key
 *	NK      only the node has one
 *	NN      the node has none, but a rule may require more than `none`
 *	NONE    otherwise
 */
void pst_client_security_fill_hello(const struct pst_client_security *security,
				    const uint8_t *node_key,
				    struct pst_initiator_params *hello);

#endif
