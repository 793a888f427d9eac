/* SPDX-License-Identifier: ISC */
/*
 * Segments: sealed memfds with one writer, and their mappings
 *
 * The order is essential.  A read-only shared mapping made before
 * F_SEAL_FUTURE_WRITE can be made writable by mprotect(); one made after it
 * cannot.  So:
 *
 *	the writer   map_writable, (populate_for_writing), add_seals WRITER_DONE
 *	the reader   check for WRITER_DONE, then map_readable, (populate)
 *
 * A received descriptor is used by pst_segment_check() only until it has
 * passed.  The caller decides which seals and sizes are required.
 */
#ifndef POSTERN_OS_SEGMENT_H
#define POSTERN_OS_SEGMENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "os/kernel.h"

/*
 * The size is final: the seals that the node adds to the segment of the client.
 */
#define PST_SEGMENT_SEALS_OFFERED (F_SEAL_SHRINK | F_SEAL_GROW)

/*
 * No new writable mapping, not even by mprotect(), and the set of seals is
 * final.  F_SEAL_WRITE is not included: it would exclude the writer as well.
 */
#define PST_SEGMENT_SEALS_WRITER_DONE \
	(PST_SEGMENT_SEALS_OFFERED | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

/* For a segment that is passed on: owner and group can read and write. */
#define PST_SEGMENT_MODE 0660

/*
 * The first fault of a segment, in the order of the checks.  SEALS is the first
 * because only this query never reaches a foreign file system, which could
 * block it.
 */
enum pst_segment_fault {
	PST_SEGMENT_FAULT_NONE = 0,
	PST_SEGMENT_FAULT_NOT_SEALABLE, /* not a memfd: it has no seals */
	PST_SEGMENT_FAULT_SEALS,        /* not exactly the required ones */
	PST_SEGMENT_FAULT_STAT,         /* fstat() failed */
	PST_SEGMENT_FAULT_TYPE,         /* not a regular file */
	PST_SEGMENT_FAULT_LINKED,       /* it has a name */
	PST_SEGMENT_FAULT_DEVICE,       /* not the device of our own memfds */
	PST_SEGMENT_FAULT_OWNER,
	PST_SEGMENT_FAULT_SIZE,
	PST_SEGMENT_FAULT_ACCESS,       /* not open for reading and writing */
};

struct pst_segment_expectation {
	int seals;              /* exactly these, except F_SEAL_EXEC */
	dev_t device;           /* of pst_segment_device() */
	uid_t owner;
	size_t segment_bytes;
};

/*
 * control_bytes of words, then data_bytes of ring, then the same data_bytes
 * again, so that no record is split.  Empty: all zero.  A readable mapping is
 * read-only; a write to it ends the process.
 */
struct pst_segment_mapping {
	uint8_t *control;
	uint8_t *data;          /* NULL if data_bytes is 0 */
	size_t control_bytes;
	size_t data_bytes;
};

/* Descriptors */

/*
 * The current device of this kernel's memfds; call it once for a node or a
 * connection.  0, or -errno.
 */
PST_MUST_CHECK int pst_segment_device(dev_t *ret_device);

/*
 * A new memfd: close-on-exec, sealable, never executable if the kernel supports
 * that (features: POSTERN_FEATURE_NOEXEC_SEAL), of the given size, a multiple
 * of the page, and sparse: no memory is charged yet.
 *
 * 0, -EINVAL, or the kernel's -errno.
 */
PST_MUST_CHECK int pst_segment_create(size_t segment_bytes, uint32_t features,
				      int *ret_fd);

/* The same with a name that /proc shows; the others are "postern". */
PST_MUST_CHECK int pst_segment_create_named(const char *name,
					    size_t segment_bytes,
					    uint32_t features, int *ret_fd);

/* 0, or -errno. */
PST_MUST_CHECK int pst_segment_add_seals(int segment_fd, int seals);

/*
 * group (gid_t)-1: unchanged.  The group is set before the mode.  0, or -errno.
 */
PST_MUST_CHECK int pst_segment_set_access(int segment_fd, mode_t mode,
					  gid_t group);

/*
 * The last step before another process receives the descriptor: add these
 * seals, set PST_SEGMENT_MODE and the group, and return the inode.  If the
 * creator is to write to the segment, it has mapped it before.  0, or -errno.
 */
PST_MUST_CHECK int pst_segment_finish(int segment_fd, int seals, gid_t group,
				      uint64_t *ret_inode);

/* PST_SEGMENT_FAULT_NONE (0), or the fault. */
PST_MUST_CHECK enum pst_segment_fault
pst_segment_check(int segment_fd, const struct pst_segment_expectation *wanted);

/* A few words for an audit record ("wrong seals").  Never NULL. */
const char *pst_segment_fault_text(enum pst_segment_fault fault);

/* The inode number, which names the segment in OFFER.  0, or -errno. */
PST_MUST_CHECK int pst_segment_inode(int segment_fd, uint64_t *ret_inode);

/*
 * Whether memory is allocated for every page.  With FUTURE_WRITE sealed this
 * stays true, since the seal also forbids punching holes.
 *
 * 1 yes, 0 no, or -errno.
 */
PST_MUST_CHECK int pst_segment_is_populated(int segment_fd,
					    size_t segment_bytes);

/* Mappings */

/*
 * Map the whole segment: its size is control_bytes + data_bytes, each a
 * multiple of the page, and data_bytes may be 0.  Mappings are never
 * executable, not inherited by a forked child, and not in core dumps.  The
 * descriptor may be closed afterwards.
 *
 * 0, -EINVAL for impossible sizes, -EACCES or -EPERM if a seal forbids it,
 * -ENOMEM, or as pst_kernel_error().
 */
PST_MUST_CHECK int
pst_segment_map_writable(int segment_fd, size_t control_bytes,
			 size_t data_bytes,
			 struct pst_segment_mapping *ret_mapping);
PST_MUST_CHECK int
pst_segment_map_readable(int segment_fd, size_t control_bytes,
			 size_t data_bytes,
			 struct pst_segment_mapping *ret_mapping);

/*
 * Allocate every page now, charged to this process, and enter it in the page
 * tables, mirror included, so that the data path causes no page fault.
 *
 * 0, -ENOMEM, -EFAULT if the memory does not exist (a shorter file, or a read
 * error), -EOPNOTSUPP, or as pst_kernel_error().
 */
PST_MUST_CHECK int
pst_segment_populate_for_writing(const struct pst_segment_mapping *mapping);
PST_MUST_CHECK int
pst_segment_populate_for_reading(const struct pst_segment_mapping *mapping);

/*
 * Empties the mapping; accepts an empty one.  Not in a forked child: the range
 * is not mapped there, and may have been mapped again for something else.
 */
void pst_segment_unmap(struct pst_segment_mapping *mapping);

#endif
