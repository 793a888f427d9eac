/* SPDX-License-Identifier: ISC */
/*
 * Memory that a forked child sees as zero
 *
 * The pages are anonymous and separate from the heap: MADV_WIPEONFORK works on
 * whole private pages and would wipe neighbouring objects.  If the kernel
 * refuses the mark, no memory is returned, since a child could not be detected.
 */
#include "os/fork_guard.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bounds.h"

static size_t whole_pages(size_t byte_count)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t aligned_bytes;

	if (pst_bounds_align_up(byte_count, page_bytes, &aligned_bytes) < 0)
		return 0;
	return (size_t)aligned_bytes;
}

void *pst_fork_guard_new(size_t byte_count)
{
	size_t mapped_bytes = whole_pages(byte_count);
	void *memory;

	if (mapped_bytes == 0)
		return NULL;
	memory = mmap(NULL, mapped_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, mapped_bytes, MADV_WIPEONFORK) < 0 ||
	    madvise(memory, mapped_bytes, MADV_DONTDUMP) < 0) {
		(void)munmap(memory, mapped_bytes);
		return NULL;
	}
	return memory;
}

void *pst_fork_guard_free(void *memory, size_t byte_count)
{
	if (memory)
		(void)munmap(memory, whole_pages(byte_count));
	return NULL;
}
