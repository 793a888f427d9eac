/* SPDX-License-Identifier: ISC */
/*
 * Grants: decide by the policy, and charge before anything is created
 *
 * A key that HELLO claims is proven by READY only: any process that has seen
 * such a HELLO can repeat it.  Until READY the peer is charged as its uid only,
 * in handshakes, unread offers and a slot.  Then the policy decides again, with
 * the proven key, and all else is charged.
 */
#include "admission/admission_steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accounting/quota.h"
#include "base/fd.h"
#include "base/result.h"
#include "identity/subject.h"
#include "os/own_process.h"
#include "policy/policy_table.h"
#include "policy/policy_units.h"

/* -- attempts -------------------------------------------------------------- */

bool pst_admission_is_privileged(const struct pst_admission *admission,
				 const struct pst_peer_credentials *credentials)
{
	return credentials->uid == 0 ||
	       credentials->uid == admission->params.owner;
}

uint64_t pst_admission_user(const struct pst_admission *admission,
			    const struct pst_peer_credentials *credentials)
{
	if (pst_admission_is_privileged(admission, credentials))
		return PST_USER_PRIVILEGED | credentials->uid;
	return pst_subordinate_uids_user(
		&admission->params.binding->subordinate_uids, credentials->uid);
}

static bool acquire(const struct pst_admission *admission,
		    struct pst_uid_rate *rates,
		    const struct postern_policy_limit *limits, uint64_t user,
		    struct postern_error_info *error)
{
	return pst_quota_acquire_handshake(
		admission->params.binding->accounting, rates, limits, user,
		*admission->params.now_ns, error);
}

static bool acquire_handshake(struct pst_admission *admission, uint64_t user,
			      struct postern_error_info *error)
{
	const struct pst_policy_binding *binding = admission->params.binding;

	return acquire(admission, &admission->handshakes,
		       binding->rules->limits, user, error) &&
	       acquire(admission, &binding->accounting->handshakes,
		       binding->policy->limits, user,
		       error);
}

bool pst_admission_check_attempt(struct pst_admission *admission,
				 const struct pst_peer_credentials *credentials,
				 uint64_t user, bool *ret_needs_key,
				 struct postern_error_info *error)
{
	struct postern_subject subject;

	*ret_needs_key = false;
	if (pst_admission_is_privileged(admission, credentials))
		return true;
	pst_subject_init(&subject, credentials, NULL, admission->overflow_uid,
			 admission->overflow_gid);
	return acquire_handshake(admission, user, error) &&
	       pst_policy_may_match_later(admission->params.binding->rules,
					  &subject, ret_needs_key, error);
}

bool pst_admission_may_offer(struct pst_admission *admission,
			     const struct pst_half_open *entry,
			     struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;
	bool is_revoked;

	if (pst_half_open_may_offer(&admission->half_open, entry->attempt.user,
				    entry->credentials.uid, &is_revoked))
		return true;
	params->hooks->on_offers_exhausted(params->hook_data);
	if (!is_revoked)
		return pst_error_set(error, POSTERN_REASON_UNREAD_OFFERS);
	return pst_error_setf(error, POSTERN_REASON_UNREAD_OFFERS,
			      "offers of this uid were revoked and are unread "
			      "still");
}

/* -- decisions ------------------------------------------------------------- */

bool pst_admission_decide(const struct pst_admission *admission,
			  const struct pst_peer_credentials *credentials,
			  const uint8_t *key,
			  struct postern_decision *ret_decision,
			  struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;
	struct postern_subject subject;

	pst_subject_init(&subject, credentials, key, admission->overflow_uid,
			 admission->overflow_gid);
	pst_policy_decide(params->binding->policy, params->node_name, &subject,
			  ret_decision);
	if (ret_decision->is_allowed)
		return true;
	*error = ret_decision->error;
	return false;
}

/* strongest: the security mode that can be had. */
static bool refuse_security(const struct postern_decision *decision,
			    enum postern_security strongest,
			    struct postern_error_info *error)
{
	(void)pst_error_setf(error, POSTERN_REASON_SECURITY,
			     "'%s' is demanded, and there is no more than '%s'",
			     pst_policy_security_name(decision->security),
			     pst_policy_security_name(strongest));
	error->line = decision->security_line;
	(void)snprintf(error->file, sizeof(error->file), "%s",
		       decision->security_file ? decision->security_file : "");
	(void)snprintf(error->rule, sizeof(error->rule), "security %s",
		       pst_policy_security_name(decision->security));
	return false;
}

bool pst_admission_covers(const struct postern_decision *decision,
			  uint32_t directions, enum postern_security security,
			  struct postern_error_info *error)
{
	if (directions & ~decision->directions)
		return pst_error_set(error, POSTERN_REASON_DIRECTION);
	if (security < decision->security)
		return refuse_security(decision, security, error);
	return true;
}

/* -- limits ---------------------------------------------------------------- */

static struct pst_tenant_queue *
tenant_queue_for(const struct pst_admission *admission,
		 const struct postern_decision *decision)
{
	return pst_tenant_queue_for(&admission->params.binding->tenant_queues,
				    decision);
}

static uint64_t value_of(const struct postern_policy_limit *limit)
{
	return limit->state == POSTERN_LIMIT_UNSET ? 0 : limit->value;
}

static void apply_limits(const struct pst_admission *admission,
			 struct pst_peer *peer,
			 const struct postern_decision *decision)
{
	const struct postern_policy_limit *channel = decision->channel;
	struct pst_tenant_queue *queue = tenant_queue_for(admission, decision);
	struct pst_metering *metering = &peer->sched.metering;

	pst_metering_release_all(metering);
	memset(metering, 0, sizeof(*metering));
	peer->sched.tenant_queue = queue;
	(void)snprintf(peer->identity.tenant, sizeof(peer->identity.tenant),
		       "%s",
		       decision->tenant_name ? decision->tenant_name : "");
	pst_metering_add(metering, pst_sched_meter(&peer->sched), channel);
	if (queue->account)
		pst_metering_add(metering, &queue->account->meter,
				 decision->tenant);
	pst_metering_add(metering, &admission->params.scheduler->meter,
			 decision->node);
	pst_metering_add(metering,
			 &admission->params.binding->accounting->meter,
			 decision->process);
	peer->sched.on_exceed = (enum postern_on_exceed)value_of(
		&channel[POSTERN_LIMIT_ON_EXCEED]);
	peer->times.idle_ns = value_of(&channel[POSTERN_LIMIT_IDLE]);
	(void)snprintf(peer->identity.name, sizeof(peer->identity.name), "%s",
		       decision->peer_name);
}

void pst_admission_reapply_limits(const struct pst_admission *admission,
				  struct pst_peer *peer,
				  const struct postern_decision *decision)
{
	const struct pst_admission_params *params = &admission->params;
	bool was_ready = pst_sched_is_ready(&peer->sched);

	pst_scheduler_remove(&peer->sched);
	apply_limits(admission, peer, decision);
	if (was_ready)
		pst_scheduler_add(params->scheduler, &peer->sched);
	pst_quota_move(params->binding->accounting, params->charges,
		       pst_slot_index(peer->handle), decision,
		       peer->sched.tenant_queue->account);
}

/* -- HELLO ----------------------------------------------------------------- */

/* The attempts of root and of the owner were not counted before. */
static bool is_within_handshakes(struct pst_admission *admission,
				 const struct pst_half_open *entry,
				 struct postern_error_info *error)
{
	return !pst_admission_is_privileged(admission, &entry->credentials) ||
	       acquire_handshake(admission, entry->attempt.user, error);
}

static bool is_within_tenant(const struct pst_admission *admission,
			     const struct pst_half_open *entry,
			     const struct postern_decision *decision,
			     struct postern_error_info *error)
{
	struct pst_tenant_account *account =
		tenant_queue_for(admission, decision)->account;

	return !account || acquire(admission, &account->handshakes,
				   decision->tenant, entry->attempt.user,
				   error);
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

/* The channel parameters, from the request and the grant. */
static bool choose_params(const struct pst_hello *hello,
			  const struct postern_decision *decision,
			  struct pst_offer *offer,
			  struct postern_error_info *error)
{
	struct pst_channel_params grant = {
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
		return refuse_security(
			decision, strongest_of(hello->security_bits), error);
	r = pst_offer_init(offer, &hello->requested, &grant,
			   (uint32_t)pst_own_page_bytes(),
			   pst_channel_layout_version(), security);
	if (r == -EPERM)
		return pst_error_set(error, POSTERN_REASON_DIRECTION);
	if (r < 0)
		return pst_error_setf(error, POSTERN_REASON_PROTOCOL,
				      "the request leaves no usable ring");
	return true;
}

/* As of the handshakes, a uid may hold a quarter of the slots with claimed
 * keys; one, where there are fewer than four. */
static bool may_claim_slot(const struct pst_admission *admission,
			   const struct pst_half_open *entry,
			   struct postern_error_info *error)
{
	size_t share = admission->params.peer_table->slot_count /
		       (PST_HALF_OPEN_COUNT / PST_HALF_OPEN_PER_USER);
	size_t held = pst_half_open_uncharged_of(&admission->half_open,
						 entry->attempt.user);

	if (held == 0 || held < share)
		return true;
	return pst_error_set(error, POSTERN_REASON_HALF_OPEN);
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

static bool reserve_slot(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 const struct postern_decision *decision,
			 struct postern_error_info *error)
{
	struct pst_peer_table *table = admission->params.peer_table;
	struct pst_peer *peer;

	if (!pst_admission_may_offer(admission, entry, error))
		return false;
	if (pst_peer_table_reserve(table, &entry->slot) < 0)
		return pst_error_set(error, POSTERN_REASON_SLOTS);
	peer = pst_peer_table_at(table, entry->slot);
	identify(peer, entry);
	apply_limits(admission, peer, decision);
	return true;
}

/* Charge the slot, which the release of the entry releases. */
static bool charge(const struct pst_admission *admission,
		   struct pst_half_open *entry,
		   const struct postern_decision *decision,
		   const struct pst_offer *offer,
		   struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;
	const struct pst_quota_request request = {
		.uid = entry->credentials.uid,
		.account = tenant_queue_for(admission, decision)->account,
		.memory_bytes = offer->node_segment.segment_bytes +
				offer->client_segment.segment_bytes,
		.rules = params->binding->rules,
		.decision = decision,
	};

	entry->is_charged = pst_quota_charge(
		params->binding->accounting, params->charges,
		pst_slot_index(entry->slot), &request, error);
	return entry->is_charged;
}

bool pst_admission_offer(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 struct postern_error_info *error)
{
	const uint8_t *claimed_key =
		pst_responder_claimed_key(&entry->responder);
	const struct pst_hello *hello = &entry->responder.hello;
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct pst_offer offer;

	return pst_admission_decide(admission, &entry->credentials,
				    claimed_key, &decision, error) &&
	       is_within_handshakes(admission, entry, error) &&
	       (claimed_key ||
		is_within_tenant(admission, entry, &decision, error)) &&
	       choose_params(hello, &decision, &offer, error) &&
	       (!claimed_key || may_claim_slot(admission, entry, error)) &&
	       reserve_slot(admission, entry, &decision, error) &&
	       (claimed_key ||
		charge(admission, entry, &decision, &offer, error)) &&
	       pst_admission_send_offer(admission, entry, &offer, error);
}

/* -- READY ----------------------------------------------------------------- */

/* Would other allows match without the key?  Any process can prove a key that
 * no allow asks for. */
static bool does_key_count(const struct pst_admission *admission,
			   const struct pst_half_open *entry,
			   const struct postern_decision *decision)
{
	struct postern_decision without = POSTERN_DECISION_INIT;
	struct postern_error_info ignored;

	return !pst_admission_decide(admission, &entry->credentials, NULL,
				     &without, &ignored) ||
	       memcmp(without.allow_bits, decision->allow_bits,
		      sizeof(without.allow_bits)) != 0;
}

bool pst_admission_finish(struct pst_admission *admission,
			  struct pst_half_open *entry,
			  struct postern_error_info *error)
{
	const uint8_t *key = pst_responder_proven_key(&entry->responder);
	struct pst_peer *peer =
		pst_peer_table_at(admission->params.peer_table, entry->slot);
	const struct pst_offer *offer = &entry->responder.offer;
	struct postern_decision decision = POSTERN_DECISION_INIT;

	if (entry->is_charged)
		return true;
	if (!key)
		return pst_error_set(error, POSTERN_REASON_KEY);
	peer->identity.has_key = true;
	memcpy(peer->identity.key, key, sizeof(peer->identity.key));
	if (!pst_admission_decide(admission, &entry->credentials, key,
				  &decision, error) ||
	    !pst_admission_covers(&decision, offer->directions,
				  offer->security, error) ||
	    !is_within_tenant(admission, entry, &decision, error) ||
	    !charge(admission, entry, &decision, offer, error))
		return false;
	peer->identity.has_metered_key =
		does_key_count(admission, entry, &decision);
	apply_limits(admission, peer, &decision);
	return true;
}

/* -- after a reload -------------------------------------------------------- */

void
pst_admission_read_missing_facts(const struct pst_admission *admission,
				 unsigned facts_before, int socket_fd,
				 struct pst_peer_credentials *credentials)
{
	const struct pst_admission_params *params = &admission->params;
	struct pst_peer_credentials anew;
	int pidfd;

	if ((params->binding->wanted_facts & ~facts_before) == 0)
		return;
	if (pst_peer_credentials_read(socket_fd, params->binding->wanted_facts,
				      params->features, &anew) < 0)
		return; /* unknown facts match no allow, but every deny */
	/* It is the same process: the pidfd that we have, if any, stays. */
	pidfd = pst_fd_take(&credentials->pidfd);
	pst_peer_credentials_done(credentials);
	*credentials = anew;
	(void)pst_fd_close(anew.pidfd);
	credentials->pidfd = pidfd;
}

/* The new decision must allow the offer that was made. */
static bool is_still_allowed(const struct pst_admission *admission,
			     struct pst_half_open *entry,
			     struct postern_error_info *error)
{
	const struct pst_offer *offer = &entry->responder.offer;
	struct pst_peer *peer =
		pst_peer_table_at(admission->params.peer_table, entry->slot);
	struct postern_decision decision = POSTERN_DECISION_INIT;

	if (!pst_admission_decide(admission, &entry->credentials,
				  pst_responder_claimed_key(&entry->responder),
				  &decision, error) ||
	    !pst_admission_covers(&decision, offer->directions,
				  offer->security, error))
		return false;
	pst_admission_reapply_limits(admission, peer, &decision);
	pst_half_open_note_peer_name(entry, peer->identity.name);
	return true;
}

void pst_admission_decide_again(struct pst_admission *admission,
				unsigned facts_before)
{
	struct postern_error_info error;
	struct pst_half_open *entry;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &admission->half_open.entries[i];
		if (!entry->is_taken)
			continue;
		pst_admission_read_missing_facts(admission, facts_before,
						 entry->socket_fd,
						 &entry->credentials);
		if (entry->responder.machine.state == HANDSHAKE_START)
			pst_admission_begin(admission, entry);
		if (entry->slot != 0 &&
		    !is_still_allowed(admission, entry, &error))
			pst_admission_refuse(admission, entry, &error);
	}
}
