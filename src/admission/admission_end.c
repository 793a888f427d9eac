/* SPDX-License-Identifier: ISC */
/*
 * The end of an attempt or a handshake without a channel
 *
 * The peer learns one code, the hook gets the reason.  The slot of the entry
 * and its charge are released here, all else by the table of half-open
 * handshakes.
 */
#include "admission/admission_steps.h"

#include "accounting/quota.h"
#include "base/attributes.h"
#include "base/result.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"
#include "os/socket_close.h"

/* The one code that the peer learns. */
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
	/* A peer that cannot receive it sees the end of the connection. */
	PST_IGNORE(pst_packet_send(socket_fd, record.bytes, record.byte_count));
}

void pst_admission_release(struct pst_admission *admission,
			   struct pst_half_open *entry)
{
	const struct pst_admission_params *params = &admission->params;

	if (entry->slot != 0) {
		pst_quota_release(params->binding->accounting, params->charges,
				  pst_slot_index(entry->slot));
		pst_peer_table_release(params->peer_table, entry->slot);
	}
	pst_poll_set_remove(params->set_fd, entry->socket_fd);
	pst_half_open_release(&admission->half_open, entry);
	params->hooks->on_half_open_changed(params->hook_data);
}

static void note_abandoned(struct pst_admission *admission,
			   const struct pst_half_open *entry)
{
	pst_half_open_note_abandoned(&admission->half_open, entry->attempt.user,
				     *admission->params.now_ns);
}

void pst_admission_refuse(struct pst_admission *admission,
			  struct pst_half_open *entry,
			  const struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;

	params->hooks->on_refused(params->hook_data, &entry->credentials,
				  &entry->responder, error);
	/* An eviction counts at any age.  The handshakes of a flood are evicted
	 * within milliseconds: if they did not count, its users would look like
	 * all others. */
	note_abandoned(admission, entry);
	pst_half_open_note_taken_offer(entry);
	send_refusal(entry->socket_fd, &entry->responder, error->reason);
	pst_admission_release(admission, entry);
}

/* A peer with STATS has all that it asked for, and only has to hang up. */
static bool is_served(const struct pst_half_open *entry)
{
	return entry->responder.machine.state == HANDSHAKE_CREATED_STATS;
}

void pst_admission_end(struct pst_admission *admission,
		       struct pst_half_open *entry, enum postern_reason reason)
{
	struct postern_error_info error;

	if (is_served(entry)) {
		pst_admission_release(admission, entry);
		return;
	}
	(void)pst_error_set(&error, reason);
	pst_admission_refuse(admission, entry, &error);
}

void pst_admission_end_hung_up(struct pst_admission *admission,
			       struct pst_half_open *entry)
{
	const struct pst_admission_params *params = &admission->params;
	struct postern_error_info error;

	/* A peer that has sent nothing is not worth a record. */
	if (entry->responder.machine.state != HANDSHAKE_START &&
	    !is_served(entry)) {
		note_abandoned(admission, entry);
		(void)pst_error_set(&error, POSTERN_REASON_HUNG_UP);
		params->hooks->on_refused(params->hook_data,
					  &entry->credentials,
					  &entry->responder, &error);
	}
	pst_admission_release(admission, entry);
}

void pst_admission_close_attempt(struct pst_admission *admission, int socket_fd,
				 struct pst_peer_credentials *credentials)
{
	pst_peer_credentials_done(credentials);
	(void)pst_socket_close_counted(
		socket_fd, &admission->half_open.thread_close_count);
}

void pst_admission_refuse_attempt(struct pst_admission *admission,
				  int socket_fd,
				  struct pst_peer_credentials *credentials,
				  const struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;
	const struct pst_responder_params responder_params = {
		.layout_version = pst_channel_layout_version(),
	};
	struct pst_handshake_responder responder;

	pst_responder_init(&responder, &responder_params);
	params->hooks->on_refused(params->hook_data, credentials, NULL,
				  error);
	send_refusal(socket_fd, &responder, error->reason);
	pst_responder_done(&responder);
	pst_admission_close_attempt(admission, socket_fd, credentials);
}
