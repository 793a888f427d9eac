/* SPDX-License-Identifier: ISC */
/*
 * From what the kernel says to what the policy asks
 *
 * Both sides of this are structs of facts that may be unknown, and nothing here
 * turns an unknown one into a known one.
 */
#include "node/subject.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are passed as they are");

unsigned pst_subject_wants(const struct pst_policy_node *rules)
{
	uint32_t facts = pst_policy_facts_used(rules);
	unsigned wants = 0;

	if (facts & PST_POLICY_FACT_LABEL)
		wants |= PST_PEER_WANT_LABEL;
	if (facts & (PST_POLICY_FACT_CGROUP | PST_POLICY_FACT_UNIT))
		wants |= PST_PEER_WANT_CGROUP;
	if (facts & PST_POLICY_FACT_EXE)
		wants |= PST_PEER_WANT_EXE;
	if (facts & PST_POLICY_FACT_USERNS)
		wants |= PST_PEER_WANT_USERNS;
	return wants;
}

void pst_subject_init(struct postern_subject *subject,
		      const struct pst_peer_credentials *credentials,
		      const uint8_t *key, uid_t overflow_uid,
		      gid_t overflow_gid)
{
	*subject = (struct postern_subject) {
		.size_bytes = sizeof(*subject),
		.uid_fact = credentials->uid_fact,
		.uid = credentials->uid,
		.gid_fact = credentials->gid_fact,
		.gid = credentials->gid,
		.groups_fact = credentials->groups_fact,
		.group_count = (uint32_t)credentials->group_count,
		.groups = credentials->groups,
		.pid_fact = credentials->pid_fact,
		.pid = credentials->pid,
		.pid_inode_fact = credentials->pidfd_inode_fact,
		.pid_inode = credentials->pidfd_inode,
		.label_fact = credentials->label_fact,
		.label = credentials->label,
		.unit_fact = credentials->unit_fact,
		.unit = credentials->unit,
		.cgroup_fact = credentials->cgroup_fact,
		.cgroup = credentials->cgroup,
		.exe_fact = credentials->exe_fact,
		.exe = credentials->exe,
		.userns = credentials->userns,
		.key_fact = key ? POSTERN_FACT_KNOWN : POSTERN_FACT_ABSENT,
		.overflow_uid = overflow_uid,
		.overflow_gid = overflow_gid,
	};
	if (key)
		memcpy(subject->key, key, sizeof(subject->key));
}
