/* SPDX-License-Identifier: ISC */
/*
 * Closing a connection whose queue may hold descriptors
 *
 * The thread copies little: what its table has is flushed when it exits, and a
 * flush of a file in user space or on another host takes its time.  The kernel
 * copies a table in steps of 64 descriptors.  A socket beyond these is fetched
 * from the caller's table, where no system call filter can object.
 */
#include "os/socket_close.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "os/kernel.h"
#include "os/monotonic.h"
#include "os/packet_socket.h"
#include "os/proc_file.h"

/* Records without descriptors that are received before a thread is made: bells
 * that an honest peer left behind. */
#define DISCARDED_MAX 16

#define STACK_BYTES 65536
#define TABLE_STEP 64

/* A system call filter may have killed the thread. */
#define COPY_DEADLINE_NS (PST_NS_PER_SECOND / 10)

enum handover_state {
	HANDOVER_PENDING,
	HANDOVER_COPIED,
	HANDOVER_FAILED,
	HANDOVER_ABANDONED
};

/*
 * Shared by the caller and the thread, which frees it.  The state is exchanged
 * once by the thread when it has a table, and once by a caller that waits no
 * more: the later of the two sees what the other one did.
 */
struct handover {
	sem_t has_answered;
	sem_t may_exit;
	atomic_int state;
	int error;              /* negative, once it failed */
	int socket_fd;
	bool is_fetched;
	pid_t caller_tid;
	dev_t socket_device;
	ino_t socket_inode;
};

/* A thread did not answer, nor has it since. */
static atomic_bool is_thread_missing;

static atomic_uint thread_count;

static bool may_hold_descriptors(int socket_fd)
{
	socklen_t value_bytes = sizeof(int);
	int value = 1;

	/* An option that the kernel does not know leaves it at 1. */
	PST_IGNORE(getsockopt(socket_fd, SOL_SOCKET, SO_PASSRIGHTS, &value,
			      &value_bytes));
	return value != 0;
}

/*
 * Nothing can be added, and what is there has no descriptors.  SO_PASSCRED
 * tells an empty record from the end: only a record has credentials.
 */
static bool has_clean_queue(int socket_fd)
{
	char credentials[CMSG_LEN(sizeof(struct ucred))];
	struct msghdr message = {.msg_iov = NULL};
	int i, n;

	if (shutdown(socket_fd, SHUT_RD) < 0 ||
	    pst_packet_want_credentials(socket_fd, true) < 0)
		return false;
	for (i = 0; i < DISCARDED_MAX; i++) {
		message.msg_control = credentials;
		message.msg_controllen = sizeof(credentials);
		message.msg_flags = 0;
		n = (int)recvmsg(socket_fd, &message, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && (errno == ECONNRESET || errno == EINTR))
			continue; /* told once, ahead of what is queued */
		if (n < 0)
			return errno == EAGAIN;
		if (message.msg_flags & MSG_CTRUNC)
			return false;
		if (message.msg_controllen == 0)
			return true;
		PST_IGNORE(recv(socket_fd, NULL, 0, MSG_DONTWAIT));
	}
	return false;
}

/* A filter may kill a process for a call that it does not list. */
static bool has_call_filter(void)
{
	const char *line;
	uint32_t mode;
	char *text;

	if (pst_proc_file_read(AT_FDCWD, "/proc/thread-self/status", &text) < 0)
		return true;
	line = pst_proc_find_line(text, "Seccomp:");
	if (!line)
		mode = 0; /* this kernel has none */
	else if (!pst_proc_take_number(&line, &mode))
		mode = 1;
	free(text);
	return mode != 0;
}

/*
 * The table has only small numbers now.  Before Linux 6.9 a pidfd leads to the
 * table of the main thread, which may have another file there.
 */
static int fetch_socket(const struct handover *handover)
{
	struct stat status;
	int pidfd, fd;

	pidfd = pidfd_open(handover->caller_tid, PIDFD_THREAD);
	if (pidfd < 0)
		pidfd = pidfd_open(getpid(), 0);
	if (pidfd < 0)
		return -errno;
	fd = pidfd_getfd(pidfd, handover->socket_fd, 0);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	return status.st_dev == handover->socket_device &&
			       status.st_ino == handover->socket_inode
		       ? 0
		       : -EBADF;
}

/* Nothing is closed here: that could wait for a flush. */
static int copy_table(const struct handover *handover)
{
	unsigned first = TABLE_STEP;

	if (!handover->is_fetched)
		first += (unsigned)handover->socket_fd / TABLE_STEP *
			 TABLE_STEP;
	if (close_range(first, ~0U, CLOSE_RANGE_UNSHARE) < 0)
		return unshare(CLONE_FILES) < 0 ? -errno : 0;
	return handover->is_fetched ? fetch_socket(handover) : 0;
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0 && errno == EINTR)
		;
}

static void *hold_and_exit(void *argument)
{
	struct handover *handover = argument;
	int state;

	handover->error = copy_table(handover);
	state = atomic_exchange(&handover->state,
				handover->error < 0 ? HANDOVER_FAILED
						    : HANDOVER_COPIED);
	if (state == HANDOVER_ABANDONED) {
		atomic_store(&is_thread_missing, false);
	} else {
		(void)sem_post(&handover->has_answered);
		wait_for(&handover->may_exit);
	}
	free(handover);
	return NULL;
}

/* 0, -ETIMEDOUT if the handover now is the thread's alone, or its error. */
static int wait_for_answer(struct handover *handover)
{
	struct timespec deadline;
	int r;

	deadline = pst_timespec_from_ns(pst_monotonic_now_ns() +
					COPY_DEADLINE_NS);
	do
		r = sem_clockwait(&handover->has_answered, CLOCK_MONOTONIC,
				  &deadline);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		/* Before the exchange: a late thread takes it back. */
		atomic_store(&is_thread_missing, true);
		if (atomic_exchange(&handover->state, HANDOVER_ABANDONED) ==
		    HANDOVER_PENDING)
			return -ETIMEDOUT;
		atomic_store(&is_thread_missing, false);
	}
	return handover->error;
}

/* A stack of 0 bytes is one of the default size. */
static int create_thread(struct handover *handover, size_t stack_bytes)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	error = pthread_attr_setdetachstate(&attributes,
					    PTHREAD_CREATE_DETACHED);
	if (!error && stack_bytes > 0)
		error = pthread_attr_setstacksize(&attributes, stack_bytes);
	if (!error)
		error = pthread_create(&thread, &attributes, hold_and_exit,
				       handover);
	(void)pthread_attr_destroy(&attributes);
	return -error;
}

/*
 * With every signal blocked: the program must not notice the thread.  A stack
 * also holds the thread-local variables of the program and of its libraries,
 * and one of 64 KiB can be too small for these.
 */
static int start_thread(struct handover *handover)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = create_thread(handover, STACK_BYTES);
	if (r < 0)
		r = create_thread(handover, 0);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

/* Closes the socket, or returns -errno and leaves it. */
static int hand_over(int socket_fd, bool is_fetched)
{
	struct handover *handover;
	struct stat status;
	int r;

	if (fstat(socket_fd, &status) < 0)
		return -errno;
	handover = calloc(1, sizeof(*handover));
	if (!handover)
		return -ENOMEM;
	handover->socket_fd = socket_fd;
	handover->is_fetched = is_fetched;
	handover->caller_tid = gettid();
	handover->socket_device = status.st_dev;
	handover->socket_inode = status.st_ino;
	(void)sem_init(&handover->has_answered, 0, 0);
	(void)sem_init(&handover->may_exit, 0, 0);
	r = start_thread(handover);
	if (r < 0) {
		free(handover);
		return r;
	}
	r = wait_for_answer(handover);
	if (r == -ETIMEDOUT)
		return r;
	if (r == 0)
		(void)pst_fd_close(socket_fd); /* not the last one of it */
	(void)sem_post(&handover->may_exit);
	return r;
}

static int close_in_exiting_thread(int socket_fd)
{
	int r;

	if (atomic_load(&is_thread_missing))
		return -ETIMEDOUT;
	atomic_fetch_add(&thread_count, 1);
	if (socket_fd >= TABLE_STEP && !has_call_filter()) {
		r = hand_over(socket_fd, true);
		if (r == 0 || r == -ETIMEDOUT)
			return r;
	}
	return hand_over(socket_fd, false);
}

int pst_socket_close(int socket_fd)
{
	int saved_errno = errno;

	if (socket_fd < 0 || !may_hold_descriptors(socket_fd) ||
	    has_clean_queue(socket_fd) ||
	    close_in_exiting_thread(socket_fd) < 0)
		(void)pst_fd_close(socket_fd);
	errno = saved_errno;
	return -1;
}

int pst_socket_close_try(void)
{
	int pair[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pair[0] = pst_fd_above_stdio(pair[0]);
	pair[1] = pst_fd_above_stdio(pair[1]);
	r = pair[0] < 0 ? -EMFILE : close_in_exiting_thread(pair[0]);
	if (r < 0)
		(void)pst_fd_close(pair[0]);
	(void)pst_fd_close(pair[1]);
	return r;
}

unsigned pst_socket_close_thread_count(void)
{
	return atomic_load(&thread_count);
}
