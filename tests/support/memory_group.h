/* SPDX-License-Identifier: ISC */
/*
 * Memory cgroups for tests: who is charged for what
 *
 * Needs root and a mounted memory controller, version 1 or 2.
 */
#ifndef POSTERN_SUPPORT_MEMORY_GROUP_H
#define POSTERN_SUPPORT_MEMORY_GROUP_H

#include <stdint.h>
#include <sys/types.h>

struct memory_group {
	char path[256];
	int usage_fd;           /* stays readable for whoever has it */
};

/* A new group.  0, or -ENOTSUP where there is no controller to use. */
int memory_group_make(struct memory_group *ret_group, const char *name);

/* Move a process in.  What it has been charged for stays where it was. */
void memory_group_enter(const struct memory_group *group, pid_t pid);

/* All that is charged to the group now, kernel memory included. */
uint64_t memory_group_bytes(const struct memory_group *group);

/* Once it is empty. */
void memory_group_remove(struct memory_group *group);

#endif
