/* SPDX-License-Identifier: ISC */
/*
 * Reference: one cache line to the other core and back
 *
 * Nothing can be faster: two words, each on a line of its own, and no message.
 * What a ring adds to this is its own doing; what this takes is the machine's.
 */
#include "bench.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACE_BYTES 4096
#define BATCH 64

struct words {
	_Alignas(128) _Atomic uint64_t ping;
	_Alignas(128) _Atomic uint64_t pong;
};

static int map_words(int fd, struct words **ret_words)
{
	void *place = mmap(NULL, PLACE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);

	if (place == MAP_FAILED)
		return -errno;
	*ret_words = place;
	return 0;
}

static void await(_Atomic uint64_t *word, uint64_t value)
{
	while (atomic_load_explicit(word, memory_order_acquire) != value)
		bench_cpu_relax();
}

/* The last ping is all ones. */
static int serve(const struct bench_run *run)
{
	struct words *words;
	uint64_t value, last = 0;
	int fd, r;

	fd = memfd_create("bench-pingpong", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, PLACE_BYTES) < 0)
		return -errno;
	r = map_words(fd, &words);
	if (r < 0)
		return r;
	r = bench_control_give_fds(run, &fd, 1);
	if (r < 0)
		return r;
	do {
		while ((value = atomic_load_explicit(
				&words->ping, memory_order_acquire)) == last)
			bench_cpu_relax();
		last = value;
		atomic_store_explicit(&words->pong, value,
				      memory_order_release);
	} while (value != UINT64_MAX);
	return 0;
}

static uint64_t bounce_for(struct words *words, uint64_t duration_ns,
			   uint64_t *number)
{
	uint64_t begin_ns = bench_now_ns(), now_ns;
	int i;

	do {
		for (i = 0; i < BATCH; i++) {
			atomic_store_explicit(&words->ping, ++*number,
					      memory_order_release);
			await(&words->pong, *number);
		}
		now_ns = bench_now_ns();
	} while (now_ns < begin_ns + duration_ns);
	return now_ns - begin_ns;
}

static int drive(const struct bench_run *run, struct bench_result *ret_result)
{
	struct words *words = NULL;
	uint64_t number = 0, first;
	int fd, r;

	r = bench_control_take_fds(run, &fd, 1);
	if (r < 0)
		return r;
	r = map_words(fd, &words);
	(void)close(fd);
	if (r < 0)
		return r;
	(void)bounce_for(words, run->duration_ns / 4, &number);
	first = number;
	ret_result->elapsed_ns = bounce_for(words, run->duration_ns, &number);
	ret_result->count = number - first;
	ret_result->fault_count = 0;
	atomic_store_explicit(&words->ping, UINT64_MAX, memory_order_release);
	await(&words->pong, UINT64_MAX);
	(void)munmap(words, PLACE_BYTES);
	return 0;
}

static const char *missing(void)
{
	return NULL;
}

const struct bench_transport bench_pingpong = {
	.name = "pingpong",
	.tests = BENCH_DOES(BENCH_SPINNING),
	.missing = missing,
	.serve = serve,
	.drive = drive,
};
