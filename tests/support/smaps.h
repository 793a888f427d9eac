/* SPDX-License-Identifier: ISC */
/*
 * The mappings of a process, as /proc/PID/smaps tells them
 */
#ifndef POSTERN_SUPPORT_SMAPS_H
#define POSTERN_SUPPORT_SMAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
	uint64_t begin, end;
	char permissions[5];    /* "rw-p" */
	char flags[128];        /* " rd wr mr mw me ac " */
};

typedef void smaps_visit_fn(const struct mapping *mapping, void *user_data);

/* Visit them all, from the lowest on.  Aborts if it may not look. */
void smaps_walk(pid_t pid, smaps_visit_fn *visit, void *user_data);

/* Of this process, the one that holds address, if any. */
bool smaps_find(const void *address, struct mapping *ret_mapping);

/* flag is one of two letters. */
bool mapping_has_flag(const struct mapping *mapping, const char *flag);

#endif
