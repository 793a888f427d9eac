/* SPDX-License-Identifier: ISC */
/*
 * What a peer is granted: decided by its HELLO, and charged before it is made
 *
 * But a key that HELLO claims may be somebody else's: whoever has heard such a
 * record can say it again, and it is proven by READY only.  Until then it costs
 * nobody but the uid that says it, in handshakes, unread offers and a slot;
 * then the decision is made again, and all the rest is charged.
 */
#include "node/admission.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/result.h"
#include "accounting/quota.h"
#include "node/audit.h"
#include "node/terms.h"
#include "os/own_process.h"

bool pst_admission_is_privileged(const struct pst_node *node,
				 const struct pst_peer_credentials *credentials)
{
	return credentials->uid == 0 || credentials->uid == node->owner;
}

uint64_t pst_admission_user(const struct pst_node *node,
			    const struct pst_peer_credentials *credentials)
{
	if (pst_admission_is_privileged(node, credentials))
		return PST_USER_PRIVILEGED | credentials->uid;
	return pst_subordinate_uids_user(&node->binding.subordinate_uids,
					 credentials->uid);
}

bool pst_admission_may_offer(struct pst_node *node,
			     const struct pst_half_open *entry,
			     struct postern_refusal *refusal)
{
	bool is_revoked;

	if (pst_half_open_may_offer(&node->half_open, entry->attempt.user,
				    entry->credentials.uid, &is_revoked))
		return true;
	pst_audit_holders(node);
	if (!is_revoked)
		return pst_error_set(refusal, POSTERN_REASON_UNREAD_OFFERS);
	return pst_error_setf(refusal, POSTERN_REASON_UNREAD_OFFERS,
			      "offers of this uid were revoked and are unread "
			      "still");
}

bool pst_admission_acquire_handshake(struct pst_node *node, uint64_t user,
				     struct postern_refusal *refusal)
{
	const struct pst_policy_binding *binding = &node->binding;

	return pst_quota_acquire_handshake(
		       binding->accounting, &node->handshakes,
		       pst_policy_node_limits(binding->rules), user,
		       node->reactor.now_ns, refusal) &&
	       pst_quota_acquire_handshake(
		       binding->accounting, &binding->accounting->handshakes,
		       pst_policy_process_limits(binding->policy), user,
		       node->reactor.now_ns, refusal);
}

/* Root and the owner were not counted when they knocked. */
static bool is_within_handshakes(struct pst_node *node,
				 const struct pst_half_open *entry,
				 struct postern_refusal *refusal)
{
	return !pst_admission_is_privileged(node, &entry->credentials) ||
	       pst_admission_acquire_handshake(node, entry->attempt.user,
					       refusal);
}

static bool is_within_tenant(struct pst_node *node,
			     const struct pst_half_open *entry,
			     const struct postern_decision *decision,
			     struct postern_refusal *refusal)
{
	struct pst_tenant_account *account =
		pst_tenant_queue_for(&node->binding.tenant_queues, decision)
			->account;

	return !account ||
	       pst_quota_acquire_handshake(node->binding.accounting,
					   &account->handshakes,
					   decision->tenant,
					   entry->attempt.user,
					   node->reactor.now_ns, refusal);
}

static uint32_t at_most_u32(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static enum postern_security strongest_of(uint16_t security_bits)
{
	if (security_bits & 1u << POSTERN_SECURITY_AEAD)
		return POSTERN_SECURITY_AEAD;
	return security_bits & 1u << POSTERN_SECURITY_MAC
		       ? POSTERN_SECURITY_MAC
		       : POSTERN_SECURITY_NONE;
}

static bool agree_on_terms(const struct pst_hello *hello,
			   const struct postern_decision *decision,
			   struct pst_offer *offer,
			   struct postern_refusal *refusal)
{
	struct pst_terms grant = {
		.directions = decision->directions,
		.ring_bytes = at_most_u32(
			decision->channel[POSTERN_LIMIT_RING].value),
		.message_bytes = at_most_u32(
			decision->channel[POSTERN_LIMIT_MESSAGE].value),
	};
	enum postern_security security;
	int r;

	r = pst_offer_choose_security(hello->security_bits, decision->security,
				      &security);
	if (r < 0)
		return pst_terms_refuse_security(
			decision, strongest_of(hello->security_bits), refusal);
	r = pst_offer_init(offer, &hello->wish, &grant,
			   (uint32_t)pst_own_page_bytes(),
			   pst_channel_layout_version(), security);
	if (r == -EPERM)
		return pst_error_set(refusal, POSTERN_REASON_DIRECTION);
	if (r < 0)
		return pst_error_setf(refusal, POSTERN_REASON_PROTOCOL,
				      "the wish leaves no usable ring");
	return true;
}

static void identify(struct pst_peer *peer, const struct pst_half_open *entry)
{
	peer->identity.user = entry->attempt.user;
	peer->identity.uid = entry->credentials.uid;
	peer->identity.gid = entry->credentials.gid;
	peer->identity.pid = entry->credentials.pid;
	(void)snprintf(peer->identity.instance, sizeof(peer->identity.instance),
		       "%s", entry->responder.hello.instance);
}

/* The slot that it has; the entry's release gives back. */
static bool charge(struct pst_node *node, struct pst_half_open *entry,
		   const struct postern_decision *decision,
		   const struct pst_offer *offer,
		   struct postern_refusal *refusal)
{
	const struct pst_quota_request request = {
		.uid = entry->credentials.uid,
		.account = pst_tenant_queue_for(&node->binding.tenant_queues,
						decision)->account,
		.memory_bytes = offer->node_segment.segment_bytes +
				offer->client_segment.segment_bytes,
		.rules = node->binding.rules,
		.decision = decision,
	};

	entry->is_charged = pst_quota_charge(node->binding.accounting,
					     &node->charges,
					     pst_slot_index(entry->slot),
					     &request, refusal);
	return entry->is_charged;
}

/*
 * As of the handshakes, a uid may hold a quarter of the slots with claims; one,
 * where there are fewer than four.
 */
static bool may_claim_slot(const struct pst_node *node,
			   const struct pst_half_open *entry,
			   struct postern_refusal *refusal)
{
	size_t share = node->peer_table.slot_count /
		       (PST_HALF_OPEN_COUNT / PST_HALF_OPEN_PER_USER);
	size_t held = pst_half_open_uncharged_of(&node->half_open,
						 entry->attempt.user);

	if (held == 0 || held < share)
		return true;
	return pst_error_set(refusal, POSTERN_REASON_HALF_OPEN);
}

static bool reserve_slot(struct pst_node *node, struct pst_half_open *entry,
			 const struct postern_decision *decision,
			 struct postern_refusal *refusal)
{
	struct pst_peer *peer;

	if (!pst_admission_may_offer(node, entry, refusal))
		return false;
	if (pst_peer_table_reserve(&node->peer_table, &entry->slot) < 0)
		return pst_error_set(refusal, POSTERN_REASON_SLOTS);

	peer = pst_peer_table_at(&node->peer_table, entry->slot);
	identify(peer, entry);
	pst_peer_set_terms(node, peer, decision);
	return true;
}

bool pst_admission_offer(struct pst_node *node, struct pst_half_open *entry,
			 struct postern_refusal *refusal)
{
	const uint8_t *claimed_key =
		pst_responder_claimed_key(&entry->responder);
	const struct pst_hello *hello = &entry->responder.hello;
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct pst_offer offer;

	return pst_terms_decide(node, &entry->credentials, claimed_key,
				&decision, refusal) &&
	       is_within_handshakes(node, entry, refusal) &&
	       (claimed_key ||
		is_within_tenant(node, entry, &decision, refusal)) &&
	       agree_on_terms(hello, &decision, &offer, refusal) &&
	       (!claimed_key || may_claim_slot(node, entry, refusal)) &&
	       reserve_slot(node, entry, &decision, refusal) &&
	       (claimed_key ||
		charge(node, entry, &decision, &offer, refusal)) &&
	       pst_offer_make(node, entry, &offer, refusal);
}

/* Would it be matched by other allows without its key?  Any process can prove a
 * key that no allow asks for. */
static bool does_key_count(const struct pst_node *node,
			   const struct pst_half_open *entry,
			   const struct postern_decision *decision)
{
	struct postern_decision without = POSTERN_DECISION_INIT;
	struct postern_refusal ignored;

	return !pst_terms_decide(node, &entry->credentials, NULL, &without,
				 &ignored) ||
	       memcmp(without.allow_bits, decision->allow_bits,
		      sizeof(without.allow_bits)) != 0;
}

bool pst_admission_settle(struct pst_node *node, struct pst_half_open *entry,
			  struct postern_refusal *refusal)
{
	const uint8_t *key = pst_responder_proven_key(&entry->responder);
	struct pst_peer *peer =
		pst_peer_table_at(&node->peer_table, entry->slot);
	const struct pst_offer *offer = &entry->responder.offer;
	struct postern_decision decision = POSTERN_DECISION_INIT;

	if (entry->is_charged)
		return true;
	if (!key)
		return pst_error_set(refusal, POSTERN_REASON_KEY);
	peer->identity.has_key = true;
	memcpy(peer->identity.key, key, sizeof(peer->identity.key));
	if (!pst_terms_decide(node, &entry->credentials, key, &decision,
			      refusal) ||
	    !pst_terms_cover(&decision, offer->directions, offer->security,
			     refusal) ||
	    !is_within_tenant(node, entry, &decision, refusal) ||
	    !charge(node, entry, &decision, offer, refusal))
		return false;
	peer->identity.has_metered_key = does_key_count(node, entry, &decision);
	pst_peer_set_terms(node, peer, &decision);
	return true;
}
