/* SPDX-License-Identifier: ISC */
/*
 * A host: a node in a process of its own, for tests that kill it, or that need
 * it elsewhere than where they are themselves
 *
 * It serves the scene's node until it is told otherwise, and answers each order
 * with what has happened so far.
 */
#ifndef POSTERN_SUPPORT_HOST_H
#define POSTERN_SUPPORT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "support/process.h"
#include "support/scene.h"

enum host_order {
	HOST_OPEN,      /* become the owner, open the node */
	HOST_TELL,
	HOST_CLOSE,
	HOST_DIE,       /* no report */
};

struct host_report {
	int result;                     /* of HOST_OPEN */
	char detail[POSTERN_ERROR_DETAIL_BYTES];
	size_t event_count;             /* admissions and departures */
	size_t refusal_count;
	char error[1024];             /* the last record of one */
	uint64_t message_count;
};

/* For process_start(), as ROLE_ROOT; the scene has its policy loaded. */
process_main_fn host_main;

struct host_report host_obey(const struct process *host, enum host_order order);

#endif
