/* SPDX-License-Identifier: ISC */
/*
 * Ids, limits and pid of this process
 *
 * Read anew each time, since a program may change them: nothing is cached.
 */
#include "os/own_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/peer_credentials.h"
#include "os/proc_file.h"

int pst_own_uid(uid_t *ret_uid)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0)
		return -errno;
	if (real != effective || effective != saved)
		return -EPERM;
	*ret_uid = effective;
	return 0;
}

/*
 * One line of uid_map: the first uid inside, the first one outside, their
 * number.
 */
static bool take_range(const char **text, uint32_t *ret_first,
		       uint32_t *ret_count)
{
	uint32_t outside;

	*text += strspn(*text, " \n");
	return pst_proc_take_number(text, ret_first) &&
	       pst_proc_take_number(text, &outside) &&
	       pst_proc_take_number(text, ret_count);
}

int pst_own_unmapped_uid(uid_t *ret_uid)
{
	uint64_t mapped_count = 0;
	uint32_t first = 0, count = 0;
	const char *next;
	uid_t uid;
	gid_t gid;
	char *map;
	int r;

	r = pst_overflow_ids_read(&uid, &gid);
	if (r == 0)
		r = pst_proc_file_read(AT_FDCWD, "/proc/self/uid_map", &map);
	if (r < 0)
		return r;
	next = map;
	while (r == 0 && next[strspn(next, " \n")] != '\0') {
		if (!take_range(&next, &first, &count))
			r = -EIO;
		mapped_count += count;
	}
	free(map);
	/* All but (uid_t)-1, as in the initial user namespace. */
	if (r == 0 && mapped_count >= UINT32_MAX)
		r = -EOPNOTSUPP;
	if (r == 0)
		*ret_uid = uid;
	return r;
}

pid_t pst_own_pid(void)
{
	return getpid();
}

size_t pst_own_descriptor_limit(void)
{
	struct rlimit limit;

	/* Fails only for a bad address. */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	return (size_t)limit.rlim_cur;
}

size_t pst_own_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
