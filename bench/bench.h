/* SPDX-License-Identifier: ISC */
/*
 * What the benchmark measures, and by what
 *
 * A measurement is one test of one transport at one size, between two processes:
 * the driver, which sends and keeps the time, and the server, started with
 * fork() and exec() for each measurement, so that no transport inherits what
 * another left in memory.  They agree about begin and end on a control socket
 * that no message crosses.
 */
#ifndef POSTERN_BENCH_BENCH_H
#define POSTERN_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_test {
	BENCH_ONE_WAY = 0,    /* messages a second */
	BENCH_SPINNING = 1,   /* round trips a second, both sides awake */
	BENCH_SLEEPING = 2,   /* round trips a second, no spin before sleep */
	BENCH_CONNECTING = 3, /* connections a second */
	BENCH_SECURED = 4,    /* one way again, by security mode */
};
#define BENCH_TEST_COUNT 5

struct bench_transport;

struct bench_run {
	const struct bench_transport *transport;
	enum bench_test test;    /* SECURED is ONE_WAY here */
	size_t message_bytes;
	size_t ring_bytes;       /* of each direction */
	uint64_t duration_ns;
	const char *place;       /* a private directory for names */
	int control_fd;
};

struct bench_result {
	uint64_t count;
	uint64_t elapsed_ns;
	uint64_t fault_count;    /* messages that were lost or changed */
};

enum bench_mode {
	BENCH_MODE_NONE = 0,
	BENCH_MODE_MAC = 1,
	BENCH_MODE_AEAD = 2,
};

enum bench_cipher {
	BENCH_CIPHER_NONE = 0,
	BENCH_AESGCM = 1,
	BENCH_CHACHAPOLY = 2,
};

struct bench_transport {
	const char *name;        /* one word, for --only */
	unsigned tests;          /* 1u << enum bench_test */
	bool has_threads;        /* of its own: then it is not pinned */
	enum bench_mode mode;
	enum bench_cipher cipher;
	/* What of its work is the cipher's, alone; or NULL. */
	const struct bench_transport *raw;

	/* NULL, or why it cannot be measured here. */
	const char *(*missing)(void);

	/* Both return 0 or a negative errno. */
	int (*serve)(const struct bench_run *run);
	int (*drive)(const struct bench_run *run, struct bench_result *ret);
};

#define BENCH_DOES(test) (1u << (test))

extern const struct bench_transport bench_postern;
extern const struct bench_transport bench_postern_waiting;
extern const struct bench_transport bench_postern_node;
extern const struct bench_transport bench_postern_mac_aes;
extern const struct bench_transport bench_postern_mac_chacha;
extern const struct bench_transport bench_postern_aead_aes;
extern const struct bench_transport bench_postern_aead_chacha;
extern const struct bench_transport bench_ring_insecure;
extern const struct bench_transport bench_ring_ahead;
extern const struct bench_transport bench_ring_ordered;
extern const struct bench_transport bench_pingpong;
extern const struct bench_transport bench_memcpy;
extern const struct bench_transport bench_pipe;
extern const struct bench_transport bench_seqpacket;
extern const struct bench_transport bench_libqb;
extern const struct bench_transport bench_zmq;
extern const struct bench_transport bench_zmq_curve;
extern const struct bench_transport bench_raw_mac_aes;
extern const struct bench_transport bench_raw_mac_chacha;
extern const struct bench_transport bench_raw_aead_aes;
extern const struct bench_transport bench_raw_aead_chacha;

extern const struct bench_transport *const bench_transports[];
extern const size_t bench_transport_count;
const struct bench_transport *bench_transport_find(const char *name);

/* CLOCK_MONOTONIC. */
uint64_t bench_now_ns(void);

/* bench_control.c: the socket between the two; 0 or a negative errno. */
int bench_control_ready(const struct bench_run *run);
int bench_control_await_ready(const struct bench_run *run);
int bench_control_report(const struct bench_run *run,
			 const struct bench_result *result);
int bench_control_await_report(const struct bench_run *run,
			       struct bench_result *ret_result);
int bench_control_give_fds(const struct bench_run *run, const int *fds,
			   size_t fd_count);
int bench_control_take_fds(const struct bench_run *run, int *ret_fds,
			   size_t fd_count);

/* The driver is done: it has hung up. */
bool bench_control_is_over(const struct bench_run *run);
void bench_control_await_end(const struct bench_run *run);

/* bench_measure.c */
int bench_measure(const struct bench_transport *transport,
		  const struct bench_run *run, struct bench_result *ret_result);
int bench_serve(int argc, char **argv);

static inline void bench_cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
