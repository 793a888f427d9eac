/* SPDX-License-Identifier: ISC */
/* Functions that the tests of this layer share */
#include "unit/os/os_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <postern/result.h>

#include "base/clock.h"
#include "os/features.h"
#include "os/monotonic.h"
#include "support/smaps.h"

#define PATH_BYTES 2048
#define PATHS_AT_ONCE 16
#define OPEN_DIRS 8
#define MOST_DESCRIPTORS 1024

char test_dir[PATH_BYTES / 2];

uint64_t test_deadline_ns(void)
{
	return pst_deadline_after(pst_monotonic_now_ns(), TEST_DEADLINE_NS);
}

uint32_t test_features(void)
{
	const char *off = getenv("POSTERN_TEST_DISABLE_FEATURES");

	return pst_features_probe(off && strcmp(off, "all") == 0
					  ? POSTERN_FEATURES_ALL : 0);
}

enum postern_fact_state test_cgroup_fact(void)
{
	char text[2];
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t byte_count;

	if (fd < 0)
		return POSTERN_FACT_UNKNOWN;
	byte_count = read(fd, text, sizeof(text));
	ck_assert_int_eq(close(fd), 0);
	return byte_count > 0 ? POSTERN_FACT_KNOWN : POSTERN_FACT_UNKNOWN;
}

size_t test_fd_count(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	if (!directory) {
		for (int fd = 0; fd < MOST_DESCRIPTORS; fd++)
			count += fcntl(fd, F_GETFD) >= 0;
		return count;
	}
	while (readdir(directory))
		count++;
	ck_assert_int_eq(closedir(directory), 0);
	return count;
}

int test_broken_stream(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	(void)close(pair[1]);
	(void)signal(SIGPIPE, SIG_DFL);
	return pair[0];
}

bool test_has_vm_flag(const void *address, const char *flag)
{
	struct mapping mapping;

	ck_assert(smaps_find(address, &mapping));
	return mapping_has_flag(&mapping, flag);
}

void test_vm_permissions(const void *address, char permissions[static 5])
{
	struct mapping mapping;

	ck_assert(smaps_find(address, &mapping));
	memcpy(permissions, mapping.permissions, sizeof(mapping.permissions));
}

void test_dir_setup(void)
{
	const char *stage = getenv("POSTERN_STAGED_DIR");

	ck_assert_int_lt(snprintf(test_dir, sizeof(test_dir),
				  "%s/postern-os.XXXXXX",
				  stage ? stage : "/tmp"),
			 (int)sizeof(test_dir));
	ck_assert_ptr_nonnull(mkdtemp(test_dir));
	ck_assert_int_eq(chmod(test_dir, 0755), 0);
}

static int remove_entry(const char *path, const struct stat *status, int type,
			struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

void test_dir_teardown(void)
{
	ck_assert_int_eq(nftw(test_dir, remove_entry, OPEN_DIRS,
			      FTW_DEPTH | FTW_PHYS), 0);
}

const char *test_path(const char *name)
{
	static char paths[PATHS_AT_ONCE][PATH_BYTES];
	static size_t next;
	char *path = paths[next++ % PATHS_AT_ONCE];

	ck_assert_int_lt(snprintf(path, PATH_BYTES, "%s/%s", test_dir, name),
			 PATH_BYTES);
	return path;
}

const char *test_file(const char *name, const char *content, uid_t owner,
		      mode_t mode)
{
	const char *path = test_path(name);
	size_t content_bytes = strlen(content);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, content_bytes),
			 (ssize_t)content_bytes);
	if (owner != geteuid())
		ck_assert_int_eq(fchown(fd, owner, owner), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
	return path;
}

/* As the kernel has it in the attributes system.posix_acl_*. */
struct acl_entry {
	uint16_t tag;
	uint16_t permissions;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entries[5];
};

bool test_dir_set_default_acl(uid_t uid)
{
	const uint32_t no_id = UINT32_MAX;
	const struct acl acl = {
		.version = 2,
		.entries = {
			{0x01, 7, no_id},       /* the owner */
			{0x02, 7, uid},         /* a user by name */
			{0x04, 5, no_id},       /* the group */
			{0x10, 7, no_id},       /* the mask */
			{0x20, 5, no_id},       /* others */
		},
	};

	if (setxattr(test_dir, "system.posix_acl_default", &acl, sizeof(acl),
		     0) == 0)
		return true;
	ck_assert_int_eq(errno, EOPNOTSUPP);
	return false;
}

bool test_has_acl(const char *path)
{
	if (getxattr(path, "system.posix_acl_access", NULL, 0) >= 0)
		return true;
	ck_assert(errno == ENODATA || errno == EOPNOTSUPP);
	return false;
}

unsigned test_entry_count(void)
{
	DIR *directory = opendir(test_dir);
	unsigned count = 0;
	struct dirent *entry;

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory)))
		count += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0;
	(void)closedir(directory);
	return count;
}

unsigned test_bound_count(const char *path)
{
	FILE *stream = fopen("/proc/net/unix", "re");
	char line[512];
	unsigned count = 0;

	ck_assert_ptr_nonnull(stream);
	while (fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = '\0';
		count += strlen(line) > strlen(path) &&
			 strcmp(line + strlen(line) - strlen(path), path) == 0;
	}
	(void)fclose(stream);
	return count;
}
