/* SPDX-License-Identifier: ISC */
/*
 * A socket whose last close() lingers
 */
#include "support/lingering.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void require(int result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	abort();
}

int lingering_socket_new(int linger_seconds, int *ret_other_fd)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct linger linger = {1, linger_seconds};
	socklen_t address_bytes = sizeof(address);
	static const char bytes[65536];
	const int little = 4096;
	int listener_fd, fd;

	listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	require(listener_fd, "socket");
	(void)setsockopt(listener_fd, SOL_SOCKET, SO_RCVBUF, &little,
			 sizeof(little));
	require(bind(listener_fd, (struct sockaddr *)&address, address_bytes),
		"bind");
	require(listen(listener_fd, 1), "listen");
	require(getsockname(listener_fd, (struct sockaddr *)&address,
			    &address_bytes), "getsockname");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	require(fd, "socket");
	require(connect(fd, (struct sockaddr *)&address, address_bytes),
		"connect");
	*ret_other_fd = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC);
	require(*ret_other_fd, "accept4");
	(void)close(listener_fd);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	require(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
		"SO_LINGER");
	return fd;
}

int lingering_socket_send(int socket_fd, const void *bytes,
			  unsigned byte_count, int linger_seconds,
			  int *ret_other_fd)
{
	int fd = lingering_socket_new(linger_seconds, ret_other_fd);
	struct iovec vector = {(void *)(uintptr_t)bytes, byte_count};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int r;

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	r = sendmsg(socket_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
		    ? -errno : 0;
	if (r < 0) {
		const struct linger none = {0, 0};

		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none,
				 sizeof(none));
	}
	(void)close(fd);
	return r;
}
