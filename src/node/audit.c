/* SPDX-License-Identifier: ISC */
/*
 * Audit records
 *
 * The fields that the node knows come first, those that the peer has chosen come
 * last: a record that is too long loses these.
 */
#include "node/audit.h"

#include <string.h>

#include "base/clock.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "os/monotonic.h"
#include "policy/policy_units.h"

/*
 * The records that one uid can cause.  The policy limits how often an allowed
 * peer connects, and each connection matters.  A refusal costs a peer nothing,
 * and the next record would be the same.
 */
static const struct {
	const char *event;
	struct pst_token_rate rate;
} kinds[PST_AUDIT_KINDS] = {
	[PST_AUDIT_REFUSED] = {"refused", {.per_second = 1, .burst = 20}},
	[PST_AUDIT_CONNECTED] = {"connected", {.per_second = 10, .burst = 100}},
	[PST_AUDIT_DISCONNECTED] = {"disconnected",
				    {.per_second = 10, .burst = 100}},
	[PST_AUDIT_POISONED] = {"poisoned", {.per_second = 1, .burst = 20}},
};

#define HOLDERS_RECORDED 8
#define UNREAD_OFFERS_NS (10 * PST_NS_PER_SECOND)

/* Without a callback nothing is recorded, and so nothing numbered. */
static bool is_recorded(const struct pst_audit *audit, bool must_be_all)
{
	return audit->log.callback &&
	       (audit->level == POSTERN_AUDIT_ALL ||
		(audit->level == POSTERN_AUDIT_DENY && !must_be_all));
}

static void begin(struct pst_log_record *record, struct pst_audit *audit,
		  const char *event)
{
	pst_log_record_init_audit(record, event, ++audit->record_count);
	pst_log_record_add_text(record, "node", audit->node_name);
}

static void add_reason(struct pst_log_record *record, const char *key,
		       enum postern_reason reason)
{
	if (reason != POSTERN_REASON_NONE)
		pst_log_record_add_text(record, key, pst_reason_name(reason));
}

static void add_uid(struct pst_log_record *record, uint64_t uid)
{
	if (uid == PST_AUDIT_UID_UNKNOWN)
		pst_log_record_add_text(record, "uid", "unknown");
	else if (uid == PST_AUDIT_UID_OTHERS)
		pst_log_record_add_text(record, "uid", "others");
	else
		pst_log_record_add_u64(record, "uid", uid);
}

static void report(struct pst_audit *audit, enum pst_audit_kind kind,
		   const struct pst_audit_suppressed *suppressed)
{
	struct pst_log_record record;

	begin(&record, audit, "suppressed");
	add_uid(&record, suppressed->uid);
	pst_log_record_add_text(&record, "of", kinds[kind].event);
	pst_log_record_add_u64(&record, "count", suppressed->count);
	add_reason(&record, "first_reason", suppressed->first_reason);
	add_reason(&record, "last_reason", suppressed->last_reason);
	pst_log_record_emit(&record, &audit->log);
}

/* Begins the record unless the uid has caused too many. */
static bool begin_if_allowed(struct pst_log_record *record,
			     struct pst_audit *audit, enum pst_audit_kind kind,
			     uint64_t uid, enum postern_reason reason)
{
	struct pst_audit_suppressed suppressed;
	bool is_allowed;

	is_allowed = pst_audit_suppression_acquire(
		&audit->suppressions[kind], uid, reason,
		pst_monotonic_now_ns(), &suppressed);
	if (suppressed.count > 0)
		report(audit, kind, &suppressed);
	if (is_allowed) {
		begin(record, audit, kinds[kind].event);
		return true;
	}
	audit->suppressed_count++;
	return false;
}

static void add_key(struct pst_log_record *record, const char *name,
		    const uint8_t *key)
{
	char text[PST_IDENTITY_PUBLIC_TEXT_BYTES];

	if (!key)
		return;
	pst_identity_public_text(key, text);
	pst_log_record_add_text(record, name, text);
}

static void add_peer(struct pst_log_record *record, const struct pst_peer *peer)
{
	pst_log_record_add_u64(record, "uid", peer->identity.uid);
	pst_log_record_add_u64(record, "gid", peer->identity.gid);
	pst_log_record_add_i64(record, "pid", peer->identity.pid);
	pst_log_record_add_u64(record, "slot", pst_slot_index(peer->handle));
	pst_log_record_add_u64(record, "generation", peer->generation);
	pst_log_record_add_text(record, "peer", peer->identity.name);
	pst_log_record_add_text(record, "security",
				pst_policy_security_name(peer->security));
	add_key(record, "key", pst_peer_key(peer));
}

static void add_instance(struct pst_log_record *record, const char *instance)
{
	if (instance && instance[0])
		pst_log_record_add_text(record, "instance", instance);
}

static const char *directions_text(uint32_t directions)
{
	switch (directions) {
	case POSTERN_DIRECTION_TO_NODE:
		return "send";
	case POSTERN_DIRECTION_FROM_NODE:
		return "receive";
	default:
		return "both";
	}
}

static void add_rule(struct pst_log_record *record,
		     const struct postern_error_info *error)
{
	if (error->file[0]) {
		pst_log_record_add_text(record, "rule", error->rule);
		pst_log_record_add_text(record, "file", error->file);
		pst_log_record_add_u64(record, "line", error->line);
	}
	if (error->detail[0])
		pst_log_record_add_text(record, "detail", error->detail);
}

void pst_audit_init(struct pst_audit *audit, const struct pst_log *log,
		    const char *node_name)
{
	size_t i;

	memset(audit, 0, sizeof(*audit));
	audit->log = *log;
	audit->node_name = node_name;
	for (i = 0; i < PST_AUDIT_KINDS; i++)
		pst_audit_suppression_init(&audit->suppressions[i],
					   &kinds[i].rate);
}

void pst_audit_connected(struct pst_audit *audit, const struct pst_peer *peer)
{
	struct pst_log_record record;

	if (!is_recorded(audit, true) ||
	    !begin_if_allowed(&record, audit, PST_AUDIT_CONNECTED,
			      peer->identity.uid, POSTERN_REASON_NONE))
		return;
	add_peer(&record, peer);
	pst_log_record_add_text(&record, "direction",
				directions_text(peer->directions));
	add_instance(&record, peer->identity.instance);
	pst_log_record_emit(&record, &audit->log);
}

void pst_audit_refused(struct pst_audit *audit,
		       const struct pst_peer_credentials *credentials,
		       const struct pst_handshake_responder *responder,
		       const struct postern_error_info *error)
{
	bool has_uid = credentials->uid_fact == POSTERN_FACT_KNOWN;
	struct pst_log_record record;

	if (!is_recorded(audit, false) ||
	    !begin_if_allowed(&record, audit, PST_AUDIT_REFUSED,
			      has_uid ? credentials->uid
				      : PST_AUDIT_UID_UNKNOWN,
			      error->reason))
		return;
	if (has_uid)
		pst_log_record_add_u64(&record, "uid", credentials->uid);
	if (credentials->gid_fact == POSTERN_FACT_KNOWN)
		pst_log_record_add_u64(&record, "gid", credentials->gid);
	if (credentials->pid_fact == POSTERN_FACT_KNOWN)
		pst_log_record_add_i64(&record, "pid", credentials->pid);
	add_reason(&record, "reason", error->reason);
	add_rule(&record, error);
	/* Any peer can claim a key. */
	if (responder)
		add_key(&record, "claimed_key",
			pst_responder_claimed_key(responder));
	add_instance(&record, responder ? responder->hello.instance : NULL);
	pst_log_record_emit(&record, &audit->log);
}

static const char *origin_text(enum pst_disconnect_cause by)
{
	switch (by) {
	case PST_DISCONNECT_BY_CONTROL:
		return "control";
	case PST_DISCONNECT_BY_API:
	default:
		return "api";
	}
}

static void add_origin(struct pst_log_record *record,
		       const struct pst_disconnect_origin *origin)
{
	pst_log_record_add_text(record, "by", origin_text(origin->by));
	if (origin->by != PST_DISCONNECT_BY_CONTROL)
		return;
	pst_log_record_add_u64(record, "by_uid", origin->uid);
	pst_log_record_add_i64(record, "by_pid", origin->pid);
}

void pst_audit_disconnected(struct pst_audit *audit,
			    const struct pst_peer *peer,
			    enum postern_reason reason, const char *fault,
			    uint64_t undelivered_bytes,
			    const struct pst_disconnect_origin *origin)
{
	bool is_poisoned = reason == POSTERN_REASON_POISONED ||
			   reason == POSTERN_REASON_KEY_REJECTED;
	enum pst_audit_kind kind = is_poisoned ? PST_AUDIT_POISONED
					       : PST_AUDIT_DISCONNECTED;
	struct pst_log_record record;

	if (!is_recorded(audit, !is_poisoned && !origin))
		return;
	if (origin)
		begin(&record, audit, kinds[kind].event);
	else if (!begin_if_allowed(&record, audit, kind, peer->identity.uid,
				   reason))
		return;
	add_peer(&record, peer);
	if (origin)
		add_origin(&record, origin);
	add_reason(&record, "reason", reason);
	pst_log_record_add_text(&record, "fault", fault);
	if (undelivered_bytes > 0)
		pst_log_record_add_u64(&record, "undelivered_bytes",
				       undelivered_bytes);
	add_instance(&record, peer->identity.instance);
	pst_log_record_emit(&record, &audit->log);
}

void pst_audit_revoked(struct pst_audit *audit, const struct pst_peer *peer,
		       const struct postern_error_info *error)
{
	struct pst_log_record record;

	if (!is_recorded(audit, false))
		return;
	begin(&record, audit, "revoked");
	add_peer(&record, peer);
	add_reason(&record, "reason", error->reason);
	add_rule(&record, error);
	add_instance(&record, peer->identity.instance);
	pst_log_record_emit(&record, &audit->log);
}

/* The oldest of its offers; slot and generation make the handle that revokes them
 * all. */
static void add_holder(struct pst_log_record *record,
		       const struct pst_offer_holder *holder, uint64_t now_ns)
{
	const struct pst_offer_origin *oldest = &holder->oldest;
	uint64_t age_ns = now_ns > oldest->made_ns ? now_ns - oldest->made_ns
						   : 0;

	pst_log_record_add_u64(record, "uid", oldest->uid);
	pst_log_record_add_i64(record, "pid", oldest->pid);
	if (oldest->slot != 0) {
		pst_log_record_add_u64(record, "slot",
				       pst_slot_index(oldest->slot));
		pst_log_record_add_u64(record, "generation",
				       (uint32_t)(oldest->slot >> 32));
	}
	if (oldest->peer_name[0])
		pst_log_record_add_text(record, "peer", oldest->peer_name);
	pst_log_record_add_u64(record, "unread", holder->offer_count);
	pst_log_record_add_u64(record, "age_ms", age_ns / UINT64_C(1000000));
}

void pst_audit_offers_revoked(struct pst_audit *audit,
			      const struct pst_offer_holder *holder,
			      const struct pst_disconnect_origin *origin,
			      uint64_t now_ns)
{
	struct pst_log_record record;

	if (!is_recorded(audit, false))
		return;
	begin(&record, audit, kinds[PST_AUDIT_DISCONNECTED].event);
	add_holder(&record, holder, now_ns);
	add_origin(&record, origin);
	add_reason(&record, "reason", POSTERN_REASON_DISCONNECTED);
	pst_log_record_emit(&record, &audit->log);
}

void pst_audit_unread_offers(struct pst_audit *audit,
			     struct pst_half_open_table *half_open,
			     uint64_t now_ns)
{
	struct pst_offer_holder holders[HOLDERS_RECORDED];
	struct pst_log_record record;
	size_t count, i;

	if (!is_recorded(audit, false) || now_ns < audit->unread_offers_ns)
		return;
	audit->unread_offers_ns = pst_deadline_after(now_ns, UNREAD_OFFERS_NS);
	count = pst_half_open_find_holders(half_open, holders,
					   HOLDERS_RECORDED);
	for (i = 0; i < count && i < HOLDERS_RECORDED; i++) {
		begin(&record, audit, "unread-offers");
		add_holder(&record, &holders[i], now_ns);
		pst_log_record_add_u64(&record, "holders", count);
		pst_log_record_emit(&record, &audit->log);
	}
}

/* With the name of the system call that failed, if it is known. */
static void add_errno(struct pst_log_record *record, int result)
{
	const char *call = pst_kernel_error_call(result);

	if (call)
		pst_log_record_add_text(record, "call", call);
	pst_log_record_add_i64(record, "errno",
			       pst_kernel_error_number(result));
}

void pst_audit_reload(struct pst_audit *audit,
		      const struct pst_reload_outcome *outcome)
{
	bool is_done = outcome->result == 0;
	struct pst_log_record record;

	if (!is_recorded(audit, false))
		return;
	begin(&record, audit, "reload");
	pst_log_record_add_text(&record, "outcome", is_done ? "ok" : "failed");
	if (is_done) {
		pst_log_record_add_u64(&record, "unchanged",
				       outcome->unchanged_count);
		pst_log_record_add_u64(&record, "changed",
				       outcome->changed_count);
		pst_log_record_add_u64(&record, "disconnected",
				       outcome->disconnected_count);
	} else {
		add_errno(&record, outcome->result);
		if (outcome->file) {
			pst_log_record_add_text(&record, "file", outcome->file);
			pst_log_record_add_u64(&record, "line", outcome->line);
		}
		pst_log_record_add_text(&record, "detail", outcome->detail);
	}
	pst_log_record_emit(&record, &audit->log);
}

void pst_audit_note(const struct pst_audit *audit, enum postern_log_level level,
		    const char *event, const char *text, int result)
{
	struct pst_log_record record;

	pst_log_record_init(&record, level, event);
	pst_log_record_add_text(&record, "node", audit->node_name);
	pst_log_record_add_text(&record, "text", text);
	if (result < 0)
		add_errno(&record, result);
	pst_log_record_emit(&record, &audit->log);
}

uint64_t pst_audit_next_deadline_ns(const struct pst_audit *audit)
{
	uint64_t due_ns = PST_DEADLINE_NEVER;
	size_t i;

	for (i = 0; i < PST_AUDIT_KINDS; i++)
		due_ns = pst_deadline_earlier(
			due_ns, pst_audit_suppression_deadline_ns(
					&audit->suppressions[i]));
	return due_ns;
}

void pst_audit_flush(struct pst_audit *audit, uint64_t now_ns)
{
	struct pst_audit_suppressed suppressed;
	size_t i;

	for (i = 0; i < PST_AUDIT_KINDS; i++)
		while (pst_audit_suppression_take_due(&audit->suppressions[i],
						      now_ns, &suppressed))
			report(audit, (enum pst_audit_kind)i, &suppressed);
}
