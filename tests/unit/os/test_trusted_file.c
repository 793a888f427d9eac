/* SPDX-License-Identifier: ISC */
/*
 * Trusted files: owner, mode, type, links, and every directory above
 */
#include "os/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define READER OTHER_UID_A

static struct pst_path_fault fault;
static struct pst_trusted_file file;

static int read_as(const char *path, uid_t reader, unsigned flags)
{
	int r;

	file = (struct pst_trusted_file) {0};
	r = pst_trusted_file_read(path, reader, flags, &file, &fault);
	ck_assert_int_eq(r == 0, file.bytes != NULL);
	return r;
}

static void assert_fault(const char *path, enum pst_path_fault_kind kind,
			 int result)
{
	ck_assert_int_eq(read_as(path, geteuid(), 0), result);
	ck_assert_int_eq(fault.kind, kind);
	ck_assert_str_eq(fault.path, path);
}

START_TEST(read_returns_the_terminated_content_and_owner)
{
	const char *path = test_file("a.conf", "line one\nline two\n", geteuid(),
				     0644);

	ck_assert_int_eq(read_as(path, geteuid(), 0), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NONE);
	ck_assert_uint_eq(file.byte_count, 18);
	ck_assert_str_eq(file.bytes, "line one\nline two\n");
	ck_assert_uint_eq(file.owner, geteuid());
	pst_trusted_file_done(&file);
	ck_assert_ptr_null(file.bytes);
	pst_trusted_file_done(&file);
}
END_TEST

START_TEST(empty_file_is_a_file)
{
	ck_assert_int_eq(read_as(test_file("empty", "", geteuid(), 0600),
				 geteuid(), 0), 0);
	ck_assert_uint_eq(file.byte_count, 0);
	ck_assert_str_eq(file.bytes, "");
	pst_trusted_file_done(&file);
}
END_TEST

START_TEST(file_must_be_owned_and_writable_by_root_or_reader_only)
{
	static const uid_t owners[] = {0, READER, OTHER_UID_B, 65534};
	static const mode_t modes[] = {0644, 0600, 0444, 0755, 0664, 0646, 0666,
				       0622, 0620, 0602};
	enum pst_path_fault_kind expected;
	const char *path;
	size_t i, k;
	int r;

	SKIP_UNLESS_ROOT();
	for (i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		for (k = 0; k < sizeof(modes) / sizeof(modes[0]); k++) {
			path = test_file("p.conf", "x", owners[i], modes[k]);
			r = read_as(path, READER, 0);
			expected = PST_PATH_FAULT_NONE;
			if (modes[k] & 0022)
				expected = PST_PATH_FAULT_WRITABLE;
			if (owners[i] != 0 && owners[i] != READER)
				expected = PST_PATH_FAULT_OWNER;
			ck_assert_msg(fault.kind == expected,
				      "uid %u, mode %o: fault %d", owners[i],
				      (unsigned)modes[k], (int)fault.kind);
			ck_assert_int_eq(r, expected ? -EACCES : 0);
			if (r == 0)
				ck_assert_uint_eq(file.owner, owners[i]);
			pst_trusted_file_done(&file);
		}
	}
}
END_TEST

START_TEST(other_types_of_file_are_refused_without_waiting)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *path = test_path("socket");

	ck_assert_int_eq(mkfifo(test_path("fifo"), 0600), 0);
	ck_assert_int_eq(mkdir(test_path("dir"), 0755), 0);
	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	ck_assert_int_eq(bind(socket_fd, (const struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);

	assert_fault(test_path("fifo"), PST_PATH_FAULT_NOT_A_FILE, -EACCES);
	assert_fault(test_path("dir"), PST_PATH_FAULT_NOT_A_FILE, -EACCES);
	assert_fault(test_path("socket"), PST_PATH_FAULT_NOT_A_FILE, -EACCES);
	assert_fault("/dev/null", PST_PATH_FAULT_NOT_A_FILE, -EACCES);
	(void)close(socket_fd);
}
END_TEST

/* The fault is at a path on the way. */
#define assert_fault_at(file_name, wanted_kind, wanted_path) \
	do { \
		ck_assert_int_lt(read_as(test_path(file_name), geteuid(), 0), \
				 0); \
		ck_assert_int_eq(fault.kind, wanted_kind); \
		ck_assert_str_eq(fault.path, test_path(wanted_path)); \
	} while (0)

START_TEST(chain_of_own_links_is_followed)
{
	/* as ConfigMaps have them, and with a link to a directory before */
	ck_assert_int_eq(mkdir(test_path("..1"), 0755), 0);
	(void)test_file("..1/p.conf", "x", geteuid(), 0644);
	ck_assert_int_eq(symlink("..1", test_path("..data")), 0);
	ck_assert_int_eq(symlink("..data/p.conf", test_path("p.conf")), 0);
	ck_assert_int_eq(symlink(test_dir, test_path("round")), 0);
	ck_assert_int_eq(symlink("round/..1/../round/p.conf", test_path("s")),
			 0);
	ck_assert_int_eq(read_as(test_path("s"), geteuid(), 0), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NONE);
	ck_assert_str_eq(file.bytes, "x");
	pst_trusted_file_done(&file);
}
END_TEST

START_TEST(links_in_a_circle_end)
{
	ck_assert_int_eq(symlink("two", test_path("one")), 0);
	ck_assert_int_eq(symlink("one", test_path("two")), 0);
	assert_fault(test_path("one"), PST_PATH_FAULT_ERROR, -ELOOP);
	assert_fault_at("one/file", PST_PATH_FAULT_ERROR, "one");
	ck_assert_int_eq(fault.error, ELOOP);
}
END_TEST

START_TEST(link_of_another_user_is_refused)
{
	if (geteuid() != 0) {
		printf("SKIP: only root can give a link away\n");
		return;
	}
	(void)test_file("real", "x", geteuid(), 0644);
	ck_assert_int_eq(mkdir(test_path("directory"), 0755), 0);
	(void)test_file("directory/real", "x", geteuid(), 0644);
	ck_assert_int_eq(symlink("real", test_path("soft")), 0);
	ck_assert_int_eq(symlink("directory", test_path("way")), 0);
	ck_assert_int_eq(lchown(test_path("soft"), 20001, 20001), 0);
	ck_assert_int_eq(lchown(test_path("way"), 20001, 20001), 0);
	assert_fault(test_path("soft"), PST_PATH_FAULT_SYMLINK, -EACCES);
	assert_fault_at("way/real", PST_PATH_FAULT_SYMLINK, "way");
	/* that user itself may follow it */
	ck_assert_int_eq(read_as(test_path("soft"), 20001, 0), 0);
	pst_trusted_file_done(&file);
}
END_TEST

/* A link can lead out of the directories that are trusted. */
START_TEST(file_behind_a_link_must_be_trusted_itself)
{
	ck_assert_int_eq(mkdir(test_path("open"), 0755), 0);
	(void)test_file("open/real", "x", geteuid(), 0644);
	(void)test_file("writable", "x", geteuid(), 0666);
	ck_assert_int_eq(chmod(test_path("open"), 0777), 0);
	ck_assert_int_eq(symlink("open/real", test_path("soft")), 0);
	ck_assert_int_eq(symlink("writable", test_path("soft2")), 0);
	assert_fault_at("soft", PST_PATH_FAULT_WRITABLE, "open");
	assert_fault_at("soft2", PST_PATH_FAULT_WRITABLE, "writable");
}
END_TEST

START_TEST(symbolic_link_with_another_name_is_refused)
{
	(void)test_file("real", "x", geteuid(), 0644);
	ck_assert_int_eq(symlink("real", test_path("soft")), 0);
	ck_assert_int_eq(linkat(AT_FDCWD, test_path("soft"), AT_FDCWD,
				test_path("soft2"), 0), 0);
	assert_fault(test_path("soft"), PST_PATH_FAULT_LINKS, -EACCES);
}
END_TEST

START_TEST(hard_links_are_refused)
{
	(void)test_file("real", "x", geteuid(), 0644);
	ck_assert_int_eq(read_as(test_path("real"), geteuid(), 0), 0);
	pst_trusted_file_done(&file);
	ck_assert_int_eq(link(test_path("real"), test_path("hard")), 0);
	assert_fault(test_path("hard"), PST_PATH_FAULT_LINKS, -EACCES);
	assert_fault(test_path("real"), PST_PATH_FAULT_LINKS, -EACCES);
}
END_TEST

START_TEST(missing_file_is_distinguished)
{
	assert_fault(test_path("none"), PST_PATH_FAULT_MISSING, -ENOENT);
	ck_assert(!S_ISDIR(fault.mode));
}
END_TEST

START_TEST(directories_above_are_judged)
{
	const char *path;

	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(mkdir(test_path("d"), 0755), 0);
	path = test_file("d/p.conf", "x", 0, 0644);
	ck_assert_int_eq(chmod(test_path("d"), 0775), 0);
	ck_assert_int_eq(read_as(path, READER, 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	ck_assert_str_eq(fault.path, test_path("d"));

	/* Root's and sticky: others cannot touch an entry of root. */
	ck_assert_int_eq(chmod(test_path("d"), 01777), 0);
	ck_assert_int_eq(read_as(path, READER, 0), 0);
	pst_trusted_file_done(&file);

	ck_assert_int_eq(chmod(test_path("d"), 0755), 0);
	ck_assert_int_eq(chown(test_path("d"), OTHER_UID_B, 0), 0);
	ck_assert_int_eq(read_as(path, READER, 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_OWNER);
}
END_TEST

START_TEST(relative_path_is_judged_from_the_root_on)
{
	(void)test_file("p.conf", "x", geteuid(), 0644);
	ck_assert_int_eq(chdir(test_dir), 0);
	ck_assert_int_eq(read_as("p.conf", geteuid(), 0), 0);
	pst_trusted_file_done(&file);
	ck_assert_int_eq(read_as("./p.conf", geteuid(), 0), 0);
	pst_trusted_file_done(&file);
	ck_assert_int_eq(chmod(test_dir, 0777), 0);
	ck_assert_int_eq(read_as("p.conf", geteuid(), 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static const char *sized_file(const char *name, off_t bytes)
{
	const char *path = test_file(name, "", geteuid(), 0644);

	ck_assert_int_eq(truncate(path, bytes), 0);
	return path;
}

START_TEST(exactly_one_mebibyte_fits)
{
	ck_assert_int_eq(read_as(sized_file("fits", PST_TRUSTED_FILE_BYTES_MAX),
				 geteuid(), 0), 0);
	ck_assert_uint_eq(file.byte_count, PST_TRUSTED_FILE_BYTES_MAX);
	pst_trusted_file_done(&file);
	assert_fault(sized_file("big", PST_TRUSTED_FILE_BYTES_MAX + 1),
		     PST_PATH_FAULT_TOO_BIG, -EFBIG);
}
END_TEST

START_TEST(lack_of_trust_can_be_a_warning)
{
	const char *path = test_file("p.conf", "x", geteuid(), 0666);

	ck_assert_int_eq(read_as(path, geteuid(), PST_TRUSTED_FILE_WARN_ONLY),
			 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	ck_assert_str_eq(file.bytes, "x");
	pst_trusted_file_done(&file);

	ck_assert_int_eq(symlink("p.conf", test_path("soft")), 0);
	ck_assert_int_eq(read_as(test_path("soft"), geteuid(),
				 PST_TRUSTED_FILE_WARN_ONLY), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	pst_trusted_file_done(&file);
}
END_TEST

START_TEST(warn_only_keeps_other_faults_as_errors)
{
	const unsigned flags = PST_TRUSTED_FILE_WARN_ONLY;

	ck_assert_int_eq(read_as(test_path("none"), geteuid(), flags), -ENOENT);
	ck_assert_int_eq(read_as("/dev/null", geteuid(), flags), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NOT_A_FILE);
	ck_assert_int_eq(symlink("/dev/null", test_path("null")), 0);
	ck_assert_int_eq(read_as(test_path("null"), geteuid(), flags),
			 -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NOT_A_FILE);
	ck_assert_int_eq(read_as(sized_file("big",
					    PST_TRUSTED_FILE_BYTES_MAX + 1),
				 geteuid(), flags), -EFBIG);
}
END_TEST

START_TEST(failures_leave_no_descriptor)
{
	size_t fd_count = test_fd_count();

	(void)read_as(test_path("none"), geteuid(), 0);
	(void)read_as("/dev/null", geteuid(), PST_TRUSTED_FILE_WARN_ONLY);
	(void)read_as(test_file("p", "x", geteuid(), 0666), geteuid(), 0);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

/* -- directories ----------------------------------------------------------- */

static struct pst_trusted_listing listing;

static int list(const char *path, unsigned flags)
{
	return pst_trusted_listing_read(path, geteuid(), flags, &listing,
					&fault);
}

static void assert_entry(size_t i, enum pst_trusted_entry_kind kind,
			 const char *name)
{
	ck_assert_uint_lt(i, listing.entry_count);
	ck_assert_str_eq(listing.entries[i].name, name);
	ck_assert_int_eq(listing.entries[i].kind, kind);
}

START_TEST(listing_is_sorted_and_sorts_out)
{
	static const char *const left_out[] = {
		"20.conf~", "x.conf.dpkg-old", "x.dpkg-new", ".20.conf.swp",
		"README",
	};
	size_t i;

	(void)test_file("20.conf", "", geteuid(), 0644);
	(void)test_file("100.conf", "", geteuid(), 0666);
	(void)test_file("Z.conf", "", geteuid(), 0644);
	(void)test_file("notes.txt", "", geteuid(), 0644);
	(void)test_file(".hidden.conf", "", geteuid(), 0644);
	for (i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		(void)test_file(left_out[i], "", geteuid(), 0644);
	ck_assert_int_eq(mkdir(test_path("sub"), 0755), 0);
	ck_assert_int_eq(mkdir(test_path("dir.conf"), 0755), 0);
	ck_assert_int_eq(symlink("/dev/null", test_path("mask.conf")), 0);
	ck_assert_int_eq(symlink("/dev/nullx", test_path("nomask.conf")), 0);
	ck_assert_int_eq(symlink("/dev/null", test_path("link")), 0);

	ck_assert_int_eq(list(test_dir, 0), 0);
	assert_entry(0, PST_TRUSTED_ENTRY_STRAY, ".hidden.conf");
	assert_entry(1, PST_TRUSTED_ENTRY_FILE, "100.conf");
	assert_entry(2, PST_TRUSTED_ENTRY_FILE, "20.conf");
	assert_entry(3, PST_TRUSTED_ENTRY_FILE, "Z.conf");
	assert_entry(4, PST_TRUSTED_ENTRY_FILE, "dir.conf");
	assert_entry(5, PST_TRUSTED_ENTRY_MASK, "mask.conf");
	assert_entry(6, PST_TRUSTED_ENTRY_FILE, "nomask.conf");
	assert_entry(7, PST_TRUSTED_ENTRY_STRAY, "notes.txt");
	ck_assert_uint_eq(listing.entry_count, 8);
	pst_trusted_listing_done(&listing);
	ck_assert_uint_eq(listing.entry_count, 0);
	pst_trusted_listing_done(&listing);
}
END_TEST

START_TEST(missing_and_empty_directories_are_distinguished)
{
	ck_assert_int_eq(list(test_path("none"), 0), -ENOENT);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_MISSING);
	ck_assert_int_eq(list(test_dir, 0), 0);
	ck_assert_uint_eq(listing.entry_count, 0);
	pst_trusted_listing_done(&listing);
	ck_assert_int_eq(list(test_file("file", "", geteuid(), 0644), 0),
			 -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_NOT_A_DIRECTORY);
}
END_TEST

START_TEST(file_of_a_listing_is_read_from_the_listed_directory)
{
	ck_assert_int_eq(mkdir(test_path("v1"), 0755), 0);
	ck_assert_int_eq(mkdir(test_path("v2"), 0755), 0);
	(void)test_file("v1/a.conf", "one", geteuid(), 0644);
	(void)test_file("v2/a.conf", "two", geteuid(), 0644);
	ck_assert_int_eq(symlink("v1", test_path("d")), 0);
	ck_assert_int_eq(list(test_path("d"), 0), 0);
	ck_assert_int_eq(unlink(test_path("d")), 0);
	ck_assert_int_eq(symlink("v2", test_path("d")), 0);

	ck_assert_int_eq(pst_trusted_listing_read_file(
				 &listing, test_path("d/a.conf"), geteuid(), 0,
				 &file, &fault), 0);
	ck_assert_str_eq(file.bytes, "one");
	pst_trusted_file_done(&file);

	/* a warning and no error, of the same file */
	ck_assert_int_eq(chmod(test_path("v1/a.conf"), 0666), 0);
	ck_assert_int_eq(pst_trusted_listing_read_file(
				 &listing, test_path("d/a.conf"), geteuid(),
				 PST_TRUSTED_FILE_WARN_ONLY, &file, &fault),
			 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	ck_assert_str_eq(file.bytes, "one");
	pst_trusted_file_done(&file);

	/* a link in it is followed */
	ck_assert_int_eq(symlink(test_path("v2/a.conf"), test_path("v1/b")), 0);
	ck_assert_int_eq(pst_trusted_listing_read_file(
				 &listing, test_path("d/b"), geteuid(), 0,
				 &file, &fault), 0);
	ck_assert_str_eq(file.bytes, "two");
	pst_trusted_file_done(&file);
	pst_trusted_listing_done(&listing);
}
END_TEST

/* Files of every owner that is not mapped show this uid. */
static void check_trusts_root_only(uid_t reader)
{
	ck_assert_int_eq(mkdir(test_path("d"), 0755), 0);
	(void)test_file("root", "x", 0, 0644);
	(void)test_file("file", "x", reader, 0644);
	(void)test_file("d/file", "x", 0, 0644);
	ck_assert_int_eq(symlink("root", test_path("link")), 0);
	ck_assert_int_eq(lchown(test_path("link"), reader, reader), 0);
	ck_assert_int_eq(chown(test_path("d"), reader, reader), 0);

	ck_assert_int_eq(read_as(test_path("root"), reader, 0), 0);
	pst_trusted_file_done(&file);
	ck_assert_int_eq(read_as(test_path("file"), reader, 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_OWNER);
	ck_assert_int_eq(read_as(test_path("d/file"), reader, 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_OWNER);
	ck_assert_int_eq(read_as(test_path("link"), reader, 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_SYMLINK);
	ck_assert_int_eq(pst_trusted_listing_read(test_path("d"), reader, 0,
						  &listing, &fault),
			 -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_OWNER);
}

START_TEST(reader_with_uid_65534_trusts_root_only)
{
	char sentence[2048];

	SKIP_UNLESS_ROOT();
	check_trusts_root_only(65534);
	pst_path_fault_describe(&fault, 65534, sentence, sizeof(sentence));
	ck_assert_ptr_nonnull(strstr(sentence, "does not map"));
}
END_TEST

/* Another number of the kernel's is in the place of the host's. */
START_TEST(reader_with_the_overflow_uid_trusts_root_only)
{
	char sentence[2048];
	const char *path;

	SKIP_UNLESS_ROOT();
	path = test_file("overflowuid", "20009\n", 0, 0644);
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(path, "/proc/sys/kernel/overflowuid", NULL, MS_BIND, NULL) <
		    0) {
		printf("SKIP: cannot mount in a namespace of its own\n");
		return;
	}
	check_trusts_root_only(20009);
	pst_path_fault_describe(&fault, 20009, sentence, sizeof(sentence));
	ck_assert_ptr_nonnull(strstr(sentence, "does not map"));
}
END_TEST

START_TEST(directory_that_others_can_write_is_refused_even_if_sticky)
{
	(void)test_file("a.conf", "", geteuid(), 0644);
	ck_assert_int_eq(chmod(test_dir, 01777), 0);
	ck_assert_int_eq(list(test_dir, 0), -EACCES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	ck_assert_int_eq(list(test_dir, PST_TRUSTED_FILE_WARN_ONLY), 0);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_WRITABLE);
	assert_entry(0, PST_TRUSTED_ENTRY_FILE, "a.conf");
	pst_trusted_listing_done(&listing);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = test_dir_setup,
			 .tear_down = test_dir_teardown);
}
