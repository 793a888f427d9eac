/* SPDX-License-Identifier: ISC */
/*
 * Controlling: who may command the node, and what it then does
 *
 * The owner and root may, and that by the kernel's word alone, whatever the
 * policy says: a policy that was written wrongly must not lock out who has to
 * mend what came of it.  One connection carries one command.
 */
#include "node/admission.h"

#include "base/attributes.h"
#include "base/result.h"
#include "node/revoke.h"
#include "os/entropy.h"
#include "os/packet_socket.h"

bool pst_node_obeys(const struct pst_node *node,
		    const struct pst_peer_credentials *credentials)
{
	return credentials->uid_fact == POSTERN_FACT_KNOWN &&
	       credentials->pid_fact == POSTERN_FACT_KNOWN &&
	       credentials->pid > 0 &&
	       credentials->uid != node->overflow_uid &&
	       (credentials->uid == 0 || credentials->uid == node->owner);
}

bool pst_control_grant(const struct pst_node *node,
		       struct pst_half_open *entry,
		       struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	struct pst_grant grant;
	int r;

	if (!pst_node_obeys(node, &entry->credentials))
		return pst_error_setf(refusal, POSTERN_REASON_KIND,
				      "neither the owner nor root, and would "
				      "control the node");
	r = pst_entropy_fill(grant.session_id, sizeof(grant.session_id));
	if (r == 0)
		r = pst_responder_create_grant(&entry->responder, &grant,
					       &record);
	if (r == 0)
		r = pst_packet_send(entry->socket_fd, record.bytes,
				    record.byte_count);
	if (r < 0)
		return pst_error_set_io(refusal, r,
					"answering who would control "
					"the node");
	return true;
}

static enum pst_result_code carry_out(struct pst_node *node,
				      const struct pst_command *command,
				      const struct pst_revoker *revoker,
				      uint32_t *ret_count)
{
	*ret_count = 0;
	if (command->peer == 0) {
		*ret_count = pst_revoke_named(node, command->peer_name,
					      revoker);
		return *ret_count > 0 ? PST_RESULT_DONE : PST_RESULT_NOBODY;
	}
	if (pst_revoke_peer(node, command->peer, revoker) < 0)
		return PST_RESULT_STALE;
	*ret_count = 1;
	return PST_RESULT_DONE;
}

void pst_control_obey(struct pst_node *node, struct pst_half_open *entry)
{
	const struct pst_revoker revoker = {
		.by = PST_REVOKED_BY_CONTROL,
		.uid = entry->credentials.uid,
		.pid = entry->credentials.pid,
	};
	struct pst_wire_record record;
	enum pst_result_code code;
	uint32_t count;

	/* Revoking is the one command that there is. */
	code = carry_out(node, &entry->responder.command, &revoker, &count);
	if (pst_responder_create_result(&entry->responder, code, count,
					&record) < 0)
		return;
	/* It is done, whether or not anybody is there to hear of it. */
	PST_IGNORE(pst_packet_send(entry->socket_fd, record.bytes,
				   record.byte_count));
}
