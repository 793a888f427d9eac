/* SPDX-License-Identifier: ISC */
/*
 * Memory cgroups for tests
 */
#include "support/memory_group.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hierarchy {
	const char *root;
	const char *usage_file;
	const char *is_there;   /* a file of a usable controller */
};

static const struct hierarchy hierarchies[] = {
	{"/sys/fs/cgroup/memory", "memory.usage_in_bytes",
	 "memory.usage_in_bytes"},
	{"/sys/fs/cgroup", "memory.current", "cgroup.subtree_control"},
};

static void write_text(const char *directory, const char *name,
		       const char *text)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	if (!file)
		return;
	(void)fputs(text, file);
	(void)fclose(file);
}

static int make_below(const struct hierarchy *hierarchy, const char *name,
		      struct memory_group *ret_group)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", hierarchy->root,
		       hierarchy->is_there);
	if (access(path, F_OK) < 0)
		return -ENOTSUP;
	/* Version 2 only; where it fails there is no usage to read below. */
	write_text(hierarchy->root, "cgroup.subtree_control", "+memory");
	(void)snprintf(ret_group->path, sizeof(ret_group->path),
		       "%s/postern-test-%d-%s", hierarchy->root, (int)getpid(),
		       name);
	if (mkdir(ret_group->path, 0755) < 0)
		return -ENOTSUP;
	(void)snprintf(path, sizeof(path), "%s/%s", ret_group->path,
		       hierarchy->usage_file);
	ret_group->usage_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ret_group->usage_fd >= 0)
		return 0;
	(void)rmdir(ret_group->path);
	return -ENOTSUP;
}

int memory_group_make(struct memory_group *ret_group, const char *name)
{
	size_t i;
	int r = -ENOTSUP;

	for (i = 0; i < 2 && r < 0; i++)
		r = make_below(&hierarchies[i], name, ret_group);
	return r;
}

void memory_group_enter(const struct memory_group *group, pid_t pid)
{
	char number[16];
	char path[512];
	int fd, length;

	length = snprintf(number, sizeof(number), "%d", (int)pid);
	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", group->path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, number, (size_t)length), length);
	ck_assert_int_eq(close(fd), 0);
}

uint64_t memory_group_bytes(const struct memory_group *group)
{
	char text[32] = {0};

	ck_assert_int_gt(pread(group->usage_fd, text, sizeof(text) - 1, 0), 0);
	return strtoull(text, NULL, 10);
}

void memory_group_remove(struct memory_group *group)
{
	(void)close(group->usage_fd);
	(void)rmdir(group->path);
}
