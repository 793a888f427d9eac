/* SPDX-License-Identifier: ISC */
/*
 * Segments: mapping them, the ring twice
 *
 * One reservation is made first, and the file is mapped over it.  So the second
 * view of the ring follows the first directly, whatever else the process maps
 * meanwhile, and a record at the end of the ring is contiguous in memory.
 */
#include "os/segment.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bounds.h"
#include "base/kernel_error.h"

static size_t mapped_bytes(const struct pst_segment_mapping *mapping)
{
	return mapping->control_bytes + 2 * mapping->data_bytes;
}

static bool has_possible_sizes(size_t control_bytes, size_t data_bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t both_bytes, all_bytes;

	return control_bytes > 0 && control_bytes % page_bytes == 0 &&
	       data_bytes % page_bytes == 0 &&
	       pst_bounds_mul(data_bytes, 2, &both_bytes) == 0 &&
	       pst_bounds_add(both_bytes, control_bytes, &all_bytes) == 0;
}

/* EAGAIN: all mappings are locked, and RLIMIT_MEMLOCK is reached. */
static int map_error(int protection)
{
	if (errno == EAGAIN)
		return -ENOMEM;
	/* A seal forbids it. */
	if ((protection & PROT_WRITE) && (errno == EPERM || errno == EACCES))
		return -errno;
	return pst_kernel_error(PST_CALL_MMAP, errno);
}

static int map_views(int segment_fd, int protection,
		     const struct pst_segment_mapping *mapping)
{
	size_t file_bytes = mapping->control_bytes + mapping->data_bytes;
	uint8_t *mirror = mapping->control + file_bytes;

	if (mmap(mapping->control, file_bytes, protection,
		 MAP_SHARED | MAP_FIXED, segment_fd, 0) == MAP_FAILED)
		return map_error(protection);
	if (mapping->data_bytes > 0 &&
	    mmap(mirror, mapping->data_bytes, protection,
		 MAP_SHARED | MAP_FIXED, segment_fd,
		 (off_t)mapping->control_bytes) == MAP_FAILED)
		return map_error(protection);
	if (madvise(mapping->control, mapped_bytes(mapping),
		    MADV_DONTFORK) < 0 ||
	    madvise(mapping->control, mapped_bytes(mapping),
		    MADV_DONTDUMP) < 0)
		return pst_kernel_error(PST_CALL_MADVISE, errno);
	return 0;
}

static int map_segment(int segment_fd, int protection, size_t control_bytes,
		       size_t data_bytes,
		       struct pst_segment_mapping *ret_mapping)
{
	struct pst_segment_mapping mapping = {
		.control_bytes = control_bytes,
		.data_bytes = data_bytes,
	};
	void *reservation;
	int r;

	if (!has_possible_sizes(control_bytes, data_bytes))
		return -EINVAL;
	reservation = mmap(NULL, mapped_bytes(&mapping), PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reservation == MAP_FAILED)
		return map_error(PROT_NONE);
	mapping.control = reservation;
	if (data_bytes > 0)
		mapping.data = mapping.control + control_bytes;

	r = map_views(segment_fd, protection, &mapping);
	if (r < 0) {
		pst_segment_unmap(&mapping);
		return r;
	}
	*ret_mapping = mapping;
	return 0;
}

int pst_segment_map_writable(int segment_fd, size_t control_bytes,
			     size_t data_bytes,
			     struct pst_segment_mapping *ret_mapping)
{
	return map_segment(segment_fd, PROT_READ | PROT_WRITE, control_bytes,
			   data_bytes, ret_mapping);
}

int pst_segment_map_readable(int segment_fd, size_t control_bytes,
			     size_t data_bytes,
			     struct pst_segment_mapping *ret_mapping)
{
	return map_segment(segment_fd, PROT_READ, control_bytes, data_bytes,
			   ret_mapping);
}

/* A call that a signal interrupts has done a part; repeat it for the rest. */
static int populate(const struct pst_segment_mapping *mapping, int advice)
{
	while (madvise(mapping->control, mapped_bytes(mapping), advice) < 0) {
		if (errno == EINVAL)
			return -EOPNOTSUPP; /* before Linux 5.14 */
		if (errno == EFAULT)
			return -EFAULT;
		if (errno != EINTR)
			return pst_kernel_error(PST_CALL_MADVISE, errno);
	}
	return 0;
}

int pst_segment_populate_for_writing(const struct pst_segment_mapping *mapping)
{
	return populate(mapping, MADV_POPULATE_WRITE);
}

int pst_segment_populate_for_reading(const struct pst_segment_mapping *mapping)
{
	return populate(mapping, MADV_POPULATE_READ);
}

void pst_segment_unmap(struct pst_segment_mapping *mapping)
{
	if (mapping->control)
		(void)munmap(mapping->control, mapped_bytes(mapping));
	*mapping = (struct pst_segment_mapping) {0};
}
