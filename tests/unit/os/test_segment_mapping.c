/* SPDX-License-Identifier: ISC */
/* Segments as memory: the mirror, and the permission to write */
#include "os/segment.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define CONTROL_BYTES 4096u
#define DATA_BYTES (8u * 4096u)
#define SEGMENT_BYTES (CONTROL_BYTES + DATA_BYTES)
#define MAPPED_BYTES (CONTROL_BYTES + 2 * DATA_BYTES)

static int make_segment(void)
{
	int fd;

	ck_assert_int_eq(pst_segment_create(SEGMENT_BYTES, test_features(),
					    &fd), 0);
	return fd;
}

static struct pst_segment_mapping map_writable(int fd)
{
	struct pst_segment_mapping mapping;

	ck_assert_int_eq(pst_segment_map_writable(fd, CONTROL_BYTES, DATA_BYTES,
						  &mapping), 0);
	return mapping;
}

static struct pst_segment_mapping map_readable(int fd)
{
	struct pst_segment_mapping mapping;

	ck_assert_int_eq(pst_segment_map_readable(fd, CONTROL_BYTES, DATA_BYTES,
						  &mapping), 0);
	return mapping;
}

/*
 * The compiler assumes that the two views are different memory: make it read
 * again.
 */
static void forget_values(void)
{
	__asm__ volatile("" ::: "memory");
}

static bool is_mapped(void *address)
{
	unsigned char residency;

	return mincore(address, 1, &residency) == 0;
}

START_TEST(bytes_behind_the_ring_are_its_beginning)
{
	struct pst_segment_mapping mapping = map_writable(make_segment());
	size_t i;

	for (i = 0; i < DATA_BYTES; i++)
		mapping.data[i] = (uint8_t)(i * 7 + i / 256);
	forget_values();
	ck_assert_int_eq(memcmp(mapping.data, mapping.data + DATA_BYTES,
				DATA_BYTES), 0);
	memcpy(mapping.data + DATA_BYTES - 3, "abcdef", 6);
	forget_values();
	ck_assert_int_eq(memcmp(mapping.data, "def", 3), 0);
	pst_segment_unmap(&mapping);
}
END_TEST

START_TEST(control_precedes_the_ring)
{
	struct pst_segment_mapping mapping = map_writable(make_segment());

	ck_assert_ptr_eq(mapping.data, mapping.control + CONTROL_BYTES);
	memset(mapping.control, 0xaa, CONTROL_BYTES);
	forget_values();
	ck_assert_uint_eq(mapping.data[0], 0);
	ck_assert_uint_eq(mapping.data[DATA_BYTES], 0);
	memset(mapping.data, 0x55, DATA_BYTES);
	forget_values();
	ck_assert_uint_eq(mapping.control[CONTROL_BYTES - 1], 0xaa);
	pst_segment_unmap(&mapping);
}
END_TEST

START_TEST(reader_sees_the_bytes_of_the_writer)
{
	int fd = make_segment();
	struct pst_segment_mapping writable = map_writable(fd);
	struct pst_segment_mapping readable;

	ck_assert_int_eq(pst_segment_add_seals(fd,
					       PST_SEGMENT_SEALS_WRITER_DONE),
			 0);
	readable = map_readable(fd);
	(void)close(fd);
	memcpy(writable.data + DATA_BYTES - 2, "over", 4);
	forget_values();
	ck_assert_int_eq(memcmp(readable.data + DATA_BYTES - 2, "over", 4), 0);
	pst_segment_unmap(&writable);
	pst_segment_unmap(&readable);
}
END_TEST

START_TEST(without_a_ring_there_is_only_control)
{
	struct pst_segment_mapping mapping;
	int fd;

	ck_assert_int_eq(pst_segment_create(CONTROL_BYTES, 0, &fd), 0);
	ck_assert_int_eq(pst_segment_map_writable(fd, CONTROL_BYTES, 0,
						  &mapping), 0);
	ck_assert_ptr_null(mapping.data);
	ck_assert_uint_eq(mapping.data_bytes, 0);
	mapping.control[CONTROL_BYTES - 1] = 1;
	pst_segment_unmap(&mapping);
	(void)close(fd);
}
END_TEST

START_TEST(sealed_mapping_cannot_be_made_writable)
{
	int fd = make_segment();
	struct pst_segment_mapping writable = map_writable(fd);
	struct pst_segment_mapping readable, refused = {0};
	char permissions[5];

	skip_unless(access("/proc/self/smaps", R_OK) == 0,
		    "needs /proc/self/smaps");
	ck_assert_int_eq(pst_segment_add_seals(fd,
					       PST_SEGMENT_SEALS_WRITER_DONE),
			 0);
	readable = map_readable(fd);
	test_vm_permissions(readable.control, permissions);
	ck_assert_str_eq(permissions, "r--s");
	test_vm_permissions(readable.data + DATA_BYTES, permissions);
	ck_assert_str_eq(permissions, "r--s");
	ck_assert_int_eq(mprotect(readable.control, SEGMENT_BYTES,
				  PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(mprotect(readable.data + DATA_BYTES, DATA_BYTES,
				  PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(pst_segment_map_writable(fd, CONTROL_BYTES, DATA_BYTES,
						  &refused), -EPERM);
	ck_assert_ptr_null(refused.control);
	pst_segment_unmap(&readable);
	pst_segment_unmap(&writable);
	(void)close(fd);
}
END_TEST

/* Why the order is law: should this ever fail, the law can be relaxed. */
START_TEST(mapping_made_before_the_seal_can_be_made_writable)
{
	int fd = make_segment();
	struct pst_segment_mapping early = map_readable(fd);

	ck_assert_int_eq(pst_segment_add_seals(fd,
					       PST_SEGMENT_SEALS_WRITER_DONE),
			 0);
	ck_assert_int_eq(mprotect(early.control, SEGMENT_BYTES,
				  PROT_READ | PROT_WRITE), 0);
	pst_segment_unmap(&early);
	(void)close(fd);
}
END_TEST

START_TEST(mapping_is_never_executable_and_not_dumped)
{
	struct pst_segment_mapping mapping;
	char permissions[5];

	skip_unless(access("/proc/self/smaps", R_OK) == 0,
		    "needs /proc/self/smaps");
	mapping = map_writable(make_segment());
	test_vm_permissions(mapping.data, permissions);
	ck_assert_str_eq(permissions, "rw-s");
	ck_assert(test_has_vm_flag(mapping.control, "dd"));
	ck_assert(test_has_vm_flag(mapping.data, "dd"));
	ck_assert(test_has_vm_flag(mapping.data + DATA_BYTES, "dd"));
	pst_segment_unmap(&mapping);
}
END_TEST

static int count_mapped_pages(void *argument)
{
	const struct pst_segment_mapping *mapping = argument;
	int mapped_count = 0;
	size_t offset;

	for (offset = 0; offset < MAPPED_BYTES; offset += 4096)
		mapped_count += is_mapped(mapping->control + offset);
	return mapped_count;
}

START_TEST(forked_child_has_no_page_of_it)
{
	struct pst_segment_mapping mapping = map_writable(make_segment());

	ck_assert_int_eq(count_mapped_pages(&mapping), MAPPED_BYTES / 4096);
	ck_assert_int_eq(other_user_run(NULL, count_mapped_pages, &mapping), 0);
	pst_segment_unmap(&mapping);
}
END_TEST

START_TEST(populate_for_writing_allocates_every_page)
{
	int fd = make_segment();
	struct pst_segment_mapping mapping = map_writable(fd);

	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 0);
	ck_assert_int_eq(pst_segment_populate_for_writing(&mapping), 0);
	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 1);
	pst_segment_unmap(&mapping);
	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 1);
	(void)close(fd);
}
END_TEST

START_TEST(populate_for_reading_allocates_every_page_of_a_sealed_segment)
{
	int fd = make_segment();
	struct pst_segment_mapping mapping;

	ck_assert_int_eq(pst_segment_add_seals(fd,
					       PST_SEGMENT_SEALS_WRITER_DONE),
			 0);
	mapping = map_readable(fd);
	ck_assert_int_eq(pst_segment_populate_for_reading(&mapping), 0);
	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 1);
	pst_segment_unmap(&mapping);
	(void)close(fd);
}
END_TEST

START_TEST(populate_reports_a_file_that_is_too_short)
{
	struct pst_segment_mapping mapping;
	int fd;

	ck_assert_int_eq(pst_segment_create(CONTROL_BYTES, 0, &fd), 0);
	mapping = map_writable(fd);
	ck_assert_int_eq(pst_segment_populate_for_writing(&mapping), -EFAULT);
	ck_assert_int_eq(pst_segment_populate_for_reading(&mapping), -EFAULT);
	pst_segment_unmap(&mapping);
	(void)close(fd);
}
END_TEST

START_TEST(map_refuses_sizes_that_cannot_be)
{
	struct pst_segment_mapping mapping = {.control_bytes = 7};
	int fd = make_segment();
	static const struct {
		size_t control_bytes, data_bytes;
	} sizes[] = {
		{0, DATA_BYTES},
		{1, DATA_BYTES},
		{CONTROL_BYTES, 1},
		{CONTROL_BYTES, DATA_BYTES + 8},
		{CONTROL_BYTES + 8, DATA_BYTES - 8},
		{CONTROL_BYTES, (SIZE_MAX / 2 + 1) & ~(size_t)4095},
		{SIZE_MAX & ~(size_t)4095, 4096},
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_int_eq(
			pst_segment_map_writable(fd, sizes[i].control_bytes,
						 sizes[i].data_bytes, &mapping),
			-EINVAL);
		ck_assert_int_eq(
			pst_segment_map_readable(fd, sizes[i].control_bytes,
						 sizes[i].data_bytes, &mapping),
			-EINVAL);
	}
	ck_assert_uint_eq(mapping.control_bytes, 7);
	(void)close(fd);
}
END_TEST

START_TEST(failed_map_leaves_nothing_mapped)
{
	struct pst_segment_mapping mapping = {0};
	int pipe_fds[2];
	void *before, *after;

	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	before = mmap(NULL, MAPPED_BYTES, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_int_eq(munmap(before, MAPPED_BYTES), 0);
	ck_assert_int_lt(pst_segment_map_readable(pipe_fds[0], CONTROL_BYTES,
						  DATA_BYTES, &mapping), 0);
	after = mmap(NULL, MAPPED_BYTES, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_eq(before, after);
	ck_assert_ptr_null(mapping.control);
}
END_TEST

START_TEST(unmap_empties_and_accepts_the_empty)
{
	struct pst_segment_mapping mapping = map_writable(make_segment());
	uint8_t *control = mapping.control;

	pst_segment_unmap(&mapping);
	ck_assert_ptr_null(mapping.control);
	ck_assert_uint_eq(mapping.control_bytes, 0);
	ck_assert(!is_mapped(control));
	ck_assert(!is_mapped(control + MAPPED_BYTES - 4096));
	pst_segment_unmap(&mapping);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
