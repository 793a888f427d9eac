/* SPDX-License-Identifier: ISC */
/*
 * Opening and freeing a channel
 *
 * All memory of a channel is allocated here, so that moving messages allocates
 * nothing.  The last reference publishes the END record, which distinguishes an
 * orderly close from a crash, hangs up, and only then unmaps.
 */
#include "channel/channel.h"

#include <errno.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "channel/channel_detached.h"
#include "channel/channel_sealed.h"
#include "channel/channel_state.h"
#include "os/doorbell.h"
#include "os/fork_guard.h"
#include "os/monotonic.h"
#include "os/socket_close.h"

uint16_t pst_channel_layout_version(void)
{
	return PST_LAYOUT_VERSION;
}

static void fill_info(struct pst_channel *channel,
		      const struct pst_channel_setup *setup)
{
	struct postern_channel_info *info = &channel->info;

	info->security = setup->security;
	info->send_ring_bytes = (uint32_t)setup->own_mapping.data_bytes;
	info->receive_ring_bytes = (uint32_t)setup->peer_mapping.data_bytes;
	if (info->send_ring_bytes > 0) {
		info->can_send = 1;
		channel->directions |= PST_CHANNEL_SENDS;
		info->send_message_bytes = setup->send_message_bytes;
	}
	if (info->receive_ring_bytes > 0) {
		info->can_receive = 1;
		channel->directions |= PST_CHANNEL_RECEIVES;
		info->receive_message_bytes = setup->receive_message_bytes;
	}
	if (info->security == POSTERN_SECURITY_NONE)
		channel->plain_directions = channel->directions;
}

static void attach_rings(struct pst_channel *channel)
{
	struct pst_segment_words *own = pst_channel_own_words(channel);
	const struct pst_segment_words *peer = pst_channel_peer_words(channel);

	pst_ring_producer_init(&channel->producer, own, peer,
			       channel->own_mapping.data,
			       channel->info.send_ring_bytes,
			       channel->info.send_message_bytes,
			       channel->keys ? PST_RECORD_TAG_BYTES : 0);
	pst_ring_consumer_init(&channel->consumer, own, peer,
			       channel->peer_mapping.data,
			       channel->info.receive_ring_bytes,
			       channel->info.receive_message_bytes);
}

static void free_channel(struct pst_channel *channel)
{
	struct pst_detached_link *link = atomic_load(&channel->detached_link);

	if (link)
		pst_detached_link_clear_channel(link);
	pst_channel_end_sealing(channel);
	pst_segment_unmap(&channel->own_mapping);
	pst_segment_unmap(&channel->peer_mapping);
	(void)pst_fd_close(atomic_load(&channel->epoll_fd));
	(void)pst_fd_close(channel->send_waiter.wake_fd);
	(void)pst_fd_close(channel->receive_waiter.wake_fd);
	(void)pst_fd_close(channel->pidfd);
	(void)pst_socket_close(channel->socket_fd);
	pst_fork_guard_free(channel, sizeof(*channel));
	if (link)
		pst_detached_link_end_unref(link);
}

/*
 * The handshake agreed on the sizes; the rings depend on them, so check them
 * again.
 */
static bool is_geometry_valid(const struct pst_segment_mapping *mapping,
			      uint32_t message_bytes, bool is_sealed)
{
	return mapping->data_bytes == 0 ||
	       pst_ring_is_geometry_valid(mapping->data_bytes, message_bytes,
					  is_sealed ? PST_RECORD_TAG_BYTES : 0,
					  mapping->control_bytes);
}

static int refuse_setup(struct pst_channel_setup *setup, int result)
{
	pst_segment_unmap(&setup->own_mapping);
	pst_segment_unmap(&setup->peer_mapping);
	setup->socket_fd = pst_socket_close(setup->socket_fd);
	setup->pidfd = pst_fd_close(setup->pidfd);
	setup->take_keys = pst_record_keys_free(setup->take_keys);
	return result;
}

int pst_channel_open_take(struct pst_channel_setup *setup,
			  struct pst_channel **ret_channel)
{
	bool is_sealed = setup->security != POSTERN_SECURITY_NONE;
	struct pst_channel *channel;
	int r;

	if (!is_geometry_valid(&setup->own_mapping, setup->send_message_bytes,
			       is_sealed) ||
	    !is_geometry_valid(&setup->peer_mapping,
			       setup->receive_message_bytes, is_sealed) ||
	    !pst_channel_has_keys_for(setup))
		return refuse_setup(setup, -EINVAL);
	channel = pst_fork_guard_new(sizeof(*channel));
	if (!channel)
		return refuse_setup(setup, -ENOMEM);

	channel->guard.ours = PST_FORK_GUARD_OURS;
	channel->opened_ns = pst_monotonic_now_ns();
	pst_spin_init(&channel->send_waiter.spin, setup->spin_ns);
	pst_spin_init(&channel->receive_waiter.spin, setup->spin_ns);
	channel->socket_fd = setup->socket_fd;
	channel->pidfd = setup->pidfd;
	channel->send_waiter.wake_fd = -1;
	channel->receive_waiter.wake_fd = -1;
	atomic_store(&channel->epoll_fd, -1);
	atomic_store(&channel->node_driven, setup->for_node);
	channel->is_nodes = setup->for_node;
	channel->features = setup->features;
	channel->own_mapping = setup->own_mapping;
	channel->peer_mapping = setup->peer_mapping;
	channel->keys = setup->take_keys;
	pst_refcount_init(&channel->references);
	fill_info(channel, setup);
	attach_rings(channel);
	pst_doorbell_prepare(channel->socket_fd);

	r = pst_channel_prepare_sealing(channel);
	if (r == 0 && !setup->for_node)
		r = pst_channel_make_wakes(channel);
	if (r < 0) {
		free_channel(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

struct pst_channel *pst_channel_ref(struct pst_channel *channel)
{
	pst_refcount_ref(&channel->references);
	return channel;
}

/* Neither thread uses the channel any more when this runs. */
static void publish_end_record(struct pst_channel *channel)
{
	if (pst_channel_has_ended(channel) ||
	    !(channel->directions & PST_CHANNEL_SENDS))
		return;
	/*
	 * A full ring has no space for END; then the peer only finds the
	 * hang-up.
	 */
	if (pst_channel_is_plain(channel, PST_CHANNEL_SENDS))
		PST_IGNORE(pst_ring_finish(&channel->producer));
	else
		PST_IGNORE(pst_channel_finish_sealed(channel));
}

struct pst_channel *pst_channel_unref(struct pst_channel *channel)
{
	if (!channel || !pst_channel_is_ours(channel))
		return NULL;
	if (pst_refcount_unref(&channel->references)) {
		publish_end_record(channel);
		/* A forked child may hold the socket open. */
		pst_doorbell_hang_up(channel->socket_fd);
		free_channel(channel);
	}
	return NULL;
}

struct pst_channel *pst_channel_release(struct pst_channel *channel,
					enum postern_reason reason)
{
	if (!channel)
		return NULL;
	if (!pst_refcount_is_single(&channel->references))
		pst_channel_end(channel, reason);
	else if (!pst_channel_has_ended(channel))
		pst_channel_report_end(channel, reason);
	return pst_channel_unref(channel);
}

bool pst_channel_has_other_refs(const struct pst_channel *channel)
{
	return !pst_refcount_is_single(&channel->references);
}

void pst_channel_info(const struct pst_channel *channel,
		      struct postern_channel_info *ret_info)
{
	*ret_info = channel->info;
}

int pst_channel_make_wakes(struct pst_channel *channel)
{
	int r;

	if (channel->send_waiter.wake_fd < 0) {
		r = pst_wake_open(&channel->send_waiter.wake_fd);
		if (r < 0)
			return r;
	}
	if (channel->receive_waiter.wake_fd < 0) {
		r = pst_wake_open(&channel->receive_waiter.wake_fd);
		if (r < 0)
			return r;
	}
	return 0;
}

int pst_channel_socket_fd(const struct pst_channel *channel)
{
	return channel->socket_fd;
}

int pst_channel_pidfd(const struct pst_channel *channel)
{
	return channel->pidfd;
}

int pst_channel_wake_fd(const struct pst_channel *channel)
{
	return channel->receive_waiter.wake_fd;
}

bool pst_channel_is_node_driven(const struct pst_channel *channel)
{
	return atomic_load(&channel->node_driven);
}
