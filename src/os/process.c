/* SPDX-License-Identifier: ISC */
/*
 * Processes without a socket, and the overflow ids
 *
 * A node asks whether the process of a pidfd has ended, and a policy names
 * processes by number and inode.  For a process without a socket, as on a
 * command line, /proc shows the facts that a node would see if the process
 * connected now.
 */
#include "os/peer_credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postern/result.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/kernel.h"
#include "os/proc_file.h"
#include "os/process_facts.h"

/* Real, effective, saved, file system: the order of /proc/PID/status. */
struct four_ids {
	uint32_t id[4];
};

#define EFFECTIVE 1

int pst_process_has_ended(int pidfd)
{
	struct pollfd polled = {.fd = pidfd, .events = POLLIN};
	int n;

	if (pidfd < 0)
		return 0;
	do
		n = poll(&polled, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (polled.revents & POLLNVAL)
		return -EBADF;
	return n > 0;
}

int pst_pidfd_open(pid_t pid, int *ret_pidfd)
{
	int pidfd = pst_fd_above_stdio(pidfd_open(pid, 0));

	/* EINVAL: no such number. */
	if (pidfd < 0 && (errno == EINVAL || errno == ESRCH))
		return -ESRCH;
	if (pidfd < 0)
		return pst_kernel_error(PST_CALL_PIDFD_OPEN, errno);
	*ret_pidfd = pidfd;
	return 0;
}

int pst_pidfd_open_for_peer(int socket_fd, int *ret_pidfd)
{
	socklen_t pidfd_bytes = sizeof(int);
	int pidfd = -1;

	/* EINVAL: kernels before 6.16 cannot create one for a reaped process. */
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd,
		       &pidfd_bytes) < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	if (pidfd_bytes != sizeof(pidfd) || pidfd < 0)
		return -EIO;
	pidfd = pst_fd_above_stdio(pidfd);
	if (pidfd < 0)
		return -errno;
	*ret_pidfd = pidfd;
	return 0;
}

int pst_process_pidfd_inode(pid_t pid, uint32_t features, uint64_t *ret_inode)
{
	int pidfd PST_FD_OWNED = -1;
	uint64_t inode;
	int r;

	r = pst_pidfd_open(pid, &pidfd);
	if (r < 0)
		return r;
	r = pst_pidfd_inode(pidfd, features, &inode);
	if (r < 0)
		return r;
	r = pst_process_has_ended(pidfd);
	if (r != 0)
		return r > 0 ? -ESRCH : r;
	*ret_inode = inode;
	return 0;
}

static bool take_ids(const char *text, const char *key,
		     struct four_ids *ret_ids)
{
	const char *next = pst_proc_find_line(text, key);
	size_t i;

	for (i = 0; next && i < 4; i++) {
		if (!pst_proc_take_number(&next, &ret_ids->id[i]))
			return false;
	}
	return next != NULL;
}

static int take_groups(const char *text,
		       struct pst_peer_credentials *credentials)
{
	const char *next = pst_proc_find_line(text, "Groups:");
	gid_t *groups;
	uint32_t gid;

	if (!next)
		return -EIO;
	while (pst_proc_take_number(&next, &gid)) {
		groups = reallocarray(credentials->groups,
				      credentials->group_count + 1,
				      sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		groups[credentials->group_count++] = gid;
		credentials->groups = groups;
	}
	credentials->groups_fact = POSTERN_FACT_KNOWN;
	return 0;
}

/*
 * Whether the kernel would let the observer read the link exe.  It allows that
 * for the observer's own processes only, except those that have changed ids or
 * are not dumpable; their files of /proc belong to root.
 */
static bool may_observe(const struct stat *proc_file,
			const struct four_ids *uids,
			const struct four_ids *gids, uid_t seen_by_uid,
			gid_t seen_by_gid)
{
	size_t i;

	if (seen_by_uid == 0)
		return true;
	for (i = 0; i < 3; i++) {
		if (uids->id[i] != seen_by_uid || gids->id[i] != seen_by_gid)
			return false;
	}
	return proc_file->st_uid == seen_by_uid;
}

static int read_status(int proc_dir_fd, struct four_ids *ret_uids,
		       struct four_ids *ret_gids,
		       struct pst_peer_credentials *credentials)
{
	char *text;
	int r;

	r = pst_proc_file_read(proc_dir_fd, "status", &text);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	if (!take_ids(text, "Uid:", ret_uids) ||
	    !take_ids(text, "Gid:", ret_gids))
		r = -EIO;
	else
		r = take_groups(text, credentials);
	free(text);
	return r;
}

static int read_process(pid_t pid, uid_t seen_by_uid, gid_t seen_by_gid,
			unsigned wants, uint32_t features,
			struct pst_peer_credentials *credentials)
{
	int proc_dir_fd PST_FD_OWNED = -1;
	struct four_ids uids, gids;
	struct stat proc_file;
	int r;

	r = pst_proc_open(pid, &proc_dir_fd);
	if (r < 0)
		return r;
	if (fstatat(proc_dir_fd, "status", &proc_file, 0) < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	r = read_status(proc_dir_fd, &uids, &gids, credentials);
	if (r < 0)
		return r;
	credentials->uid = uids.id[EFFECTIVE];
	credentials->gid = gids.id[EFFECTIVE];
	credentials->pid = pid;
	credentials->uid_fact = POSTERN_FACT_KNOWN;
	credentials->gid_fact = POSTERN_FACT_KNOWN;
	credentials->pid_fact = POSTERN_FACT_KNOWN;

	/* Without a pidfd of the peer a node reads none of these. */
	if (!(features & POSTERN_FEATURE_PEERPIDFD))
		return 0;
	if (!may_observe(&proc_file, &uids, &gids, seen_by_uid, seen_by_gid))
		wants &= ~(unsigned)PST_PEER_WANT_EXE;
	r = pst_process_facts_read(proc_dir_fd, wants, credentials);
	if (r < 0)
		return r;
	r = pst_pidfd_inode(credentials->pidfd, features,
			    &credentials->pidfd_inode);
	if (r == 0)
		credentials->pidfd_inode_fact = POSTERN_FACT_KNOWN;
	return r == -EOPNOTSUPP ? 0 : r;
}

int pst_process_credentials_read(pid_t pid, uid_t seen_by_uid,
				 gid_t seen_by_gid, unsigned wants,
				 uint32_t features,
				 struct pst_peer_credentials *ret_credentials)
{
	int r;

	pst_peer_credentials_init(ret_credentials);
	r = pst_pidfd_open(pid, &ret_credentials->pidfd);
	if (r == 0)
		r = read_process(pid, seen_by_uid, seen_by_gid, wants,
				 features, ret_credentials);
	if (r == 0 && pst_process_has_ended(ret_credentials->pidfd) != 0)
		r = -ESRCH;
	if (r < 0)
		pst_peer_credentials_done(ret_credentials);
	return r;
}

/*
 * If /proc has no sys, as with ProcSubset=pid, the id is assumed to be 65534.
 * If the administrator has changed kernel.overflowuid there, unmapped uids have
 * that other number, and cannot be distinguished from a real user's.
 */
static int read_overflow_id(const char *path, uint32_t *ret_id)
{
	const char *next;
	char *text;
	int r;

	r = pst_proc_file_read(AT_FDCWD, path, &text);
	if (r == -ENOENT) {
		*ret_id = PST_OVERFLOW_ID;
		return 0;
	}
	if (r < 0)
		return pst_kernel_error(PST_CALL_OPEN, -r);
	next = text;
	r = pst_proc_take_number(&next, ret_id) ? 0 : -EIO;
	free(text);
	return r;
}

int pst_overflow_ids_read(uid_t *ret_uid, gid_t *ret_gid)
{
	uint32_t uid, gid;
	int r;

	r = read_overflow_id("/proc/sys/kernel/overflowuid", &uid);
	if (r == 0)
		r = read_overflow_id("/proc/sys/kernel/overflowgid", &gid);
	if (r < 0)
		return r;
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}
