/* SPDX-License-Identifier: ISC */
/*
 * Subjects from credentials
 *
 * Those of processes and users are tested through <postern/subject.h>.
 */
#include "identity/subject.h"

#include <stdio.h>
#include <string.h>

#include "support/policy_host.h"
#include "support/test_case.h"

static unsigned wants_of(const char *peer_lines)
{
	struct postern_policy *policy;
	char text[512];
	unsigned wants;

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "peer p {\n"
		       "\tuser alice\n"
		       "%s"
		       "}\n"
		       "node n {\n"
		       "\tsocket /run/n.sock\n"
		       "\towner user alice\n"
		       "\tallow p {\n"
		       "\t\tdirection send\n"
		       "\t}\n"
		       "}\n"
		       "end\n", peer_lines);
	policy = policy_load_valid(text);
	wants = pst_subject_wants(pst_policy_find_node(policy, "n"));
	(void)pst_policy_unref(policy);
	return wants;
}

START_TEST(wants_are_the_facts_that_the_rules_use)
{
	ck_assert_uint_eq(wants_of(""), 0);
	ck_assert_uint_eq(wants_of("\tcgroup /a.slice\n"), PST_PEER_WANT_CGROUP);
	ck_assert_uint_eq(wants_of("\tunit a.service\n"), PST_PEER_WANT_CGROUP);
	ck_assert_uint_eq(wants_of("\tlabel a\n"), PST_PEER_WANT_LABEL);
}
END_TEST

START_TEST(init_keeps_the_state_of_each_fact)
{
	struct pst_peer_credentials credentials;
	struct postern_subject subject;

	pst_peer_credentials_init(&credentials);
	credentials.uid = 1001;
	credentials.uid_fact = POSTERN_FACT_KNOWN;
	credentials.gid_fact = POSTERN_FACT_ABSENT;
	pst_subject_init(&subject, &credentials, NULL, 65534, 65533);
	ck_assert_uint_eq(subject.size_bytes, sizeof(subject));
	ck_assert_int_eq(subject.uid_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(subject.uid, 1001);
	ck_assert_int_eq(subject.gid_fact, POSTERN_FACT_ABSENT);
	ck_assert_int_eq(subject.groups_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(subject.key_fact, POSTERN_FACT_ABSENT);
	ck_assert_uint_eq(subject.overflow_uid, 65534);
	ck_assert_uint_eq(subject.overflow_gid, 65533);
	pst_peer_credentials_done(&credentials);
}
END_TEST

START_TEST(init_copies_the_key)
{
	uint8_t key[POSTERN_KEY_BYTES] = {1, 2, 3}, wanted[POSTERN_KEY_BYTES];
	struct pst_peer_credentials credentials;
	struct postern_subject subject;

	memcpy(wanted, key, sizeof(wanted));
	pst_peer_credentials_init(&credentials);
	pst_subject_init(&subject, &credentials, key, 0, 0);
	memset(key, 0, sizeof(key));
	ck_assert_int_eq(subject.key_fact, POSTERN_FACT_KNOWN);
	ck_assert_mem_eq(subject.key, wanted, sizeof(wanted));
	pst_peer_credentials_done(&credentials);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
