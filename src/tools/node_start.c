/* SPDX-License-Identifier: ISC */
#include "node_start.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <unistd.h>

#include "units.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

#define PAUSE_MIN_NS NS_PER_MS
#define PAUSE_MAX_NS NS_PER_S

#define EVENTS (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)

/* A few events, each with a name. */
#define EVENTS_BYTES (8 * (sizeof(struct inotify_event) + NAME_MAX + 1))

void tool_node_start_init(struct tool_node_start *start,
			  const char *socket_path)
{
	const char *slash = socket_path ? strrchr(socket_path, '/') : NULL;

	*start = (struct tool_node_start){.fd = -1, .pause_ns = PAUSE_MIN_NS};
	if (!slash)
		return;
	start->socket_name = slash + 1;
	/* With its slash: the directory of "/socket" is "/". */
	start->directory = strndup(socket_path,
				   (size_t)(slash + 1 - socket_path));
	if (start->directory)
		start->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

void tool_node_start_done(struct tool_node_start *start)
{
	if (start->fd >= 0)
		(void)close(start->fd);
	free(start->directory);
	*start = (struct tool_node_start){.fd = -1};
}

/* Takes all events: one of them may be of the socket. */
static bool take_events(struct tool_node_start *start)
{
	_Alignas(struct inotify_event) char space[EVENTS_BYTES];
	const struct inotify_event *event;
	bool has_changed = false;
	ssize_t n, at;

	while ((n = read(start->fd, space, sizeof(space))) > 0) {
		for (at = 0; at < n; at += (ssize_t)(sizeof(*event) +
						     event->len)) {
			event = (const void *)&space[at];
			if ((event->mask & IN_Q_OVERFLOW) ||
			    (event->len > 0 &&
			     strcmp(event->name, start->socket_name) == 0))
				has_changed = true;
		}
	}
	return has_changed;
}

/* Between half of it and all of it: senders do not all come at once. */
static uint64_t vary(uint64_t pause_ns)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return pause_ns;
	return pause_ns - random % (pause_ns / 2 + 1);
}

bool tool_node_start_pause(struct tool_node_start *start, uint64_t left_ns)
{
	struct pollfd fd = {.fd = start->fd, .events = POLLIN};
	uint64_t now_ns = tool_now_ns(), pause_ns = vary(start->pause_ns);
	uint64_t end_ns = now_ns + (pause_ns < left_ns ? pause_ns : left_ns);
	struct timespec timeout;

	/* Each time: the directory may be new.  Again for the same one it does
	 * nothing.  It fails for one that is missing or cannot be read. */
	if (start->fd >= 0)
		(void)inotify_add_watch(start->fd, start->directory, EVENTS);
	for (; now_ns < end_ns; now_ns = tool_now_ns()) {
		timeout.tv_sec = (time_t)((end_ns - now_ns) / NS_PER_S);
		timeout.tv_nsec = (long)((end_ns - now_ns) % NS_PER_S);
		if (ppoll(&fd, 1, &timeout, NULL) > 0 && take_events(start)) {
			start->pause_ns = PAUSE_MIN_NS;
			return true;
		}
	}
	start->pause_ns = start->pause_ns < PAUSE_MAX_NS / 2 ?
			  start->pause_ns * 2 : PAUSE_MAX_NS;
	return false;
}
