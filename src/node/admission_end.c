/* SPDX-License-Identifier: ISC */
/*
 * How a handshake ends without a channel
 *
 * The peer learns one code, the audit record has the rest, and whatever the
 * entry holds is given back: the slot and its charge here, all else by the table
 * of half-open handshakes.
 */
#include "node/admission.h"

#include "accounting/quota.h"
#include "base/attributes.h"
#include "base/fd.h"
#include "base/result.h"
#include "node/audit.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"
#include "os/socket_close.h"

/* The one thing a peer learns. */
static enum pst_refuse_code code_for(enum postern_reason reason)
{
	if (reason == POSTERN_REASON_VERSION)
		return PST_REFUSE_VERSION;
	if (reason >= POSTERN_REASON_SLOTS &&
	    reason <= POSTERN_REASON_HANDSHAKES)
		return PST_REFUSE_BUSY;
	return PST_REFUSE_DENIED;
}

static void send_refusal(int socket_fd,
			 struct pst_handshake_responder *responder,
			 enum postern_reason reason)
{
	struct pst_wire_record record;

	if (pst_responder_create_refuse(responder, code_for(reason),
					&record) < 0)
		return;
	/* A peer that cannot take it sees the hang-up instead. */
	PST_IGNORE(pst_packet_send(socket_fd, record.bytes, record.byte_count));
}

bool pst_admission_refuse_record(const struct pst_half_open *entry,
				 struct postern_refusal *refusal)
{
	enum postern_reason reason = entry->responder.machine.reason;

	if (reason == POSTERN_REASON_SECURITY)
		return pst_error_setf(refusal, reason,
				      "it begins with a cipher that this host "
				      "does without");
	if (reason != POSTERN_REASON_KEY)
		return pst_error_set(refusal, reason);
	return pst_error_setf(
		refusal, reason,
		entry->key ? "a record that was not made for the "
			     "node's key, or by whom it says, or was "
			     "altered"
			   : "a record that was made for a key, and "
			     "the node has none; or it was altered");
}

void pst_admission_release(struct pst_node *node, struct pst_half_open *entry)
{
	if (entry->slot != 0) {
		pst_quota_release(node->binding.accounting, &node->charges,
				  pst_slot_index(entry->slot));
		/* It was claimed, so it can be aborted. */
		pst_peer_table_release(&node->peer_table, entry->slot);
	}
	pst_poll_set_remove(node->reactor.set_fd, entry->socket_fd);
	pst_half_open_release(&node->half_open, entry);
	pst_stats_collector_note_change(&node->stats.collector);
}

void pst_admission_refuse(struct pst_node *node, struct pst_half_open *entry,
			  const struct postern_refusal *refusal)
{
	pst_audit_refuse(node, &entry->credentials, &entry->responder, refusal);
	/* An eviction counts at any age.  A flood's own handshakes are evicted
	 * within milliseconds: without these, its users look like all others. */
	pst_half_open_note_abandoned(&node->half_open, entry->attempt.user,
				     node->reactor.now_ns);
	pst_half_open_note_taken_offer(entry);
	send_refusal(entry->socket_fd, &entry->responder, refusal->reason);
	pst_admission_release(node, entry);
}

/* Who has a view has all that it came for, and only is to hang up. */
static bool is_served(const struct pst_half_open *entry)
{
	return entry->responder.machine.state == HANDSHAKE_CREATED_VIEW;
}

void pst_admission_end(struct pst_node *node, struct pst_half_open *entry,
		       enum postern_reason reason)
{
	struct postern_refusal refusal;

	if (is_served(entry)) {
		pst_admission_release(node, entry);
		return;
	}
	(void)pst_error_set(&refusal, reason);
	pst_admission_refuse(node, entry, &refusal);
}

void pst_admission_turn_away(struct pst_node *node, int socket_fd,
			     struct pst_peer_credentials *credentials,
			     const struct postern_refusal *refusal)
{
	const struct pst_responder_params params = {
		.layout_version = pst_channel_layout_version(),
	};
	struct pst_handshake_responder responder;

	pst_responder_init(&responder, &params);
	pst_audit_refuse(node, credentials, NULL, refusal);
	send_refusal(socket_fd, &responder, refusal->reason);
	pst_responder_done(&responder);
	pst_peer_credentials_done(credentials);
	(void)pst_socket_close_counted(socket_fd,
				       &node->half_open.thread_close_count);
}

void pst_admission_drop(struct pst_node *node, struct pst_half_open *entry)
{
	struct postern_refusal refusal;

	/* Who says nothing is nobody: not worth a record. */
	if (entry->responder.machine.state != HANDSHAKE_START &&
	    !is_served(entry)) {
		pst_half_open_note_abandoned(&node->half_open,
					     entry->attempt.user,
					     node->reactor.now_ns);
		(void)pst_error_set(&refusal, POSTERN_REASON_HUNG_UP);
		pst_audit_refuse(node, &entry->credentials, &entry->responder,
				 &refusal);
	}
	pst_admission_release(node, entry);
}
