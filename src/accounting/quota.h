/* SPDX-License-Identifier: ISC */
/*
 * Quotas: limits on the peers, the memory and the connection attempts of an
 * allow, a tenant, a node and a process
 *
 * The error names the line of the policy that sets the exceeded limit.
 */
#ifndef POSTERN_ACCOUNTING_QUOTA_H
#define POSTERN_ACCOUNTING_QUOTA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "accounting/accounting.h"
#include "accounting/uid_rate.h"

struct pst_policy_node;

/* A peer that needs a slot. */
struct pst_quota_request {
	uid_t uid;
	const struct pst_tenant_account *account; /* NULL: of no tenant */
	uint64_t memory_bytes;                    /* of both segments */
	const struct pst_policy_node *rules;      /* of the node */
	const struct postern_decision *decision;
};

/*
 * Charge a slot to a peer, unless that exceeds a limit on peers or memory of an
 * allow, the tenant, the node or the process.  A charged slot counts from now
 * on, during the handshake too.  False: refused, and nothing is charged.
 */
bool pst_quota_charge(struct pst_accounting *accounting,
		      struct pst_charges *charges, uint32_t slot_index,
		      const struct pst_quota_request *request,
		      struct postern_error_info *error);
void pst_quota_release(struct pst_accounting *accounting,
		       struct pst_charges *charges, uint32_t slot_index);

/* After another decision about its peer: charge a slot, if it is charged, to
 * another tenant and other allows.  Its memory stays. */
void pst_quota_move(struct pst_accounting *accounting,
		    struct pst_charges *charges, uint32_t slot_index,
		    const struct postern_decision *decision,
		    const struct pst_tenant_account *account);

/*
 * Count one connection attempt of a user.  The rates are those of a node, of a
 * tenant account or of the process; the limits are those of the same scope.
 * False: refused.
 */
bool pst_quota_acquire_handshake(struct pst_accounting *accounting,
				 struct pst_uid_rate *rates,
				 const struct postern_policy_limit *limits,
				 uint64_t user, uint64_t now_ns,
				 struct postern_error_info *error);

#endif
