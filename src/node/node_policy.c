/* SPDX-License-Identifier: ISC */
/*
 * The policy of a node: check it, adopt it at open, exchange it at a reload
 *
 * A reload changes everything or nothing: all that can fail is done before the
 * two policy bindings are exchanged.  Then the node decides again on all peers
 * and handshakes, by the credentials of their connect().  A peer that the new
 * policy does not allow with its directions and its security mode is
 * disconnected; the others get their new limits at once.  The key file of the
 * node is read again, since the key may be the next one that the policy lists.
 * Rings, message sizes and the number of slots stay as they are.
 */
#include "node/node_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "os/monotonic.h"
#include "os/name_lookup.h"
#include "os/own_process.h"
#include "os/segment.h"
#include "policy/policy_table.h"

/* -- checks ---------------------------------------------------------------- */

static int find_rules(const struct postern_policy *policy, const char *name,
		      const struct pst_policy_node **ret_rules,
		      struct postern_node_description *ret_description,
		      struct postern_error_info *error)
{
	const struct pst_policy_node *rules;

	rules = pst_policy_find_node(policy, name);
	if (!rules) {
		pst_policy_refuse_unknown_node(policy, name, error);
		return policy->fault ? -EINVAL : -ENOENT;
	}
	if (rules->fault) {
		pst_policy_refuse_fault(rules->fault, error);
		return -EINVAL;
	}
	*ret_rules = rules;
	*ret_description =
		(struct postern_node_description)POSTERN_NODE_DESCRIPTION_INIT;
	pst_policy_describe_node(rules, ret_description);
	return 0;
}

static int check_owner(const struct postern_node_description *description,
		       struct postern_error_info *error)
{
	uid_t uid;

	if (description->owner_fact == POSTERN_FACT_KNOWN &&
	    pst_own_uid(&uid) == 0 && uid == description->owner_uid)
		return 0;
	if (description->owner_fact == POSTERN_FACT_KNOWN)
		(void)pst_error_setf(
			error, POSTERN_REASON_OWNER,
			"the owner is uid %lu, and must be the real, "
			"effective and saved uid of the process that "
			"opens the node",
			(unsigned long)description->owner_uid);
	else if (description->owner_fact == POSTERN_FACT_ABSENT)
		(void)pst_error_setf(
			error, POSTERN_REASON_OWNER,
			"'owner unmapped': this policy is for clients "
			"in another user namespace; the node's own "
			"says 'owner user NAME'");
	else
		(void)pst_error_setf(
			error, POSTERN_REASON_OWNER,
			"the owner's name is not known on this host");
	return -EACCES;
}

/* The error names the line, and the features that are missing here. */
static int check_features(const struct pst_node *node,
			  const struct pst_policy_node *rules,
			  struct postern_error_info *error)
{
	const struct pst_policy_requirement *required;
	char names[POSTERN_ERROR_DETAIL_BYTES / 2] = "";
	size_t i, used_bytes = 0;
	uint32_t missing;

	required = pst_policy_find_unmet(rules, node->features);
	if (!required)
		return 0;
	missing = required->features & ~node->features;
	for (i = 0; i < PST_FEATURE_COUNT; i++)
		if ((missing & 1u << i) != 0)
			used_bytes += (size_t)snprintf(
				names + used_bytes, sizeof(names) - used_bytes,
				" %s", pst_feature_names[i]); /* all fit */
	(void)pst_error_setf(
		error, POSTERN_REASON_FEATURE,
		"this host lacks%s, which the policy requires: see "
		"postern doctor",
		names);
	error->line = required->location.line;
	(void)snprintf(error->file, sizeof(error->file), "%s",
		       required->location.file); /* cut if too long */
	(void)snprintf(error->rule, sizeof(error->rule), "%s",
		       required->words); /* cut if too long */
	return -EOPNOTSUPP;
}

/* Nothing but an attempt shows whether segments can be given to the group. */
static int check_group(const struct pst_node *node, gid_t group,
		       const struct postern_node_description *description,
		       struct postern_error_info *error)
{
	int fd PST_FD_OWNED = -1;
	int r;

	r = pst_segment_create(pst_own_page_bytes(), node->features, &fd);
	if (r < 0)
		return r;
	r = pst_segment_set_access(fd, PST_SEGMENT_MODE, group);
	if (r == -EPERM && group != (gid_t)-1) {
		(void)pst_error_setf(
			error, POSTERN_REASON_GROUP,
			"uid %lu is not in group %lu and cannot give "
			"it: add it with usermod -aG",
			(unsigned long)description->owner_uid,
			(unsigned long)group);
		return -EACCES;
	}
	return r < 0 ? pst_kernel_error(PST_CALL_FCHMOD, -r) : 0;
}

/* Check that this process can serve the node by these rules, with this key (or
 * NULL). */
static int check_rules(const struct pst_node *node,
		       const struct pst_policy_node *rules,
		       const struct postern_node_description *description,
		       const struct pst_node_key *key,
		       struct postern_error_info *error)
{
	int r;

	r = check_owner(description, error);
	if (r < 0)
		return r;
	r = check_features(node, rules, error);
	if (r < 0)
		return r;
	r = pst_node_key_check(key, rules, error);
	if (r < 0)
		return r;
	return check_group(node, pst_node_group(description), description,
			   error);
}

/* -- a binding ------------------------------------------------------------- */

/* Both files belong to root, and every user may read them. */
static int refuse_subordinate_uids(int result,
				   const struct pst_path_fault *fault,
				   struct postern_error_info *error)
{
	if (pst_is_out_of_resources(result))
		return result;
	if (fault->kind == PST_PATH_FAULT_ERROR && fault->error == EACCES) {
		(void)pst_error_setf(error, POSTERN_REASON_SUBORDINATE_UIDS,
				     "%s cannot be read: chmod a+r %s",
				     fault->path, fault->path);
		return -EACCES;
	}
	(void)pst_error_set(error, POSTERN_REASON_SUBORDINATE_UIDS);
	pst_path_fault_describe(fault, 0, error->detail,
				sizeof(error->detail));
	return -EACCES;
}

static int read_subordinate_uids(const struct pst_node *node,
				 struct pst_subordinate_uids *ret_uids,
				 struct postern_error_info *error)
{
	struct pst_path_fault fault;
	int r;

	r = pst_subordinate_uids_read(PST_SUBUID_PATH, PST_PASSWD_PATH,
				      ret_uids, &fault);
	if (r < 0)
		return refuse_subordinate_uids(r, &fault, error);
	if (ret_uids->ignored_line_count > 0)
		pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "subuid",
			       "lines of " PST_SUBUID_PATH " that are not "
			       "NAME:FIRST:COUNT are ignored", 0);
	return 0;
}

static int create_binding(const struct pst_node *node,
			  struct pst_accounting *accounting,
			  const struct postern_policy *policy,
			  const struct pst_policy_node *rules,
			  struct pst_node_key *key,
			  struct pst_policy_binding *ret_binding,
			  struct postern_error_info *error)
{
	struct pst_policy_binding binding;
	int r;

	r = pst_policy_binding_init(&binding, policy, rules, key, accounting);
	if (r == 0)
		r = read_subordinate_uids(node, &binding.subordinate_uids,
					  error);
	if (r < 0) {
		pst_policy_binding_done(&binding);
		return r;
	}
	*ret_binding = binding;
	return 0;
}

int pst_node_open_policy(struct pst_node *node,
			 struct pst_accounting *accounting,
			 const struct postern_policy *policy,
			 struct postern_error_info *error)
{
	struct postern_node_description description;
	const struct pst_policy_node *rules;
	struct pst_node_key *key;
	int r;

	r = find_rules(policy, node->name, &rules, &description, error);
	if (r < 0)
		return r;
	r = pst_node_key_new(node->key_path, &key, error);
	if (r < 0)
		return r;
	r = check_rules(node, rules, &description, key, error);
	if (r == 0)
		r = create_binding(node, accounting, policy, rules, key,
				   &node->binding, error);
	key = pst_node_key_unref(key);
	node->audit.level = node->binding.description.audit;
	return r;
}

/* -- another policy -------------------------------------------------------- */

/* The socket of an open node cannot move. */
static int
check_is_same_node(const struct pst_node *node,
		   const struct postern_node_description *description,
		   struct postern_error_info *error)
{
	const char *socket_path = node->binding.description.socket_path;

	if (strcmp(socket_path, description->socket_path) == 0)
		return 0;
	(void)pst_error_setf(
		error, POSTERN_REASON_SOCKET_MOVED,
		"the socket of an open node stays at %s: close the "
		"node to move it",
		socket_path);
	return -EBUSY;
}

static int set_socket_access(const struct pst_node *node,
			     const struct pst_policy_binding *binding,
			     struct postern_error_info *error)
{
	int r;

	r = pst_listener_set_access(&node->admission.listener,
				    binding->description.socket_mode,
				    binding->group);
	if (r < 0)
		(void)pst_error_set_errno(
			error, POSTERN_REASON_DIRECTORY, r,
			"setting the socket's mode and group");
	return r == -EPERM || r == -ESTALE || r == -ENOENT ? -EACCES : r;
}

static void exchange(struct pst_node *node, struct pst_policy_binding *binding)
{
	const struct pst_policy_binding old = node->binding;

	node->binding = *binding;
	node->audit.level = binding->description.audit;
	*binding = old;
	pst_half_open_renew_users(&node->admission.half_open,
				  &node->binding.subordinate_uids);
}

/* The new rules may look at facts that the old ones ignored, and groups are kept
 * for detached peers only. */
static void read_missing_facts(const struct pst_node *node,
			       unsigned facts_before, struct pst_peer *peer)
{
	int socket_fd;

	if (!peer->channel)
		return;
	socket_fd = pst_channel_socket_fd(peer->channel);
	pst_admission_read_missing_facts(&node->admission, facts_before,
					 socket_fd,
					 &peer->identity.credentials);
	/* Where it fails they stay unknown: that denies. */
	PST_IGNORE(pst_peer_credentials_recall_groups(
		socket_fd, &peer->identity.credentials));
}

static bool is_still_allowed(const struct pst_node *node,
			     const struct pst_peer *peer,
			     struct postern_decision *ret_decision,
			     struct postern_error_info *error)
{
	return pst_admission_decide(&node->admission,
				    &peer->identity.credentials,
				    pst_peer_key(peer), ret_decision,
				    error) &&
	       pst_admission_covers(ret_decision, peer->directions,
				    peer->security, error);
}

static bool have_changed(const struct pst_peer *peer,
			 const struct pst_metering *metering_before,
			 enum postern_on_exceed on_exceed_before,
			 uint64_t idle_ns_before)
{
	return peer->sched.on_exceed != on_exceed_before ||
	       peer->times.idle_ns != idle_ns_before ||
	       peer->sched.metering.scope_count !=
		       metering_before->scope_count ||
	       memcmp(peer->sched.metering.scopes, metering_before->scopes,
		      sizeof(peer->sched.metering.scopes)) != 0;
}

/* True: the limits of the peer have changed. */
static bool apply_limits(struct pst_node *node, struct pst_peer *peer,
			 const struct postern_decision *decision)
{
	const struct pst_metering metering = peer->sched.metering;
	enum postern_on_exceed on_exceed = peer->sched.on_exceed;
	uint64_t idle_ns = peer->times.idle_ns;

	pst_admission_reapply_limits(&node->admission, peer, decision);
	/* A throttled peer that cannot be watched is served after a retry. */
	PST_IGNORE(pst_node_transition(node, peer,
				       PST_PEER_EVENT_LIMITS_CHANGED));
	pst_peer_mark(node, peer); /* it may have another name and tenant */
	return have_changed(peer, &metering, on_exceed, idle_ns);
}

/* Only receiving by the node can enforce a rate and an idle time. */
static bool can_enforce(const struct pst_peer *peer,
			struct postern_error_info *error)
{
	if (peer->state != PST_PEER_DETACHED ||
	    (peer->sched.metering.scope_count == 0 && peer->times.idle_ns == 0))
		return true;
	return pst_error_setf(
		error, POSTERN_REASON_REVOKED,
		"its channel is detached, and its rate or idle time "
		"is limited now");
}

static void decide_again(struct pst_node *node, unsigned facts_before,
			 struct pst_peer *peer,
			 struct pst_reload_outcome *outcome)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct postern_error_info error;
	bool has_changed = false, stays;

	read_missing_facts(node, facts_before, peer);
	stays = is_still_allowed(node, peer, &decision, &error);
	if (peer->channel)
		pst_peer_credentials_forget_groups(&peer->identity.credentials);
	if (stays) {
		has_changed = apply_limits(node, peer, &decision);
		stays = can_enforce(peer, &error);
	}
	if (stays) {
		outcome->changed_count += has_changed;
		outcome->unchanged_count += !has_changed;
		return;
	}
	outcome->disconnected_count++;
	pst_node_revoke_peer(node, peer, &error);
}

/* All that can fail.  key: the one to have from now on. */
static int prepare(struct pst_node *node, const struct postern_policy *policy,
		   struct pst_node_key *key,
		   struct pst_policy_binding *ret_binding,
		   struct postern_error_info *error)
{
	struct postern_node_description description;
	const struct pst_policy_node *rules;
	struct pst_policy_binding binding;
	int r;

	r = find_rules(policy, node->name, &rules, &description, error);
	if (r < 0)
		return r;
	r = check_rules(node, rules, &description, key, error);
	if (r < 0)
		return r;
	r = check_is_same_node(node, &description, error);
	if (r < 0)
		return r;
	r = create_binding(node, node->binding.accounting, policy, rules, key,
			   &binding, error);
	if (r < 0)
		return r;
	r = set_socket_access(node, &binding, error);
	if (r < 0) {
		pst_policy_binding_done(&binding);
		return r;
	}
	*ret_binding = binding;
	return 0;
}

/*
 * Peers can use up the locked memory, and must not prevent a reload by that: then
 * the node keeps its key, if the policy still lists it.
 */
static int read_key(const struct pst_node *node,
			  struct pst_node_key **ret_key,
			  struct postern_error_info *error)
{
	int r;

	r = pst_node_key_new(node->key_path, ret_key, error);
	if (r != -ENOMEM)
		return r;
	pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "key",
		       "the key stays: no locked memory to read its file "
		       "again", r);
	(void)pst_error_set(error, POSTERN_REASON_NONE);
	*ret_key = pst_node_key_ref(node->binding.key);
	return 0;
}

static int reload(struct pst_node *node, const struct postern_policy *policy,
		  struct postern_error_info *error,
		  struct pst_reload_outcome *outcome)
{
	unsigned facts_before = node->binding.wanted_facts;
	struct pst_node_key *key;
	struct pst_policy_binding binding;
	uint32_t i;
	int r;

	r = read_key(node, &key, error);
	if (r < 0)
		return r;
	r = prepare(node, policy, key, &binding, error);
	key = pst_node_key_unref(key);
	if (r < 0)
		return r;

	exchange(node, &binding);
	/* Where it fails, the old segment is retired all the same. */
	(void)pst_node_stats_renew_segment(node);
	for (i = 0; i < node->peer_table.slot_count; i++)
		if (node->peer_table.peers[i].state != PST_PEER_FREE)
			decide_again(node, facts_before,
				     &node->peer_table.peers[i], outcome);
	pst_admission_decide_again(&node->admission, facts_before);
	/* The retained meters belong to allows of the old policy. */
	pst_retained_meters_clear(&node->retained_meters);
	pst_policy_binding_done(&binding);
	return 0;
}

static void report_outcome(struct pst_node *node,
			   const struct pst_reload_outcome *outcome)
{
	pst_audit_reload(&node->audit, outcome);
	pst_stats_collector_count_reload(&node->stats.collector,
					 outcome->result == 0);
	pst_node_update_timer(node);
	pst_node_update_wake(node);
}

void pst_node_report_reload_failure(struct pst_node *node, int result,
			    const struct postern_diagnostic *error)
{
	struct pst_reload_outcome outcome = {.result = result};

	if (error) {
		outcome.file = error->file;
		outcome.line = error->line;
		outcome.detail = error->message;
	}
	report_outcome(node, &outcome);
}

int pst_node_reload(struct pst_node *node, const struct postern_policy *policy,
		    uint32_t *ret_disconnected_count,
		    struct postern_error_info *error)
{
	struct pst_reload_outcome outcome = {0};

	node->reactor.now_ns = pst_monotonic_now_ns();
	pst_node_check_socket_files(node);
	outcome.result = reload(node, policy, error, &outcome);
	if (outcome.result < 0) {
		if (error->reason == POSTERN_REASON_NONE)
			(void)pst_error_set_errno(
				error, pst_error_reason(outcome.result),
				outcome.result, "reloading");
		outcome.result = pst_error_result(error, outcome.result);
		outcome.file = error->file[0] ? error->file : NULL;
		outcome.line = error->line;
		outcome.detail = error->detail[0] ? error->detail : NULL;
	}
	report_outcome(node, &outcome);
	if (outcome.result == 0)
		*ret_disconnected_count = outcome.disconnected_count;
	return outcome.result;
}
