/* SPDX-License-Identifier: ISC */
/*
 * The offer: two segments that the node creates and the peer pays for
 *
 * Both are made here, so the node never has to import a descriptor.  Both are
 * sparse, and neither is written before the peer has populated it, so that
 * every page is charged to the peer: seals forbid ever freeing one, and a peer
 * that kept its mappings and came back could otherwise use up the node's
 * memory.
 */
#include "node/admission.h"

#include "base/result.h"
#include "os/entropy.h"
#include "os/packet_socket.h"
#include "os/segment.h"

/* S_a: sparse, mapped by us alone, sealed before anybody else has it. */
static int create_own_segment(const struct pst_node *node,
			      struct pst_half_open *entry,
			      struct pst_offer *offer)
{
	int r;

	r = pst_segment_create(offer->node_segment.segment_bytes,
			       node->features, &entry->acceptor_fd);
	if (r < 0)
		return r;
	r = pst_segment_map_writable(entry->acceptor_fd, offer->control_bytes,
				     offer->receive.ring_bytes,
				     &entry->own_mapping);
	if (r < 0)
		return r;
	return pst_segment_finish(entry->acceptor_fd,
				  PST_SEGMENT_SEALS_WRITER_DONE,
				  node->binding.group,
				  &offer->node_segment.inode);
}

/* S_c: we create and size it; only after the peer's seals do we map it. */
static int create_peer_segment(const struct pst_node *node,
			       struct pst_half_open *entry,
			       struct pst_offer *offer)
{
	int r;

	r = pst_segment_create(offer->client_segment.segment_bytes,
			       node->features, &entry->connector_fd);
	if (r < 0)
		return r;
	return pst_segment_finish(entry->connector_fd,
				  PST_SEGMENT_SEALS_OFFERED,
				  node->binding.group,
				  &offer->client_segment.inode);
}

static int create_offer(const struct pst_node *node,
			struct pst_half_open *entry, struct pst_offer *offer,
			struct pst_wire_record *ret_record)
{
	int r;

	r = create_own_segment(node, entry, offer);
	if (r < 0)
		return r;
	r = create_peer_segment(node, entry, offer);
	if (r < 0)
		return r;
	r = pst_entropy_fill(offer->session_id, sizeof(offer->session_id));
	if (r < 0)
		return r;
	return pst_responder_create_offer(&entry->responder, offer,
					  ret_record);
}

bool pst_offer_make(const struct pst_node *node, struct pst_half_open *entry,
		    struct pst_offer *offer, struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = create_offer(node, entry, offer, &record);
	if (r == 0) {
		const int fds[] = {entry->acceptor_fd, entry->connector_fd};

		r = pst_packet_send_with_fds(entry->socket_fd, record.bytes,
					     record.byte_count, fds, 2);
	}
	if (entry->responder.machine.state == HANDSHAKE_FAILED)
		return pst_error_set(refusal, entry->responder.machine.reason);
	if (r < 0)
		return pst_error_set_io(refusal, r, "making the offer");
	pst_half_open_note_offer(entry,
				 pst_peer_table_at(&node->peer_table,
						   entry->slot)
					 ->identity.name,
				 node->reactor.now_ns);
	return true;
}
