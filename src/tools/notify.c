/* SPDX-License-Identifier: ISC */
/*
 * Telling the service manager: ready, reloading, stopping
 */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "errors.h"

#define VARIABLE "NOTIFY_SOCKET"

/* A service manager that does not read must not stop the node for ever. */
#define SEND_TIMEOUT_S 1

static int make_address(const char *name, struct sockaddr_un *ret_address,
			socklen_t *ret_address_bytes)
{
	size_t name_bytes = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || name_bytes < 2)
		return -EAFNOSUPPORT;
	if (name_bytes >= sizeof(ret_address->sun_path))
		return -ENAMETOOLONG;
	*ret_address = (struct sockaddr_un) {.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, name, name_bytes);
	/* Every byte counts in the abstract namespace; a path ends with 0. */
	if (name[0] == '@')
		ret_address->sun_path[0] = '\0';
	else
		name_bytes++;
	*ret_address_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					 name_bytes);
	return 0;
}

static int send_text(const char *name, const char *text)
{
	const struct timeval timeout = {.tv_sec = SEND_TIMEOUT_S};
	struct sockaddr_un address;
	socklen_t address_bytes;
	int fd, result;

	result = make_address(name, &address, &address_bytes);
	if (result < 0)
		return result;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		       sizeof(timeout)) < 0 ||
	    sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (const struct sockaddr *)&address, address_bytes) < 0)
		result = -errno;
	(void)close(fd);
	return result;
}

static void notify(const char *text)
{
	const char *name = getenv(VARIABLE);
	int result;

	if (!name || name[0] == '\0')
		return;
	result = send_text(name, text);
	if (result < 0)
		tool_warning(VARIABLE, "%s: the service manager was not told: "
			     "%s", name, strerror(-result));
}

void tool_notify_ready(void)
{
	notify("READY=1\n");
}

void tool_notify_reloading(void)
{
	struct timespec now;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(text, sizeof(text),
		       "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
		       (uint64_t)now.tv_sec * 1000000 +
			       (uint64_t)now.tv_nsec / 1000);
	notify(text);
}

void tool_notify_stopping(void)
{
	notify("STOPPING=1\n");
}
