/* SPDX-License-Identifier: ISC */
/*
 * Which processes a peer is
 */
#include <string.h>

#include "policy/policy_match.h"
#include "unit/policy/decide_case.h"
#include "support/test_case.h"

START_TEST(a_zeroed_subject_is_admitted_nowhere)
{
	static const char text[] =
		HEAD PEERS OPEN "allow everyone { direction send }\n" CLOSE;
	struct postern_subject subject = POSTERN_SUBJECT_INIT;

	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(a_deny_by_group_covers_the_members_it_lists)
{
	static const char text[] = HEAD PEERS OPEN
		"allow everyone { direction send }\ndeny globex\n" CLOSE;

	assert_refused(decide_for(text, BOB, 1), POSTERN_REASON_DENIED);
	assert_refused(decide_for(text, ALICE, 1), POSTERN_REASON_DENIED);
	assert_admitted(decide_for(text, CAROL, 1));
}
END_TEST

START_TEST(an_allow_by_group_covers_only_who_has_the_group)
{
	static const char text[] =
		HEAD PEERS OPEN "allow globex { direction send }\n" CLOSE;
	static const uint32_t groups[] = {1, GLOBEX};
	struct postern_subject subject = policy_subject(BOB, 1);

	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.groups_fact = POSTERN_FACT_KNOWN;
	subject.groups = groups;
	subject.group_count = 2;
	assert_admitted(decide(text, &subject));
	assert_admitted(decide_for(text, CAROL, GLOBEX));
}
END_TEST

START_TEST(unknown_groups_do_not_allow_but_deny)
{
	static const char allow[] =
		HEAD PEERS OPEN "allow acme { direction send }\n" CLOSE;
	static const char deny[] = HEAD PEERS OPEN
		"allow everyone { direction send }\ndeny acme\n" CLOSE;
	struct postern_subject subject = policy_subject(CAROL, 1);

	assert_admitted(decide(deny, &subject));
	subject.groups_fact = POSTERN_FACT_UNKNOWN;
	assert_refused(decide(allow, &subject), POSTERN_REASON_NO_ALLOW);
	assert_refused(decide(deny, &subject), POSTERN_REASON_DENIED);
}
END_TEST

START_TEST(overflow_ids_satisfy_no_allow_and_every_deny)
{
	static const char allow[] = HEAD PEERS OPEN
		"allow everyone acme { direction send }\n" CLOSE;
	static const char deny[] = HEAD PEERS OPEN
		"allow acme { direction send }\ndeny bob\n" CLOSE;
	struct postern_subject subject = policy_subject(65534, 65534);

	assert_refused(decide(allow, &subject), POSTERN_REASON_NO_ALLOW);
	subject.gid = ACME;
	assert_refused(decide(deny, &subject), POSTERN_REASON_DENIED);

	subject = policy_subject(BOB + 5000, 1);
	assert_admitted(decide(allow, &subject));
	subject.overflow_uid = BOB + 5000;
	assert_refused(decide(allow, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(an_invalid_uid_is_no_identity)
{
	static const char text[] =
		HEAD PEERS OPEN "allow everyone { direction send }\n" CLOSE;

	assert_refused(decide_for(text, UINT32_MAX, 1),
		       POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(an_unknown_unit_does_not_allow)
{
	static const char text[] =
		HEAD PEERS OPEN "allow unit { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.unit_fact = POSTERN_FACT_KNOWN;
	subject.unit = "b.service";
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.unit = "a.service";
	assert_admitted(decide(text, &subject));
	subject.unit_fact = POSTERN_FACT_ABSENT;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(a_cgroup_prefix_covers_whole_parts)
{
	static const char text[] = HEAD
		"peer p { user alice\ncgroup /machine.slice }\n" OPEN
		"allow p { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	subject.cgroup_fact = POSTERN_FACT_KNOWN;
	subject.cgroup = "/machine.slice";
	assert_admitted(decide(text, &subject));
	subject.cgroup = "/machine.slice/a";
	assert_admitted(decide(text, &subject));
	subject.cgroup = "/machine.sliced";
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.cgroup = "/machine";
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(a_process_is_known_by_its_inode_not_by_its_number)
{
	static const char text[] = HEAD "peer p { pid 77:7700 }\n" OPEN
					"allow p { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	subject.pid = 77;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.pid_inode_fact = POSTERN_FACT_KNOWN;
	subject.pid_inode = 7701;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.pid_inode = 7700;
	subject.pid = 4;
	assert_admitted(decide(text, &subject));
}
END_TEST

START_TEST(a_process_that_was_gone_at_load_never_matches)
{
	static const char text[] =
		HEAD "peer p { pid 99:9900 }\n" PEERS OPEN
		"allow p { direction send }\nallow alice { direction send }\n"
		"deny p\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	/* neither in a deny, whatever is known */
	assert_admitted(decide(text, &subject));
	subject = policy_subject(BOB, 1);
	subject.pid_inode_fact = POSTERN_FACT_KNOWN;
	subject.pid_inode = 9900;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(an_invisible_pid_needs_pidns_any)
{
	static const char own[] =
		HEAD PEERS OPEN "allow alice { direction send }\n" CLOSE;
	static const char any[] =
		HEAD "peer p { user alice\npidns any }\n" OPEN
		"allow p { direction send }\n" CLOSE;
	static const char deny[] =
		HEAD PEERS "peer p { user alice\npidns any }\n" OPEN
		"allow p { direction send }\ndeny alice\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	subject.pid = 0;
	assert_refused(decide(own, &subject), POSTERN_REASON_NO_ALLOW);
	assert_admitted(decide(any, &subject));
	assert_refused(decide(deny, &subject), POSTERN_REASON_DENIED);
	subject.pid_fact = POSTERN_FACT_ABSENT;
	subject.pid = 4711;
	assert_refused(decide(own, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(a_key_that_was_not_presented_is_absent)
{
	static const char text[] = HEAD PEERS
		"peer p { key-file /keys/good }\n" OPEN
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n"
		"allow p { direction send }\nallow alice { direction send }\n"
		CLOSE;
	static const char denied[] = HEAD PEERS
		"peer p { key-file /keys/good }\n" OPEN
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n"
		"allow alice { direction send }\ndeny p\n" CLOSE;
	static const uint8_t key[POSTERN_KEY_BYTES] =
		"\xde\x9e\xdb\x7d\x7b\x7d\xc1\xb4\xd3\x5b\x61\xc2\xec\xe4\x35"
		"\x37\x3f\x83\x43\xc8\x5b\x78\x67\x4d\xad\xfc\x7e\x14\x6f\x88"
		"\x2b\x4f";
	struct postern_subject subject = policy_subject(BOB, 1);

	assert_refused(decide(text, &subject), POSTERN_REASON_KEY);
	memcpy(subject.key, key, sizeof(key));
	assert_refused(decide(text, &subject), POSTERN_REASON_KEY);
	subject.key_fact = POSTERN_FACT_KNOWN;
	assert_admitted(decide(text, &subject));
	subject.key[31] ^= 1;
	assert_refused(decide(text, &subject), POSTERN_REASON_KEY);

	subject = policy_subject(ALICE, 1);
	assert_admitted(decide(denied, &subject));
}
END_TEST

START_TEST(range_of_uids_has_both_its_ends)
{
	static const char text[] =
		HEAD "peer p { user 231072-296607 }\n" OPEN
		"allow p { direction send }\n" CLOSE;
	static const char denied[] =
		HEAD "peer p { user 1-9 20-29 }\npeer all { user 0-65533 }\n"
		OPEN "allow all { direction send }\ndeny p\n" CLOSE;
	struct postern_subject subject = policy_subject(231072, 1);

	assert_admitted(decide(text, &subject));
	subject.uid = 296607;
	assert_admitted(decide(text, &subject));
	subject.uid = 231071;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.uid = 296608;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.uid = 65534;
	assert_refused(decide(denied, &subject), POSTERN_REASON_DENIED);
	subject.uid = 9;
	assert_refused(decide(denied, &subject), POSTERN_REASON_DENIED);
	subject.uid = 10;
	assert_admitted(decide(denied, &subject));
}
END_TEST

START_TEST(labels_compare_whole)
{
	static const char text[] = HEAD "peer p { label \"a b\" red }\n" OPEN
					"allow p { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.label_fact = POSTERN_FACT_KNOWN;
	subject.label = "a b";
	assert_admitted(decide(text, &subject));
	subject.label = "re";
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.label = NULL;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

/* How a label that the kernel tells is matched by one that a policy names: as
 * an allow, a deny, and a member of a tenant; y, n or ? for unknown. */
static const struct {
	const char *wanted;
	const char *label;
	const char *matches;
} label_cases[] = {
	/* SELinux */
	{"system_u:system_r:httpd_t:s0", "system_u:system_r:httpd_t:s0", "yyy"},
	{"system_u:system_r:httpd_t:s0", "system_u:system_r:httpd_t:s1", "nnn"},
	{"user:role:type", "user:role:type\n", "yyy"},
	/* AppArmor: a mode is no part of the name */
	{"ordersd", "ordersd (enforce)", "yyy"},
	{"ordersd", "ordersd (enforce)\n", "yyy"},
	{"ordersd", "ordersd (kill)", "yyy"},
	{"ordersd", "ordersd (prompt)", "yyy"},
	{"ordersd", "ordersd (user)", "yyy"},
	{"/opt/my app (beta)", "/opt/my app (beta) (enforce)", "yyy"},
	{"ordersd", "ordersd2 (enforce)", "nnn"},
	{"ordersd", "orders (enforce)", "nnn"},
	/* a profile that does not confine identifies nothing */
	{"ordersd", "ordersd (complain)", "ny?"},
	{"ordersd", "ordersd (unconfined)", "ny?"},
	{"ordersd", "ordersd (mixed)", "?y?"},
	{"ordersd", "ordersd (new-mode)", "?y?"},
	/* ... and neither does the profile of processes without one */
	{"unconfined", "unconfined", "ny?"},
	{"unconfined", "unconfined\n", "ny?"},
	{":guest:unconfined", ":guest:unconfined", "ny?"},
	{":guest://unconfined", ":guest://unconfined", "ny?"},
	{"not-unconfined", "not-unconfined", "yyy"},
	{"user:role:unconfined", "user:role:unconfined", "yyy"},
	{"ordersd", "unconfined", "nnn"},
	/* stacks */
	{"a", "a//&b (enforce)", "ny?"},
	{"b", "a//&b (enforce)", "ny?"},
	{"c", "a//&b (enforce)", "nnn"},
	{"a//&b", "a//&b (enforce)", "yyy"},
	{"b//&a", "a//&b (enforce)", "yyy"},
	{"a//&b", "a (enforce)", "nnn"},
	{"a//&b", "a//&b//&c (enforce)", "ny?"},
	{"a//&b", "a//&b (mixed)", "?y?"},
	{"a//&b", "a (enforce)//&b (complain)", "ny?"},
	{"b", "a (enforce)//&b (complain)", "ny?"},
	{":guest:inner", "//&:guest:inner (enforce)", "yyy"},
	{"inner", "//&:guest:inner (enforce)", "nnn"},
	{"a", "a//&:guest:unconfined (enforce)", "ny?"},
	/* profiles that are not visible here */
	{"a", "---", "???"},
	{"a", "", "???"},
	{"a", "\n", "???"},
	{"a", "b//&---", "???"},
	{"a", "a//&---", "?y?"},
};

static char match_of(const char *wanted, const char *label,
		     enum pst_policy_purpose purpose)
{
	static const char signs[] = {[PST_POLICY_MATCH_NO] = 'n',
				     [PST_POLICY_MATCH_UNKNOWN] = '?',
				     [PST_POLICY_MATCH_YES] = 'y'};
	struct postern_subject subject = policy_subject(ALICE, 1);
	struct pst_policy_value value = {.text = wanted};
	const struct pst_policy_line line = {
		.key = PST_POLICY_LINE_LABEL,
		.value_count = 1,
		.values = &value,
	};

	subject.label_fact = POSTERN_FACT_KNOWN;
	subject.label = label;
	return signs[pst_policy_match_line(&line, &subject, purpose)];
}

START_TEST(label_with_a_mode_or_a_stack_matches_by_purpose,
	   .loop_end = sizeof(label_cases) / sizeof(label_cases[0]))
{
	const char *wanted = label_cases[_i].wanted;
	const char *label = label_cases[_i].label;
	const char matches[] = {
		match_of(wanted, label, PST_POLICY_PURPOSE_ALLOW),
		match_of(wanted, label, PST_POLICY_PURPOSE_DENY),
		match_of(wanted, label, PST_POLICY_PURPOSE_MEMBER),
		'\0',
	};

	ck_assert_msg(strcmp(matches, label_cases[_i].matches) == 0,
		      "label '%s' of '%s' matches %s, not %s", wanted, label,
		      matches, label_cases[_i].matches);
	ck_assert_int_eq(match_of(wanted, label, PST_POLICY_PURPOSE_CANDIDATE),
			 matches[0]);
}
END_TEST

START_TEST(deny_by_label_refuses_an_enforced_profile)
{
	static const char text[] =
		HEAD "peer p { user alice }\npeer q { label ordersd }\n" OPEN
		"allow p { direction send }\ndeny q\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	subject.label_fact = POSTERN_FACT_KNOWN;
	subject.label = "othersd (enforce)";
	assert_admitted(decide(text, &subject));
	subject.label = "ordersd (enforce)";
	assert_refused(decide(text, &subject), POSTERN_REASON_DENIED);
	subject.label = "ordersd (complain)";
	assert_refused(decide(text, &subject), POSTERN_REASON_DENIED);
	subject.label = "othersd//&ordersd (enforce)";
	assert_refused(decide(text, &subject), POSTERN_REASON_DENIED);
}
END_TEST

START_TEST(the_user_namespace_must_be_the_same)
{
	static const char text[] =
		HEAD "peer p { user alice\nuserns same }\n" OPEN
		"allow p { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.userns = POSTERN_USERNS_OTHER;
	assert_refused(decide(text, &subject), POSTERN_REASON_NO_ALLOW);
	subject.userns = POSTERN_USERNS_SAME;
	assert_admitted(decide(text, &subject));
}
END_TEST

START_TEST(all_lines_of_a_peer_must_hold)
{
	static const char text[] =
		HEAD "peer p { user alice bob\ngroup acme }\n" OPEN
		"allow p { direction send }\n" CLOSE;

	assert_admitted(decide_for(text, ALICE, ACME));
	assert_admitted(decide_for(text, BOB, ACME));
	assert_refused(decide_for(text, CAROL, ACME), POSTERN_REASON_NO_ALLOW);
	assert_refused(decide_for(text, ALICE, 1), POSTERN_REASON_NO_ALLOW);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
