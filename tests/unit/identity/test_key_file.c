/* SPDX-License-Identifier: ISC */
/*
 * The key of a node, from its file and against its policy
 *
 * The key files themselves are tested through <postern/key.h>.
 */
#include "identity/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/policy_host.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

static struct postern_error_info error;
static uint8_t public_key[POSTERN_KEY_BYTES];

/* A node, with a line that lists this key if it is not NULL. */
static struct postern_policy *load_policy(const uint8_t *listed_key)
{
	char key_text[PST_IDENTITY_PUBLIC_TEXT_BYTES];
	char key_line[128] = "";
	char text[512];

	if (listed_key) {
		pst_identity_public_text(listed_key, key_text);
		(void)snprintf(key_line, sizeof(key_line), "\tkey %s\n",
			       key_text);
	}
	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "node n {\n"
		       "\tsocket /run/n.sock\n"
		       "\towner user alice\n"
		       "%s"
		       "}\n"
		       "end\n", key_line);
	return policy_load_valid(text);
}

static int check(const struct pst_node_key *key, const uint8_t *listed_key)
{
	struct postern_policy *policy = load_policy(listed_key);
	int r;

	memset(&error, 0, sizeof(error));
	r = pst_node_key_check(key, pst_policy_find_node(policy, "n"), &error);
	(void)pst_policy_unref(policy);
	return r;
}

static struct pst_node_key *new_key(const char *name)
{
	struct pst_node_key *key = NULL;
	const char *path = test_path(name);

	ck_assert_int_eq(pst_key_file_create(path, public_key, &error), 0);
	ck_assert_int_eq(pst_node_key_new(path, &key, &error), 0);
	return key;
}

START_TEST(new_without_path_returns_no_key)
{
	struct pst_node_key *key = (void *)&error;

	ck_assert_int_eq(pst_node_key_new(NULL, &key, &error), 0);
	ck_assert_ptr_null(key);
	ck_assert_ptr_null(pst_node_key_identity(NULL));
	ck_assert_ptr_null(pst_node_key_ref(NULL));
	ck_assert_ptr_null(pst_node_key_unref(NULL));
}
END_TEST

START_TEST(new_with_missing_file_returns_eacces)
{
	struct pst_node_key *key = NULL;

	ck_assert_int_eq(pst_node_key_new(test_path("none"), &key, &error),
			 -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KEY);
	ck_assert_ptr_null(key);
}
END_TEST

START_TEST(unref_keeps_the_key_until_the_last_reference)
{
	struct pst_node_key *key = new_key("a");
	struct pst_node_key *other = pst_node_key_ref(key);

	key = pst_node_key_unref(key);
	ck_assert_ptr_null(key);
	ck_assert_mem_eq(pst_node_key_identity(other)->public_key, public_key,
			 sizeof(public_key));
	other = pst_node_key_unref(other);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(check_accepts_the_listed_key_and_no_key_without_a_list)
{
	struct pst_node_key *key = new_key("a");

	ck_assert_int_eq(check(key, public_key), 0);
	ck_assert_int_eq(check(NULL, NULL), 0);
	key = pst_node_key_unref(key);
}
END_TEST

START_TEST(check_refuses_any_other_combination)
{
	const uint8_t other_key[POSTERN_KEY_BYTES] = {9};
	struct pst_node_key *key = new_key("a");

	ck_assert_int_eq(check(key, NULL), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_KEY);
	ck_assert_str_eq(error.file, "");

	ck_assert_int_eq(check(key, other_key), -EACCES);
	ck_assert_str_eq(error.file, "test.conf");
	ck_assert_uint_eq(error.line, 5);

	ck_assert_int_eq(check(NULL, other_key), -EACCES);
	ck_assert_uint_eq(error.line, 5);
	key = pst_node_key_unref(key);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = test_dir_setup,
			 .tear_down = test_dir_teardown);
}
