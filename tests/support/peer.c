/* SPDX-License-Identifier: ISC */
/*
 * A peer: another process that uses the public interface, on orders
 */
#include "support/peer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/pattern.h"
#include "support/test_options.h"

struct peer {
	const struct scene *scene;
	struct postern_channel *channel;
	uint64_t sent_count;
	uint64_t received_count;
	size_t kept_count;
	uint64_t kept_inodes[PEER_KEPT_MAX];
	int control_fd;
	uint8_t buffer[SCENE_MESSAGE_BYTES_MAX];
};

/* -- in the process -------------------------------------------------------- */

static void connect_to_node(struct peer *peer, const struct peer_order *order,
			    struct peer_report *report)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	options.directions = order->directions;
	options.ring_bytes = order->ring_bytes;
	options.disable_features = test_disable_features() |
				   order->disable_features;
	if (order->has_key)
		options.key_file = peer->scene->key_paths[order->key];
	report->result = postern_connect(peer->scene->policy, "orders",
					 &options, POSTERN_NO_DEADLINE,
					 &peer->channel, &error);
	report->reason = error.reason;
	memcpy(report->detail, error.detail, sizeof(report->detail));
	peer->sent_count = 0;
	peer->received_count = 0;
	report->limits.size_bytes = sizeof(report->limits);
	if (report->result == 0)
		report->result = postern_channel_get_info(peer->channel,
							&report->limits);
}

static int send_one(struct peer *peer, const struct peer_order *order)
{
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	size_t byte_count = order->message_bytes;
	int r;

	r = postern_channel_get_info(peer->channel, &limits);
	if (r < 0)
		return r;
	if (order->kind == PEER_SEND || order->kind == PEER_EXCHANGE)
		byte_count = pattern_size(peer->sent_count,
					  limits.send_message_bytes);
	if (byte_count > sizeof(peer->buffer))
		return -EINVAL;
	pattern_fill(peer->buffer, byte_count, peer->sent_count);
	if (order->kind == PEER_SEND_AT_ONCE)
		r = postern_send(peer->channel, peer->buffer, byte_count);
	else
		r = postern_send_wait(peer->channel, peer->buffer, byte_count,
				      test_deadline_ns());
	if (r == 0)
		peer->sent_count++;
	return r;
}

static int receive_one(struct peer *peer)
{
	size_t byte_count;
	int r;

	r = postern_receive_wait(peer->channel, peer->buffer,
				 sizeof(peer->buffer), &byte_count,
				 test_deadline_ns());
	if (r < 0)
		return r;
	if (!pattern_is(peer->buffer, byte_count, peer->received_count))
		return -EILSEQ;
	peer->received_count++;
	return 0;
}

static int move_one(struct peer *peer, const struct peer_order *order)
{
	int r;

	if (order->kind == PEER_RECEIVE || order->kind == PEER_RECEIVE_TO_END)
		return receive_one(peer);
	r = send_one(peer, order);
	if (r == 0 && order->kind == PEER_EXCHANGE)
		r = receive_one(peer);
	return r;
}

static void repeat(struct peer *peer, const struct peer_order *order,
		   struct peer_report *report)
{
	bool is_endless = order->kind == PEER_RECEIVE_TO_END;

	while (report->result == 0 &&
	       (is_endless || report->count < order->count)) {
		report->result = move_one(peer, order);
		if (report->result == 0)
			report->count++;
	}
}

/*
 * The child holds what it inherited until the test itself is over, which it
 * learns by the hang-up; the orders are its parent's.
 */
static int leave_a_child(const struct peer *peer)
{
	struct pollfd wait = {.fd = peer->control_fd};
	pid_t pid = fork();

	if (pid != 0)
		return pid < 0 ? -errno : 0;
	(void)poll(&wait, 1, -1);
	_exit(EXIT_SUCCESS);
}

static bool is_kept(const struct peer *peer, uint64_t inode)
{
	size_t i;

	for (i = 0; i < peer->kept_count; i++)
		if (peer->kept_inodes[i] == inode)
			return true;
	return false;
}

/*
 * Map a second time what is mapped for the open channel: as a peer that would
 * like to have the memory for longer than it has the channel.
 */
static int keep_segments(struct peer *peer)
{
	static struct inspect_mapping mappings[PEER_KEPT_MAX];
	size_t count = inspect_segments(mappings, PEER_KEPT_MAX);
	size_t kept_before = peer->kept_count, i;

	if (count > PEER_KEPT_MAX)
		return -ENOBUFS;
	for (i = 0; i < count; i++) {
		if (is_kept(peer, mappings[i].inode))
			continue;
		peer->kept_inodes[peer->kept_count++] = mappings[i].inode;
		/* An old size of 0 doubles a shared mapping. */
		if (mremap((void *)(uintptr_t)mappings[i].address, 0,
			   mappings[i].bytes, MREMAP_MAYMOVE) == MAP_FAILED)
			return -errno;
	}
	return peer->kept_count == kept_before + 2 ? 0 : -ECANCELED;
}

static void obey(struct peer *peer, const struct peer_order *order,
		 struct peer_report *report)
{
	switch (order->kind) {
	case PEER_CONNECT:
		connect_to_node(peer, order, report);
		break;
	case PEER_SEND:
	case PEER_SEND_FIXED:
	case PEER_SEND_AT_ONCE:
	case PEER_RECEIVE:
	case PEER_RECEIVE_TO_END:
	case PEER_EXCHANGE:
		repeat(peer, order, report);
		break;
	case PEER_FLUSH:
		report->result = postern_flush(peer->channel,
					       test_deadline_ns());
		break;
	case PEER_CLOSE:
		peer->channel = postern_channel_close(peer->channel);
		break;
	case PEER_CLOSE_BUT_KEEP:
		report->result = keep_segments(peer);
		peer->channel = postern_channel_close(peer->channel);
		break;
	case PEER_SEGMENTS:
		report->segment_count = inspect_segments(report->segments,
							 PEER_SEGMENTS_MAX);
		break;
	case PEER_LEAVE_A_CHILD:
		report->result = leave_a_child(peer);
		break;
	case PEER_DIE:
		process_kill_self();
	}
}

void peer_main(int control_fd, void *user_data)
{
	static struct peer peer;
	struct peer_report report;
	struct peer_order order;

	peer.scene = user_data;
	peer.control_fd = control_fd;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		memset(&report, 0, sizeof(report));
		obey(&peer, &order, &report);
		process_report(control_fd, &report, sizeof(report));
	}
	peer.channel = postern_channel_close(peer.channel);
}

/* -- in the test ----------------------------------------------------------- */

void peer_order(const struct process *peer, const struct peer_order *order)
{
	process_order(peer, order, sizeof(*order));
}

struct peer_report peer_await(struct scene *scene, const struct process *peer)
{
	struct peer_report report;

	if (scene->node)
		scene_serve_until_readable(scene, peer->control_fd);
	process_read_report(peer, &report, sizeof(report));
	return report;
}

struct peer_report peer_obey(struct scene *scene, const struct process *peer,
			     const struct peer_order *order)
{
	peer_order(peer, order);
	return peer_await(scene, peer);
}

struct peer_report peer_do(struct scene *scene, const struct process *peer,
			   enum peer_order_kind kind, uint64_t count)
{
	const struct peer_order order = {.kind = kind, .count = count};

	return peer_obey(scene, peer, &order);
}

struct peer_report peer_connect(struct scene *scene,
				const struct process *peer)
{
	return peer_do(scene, peer, PEER_CONNECT, 0);
}

postern_peer peer_join(struct scene *scene, const struct process *peer)
{
	struct peer_report report = peer_connect(scene, peer);

	ck_assert_msg(report.result == 0, "not admitted: %s; %s; %s",
		      postern_strerror(report.result),
		      postern_reason_description(report.reason), report.detail);
	return scene_await_event(scene, POSTERN_NODE_EVENT_CONNECTED).peer;
}

void peer_kill(struct process *peer)
{
	const struct peer_order order = {.kind = PEER_DIE};
	int status;

	process_order(peer, &order, sizeof(order));
	status = process_wait(peer);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "the peer ended with wait status %#x, not by SIGKILL",
		      (unsigned)status);
}
