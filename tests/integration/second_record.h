/* SPDX-License-Identifier: ISC */
/*
 * Records on a node's socket, and the segments that come with them
 *
 * Written from doc/protocol.md and doc/layout.md, without a header or a library
 * of the project: see second_client.c.  A function that cannot do what it is for
 * ends the program.
 */

#ifndef SECOND_RECORD_H
#define SECOND_RECORD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <sys/types.h>

/* A node that has not answered by then does not answer. */
#define PATIENCE_S 20

/* protocol.md, "Records" */
enum record_type {
	HELLO = 1,
	OFFER = 2,
	READY = 3,
	GO = 4,
	REFUSE = 5,
	STATS = 6
};

enum connection_kind {
	KIND_CHANNEL = 1,
	KIND_OBSERVE = 2
};

struct record {
	uint8_t bytes[1024];
	size_t size;
	int fds[2];
};

/* layout.md, "Receiving the segments" */
enum {
	SEALS_NODE = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
		     F_SEAL_FUTURE_WRITE,
	SEALS_CLIENT = F_SEAL_SHRINK | F_SEAL_GROW
};

_Noreturn void fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

void put(struct record *record, size_t offset, size_t width, uint64_t value);
uint64_t get(const struct record *record, size_t offset, size_t width);
void expect_zero(const struct record *record, size_t begin, size_t end);

void record_begin(struct record *record, uint16_t type, size_t size);
void record_send(int socket_fd, const struct record *record);
void record_receive(int socket_fd, struct record *record, uint16_t type,
		    size_t size, unsigned fd_count, int flags);

int node_connect(const char *path, uid_t owner);
void hello_send(int socket_fd, const char *node, uint16_t kind,
		size_t ring_bytes);

void segment_check(int fd, int seals, uid_t owner, uint64_t size,
		   uint64_t inode);
uint8_t *segment_map(int fd, size_t size, int protection, int populate);

void record_check(const struct record *record, uint16_t type, size_t size);

/* -- a channel (layout.md) -------------------------------------------------- */

/* The words of a segment. */
enum {
	PRODUCED_POS = 0,
	CONSUMED_POS = 128,
	CONSUMER_ARMED = 256,
	PRODUCER_ARMED = 384,
	END_CODE = 640
};
enum {
	KIND_DATA = 1,
	KIND_END = 2,
	FLAG_TIME = 2
};
enum {
	DOORBELL = 0xb3,
	IDLE_WAKEUPS = 64
};

static inline _Atomic uint64_t *word64(uint8_t *segment, size_t offset)
{
	return (void *)(segment + offset);
}

static inline _Atomic uint32_t *word32(uint8_t *segment, size_t offset)
{
	return (void *)(segment + offset);
}

#endif
