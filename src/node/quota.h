/* SPDX-License-Identifier: ISC */
/*
 * Quotas: may one more peer be admitted?
 */
#ifndef POSTERN_NODE_QUOTA_H
#define POSTERN_NODE_QUOTA_H

#include <stdbool.h>

#include <postern/policy.h>

#include "node/node_state.h"

/* Who asks for a slot, and what it takes. */
struct pst_quota_request {
	uid_t uid;
	const struct pst_account *account; /* NULL: of no tenant */
	uint64_t memory_bytes;             /* of both segments */
	const struct postern_decision *decision;
};

/*
 * Charge a claimed slot, if every bound on peers and memory that applies leaves
 * room for it: those of the allows, the tenant, the node and the process, each
 * counted for itself.  From then on the slot counts, half-open or admitted.
 * False: refused, nothing is charged, and the refusal names the line that sets
 * the limit.
 */
bool pst_quota_charge(struct pst_node *node, uint32_t slot_index,
		      const struct pst_quota_request *request,
		      struct postern_refusal *refusal);
void pst_quota_give_back(struct pst_node *node, uint32_t slot_index);

/* By another decision the slot, if it is charged, is charged to others; it
 * keeps its memory. */
void pst_quota_move(struct pst_node *node, uint32_t slot_index,
		    const struct postern_decision *decision,
		    const struct pst_account *account);

/* One more handshake of this user (pst_admission_user()): by the node's and
 * the process's bounds, and, once it is known, by its tenant's. */
bool pst_quota_handshake(struct pst_node *node, uint64_t user,
			 struct postern_refusal *refusal);
bool pst_quota_tenant_handshake(struct pst_node *node, uint64_t user,
				struct pst_account *account,
				const struct postern_decision *decision,
				struct postern_refusal *refusal);

#endif
