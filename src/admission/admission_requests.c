/* SPDX-License-Identifier: ISC */
/*
 * Requests without a channel: to observe the node, and to control it
 *
 * An observer gets one descriptor, so such a HELLO costs the node an entry among
 * the half-open handshakes and an unread offer.  The owner and root may control
 * the node by the word of the kernel alone, whatever the policy says: a policy
 * with a mistake must not lock them out.  One connection carries one command.
 */
#include "admission/admission_steps.h"

#include <assert.h>
#include <string.h>

#include "base/attributes.h"
#include "base/result.h"
#include "os/entropy.h"
#include "os/packet_socket.h"

bool pst_admission_may_control(const struct pst_admission *admission,
			       const struct pst_peer_credentials *credentials)
{
	return credentials->uid_fact == POSTERN_FACT_KNOWN &&
	       credentials->pid_fact == POSTERN_FACT_KNOWN &&
	       credentials->pid > 0 &&
	       credentials->uid != admission->overflow_uid &&
	       pst_admission_is_privileged(admission, credentials);
}

/* -- observing ------------------------------------------------------------- */

/* The owner and root may, whatever the policy says. */
static bool may_observe(const struct pst_admission *admission,
			const struct pst_peer_credentials *credentials,
			const char **ret_peer_name,
			struct postern_error_info *error)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;

	*ret_peer_name = "";
	if (pst_admission_may_control(admission, credentials))
		return true;
	/* An observer proves no key. */
	if (!pst_admission_decide(admission, credentials, NULL, &decision,
				  error))
		return false;
	if (!decision.may_observe)
		return pst_error_setf(error, POSTERN_REASON_NOT_PERMITTED,
				      "no allow that matches says 'observe'");
	*ret_peer_name = decision.peer_name;
	return true;
}

static bool get_segment(const struct pst_admission *admission,
			const struct pst_stats_segment **ret_segment,
			struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;
	int r = params->hooks->get_stats_segment(params->hook_data,
						 ret_segment);

	return r == 0 || pst_error_set_errno(error, POSTERN_REASON_RESOURCES,
					     r, "making the statistics");
}

static bool send_segment(const struct pst_admission *admission,
			 struct pst_half_open *entry, const char *peer_name,
			 const struct pst_stats_segment *segment,
			 struct postern_error_info *error)
{
	struct pst_stats_record stats = {
		.layout_version = PST_STATS_VERSION,
		.segment = {
			.segment_bytes = pst_stats_segment_bytes(segment),
			.inode = segment->inode,
		},
	};
	struct pst_wire_record record;
	int r;

	static_assert(sizeof(stats.session_id) == sizeof(segment->id),
		      "the id is sent as it is");
	memcpy(stats.session_id, segment->id, sizeof(stats.session_id));
	r = pst_responder_create_stats(&entry->responder, &stats, &record);
	if (r == 0)
		r = pst_packet_send_with_fds(entry->socket_fd, record.bytes,
					     record.byte_count,
					     &segment->segment_fd, 1);
	if (r < 0)
		return pst_error_set_io(error, r,
					"handing out the statistics");
	pst_half_open_note_offer(entry, peer_name, *admission->params.now_ns);
	return true;
}

bool pst_observe_execute(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 struct postern_error_info *error)
{
	const struct pst_stats_segment *segment;
	const char *peer_name;

	return may_observe(admission, &entry->credentials, &peer_name,
			   error) &&
	       pst_admission_may_offer(admission, entry, error) &&
	       get_segment(admission, &segment, error) &&
	       send_segment(admission, entry, peer_name, segment, error);
}

/* -- controlling ----------------------------------------------------------- */

bool pst_control_permit(const struct pst_admission *admission,
			struct pst_half_open *entry,
			struct postern_error_info *error)
{
	struct pst_wire_record record;
	struct pst_permit permit;
	int r;

	if (!pst_admission_may_control(admission, &entry->credentials))
		return pst_error_setf(error, POSTERN_REASON_NOT_PERMITTED,
				      "neither the owner nor root, and would "
				      "control the node");
	r = pst_entropy_fill(permit.session_id, sizeof(permit.session_id));
	if (r == 0)
		r = pst_responder_create_permit(&entry->responder, &permit,
						&record);
	if (r == 0)
		r = pst_packet_send(entry->socket_fd, record.bytes,
				    record.byte_count);
	if (r < 0)
		return pst_error_set_io(error, r,
					"answering who would control "
					"the node");
	return true;
}

void pst_control_execute(struct pst_admission *admission,
			 struct pst_half_open *entry)
{
	const struct pst_admission_params *params = &admission->params;
	struct pst_wire_record record;
	enum pst_result_code code;
	uint32_t count = 0;

	code = params->hooks->on_command(params->hook_data,
					 &entry->responder.command,
					 &entry->credentials, &count);
	if (pst_responder_create_result(&entry->responder, code, count,
					&record) < 0)
		return;
	/* It is done, whether or not the peer still receives the result. */
	PST_IGNORE(pst_packet_send(entry->socket_fd, record.bytes,
				   record.byte_count));
}
