/* SPDX-License-Identifier: ISC */
/*
 * The footprint of a process: what it holds of descriptors, mappings and memory
 *
 * As the kernel tells it, page by page, so that two looks can be compared
 * exactly; the counters of /proc/PID/status are rounded.
 */
#ifndef POSTERN_SUPPORT_FOOTPRINT_H
#define POSTERN_SUPPORT_FOOTPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct footprint {
	size_t fd_count;
	size_t mapping_count;
	uint64_t mapped_bytes;
	uint64_t anonymous_bytes;       /* resident */
	uint64_t shared_bytes;          /* resident: memfds, shared anonymous */
};

/* Says whether it could be looked at: of another user, by root only. */
bool footprint_read(pid_t pid, struct footprint *ret_footprint);

#endif
