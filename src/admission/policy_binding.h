/* SPDX-License-Identifier: ISC */
/*
 * Policy binding: the objects that a node derives from one policy
 *
 * A reload creates another binding, which can fail, and then exchanges the two.
 */
#ifndef POSTERN_ADMISSION_POLICY_BINDING_H
#define POSTERN_ADMISSION_POLICY_BINDING_H

#include <sys/types.h>

#include <postern/policy.h>

#include "accounting/accounting.h"
#include "base/attributes.h"
#include "identity/key_file.h"
#include "os/subordinate_uids.h"
#include "policy/policy.h"
#include "sched/tenant_queue.h"

/* All zero: empty. */
struct pst_policy_binding {
	const struct postern_policy *policy; /* counted */
	const struct pst_policy_node *rules; /* of the node */
	struct pst_node_key *key;            /* counted; NULL: none */
	struct pst_accounting *accounting;   /* counted */
	struct pst_tenant_queues tenant_queues;
	struct pst_subordinate_uids subordinate_uids; /* set by the caller */
	struct postern_node_description description; /* of the node */
	unsigned wanted_facts;  /* of a peer: those that the rules look at */
	gid_t group;            /* of socket and segments; (gid_t)-1: our own */
};

/*
 * Take references to the policy, the key and the accounting.  0 or -ENOMEM;
 * _done() accepts the binding also after a failure, and leaves an empty one.
 */
PST_MUST_CHECK int
pst_policy_binding_init(struct pst_policy_binding *binding,
			const struct postern_policy *policy,
			const struct pst_policy_node *rules,
			struct pst_node_key *key,
			struct pst_accounting *accounting);
void pst_policy_binding_done(struct pst_policy_binding *binding);

/* The group that a node gives its socket and segments to, or (gid_t)-1. */
static inline gid_t
pst_node_group(const struct postern_node_description *description)
{
	return description->socket_group_fact == POSTERN_FACT_KNOWN
		       ? description->socket_gid : (gid_t)-1;
}

#endif
