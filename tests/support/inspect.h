/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says of a process: descriptors, mappings, segments
 */
#ifndef POSTERN_SUPPORT_INSPECT_H
#define POSTERN_SUPPORT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of the calling process. */
size_t inspect_fd_count(void);
size_t inspect_mapping_count(void);

/* A mapped segment of a channel: a line of /proc/PID/maps. */
struct inspect_mapping {
	uint64_t address;
	uint64_t bytes;
	uint64_t inode;
	bool is_writable;
	bool is_executable;
};

/*
 * Those of the calling process; at most room.  Returns how many there are.
 * (The maps of another user's process are not ours to read: it tells us.)
 */
size_t inspect_segments(struct inspect_mapping *ret_mappings, size_t room);
size_t inspect_segment_count(void);

/*
 * A socket that was bound to this path listens, as /proc/net/unix says.  Where that
 * file is hidden, a connection that sends nothing finds out.
 */
bool inspect_is_listening(const char *path);

/* For poll(): what is left until the deadline, rounded up. */
int inspect_timeout_ms(uint64_t deadline_ns);

uint64_t inspect_now_ns(void);
/* The time the calling process has spent on a processor. */
uint64_t inspect_cpu_ns(void);

#endif
