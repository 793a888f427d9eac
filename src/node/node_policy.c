/* SPDX-License-Identifier: ISC */
/*
 * A node and the policy it lives by
 *
 * When a node is opened, and when it is given another policy: can it carry out
 * what is asked of it, as who and what it is?
 */
#include "node/node_policy.h"

#include <errno.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "os/name_lookup.h"
#include "os/own_process.h"
#include "os/segment.h"

int pst_node_find_rules(const struct postern_policy *policy, const char *name,
			const struct pst_policy_node **ret_rules,
			struct postern_refusal *refusal)
{
	const struct pst_policy_node *rules;

	rules = pst_policy_find_node(policy, name);
	if (!rules) {
		pst_policy_refuse_unknown_node(policy, name, refusal);
		return pst_policy_fault(policy) ? -EINVAL : -ENOENT;
	}
	if (pst_policy_node_fault(rules)) {
		pst_policy_refuse_fault(pst_policy_node_fault(rules), refusal);
		return -EINVAL;
	}
	*ret_rules = rules;
	return 0;
}

static int check_owner(const struct postern_node_description *description,
		       struct postern_refusal *refusal)
{
	uid_t uid;

	if (description->owner_fact == POSTERN_FACT_KNOWN &&
	    pst_own_uid(&uid) == 0 && uid == description->owner_uid)
		return 0;
	if (description->owner_fact == POSTERN_FACT_KNOWN)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_OWNER,
			"the owner is uid %lu, and must be the real, "
			"effective and saved uid of the process that "
			"opens the node",
			(unsigned long)description->owner_uid);
	else if (description->owner_fact == POSTERN_FACT_ABSENT)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_OWNER,
			"'owner unmapped': this policy is for clients "
			"in another user namespace; the node's own "
			"says 'owner user NAME'");
	else
		(void)pst_error_setf(
			refusal, POSTERN_REASON_OWNER,
			"the owner's name is not known on this host");
	return -EACCES;
}

/* The refusal names the line, and the features that are missing here. */
static int check_features(const struct pst_node *node,
			  const struct pst_policy_node *rules,
			  struct postern_refusal *refusal)
{
	struct pst_policy_required required;
	char names[POSTERN_REFUSAL_DETAIL_BYTES / 2] = "";
	size_t i, used_bytes = 0;
	uint32_t missing;

	if (!pst_policy_find_unmet(rules, node->features, &required))
		return 0;
	missing = required.features & ~node->features;
	for (i = 0; i < PST_FEATURE_COUNT; i++)
		if ((missing & 1u << i) != 0)
			used_bytes += (size_t)snprintf(
				names + used_bytes, sizeof(names) - used_bytes,
				" %s", pst_feature_names[i]); /* all fit */
	(void)pst_error_setf(
		refusal, POSTERN_REASON_FEATURE,
		"this host lacks%s, which the policy requires: see "
		"postern doctor",
		names);
	refusal->line = required.line;
	(void)snprintf(refusal->file, sizeof(refusal->file), "%s",
		       required.file); /* cut if too long */
	(void)snprintf(refusal->rule, sizeof(refusal->rule), "%s",
		       required.words); /* cut if too long */
	return -EOPNOTSUPP;
}

/* Can segments be given to the group?  Tried, as nothing else can tell. */
static int check_group(const struct pst_node *node, gid_t group,
		       const struct postern_node_description *description,
		       struct postern_refusal *refusal)
{
	int fd PST_FD_OWNED = -1;
	int r;

	r = pst_segment_create(pst_own_page_bytes(), node->features, &fd);
	if (r < 0)
		return r;
	r = pst_segment_set_access(fd, PST_SEGMENT_MODE, group);
	if (r == -EPERM && group != (gid_t)-1) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_GROUP,
			"uid %lu is not in group %lu and cannot give "
			"it: add it with usermod -aG",
			(unsigned long)description->owner_uid,
			(unsigned long)group);
		return -EACCES;
	}
	return r < 0 ? pst_kernel_error(PST_CALL_FCHMOD, -r) : 0;
}

int pst_node_check_policy(const struct pst_node *node,
			  const struct pst_policy_node *rules,
			  const struct pst_node_key *key,
			  struct postern_refusal *refusal)
{
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	int r;

	pst_policy_describe_node(rules, &description);
	r = check_owner(&description, refusal);
	if (r < 0)
		return r;
	r = check_features(node, rules, refusal);
	if (r < 0)
		return r;
	r = pst_node_key_check(key, rules, refusal);
	if (r < 0)
		return r;
	return check_group(node, pst_node_group(&description), &description,
			   refusal);
}

/* Both files belong to root, and every user may read them. */
static int refuse_subordinate_uids(int result,
				   const struct pst_path_fault *fault,
				   struct postern_refusal *refusal)
{
	if (pst_is_out_of_resources(result))
		return result;
	if (fault->kind == PST_PATH_FAULT_ERROR && fault->error == EACCES) {
		(void)pst_error_setf(refusal, POSTERN_REASON_SUBORDINATE_UIDS,
				     "%s cannot be read: chmod a+r %s",
				     fault->path, fault->path);
		return -EACCES;
	}
	(void)pst_error_set(refusal, POSTERN_REASON_SUBORDINATE_UIDS);
	pst_path_fault_describe(fault, 0, refusal->detail,
				sizeof(refusal->detail));
	return -EACCES;
}

static int read_subordinate_uids(const struct pst_node *node,
				 struct pst_subordinate_uids *ret_uids,
				 struct postern_refusal *refusal)
{
	struct pst_path_fault fault;
	int r;

	r = pst_subordinate_uids_read(PST_SUBUID_PATH, PST_PASSWD_PATH,
				      ret_uids, &fault);
	if (r < 0)
		return refuse_subordinate_uids(r, &fault, refusal);
	if (ret_uids->ignored_line_count > 0)
		pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "subuid",
			       "lines of " PST_SUBUID_PATH " that are not "
			       "NAME:FIRST:COUNT are ignored", 0);
	return 0;
}

int pst_node_bind_policy(const struct pst_node *node,
			 const struct postern_policy *policy,
			 const struct pst_policy_node *rules,
			 struct pst_node_key *key,
			 struct pst_policy_binding *ret_binding,
			 struct postern_refusal *refusal)
{
	struct pst_policy_binding binding;
	int r;

	r = pst_policy_binding_init(&binding, policy, rules, key,
				    node->binding.accounting);
	if (r == 0)
		r = read_subordinate_uids(node, &binding.subordinate_uids,
					  refusal);
	if (r < 0) {
		pst_policy_binding_done(&binding);
		return r;
	}
	*ret_binding = binding;
	return 0;
}
