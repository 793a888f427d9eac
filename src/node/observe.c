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

#include <assert.h>
#include <string.h>

#include "base/result.h"
#include "node/node_state.h"
#include "node/terms.h"
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

/* The segment can be missing since a reload that could not create another. */
static bool has_segment(struct pst_node *node, struct postern_refusal *refusal)
{
	int r = pst_node_stats_need_segment(node);

	return r == 0 || pst_error_set_errno(refusal, POSTERN_REASON_RESOURCES,
					     r, "making the statistics");
}

static bool send_segment(const struct pst_node *node,
			 struct pst_half_open *entry, const char *peer_name,
			 struct postern_refusal *refusal)
{
	const struct pst_stats_segment *segment = &node->stats.segment;
	struct pst_view_record view = {
		.layout_version = PST_STATS_VERSION,
		.segment = {
			.segment_bytes = pst_stats_segment_bytes(segment),
			.inode = segment->inode,
		},
	};
	struct pst_wire_record record;
	int r;

	static_assert(sizeof(view.session_id) == sizeof(segment->id),
		      "the id is sent as it is");
	memcpy(view.session_id, segment->id, sizeof(view.session_id));
	r = pst_responder_create_view(&entry->responder, &view, &record);
	if (r == 0)
		r = pst_packet_send_with_fds(entry->socket_fd, record.bytes,
					     record.byte_count,
					     &segment->segment_fd, 1);
	if (r < 0)
		return pst_error_set_io(refusal, r,
					"handing out the statistics");
	pst_half_open_note_offer(entry, peer_name, node->reactor.now_ns);
	return true;
}

bool pst_observe_answer(struct pst_node *node,
			struct pst_half_open *entry,
			struct postern_refusal *refusal)
{
	const char *peer_name;

	return may_observe(node, &entry->credentials, &peer_name, refusal) &&
	       pst_admission_may_offer(node, entry, refusal) &&
	       has_segment(node, refusal) &&
	       send_segment(node, entry, peer_name, refusal);
}
