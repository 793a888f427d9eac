/* SPDX-License-Identifier: ISC */
/*
 * Quotas: may one more peer be admitted?
 */
#ifndef POSTERN_NODE_QUOTA_H
#define POSTERN_NODE_QUOTA_H

#include <stdbool.h>

#include <postern/policy.h>

#include "node/node_state.h"

/*
 * Every bound on `peers` and `peers-per-user` that applies, each counted for
 * itself.  False: refused, and the refusal names the line that sets the limit.
 */
bool pst_quota_admits(const struct pst_node *node,
		      const struct postern_decision *decision, uid_t uid,
		      struct postern_refusal *refusal);

/*
 * Charge a claimed slot to its uid and allows, and take the charge back.  From
 * the charge on the slot counts, half-open or admitted.
 */
void pst_quota_charge(struct pst_peer *peer,
		      const struct postern_decision *decision, uid_t uid);
void pst_quota_give_back(struct pst_peer *peer);

#endif
