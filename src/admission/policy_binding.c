/* SPDX-License-Identifier: ISC */
/*
 * Policy binding
 */
#include "admission/policy_binding.h"

#include <string.h>

#include "identity/subject.h"
#include "policy/policy_table.h"

static int open_accounts(struct pst_policy_binding *binding)
{
	struct pst_tenant_queues *queues = &binding->tenant_queues;
	const struct postern_policy *policy = binding->policy;
	size_t i;
	int r;

	r = pst_tenant_queues_new(policy, queues);
	/* The first queue is for peers without a tenant. */
	for (i = 0; r == 0 && i < policy->tenant_count; i++)
		r = pst_tenant_account_open(binding->accounting,
					    policy->tenant_at[i]->name,
					    &queues->queues[i + 1].account);
	return r;
}

int pst_policy_binding_init(struct pst_policy_binding *binding,
			    const struct postern_policy *policy,
			    const struct pst_policy_node *rules,
			    struct pst_node_key *key,
			    struct pst_accounting *accounting)
{
	*binding = (struct pst_policy_binding) {
		.policy = pst_policy_ref(policy),
		.rules = rules,
		.key = pst_node_key_ref(key),
		.accounting = pst_accounting_ref(accounting),
		.description = POSTERN_NODE_DESCRIPTION_INIT,
		.wanted_facts = pst_subject_wants(rules),
	};
	pst_policy_describe_node(rules, &binding->description);
	binding->group = pst_node_group(&binding->description);
	return open_accounts(binding);
}

void pst_policy_binding_done(struct pst_policy_binding *binding)
{
	struct pst_tenant_queues *queues = &binding->tenant_queues;
	size_t i;

	for (i = 0; i < queues->queue_count; i++)
		(void)pst_tenant_account_close(binding->accounting,
					       queues->queues[i].account);
	pst_tenant_queues_free(queues);
	pst_subordinate_uids_done(&binding->subordinate_uids);
	(void)pst_accounting_unref(binding->accounting);
	(void)pst_node_key_unref(binding->key);
	(void)pst_policy_unref(binding->policy);
	memset(binding, 0, sizeof(*binding));
}
