/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says of a process
 */
#include "support/inspect.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Where /proc cannot list them, descriptors are counted up to here. */
#define MOST_DESCRIPTORS 1024

size_t inspect_fd_count(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	if (!directory) {
		for (int fd = 0; fd < MOST_DESCRIPTORS; fd++)
			count += fcntl(fd, F_GETFD) >= 0;
		return count;
	}
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count - 3; /* ".", ".." and the directory's own */
}

static FILE *open_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");

	if (!maps)
		abort();
	return maps;
}

size_t inspect_mapping_count(void)
{
	FILE *maps = open_maps();
	char line[512];
	size_t count = 0;

	while (fgets(line, sizeof(line), maps))
		count += strchr(line, '\n') != NULL;
	(void)fclose(maps);
	return count;
}

size_t inspect_segments(struct inspect_mapping *ret_mappings, size_t room)
{
	FILE *maps = open_maps();
	char line[512], access[8];
	uint64_t inode, begin, end;
	size_t count = 0;

	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/memfd:postern "))
			continue;
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %" SCNu64,
			   &begin, &end, access, &inode) != 4)
			abort();
		if (count < room)
			ret_mappings[count] = (struct inspect_mapping) {
				.address = begin,
				.bytes = end - begin,
				.inode = inode,
				.is_writable = access[1] == 'w',
				.is_executable = access[2] == 'x',
			};
		count++;
	}
	(void)fclose(maps);
	return count;
}

size_t inspect_segment_count(void)
{
	return inspect_segments(NULL, 0);
}

static uint64_t read_clock_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		abort();
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t inspect_now_ns(void)
{
	return read_clock_ns(CLOCK_MONOTONIC);
}

uint64_t inspect_cpu_ns(void)
{
	return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static bool can_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool is_connected;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		abort();
	memcpy(address.sun_path, path, strlen(path));
	is_connected = connect(fd, (const struct sockaddr *)&address,
			       sizeof(address)) == 0;
	(void)close(fd);
	return is_connected;
}

bool inspect_is_listening(const char *path)
{
	FILE *stream = fopen("/proc/net/unix", "re");
	size_t path_bytes = strlen(path), line_bytes;
	bool is_listening = false;
	char line[512];

	if (!stream)
		return can_connect(path);
	while (!is_listening && fgets(line, sizeof(line), stream)) {
		line_bytes = strcspn(line, "\n");
		line[line_bytes] = '\0';
		is_listening = strstr(line, " 00010000 ") &&
			       line_bytes > path_bytes &&
			       strcmp(line + line_bytes - path_bytes, path) == 0;
	}
	(void)fclose(stream);
	return is_listening;
}

int inspect_timeout_ms(uint64_t deadline_ns)
{
	uint64_t now_ns = inspect_now_ns();
	uint64_t left_ms;

	if (deadline_ns <= now_ns)
		return 0;
	left_ms = (deadline_ns - now_ns + 999999) / 1000000;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}
