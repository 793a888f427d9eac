/* SPDX-License-Identifier: ISC */
/*
 * Segments of an admission: from their creation to the channel
 *
 * The node creates both, so it never imports a descriptor.  Both are sparse, and
 * the peer populates them, so that each page is charged to the peer: the seals
 * forbid to free a page, and a peer that kept its mappings and connected again
 * could use up the node's memory otherwise.
 *
 * The seals are checked before the mapping, since a read-only mapping made before
 * them could be made writable later; the blocks are checked before the first
 * write, since a write into a hole would be charged to the node.
 */
#include "admission/admission_steps.h"

#include "base/fd.h"
#include "base/result.h"
#include "os/entropy.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"
#include "os/segment.h"
#include "peer/peer_state.h"

/* -- OFFER ----------------------------------------------------------------- */

/* The node alone maps it for writing, and seals it before the peer has it. */
static int create_node_segment(const struct pst_admission *admission,
			       struct pst_half_open *entry,
			       struct pst_offer *offer)
{
	const struct pst_admission_params *params = &admission->params;
	int r;

	r = pst_segment_create(offer->node_segment.segment_bytes,
			       params->features, &entry->node_segment_fd);
	if (r < 0)
		return r;
	r = pst_segment_map_writable(entry->node_segment_fd,
				     offer->control_bytes,
				     offer->receive.ring_bytes,
				     &entry->own_mapping);
	if (r < 0)
		return r;
	return pst_segment_finish(entry->node_segment_fd,
				  PST_SEGMENT_SEALS_WRITER_DONE,
				  params->binding->group,
				  &offer->node_segment.inode);
}

/* The node sizes it, and maps it when the peer has sealed it. */
static int create_client_segment(const struct pst_admission *admission,
				 struct pst_half_open *entry,
				 struct pst_offer *offer)
{
	const struct pst_admission_params *params = &admission->params;
	int r;

	r = pst_segment_create(offer->client_segment.segment_bytes,
			       params->features, &entry->client_segment_fd);
	if (r < 0)
		return r;
	return pst_segment_finish(entry->client_segment_fd,
				  PST_SEGMENT_SEALS_OFFERED,
				  params->binding->group,
				  &offer->client_segment.inode);
}

static int create_offer(const struct pst_admission *admission,
			struct pst_half_open *entry, struct pst_offer *offer,
			struct pst_wire_record *ret_record)
{
	int r;

	r = create_node_segment(admission, entry, offer);
	if (r < 0)
		return r;
	r = create_client_segment(admission, entry, offer);
	if (r < 0)
		return r;
	r = pst_entropy_fill(offer->session_id, sizeof(offer->session_id));
	if (r < 0)
		return r;
	return pst_responder_create_offer(&entry->responder, offer,
					  ret_record);
}

bool pst_admission_send_offer(const struct pst_admission *admission,
			      struct pst_half_open *entry,
			      struct pst_offer *offer,
			      struct postern_error_info *error)
{
	const struct pst_peer *peer =
		pst_peer_table_at(admission->params.peer_table, entry->slot);
	struct pst_wire_record record;
	int r;

	r = create_offer(admission, entry, offer, &record);
	if (r == 0) {
		const int fds[] = {entry->node_segment_fd,
				   entry->client_segment_fd};

		r = pst_packet_send_with_fds(entry->socket_fd, record.bytes,
					     record.byte_count, fds, 2);
	}
	if (entry->responder.machine.state == HANDSHAKE_FAILED)
		return pst_error_set(error, entry->responder.machine.reason);
	if (r < 0)
		return pst_error_set_io(error, r, "making the offer");
	pst_half_open_note_offer(entry, peer->identity.name,
				 *admission->params.now_ns);
	return true;
}

/* -- READY ----------------------------------------------------------------- */

static bool is_populated(int segment_fd, uint64_t segment_bytes,
			 struct postern_error_info *error)
{
	if (pst_segment_is_populated(segment_fd, segment_bytes) == 1)
		return true;
	return pst_error_set(error, POSTERN_REASON_SPARSE);
}

bool pst_admission_check_segments(const struct pst_admission *admission,
				  const struct pst_half_open *entry,
				  struct postern_error_info *error)
{
	const struct pst_offer *offer = &entry->responder.offer;
	const struct pst_segment_expectation expected = {
		.seals = PST_SEGMENT_SEALS_WRITER_DONE,
		.device = admission->memfd_device,
		.owner = admission->params.owner,
		.segment_bytes = offer->client_segment.segment_bytes,
	};
	enum pst_segment_fault fault;

	fault = pst_segment_check(entry->client_segment_fd, &expected);
	if (fault != PST_SEGMENT_FAULT_NONE)
		return pst_error_setf(error, POSTERN_REASON_SEALS, "%s",
				      pst_segment_fault_text(fault));
	return is_populated(entry->client_segment_fd,
			    offer->client_segment.segment_bytes, error) &&
	       is_populated(entry->node_segment_fd,
			    offer->node_segment.segment_bytes, error);
}

/* -- GO -------------------------------------------------------------------- */

/* The channel owns socket, pidfd and mappings from here on, even on failure. */
static int open_channel(const struct pst_admission *admission,
			struct pst_half_open *entry,
			struct pst_channel **ret_channel)
{
	const struct pst_offer *offer = &entry->responder.offer;
	struct pst_channel_setup setup = {
		.send_message_bytes = offer->receive.message_bytes,
		.receive_message_bytes = offer->send.message_bytes,
		.spin_ns = admission->params.channel_spin_ns,
		.features = admission->params.features,
		.for_node = true,
		.security = offer->security,
	};
	int r;

	r = pst_segment_map_readable(entry->client_segment_fd,
				     offer->control_bytes,
				     offer->send.ring_bytes,
				     &setup.peer_mapping);
	if (r < 0)
		return r;
	/* Doorbell packets carry no credentials. */
	r = pst_packet_want_credentials(entry->socket_fd, false);
	if (r < 0) {
		pst_segment_unmap(&setup.peer_mapping);
		return r;
	}
	pst_poll_set_remove(admission->params.set_fd, entry->socket_fd);
	setup.socket_fd = pst_fd_take(&entry->socket_fd);
	setup.pidfd = pst_fd_take(&entry->credentials.pidfd);
	setup.own_mapping = entry->own_mapping;
	entry->own_mapping = (struct pst_segment_mapping) {0};
	setup.take_keys = pst_responder_take_keys(&entry->responder);
	return pst_channel_open_take(&setup, ret_channel);
}

bool pst_admission_send_go(struct pst_admission *admission,
			   struct pst_half_open *entry,
			   struct postern_error_info *error)
{
	const struct pst_peer_table *table = admission->params.peer_table;
	struct pst_peer *peer = pst_peer_table_at(table, entry->slot);
	struct pst_wire_record record;
	int r;

	peer->directions = entry->responder.offer.directions;
	peer->security = entry->responder.offer.security;
	r = open_channel(admission, entry, &peer->channel);
	if (r < 0)
		return pst_error_set_errno(error, POSTERN_REASON_RESOURCES, r,
					   "opening the channel");
	r = pst_peer_watch(table, peer);
	if (r == 0)
		r = pst_responder_create_go(&entry->responder, entry->slot,
					    &record);
	if (r == 0)
		r = pst_packet_send(pst_channel_socket_fd(peer->channel),
				    record.bytes, record.byte_count);
	if (r < 0) {
		pst_peer_unwatch(table, peer);
		peer->channel = pst_channel_unref(peer->channel);
		return pst_error_set_errno(error, POSTERN_REASON_HUNG_UP, r,
					   "ending the handshake");
	}
	return true;
}
