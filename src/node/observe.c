/* SPDX-License-Identifier: ISC */
/*
 * Observing: who may read the node's statistics, and handing them out
 *
 * One descriptor goes out and nothing comes back, so a HELLO of this kind costs
 * the node a place among the half-open handshakes and nothing else.  A view that
 * nobody takes is in flight at the node's charge, as an offer would be, and is
 * bounded with those.
 */
#include "node/admission.h"

#include "base/result.h"
#include "node/statistics.h"
#include "node/terms.h"
#include "node/view.h"
#include "os/packet_socket.h"

/* The owner and root may, whatever the policy says. */
static bool may_observe(const struct pst_node *node,
			const struct pst_peer_credentials *credentials,
			const char **ret_peer_name,
			struct postern_refusal *refusal)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;

	*ret_peer_name = "";
	if (pst_node_obeys(node, credentials))
		return true;
	/* Nobody proves a key to observe. */
	if (!pst_terms_decide(node, credentials, NULL, &decision, refusal))
		return false;
	if (!decision.may_observe)
		return pst_error_setf(refusal, POSTERN_REASON_KIND,
				      "no allow that matches says 'observe'");
	*ret_peer_name = decision.peer_name;
	return true;
}

/* It can be missing since a reload that could not make another one. */
static bool has_view(struct pst_node *node, struct postern_refusal *refusal)
{
	int r = pst_statistics_need_view(node);

	return r == 0 || pst_error_set_errno(refusal, POSTERN_REASON_RESOURCES,
					     r, "making the statistics");
}

static bool send_view(const struct pst_node *node, struct pst_half_open *entry,
		      const char *peer_name, struct postern_refusal *refusal)
{
	const int fd = pst_node_view_fd(node);
	struct pst_wire_record record;
	int r;

	r = pst_responder_create_view(&entry->responder, &node->view.record,
				      &record);
	if (r == 0)
		r = pst_packet_send_with_fds(entry->socket_fd, record.bytes,
					     record.byte_count, &fd, 1);
	if (r < 0)
		return pst_error_set_io(refusal, r,
					"handing out the statistics");
	pst_half_open_note_offer(entry, peer_name, node->now_ns);
	return true;
}

bool pst_observe_answer(struct pst_node *node,
			struct pst_half_open *entry,
			struct postern_refusal *refusal)
{
	const char *peer_name;

	return may_observe(node, &entry->credentials, &peer_name, refusal) &&
	       pst_admission_may_offer(node, entry, refusal) &&
	       has_view(node, refusal) &&
	       send_view(node, entry, peer_name, refusal);
}
