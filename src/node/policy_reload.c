/* SPDX-License-Identifier: ISC */
/*
 * Another policy for a node that lives
 *
 * Whole or not at all: what can fail is done first.  Then the policy is
 * exchanged and everybody is decided again by the credentials they were
 * admitted with, peers and handshakes alike.  Who is no longer admitted, or not
 * as it is (in its directions, its security mode), is disconnected; the others
 * have their new limits at once.  The node's key is read again: it may have
 * changed to its next one.  Rings and the size of messages stay as they were
 * agreed on, and so does the number of slots.
 */
#include "node/node_internal.h"

#include <errno.h>
#include <string.h>

#include "base/attributes.h"
#include "base/result.h"
#include "node/node_policy.h"
#include "os/monotonic.h"

/* What an open node is, a policy cannot change: it has to be opened anew. */
static int check_is_same_node(const struct pst_node *node,
			      const struct pst_policy_node *rules,
			      struct postern_refusal *refusal)
{
	struct postern_node_description now = POSTERN_NODE_DESCRIPTION_INIT;
	struct postern_node_description then = POSTERN_NODE_DESCRIPTION_INIT;

	pst_policy_describe_node(node->binding.rules, &now);
	pst_policy_describe_node(rules, &then);
	if (strcmp(now.socket_path, then.socket_path) == 0)
		return 0;
	(void)pst_error_setf(
		refusal, POSTERN_REASON_SOCKET_MOVED,
		"the socket of an open node stays at %s: close the "
		"node to move it",
		now.socket_path);
	return -EBUSY;
}

static int set_socket_access(const struct pst_node *node,
			     const struct pst_policy_node *rules,
			     struct postern_refusal *refusal)
{
	struct postern_node_description then = POSTERN_NODE_DESCRIPTION_INIT;
	int r;

	pst_policy_describe_node(rules, &then);
	r = pst_listener_set_access(&node->admission.listener, then.socket_mode,
				    pst_node_group(&then));
	if (r < 0)
		(void)pst_error_set_errno(
			refusal, POSTERN_REASON_DIRECTORY, r,
			"setting the socket's mode and group");
	return r == -EPERM || r == -ESTALE || r == -ENOENT ? -EACCES : r;
}

static void exchange(struct pst_node *node, struct pst_policy_binding *binding)
{
	const struct pst_policy_binding old = node->binding;

	if (binding->accounting != old.accounting) {
		pst_accounting_remove(old.accounting, &node->charges);
		pst_accounting_add(binding->accounting, &node->charges);
	}
	node->binding = *binding;
	node->audit.level = binding->audit;
	*binding = old;
	pst_half_open_renew_users(&node->admission.half_open,
				  &node->binding.subordinate_uids);
}

/* -- who is here ----------------------------------------------------------- */

/*
 * The new rules may look at facts that nobody had asked about, and groups were
 * not kept, but for those of detached peers.
 */
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

static bool keeps_its_place(const struct pst_node *node,
			    const struct pst_peer *peer,
			    struct postern_decision *ret_decision,
			    struct postern_refusal *refusal)
{
	return pst_admission_decide(&node->admission,
				    &peer->identity.credentials,
				    pst_peer_key(peer), ret_decision,
				    refusal) &&
	       pst_admission_covers(ret_decision, peer->directions,
				    peer->security, refusal);
}

/* Do these limits say something else than those before? */
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

static bool put_in_force(struct pst_node *node, struct pst_peer *peer,
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

/* Nobody but the node could carry out limits that a detached one has now. */
static bool is_within_reach(const struct pst_peer *peer,
			    struct postern_refusal *refusal)
{
	if (peer->state != PST_PEER_DETACHED ||
	    (peer->sched.metering.scope_count == 0 && peer->times.idle_ns == 0))
		return true;
	return pst_error_setf(
		refusal, POSTERN_REASON_REVOKED,
		"its channel is detached, and its rate or idle time "
		"is limited now");
}

static void decide_again(struct pst_node *node, unsigned facts_before,
			 struct pst_peer *peer,
			 struct pst_reload_outcome *outcome)
{
	static const struct pst_disconnect_origin origin = {
		.by = PST_DISCONNECT_BY_RELOAD,
	};
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct postern_refusal refusal;
	bool has_changed = false, stays;

	read_missing_facts(node, facts_before, peer);
	stays = keeps_its_place(node, peer, &decision, &refusal);
	if (peer->channel)
		pst_peer_credentials_forget_groups(&peer->identity.credentials);
	if (stays) {
		has_changed = put_in_force(node, peer, &decision);
		stays = is_within_reach(peer, &refusal);
	}
	if (stays) {
		outcome->changed_count += has_changed;
		outcome->unchanged_count += !has_changed;
		return;
	}
	outcome->disconnected_count++;
	pst_audit_revoked(&node->audit, peer, &origin, &refusal);
	pst_node_end_peer(node, peer, POSTERN_REASON_REVOKED);
}

/* -- all of it ------------------------------------------------------------- */

/* All that can fail; key is the one to have from now on. */
static int get_ready(struct pst_node *node, const struct postern_policy *policy,
		     struct pst_node_key *key,
		     struct pst_policy_binding *ret_binding,
		     struct postern_refusal *refusal)
{
	const struct pst_policy_node *rules;
	struct pst_policy_binding binding;
	int r;

	r = pst_node_find_rules(policy, node->name, &rules, refusal);
	if (r < 0)
		return r;
	r = pst_node_check_policy(node, rules, key, refusal);
	if (r < 0)
		return r;
	r = check_is_same_node(node, rules, refusal);
	if (r < 0)
		return r;
	r = pst_node_bind_policy(node, policy, rules, key, &binding, refusal);
	if (r < 0)
		return r;
	r = set_socket_access(node, rules, refusal);
	if (r < 0) {
		pst_policy_binding_done(&binding);
		return r;
	}
	*ret_binding = binding;
	return 0;
}

/*
 * The key as its file has it now.  Peers can use up the memory for secrets, and
 * must not keep a policy that is against them from coming into force: then the
 * node goes on with the key that it has, if the policy still lists that.
 */
static int read_key_again(const struct pst_node *node,
			  struct postern_refusal *refusal,
			  struct pst_node_key **ret_key)
{
	int r;

	r = pst_node_key_new(node->key_path, refusal, ret_key);
	if (r != -ENOMEM)
		return r;
	pst_audit_note(&node->audit, POSTERN_LOG_WARNING, "key",
		       "the key stays: no locked memory to read its file "
		       "again", r);
	(void)pst_error_set(refusal, POSTERN_REASON_NONE);
	*ret_key = pst_node_key_ref(node->binding.key);
	return 0;
}

static int reload(struct pst_node *node, const struct postern_policy *policy,
		  struct postern_refusal *refusal,
		  struct pst_reload_outcome *outcome)
{
	unsigned facts_before = node->binding.wanted_facts;
	struct pst_node_key *key;
	struct pst_policy_binding binding;
	uint32_t i;
	int r;

	r = read_key_again(node, refusal, &key);
	if (r < 0)
		return r;
	r = get_ready(node, policy, key, &binding, refusal);
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
	/* What was kept goes by the allows of before. */
	pst_retained_meters_clear(&node->retained_meters);
	pst_policy_binding_done(&binding);
	return 0;
}

static void tell_outcome(struct pst_node *node,
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
	tell_outcome(node, &outcome);
}

int pst_node_reload(struct pst_node *node, const struct postern_policy *policy,
		    struct postern_refusal *refusal, uint32_t *ret_disconnected_count)
{
	struct pst_reload_outcome outcome = {0};

	node->reactor.now_ns = pst_monotonic_now_ns();
	pst_node_check_names(node);
	outcome.result = reload(node, policy, refusal, &outcome);
	if (outcome.result < 0) {
		if (refusal->reason == POSTERN_REASON_NONE)
			(void)pst_error_set_errno(
				refusal, pst_error_reason(outcome.result),
				outcome.result, "reloading");
		outcome.result = pst_error_result(refusal, outcome.result);
		outcome.file = refusal->file[0] ? refusal->file : NULL;
		outcome.line = refusal->line;
		outcome.detail = refusal->detail[0] ? refusal->detail : NULL;
	}
	tell_outcome(node, &outcome);
	if (outcome.result == 0)
		*ret_disconnected_count = outcome.disconnected_count;
	return outcome.result;
}
