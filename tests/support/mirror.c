/* SPDX-License-Identifier: ISC */
/*
 * Mirrored mappings for tests
 */
#include "support/mirror.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_PAGES 16

static void map_part(int memory_fd, uint8_t *address, size_t byte_count,
		     size_t offset_bytes)
{
	void *mapped = mmap(address, byte_count, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, memory_fd,
			    (off_t)offset_bytes);

	if (mapped != address)
		abort();
}

void mirror_init(struct mirror *mirror, size_t data_bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t guard_bytes = GUARD_PAGES * page_bytes;
	size_t reservation_bytes = 2 * guard_bytes + page_bytes +
				   2 * data_bytes;
	int memory_fd = memfd_create("mirror", MFD_CLOEXEC);
	void *reservation = mmap(NULL, reservation_bytes, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				 -1, 0);
	uint8_t *control;

	if (memory_fd < 0 || reservation == MAP_FAILED ||
	    ftruncate(memory_fd, (off_t)(page_bytes + data_bytes)) != 0)
		abort();

	control = (uint8_t *)reservation + guard_bytes;
	map_part(memory_fd, control, page_bytes, 0);
	if (data_bytes != 0) {
		map_part(memory_fd, control + page_bytes, data_bytes,
			 page_bytes);
		map_part(memory_fd, control + page_bytes + data_bytes,
			 data_bytes, page_bytes);
	}
	(void)close(memory_fd);

	*mirror = (struct mirror) {
		.control = control,
		.data = data_bytes != 0 ? control + page_bytes : NULL,
		.control_bytes = page_bytes,
		.data_bytes = data_bytes,
		.reservation = reservation,
		.reservation_bytes = reservation_bytes,
	};
}

void mirror_done(struct mirror *mirror)
{
	if (mirror->reservation != NULL)
		(void)munmap(mirror->reservation, mirror->reservation_bytes);
	*mirror = (struct mirror) { 0 };
}
