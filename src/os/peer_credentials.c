/* SPDX-License-Identifier: ISC */
/*
 * Facts from the kernel about the process at the other end of a socket
 *
 * The size of every answer is checked: half a struct ucred would leave a uid
 * that the kernel did not set.
 */
#include "os/peer_credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <postern/result.h>

#include "base/fd.h"
#include "os/proc_file.h"
#include "os/process_facts.h"

/* Most processes have fewer, so that one call returns them all. */
#define GROUPS_GUESS 64
#define LABEL_BYTES_GUESS 256

void pst_peer_credentials_init(struct pst_peer_credentials *credentials)
{
	*credentials = (struct pst_peer_credentials) {
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.pid = -1,
		.pidfd = -1,
	};
}

void pst_peer_credentials_done(struct pst_peer_credentials *credentials)
{
	(void)pst_fd_close(credentials->pidfd);
	free(credentials->groups);
	free(credentials->label);
	free(credentials->cgroup);
	free(credentials->unit);
	free(credentials->exe);
	pst_peer_credentials_init(credentials);
}

static int read_ids(int socket_fd, struct pst_peer_credentials *credentials)
{
	struct ucred peer;
	socklen_t peer_bytes = sizeof(peer);

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer,
		       &peer_bytes) < 0)
		return -errno;
	if (peer_bytes != sizeof(peer))
		return -EIO;
	/* The answer for a socket that is not connected. */
	if (peer.uid == (uid_t)-1 || peer.gid == (gid_t)-1)
		return -ENOTCONN;
	credentials->uid = peer.uid;
	credentials->gid = peer.gid;
	credentials->pid = peer.pid;
	credentials->uid_fact = POSTERN_FACT_KNOWN;
	credentials->gid_fact = POSTERN_FACT_KNOWN;
	credentials->pid_fact = peer.pid > 0 ? POSTERN_FACT_KNOWN
					     : POSTERN_FACT_ABSENT;
	return 0;
}

/*
 * Read an option whose size is not known.  The kernel returns -ERANGE and the
 * required size at most once: the value was fixed when the sockets were
 * connected.
 */
static int read_option(int socket_fd, int option, size_t guessed_bytes,
		       void **ret_value, size_t *ret_value_bytes)
{
	socklen_t value_bytes = (socklen_t)guessed_bytes;
	void *value;
	int r;

	value = malloc(guessed_bytes);
	if (!value)
		return -ENOMEM;
	r = getsockopt(socket_fd, SOL_SOCKET, option, value, &value_bytes);
	if (r < 0 && errno == ERANGE && value_bytes > guessed_bytes) {
		free(value);
		value = malloc(value_bytes);
		if (!value)
			return -ENOMEM;
		r = getsockopt(socket_fd, SOL_SOCKET, option, value,
			       &value_bytes);
	}
	if (r < 0) {
		r = -errno;
		free(value);
		return r;
	}
	*ret_value = value;
	*ret_value_bytes = value_bytes;
	return 0;
}

static int read_groups(int socket_fd, struct pst_peer_credentials *credentials)
{
	size_t groups_bytes;
	void *groups;
	int r;

	r = read_option(socket_fd, SO_PEERGROUPS,
			GROUPS_GUESS * sizeof(gid_t), &groups, &groups_bytes);
	if (r < 0)
		return r;
	if (groups_bytes % sizeof(gid_t) != 0) {
		free(groups);
		return -EIO;
	}
	credentials->groups = groups;
	credentials->group_count = groups_bytes / sizeof(gid_t);
	credentials->groups_fact = POSTERN_FACT_KNOWN;
	return 0;
}

void pst_peer_credentials_forget_groups(
	struct pst_peer_credentials *credentials)
{
	free(credentials->groups);
	credentials->groups = NULL;
	credentials->group_count = 0;
	credentials->groups_fact = POSTERN_FACT_UNKNOWN;
}

int pst_peer_credentials_recall_groups(int socket_fd,
				       struct pst_peer_credentials *credentials)
{
	pst_peer_credentials_forget_groups(credentials);
	return read_groups(socket_fd, credentials);
}

static int read_label(int socket_fd, struct pst_peer_credentials *credentials)
{
	size_t label_bytes;
	void *label;
	int r;

	r = read_option(socket_fd, SO_PEERSEC, LABEL_BYTES_GUESS, &label,
			&label_bytes);
	if (r == -ENOPROTOOPT)
		return 0; /* no security module labels sockets here */
	if (r < 0)
		return r;
	/* Some modules count a final zero, some do not. */
	credentials->label = strndup(label, label_bytes);
	free(label);
	if (!credentials->label)
		return -ENOMEM;
	if (credentials->label[0] != '\0')
		credentials->label_fact = POSTERN_FACT_KNOWN;
	return 0;
}

static int read_pidfd(int socket_fd, uint32_t features,
		      struct pst_peer_credentials *credentials)
{
	int r;

	if (!(features & POSTERN_FEATURE_PEERPIDFD))
		return 0;
	r = pst_pidfd_open_for_peer(socket_fd, &credentials->pidfd);
	if (r < 0)
		return r;
	r = pst_pidfd_inode(credentials->pidfd, features,
			    &credentials->pidfd_inode);
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return r;
	credentials->pidfd_inode_fact = POSTERN_FACT_KNOWN;
	return 0;
}

/*
 * The number of a pidfd's process in /proc; 0 if it has none.  A query of the
 * pidfd itself also proves that the process exists.
 */
static int read_proc_number(int pidfd, pid_t *ret_pid)
{
	const char *number;
	uint32_t pid = 0;
	char path[64];
	char *text;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d",
		       pidfd);
	r = pst_proc_file_read(AT_FDCWD, path, &text);
	if (r < 0)
		return r;
	number = pst_proc_find_line(text, "Pid:");
	/* It is -1 once the process has been reaped. */
	if (!number || !pst_proc_take_number(&number, &pid) || pid > INT32_MAX)
		r = -ESRCH;
	free(text);
	if (r < 0)
		return r;
	*ret_pid = (pid_t)pid;
	return 0;
}

static int read_proc(unsigned wants, struct pst_peer_credentials *credentials)
{
	int proc_dir_fd PST_FD_OWNED = -1;
	pid_t pid;
	int r;

	if (credentials->pidfd < 0)
		return 0;
	r = read_proc_number(credentials->pidfd, &pid);
	if (r < 0)
		return r == -ESRCH || pst_proc_is_own_error(r) ? r : 0;
	if (pid == 0)
		return 0;
	r = pst_proc_open(pid, &proc_dir_fd);
	if (r < 0)
		return pst_proc_is_own_error(r) ? r : 0;
	return pst_process_facts_read(proc_dir_fd, wants, credentials);
}

static int read_steps(int socket_fd, unsigned wants, uint32_t features,
		      struct pst_peer_credentials *credentials)
{
	const unsigned proc_wants = PST_PEER_WANT_CGROUP | PST_PEER_WANT_EXE |
				    PST_PEER_WANT_USERNS;
	int r;

	r = read_ids(socket_fd, credentials);
	if (r < 0)
		return r;
	r = read_groups(socket_fd, credentials);
	if (r < 0)
		return r;
	r = read_pidfd(socket_fd, features, credentials);
	if (r < 0)
		return r;
	if (wants & PST_PEER_WANT_LABEL) {
		r = read_label(socket_fd, credentials);
		if (r < 0)
			return r;
	}
	if (wants & proc_wants) {
		r = read_proc(wants, credentials);
		if (r < 0)
			return r;
	}
	/*
	 * It still exists: nothing above was about a successor with its number.
	 */
	r = pst_process_has_ended(credentials->pidfd);
	return r > 0 ? -ESRCH : r;
}

int pst_peer_credentials_read(int socket_fd, unsigned wants, uint32_t features,
			      struct pst_peer_credentials *ret_credentials)
{
	int r;

	pst_peer_credentials_init(ret_credentials);
	r = read_steps(socket_fd, wants, features, ret_credentials);
	if (r < 0)
		pst_peer_credentials_done(ret_credentials);
	return r;
}
