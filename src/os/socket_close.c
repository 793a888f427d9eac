/* SPDX-License-Identifier: ISC */
/*
 * Closing a connection whose queue may hold descriptors
 *
 * The thread takes a descriptor table of its own with the socket in it.  The
 * caller then closes its descriptor, and the exit of the thread closes the last
 * one.  A system call filter can kill the thread at any call, so the caller
 * also checks whether it still exists.  The two share a struct on the caller's
 * stack.  The caller joins the thread, which waits until its memory is
 * released; the kernel does that before it closes the thread's descriptors.
 */
#include "os/socket_close.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "os/kernel.h"
#include "os/monotonic.h"
#include "os/packet_socket.h"

/*
 * Records without descriptors that are received before a thread is created:
 * doorbells that an honest peer left.
 */
#define DISCARDED_MAX 16

/* The kernel copies a descriptor table in steps of this many. */
#define TABLE_STEP 64

/* Of the thread.  It needs little, and a program that locks its memory may have
 * no more. */
#define STACK_BYTES (64 * 1024)

/* The interval at which the caller checks whether the thread was killed. */
#define CHECK_INTERVAL_NS (PST_NS_PER_SECOND / 1000)

struct handover {
	sem_t has_answered;
	sem_t may_exit;
	int socket_fd;
	/*
	 * Set by the thread: 0 if it has a table.  Atomic, since
	 * ThreadSanitizer does not know that sem_clockwait() orders it.
	 */
	atomic_int result;
};

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
 * Nothing can be added, and the queued records have no descriptors.
 * SO_PASSCRED distinguishes an empty record from the end: only a record has
 * credentials.
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
			continue; /* reported once, ahead of the queue */
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

/*
 * Descriptors above the socket's step are not copied.  None is closed here,
 * since that could wait for the flush of a file.
 */
static void *hold_and_exit(void *argument)
{
	struct handover *handover = argument;
	unsigned first = ((unsigned)handover->socket_fd | (TABLE_STEP - 1)) + 1;

	if (close_range(first, ~0U, CLOSE_RANGE_UNSHARE) < 0 &&
	    unshare(CLONE_FILES) < 0)
		atomic_store(&handover->result, -errno);
	(void)sem_post(&handover->has_answered);
	while (sem_wait(&handover->may_exit) < 0)
		;
	return NULL;
}

/* With the default stack if a small one does not suffice for the thread-local
 * variables of the program. */
static int start_thread(pthread_t *thread, struct handover *handover)
{
	pthread_attr_t attributes;
	int error;

	error = pthread_attr_init(&attributes);
	if (error)
		return error;
	error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (!error)
		error = pthread_create(thread, &attributes, hold_and_exit,
				       handover);
	(void)pthread_attr_destroy(&attributes);
	if (error)
		error = pthread_create(thread, NULL, hold_and_exit, handover);
	return error;
}

/* Returns false if the thread was killed; it is joined then. */
static bool wait_for_answer(struct handover *handover, pthread_t thread)
{
	struct timespec next_look;

	do {
		if (pthread_tryjoin_np(thread, NULL) == 0)
			return false;
		next_look = pst_timespec_from_ns(pst_monotonic_now_ns() +
						 CHECK_INTERVAL_NS);
	} while (sem_clockwait(&handover->has_answered, CLOCK_MONOTONIC,
			       &next_look) < 0);
	return true;
}

/* Closes the socket, or returns -errno and leaves it. */
static int hand_over(int socket_fd)
{
	struct handover handover = {.socket_fd = socket_fd};
	pthread_t thread;
	int error, r;

	atomic_init(&handover.result, 0);
	(void)sem_init(&handover.has_answered, 0, 0);
	(void)sem_init(&handover.may_exit, 0, 0);
	error = start_thread(&thread, &handover);
	if (error)
		return -error;
	if (!wait_for_answer(&handover, thread))
		return -ECANCELED;
	r = atomic_load(&handover.result);
	if (r == 0)
		(void)pst_fd_close(socket_fd); /* the thread has another one */
	(void)sem_post(&handover.may_exit);
	(void)pthread_join(thread, NULL);
	return r;
}

/*
 * The thread inherits the signal mask, so that the program does not notice it.
 * If the caller were cancelled, the struct that the thread uses would no longer
 * exist.
 */
static int close_in_exiting_thread(int socket_fd)
{
	sigset_t all, signals_before;
	int cancel_before, r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &signals_before);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_before);
	r = hand_over(socket_fd);
	(void)pthread_setcancelstate(cancel_before, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &signals_before, NULL);
	return r;
}

int pst_socket_close_counted(int socket_fd, unsigned *thread_count)
{
	int saved_errno = errno;

	if (socket_fd >= 0 && may_hold_descriptors(socket_fd) &&
	    !has_clean_queue(socket_fd)) {
		(*thread_count)++;
		if (close_in_exiting_thread(socket_fd) == 0)
			socket_fd = -1;
	}
	(void)pst_fd_close(socket_fd);
	errno = saved_errno;
	return -1;
}

int pst_socket_close(int socket_fd)
{
	unsigned thread_count = 0;

	return pst_socket_close_counted(socket_fd, &thread_count);
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
