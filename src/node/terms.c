/* SPDX-License-Identifier: ISC */
/*
 * From a decision to what a peer gets
 */
#include "node/terms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounting/quota.h"
#include "base/result.h"
#include "identity/subject.h"
#include "policy/policy_units.h"

bool pst_terms_decide(const struct pst_node *node,
		      const struct pst_peer_credentials *credentials,
		      const uint8_t *key,
		      struct postern_decision *ret_decision,
		      struct postern_refusal *refusal)
{
	struct postern_subject subject;

	pst_subject_init(&subject, credentials, key, node->overflow_uid,
			 node->overflow_gid);
	pst_policy_decide(node->binding.policy, node->name, &subject,
			  ret_decision);
	if (ret_decision->is_admitted)
		return true;
	*refusal = ret_decision->refusal;
	return false;
}

bool pst_terms_refuse_security(const struct postern_decision *decision,
			       enum postern_security strongest,
			       struct postern_refusal *refusal)
{
	(void)pst_error_setf(refusal, POSTERN_REASON_SECURITY,
			     "'%s' is demanded, and there is no more than '%s'",
			     pst_policy_security_name(decision->security),
			     pst_policy_security_name(strongest));
	refusal->line = decision->security_line;
	(void)snprintf(refusal->file, sizeof(refusal->file), "%s",
		       decision->security_file ? decision->security_file : "");
	(void)snprintf(refusal->rule, sizeof(refusal->rule), "security %s",
		       pst_policy_security_name(decision->security));
	return false;
}

bool pst_terms_cover(const struct postern_decision *decision,
		     uint32_t directions, enum postern_security security,
		     struct postern_refusal *refusal)
{
	if (directions & ~decision->directions)
		return pst_error_set(refusal, POSTERN_REASON_DIRECTION);
	if (security < decision->security)
		return pst_terms_refuse_security(decision, security, refusal);
	return true;
}

static uint64_t value_of(const struct postern_policy_limit *limit)
{
	return limit->state == POSTERN_LIMIT_UNSET ? 0 : limit->value;
}

static struct pst_meter *meter_of(struct pst_peer *peer)
{
	return peer->sched.shared_meter ? peer->sched.shared_meter
					: &peer->sched.meter;
}

void pst_peer_set_terms(struct pst_node *node, struct pst_peer *peer,
			const struct postern_decision *decision)
{
	const struct postern_policy_limit *channel = decision->channel;

	pst_metering_release_all(&peer->sched.metering);
	memset(&peer->sched.metering, 0, sizeof(peer->sched.metering));
	peer->sched.tenant_queue =
		pst_tenant_queue_for(&node->binding.tenant_queues, decision);
	(void)snprintf(peer->identity.tenant, sizeof(peer->identity.tenant),
		       "%s",
		       decision->tenant_name ? decision->tenant_name : "");
	pst_metering_add(&peer->sched.metering, meter_of(peer), channel);
	if (peer->sched.tenant_queue->account)
		pst_metering_add(&peer->sched.metering,
				 &peer->sched.tenant_queue->account->meter,
				 decision->tenant);
	pst_metering_add(&peer->sched.metering, &node->scheduler.meter,
			 decision->node);
	pst_metering_add(&peer->sched.metering,
			 &node->binding.accounting->meter, decision->process);
	peer->sched.on_exceed = (enum postern_on_exceed)value_of(
		&channel[POSTERN_LIMIT_ON_EXCEED]);
	peer->times.idle_ns = value_of(&channel[POSTERN_LIMIT_IDLE]);
	(void)snprintf(peer->identity.name, sizeof(peer->identity.name), "%s",
		       decision->peer_name);
}

void pst_peer_change_terms(struct pst_node *node, struct pst_peer *peer,
			   const struct postern_decision *decision)
{
	bool was_ready = pst_sched_is_ready(&peer->sched);

	pst_scheduler_remove(&peer->sched);
	pst_peer_set_terms(node, peer, decision);
	if (was_ready)
		pst_scheduler_add(&node->scheduler, &peer->sched);
	pst_quota_move(node->binding.accounting, &node->charges,
		       pst_slot_index(peer->handle), decision,
		       peer->sched.tenant_queue->account);
}

static struct pst_meter_owner meter_owner(const struct pst_node *node,
					  const struct pst_peer *peer)
{
	const struct pst_charge *charge =
		&node->charges.charges[pst_slot_index(peer->handle)];
	struct pst_meter_owner owner = {
		.has_key = peer->identity.has_metered_key,
		.user = peer->identity.user,
	};

	memcpy(owner.key, peer->identity.key, sizeof(owner.key));
	memcpy(owner.allow_bits, charge->allow_bits, sizeof(owner.allow_bits));
	return owner;
}

/*
 * A throttled peer is not watched, so it may have hung up unnoticed.  Then it
 * drains, and its successor shares its meter.
 */
static void notice_throttled_ends(struct pst_node *node,
				  const struct pst_meter_owner *owner)
{
	struct pst_meter_owner other;
	struct pst_peer *peer;
	uint32_t i;

	for (i = 0; i < node->peer_table.slot_count; i++) {
		peer = &node->peer_table.peers[i];
		if (peer->state != PST_PEER_THROTTLED)
			continue;
		other = meter_owner(node, peer);
		if (!pst_meter_owner_is_same(&other, owner))
			continue;
		pst_channel_drain_doorbell(peer->channel);
		if (pst_channel_end_reason(peer->channel) !=
		    POSTERN_REASON_NONE)
			pst_node_on_channel_ended(node, peer);
	}
}

void pst_peer_inherit_meter(struct pst_node *node, struct pst_peer *peer)
{
	const struct pst_metered_scope *scope =
		pst_metering_scope_of(&peer->sched.metering, meter_of(peer));
	const struct pst_meter_owner owner = meter_owner(node, peer);

	if (!scope)
		return;
	notice_throttled_ends(node, &owner);
	pst_retained_meters_inherit(&node->retained_meters, &owner,
				    scope->meter, &scope->rate,
				    node->reactor.now_ns);
}

void pst_peer_share_meter(struct pst_node *node, struct pst_peer *peer)
{
	struct pst_metered_scope *scope =
		pst_metering_scope_of(&peer->sched.metering, meter_of(peer));
	const struct pst_meter_owner owner = meter_owner(node, peer);

	if (!scope)
		return;
	pst_metering_release_all(&peer->sched.metering);
	peer->sched.shared_meter = pst_retained_meters_share(
		&node->retained_meters, &owner, &peer->sched.meter,
		node->reactor.now_ns);
	scope->meter = meter_of(peer);
}

void pst_peer_leave_meter(struct pst_node *node, struct pst_peer *peer)
{
	const struct pst_meter_owner owner = meter_owner(node, peer);

	if (peer->sched.shared_meter)
		pst_retained_meters_unshare(&node->retained_meters,
					    peer->sched.shared_meter);
	else if (pst_metering_scope_of(&peer->sched.metering,
				       &peer->sched.meter))
		pst_retained_meters_add(&node->retained_meters, &owner,
					&peer->sched.meter,
					node->reactor.now_ns);
	peer->sched.shared_meter = NULL;
}
