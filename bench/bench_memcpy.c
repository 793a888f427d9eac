/* SPDX-License-Identifier: ISC */
/*
 * Reference: one copy, within one process
 *
 * Messages of the size at hand are copied from one buffer into an area as large
 * as a ring, one after the other.  A message through shared memory is copied
 * twice, by two processors.
 */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64

static int serve(const struct bench_run *run)
{
	return bench_control_ready(run);
}

static uint64_t copy_for(uint64_t duration_ns, uint8_t *area, size_t area_bytes,
			 const uint8_t *message, size_t message_bytes,
			 uint64_t *ret_elapsed_ns)
{
	uint64_t begin_ns = bench_now_ns(), now_ns, count = 0;
	size_t at = 0;
	int i;

	do {
		for (i = 0; i < BATCH; i++) {
			memcpy(area + at, message, message_bytes);
			/* Somebody might look: the copy must be made. */
			__asm__ volatile("" : : "r"(area) : "memory");
			at += message_bytes;
			if (at + message_bytes > area_bytes)
				at = 0;
		}
		count += BATCH;
		now_ns = bench_now_ns();
	} while (now_ns < begin_ns + duration_ns);
	*ret_elapsed_ns = now_ns - begin_ns;
	return count;
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	uint8_t *area = calloc(1, run->ring_bytes);
	uint8_t *message = calloc(1, run->message_bytes);
	int r;

	r = bench_control_await_ready(run);
	if (r == 0 && (!area || !message))
		r = -ENOMEM;
	if (r == 0) {
		memset(message, 0x5a, run->message_bytes);
		(void)copy_for(run->duration_ns / 4, area, run->ring_bytes,
			       message, run->message_bytes,
			       &ret_result->elapsed_ns);
		ret_result->count = copy_for(run->duration_ns, area,
					     run->ring_bytes, message,
					     run->message_bytes,
					     &ret_result->elapsed_ns);
		ret_result->fault_count =
			memcmp(area, message, run->message_bytes) != 0;
	}
	free(area);
	free(message);
	return r;
}

static const char *missing(void)
{
	return NULL;
}

const struct bench_transport bench_memcpy = {
	.name = "memcpy",
	.tests = BENCH_DOES(BENCH_ONE_WAY),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};
