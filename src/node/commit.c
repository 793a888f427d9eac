/* SPDX-License-Identifier: ISC */
/*
 * From READY to GO: check what the peer made of its segment, open the channel
 *
 * The seals are checked before the mapping, since a read-only mapping made
 * before them could be turned writable later; the blocks are checked before the
 * first write, since a write into a hole would be charged to the node.
 */
#include "node/admission.h"

#include "base/fd.h"
#include "base/result.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"

static bool is_paid(int segment_fd, uint64_t segment_bytes,
		    struct postern_refusal *refusal)
{
	if (pst_segment_is_populated(segment_fd, segment_bytes) == 1)
		return true;
	return pst_error_set(refusal, POSTERN_REASON_SPARSE);
}

bool pst_commit_is_paid(const struct pst_node *node,
			const struct pst_half_open *entry,
			struct postern_refusal *refusal)
{
	const struct pst_offer *offer = &entry->responder.offer;
	const struct pst_segment_expectation expected = {
		.seals = PST_SEGMENT_SEALS_WRITER_DONE,
		.device = node->memfd_device,
		.owner = node->owner,
		.segment_bytes = offer->client_segment.segment_bytes,
	};
	enum pst_segment_fault fault;

	fault = pst_segment_check(entry->connector_fd, &expected);
	if (fault != PST_SEGMENT_FAULT_NONE)
		return pst_error_setf(refusal, POSTERN_REASON_SEALS, "%s",
				      pst_segment_fault_text(fault));
	return is_paid(entry->connector_fd, offer->client_segment.segment_bytes,
		       refusal) &&
	       is_paid(entry->acceptor_fd, offer->node_segment.segment_bytes,
		       refusal);
}

/* The channel owns socket, pidfd and mappings from here on, even on failure. */
static int open_channel(const struct pst_node *node,
			struct pst_half_open *entry,
			struct pst_channel **ret_channel)
{
	const struct pst_offer *offer = &entry->responder.offer;
	struct pst_channel_setup setup = {
		.send_message_bytes = offer->receive.message_bytes,
		.receive_message_bytes = offer->send.message_bytes,
		.spin_ns = node->channel_spin_ns,
		.features = node->features,
		.for_node = true,
		.security = offer->security,
	};
	int r;

	r = pst_segment_map_readable(entry->connector_fd, offer->control_bytes,
				     offer->send.ring_bytes,
				     &setup.peer_mapping);
	if (r < 0)
		return r;
	/* Bells carry no credentials. */
	r = pst_packet_want_credentials(entry->socket_fd, false);
	if (r < 0) {
		pst_segment_unmap(&setup.peer_mapping);
		return r;
	}
	pst_poll_set_remove(node->reactor.set_fd, entry->socket_fd);
	setup.socket_fd = pst_fd_take(&entry->socket_fd);
	setup.pidfd = pst_fd_take(&entry->credentials.pidfd);
	setup.own_mapping = entry->own_mapping;
	entry->own_mapping = (struct pst_segment_mapping) {0};
	setup.take_keys = pst_responder_take_keys(&entry->responder);
	return pst_channel_open_take(&setup, ret_channel);
}

/*
 * The last record, then the slot.  Nothing after GO can fail, so a peer that
 * has it is admitted.
 */
bool pst_commit_go(struct pst_node *node, struct pst_half_open *entry,
		   struct postern_refusal *refusal)
{
	struct pst_peer *peer =
		pst_peer_table_at(&node->peer_table, entry->slot);
	struct pst_wire_record record;
	int r;

	peer->directions = entry->responder.offer.directions;
	peer->security = entry->responder.offer.security;
	r = open_channel(node, entry, &peer->channel);
	if (r < 0)
		return pst_error_set_errno(refusal, POSTERN_REASON_RESOURCES, r,
					   "opening the channel");
	r = pst_peer_watch(&node->peer_table, peer);
	if (r == 0)
		r = pst_responder_create_go(&entry->responder, entry->slot,
					    &record);
	if (r == 0)
		r = pst_packet_send(pst_channel_socket_fd(peer->channel),
				    record.bytes, record.byte_count);
	if (r < 0) {
		pst_peer_unwatch(&node->peer_table, peer);
		peer->channel = pst_channel_unref(peer->channel);
		return pst_error_set_errno(refusal, POSTERN_REASON_HUNG_UP, r,
					   "ending the handshake");
	}
	return true;
}
