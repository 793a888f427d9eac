/* SPDX-License-Identifier: ISC */
/* The directories of a socket: their owners and permissions */
#include "os/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define OWNER OTHER_UID_A

static struct pst_path_fault fault;

static void make_dir(const char *name, uid_t owner, mode_t mode)
{
	const char *path = test_path(name);

	if (mkdir(path, 0700) < 0)
		ck_assert_int_eq(errno, EEXIST);
	if (owner != geteuid())
		ck_assert_int_eq(chown(path, owner, owner), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* The result for a socket at a path, whose owner is to be OWNER. */
static int open_path(const char *path)
{
	const char *name;
	int dir_fd = -1, r;

	memset(&fault, 0, sizeof(fault));
	r = pst_trusted_path_open_parent(path, OWNER, 0, &dir_fd, &name, &fault);
	ck_assert_int_eq(r == 0, dir_fd >= 0);
	ck_assert_int_eq(r == 0, fault.kind == PST_PATH_FAULT_NONE);
	if (r == 0) {
		ck_assert_str_eq(name, strrchr(path, '/') + 1);
		ck_assert_int_ne(fcntl(dir_fd, F_GETFL) & O_PATH, 0);
		ck_assert_int_ne(fcntl(dir_fd, F_GETFD) & FD_CLOEXEC, 0);
		(void)close(dir_fd);
	}
	return r;
}

static void assert_fault(const char *path, enum pst_path_fault_kind kind,
			 const char *where)
{
	int r = open_path(path);

	ck_assert_int_eq(fault.kind, kind);
	ck_assert_int_eq(r, kind == PST_PATH_FAULT_MISSING ? -ENOENT : -EACCES);
	ck_assert_str_eq(fault.path, where);
}

START_TEST(own_directory_passes)
{
	make_dir("run", geteuid(), 0755);
	if (geteuid() == 0)
		ck_assert_int_eq(open_path(test_path("run/node.sock")), 0);
}
END_TEST

static const uid_t owners[] = {0, OWNER, OTHER_UID_B, 65534};
static const mode_t modes[] = {
	0755, 0700, 0111, 0775, 0757, 0777, 01755, 01775, 01777, 02755, 0020,
};

#define OWNER_COUNT (sizeof(owners) / sizeof(owners[0]))
#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

/* The expected result, computed independently. */
static enum pst_path_fault_kind expected_kind(uid_t owner, mode_t mode,
					      bool may_be_sticky)
{
	if (owner != 0 && owner != OWNER)
		return PST_PATH_FAULT_OWNER;
	if ((mode & 0022) == 0)
		return PST_PATH_FAULT_NONE;
	if (may_be_sticky && owner == 0 && (mode & 01000))
		return PST_PATH_FAULT_NONE;
	return PST_PATH_FAULT_WRITABLE;
}

START_TEST(directory_of_the_socket_is_roots_or_the_owners_and_closed)
{
	size_t i, k;
	int r;

	SKIP_UNLESS_ROOT();
	for (i = 0; i < OWNER_COUNT; i++) {
		for (k = 0; k < MODE_COUNT; k++) {
			make_dir("run", owners[i], modes[k]);
			r = open_path(test_path("run/node.sock"));
			ck_assert_msg(fault.kind ==
				      expected_kind(owners[i], modes[k], false),
				      "uid %u, mode %o: %d, fault %d",
				      owners[i], (unsigned)modes[k], r,
				      (int)fault.kind);
			if (r == 0)
				continue;
			ck_assert_str_eq(fault.path, test_path("run"));
			ck_assert_uint_eq(fault.owner, owners[i]);
			ck_assert_uint_eq(fault.mode & 07777, modes[k]);
		}
	}
}
END_TEST

START_TEST(directories_above_may_be_sticky_if_they_are_roots)
{
	size_t i, k;
	int r;

	SKIP_UNLESS_ROOT();
	make_dir("above", 0, 0755);
	make_dir("above/run", OWNER, 0755);
	for (i = 0; i < OWNER_COUNT; i++) {
		for (k = 0; k < MODE_COUNT; k++) {
			make_dir("above", owners[i], modes[k]);
			r = open_path(test_path("above/run/node.sock"));
			ck_assert_msg(fault.kind ==
				      expected_kind(owners[i], modes[k], true),
				      "uid %u, mode %o: %d, fault %d",
				      owners[i], (unsigned)modes[k], r,
				      (int)fault.kind);
			if (r < 0)
				ck_assert_str_eq(fault.path,
						 test_path("above"));
		}
	}
}
END_TEST

START_TEST(symbolic_links_are_not_followed_anywhere)
{
	SKIP_UNLESS_ROOT();
	make_dir("real", 0, 0755);
	make_dir("real/run", 0, 0755);
	ck_assert_int_eq(symlink("real", test_path("link")), 0);
	ck_assert_int_eq(symlink("run", test_path("real/last")), 0);
	ck_assert_int_eq(open_path(test_path("real/run/node.sock")), 0);
	assert_fault(test_path("link/run/node.sock"), PST_PATH_FAULT_SYMLINK,
		     test_path("link"));
	assert_fault(test_path("real/last/node.sock"), PST_PATH_FAULT_SYMLINK,
		     test_path("real/last"));
}
END_TEST

START_TEST(missing_and_wrong_things_on_the_way_are_named)
{
	SKIP_UNLESS_ROOT();
	make_dir("run", 0, 0755);
	(void)test_file("run/file", "", 0, 0644);
	assert_fault(test_path("no/run/node.sock"), PST_PATH_FAULT_MISSING,
		     test_path("no"));
	ck_assert(S_ISDIR(fault.mode));
	assert_fault(test_path("run/file/node.sock"),
		     PST_PATH_FAULT_NOT_A_DIRECTORY, test_path("run/file"));
	assert_fault("/dev/null/node.sock", PST_PATH_FAULT_NOT_A_DIRECTORY,
		     "/dev/null");
}
END_TEST

START_TEST(dots_lead_to_directories_that_are_judged_too)
{
	SKIP_UNLESS_ROOT();
	make_dir("good", 0, 0755);
	make_dir("bad", OTHER_UID_B, 0755);
	ck_assert_int_eq(open_path(test_path("good/.//../good/./x")), 0);
	assert_fault(test_path("good/../bad/x"), PST_PATH_FAULT_OWNER,
		     test_path("good/../bad"));
	/* The last directory is still the last one. */
	make_dir("sticky", 0, 01777);
	assert_fault(test_path("sticky//.//x"), PST_PATH_FAULT_WRITABLE,
		     test_path("sticky"));
}
END_TEST

START_TEST(malformed_paths_are_refused)
{
	static const char *const malformed[] = {
		"", "node.sock", "run/node.sock", "./node.sock", "/",
		"/tmp/", "/tmp/.", "/tmp/..", "..",
	};
	size_t i;

	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		(void)open_path(malformed[i]);
		ck_assert_msg(fault.kind == PST_PATH_FAULT_MALFORMED,
			      "%s: fault %d", malformed[i], (int)fault.kind);
	}
}
END_TEST

START_TEST(overlong_paths_and_components_are_refused)
{
	char path[8 * PST_PATH_BYTES];

	memset(path, '/', sizeof(path) - 2);
	path[sizeof(path) - 2] = 'x';
	path[sizeof(path) - 1] = '\0';
	(void)open_path(path);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_TOO_LONG);
	(void)open_path(path + sizeof(path) - 1 - PST_PATH_BYTES);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_TOO_LONG);

	memset(path, 'n', sizeof(path));
	path[0] = '/';
	path[1 + NAME_MAX + 1] = '\0';
	(void)open_path(path);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_TOO_LONG);
	path[1 + NAME_MAX + 1] = 'n';
	path[PST_PATH_BYTES - 4] = '/';
	path[PST_PATH_BYTES - 2] = '\0';
	(void)open_path(path);
	ck_assert_int_eq(fault.kind, PST_PATH_FAULT_TOO_LONG);
}
END_TEST

START_TEST(longest_path_is_walked)
{
	char path[PST_PATH_BYTES];

	SKIP_UNLESS_ROOT();
	memset(path, '/', sizeof(path) - 2);
	path[sizeof(path) - 2] = 'x';
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(open_path(path), 0);
}
END_TEST

static int open_without_search_permission(void *argument)
{
	const char *name;
	int dir_fd, r;

	(void)argument;
	r = pst_trusted_path_open_parent(test_path("shut/run/x"), OWNER, 0, &dir_fd, &name,
				 &fault);
	return r == -EACCES && fault.kind == PST_PATH_FAULT_ERROR &&
	       fault.error == EACCES &&
	       strcmp(fault.path, test_path("shut/run")) == 0 ? 0 : 1;
}

START_TEST(directory_that_cannot_be_entered_is_an_error_of_its_own)
{
	const struct other_user user = {OWNER, OWNER, NULL, 0};

	SKIP_UNLESS_ROOT();
	make_dir("shut", 0, 0700);
	make_dir("shut/run", OWNER, 0755);
	ck_assert_int_eq(other_user_run(&user, open_without_search_permission,
					NULL), 0);
}
END_TEST

static void assert_description(enum pst_path_fault_kind kind, mode_t mode,
			       const char *wanted)
{
	struct pst_path_fault described = {
		.kind = kind,
		.error = EIO,
		.owner = OTHER_UID_B,
		.mode = mode,
		.path = "/run/postern/x",
	};
	char text[512];

	pst_path_fault_describe(&described, OWNER, text, sizeof(text));
	ck_assert_str_eq(text, wanted);
}

START_TEST(description_names_the_command_that_mends_it)
{
	assert_description(PST_PATH_FAULT_OWNER, S_IFDIR | 0755,
			   "/run/postern/x belongs to uid 20002, not to root or "
			   "uid 20001: chown 20001 /run/postern/x");
	assert_description(PST_PATH_FAULT_WRITABLE, S_IFDIR | 01775,
			   "/run/postern/x (mode 1775) is writable by group or "
			   "others: chmod go-w /run/postern/x");
	assert_description(PST_PATH_FAULT_MISSING, S_IFDIR,
			   "directory /run/postern/x does not exist: "
			   "install -d -m 0755 -o 20001 /run/postern/x");
	assert_description(PST_PATH_FAULT_MISSING, 0,
			   "/run/postern/x does not exist");
	assert_description(PST_PATH_FAULT_ERROR, 0,
			   "/run/postern/x cannot be opened: "
			   "Input/output error");
}
END_TEST

START_TEST(description_of_an_unmapped_owner_gives_no_chown)
{
	struct pst_path_fault described = {
		.kind = PST_PATH_FAULT_OWNER,
		.owner = 65534,
		.path = "/run",
	};
	char text[512];

	pst_path_fault_describe(&described, OWNER, text, sizeof(text));
	ck_assert_str_eq(text,
			 "/run belongs to uid 65534, which stands for owners "
			 "that this user namespace does not map: mount it from "
			 "a directory of a mapped owner");
}
END_TEST

START_TEST(description_is_cut_not_overrun)
{
	struct pst_path_fault described = {.kind = PST_PATH_FAULT_SYMLINK};
	char text[8] = "1234567";

	memset(described.path, 'p', sizeof(described.path) - 1);
	pst_path_fault_describe(&described, OWNER, text, 4);
	ck_assert_str_eq(text, "ppp");
	ck_assert_str_eq(text + 4, "567");
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = test_dir_setup,
			 .tear_down = test_dir_teardown);
}
