/* SPDX-License-Identifier: ISC */
/*
 * One measurement: two processes, two processors, one directory
 *
 * The server is this program again, by fork() and exec(), so that both sides
 * begin with nothing.  Each side keeps to a processor of its own, where there
 * are two and the transport brings no threads; then they may use both.  A
 * measurement that hangs ends the whole program, which says where.
 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACE_BYTES 64
#define PATIENCE_S 20

enum side { SIDE_DRIVER = 0, SIDE_SERVER = 1 };

const struct bench_transport *const bench_transports[] = {
	&bench_postern, &bench_postern_waiting, &bench_postern_node,
	&bench_ring_insecure, &bench_ring_ahead, &bench_ring_ordered,
	&bench_pingpong, &bench_memcpy,
	&bench_pipe, &bench_seqpacket, &bench_libqb, &bench_zmq,
	&bench_postern_mac_aes, &bench_raw_mac_aes,
	&bench_postern_mac_chacha, &bench_raw_mac_chacha,
	&bench_postern_aead_aes, &bench_raw_aead_aes,
	&bench_postern_aead_chacha, &bench_raw_aead_chacha,
	&bench_zmq_curve,
};
const size_t bench_transport_count =
	sizeof(bench_transports) / sizeof(bench_transports[0]);

const struct bench_transport *bench_transport_find(const char *name)
{
	size_t i;

	for (i = 0; i < bench_transport_count; i++)
		if (strcmp(bench_transports[i]->name, name) == 0)
			return bench_transports[i];
	return NULL;
}

/* -- processors ------------------------------------------------------------ */

/* What this program was given before it chose. */
static cpu_set_t given_processors;

static void note_processors(void)
{
	if (CPU_COUNT(&given_processors) == 0)
		(void)sched_getaffinity(0, sizeof(given_processors),
					&given_processors);
}

static void keep_to_all(void)
{
	/* Unpinned figures are figures still. */
	(void)sched_setaffinity(0, sizeof(given_processors),
				&given_processors);
}

/* The first is the driver's, the second the server's. */
static void keep_to_own(const struct bench_transport *transport, enum side side)
{
	cpu_set_t own;
	size_t cpu, found = 0;

	note_processors();
	keep_to_all();
	if (transport->has_threads || CPU_COUNT(&given_processors) < 2)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &given_processors) || found++ != side)
			continue;
		CPU_ZERO(&own);
		CPU_SET(cpu, &own);
		(void)sched_setaffinity(0, sizeof(own), &own);
	}
}

/* -- patience -------------------------------------------------------------- */

static const char *volatile measured_name = "";

static void give_up(int signal_number)
{
	static const char text[] = "postern-bench: hangs: ";
	const char *name = measured_name;

	(void)signal_number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)!write(STDERR_FILENO, name, strlen(name));
	(void)!write(STDERR_FILENO, "\n", 1);
	_exit(EXIT_FAILURE);
}

static void begin_patience(const struct bench_transport *transport,
			   const struct bench_run *run)
{
	measured_name = transport->name;
	(void)signal(SIGALRM, give_up);
	(void)alarm(PATIENCE_S + (unsigned)(4 * run->duration_ns / 1000000000));
}

/* -- the server's process -------------------------------------------------- */

static pid_t start_server(const struct bench_transport *transport,
			  const struct bench_run *run, int server_fd)
{
	char test[8], message[24], ring[24], duration[24], fd[12];
	pid_t pid;

	(void)snprintf(test, sizeof(test), "%d", (int)run->test);
	(void)snprintf(message, sizeof(message), "%zu", run->message_bytes);
	(void)snprintf(ring, sizeof(ring), "%zu", run->ring_bytes);
	(void)snprintf(duration, sizeof(duration), "%" PRIu64,
		       run->duration_ns);
	(void)snprintf(fd, sizeof(fd), "%d", server_fd);

	pid = fork();
	if (pid == 0) {
		(void)fcntl(server_fd, F_SETFD, 0);
		keep_to_all();
		(void)execl("/proc/self/exe", "postern-bench", "--serve",
			    transport->name, test, message, ring, duration,
			    run->place, fd, (char *)NULL);
		_exit(127);
	}
	return pid;
}

int bench_serve(int argc, char **argv)
{
	const struct bench_transport *transport;
	struct bench_run run;
	int r;

	if (argc != 9)
		return EXIT_FAILURE;
	transport = bench_transport_find(argv[2]);
	if (!transport)
		return EXIT_FAILURE;
	run = (struct bench_run){
		.transport = transport,
		.test = (enum bench_test)atoi(argv[3]),
		.message_bytes = strtoul(argv[4], NULL, 10),
		.ring_bytes = strtoul(argv[5], NULL, 10),
		.duration_ns = strtoul(argv[6], NULL, 10),
		.place = argv[7],
		.control_fd = atoi(argv[8]),
	};
	(void)fcntl(run.control_fd, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	keep_to_own(transport, SIDE_SERVER);
	begin_patience(transport, &run);
	r = transport->serve(&run);
	if (r < 0) {
		(void)fprintf(stderr, "postern-bench: %s: server: %s\n",
			      transport->name, strerror(-r));
		return EXIT_FAILURE;
	}
	bench_control_await_end(&run);
	return EXIT_SUCCESS;
}

/* -- one measurement ------------------------------------------------------- */

static void remove_place(const char *place)
{
	struct dirent *entry;
	DIR *folder;

	folder = opendir(place);
	while (folder && (entry = readdir(folder)) != NULL)
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		(void)closedir(folder);
	(void)rmdir(place);
}

/* 0, or -EPIPE where the server did not end well. */
static int await_server(const struct bench_transport *transport, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (status == 0)
		return 0;
	if (WIFSIGNALED(status))
		(void)fprintf(stderr, "postern-bench: %s: server: killed by "
			      "signal %d\n", transport->name,
			      WTERMSIG(status));
	return -EPIPE;
}

static int measure_at(const struct bench_transport *transport,
		      struct bench_run *run, struct bench_result *ret_result)
{
	int fds[2], r, ended;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = start_server(transport, run, fds[1]);
	r = pid < 0 ? -errno : 0;
	(void)close(fds[1]);
	run->control_fd = fds[0];
	if (r == 0)
		r = transport->drive(run, ret_result);
	(void)close(fds[0]);
	if (pid < 0)
		return r;
	ended = await_server(transport, pid);
	return r < 0 ? r : ended;
}

int bench_measure(const struct bench_transport *transport,
		  const struct bench_run *run, struct bench_result *ret_result)
{
	char place[PLACE_BYTES] = "/tmp/postern-bench-XXXXXX";
	struct bench_run here = *run;
	int r;

	if (!mkdtemp(place))
		return -errno;
	here.transport = transport;
	here.place = place;
	keep_to_own(transport, SIDE_DRIVER);
	begin_patience(transport, run);
	r = measure_at(transport, &here, ret_result);
	(void)alarm(0);
	remove_place(place);
	return r;
}
