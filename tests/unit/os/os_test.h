/* SPDX-License-Identifier: ISC */
/* Functions that the tests of this layer share */
#ifndef POSTERN_UNIT_OS_OS_TEST_H
#define POSTERN_UNIT_OS_OS_TEST_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "support/test_options.h"

/* Long enough for any machine, short enough to end a test that hangs. */
#define TEST_DEADLINE_NS UINT64_C(20000000000)

/* Of support/test_options.h: test_deadline_ns() is TEST_DEADLINE_NS from now. */

/* Of our own control group: unknown where none is mounted. */
enum postern_fact_state test_cgroup_fact(void);

/* How many descriptors are open here (below 1024, without /proc). */
size_t test_fd_count(void);

/* A stream socket whose other end is closed, with SIGPIPE's default action. */
int test_broken_stream(void);

/* Whether the mapping that holds address has one of the flags of smaps. */
bool test_has_vm_flag(const void *address, const char *flag);

/* The permissions of the mapping that holds address, as in maps ("r--s"). */
void test_vm_permissions(const void *address, char permissions[static 5]);

/*
 * A new directory with mode 0755 at a trusted path, for everybody to enter, and
 * its end with all that is in it.  Fixtures: test_dir is its path.
 */
extern char test_dir[];
void test_dir_setup(void);
void test_dir_teardown(void);

/* The path of name in test_dir, in one of 16 buffers that take turns. */
const char *test_path(const char *name);

/* A file in test_dir with a content, an owner and a mode. */
const char *test_file(const char *name, const char *content, uid_t owner,
		      mode_t mode);

/* How many entries test_dir has. */
unsigned test_entry_count(void);

/* The number of sockets that are bound to the path, from /proc/net/unix. */
unsigned test_bound_count(const char *path);

/*
 * Give test_dir a default ACL with which a user may read and write all that is
 * made there.  False: the file system has no ACLs.
 */
bool test_dir_set_default_acl(uid_t uid);

/* Whether the file has an access ACL. */
bool test_has_acl(const char *path);

/* Leaves the test, which counts as skipped. */
#define SKIP_WITHOUT(feature, name) \
	do { \
		if (!(test_features() & (feature))) { \
			fprintf(stderr, "SKIP: %s: needs %s\n", __func__, \
				name); \
			return; \
		} \
	} while (0)

#endif
