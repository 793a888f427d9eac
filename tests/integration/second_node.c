/* SPDX-License-Identifier: ISC */
/*
 * A second implementation of a node, from the documents alone
 *
 * It is the other side of second_client.c, and says less than a node may: it
 * admits one client of its own user, receives its messages in mode `none`, and
 * writes a line for each to standard output: the length, a blank, the payload.
 * Nothing is charged and nothing limited, so it is no model of admission.
 *
 *   second_node SOCKET NODE
 */

#include "second_record.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define RING_MAX_BYTES 65536u

struct channel {
	int socket_fd;
	bool hung_up;
	uint8_t *own;  /* S_n: this process writes it and never reads it */
	uint8_t *peer; /* S_c: mapped for reading only */
	const uint8_t *data;
	size_t ring_bytes;
	size_t message_bytes;
	uint64_t produced_pos; /* the client's, as last checked */
	uint64_t consumed_pos;
	uint64_t checked_pos;  /* consumed_pos at the last space check */
	uint32_t armed;	       /* consumer_armed, as last stored */
	uint32_t notified_for; /* producer_armed at the last doorbell sent */
	uint64_t permitted_doorbells;
	uint64_t received_doorbells;
	uint64_t doorbell_pos; /* produced_pos when doorbells were last read */
	unsigned idle_wakeups;
};

/* -- the handshake ----------------------------------------------------------- */

static int node_accept(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct pollfd poll_fd = {.fd = listener, .events = POLLIN};
	int one = 1;
	int socket_fd;

	if (strlen(path) >= sizeof(address.sun_path))
		fail("the path of the socket is too long");
	memcpy(address.sun_path, path, strlen(path));
	if (listener < 0 ||
	    bind(listener, (const struct sockaddr *)&address, sizeof(address)) <
		    0 ||
	    listen(listener, 1) < 0)
		fail("%s: %s", path, strerror(errno));
	if (poll(&poll_fd, 1, PATIENCE_S * 1000) <= 0)
		fail("no client has come");
	socket_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (socket_fd < 0 || setsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED,
					&one, sizeof(one)) < 0)
		fail("cannot accept: %s", strerror(errno));
	close(listener);
	unlink(path);
	return socket_fd;
}

/* Receives a record whose sender is the process that connected. */
static void peer_receive(int socket_fd, struct record *record, uint16_t type,
			 size_t size)
{
	struct ucred peer, sender;
	socklen_t length = sizeof(peer);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(sender))];
	} control = {0};
	struct iovec data = {.iov_base = record->bytes,
			     .iov_len = sizeof(record->bytes)};
	/* There is no place for a descriptor behind the credentials. */
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = CMSG_LEN(sizeof(sender))};
	struct pollfd poll_fd = {.fd = socket_fd, .events = POLLIN};
	ssize_t received;

	memset(record, 0, sizeof(*record));
	if (poll(&poll_fd, 1, PATIENCE_S * 1000) <= 0)
		fail("the client does not speak");
	received = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	if (received <= 0)
		fail("the client hung up");
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
	    control.header.cmsg_level != SOL_SOCKET ||
	    control.header.cmsg_type != SCM_CREDENTIALS)
		fail("a record has more than credentials with it");
	memcpy(&sender, CMSG_DATA(&control.header), sizeof(sender));
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) <
		    0 ||
	    sender.pid != peer.pid || sender.uid != peer.uid ||
	    sender.gid != peer.gid || peer.uid != geteuid())
		fail("a record is not of the client");
	record->size = (size_t)received;
	record_check(record, type, size);
}

static void hello_check(const struct record *hello, const char *node)
{
	char name[65] = {0};

	memcpy(name, hello->bytes + 40, 64);
	if (get(hello, 16, 2) != KIND_CHANNEL || (get(hello, 18, 2) & 1) == 0 ||
	    get(hello, 20, 2) != 2 || (get(hello, 22, 2) & 1) == 0)
		fail("the client asks for what this node does not have");
	if (strcmp(name, node) != 0 || get(hello, 32, 2) != strlen(node))
		fail("the client asks for another node");
}

/* S_n is sealed for good at once, S_c only against another size. */
static int segment_create(size_t bytes)
{
	int fd = memfd_create("second-node", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
		fail("cannot make a segment: %s", strerror(errno));
	return fd;
}

static void segment_seal(int fd, int seals)
{
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		fail("cannot seal a segment: %s", strerror(errno));
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		fail("fstat: %s", strerror(errno));
	return status.st_ino;
}

static void offer_send(int socket_fd, const struct record *offer)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec data = {.iov_base = (void *)(uintptr_t)offer->bytes,
			     .iov_len = offer->size};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(&control.header), offer->fds, 2 * sizeof(int));
	if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0)
		fail("cannot send the offer: %s", strerror(errno));
}

/* The client has dequeued OFFER, populated both segments and sealed its own. */
static void ready_check(const struct record *ready, const struct record *offer,
			int socket_fd)
{
	struct stat status;
	int unread;

	if (memcmp(ready->bytes + 16, offer->bytes + 16, 16) != 0)
		fail("READY is of another session");
	expect_zero(ready, 32, 64);
	if (ioctl(socket_fd, SIOCOUTQ, &unread) < 0 || unread != 0)
		fail("READY came before OFFER was read");
	for (int i = 0; i < 2; i++) {
		if (fcntl(offer->fds[i], F_GET_SEALS) != SEALS_NODE ||
		    fstat(offer->fds[i], &status) < 0 ||
		    status.st_blocks * 512 < status.st_size)
			fail("a segment is not sealed or not populated");
	}
}

static void channel_open(struct channel *channel, int socket_fd,
			 const char *node)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct record hello, offer, ready, go;
	size_t ring_bytes, requested_bytes, own_bytes;
	int zero = 0;

	peer_receive(socket_fd, &hello, HELLO, 296);
	hello_check(&hello, node);
	requested_bytes = get(&hello, 24, 4);
	for (ring_bytes = RING_MAX_BYTES; ring_bytes > requested_bytes;)
		ring_bytes /= 2;
	if (ring_bytes < page_bytes)
		fail("the client accepts less than a page");

	memset(channel, 0, sizeof(*channel));
	channel->socket_fd = socket_fd;
	channel->ring_bytes = ring_bytes;
	channel->message_bytes = get(&hello, 28, 4);
	if (channel->message_bytes > ring_bytes - 8)
		channel->message_bytes = ring_bytes - 8;
	channel->idle_wakeups = IDLE_WAKEUPS;

	own_bytes = page_bytes; /* without a ring: this node does not send */
	record_begin(&offer, OFFER, 224);
	offer.fds[0] = segment_create(own_bytes);
	offer.fds[1] = segment_create(page_bytes + ring_bytes);
	/* The writable mapping comes before the seal that forbids it. */
	channel->own = mmap(NULL, own_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    offer.fds[0], 0);
	if (channel->own == MAP_FAILED)
		fail("cannot map a segment: %s", strerror(errno));
	segment_seal(offer.fds[0], SEALS_NODE);
	segment_seal(offer.fds[1], SEALS_CLIENT);

	if (getrandom(offer.bytes + 16, 16, 0) != 16)
		fail("getrandom: %s", strerror(errno));
	put(&offer, 32, 2, 1); /* the client sends */
	put(&offer, 34, 2, 0); /* mode `none` */
	put(&offer, 36, 2, 2);
	put(&offer, 40, 4, ring_bytes);
	put(&offer, 44, 4, channel->message_bytes);
	put(&offer, 56, 4, page_bytes);
	put(&offer, 64, 8, own_bytes);
	put(&offer, 72, 8, page_bytes + ring_bytes);
	put(&offer, 80, 8, inode_of(offer.fds[0]));
	put(&offer, 88, 8, inode_of(offer.fds[1]));
	offer_send(socket_fd, &offer);

	peer_receive(socket_fd, &ready, READY, 64);
	ready_check(&ready, &offer, socket_fd);
	channel->peer = segment_map(offer.fds[1], page_bytes + ring_bytes,
				    PROT_READ, MADV_POPULATE_READ);
	channel->data = channel->peer + page_bytes;
	close(offer.fds[0]);
	close(offer.fds[1]);

	/* From here on the socket carries doorbells, without credentials. */
	record_begin(&go, GO, 40);
	memcpy(go.bytes + 16, offer.bytes + 16, 16);
	put(&go, 32, 8, 1);
	if (setsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED, &zero,
		       sizeof(zero)) < 0 ||
	    send(socket_fd, go.bytes, go.size, MSG_NOSIGNAL) < 0)
		fail("cannot send GO: %s", strerror(errno));
}

/* -- receiving (layout.md) --------------------------------------------------- */

/* Reads the client's position once, and checks it. */
static void refresh(struct channel *channel)
{
	uint64_t pos = atomic_load_explicit(word64(channel->peer, PRODUCED_POS),
					    memory_order_acquire);
	uint64_t unread = channel->produced_pos - channel->consumed_pos;

	if (pos % 8 != 0 ||
	    pos - channel->produced_pos > channel->ring_bytes - unread)
		fail("the client's position is not possible");
	channel->produced_pos = pos;
}

static void doorbells_read(struct channel *channel)
{
	uint8_t bytes[2]; /* a record of two bytes is not a doorbell */
	unsigned count = 0;
	ssize_t length;

	while ((length = recv(channel->socket_fd, bytes, sizeof(bytes),
			      MSG_DONTWAIT)) > 0) {
		if (length != 1 || bytes[0] != DOORBELL)
			fail("a record on the socket is not a doorbell");
		count++;
	}
	channel->hung_up = length == 0 || errno != EAGAIN;
	channel->received_doorbells += count;
	if (channel->received_doorbells > channel->permitted_doorbells)
		fail("the client sends doorbells without permission");
	refresh(channel);
	if (channel->produced_pos != channel->doorbell_pos)
		channel->idle_wakeups = IDLE_WAKEUPS;
	else if (count > 0 && channel->idle_wakeups-- == 0)
		fail("the client wakes this process for nothing");
	channel->doorbell_pos = channel->produced_pos;
}

/* Publishes the position and wakes a client that waits for space. */
static void space_check(struct channel *channel)
{
	uint8_t doorbell = DOORBELL;
	uint32_t armed;

	channel->checked_pos = channel->consumed_pos;
	atomic_store_explicit(word64(channel->own, CONSUMED_POS),
			      channel->consumed_pos, memory_order_seq_cst);
	armed = atomic_load_explicit(word32(channel->peer, PRODUCER_ARMED),
				     memory_order_seq_cst);
	if (armed % 2 == 0 || armed == channel->notified_for)
		return;
	refresh(channel);
	if (channel->produced_pos - channel->consumed_pos >
	    channel->ring_bytes / 2)
		return;
	/* Without memory for it, the doorbell stays due. */
	if (send(channel->socket_fd, &doorbell, 1,
		 MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ||
	    (errno != ENOBUFS && errno != ENOMEM))
		channel->notified_for = armed;
}

/* The half-free rule says at which records the check is due. */
static void consumed(struct channel *channel, size_t bytes)
{
	uint64_t unread, half = channel->ring_bytes / 2;

	channel->consumed_pos += bytes;
	unread = channel->produced_pos - channel->consumed_pos;
	if (unread == 0 ||
	    (unread <= half && (unread + bytes > half ||
				channel->consumed_pos - channel->checked_pos >=
					channel->ring_bytes / 64)))
		space_check(channel);
	else
		atomic_store_explicit(word64(channel->own, CONSUMED_POS),
				      channel->consumed_pos,
				      memory_order_release);
}

static void wait_for_message(struct channel *channel)
{
	struct pollfd poll_fd = {.fd = channel->socket_fd, .events = POLLIN};

	space_check(channel);
	channel->armed++; /* odd */
	channel->permitted_doorbells++;
	atomic_store_explicit(word32(channel->own, CONSUMER_ARMED),
			      channel->armed, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	refresh(channel);
	if (channel->produced_pos == channel->consumed_pos) {
		if (poll(&poll_fd, 1, PATIENCE_S * 1000) <= 0)
			fail("no doorbell in %d s", PATIENCE_S);
		doorbells_read(channel);
	}
	channel->armed++; /* even */
	atomic_store_explicit(word32(channel->own, CONSUMER_ARMED),
			      channel->armed, memory_order_release);
}

/* Copies bytes out of the ring, from pos on. */
static void ring_read(const struct channel *channel, uint64_t pos, char *bytes,
		      size_t length)
{
	size_t begin = (size_t)(pos & (channel->ring_bytes - 1));
	size_t first = channel->ring_bytes - begin;

	if (first > length)
		first = length;
	memcpy(bytes, channel->data + begin, first);
	memcpy(bytes + first, channel->data, length - first);
}

/* Receives one message into the buffer, or returns false: END. */
static bool message_receive(struct channel *channel, char *message,
			    size_t *ret_length)
{
	uint64_t pos = channel->consumed_pos;
	size_t offset = (size_t)(pos & (channel->ring_bytes - 1));
	struct {
		uint32_t payload_bytes;
		uint8_t kind;
		uint8_t flags;
		uint16_t reserved;
	} header;
	size_t head_bytes, bytes;
	uint64_t word;

	word = atomic_load_explicit(
		word64(channel->peer,
		       (size_t)(channel->data - channel->peer) + offset),
		memory_order_relaxed);
	memcpy(&header, &word, sizeof(header));
	head_bytes = header.flags == FLAG_TIME ? 16 : 8;
	if ((header.kind != KIND_DATA && header.kind != KIND_END) ||
	    (header.flags != 0 && header.flags != FLAG_TIME) ||
	    header.reserved != 0 ||
	    header.payload_bytes > channel->message_bytes ||
	    (header.kind == KIND_END &&
	     (header.flags != 0 || header.payload_bytes != 0)))
		fail("a header is not possible");
	bytes = head_bytes + (((size_t)header.payload_bytes + 7) & ~(size_t)7);
	if (bytes > channel->produced_pos - pos)
		fail("a record extends beyond the position");
	ring_read(channel, pos + head_bytes, message, header.payload_bytes);
	*ret_length = header.payload_bytes;
	consumed(channel, bytes);
	return header.kind == KIND_DATA;
}

int main(int argc, char **argv)
{
	struct channel channel;
	char *message;
	size_t length;

	if (argc != 3)
		fail("the arguments are: SOCKET NODE");
	channel_open(&channel, node_accept(argv[1]), argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	message = malloc(channel.ring_bytes);
	if (message == NULL)
		fail("no memory");
	for (;;) {
		if (channel.produced_pos == channel.consumed_pos) {
			if (channel.hung_up)
				fail("the client hung up without END");
			wait_for_message(&channel);
			continue;
		}
		if (!message_receive(&channel, message, &length))
			break;
		printf("%zu %.*s\n", length, (int)length, message);
	}
	free(message);
	close(channel.socket_fd);
	return 0;
}
