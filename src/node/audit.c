/* SPDX-License-Identifier: ISC */
/*
 * Audit records
 *
 * The fields that identify and explain come first, what the peer chose comes
 * last: if a record has to be cut, it is cut there.
 */
#include "node/audit.h"

#include "base/result_text.h"

static void begin(struct pst_log_record *record, const struct pst_node *node,
		  const char *event)
{
	pst_log_record_init(record, POSTERN_LOG_AUDIT, event);
	pst_log_record_add_text(record, "node", node->name);
}

static void add_peer(struct pst_log_record *record, const struct pst_peer *peer)
{
	pst_log_record_add_u64(record, "uid", peer->uid);
	pst_log_record_add_u64(record, "gid", peer->gid);
	pst_log_record_add_i64(record, "pid", peer->pid);
	pst_log_record_add_u64(record, "slot", pst_slot_index(peer->handle));
	pst_log_record_add_u64(record, "generation", pst_peer_generation(peer));
	pst_log_record_add_text(record, "peer", peer->name);
}

static void add_instance(struct pst_log_record *record, const char *instance)
{
	if (instance && instance[0])
		pst_log_record_add_text(record, "instance", instance);
}

static const char *directions_text(uint32_t directions)
{
	switch (directions) {
	case POSTERN_DIRECTION_SEND:
		return "send";
	case POSTERN_DIRECTION_RECEIVE:
		return "receive";
	default:
		return "both";
	}
}

void pst_audit_admit(const struct pst_node *node, const struct pst_peer *peer)
{
	struct pst_log_record record;

	if (node->audit != POSTERN_AUDIT_ALL)
		return;
	begin(&record, node, "admit");
	add_peer(&record, peer);
	pst_log_record_add_text(&record, "direction",
				directions_text(peer->directions));
	add_instance(&record, peer->instance);
	pst_log_record_emit(&record, &node->log);
}

void pst_audit_refuse(const struct pst_node *node,
		      const struct pst_peer_credentials *credentials,
		      const char *instance,
		      const struct postern_refusal *refusal)
{
	struct pst_log_record record;

	if (node->audit == POSTERN_AUDIT_NONE)
		return;
	begin(&record, node, "refuse");
	if (credentials->uid_fact == POSTERN_FACT_KNOWN)
		pst_log_record_add_u64(&record, "uid", credentials->uid);
	if (credentials->gid_fact == POSTERN_FACT_KNOWN)
		pst_log_record_add_u64(&record, "gid", credentials->gid);
	if (credentials->pid_fact == POSTERN_FACT_KNOWN)
		pst_log_record_add_i64(&record, "pid", credentials->pid);
	pst_log_record_add_text(&record, "reason",
				pst_reason_word(refusal->reason));
	if (refusal->file[0]) {
		pst_log_record_add_text(&record, "rule", refusal->rule);
		pst_log_record_add_text(&record, "file", refusal->file);
		pst_log_record_add_u64(&record, "line", refusal->line);
	}
	if (refusal->detail[0])
		pst_log_record_add_text(&record, "detail", refusal->detail);
	add_instance(&record, instance);
	pst_log_record_emit(&record, &node->log);
}

void pst_audit_depart(const struct pst_node *node, const struct pst_peer *peer,
		      enum postern_reason reason, const char *fault,
		      uint64_t undelivered_bytes)
{
	struct pst_log_record record;

	if (node->audit != POSTERN_AUDIT_ALL)
		return;
	begin(&record, node, "depart");
	add_peer(&record, peer);
	pst_log_record_add_text(&record, "reason", pst_reason_word(reason));
	pst_log_record_add_text(&record, "fault", fault);
	if (undelivered_bytes > 0)
		pst_log_record_add_u64(&record, "undelivered_bytes",
				       undelivered_bytes);
	add_instance(&record, peer->instance);
	pst_log_record_emit(&record, &node->log);
}

void pst_audit_note(const struct pst_node *node, enum postern_log_level level,
		    const char *event, const char *text, int result)
{
	struct pst_log_record record;

	pst_log_record_init(&record, level, event);
	pst_log_record_add_text(&record, "node", node->name);
	pst_log_record_add_text(&record, "text", text);
	if (result < 0)
		pst_log_record_add_i64(&record, "errno", -result);
	pst_log_record_emit(&record, &node->log);
}
