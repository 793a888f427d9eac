/* SPDX-License-Identifier: ISC */
/*
 * From a decision to what a peer gets: its share and its limits
 */
#ifndef POSTERN_NODE_TERMS_H
#define POSTERN_NODE_TERMS_H

#include <postern/policy.h>

#include "base/attributes.h"
#include "node/node_state.h"

/* What the node's policy says of whom; false: refused.  key: claimed or proven,
 * NULL for none. */
bool pst_terms_decide(const struct pst_node *node,
		      const struct pst_peer_credentials *credentials,
		      const uint8_t *key,
		      struct postern_decision *ret_decision,
		      struct postern_refusal *refusal);

/* Does this decision still allow what was agreed on under another? */
bool pst_terms_cover(const struct postern_decision *decision,
		     uint32_t directions, enum postern_security security,
		     struct postern_refusal *refusal);

/* The security that is demanded is not reached: strongest is what there is. */
bool pst_terms_refuse_security(const struct postern_decision *decision,
			       enum postern_security strongest,
			       struct postern_refusal *refusal);

/*
 * Put these limits in force for a peer, from now on; its rings and the size of
 * its messages stay.  The peer is in no ready queue.
 */
void pst_peer_set_terms(struct pst_node *node, struct pst_peer *peer,
			const struct postern_decision *decision);

/* The same for a peer that is charged already, by another policy or another
 * decision: whoever is to be charged from now on is. */
void pst_peer_change_terms(struct pst_node *node, struct pst_peer *peer,
			   const struct postern_decision *decision);

/*
 * The meter of a channel, where an allow limits its rate.  It begins with what is
 * left of the meters of the owner's earlier channels; shares one with later ones
 * while it drains; and leaves its own for later ones, once nothing is granted by
 * it any more.
 */
void pst_peer_inherit_meter(struct pst_node *node, struct pst_peer *peer);
void pst_peer_share_meter(struct pst_node *node, struct pst_peer *peer);
void pst_peer_leave_meter(struct pst_node *node, struct pst_peer *peer);

#endif
