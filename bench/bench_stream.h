/* SPDX-License-Identifier: ISC */
/*
 * The loops that every transport is measured with
 *
 * They are inlined around the transport's own send and receive, so that the
 * references pay for no call that a program written for them would not make.
 * (Calls into a library stay calls; that is what its users pay.)
 *
 * Each message carries its number at its head and the complement at its tail;
 * every 4096th also a fill made from its number.  The receiver checks all of
 * that, so a transport that lost, repeated, cut or tore messages would be seen.
 * The clock runs between two marked messages, on the receiver's side, after a
 * warm-up.
 */
#ifndef POSTERN_BENCH_BENCH_STREAM_H
#define POSTERN_BENCH_BENCH_STREAM_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define BENCH_INLINE static inline __attribute__((always_inline))

/* The smallest message: number and complement. */
#define BENCH_MESSAGE_BYTES_MIN 16
#define BENCH_MESSAGE_BYTES_MAX 65536

#define BENCH_MARK_END (UINT64_C(1) << 63)
#define BENCH_MARK_BEGIN (UINT64_C(1) << 62)
#define BENCH_MARKS (BENCH_MARK_END | BENCH_MARK_BEGIN)
#define BENCH_SAMPLE 4096
#define BENCH_BATCH 64

/* Both block until it is done, in the way that the test asks for. */
typedef int bench_send_fn(void *link, const void *bytes, size_t byte_count);
typedef int bench_receive_fn(void *link, void *buffer, size_t buffer_bytes,
			     size_t *ret_byte_count);

struct bench_checker {
	size_t message_bytes;
	uint64_t next_number;
	uint64_t first_number;
	struct bench_result result;
};

/* bench_stream.c */
void bench_fill(uint8_t *bytes, size_t byte_count, uint64_t number);
bool bench_is_filled(const uint8_t *bytes, size_t byte_count, uint64_t number);
bool bench_checker_note_mark(struct bench_checker *checker, uint64_t head);

BENCH_INLINE void bench_write(uint8_t *bytes, size_t byte_count, uint64_t number,
			      uint64_t marks)
{
	uint64_t head = number | marks, tail = ~head;

	memcpy(bytes, &head, sizeof(head));
	if (number % BENCH_SAMPLE == 0)
		bench_fill(bytes + 8, byte_count - 16, number);
	memcpy(bytes + byte_count - 8, &tail, sizeof(tail));
}

/* Says whether more will come. */
BENCH_INLINE bool bench_checker_take(struct bench_checker *checker,
				     const uint8_t *bytes, size_t byte_count)
{
	uint64_t head, tail, number;

	if (byte_count != checker->message_bytes) {
		checker->result.fault_count++;
		return true;
	}
	memcpy(&head, bytes, sizeof(head));
	memcpy(&tail, bytes + byte_count - 8, sizeof(tail));
	number = head & ~BENCH_MARKS;
	if (tail != ~head || number != checker->next_number)
		checker->result.fault_count++;
	if (number % BENCH_SAMPLE == 0 &&
	    !bench_is_filled(bytes + 8, byte_count - 16, number))
		checker->result.fault_count++;
	checker->next_number = number + 1;
	if (head & BENCH_MARKS)
		return bench_checker_note_mark(checker, head);
	return true;
}

BENCH_INLINE int bench_send_for(uint64_t duration_ns, void *link,
				bench_send_fn *send, uint8_t *bytes,
				size_t byte_count, uint64_t *number)
{
	uint64_t end_ns = bench_now_ns() + duration_ns;
	int i, r;

	do {
		for (i = 0; i < BENCH_BATCH; i++) {
			bench_write(bytes, byte_count, (*number)++, 0);
			r = send(link, bytes, byte_count);
			if (r < 0)
				return r;
		}
	} while (bench_now_ns() < end_ns);
	return 0;
}

BENCH_INLINE int bench_send_marked(void *link, bench_send_fn *send,
				   uint8_t *bytes, size_t byte_count,
				   uint64_t *number, uint64_t mark)
{
	bench_write(bytes, byte_count, (*number)++, mark);
	return send(link, bytes, byte_count);
}

/* One way, the driver: warm up, mark, send, mark. */
BENCH_INLINE int bench_stream_send(const struct bench_run *run, void *link,
				   bench_send_fn *send)
{
	uint8_t *bytes = calloc(1, run->message_bytes);
	uint64_t number = 0;
	int r;

	if (!bytes)
		return -ENOMEM;
	r = bench_send_for(run->duration_ns / 4, link, send, bytes,
			   run->message_bytes, &number);
	if (r == 0)
		r = bench_send_marked(link, send, bytes, run->message_bytes,
				      &number, BENCH_MARK_BEGIN);
	if (r == 0)
		r = bench_send_for(run->duration_ns, link, send, bytes,
				   run->message_bytes, &number);
	if (r == 0)
		r = bench_send_marked(link, send, bytes, run->message_bytes,
				      &number, BENCH_MARK_END);
	free(bytes);
	return r;
}

/* One way, the server. */
BENCH_INLINE int bench_stream_receive(const struct bench_run *run, void *link,
				      bench_receive_fn *receive)
{
	struct bench_checker checker = {.message_bytes = run->message_bytes};
	uint8_t *buffer = calloc(1, run->message_bytes);
	size_t byte_count = 0;
	int r;

	if (!buffer)
		return -ENOMEM;
	do {
		r = receive(link, buffer, run->message_bytes, &byte_count);
	} while (r == 0 && bench_checker_take(&checker, buffer, byte_count));
	free(buffer);
	if (r < 0)
		return r;
	return bench_control_report(run, &checker.result);
}

/* Round trips, the server: everything back until the marked end. */
BENCH_INLINE int bench_echo_serve(const struct bench_run *run, void *link,
				  bench_send_fn *send,
				  bench_receive_fn *receive)
{
	uint8_t *buffer = calloc(1, run->message_bytes);
	uint64_t head = 0;
	size_t byte_count = 0;
	int r;

	if (!buffer)
		return -ENOMEM;
	do {
		r = receive(link, buffer, run->message_bytes, &byte_count);
		if (r == 0)
			r = send(link, buffer, byte_count);
		memcpy(&head, buffer, sizeof(head));
	} while (r == 0 && !(head & BENCH_MARK_END));
	free(buffer);
	return r;
}

struct bench_echo {
	void *link;
	uint8_t *bytes;
	struct bench_checker checker;
	uint64_t number;
};

BENCH_INLINE int bench_echo_once(struct bench_echo *echo, uint64_t mark,
				 bench_send_fn *send, bench_receive_fn *receive)
{
	size_t byte_count = echo->checker.message_bytes;
	int r;

	bench_write(echo->bytes, byte_count, echo->number++, mark);
	r = send(echo->link, echo->bytes, byte_count);
	if (r < 0)
		return r;
	r = receive(echo->link, echo->bytes, byte_count, &byte_count);
	if (r < 0)
		return r;
	(void)bench_checker_take(&echo->checker, echo->bytes, byte_count);
	return 0;
}

BENCH_INLINE int bench_echo_for(struct bench_echo *echo, uint64_t duration_ns,
				bench_send_fn *send, bench_receive_fn *receive)
{
	uint64_t end_ns = bench_now_ns() + duration_ns;
	int i, r;

	do {
		for (i = 0; i < BENCH_BATCH; i++) {
			r = bench_echo_once(echo, 0, send, receive);
			if (r < 0)
				return r;
		}
	} while (bench_now_ns() < end_ns);
	return 0;
}

/* Round trips, the driver. */
BENCH_INLINE int bench_echo_drive(const struct bench_run *run, void *link,
				  bench_send_fn *send,
				  bench_receive_fn *receive,
				  struct bench_result *ret_result)
{
	struct bench_echo echo = {
		.link = link,
		.bytes = calloc(1, run->message_bytes),
		.checker = {.message_bytes = run->message_bytes},
	};
	int r;

	if (!echo.bytes)
		return -ENOMEM;
	r = bench_echo_for(&echo, run->duration_ns / 4, send, receive);
	if (r == 0)
		r = bench_echo_once(&echo, BENCH_MARK_BEGIN, send, receive);
	if (r == 0)
		r = bench_echo_for(&echo, run->duration_ns, send, receive);
	if (r == 0)
		r = bench_echo_once(&echo, BENCH_MARK_END, send, receive);
	free(echo.bytes);
	if (r == 0)
		*ret_result = echo.checker.result;
	return r;
}

#endif
