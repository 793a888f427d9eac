/* SPDX-License-Identifier: ISC */
/*
 * Small files of /proc, read as a whole
 *
 * They have no size, and the kernel may return them in pieces, so the buffer
 * grows until the end is reached.
 */
#include "os/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define TEXT_BYTES_START 4096
#define TEXT_BYTES_MAX (1024u * 1024u)

/* 0 at the end of the file, 1 if the buffer is full, or -errno. */
static int fill(int fd, char *text, size_t capacity_bytes, size_t *used_bytes)
{
	ssize_t n;

	while (*used_bytes < capacity_bytes) {
		n = read(fd, text + *used_bytes, capacity_bytes - *used_bytes);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			*used_bytes += (size_t)n;
	}
	return 1;
}

int pst_proc_file_read(int dir_fd, const char *path, char **ret_text)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		openat(dir_fd, path, O_RDONLY | O_CLOEXEC));
	size_t text_bytes = TEXT_BYTES_START / 2, used_bytes = 0;
	char *text = NULL, *larger;
	int r = 1;

	if (fd < 0)
		return -errno;
	while (r > 0) {
		text_bytes *= 2;
		larger = text_bytes > TEXT_BYTES_MAX
				 ? NULL : realloc(text, text_bytes);
		if (!larger) {
			free(text);
			return text_bytes > TEXT_BYTES_MAX ? -EFBIG : -ENOMEM;
		}
		text = larger;
		r = fill(fd, text, text_bytes - 1, &used_bytes);
	}
	if (r < 0) {
		free(text);
		return r;
	}
	text[used_bytes] = '\0';
	*ret_text = text;
	return 0;
}

int pst_proc_open(pid_t pid, int *ret_dir_fd)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	fd = pst_fd_above_stdio(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	*ret_dir_fd = fd;
	return 0;
}

const char *pst_proc_find_line(const char *text, const char *key)
{
	size_t key_bytes = strlen(key);
	const char *line = text;

	while (line) {
		if (strncmp(line, key, key_bytes) == 0)
			return line + key_bytes;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

bool pst_proc_take_number(const char **text, uint32_t *ret_number)
{
	const char *next = *text + strspn(*text, " \t");
	uint64_t number = 0;

	if (*next < '0' || *next > '9')
		return false;
	for (; *next >= '0' && *next <= '9'; next++) {
		number = number * 10 + (uint64_t)(*next - '0');
		if (number > UINT32_MAX)
			return false;
	}
	*text = next;
	*ret_number = (uint32_t)number;
	return true;
}

bool pst_proc_is_own_error(int result)
{
	return result == -ENOMEM || result == -EMFILE || result == -ENFILE;
}
