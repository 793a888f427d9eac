/* SPDX-License-Identifier: ISC */
/*
 * Optional features of the kernel
 *
 * Each probe makes the same calls as the code that uses the feature, and checks
 * their effect if success of the call alone proves nothing.
 */
#include "os/features.h"

#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <postern/result.h>

#include "base/fd.h"
#include "os/kernel.h"

static bool has_passrights(int socket_fd)
{
	socklen_t value_bytes = sizeof(int);
	int value = 0;

	if (setsockopt(socket_fd, SOL_SOCKET, SO_PASSRIGHTS, &value,
		       sizeof(value)) < 0)
		return false;
	value = 1;
	return getsockopt(socket_fd, SOL_SOCKET, SO_PASSRIGHTS, &value,
			  &value_bytes) == 0 && value == 0;
}

static bool has_peerpidfd(int socket_fd)
{
	socklen_t pidfd_bytes = sizeof(int);
	int pidfd PST_FD_OWNED = -1;

	return getsockopt(socket_fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd,
			  &pidfd_bytes) == 0;
}

static bool has_pidfs(void)
{
	int pidfd PST_FD_OWNED = pst_fd_above_stdio(pidfd_open(getpid(), 0));
	struct statfs status;

	return pidfd >= 0 && fstatfs(pidfd, &status) == 0 &&
	       (unsigned long)status.f_type == PID_FS_MAGIC;
}

static bool has_noexec_seal(void)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		memfd_create("postern", MFD_CLOEXEC | MFD_NOEXEC_SEAL));

	return fd >= 0 && (fcntl(fd, F_GET_SEALS) & F_SEAL_EXEC) != 0;
}

uint32_t pst_features_probe(uint32_t disable_features)
{
	uint32_t features = 0;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		pair[0] = pst_fd_above_stdio(pair[0]);
		pair[1] = pst_fd_above_stdio(pair[1]);
		if (has_passrights(pair[0]))
			features |= POSTERN_FEATURE_PASSRIGHTS;
		if (has_peerpidfd(pair[0]))
			features |= POSTERN_FEATURE_PEERPIDFD;
		(void)pst_fd_close(pair[0]);
		(void)pst_fd_close(pair[1]);
	}
	if (has_pidfs())
		features |= POSTERN_FEATURE_PIDFS;
	if (has_noexec_seal())
		features |= POSTERN_FEATURE_NOEXEC_SEAL;
	return features & ~disable_features;
}
