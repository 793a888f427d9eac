/* SPDX-License-Identifier: ISC */
/*
 * Two channels of one process that are each other's peer
 *
 * Instead of a pidfd the left one has a pipe, which becomes readable when its
 * other end is closed.  So a "process" can end without being started.
 */
#include "support/channel_pair.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "crypto/record_seal.h"
#include "os/monotonic.h"
#include "os/segment.h"
#include "support/expect.h"

static void make_segment(size_t data_bytes,
			 struct pst_segment_mapping *ret_writer,
			 struct pst_segment_mapping *ret_reader)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	int fd PST_FD_OWNED = -1;

	expect_equal(pst_segment_create(page_bytes + data_bytes, 0, &fd), 0);
	expect_equal(pst_segment_map_writable(fd, page_bytes, data_bytes,
					      ret_writer), 0);
	expect_equal(pst_segment_add_seals(fd, PST_SEGMENT_SEALS_WRITER_DONE),
		     0);
	expect_equal(pst_segment_map_readable(fd, page_bytes, data_bytes,
					      ret_reader), 0);
}

/*
 * The keys after a handshake: the sending key of each is the receiving key of
 * the other.
 */
static struct pst_record_keys *
make_keys(const struct channel_pair_options *options, bool is_left)
{
	uint8_t to_right[PST_CIPHER_KEY_BYTES], to_left[PST_CIPHER_KEY_BYTES];
	struct pst_record_keys *keys;

	if (options->security == POSTERN_SECURITY_NONE)
		return NULL;
	memset(to_right, 1 + 2 * options->session, sizeof(to_right));
	memset(to_left, 2 + 2 * options->session, sizeof(to_left));
	keys = pst_record_keys_new(options->security, options->cipher,
				   is_left ? to_right : to_left,
				   is_left ? to_left : to_right);
	expect(keys);
	return keys;
}

void channel_pair_open(struct channel_pair *pair,
		       const struct channel_pair_options *options)
{
	struct pst_channel_setup left = {
		.send_message_bytes = options->message_bytes,
		.receive_message_bytes = options->message_bytes,
		.spin_ns = options->spin_ns,
		.pidfd = -1,
		.security = options->security,
	};
	struct pst_channel_setup right = left;
	int sockets[2], pipes[2];

	left.for_node = options->left_for_node;
	left.take_keys = make_keys(options, true);
	right.take_keys = make_keys(options, false);
	make_segment(options->left_ring_bytes, &left.own_mapping,
		     &right.peer_mapping);
	make_segment(options->right_ring_bytes, &right.own_mapping,
		     &left.peer_mapping);
	expect_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				sockets), 0);
	expect_equal(pipe2(pipes, O_CLOEXEC), 0);
	left.socket_fd = sockets[0];
	left.pidfd = pipes[0];
	right.socket_fd = sockets[1];
	pair->process_fd = pipes[1];
	pair->peer_fd = fcntl(sockets[1], F_DUPFD_CLOEXEC, 0);
	expect(pair->peer_fd >= 0);
	expect_equal(pst_channel_open_take(&left, &pair->left), 0);
	expect_equal(pst_channel_open_take(&right, &pair->right), 0);
}

void channel_pair_close(struct channel_pair *pair)
{
	pair->peer_fd = pst_fd_close(pair->peer_fd);
	pair->left = pst_channel_unref(pair->left);
	pair->right = pst_channel_unref(pair->right);
	pair->process_fd = pst_fd_close(pair->process_fd);
}

uint64_t channel_pair_deadline(void)
{
	return pst_monotonic_now_ns() + 30 * PST_NS_PER_SECOND;
}
