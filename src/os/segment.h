/* SPDX-License-Identifier: ISC */
/*
 * Segments: sealed memfds with one writer, and their mappings
 *
 * The order is law.  A read-only shared mapping made before F_SEAL_FUTURE_WRITE
 * can be made writable by mprotect(); one made after it cannot.  So:
 *
 *   the writer   map_writable, (populate_for_writing), add_seals WRITER_DONE
 *   the reader   check for WRITER_DONE, then map_readable, (populate)
 *
 * and a descriptor that came from somebody else is looked at by nothing but
 * pst_segment_check() until that has passed.
 *
 * This layer reports: which seals and which sizes are wanted is said by the
 * caller.
 */
#ifndef POSTERN_OS_SEGMENT_H
#define POSTERN_OS_SEGMENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "os/kernel.h"

/* Neither shorter nor longer: the node's part of the seals of S_c. */
#define PST_SEGMENT_SEALS_OFFERED (F_SEAL_SHRINK | F_SEAL_GROW)

/*
 * Nobody gets a new writable mapping, not even by mprotect(), and the set is
 * final.  F_SEAL_WRITE is not in it: it would bar the writer as well.
 */
#define PST_SEGMENT_SEALS_WRITER_DONE \
	(PST_SEGMENT_SEALS_OFFERED | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

/* Of a segment that is passed on: the owner and the group read and write. */
#define PST_SEGMENT_MODE 0660

/*
 * The first thing that is wrong with a segment, in the order of the checks.
 * SEALS comes first because only this question never reaches a foreign file
 * system, where the mere asking could be made to hang.
 */
enum pst_segment_fault {
	PST_SEGMENT_FAULT_NONE = 0,
	PST_SEGMENT_FAULT_NOT_SEALABLE, /* not a memfd: no seals to ask for */
	PST_SEGMENT_FAULT_SEALS,        /* not exactly the wanted ones */
	PST_SEGMENT_FAULT_STAT,         /* fstat() failed */
	PST_SEGMENT_FAULT_TYPE,         /* not a regular file */
	PST_SEGMENT_FAULT_LINKED,       /* it has a name somewhere */
	PST_SEGMENT_FAULT_DEVICE,       /* not where our own memfds live */
	PST_SEGMENT_FAULT_OWNER,
	PST_SEGMENT_FAULT_SIZE,
	PST_SEGMENT_FAULT_ACCESS,       /* not open for reading and writing */
};

struct pst_segment_expectation {
	int seals;              /* exactly these, F_SEAL_EXEC aside */
	dev_t device;           /* of pst_segment_device() */
	uid_t owner;
	size_t segment_bytes;
};

/*
 * control_bytes of words, then data_bytes of ring, then the same data_bytes
 * once more, so that no record is ever split.  Empty: all zero.  The memory of
 * a readable mapping is read-only; a write to it ends the process.
 */
struct pst_segment_mapping {
	uint8_t *control;
	uint8_t *data;          /* NULL if data_bytes is 0 */
	size_t control_bytes;
	size_t data_bytes;
};

/* -- descriptors ---------------------------------------------------------- */

/*
 * The device of this kernel's memfds, as of now; asked once for a node or a
 * connection.  0, or -errno.
 */
PST_MUST_CHECK int pst_segment_device(dev_t *ret_device);

/*
 * A new memfd: close-on-exec, sealable, never executable where the kernel can
 * say so (features: POSTERN_FEATURE_NOEXEC_SEAL), of the given size, a multiple
 * of the page, and sparse: it costs nobody memory yet.
 *
 * 0, -EINVAL, or the kernel's -errno.
 */
PST_MUST_CHECK int pst_segment_create(size_t segment_bytes, uint32_t features,
				      int *ret_fd);

/* The same, but for what /proc calls it; the others are "postern". */
PST_MUST_CHECK int pst_segment_create_named(const char *name,
					    size_t segment_bytes,
					    uint32_t features, int *ret_fd);

/* 0, or -errno. */
PST_MUST_CHECK int pst_segment_add_seals(int segment_fd, int seals);

/* group (gid_t)-1: stays.  The group is set before the mode.  0, or -errno. */
PST_MUST_CHECK int pst_segment_set_access(int segment_fd, mode_t mode,
					  gid_t group);

/*
 * The last step before another process receives the descriptor: add these seals,
 * set PST_SEGMENT_MODE and the group, and return the inode.  The creator has
 * mapped the segment before if it is to write to it.  0, or -errno.
 */
PST_MUST_CHECK int pst_segment_finish(int segment_fd, int seals, gid_t group,
				      uint64_t *ret_inode);

/* PST_SEGMENT_FAULT_NONE (0), or what is wrong with it. */
PST_MUST_CHECK enum pst_segment_fault
pst_segment_check(int segment_fd, const struct pst_segment_expectation *wanted);

/* A few words for a record ("wrong seals").  Never NULL. */
const char *pst_segment_fault_text(enum pst_segment_fault fault);

/* The inode number, to name the segment in OFFER.  0, or -errno. */
PST_MUST_CHECK int pst_segment_inode(int segment_fd, uint64_t *ret_inode);

/*
 * Whether every page has been paid for.  With FUTURE_WRITE sealed this stays
 * true, since that forbids punching holes too.
 *
 * 1 yes, 0 no, or -errno.
 */
PST_MUST_CHECK int pst_segment_is_populated(int segment_fd,
					    size_t segment_bytes);

/* -- mappings ------------------------------------------------------------- */

/*
 * Map the segment whole: control_bytes + data_bytes is its size, each a
 * multiple of the page, and data_bytes may be 0.  Mappings are never
 * executable, not inherited by a forked child, and not in core dumps.  The
 * descriptor may be closed afterwards.
 *
 * 0, -EINVAL for sizes that cannot be, -EACCES or -EPERM where a seal forbids
 * it, -ENOMEM, or as pst_kernel_error().
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
 * Allocate every page now, at this process's charge, and enter it in the page
 * tables, mirror included, so that nothing on the data path faults.
 *
 * 0, -ENOMEM, -EFAULT if the memory is not there (a shorter file, or one that
 * fails to be read), -EOPNOTSUPP, or as pst_kernel_error().
 */
PST_MUST_CHECK int
pst_segment_populate_for_writing(const struct pst_segment_mapping *mapping);
PST_MUST_CHECK int
pst_segment_populate_for_reading(const struct pst_segment_mapping *mapping);

/*
 * Empties the mapping; accepts an empty one.  Not in a forked child: the range
 * is not mapped there, and may be somebody else's by now.
 */
void pst_segment_unmap(struct pst_segment_mapping *mapping);

#endif
