/* SPDX-License-Identifier: ISC */
/*
 * Reference: a minimal ring that trusts its peer
 *
 * What a single-producer single-consumer byte ring costs when nothing is
 * checked: variable-length records with an 8-byte header in plain shared memory
 * that both sides can write, mapped twice so that no record is broken, positions
 * on lines of their own, the other side's position cached.  It never sleeps.
 * This is the bound that postern's data path is held against; do not use it for
 * anything else.
 *
 * `ring` looks again at once when it finds nothing, so the two sides run in lock
 * step: shortest round trip, and every line moves from core to core while it is
 * still being fought over.  `run-ahead` leaves the ring alone for a while then,
 * and reads in batches.  How long was found by trying: from 100 pauses on it
 * gains little where the cores are near each other, where they are far up to
 * 1,000, and beyond that nothing.
 *
 * `ordered` is that one with a sender that could wake a sleeping reader: its
 * position has to be visible to other cores before it looks whether one sleeps,
 * which on x86 takes an exchange in place of a store.  It does not look.  For
 * short messages that order is the floor of a transport that sleeps.
 */
#include "bench_stream.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINE_BYTES 128
#define CONTROL_BYTES 4096
#define HEADER_BYTES 8
#define AHEAD_PAUSES 1000

struct words {
	_Alignas(LINE_BYTES) _Atomic uint64_t head; /* the producer's */
	_Alignas(LINE_BYTES) _Atomic uint64_t tail; /* the consumer's */
};

struct producer {
	_Alignas(LINE_BYTES) struct words *words;
	uint8_t *data;
	uint64_t size;
	uint64_t head;
	uint64_t seen_tail;
};

struct consumer {
	_Alignas(LINE_BYTES) struct words *words;
	const uint8_t *data;
	uint64_t size;
	uint64_t tail;
	uint64_t seen_head;
};

struct link {
	struct producer producer;
	struct consumer consumer;
};

static uint64_t record_bytes(uint64_t payload_bytes)
{
	return (HEADER_BYTES + payload_bytes + 7) & ~UINT64_C(7);
}

BENCH_INLINE int send_with_order(struct producer *p, memory_order order,
				 const void *bytes, size_t byte_count)
{
	uint64_t need = record_bytes(byte_count), length = byte_count;
	uint8_t *record;

	while (p->size - (p->head - p->seen_tail) < need) {
		p->seen_tail = atomic_load_explicit(&p->words->tail,
						    memory_order_acquire);
		if (p->size - (p->head - p->seen_tail) < need)
			bench_cpu_relax();
	}
	record = p->data + (p->head & (p->size - 1));
	memcpy(record, &length, HEADER_BYTES);
	memcpy(record + HEADER_BYTES, bytes, byte_count);
	p->head += need;
	atomic_store_explicit(&p->words->head, p->head, order);
	return 0;
}

static inline int ring_send(void *link, const void *bytes, size_t byte_count)
{
	return send_with_order(&((struct link *)link)->producer,
			       memory_order_release, bytes, byte_count);
}

static inline int ring_send_ordered(void *link, const void *bytes,
				    size_t byte_count)
{
	return send_with_order(&((struct link *)link)->producer,
			       memory_order_seq_cst, bytes, byte_count);
}

BENCH_INLINE int receive_after(struct consumer *c, unsigned pauses,
			       void *buffer, size_t *ret_byte_count)
{
	const uint8_t *record;
	uint64_t length;
	unsigned i;

	while (c->seen_head == c->tail) {
		c->seen_head = atomic_load_explicit(&c->words->head,
						    memory_order_acquire);
		if (c->seen_head == c->tail)
			for (i = 0; i < pauses; i++)
				bench_cpu_relax();
	}
	record = c->data + (c->tail & (c->size - 1));
	memcpy(&length, record, HEADER_BYTES);
	memcpy(buffer, record + HEADER_BYTES, length);
	c->tail += record_bytes(length);
	atomic_store_explicit(&c->words->tail, c->tail, memory_order_release);
	*ret_byte_count = length;
	return 0;
}

static inline int ring_receive(void *link, void *buffer, size_t buffer_bytes,
			       size_t *ret_byte_count)
{
	(void)buffer_bytes; /* it trusts */
	return receive_after(&((struct link *)link)->consumer, 1, buffer,
			     ret_byte_count);
}

static inline int ring_receive_behind(void *link, void *buffer,
				      size_t buffer_bytes,
				      size_t *ret_byte_count)
{
	(void)buffer_bytes;
	return receive_after(&((struct link *)link)->consumer, AHEAD_PAUSES,
			     buffer, ret_byte_count);
}

/* Control page, data, data again; every page is touched. */
static int map_ring(int fd, size_t size, struct words **ret_words,
		    uint8_t **ret_data)
{
	uint8_t *base, *again;
	size_t i;

	base = mmap(NULL, CONTROL_BYTES + 2 * size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	again = base + CONTROL_BYTES + size;
	if (mmap(base, CONTROL_BYTES + size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    mmap(again, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 fd, CONTROL_BYTES) == MAP_FAILED)
		return -errno;
	for (i = 0; i < CONTROL_BYTES + 2 * size; i += 4096)
		*(volatile uint8_t *)(base + i) = 0;
	*ret_words = (struct words *)base;
	*ret_data = base + CONTROL_BYTES;
	return 0;
}

static int attach(struct link *link, int out_fd, int in_fd, size_t size)
{
	uint8_t *data;
	int r;

	memset(link, 0, sizeof(*link));
	r = map_ring(out_fd, size, &link->producer.words, &data);
	if (r < 0)
		return r;
	link->producer.data = data;
	link->producer.size = size;
	r = map_ring(in_fd, size, &link->consumer.words, &data);
	if (r < 0)
		return r;
	link->consumer.data = data;
	link->consumer.size = size;
	return 0;
}

static int new_ring(size_t size)
{
	int fd = memfd_create("bench-ring", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)(CONTROL_BYTES + size)) < 0)
		return -errno;
	return fd;
}

static int offer_rings(const struct bench_run *run, struct link *ret_link)
{
	int fds[2], r;

	fds[0] = new_ring(run->ring_bytes);
	fds[1] = new_ring(run->ring_bytes);
	if (fds[0] < 0 || fds[1] < 0)
		return -ENOMEM;
	r = attach(ret_link, fds[0], fds[1], run->ring_bytes);
	if (r < 0)
		return r;
	return bench_control_give_fds(run, fds, 2);
}

static int serve(const struct bench_run *run)
{
	struct link link;
	int r;

	r = offer_rings(run, &link);
	if (r < 0)
		return r;
	if (run->test == BENCH_ONE_WAY)
		return bench_stream_receive(run, &link, ring_receive);
	return bench_echo_serve(run, &link, ring_send, ring_receive);
}

static int serve_behind(const struct bench_run *run)
{
	struct link link;
	int r;

	r = offer_rings(run, &link);
	if (r < 0)
		return r;
	return bench_stream_receive(run, &link, ring_receive_behind);
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	struct link link;
	int fds[2], r;

	r = bench_control_take_fds(run, fds, 2);
	if (r < 0)
		return r;
	r = attach(&link, fds[1], fds[0], run->ring_bytes);
	(void)close(fds[0]);
	(void)close(fds[1]);
	if (r == 0 && run->test == BENCH_ONE_WAY) {
		r = run->transport == &bench_ring_ordered ?
			bench_stream_send(run, &link, ring_send_ordered) :
			bench_stream_send(run, &link, ring_send);
		if (r == 0)
			r = bench_control_await_report(run, ret_result);
	} else if (r == 0) {
		r = bench_echo_drive(run, &link, ring_send, ring_receive,
				     ret_result);
	}
	(void)munmap(link.producer.words, CONTROL_BYTES + 2 * run->ring_bytes);
	(void)munmap(link.consumer.words, CONTROL_BYTES + 2 * run->ring_bytes);
	return r;
}

static const char *missing(void)
{
	return NULL;
}

const struct bench_transport bench_ring_insecure = {
	.name = "ring",
	.tests = BENCH_DOES(BENCH_ONE_WAY) | BENCH_DOES(BENCH_SPINNING),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};

const struct bench_transport bench_ring_ahead = {
	.name = "run-ahead",
	.tests = BENCH_DOES(BENCH_ONE_WAY),
	.missing = missing,
	.serve = serve_behind,
	.drive = drive,
};

const struct bench_transport bench_ring_ordered = {
	.name = "ordered",
	.tests = BENCH_DOES(BENCH_ONE_WAY),
	.missing = missing,
	.serve = serve_behind,
	.drive = drive,
};
