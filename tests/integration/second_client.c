/* SPDX-License-Identifier: ISC */
/*
 * A second implementation of a client, from the documents alone
 *
 * With second_record.c this program uses no header and no library of the
 * project.  It was written from doc/protocol.md (the records on the socket) and
 * doc/layout.md (the shared memory), and shows that they suffice.  It knows the
 * mode `none` only.  It has one thread, and each wait has a bound.
 *
 *   second_client SOCKET OWNER NODE send COUNT BYTES [FAULT]
 *   second_client SOCKET OWNER NODE observe
 *
 * A real client takes SOCKET and OWNER (a uid) from the policy.
 */

#include "second_record.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/socket.h>

/* -- a channel to the node (layout.md) -------------------------------------- */

#define STAMP_EVERY 64

/* What this client does wrong on request. */
enum fault {
	FAULT_NONE,
	FAULT_UNREAD,
	FAULT_DOORBELLS,
	FAULT_POSITION
};

struct channel {
	int socket_fd;
	uint8_t *own;  /* S_c: this process writes it and never reads it */
	uint8_t *peer; /* S_n: mapped for reading only */
	uint8_t *data; /* behind the control page of S_c */
	size_t ring_bytes;
	size_t message_bytes;
	uint64_t produced_pos;
	uint64_t consumed_pos; /* the node's, as last checked */
	uint32_t armed;	       /* producer_armed, as last stored */
	uint32_t notified_for; /* consumer_armed at the last doorbell sent */
	uint64_t permitted_doorbells;
	uint64_t received_doorbells;
	uint64_t doorbell_pos; /* consumed_pos when doorbells were last read */
	unsigned idle_wakeups;
	enum fault fault;
};

/* Checks what OFFER says against what HELLO asked for. */
static void offer_check(const struct record *offer, size_t page_bytes,
			size_t ring_bytes)
{
	uint64_t ring = get(offer, 40, 4);
	uint64_t message = get(offer, 44, 4);

	expect_zero(offer, 48, 56); /* nothing to receive */
	expect_zero(offer, 60, 64);
	expect_zero(offer, 96, 224); /* no key exchange */
	if (get(offer, 32, 2) != 1 || get(offer, 34, 2) != 0 ||
	    get(offer, 36, 2) != 2 || get(offer, 38, 2) != 0 ||
	    get(offer, 56, 4) != page_bytes)
		fail("the offer is not what was asked for");
	if (ring < page_bytes || ring > ring_bytes || (ring & (ring - 1)) ||
	    message < 1 || message > ring_bytes - 8 ||
	    ((8 + message + 7) & ~7ull) > ring ||
	    get(offer, 64, 8) != page_bytes ||
	    get(offer, 72, 8) != page_bytes + ring ||
	    get(offer, 80, 8) == get(offer, 88, 8))
		fail("the sizes of the offer contradict each other");
}

static void channel_open(struct channel *channel, int socket_fd,
			 const char *node, uid_t owner, enum fault fault)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct record offer, ready, go;
	uint64_t own_bytes;

	/* The smallest ring there is: it is full often, and wraps often. */
	hello_send(socket_fd, node, KIND_CHANNEL, page_bytes);
	record_receive(socket_fd, &offer, OFFER, 224, 2,
		       fault == FAULT_UNREAD ? MSG_PEEK : 0);
	offer_check(&offer, page_bytes, page_bytes);
	own_bytes = get(&offer, 72, 8);
	segment_check(offer.fds[0], SEALS_NODE, owner, page_bytes,
		      get(&offer, 80, 8));
	segment_check(offer.fds[1], SEALS_CLIENT, owner, own_bytes,
		      get(&offer, 88, 8));

	memset(channel, 0, sizeof(*channel));
	channel->peer = segment_map(offer.fds[0], page_bytes, PROT_READ,
				    MADV_POPULATE_READ);
	channel->own = segment_map(offer.fds[1], own_bytes,
				   PROT_READ | PROT_WRITE, MADV_POPULATE_WRITE);
	if (fcntl(offer.fds[1], F_ADD_SEALS,
		  F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0)
		fail("cannot seal a segment: %s", strerror(errno));
	close(offer.fds[0]);
	close(offer.fds[1]);
	channel->socket_fd = socket_fd;
	channel->data = channel->own + page_bytes;
	channel->ring_bytes = get(&offer, 40, 4);
	channel->message_bytes = get(&offer, 44, 4);
	channel->idle_wakeups = IDLE_WAKEUPS;
	channel->fault = fault;

	record_begin(&ready, READY, 64);
	memcpy(ready.bytes + 16, offer.bytes + 16, 16);
	record_send(socket_fd, &ready);
	if (fault == FAULT_UNREAD) {
		/* The node judges READY before the input ends. */
		while (getchar() != EOF)
			;
		record_receive(socket_fd, &offer, OFFER, 224, 2, 0);
	}
	record_receive(socket_fd, &go, GO, 40, 0, 0);
	if (memcmp(go.bytes + 16, offer.bytes + 16, 16) != 0 ||
	    get(&go, 32, 8) == 0)
		fail("GO is of another session");
}

/* The node stored its reason, if it gave one, before it hung up. */
static _Noreturn void channel_ended(struct channel *channel)
{
	fail("the node ended the channel, end code %" PRIu32,
	     atomic_load_explicit(word32(channel->peer, END_CODE),
				  memory_order_acquire));
}

/* Reads the node's position once, and checks it. */
static void refresh(struct channel *channel)
{
	uint64_t pos = atomic_load_explicit(word64(channel->peer, CONSUMED_POS),
					    memory_order_acquire);

	if (pos % 8 != 0 ||
	    pos - channel->consumed_pos >
		    channel->produced_pos - channel->consumed_pos)
		fail("the node's position is not possible");
	channel->consumed_pos = pos;
}

static size_t free_space(const struct channel *channel)
{
	return channel->ring_bytes -
	       (size_t)(channel->produced_pos - channel->consumed_pos);
}

static void doorbell_send(struct channel *channel)
{
	uint8_t doorbell = DOORBELL;

	/* A full queue wakes the node as well as one more doorbell would. */
	if (send(channel->socket_fd, &doorbell, 1,
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM)
		channel_ended(channel);
}

/*
 * Wakes the node if it waits for a message.  One odd value permits one doorbell.
 * A doorbell for which the kernel had no memory stays due: the next call tries
 * again.
 */
static void notify(struct channel *channel)
{
	uint32_t armed = atomic_load_explicit(
		word32(channel->peer, CONSUMER_ARMED), memory_order_seq_cst);

	if (armed % 2 == 0 || armed == channel->notified_for)
		return;
	errno = 0;
	doorbell_send(channel);
	if (errno != ENOBUFS && errno != ENOMEM)
		channel->notified_for = armed;
}

static void arm(struct channel *channel)
{
	channel->armed++; /* odd */
	channel->permitted_doorbells++;
	atomic_store_explicit(word32(channel->own, PRODUCER_ARMED),
			      channel->armed, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
}

static void disarm(struct channel *channel)
{
	channel->armed++; /* even */
	atomic_store_explicit(word32(channel->own, PRODUCER_ARMED),
			      channel->armed, memory_order_release);
}

/* The node may send no more doorbells than it was permitted. */
static void doorbells_account(struct channel *channel, unsigned count)
{
	if (count == 0)
		return;
	channel->received_doorbells += count;
	if (channel->received_doorbells > channel->permitted_doorbells)
		fail("the node sends doorbells without permission");
	refresh(channel);
	if (channel->consumed_pos != channel->doorbell_pos) {
		channel->doorbell_pos = channel->consumed_pos;
		channel->idle_wakeups = IDLE_WAKEUPS;
	} else if (channel->idle_wakeups-- == 0) {
		fail("the node wakes this process for nothing");
	}
}

static void sleep_for_doorbell(struct channel *channel)
{
	struct pollfd poll_fd = {.fd = channel->socket_fd, .events = POLLIN};
	uint8_t bytes[2]; /* a record of two bytes is not a doorbell */
	unsigned count = 0;
	ssize_t length;

	if (poll(&poll_fd, 1, PATIENCE_S * 1000) <= 0)
		fail("no doorbell in %d s", PATIENCE_S);
	while ((length = recv(channel->socket_fd, bytes, sizeof(bytes),
			      MSG_DONTWAIT)) > 0) {
		if (length != 1 || bytes[0] != DOORBELL)
			fail("a record on the socket is not a doorbell");
		count++;
	}
	if (length == 0 || errno != EAGAIN)
		channel_ended(channel);
	doorbells_account(channel, count);
}

static void wait_for_space(struct channel *channel, size_t bytes)
{
	uint64_t before;

	while (free_space(channel) < bytes) {
		before = channel->consumed_pos;
		refresh(channel);
		if (channel->consumed_pos != before)
			continue;
		notify(channel);
		arm(channel);
		refresh(channel);
		if (channel->consumed_pos == before)
			sleep_for_doorbell(channel);
		disarm(channel);
	}
}

/*
 * Writes bytes into the ring, on behind pos.  A second mapping directly behind
 * the first would do without the two parts; nothing else depends on it.
 */
static uint64_t ring_write(struct channel *channel, uint64_t pos,
			   const void *bytes, size_t length)
{
	size_t begin = (size_t)(pos & (channel->ring_bytes - 1));
	size_t first = channel->ring_bytes - begin;

	if (first > length)
		first = length;
	memcpy(channel->data + begin, bytes, first);
	memcpy(channel->data, (const uint8_t *)bytes + first, length - first);
	return pos + length;
}

/* Writes one record in mode `none` and publishes it. */
static void record_write(struct channel *channel, uint8_t kind,
			 const void *payload, size_t payload_bytes, bool stamp)
{
	static const uint8_t zeros[8];
	struct {
		uint32_t payload_bytes;
		uint8_t kind;
		uint8_t flags;
		uint16_t reserved;
	} header = {.payload_bytes = (uint32_t)payload_bytes, .kind = kind};
	size_t body_bytes = (payload_bytes + 7) & ~(size_t)7;
	uint64_t pos = channel->produced_pos;
	struct timespec now;
	uint64_t now_ns;

	stamp = stamp && 16 + body_bytes <= channel->ring_bytes;
	wait_for_space(channel, (stamp ? 16 : 8) + body_bytes);
	header.flags = stamp ? FLAG_TIME : 0;
	pos = ring_write(channel, pos, &header, sizeof(header));
	if (stamp) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		now_ns = (uint64_t)now.tv_sec * 1000000000 +
			 (uint64_t)now.tv_nsec;
		pos = ring_write(channel, pos, &now_ns, sizeof(now_ns));
	}
	pos = ring_write(channel, pos, payload, payload_bytes);
	pos = ring_write(channel, pos, zeros, body_bytes - payload_bytes);

	channel->produced_pos = pos;
	if (channel->fault == FAULT_POSITION)
		pos += 4;
	atomic_store_explicit(word64(channel->own, PRODUCED_POS), pos,
			      memory_order_seq_cst);
	notify(channel);
	if (channel->fault == FAULT_DOORBELLS)
		doorbell_send(channel);
}

/* Message number i: a length up to max_bytes, and letters that go on from i. */
static size_t make_message(unsigned long i, size_t max_bytes, char *message)
{
	size_t length = (size_t)(i * 7919 % (max_bytes + 1));

	for (size_t j = 0; j < length; j++)
		message[j] = (char)('a' + (i + j) % 26);
	return length;
}

static void send_messages(struct channel *channel, unsigned long count,
			  size_t max_bytes)
{
	char *message = malloc(max_bytes + 1);
	size_t length;

	if (message == NULL || max_bytes > channel->message_bytes)
		fail("a message has at most %zu bytes", channel->message_bytes);
	for (unsigned long i = 0; i < count; i++) {
		length = make_message(i, max_bytes, message);
		record_write(channel, KIND_DATA, message, length,
			     i % STAMP_EVERY == 0);
	}
	free(message);

	/* All is received when all of the ring is free again. */
	wait_for_space(channel, channel->ring_bytes);
	record_write(channel, KIND_END, "", 0, false);
	shutdown(channel->socket_fd, SHUT_RDWR);
	close(channel->socket_fd);
}

/* -- statistics (layout.md, "Statistics") ----------------------------------- */

enum {
	NODE_ENTRY = 128,
	PEER_ENTRIES = 4096,
	PEER_ENTRY_BYTES = 640,
	STATS_MAX_BYTES = 64 << 20
};

/* Copies the words of an entry; the node may write it at any time. */
static void entry_read(uint8_t *segment, size_t offset, uint64_t *words,
		       size_t word_count)
{
	uint64_t sequence;

	for (int attempt = 0; attempt < 1000; attempt++) {
		sequence = atomic_load_explicit(word64(segment, offset),
						memory_order_acquire);
		for (size_t i = 1; i < word_count; i++)
			words[i] = atomic_load_explicit(word64(segment,
							       offset + 8 * i),
							memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		if (sequence % 2 == 0 &&
		    atomic_load_explicit(word64(segment, offset),
					 memory_order_relaxed) == sequence)
			return;
		sched_yield();
	}
	fail("the node stopped while it wrote its statistics");
}

static void observe(int socket_fd, const char *node, uid_t owner)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct record stats;
	uint64_t words[45], peer[14], bytes, slot_count;
	char name[64];
	uint8_t *segment;

	hello_send(socket_fd, node, KIND_OBSERVE, 0);
	record_receive(socket_fd, &stats, STATS, 56, 1, 0);
	expect_zero(&stats, 34, 40);
	bytes = get(&stats, 40, 8);
	if (get(&stats, 32, 2) != 1)
		fail("the statistics have another layout");
	if (bytes < PEER_ENTRIES || bytes > STATS_MAX_BYTES ||
	    bytes % page_bytes != 0)
		fail("the size of the statistics is not possible");
	segment_check(stats.fds[0], SEALS_NODE, owner, bytes,
		      get(&stats, 48, 8));
	segment =
		segment_map(stats.fds[0], bytes, PROT_READ, MADV_POPULATE_READ);
	close(stats.fds[0]);
	close(socket_fd);

	entry_read(segment, NODE_ENTRY, words, 45);
	memcpy(name, &words[288 / 8], sizeof(name));
	if (memchr(name, 0, sizeof(name)) == NULL)
		fail("the name of the node does not end");
	printf("name %s\npid %" PRIu64 "\nreceived_messages %" PRIu64
	       "\npeer_count %" PRIu64 "\n",
	       name, words[8 / 8], words[136 / 8], words[56 / 8]);

	slot_count = (bytes - PEER_ENTRIES) / PEER_ENTRY_BYTES;
	for (uint64_t i = 0; i < slot_count; i++) {
		entry_read(segment, PEER_ENTRIES + PEER_ENTRY_BYTES * i, peer,
			   14);
		if (peer[1] == 0)
			continue;
		printf("peer %" PRIu32 ".%" PRIu64 " uid %" PRIu64
		       " pid %" PRIu64 "\n",
		       (uint32_t)peer[1] - 1, peer[1] >> 32, peer[16 / 8],
		       peer[32 / 8]);
	}
}

static enum fault fault_of(const char *name)
{
	if (strcmp(name, "unread") == 0)
		return FAULT_UNREAD;
	if (strcmp(name, "doorbells") == 0)
		return FAULT_DOORBELLS;
	if (strcmp(name, "position") == 0)
		return FAULT_POSITION;
	fail("the faults are: unread, doorbells, position");
}

int main(int argc, char **argv)
{
	struct channel channel;
	enum fault fault = FAULT_NONE;
	uid_t owner;
	int socket_fd;

	if (argc < 5)
		fail("the arguments are: SOCKET OWNER NODE COMMAND ...");
	owner = (uid_t)strtoul(argv[2], NULL, 10);
	socket_fd = node_connect(argv[1], owner);
	if (argc == 5 && strcmp(argv[4], "observe") == 0) {
		observe(socket_fd, argv[3], owner);
		return 0;
	}
	if (argc < 7 || argc > 8 || strcmp(argv[4], "send") != 0)
		fail("the commands are: send COUNT BYTES [FAULT], observe");
	if (argc == 8)
		fault = fault_of(argv[7]);
	channel_open(&channel, socket_fd, argv[3], owner, fault);
	send_messages(&channel, strtoul(argv[5], NULL, 10),
		      strtoul(argv[6], NULL, 10));
	return 0;
}
