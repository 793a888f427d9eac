/* SPDX-License-Identifier: ISC */
/*
 * Segments as descriptors: created, accepted and refused ones
 *
 * A collection has every kind of descriptor that a peer could send instead of a
 * segment.  Exactly one combination of kind, seals, size, owner and access may
 * pass.
 */
#include "os/segment.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <postern/result.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define SEGMENT_BYTES (16u * 4096u)
#define ALL_SEALS 0x1f

static dev_t device;

static void setup(void)
{
	test_dir_setup();
	ck_assert_int_eq(pst_segment_device(&device), 0);
}

static struct pst_segment_expectation wanting(int seals)
{
	return (struct pst_segment_expectation) {
		.seals = seals,
		.device = device,
		.owner = geteuid(),
		.segment_bytes = SEGMENT_BYTES,
	};
}

/* A memfd of any size and seals, made without the code under test. */
static int make_memfd(unsigned flags, off_t bytes, int seals)
{
	int fd = memfd_create("foreign", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, bytes), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static enum pst_segment_fault fault_of(int fd, int seals)
{
	const struct pst_segment_expectation wanted = wanting(seals);

	return pst_segment_check(fd, &wanted);
}

START_TEST(created_segment_is_sparse_and_of_the_given_size)
{
	struct stat status;
	int fd;

	ck_assert_int_eq(pst_segment_create(SEGMENT_BYTES, test_features(),
					    &fd), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_int_eq(status.st_size, SEGMENT_BYTES);
	ck_assert_int_eq(status.st_blocks, 0);
	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	(void)close(fd);
}
END_TEST

START_TEST(created_segment_cannot_be_made_executable_where_the_kernel_can)
{
	int fd;

	SKIP_WITHOUT(POSTERN_FEATURE_NOEXEC_SEAL, "MFD_NOEXEC_SEAL");
	ck_assert_int_eq(pst_segment_create(SEGMENT_BYTES, test_features(),
					    &fd), 0);
	ck_assert_int_eq(fchmod(fd, 0777), -1);
	ck_assert_int_eq(errno, EPERM);
	(void)close(fd);
}
END_TEST

START_TEST(created_without_the_feature_it_lacks_only_the_exec_seal)
{
	int fd;

	ck_assert_int_eq(pst_segment_create(SEGMENT_BYTES, 0, &fd), 0);
	/* The host may add that one unasked (vm.memfd_noexec). */
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & ~F_SEAL_EXEC, 0);
	(void)close(fd);
}
END_TEST

START_TEST(create_refuses_sizes_that_are_no_whole_pages)
{
	int fd = -7;

	ck_assert_int_eq(pst_segment_create(0, 0, &fd), -EINVAL);
	ck_assert_int_eq(pst_segment_create(4095, 0, &fd), -EINVAL);
	ck_assert_int_eq(pst_segment_create(SIZE_MAX & ~(size_t)4095, 0, &fd),
			 -EINVAL);
	ck_assert_int_eq(fd, -7);
}
END_TEST

START_TEST(check_accepts_exactly_the_wanted_seals_with_or_without_exec)
{
	static const int wanted[] = {
		PST_SEGMENT_SEALS_OFFERED,
		PST_SEGMENT_SEALS_WRITER_DONE,
	};
	unsigned noexec = 0, passed_count = 0;
	enum pst_segment_fault fault;
	int fd, seals, i, round;

	if (test_features() & POSTERN_FEATURE_NOEXEC_SEAL)
		noexec = MFD_NOEXEC_SEAL;
	for (round = 0; round < 2; round++) {
		for (seals = 0; seals <= ALL_SEALS; seals++) {
			fd = make_memfd(round ? noexec : 0, SEGMENT_BYTES,
					seals);
			for (i = 0; i < 2; i++) {
				fault = fault_of(fd, wanted[i]);
				ck_assert_int_eq(fault, seals == wanted[i]
					? PST_SEGMENT_FAULT_NONE
					: PST_SEGMENT_FAULT_SEALS);
				passed_count += fault == PST_SEGMENT_FAULT_NONE;
			}
			(void)close(fd);
		}
	}
	ck_assert_uint_eq(passed_count, 4);
}
END_TEST

START_TEST(check_accepts_exactly_the_wanted_size)
{
	static const off_t sizes[] = {
		0, 1, 4095, 4096, SEGMENT_BYTES - 1, SEGMENT_BYTES + 1,
		SEGMENT_BYTES + 4096, 2 * SEGMENT_BYTES, (off_t)1 << 40,
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = make_memfd(0, sizes[i], PST_SEGMENT_SEALS_WRITER_DONE);
		ck_assert_int_eq(fault_of(fd, PST_SEGMENT_SEALS_WRITER_DONE),
				 PST_SEGMENT_FAULT_SIZE);
		(void)close(fd);
	}
}
END_TEST

START_TEST(check_refuses_another_owner)
{
	int fd;

	SKIP_UNLESS_ROOT();
	fd = make_memfd(0, SEGMENT_BYTES, PST_SEGMENT_SEALS_OFFERED);
	ck_assert_int_eq(fchown(fd, OTHER_UID_A, (gid_t)-1), 0);
	ck_assert_int_eq(fault_of(fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_OWNER);
	(void)close(fd);
}
END_TEST

static int reopen(int fd, int flags)
{
	char path[64];
	int again;

	ck_assert_int_gt(snprintf(path, sizeof(path), "/proc/self/fd/%d", fd),
			 0);
	again = open(path, flags | O_CLOEXEC);
	ck_assert_int_ge(again, 0);
	return again;
}

START_TEST(check_refuses_descriptors_that_cannot_both_read_and_write)
{
	int fd = make_memfd(0, SEGMENT_BYTES, PST_SEGMENT_SEALS_OFFERED);
	int read_fd, write_fd, path_fd;

	skip_unless(access("/proc/self/fd", F_OK) == 0,
		    "needs /proc/self/fd");
	read_fd = reopen(fd, O_RDONLY);
	write_fd = reopen(fd, O_WRONLY);
	path_fd = reopen(fd, O_PATH);
	ck_assert_int_eq(fault_of(fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_NONE);
	ck_assert_int_eq(fault_of(read_fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_ACCESS);
	ck_assert_int_eq(fault_of(write_fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_ACCESS);
	ck_assert_int_eq(fault_of(path_fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_NOT_SEALABLE);
	(void)close(fd);
	(void)close(read_fd);
	(void)close(write_fd);
	(void)close(path_fd);
}
END_TEST

/*
 * Files of other file systems that answer F_GET_SEALS get as far as their seals
 * let them; asked for those, they show the checks that come behind.
 */
START_TEST(check_refuses_named_and_foreign_files_even_with_the_right_seals)
{
	int named_fd, unnamed_fd;
	char path[64];

	ck_assert_int_gt(snprintf(path, sizeof(path), "/dev/shm/postern-test-%d",
				  (int)getpid()), 0);
	named_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (named_fd < 0) {
		fprintf(stderr, "SKIP: %s: needs /dev/shm\n", __func__);
		return;
	}
	ck_assert_int_eq(fault_of(named_fd, F_SEAL_SEAL),
			 PST_SEGMENT_FAULT_LINKED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(fault_of(named_fd, F_SEAL_SEAL),
			 PST_SEGMENT_FAULT_DEVICE);
	unnamed_fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(unnamed_fd, 0);
	ck_assert_int_eq(fault_of(unnamed_fd, F_SEAL_SEAL),
			 PST_SEGMENT_FAULT_DEVICE);
	ck_assert_int_eq(fault_of(unnamed_fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_SEALS);
	(void)close(named_fd);
	(void)close(unnamed_fd);
}
END_TEST

START_TEST(check_refuses_huge_pages)
{
	int fd = memfd_create("foreign", MFD_CLOEXEC | MFD_ALLOW_SEALING |
				     MFD_HUGETLB);

	if (fd < 0) {
		fprintf(stderr, "SKIP: %s: needs hugetlbfs\n", __func__);
		return;
	}
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, PST_SEGMENT_SEALS_OFFERED), 0);
	ck_assert_int_eq(fault_of(fd, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_DEVICE);
	(void)close(fd);
}
END_TEST

/* Opens animal number i; -1: not on this kernel, -2: there are no more. */
static int open_animal(int i)
{
	sigset_t no_signals;
	int pair[2];

	(void)sigemptyset(&no_signals);
	switch (i) {
	case 0:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 1:
		return open("/dev/zero", O_RDWR | O_CLOEXEC);
	case 2:
	case 3:
		ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
		(void)close(pair[i - 2]);
		return pair[3 - i];
	case 4:
		return eventfd(0, EFD_CLOEXEC);
	case 5:
	case 6:
		return socket(AF_UNIX, (i == 5 ? SOCK_STREAM : SOCK_SEQPACKET) |
			      SOCK_CLOEXEC, 0);
	case 7:
		return epoll_create1(EPOLL_CLOEXEC);
	case 8:
		return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	case 9:
		return signalfd(-1, &no_signals, SFD_CLOEXEC);
	case 10:
		return inotify_init1(IN_CLOEXEC);
	case 11:
		return pidfd_open(getpid(), 0);
	case 12:
		return open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case 13:
		return open(test_file("file", "", geteuid(), 0600),
			    O_RDWR | O_CLOEXEC);
	case 14:
		return open(test_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	case 15:
		return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	case 16:
		return open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	case 17:
		return memfd_create("foreign", MFD_CLOEXEC); /* unsealable */
	case 18:
#ifdef SYS_memfd_secret
		return (int)syscall(SYS_memfd_secret, O_CLOEXEC);
#else
		return -1;
#endif
	case 19:
		return open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	default:
		return -2;
	}
}

START_TEST(check_refuses_every_other_kind_of_descriptor_by_its_seals)
{
	size_t fd_count = test_fd_count();
	enum pst_segment_fault fault;
	int fd, i, seals, seen_count = 0;

	for (i = 0; (fd = open_animal(i)) != -2; i++) {
		if (fd < 0)
			continue;
		seen_count++;
		(void)!ftruncate(fd, SEGMENT_BYTES); /* where it can be */
		for (seals = 0; seals <= ALL_SEALS; seals++) {
			if (seals == F_SEAL_SEAL)
				continue; /* the answer of files without
					   * seals */
			fault = fault_of(fd, seals);
			ck_assert_msg(fault == PST_SEGMENT_FAULT_NOT_SEALABLE ||
				      fault == PST_SEGMENT_FAULT_SEALS,
				      "animal %d, seals %d: fault %d", i, seals,
				      (int)fault);
		}
		(void)close(fd);
	}
	ck_assert_int_ge(seen_count, 16);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(check_refuses_an_invalid_descriptor)
{
	ck_assert_int_eq(fault_of(-1, PST_SEGMENT_SEALS_OFFERED),
			 PST_SEGMENT_FAULT_NOT_SEALABLE);
}
END_TEST

START_TEST(sealed_segment_cannot_be_changed)
{
	char byte = 'x';
	int fd, again_fd;

	skip_unless(access("/proc/self/fd", F_OK) == 0,
		    "needs /proc/self/fd");
	fd = make_memfd(0, SEGMENT_BYTES, PST_SEGMENT_SEALS_WRITER_DONE);
	ck_assert_int_eq(pst_segment_add_seals(fd, F_SEAL_WRITE), -EPERM);
	ck_assert_int_eq(write(fd, &byte, 1), -1);
	ck_assert_int_eq(pwrite(fd, &byte, 1, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 2 * SEGMENT_BYTES), -1);
	ck_assert_int_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				       FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
	again_fd = reopen(fd, O_RDWR);
	ck_assert_int_eq(write(again_fd, &byte, 1), -1);
	(void)close(again_fd);
	(void)close(fd);
}
END_TEST

START_TEST(set_access_gives_mode_and_group)
{
	struct stat status;
	int fd;

	SKIP_UNLESS_ROOT();
	fd = make_memfd(0, SEGMENT_BYTES, PST_SEGMENT_SEALS_WRITER_DONE);
	ck_assert_int_eq(pst_segment_set_access(fd, 0660, OTHER_UID_A), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0660);
	ck_assert_uint_eq(status.st_gid, OTHER_UID_A);

	ck_assert_int_eq(pst_segment_set_access(fd, 0600, (gid_t)-1), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	ck_assert_uint_eq(status.st_gid, OTHER_UID_A);
	(void)close(fd);
}
END_TEST

static int give_foreign_group(void *argument)
{
	int fd = make_memfd(0, SEGMENT_BYTES, 0);

	(void)argument;
	return pst_segment_set_access(fd, 0660, OTHER_UID_B) == -EPERM ? 0 : 1;
}

START_TEST(set_access_reports_a_group_that_is_not_ours_to_give)
{
	const struct other_user user = {OTHER_UID_A, OTHER_UID_A, NULL, 0};

	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(other_user_run(&user, give_foreign_group, NULL), 0);
}
END_TEST

START_TEST(populated_means_every_page)
{
	int fd = make_memfd(0, SEGMENT_BYTES, 0);

	ck_assert_int_eq(fallocate(fd, 0, 0, SEGMENT_BYTES - 4096), 0);
	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 0);
	ck_assert_int_eq(fallocate(fd, 0, 0, SEGMENT_BYTES), 0);
	ck_assert_int_eq(pst_segment_is_populated(fd, SEGMENT_BYTES), 1);
	(void)close(fd);
	ck_assert_int_eq(pst_segment_is_populated(-1, SEGMENT_BYTES), -EBADF);
}
END_TEST

START_TEST(inode_tells_segments_apart)
{
	int first_fd = make_memfd(0, SEGMENT_BYTES, 0);
	int second_fd = make_memfd(0, SEGMENT_BYTES, 0);
	uint64_t first, second, again;

	ck_assert_int_eq(pst_segment_inode(first_fd, &first), 0);
	ck_assert_int_eq(pst_segment_inode(second_fd, &second), 0);
	ck_assert_int_eq(pst_segment_inode(first_fd, &again), 0);
	ck_assert_uint_ne(first, second);
	ck_assert_uint_eq(first, again);
	(void)close(first_fd);
	(void)close(second_fd);
}
END_TEST

START_TEST(finish_seals_sets_mode_and_returns_inode)
{
	int fd = make_memfd(0, SEGMENT_BYTES, 0);
	struct stat status;
	uint64_t inode;

	ck_assert_int_eq(pst_segment_finish(fd, PST_SEGMENT_SEALS_WRITER_DONE,
					    (gid_t)-1, &inode), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, PST_SEGMENT_MODE);
	ck_assert_uint_eq(status.st_ino, inode);
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS), PST_SEGMENT_SEALS_WRITER_DONE);
	ck_assert_int_lt(pst_segment_finish(fd, 0, (gid_t)-1, &inode), 0);
	(void)close(fd);
}
END_TEST

START_TEST(every_fault_has_a_text_of_its_own)
{
	int one, other;

	for (one = PST_SEGMENT_FAULT_NONE; one <= PST_SEGMENT_FAULT_ACCESS;
	     one++) {
		for (other = one + 1; other <= PST_SEGMENT_FAULT_ACCESS;
		     other++)
			ck_assert_str_ne(
				pst_segment_fault_text(
					(enum pst_segment_fault)one),
				pst_segment_fault_text(
					(enum pst_segment_fault)other));
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = test_dir_teardown);
}
