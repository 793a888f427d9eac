/* SPDX-License-Identifier: ISC */
/*
 * <postern/key.h>: keys and their files
 *
 * What a file may be like is the os layer's to test, and the text of a key the
 * crypto layer's; here it is that they are asked, and that nothing is left
 * behind in memory that is not for secrets.
 */
#include <postern/key.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

/* RFC 7748, section 6.1: Alice's. */
#define PRIVATE_LINE \
	"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n"
#define PUBLIC_TEXT "x25519:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"

static struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
static uint8_t key[POSTERN_KEY_BYTES];
static const uint8_t untouched[POSTERN_KEY_BYTES];

static void expect_refused(int result, int wanted, enum postern_reason reason,
			   const char *detail)
{
	ck_assert_int_eq(result, wanted);
	ck_assert_int_eq(error.reason, reason);
	ck_assert_msg(strstr(error.detail, detail) != NULL, "'%s'",
		      error.detail);
	ck_assert_mem_eq(key, untouched, sizeof(key));
}

START_TEST(new_key_can_be_read_and_is_like_no_other)
{
	uint8_t created[2][POSTERN_KEY_BYTES];

	ck_assert_int_eq(postern_key_create(test_path("a"), created[0],
					    &error), 0);
	ck_assert_int_eq(postern_key_create(test_path("b"), created[1], NULL),
			 0);
	ck_assert_mem_ne(created[0], created[1], sizeof(key));
	ck_assert_int_eq(postern_key_read_public(test_path("a"), key,
						 &error), 0);
	ck_assert_mem_eq(key, created[0], sizeof(key));
	ck_assert_int_eq(postern_key_read_public(test_path("b"), key, NULL),
			 0);
	ck_assert_mem_eq(key, created[1], sizeof(key));
	ck_assert_int_eq(error.reason, POSTERN_REASON_NONE);
}
END_TEST

START_TEST(public_key_follows_from_the_private_one)
{
	const char *path = test_file("key", PRIVATE_LINE, geteuid(), 0400);
	char text[POSTERN_KEY_TEXT_BYTES];

	ck_assert_int_eq(postern_key_read_public(path, key, &error), 0);
	postern_key_text(key, text);
	ck_assert_str_eq(text, PUBLIC_TEXT);
}
END_TEST

START_TEST(key_that_exists_stays)
{
	const char *path = test_file("key", PRIVATE_LINE, geteuid(), 0600);

	expect_refused(postern_key_create(path, key, &error), -EBUSY,
		       POSTERN_REASON_KEY, "exists already");
	ck_assert_int_eq(postern_key_read_public(path, key, &error), 0);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	char mend[600];
	const char *path;

	expect_refused(postern_key_read_public(test_path("none"), key,
					       &error),
		       -ENOENT, POSTERN_REASON_KEY, "none does not exist");
	expect_refused(postern_key_create(test_path("none/key"), key, &error),
		       -ENOENT, POSTERN_REASON_KEY, "install -d -m 0755");
	path = test_file("open", PRIVATE_LINE, geteuid(), 0640);
	(void)snprintf(mend, sizeof(mend), "chmod 600 %s", path);
	expect_refused(postern_key_read_public(path, key, &error), -EACCES,
		       POSTERN_REASON_KEY, mend);
	expect_refused(postern_key_read_public(test_dir, key, &error),
		       -EACCES, POSTERN_REASON_KEY, "is not a regular file");
}
END_TEST

START_TEST(only_a_whole_private_key_is_one)
{
	static const char *const contents[] = {
		"",
		"\n",
		PUBLIC_TEXT "\n",
		PRIVATE_LINE "\n",
		PRIVATE_LINE PRIVATE_LINE,
		"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC\n",
		"x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCp\n",
		" x25519-private:dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",
	};
	size_t i;

	for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		expect_refused(postern_key_read_public(
				       test_file("key", contents[i], geteuid(),
						 0600), key, &error),
			       -EACCES, POSTERN_REASON_KEY,
			       "holds no private key: 'postern key create'");
}
END_TEST

static int read_root_s(void *path)
{
	return postern_key_read_public(path, key, &error) == -EACCES &&
			       strstr(error.detail, "Permission denied") ?
		       0 : 1;
}

START_TEST(file_of_root_is_not_for_everybody)
{
	static const struct other_user user = {OTHER_UID_A, OTHER_UID_A, NULL,
					       0};
	char path[600];

	SKIP_UNLESS_ROOT();
	(void)snprintf(path, sizeof(path), "%s",
		       test_file("key", PRIVATE_LINE, 0, 0600));
	ck_assert_int_eq(other_user_run(&user, read_root_s, path), 0);
}
END_TEST

#define CANNOT_TELL 77

static int use_without_locked_memory(void *path)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		return 1;
	/* A sanitizer says yes, and does not lock it. */
	if (mlock(key, sizeof(key)) == 0)
		return CANNOT_TELL;
	if (postern_key_create(path, key, &error) != -ENOMEM ||
	    error.reason != POSTERN_REASON_RESOURCES ||
	    !strstr(error.detail, "ulimit -l"))
		return 2;
	return access(path, F_OK) < 0 ? 0 : 3;
}

START_TEST(without_memory_for_secrets_there_is_no_key)
{
	static const struct other_user user = {OTHER_UID_A, OTHER_UID_A, NULL,
					       0};
	char path[600];
	int result;

	SKIP_UNLESS_ROOT();
	ck_assert_int_eq(mkdir(test_path("d"), 0755), 0);
	ck_assert_int_eq(chown(test_path("d"), OTHER_UID_A, 0), 0);
	(void)snprintf(path, sizeof(path), "%s", test_path("d/key"));
	result = other_user_run(&user, use_without_locked_memory, path);
	if (result == CANNOT_TELL) {
		fprintf(stderr, "SKIP: %s: a sanitizer locks nothing\n",
			__func__);
		return;
	}
	ck_assert_int_eq(result, 0);
}
END_TEST

START_TEST(null_is_misuse)
{
	ck_assert_int_eq(postern_key_create(NULL, key, &error), -EINVAL);
	ck_assert_int_eq(postern_key_create(test_path("k"), NULL, &error),
			 -EINVAL);
	ck_assert_int_eq(access(test_path("k"), F_OK), -1);
	ck_assert_int_eq(postern_key_read_public(NULL, key, NULL), -EINVAL);
	ck_assert_int_eq(postern_key_read_public("k", NULL, NULL), -EINVAL);
}
END_TEST

static void setup(void)
{
	test_dir_setup();
	error = (struct postern_error_info) POSTERN_ERROR_INFO_INIT;
	memset(key, 0, sizeof(key));
}

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = test_dir_teardown);
}
