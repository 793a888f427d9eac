/* SPDX-License-Identifier: ISC */
/*
 * Secret files: created as a whole or not at all, and read only if they are
 * private
 */
#include "os/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define READER OTHER_UID_A

static struct pst_path_fault fault;
static char room[16];
static size_t byte_count;

static int create(const char *path, const char *text)
{
	return pst_secret_file_create(path, geteuid(), text, strlen(text),
				      &fault);
}

static int read_as(const char *path, uid_t reader)
{
	memset(room, '-', sizeof(room));
	byte_count = 99;
	fault = (struct pst_path_fault) {.kind = PST_PATH_FAULT_NONE};
	return pst_secret_file_read(path, reader, room, sizeof(room),
				    &byte_count, &fault);
}

static void expect_absent(const char *path)
{
	struct stat status;

	ck_assert_int_eq(lstat(path, &status), -1);
	ck_assert_int_eq(errno, ENOENT);
}

START_TEST(created_file_is_ours_alone_whatever_the_umask)
{
	static const mode_t masks[] = {0, 022, 077, 0277, 0777};
	const char *path = test_path("key");
	struct stat status;
	mode_t before;
	size_t i;

	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		before = umask(masks[i]);
		ck_assert_int_eq(create(path, "a secret"), 0);
		(void)umask(before);
		ck_assert_int_eq(lstat(path, &status), 0);
		ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
		ck_assert_uint_eq(status.st_uid, geteuid());
		ck_assert_int_eq(status.st_size, 8);
		ck_assert_int_eq(read_as(path, geteuid()), 0);
		ck_assert_uint_eq(byte_count, 8);
		ck_assert_mem_eq(room, "a secret-", 9);
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

START_TEST(created_file_has_no_acl_from_its_directory)
{
	const char *path = test_path("key");
	struct stat status;

	if (!test_dir_set_default_acl(OTHER_UID_A)) {
		fprintf(stderr, "SKIP: %s: needs a file system with ACLs\n",
			__func__);
		return;
	}
	ck_assert_int_eq(create(path, "a secret"), 0);
	ck_assert(!test_has_acl(path));
	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
}
END_TEST

START_TEST(existing_file_is_not_overwritten)
{
	const char *path = test_file("key", "old", geteuid(), 0600);

	ck_assert_int_eq(create(path, "new"), -EEXIST);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_EXISTS);
	ck_assert_int_eq(read_as(path, geteuid()), 0);
	ck_assert_mem_eq(room, "old", 3);
	ck_assert_int_eq(symlink("elsewhere", test_path("link")), 0);
	ck_assert_int_eq(create(test_path("link"), "new"), -EEXIST);
	expect_absent(test_path("elsewhere"));
}
END_TEST

START_TEST(unfit_directories_get_no_secret)
{
	ck_assert_int_eq(create(test_path("none/key"), "x"), -ENOENT);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_MISSING);
	ck_assert_int_eq(chmod(test_dir, 0777), 0);
	ck_assert_int_eq(create(test_path("key"), "x"), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	expect_absent(test_path("key"));
	ck_assert_int_eq(create("", "x"), -EACCES);
	ck_assert_int_eq(create(test_path("."), "x"), -EACCES);
}
END_TEST

START_TEST(file_that_could_not_be_finished_is_removed)
{
	const char *path = test_path("key");
	struct rlimit limit = {.rlim_cur = 4, .rlim_max = RLIM_INFINITY};

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(create(path, "a secret"), -EFBIG);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_ERROR);
	expect_absent(path);
}
END_TEST

/* The limit is an error, not the end of the process. */
START_TEST(file_beyond_the_limit_of_size_raises_no_signal)
{
	const char *path = test_path("key");
	struct rlimit limit = {.rlim_cur = 4, .rlim_max = RLIM_INFINITY};
	int r;

	ck_assert(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	/* Check writes to a file of its own for each assertion. */
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
	r = create(path, "a secret");
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
	ck_assert_int_eq(r, -EFBIG);
	expect_absent(path);
}
END_TEST

/* The signal comes when it is written, and has no name yet. */
static int be_killed(void *argument)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsync, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};
	const struct rlimit no_core = {0, 0};

	if (setrlimit(RLIMIT_CORE, &no_core) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 1;
	return create(argument, "a secret") == 0 ? 2 : 3;
}

START_TEST(process_killed_during_create_leaves_no_file)
{
	char path[PST_PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s", test_path("key"));
	ck_assert_int_eq(other_user_run(NULL, be_killed, path), -SIGSYS);
	expect_absent(path);
}
END_TEST

START_TEST(only_a_file_that_is_closed_to_others_is_read)
{
	static const uid_t owners[] = {0, READER, OTHER_UID_B};
	const char *path;
	mode_t mode;
	size_t i;
	int r;

	SKIP_UNLESS_ROOT();
	for (i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		for (mode = 0; mode <= 0777; mode++) {
			path = test_file("key", "x", owners[i], mode);
			r = read_as(path, READER);
			if (owners[i] == OTHER_UID_B) {
				ck_assert_int_eq(r, -EACCES);
				ck_assert_int_eq(fault.kind,
						 PST_PATH_FAULT_OWNER);
			} else if (mode & 077) {
				ck_assert_int_eq(r, -EACCES);
				ck_assert_int_eq(fault.kind,
						 PST_PATH_FAULT_NOT_PRIVATE);
				ck_assert_uint_eq(byte_count, 99);
				ck_assert_int_eq(room[0], '-');
			} else {
				ck_assert_int_eq(r, 0);
				ck_assert_uint_eq(byte_count, 1);
			}
			ck_assert_int_eq(unlink(path), 0);
		}
	}
}
END_TEST

START_TEST(sentence_names_the_command_that_mends_it)
{
	char sentence[600], expected[600];
	const char *path;

	path = test_file("key", "x", geteuid(), 0644);
	ck_assert_int_eq(read_as(path, geteuid()), -EACCES);
	pst_path_fault_describe(&fault, geteuid(), sentence, sizeof(sentence));
	(void)snprintf(expected, sizeof(expected), "%s (mode 0644) is open to "
		       "group or others: chmod 600 %s", path, path);
	ck_assert_str_eq(sentence, expected);
}
END_TEST

START_TEST(longer_file_fills_the_buffer_only)
{
	struct {
		char room[4];
		char after[4];
	} memory = {"....", "..."};
	const char *path = test_file("key", "0123456789", geteuid(), 0600);

	ck_assert_int_eq(pst_secret_file_read(path, geteuid(), memory.room, 4,
					      &byte_count, &fault), 0);
	ck_assert_uint_eq(byte_count, 4);
	ck_assert_mem_eq(&memory, "0123...", 8);
}
END_TEST

/* An access list as the kernel takes it, with its entries in order. */
struct acl {
	uint32_t version;
	struct {
		uint16_t tag;
		uint16_t rights;
		uint32_t id;
	} entries[6];
};

/* A file of mode 0440 with a list, as systemd hands a credential to a service;
 * another user may be on the list too. */
static bool make_credential(uint16_t reader_rights, uint16_t group_rights,
			    uid_t other_user)
{
	const uint32_t none = UINT32_MAX;
	struct acl acl = {2,
			  {{0x01, 4, none},
			   {0x02, reader_rights, READER},
			   {0x04, group_rights, none},
			   {0x10, reader_rights | group_rights, none},
			   {0x20, 0, none}}};
	size_t entry_count = 5;
	const char *path;

	if (other_user != 0) {
		memmove(&acl.entries[3], &acl.entries[2],
			3 * sizeof(acl.entries[0]));
		acl.entries[2] = acl.entries[1];
		acl.entries[2].id = other_user;
		entry_count++;
	}
	path = test_file("credential", "x", geteuid(), 0400);
	return setxattr(path, "system.posix_acl_access", &acl,
			4 + entry_count * sizeof(acl.entries[0]), 0) == 0;
}

START_TEST(file_with_list_for_reader_alone_is_private)
{
	const char *path = test_path("credential");

	if (geteuid() != 0 || !make_credential(4, 0, 0)) {
		printf("SKIP: no access lists on this file system, or not "
		       "root\n");
		return;
	}
	ck_assert_int_eq(read_as(path, READER), 0);
	/* the list lets another user read than the one that asks */
	ck_assert_int_eq(read_as(path, READER + 1), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NOT_PRIVATE);
	ck_assert(make_credential(4, 4, 0));
	ck_assert_int_eq(read_as(path, READER), -EACCES);
	ck_assert(make_credential(4, 0, READER + 1));
	ck_assert_int_eq(read_as(path, READER), -EACCES);
	ck_assert(make_credential(6, 0, 0));
	ck_assert_int_eq(read_as(path, READER), -EACCES);
	/* the same mode without a list: a group may read */
	(void)test_file("plain", "x", geteuid(), 0440);
	ck_assert_int_eq(read_as(test_path("plain"), READER), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NOT_PRIVATE);
}
END_TEST

START_TEST(link_to_a_private_file_is_followed)
{
	(void)test_file("real", "x", geteuid(), 0600);
	ck_assert_int_eq(symlink("real", test_path("soft")), 0);
	ck_assert_int_eq(read_as(test_path("soft"), geteuid()), 0);
}
END_TEST

START_TEST(links_and_other_types_are_refused)
{
	(void)test_file("real", "x", geteuid(), 0600);
	ck_assert_int_eq(link(test_path("real"), test_path("hard")), 0);
	ck_assert_int_eq(mkfifo(test_path("fifo"), 0600), 0);
	ck_assert_int_eq(read_as(test_path("hard"), geteuid()), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_LINKS);
	ck_assert_int_eq(read_as(test_path("fifo"), geteuid()), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NOT_A_FILE);
	ck_assert_int_eq(read_as(test_path("none"), geteuid()), -ENOENT);
}
END_TEST

START_TEST(nothing_leaves_a_descriptor)
{
	size_t fd_count = test_fd_count();

	ck_assert_int_eq(create(test_path("key"), "x"), 0);
	(void)create(test_path("key"), "x");
	(void)create(test_path("none/key"), "x");
	(void)read_as(test_path("key"), geteuid());
	(void)read_as(test_file("open", "x", geteuid(), 0644), geteuid());
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = test_dir_setup,
			 .tear_down = test_dir_teardown);
}
