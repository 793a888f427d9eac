/* SPDX-License-Identifier: ISC */
/* Pidfds, and the facts in /proc about a process: for this layer only */
#ifndef POSTERN_OS_PROCESS_FACTS_H
#define POSTERN_OS_PROCESS_FACTS_H

#include "base/attributes.h"
#include "os/peer_credentials.h"

/*
 * Read the facts in wants from an open /proc/PID.  A fact that cannot be read
 * stays UNKNOWN.  The caller must prove that the process is still the same.
 *
 * 0, or -ENOMEM, -EMFILE, -ENFILE.
 */
PST_MUST_CHECK int
pst_process_facts_read(int proc_dir_fd, unsigned wants,
		       struct pst_peer_credentials *credentials);

/* A pidfd of a process.  0, -ESRCH, or as pst_kernel_error(). */
PST_MUST_CHECK int pst_pidfd_open(pid_t pid, int *ret_pidfd);

/*
 * A pidfd of the process that connected or listened, which needs
 * POSTERN_FEATURE_PEERPIDFD.  0, -ESRCH (the process has ended), -EIO, or another
 * -errno.
 */
PST_MUST_CHECK int pst_pidfd_open_for_peer(int socket_fd, int *ret_pidfd);

/*
 * The inode of a pidfd, if it identifies the process.  0, -EOPNOTSUPP, or
 * -errno.
 */
PST_MUST_CHECK int pst_pidfd_inode(int pidfd, uint32_t features,
				   uint64_t *ret_inode);

#endif
