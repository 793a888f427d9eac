/* SPDX-License-Identifier: ISC */
/*
 * The facts in /proc about a process
 *
 * All of them are advisory: they are of the present moment, and a process may
 * change them or have been started with deceptive values.  An unreadable fact
 * is unknown, which matches no allow.
 */
#include "os/process_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <postern/result.h>

#include "os/kernel.h"
#include "os/proc_file.h"

static bool has_suffix(const char *text, size_t text_bytes, const char *suffix)
{
	size_t suffix_bytes = strlen(suffix);

	return text_bytes > suffix_bytes &&
	       memcmp(text + text_bytes - suffix_bytes, suffix,
		      suffix_bytes) == 0;
}

const char *pst_cgroup_unit(const char *cgroup, size_t *ret_unit_bytes)
{
	const char *component = cgroup;
	size_t component_bytes;

	if (*component != '/')
		return NULL;
	do {
		component++;
		component_bytes = strcspn(component, "/");
		if (has_suffix(component, component_bytes, ".service")) {
			*ret_unit_bytes = component_bytes;
			return component;
		}
		if (!has_suffix(component, component_bytes, ".slice"))
			return NULL;
		component += component_bytes;
	} while (*component == '/');
	return NULL;
}

/*
 * The system manager's hierarchy: its own if controllers are mounted one by
 * one, otherwise the unified one.  A path that begins with ".." is outside our
 * control group namespace and not usable.
 */
const char *pst_cgroup_find(const char *text)
{
	const char *line = text, *path;

	while (line && (path = strchr(line, ':'))) {
		if (strncmp(path, ":name=systemd:", 14) == 0)
			return path + 14;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return pst_proc_find_line(text, "0::");
}

static int note_cgroup(const char *text,
		       struct pst_peer_credentials *credentials)
{
	const char *found = pst_cgroup_find(text), *unit;
	size_t found_bytes, unit_bytes;

	if (!found || found[0] != '/')
		return 0;
	found_bytes = strcspn(found, "\n");
	if (strncmp(found, "/..", 3) == 0 &&
	    (found_bytes == 3 || found[3] == '/'))
		return 0;
	credentials->cgroup = strndup(found, found_bytes);
	if (!credentials->cgroup)
		return -ENOMEM;
	credentials->cgroup_fact = POSTERN_FACT_KNOWN;

	credentials->unit_fact = POSTERN_FACT_ABSENT;
	unit = pst_cgroup_unit(credentials->cgroup, &unit_bytes);
	if (!unit)
		return 0;
	credentials->unit = strndup(unit, unit_bytes);
	if (!credentials->unit)
		return -ENOMEM;
	credentials->unit_fact = POSTERN_FACT_KNOWN;
	return 0;
}

static int read_cgroup(int proc_dir_fd,
		       struct pst_peer_credentials *credentials)
{
	char *text;
	int r;

	r = pst_proc_file_read(proc_dir_fd, "cgroup", &text);
	if (r < 0)
		return pst_proc_is_own_error(r) ? r : 0;
	r = note_cgroup(text, credentials);
	free(text);
	return r;
}

static int read_exe(int proc_dir_fd, struct pst_peer_credentials *credentials)
{
	char path[PATH_MAX];
	ssize_t n = readlinkat(proc_dir_fd, "exe", path, sizeof(path));

	/* A result that fills the buffer may have been truncated. */
	if (n <= 0 || (size_t)n >= sizeof(path))
		return 0;
	credentials->exe = strndup(path, (size_t)n);
	if (!credentials->exe)
		return -ENOMEM;
	credentials->exe_fact = POSTERN_FACT_KNOWN;
	return 0;
}

/* 1 if the peer's map equals ours, 0 if not, or -errno. */
static int has_same_map(int proc_dir_fd, const char *name, const char *own_path)
{
	char *theirs, *ours;
	int r;

	r = pst_proc_file_read(proc_dir_fd, name, &theirs);
	if (r < 0)
		return r;
	r = pst_proc_file_read(AT_FDCWD, own_path, &ours);
	if (r == 0) {
		r = strcmp(theirs, ours) == 0;
		free(ours);
	}
	free(theirs);
	return r;
}

static int read_userns(int proc_dir_fd,
		       struct pst_peer_credentials *credentials)
{
	int has_same_uids, has_same_gids;

	has_same_uids = has_same_map(proc_dir_fd, "uid_map",
				     "/proc/self/uid_map");
	if (has_same_uids < 0)
		return pst_proc_is_own_error(has_same_uids) ? has_same_uids : 0;
	has_same_gids = has_same_map(proc_dir_fd, "gid_map",
				     "/proc/self/gid_map");
	if (has_same_gids < 0)
		return pst_proc_is_own_error(has_same_gids) ? has_same_gids : 0;
	credentials->userns = has_same_uids && has_same_gids
				      ? POSTERN_USERNS_SAME
				      : POSTERN_USERNS_OTHER;
	return 0;
}

int pst_process_facts_read(int proc_dir_fd, unsigned wants,
			   struct pst_peer_credentials *credentials)
{
	int r = 0;

	if (wants & PST_PEER_WANT_CGROUP)
		r = read_cgroup(proc_dir_fd, credentials);
	if (r == 0 && (wants & PST_PEER_WANT_EXE))
		r = read_exe(proc_dir_fd, credentials);
	if (r == 0 && (wants & PST_PEER_WANT_USERNS))
		r = read_userns(proc_dir_fd, credentials);
	return r;
}

int pst_pidfd_inode(int pidfd, uint32_t features, uint64_t *ret_inode)
{
	struct statfs file_system;
	struct stat status;

	if (!(features & POSTERN_FEATURE_PIDFS))
		return -EOPNOTSUPP;
	if (fstatfs(pidfd, &file_system) < 0)
		return -errno;
	/* On other file systems all pidfds have the same inode number. */
	if ((unsigned long)file_system.f_type != PID_FS_MAGIC)
		return -EOPNOTSUPP;
	if (fstat(pidfd, &status) < 0)
		return -errno;
	*ret_inode = status.st_ino;
	return 0;
}
