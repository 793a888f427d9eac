/* SPDX-License-Identifier: ISC */
/*
 * Closing a connection whose queue may hold descriptors
 */
#include "os/socket_close.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "os/kernel.h"
#include "os/packet_socket.h"

/* Records without descriptors that are received before a thread is made: bells
 * that an honest peer left behind. */
#define DISCARDED_MAX 16

#define STACK_BYTES 65536

/* Shared by the caller and the thread, which frees it. */
struct handover {
	sem_t has_copied;       /* the table, or failed to */
	sem_t may_exit;
	bool is_copied;
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

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0 && errno == EINTR)
		;
}

static void *hold_and_exit(void *argument)
{
	struct handover *handover = argument;

	handover->is_copied = unshare(CLONE_FILES) == 0;
	(void)sem_post(&handover->has_copied);
	wait_for(&handover->may_exit);
	free(handover);
	return NULL;
}

/* Detached, with every signal blocked: the program must not notice it. */
static int start_thread(struct handover *handover)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	/* Too small for some builds: then the default stays. */
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, hold_and_exit, handover);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return -error;
}

static int close_in_exiting_thread(int socket_fd)
{
	struct handover *handover = calloc(1, sizeof(*handover));

	if (!handover)
		return pst_fd_close(socket_fd);
	(void)sem_init(&handover->has_copied, 0, 0);
	(void)sem_init(&handover->may_exit, 0, 0);
	if (start_thread(handover) < 0) {
		free(handover);
		return pst_fd_close(socket_fd);
	}
	wait_for(&handover->has_copied);
	/* Not the last descriptor, if it is copied. */
	(void)pst_fd_close(socket_fd);
	(void)sem_post(&handover->may_exit);
	return -1;
}

int pst_socket_close(int socket_fd)
{
	if (socket_fd < 0 || !may_hold_descriptors(socket_fd) ||
	    has_clean_queue(socket_fd))
		return pst_fd_close(socket_fd);
	return close_in_exiting_thread(socket_fd);
}
