/* SPDX-License-Identifier: ISC */
/*
 * A fake node: one honest handshake, in which each step asks for the lie
 */
#include "support/fake_node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "channel/channel.h"
#include "handshake/handshake.h"
#include "os/entropy.h"
#include "os/packet_socket.h"
#include "os/segment.h"
#include "stats/stats_layout.h"

#define PATIENCE_MS 20000
#define PAGE_BYTES 4096
#define DISK_DIRECTORY "/var/tmp"

struct fake {
	enum fake_lie lie;
	int socket_fd;
	int fds[3];     /* the node's segment, the peer's, one too many */
	struct pst_hello hello;
	struct pst_offer offer;
	struct pst_segment_mapping mapping;
};

const char *fake_disk_file_fault(void)
{
	struct statfs status;

	return statfs(DISK_DIRECTORY, &status) == 0 &&
			       status.f_type == TMPFS_MAGIC
		       ? "wrong seals"
		       : "not a memfd";
}

static bool lies(const struct fake *fake, enum fake_lie lie)
{
	return fake->lie == lie;
}

/* -- segments -------------------------------------------------------------- */

static int seals_of_nodes(const struct fake *fake)
{
	if (lies(fake, FAKE_UNSEALED_NODES))
		return 0;
	if (lies(fake, FAKE_WRITABLE_NODES))
		return F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	if (lies(fake, FAKE_OPEN_SEALS_OF_NODES))
		return F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE;
	return PST_SEGMENT_SEALS_WRITER_DONE;
}

static int seals_of_peers(const struct fake *fake)
{
	if (lies(fake, FAKE_UNSEALED_PEERS))
		return 0;
	if (lies(fake, FAKE_SEALED_PEERS))
		return PST_SEGMENT_SEALS_OFFERED | F_SEAL_SEAL;
	return PST_SEGMENT_SEALS_OFFERED;
}

static int make_segment(uint64_t segment_bytes, int seals, int *ret_fd)
{
	int r;

	r = pst_segment_create(segment_bytes, 0, ret_fd);
	if (r == 0 && seals != 0)
		r = pst_segment_add_seals(*ret_fd, seals);
	return r;
}

static int make_segments(struct fake *fake)
{
	uint64_t nodes_bytes = fake->offer.node_segment.segment_bytes;
	uint64_t peers_bytes = fake->offer.client_segment.segment_bytes;
	int r;

	if (lies(fake, FAKE_SIZE_OF_NODES))
		nodes_bytes += PAGE_BYTES;
	if (lies(fake, FAKE_SIZE_OF_PEERS))
		peers_bytes -= PAGE_BYTES;
	/* Whoever creates a file owns it. */
	r = lies(fake, FAKE_OTHER_OWNER) ? be_root_again() : 0;
	if (r == 0)
		r = make_segment(nodes_bytes, seals_of_nodes(fake),
				 &fake->fds[0]);
	if (r == 0)
		r = make_segment(peers_bytes, seals_of_peers(fake),
				 &fake->fds[1]);
	return r == 0 ? act_as(ROLE_OWNER) : r;
}

static int open_impostor(enum fake_lie lie)
{
	int pair[2];

	switch ((int)lie) {
	case FAKE_DISK_FILE:
		return open(DISK_DIRECTORY, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	case FAKE_SHM_FILE:
		return open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	case FAKE_DEVICE:
		return open("/dev/zero", O_RDWR | O_CLOEXEC);
	case FAKE_DIRECTORY:
		return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case FAKE_SOCKET:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case FAKE_PIPE:
		if (pipe2(pair, O_CLOEXEC) < 0)
			return -1;
		(void)close(pair[1]);
		return pair[0];
	default:
		return -1;
	}
}

/* Put something else in the place of a segment. */
static int replace(struct fake *fake, size_t place, int fd)
{
	if (fd < 0)
		return -errno;
	(void)pst_fd_close(fake->fds[place]);
	fake->fds[place] = fd;
	return 0;
}

static int reopen_read_only(struct fake *fake)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fake->fds[1]);
	return replace(fake, 1, open(path, O_RDONLY | O_CLOEXEC));
}

static int spoil_segments(struct fake *fake)
{
	int other, r;

	switch ((int)fake->lie) {
	case FAKE_SWAPPED_SEGMENTS:
		other = fake->fds[0];
		fake->fds[0] = fake->fds[1];
		fake->fds[1] = other;
		return 0;
	case FAKE_OTHER_INODE:
		/* The same in every way, but for the number that was said. */
		r = make_segment(fake->offer.node_segment.segment_bytes,
				 PST_SEGMENT_SEALS_WRITER_DONE, &other);
		return r < 0 ? r : replace(fake, 0, other);
	case FAKE_READ_ONLY_PEERS:
		return reopen_read_only(fake);
	case FAKE_DISK_FILE:
	case FAKE_SHM_FILE:
	case FAKE_DEVICE:
	case FAKE_PIPE:
	case FAKE_SOCKET:
	case FAKE_DIRECTORY:
		return replace(fake, 0, open_impostor(fake->lie));
	default:
		return 0;
	}
}

/* -- records --------------------------------------------------------------- */

static int send_with(const struct fake *fake,
		     const struct pst_wire_record *record, size_t fd_count)
{
	struct iovec vector = {
		.iov_base = (void *)(uintptr_t)record->bytes,
		.iov_len = record->byte_count,
	};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	if (fd_count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fake->fds,
		       fd_count * sizeof(int));
	}
	if (sendmsg(fake->socket_fd, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static int receive(const struct fake *fake, struct pst_wire_record *ret_record)
{
	struct pollfd wait = {.fd = fake->socket_fd, .events = POLLIN};

	if (poll(&wait, 1, PATIENCE_MS) <= 0)
		return -ETIMEDOUT;
	return pst_packet_receive(fake->socket_fd, 0, ret_record->bytes,
				  sizeof(ret_record->bytes),
				  &ret_record->byte_count, NULL);
}

static int send_refusal(const struct fake *fake, size_t fd_count)
{
	const struct pst_refuse refuse = {
		.version = 1,
		.code = PST_REFUSE_DENIED,
	};
	struct pst_wire_record record;
	int r;

	r = pst_wire_write_refuse(&refuse, &record);
	return r < 0 ? r : send_with(fake, &record, fd_count);
}

static int take_hello(struct fake *fake)
{
	struct pst_wire_record record;
	int r;

	r = receive(fake, &record);
	if (r < 0)
		return r;
	return pst_wire_read_hello(record.bytes, record.byte_count,
				   &fake->hello);
}

static int fill_offer(struct fake *fake)
{
	struct pst_channel_params requested = fake->hello.requested;
	int r;

	/* An observer requests nothing: it gets the smallest offer. */
	if (fake->hello.kind != PST_WIRE_KIND_CHANNEL)
		requested = (struct pst_channel_params) {
			.directions = POSTERN_DIRECTION_TO_NODE,
			.ring_bytes = PAGE_BYTES,
			.message_bytes = 1,
		};
	if (lies(fake, FAKE_RING_BEYOND_THE_WISH))
		requested.ring_bytes *= 2;
	if (lies(fake, FAKE_MESSAGE_BEYOND_THE_WISH))
		requested.message_bytes *= 2;
	if (lies(fake, FAKE_DIRECTION_BEYOND_THE_WISH))
		requested.directions = POSTERN_DIRECTION_TO_NODE |
				       POSTERN_DIRECTION_FROM_NODE;
	r = pst_offer_init(&fake->offer, &requested, &requested, PAGE_BYTES,
			   pst_channel_layout_version(),
			   POSTERN_SECURITY_NONE);
	if (r < 0)
		return r;
	if (lies(fake, FAKE_SECURITY_NOT_ASKED_FOR)) {
		fake->offer.security = POSTERN_SECURITY_MAC;
		fake->offer.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
	}
	return pst_entropy_fill(fake->offer.session_id,
				sizeof(fake->offer.session_id));
}

static int send_offer(struct fake *fake)
{
	struct pst_wire_record record;
	size_t fd_count = 2;
	int r;

	r = pst_segment_inode(fake->fds[0], &fake->offer.node_segment.inode);
	if (r == 0)
		r = pst_segment_inode(fake->fds[1],
				      &fake->offer.client_segment.inode);
	if (r == 0)
		r = spoil_segments(fake);
	if (r == 0)
		r = pst_wire_write_offer(&fake->offer, &record);
	if (r < 0)
		return r;
	if (lies(fake, FAKE_CUT_OFFER))
		record.byte_count--;
	if (lies(fake, FAKE_NO_DESCRIPTORS))
		fd_count = 0;
	if (lies(fake, FAKE_ONE_DESCRIPTOR))
		fd_count = 1;
	if (lies(fake, FAKE_THREE_DESCRIPTORS)) {
		fake->fds[2] = dup(fake->fds[1]);
		fd_count = 3;
	}
	return send_with(fake, &record, fd_count);
}

/* The node's statistics lie in what is its own segment of an offer. */
static int send_stats(struct fake *fake)
{
	struct pst_wire_record record;
	struct pst_stats_record stats = {
		.layout_version = PST_STATS_VERSION,
		.segment = fake->offer.node_segment,
	};
	size_t fd_count = 1;
	int r;

	r = pst_segment_inode(fake->fds[0], &stats.segment.inode);
	if (r == 0)
		r = spoil_segments(fake);
	if (lies(fake, FAKE_OTHER_LAYOUT))
		stats.layout_version++;
	if (r == 0)
		r = pst_wire_write_stats(&stats, &record);
	if (r < 0)
		return r;
	if (lies(fake, FAKE_CUT_OFFER))
		record.byte_count--;
	if (lies(fake, FAKE_NO_DESCRIPTORS))
		fd_count = 0;
	if (lies(fake, FAKE_TWO_DESCRIPTORS))
		fd_count = 2;
	if (lies(fake, FAKE_THREE_DESCRIPTORS)) {
		fake->fds[2] = dup(fake->fds[1]);
		fd_count = 3;
	}
	return send_with(fake, &record, fd_count);
}

static int send_go(struct fake *fake)
{
	struct pst_wire_record record;
	struct pst_go go = {.slot = 1};
	int r;

	memcpy(go.session_id, fake->offer.session_id, sizeof(go.session_id));
	if (lies(fake, FAKE_GO_OF_ANOTHER_SESSION))
		go.session_id[3] ^= 1;
	r = pst_wire_write_go(&go, &record);
	if (r < 0)
		return r;
	return send_with(fake, &record,
			 lies(fake, FAKE_GO_WITH_DESCRIPTORS) ? 2 : 0);
}

/* -- one connection -------------------------------------------------------- */

static int send_result(const struct fake *fake, const struct pst_permit *permit)
{
	struct pst_result result = {.code = PST_RESULT_DONE, .count = 3};
	struct pst_wire_record record;
	int r;

	memcpy(result.session_id, permit->session_id,
	       sizeof(result.session_id));
	if (lies(fake, FAKE_GO_OF_ANOTHER_SESSION))
		result.session_id[3] ^= 1;
	r = pst_wire_write_result(&result, &record);
	if (r < 0)
		return r;
	return send_with(fake, &record,
			 lies(fake, FAKE_GO_WITH_DESCRIPTORS) ? 2 : 0);
}

/* PERMIT, COMMAND, and a RESULT that is not true. */
static int be_commanded(const struct fake *fake)
{
	struct pst_permit permit = {{7}};
	struct pst_wire_record record;
	int r;

	r = pst_wire_write_permit(&permit, &record);
	if (r < 0)
		return r;
	if (lies(fake, FAKE_CUT_OFFER))
		record.byte_count--;
	r = send_with(fake, &record, lies(fake, FAKE_ONE_DESCRIPTOR) ? 1 : 0);
	if (r == 0)
		r = receive(fake, &record);
	if (r == -EPIPE || (r == -EPERM && lies(fake, FAKE_ONE_DESCRIPTOR)) ||
	    lies(fake, FAKE_HANG_UP_AFTER_READY))
		return 0; /* it did not believe us, or did not get it */
	if (r < 0 || lies(fake, FAKE_REFUSAL_AFTER_READY))
		return r < 0 ? r : send_refusal(fake, 0);
	r = send_result(fake, &permit);
	return r == -EPERM && lies(fake, FAKE_GO_WITH_DESCRIPTORS) ? 0 : r;
}

/* 1: go on, 0: it is over, or -errno. */
static int offer(struct fake *fake)
{
	int r;

	r = take_hello(fake);
	if (r < 0 || lies(fake, FAKE_HANG_UP_AFTER_HELLO))
		return r;
	r = fill_offer(fake);
	if (r == 0)
		r = make_segments(fake);
	if (r < 0 || lies(fake, FAKE_SILENCE))
		return r;
	if (lies(fake, FAKE_REFUSAL_WITH_DESCRIPTORS))
		return send_refusal(fake, 2);
	if (fake->hello.kind == PST_WIRE_KIND_OBSERVE &&
	    !lies(fake, FAKE_OFFER_INSTEAD))
		return send_stats(fake);
	if (fake->hello.kind == PST_WIRE_KIND_CONTROL)
		return be_commanded(fake);
	r = send_offer(fake);
	return r < 0 ? r : fake->hello.kind == PST_WIRE_KIND_CHANNEL;
}

static int admit(struct fake *fake)
{
	struct pst_wire_record record;
	int r;

	r = receive(fake, &record);
	if (r == -EPIPE)
		return 0; /* it did not believe us */
	if (r < 0 || lies(fake, FAKE_HANG_UP_AFTER_READY))
		return r;
	if (lies(fake, FAKE_REFUSAL_AFTER_READY))
		return send_refusal(fake, 0);
	r = send_go(fake);
	return r == -EPERM && lies(fake, FAKE_GO_WITH_DESCRIPTORS) ? 0 : r;
}

static void wait_for_hang_up(const struct fake *fake)
{
	struct pollfd wait = {.fd = fake->socket_fd, .events = POLLIN};

	(void)poll(&wait, 1, PATIENCE_MS);
}

static int serve(int listener_fd, enum fake_lie lie)
{
	struct pollfd wait = {.fd = listener_fd, .events = POLLIN};
	struct fake fake = {.lie = lie, .fds = {-1, -1, -1}};
	size_t i;
	int r;

	if (poll(&wait, 1, PATIENCE_MS) <= 0)
		return -ETIMEDOUT;
	fake.socket_fd = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fake.socket_fd < 0)
		return -errno;
	r = offer(&fake);
	if (r > 0)
		r = admit(&fake);
	if (r == 0 && lie != FAKE_HANG_UP_AFTER_HELLO &&
	    lie != FAKE_HANG_UP_AFTER_READY && lie != FAKE_ONE_DESCRIPTOR &&
	    lie != FAKE_GO_WITH_DESCRIPTORS)
		wait_for_hang_up(&fake);
	for (i = 0; i < 3; i++)
		(void)pst_fd_close(fake.fds[i]);
	(void)pst_fd_close(fake.socket_fd);
	return r;
}

int fake_listen(const char *path, int type, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address,
			   sizeof(address)) < 0 ||
	    chmod(path, 0666) < 0 || listen(fd, 8) < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

void fake_node_main(int control_fd, void *user_data)
{
	enum fake_lie lie;
	int listener_fd = -1, r;

	r = act_as(ROLE_OWNER);
	if (r == 0)
		r = fake_listen(user_data, SOCK_SEQPACKET, &listener_fd);
	process_report(control_fd, &r, sizeof(r));
	while (process_next_order(control_fd, &lie, sizeof(lie))) {
		r = serve(listener_fd, lie);
		process_report(control_fd, &r, sizeof(r));
	}
	(void)pst_fd_close(listener_fd);
	(void)be_root_again();
}
