/* SPDX-License-Identifier: ISC */
/*
 * Segments: creating, sealing and checking memfds
 *
 * A memfd has no name, so only a process that received its descriptor can open
 * it.  Its seals are kernel state that cannot be forged.  Its pages are charged
 * to the process that first touches them, so the size proves nothing, and the
 * blocks are counted.
 */
#include "os/segment.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postern/result.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/file.h"

/* Set at creation by MFD_NOEXEC_SEAL, if the kernel has it. */
#define IGNORED_SEALS F_SEAL_EXEC

#define STAT_BLOCK_BYTES 512

#define SEGMENT_NAME "postern"

static int make_memfd(const char *name, uint32_t features, int *ret_fd)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	if (features & POSTERN_FEATURE_NOEXEC_SEAL)
		flags |= MFD_NOEXEC_SEAL;
	fd = pst_fd_above_stdio(memfd_create(name, flags));
	if (fd < 0)
		return pst_kernel_error(PST_CALL_MEMFD_CREATE, errno);
	*ret_fd = fd;
	return 0;
}

int pst_segment_device(dev_t *ret_device)
{
	int fd PST_FD_OWNED = -1;
	struct stat status;
	int r;

	r = make_memfd(SEGMENT_NAME, 0, &fd);
	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return pst_kernel_error(PST_CALL_FSTAT, errno);
	*ret_device = status.st_dev;
	return 0;
}

int pst_segment_create(size_t segment_bytes, uint32_t features, int *ret_fd)
{
	return pst_segment_create_named(SEGMENT_NAME, segment_bytes, features,
					ret_fd);
}

int pst_segment_create_named(const char *name, size_t segment_bytes,
			     uint32_t features, int *ret_fd)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	int fd PST_FD_OWNED = -1;
	int r;

	if (segment_bytes == 0 || segment_bytes % page_bytes != 0 ||
	    segment_bytes > INT64_MAX)
		return -EINVAL;
	r = make_memfd(name, features, &fd);
	if (r < 0)
		return r;
	r = pst_file_set_size(fd, segment_bytes);
	if (r < 0)
		return r;
	*ret_fd = pst_fd_take(&fd);
	return 0;
}

int pst_segment_add_seals(int segment_fd, int seals)
{
	if (fcntl(segment_fd, F_ADD_SEALS, seals) < 0)
		return -errno;
	return 0;
}

int pst_segment_set_access(int segment_fd, mode_t mode, gid_t group)
{
	if (group != (gid_t)-1 && fchown(segment_fd, (uid_t)-1, group) < 0)
		return -errno;
	if (fchmod(segment_fd, mode) < 0)
		return -errno;
	return 0;
}

int pst_segment_finish(int segment_fd, int seals, gid_t group,
		       uint64_t *ret_inode)
{
	int r;

	r = pst_segment_add_seals(segment_fd, seals);
	if (r < 0)
		return pst_kernel_error(PST_CALL_FCNTL, -r);
	r = pst_segment_set_access(segment_fd, PST_SEGMENT_MODE, group);
	if (r < 0)
		return pst_kernel_error(PST_CALL_FCHOWN, -r);
	return pst_segment_inode(segment_fd, ret_inode);
}

enum pst_segment_fault
pst_segment_check(int segment_fd, const struct pst_segment_expectation *wanted)
{
	struct stat status;
	int seals, flags;

	/*
	 * This must be the first call on the descriptor: on a foreign file
	 * system even fstat() is a request to the process that serves it.
	 */
	seals = fcntl(segment_fd, F_GET_SEALS);
	if (seals < 0)
		return PST_SEGMENT_FAULT_NOT_SEALABLE;
	if ((seals & ~IGNORED_SEALS) != wanted->seals)
		return PST_SEGMENT_FAULT_SEALS;

	if (fstat(segment_fd, &status) < 0)
		return PST_SEGMENT_FAULT_STAT;
	if (!S_ISREG(status.st_mode))
		return PST_SEGMENT_FAULT_TYPE;
	if (status.st_nlink != 0)
		return PST_SEGMENT_FAULT_LINKED;
	if (status.st_dev != wanted->device)
		return PST_SEGMENT_FAULT_DEVICE;
	if (status.st_uid != wanted->owner)
		return PST_SEGMENT_FAULT_OWNER;
	if (status.st_size < 0 ||
	    (uint64_t)status.st_size != wanted->segment_bytes)
		return PST_SEGMENT_FAULT_SIZE;

	flags = fcntl(segment_fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) != O_RDWR)
		return PST_SEGMENT_FAULT_ACCESS;
	return PST_SEGMENT_FAULT_NONE;
}

const char *pst_segment_fault_text(enum pst_segment_fault fault)
{
	switch (fault) {
	case PST_SEGMENT_FAULT_NONE:
		return "no fault";
	case PST_SEGMENT_FAULT_NOT_SEALABLE:
		return "not a memfd";
	case PST_SEGMENT_FAULT_SEALS:
		return "wrong seals";
	case PST_SEGMENT_FAULT_STAT:
		return "cannot be examined";
	case PST_SEGMENT_FAULT_TYPE:
		return "not a regular file";
	case PST_SEGMENT_FAULT_LINKED:
		return "has a name";
	case PST_SEGMENT_FAULT_DEVICE:
		return "not on the device of memfds";
	case PST_SEGMENT_FAULT_OWNER:
		return "wrong owner";
	case PST_SEGMENT_FAULT_SIZE:
		return "wrong size";
	case PST_SEGMENT_FAULT_ACCESS:
		return "not open for reading and writing";
	}
	return "unknown fault";
}

int pst_segment_inode(int segment_fd, uint64_t *ret_inode)
{
	struct stat status;

	if (fstat(segment_fd, &status) < 0)
		return -errno;
	*ret_inode = status.st_ino;
	return 0;
}

int pst_segment_is_populated(int segment_fd, size_t segment_bytes)
{
	struct stat status;

	if (fstat(segment_fd, &status) < 0)
		return -errno;
	return (uint64_t)status.st_blocks * STAT_BLOCK_BYTES >= segment_bytes;
}
