/* SPDX-License-Identifier: ISC */
/*
 * The facts that /proc tells about a process: for the files of this layer only
 */
#ifndef POSTERN_OS_PROCESS_FACTS_H
#define POSTERN_OS_PROCESS_FACTS_H

#include "base/attributes.h"
#include "os/peer_credentials.h"

/*
 * Read what wants asks for from an open /proc/PID.  What cannot be read stays
 * UNKNOWN; whether the process still is the right one is the caller's to prove.
 *
 * 0, or -ENOMEM, -EMFILE, -ENFILE.
 */
PST_MUST_CHECK int
pst_process_facts_read(int proc_dir_fd, unsigned wants,
		       struct pst_peer_credentials *credentials);

/*
 * The inode of a pidfd, if the kernel gives it a meaning.  0, -EOPNOTSUPP, or
 * -errno.
 */
PST_MUST_CHECK int pst_pidfd_inode(int pidfd, uint32_t features,
				   uint64_t *ret_inode);

#endif
