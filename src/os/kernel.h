/* SPDX-License-Identifier: ISC */
/*
 * Kernel constants that the C library does not have yet
 *
 * postern runs on kernels newer than the headers that it is compiled with, and
 * probes each feature at run time (features.h).  No other file has such
 * numbers; a header that defines one takes precedence.
 */
#ifndef POSTERN_OS_KERNEL_H
#define POSTERN_OS_KERNEL_H

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Linux 6.5: a pidfd of the process that connected or listened. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* Linux 6.16: with 0, the sender's sendmsg() refuses descriptors. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/* Linux 6.3: a memfd that can never be executed. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/* Linux 5.14: fault pages in now, and report a failure. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* Linux 6.9: a pidfd of one thread. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* Linux 6.9: the file system whose inode numbers name processes ("PIDF"). */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

#endif
