/* SPDX-License-Identifier: ISC */
/*
 * The footprint of a process: what it holds of descriptors, mappings and memory
 */
#include "support/footprint.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_BYTES 64

static bool count_fds(pid_t pid, size_t *ret_count)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	size_t count = 0;
	DIR *directory;

	(void)snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	directory = opendir(path);
	if (!directory)
		return false;
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	*ret_count = count;
	return true;
}

static bool is_shared_memory(const char *line)
{
	return strstr(line, "/memfd:") || strstr(line, "/dev/zero (deleted)");
}

/* A mapping's own line, and below it one line for each of its figures. */
static void take_line(const char *line, bool *is_shared, struct footprint *sum)
{
	uint64_t begin, end, kib;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &begin, &end) == 2) {
		sum->mapping_count++;
		sum->mapped_bytes += end - begin;
		*is_shared = is_shared_memory(line);
	} else if (sscanf(line, "Anonymous: %" SCNu64, &kib) == 1) {
		sum->anonymous_bytes += kib * 1024;
	} else if (*is_shared && sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
		sum->shared_bytes += kib * 1024;
	}
}

bool footprint_read(pid_t pid, struct footprint *ret_footprint)
{
	struct footprint sum = {0};
	char path[PATH_BYTES], line[512];
	bool is_shared = false;
	FILE *file;

	if (!count_fds(pid, &sum.fd_count))
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%ld/smaps", (long)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		take_line(line, &is_shared, &sum);
	(void)fclose(file);
	*ret_footprint = sum;
	return true;
}
