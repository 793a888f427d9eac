/* SPDX-License-Identifier: ISC */
/*
 * <postern/subject.h>, processes: what is known, what is not, and who may know it
 *
 * What /proc holds is the os layer's to test; here it is that it arrives as
 * facts, and that errors are those that the header promises.
 */
#include <postern/subject.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

/* An id that no host gives away. */
#define UNUSED_ID UINT32_C(3999999999)

#define STAY_SECONDS 300

static const gid_t groups[] = {20010, 20011};
static const struct other_user user_a = {
	OTHER_UID_A, OTHER_UID_B, groups, 2,
};

/* What a failed call must leave alone. */
static char no_facts;
static const struct postern_subject *const untouched = (void *)&no_facts;

/* Until it is killed; or its alarm ends it, if the test died before. */
static int stay(void *argument)
{
	(void)argument;
	(void)alarm(STAY_SECONDS);
	while (pause() < 0)
		;
	return 1;
}

static int process_result(int32_t pid, struct postern_subject_options *options)
{
	const struct postern_subject *facts = untouched;
	int r = postern_subject_new_for_pid(pid, options, &facts);

	if (r < 0)
		ck_assert_ptr_eq(facts, untouched);
	else
		ck_assert_ptr_null(postern_subject_free(facts));
	return r;
}

static const struct postern_subject *facts_of(pid_t pid,
					      uint32_t disable_features)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;
	const struct postern_subject *facts;

	options.disable_features = disable_features |
				   (POSTERN_FEATURES_ALL & ~test_features());
	ck_assert_int_eq(postern_subject_new_for_pid(pid, &options, &facts), 0);
	return facts;
}

/* -- arguments ------------------------------------------------------------- */

START_TEST(null_arguments_are_refused)
{
	const struct postern_subject *facts;
	uint32_t gid;

	ck_assert_int_eq(postern_subject_new_for_pid(getpid(), NULL, NULL),
			 -EINVAL);
	ck_assert_int_eq(postern_subject_new_for_user(NULL, &facts), -EINVAL);
	ck_assert_int_eq(postern_subject_new_for_user("root", NULL), -EINVAL);
	ck_assert_int_eq(postern_pidfd_inode(getpid(), 0, NULL), -EINVAL);
	ck_assert_int_eq(postern_user_from_uid(0, NULL), -EINVAL);
	ck_assert_int_eq(postern_gid_from_group(NULL, &gid), -EINVAL);
	ck_assert_int_eq(postern_gid_from_group("root", NULL), -EINVAL);
	ck_assert_ptr_null(NULL);
	ck_assert_ptr_null(postern_subject_free(NULL));
}
END_TEST

START_TEST(options_of_an_impossible_size_are_refused)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;

	ck_assert_int_eq(process_result(getpid(), &options), 0);
	options.size_bytes = sizeof(options.size_bytes);
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
	options.size_bytes = POSTERN_STRUCT_BYTES_MAX + 1;
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
	options.size_bytes = 0;
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
}
END_TEST

START_TEST(unknown_bits_are_refused)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;
	uint64_t inode;

	options.flags = POSTERN_SUBJECT_SEEN_BY << 1;
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
	options.flags = 0;
	options.disable_features = POSTERN_FEATURES_ALL + 1;
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
	ck_assert_int_eq(postern_pidfd_inode(
		getpid(), POSTERN_FEATURES_ALL + 1, &inode), -EINVAL);
}
END_TEST

START_TEST(observer_without_its_flag_is_refused)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;

	options.seen_by_uid = OTHER_UID_A;
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
	options.seen_by_uid = 0;
	options.seen_by_gid = OTHER_UID_A;
	ck_assert_int_eq(process_result(getpid(), &options), -EINVAL);
	options.flags = POSTERN_SUBJECT_SEEN_BY;
	ck_assert_int_eq(process_result(getpid(), &options), 0);
}
END_TEST

/* -- processes ------------------------------------------------------------- */

START_TEST(process_has_its_ids_and_groups)
{
	const struct postern_subject *subject;
	struct other_user_process process;
	const struct postern_subject *facts;

	SKIP_UNLESS_ROOT();
	other_user_start(&user_a, stay, NULL, &process);
	do {
		facts = facts_of(process.pid, 0);
		subject = facts;
		/* Until it has become that user. */
		if (subject->uid == OTHER_UID_A)
			break;
		facts = postern_subject_free(facts);
	} while (!facts);

	ck_assert_uint_eq(subject->size_bytes, sizeof(*subject));
	ck_assert_int_eq(subject->uid_fact, POSTERN_FACT_KNOWN);
	ck_assert_int_eq(subject->gid_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(subject->gid, OTHER_UID_B);
	ck_assert_int_eq(subject->groups_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(subject->group_count, 2);
	ck_assert_mem_eq(subject->groups, groups, sizeof(groups));
	ck_assert_int_eq(subject->pid_fact, POSTERN_FACT_KNOWN);
	ck_assert_int_eq(subject->pid, process.pid);
	ck_assert_uint_ne(subject->overflow_uid, 0);
	ck_assert_uint_ne(subject->overflow_gid, 0);
	(void)postern_subject_free(facts);
	other_user_kill(&process);
}
END_TEST

START_TEST(label_and_key_are_never_known)
{
	const struct postern_subject *facts = facts_of(getpid(), 0);
	const struct postern_subject *subject = facts;

	ck_assert_int_eq(subject->label_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(subject->key_fact, POSTERN_FACT_UNKNOWN);
	(void)postern_subject_free(facts);
}
END_TEST

START_TEST(what_proc_tells_is_known_with_a_pidfd_only)
{
	const struct postern_subject *subject;
	const struct postern_subject *facts;

	SKIP_WITHOUT(POSTERN_FEATURE_PEERPIDFD, "SO_PEERPIDFD");
	facts = facts_of(getpid(), 0);
	subject = facts;
	ck_assert_int_eq(subject->exe_fact, POSTERN_FACT_KNOWN);
	ck_assert_int_eq(subject->exe[0], '/');
	ck_assert_int_eq(subject->userns, POSTERN_USERNS_SAME);
	(void)postern_subject_free(facts);

	/* As a node sees it whose kernel gives no pidfd of a peer. */
	facts = facts_of(getpid(), POSTERN_FEATURE_PEERPIDFD);
	subject = facts;
	ck_assert_int_eq(subject->uid_fact, POSTERN_FACT_KNOWN);
	ck_assert_int_eq(subject->exe_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(subject->cgroup_fact, POSTERN_FACT_UNKNOWN);
	ck_assert_int_eq(subject->userns, POSTERN_USERNS_UNKNOWN);
	ck_assert_int_eq(subject->pid_inode_fact, POSTERN_FACT_UNKNOWN);
	(void)postern_subject_free(facts);
}
END_TEST

START_TEST(executable_is_not_told_to_another_observer)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;
	const struct postern_subject *facts;

	options.flags = POSTERN_SUBJECT_SEEN_BY;
	options.seen_by_uid = UNUSED_ID;
	options.seen_by_gid = UNUSED_ID;
	ck_assert_int_eq(
		postern_subject_new_for_pid(getpid(), &options, &facts), 0);
	ck_assert_int_eq(facts->exe_fact, POSTERN_FACT_UNKNOWN);
	(void)postern_subject_free(facts);
}
END_TEST

START_TEST(executable_is_told_to_an_observer_of_the_same_ids)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;
	const struct postern_subject *facts;

	SKIP_WITHOUT(POSTERN_FEATURE_PEERPIDFD, "SO_PEERPIDFD");
	options.flags = POSTERN_SUBJECT_SEEN_BY;
	options.seen_by_uid = geteuid();
	options.seen_by_gid = getegid();
	ck_assert_int_eq(
		postern_subject_new_for_pid(getpid(), &options, &facts), 0);
	ck_assert_int_eq(facts->exe_fact, POSTERN_FACT_KNOWN);
	(void)postern_subject_free(facts);
}
END_TEST

START_TEST(facts_hold_no_descriptor_and_outlive_the_process)
{
	const size_t fd_count_before = test_fd_count();
	struct other_user_process process;
	const struct postern_subject *facts;

	other_user_start(NULL, stay, NULL, &process);
	facts = facts_of(process.pid, 0);
	other_user_kill(&process);
	ck_assert_uint_eq(test_fd_count(), fd_count_before);
	ck_assert_uint_eq(facts->uid, geteuid());
	(void)postern_subject_free(facts);
}
END_TEST

START_TEST(process_that_is_not_there_is_not_found)
{
	struct other_user_process process;
	uint64_t inode = 7;
	int32_t gone;

	other_user_start(NULL, stay, NULL, &process);
	gone = process.pid;
	other_user_kill(&process);
	ck_assert_int_eq(process_result(gone, NULL), -ENOENT);
	ck_assert_int_eq(process_result(0, NULL), -ENOENT);
	ck_assert_int_eq(process_result(-1, NULL), -ENOENT);
	ck_assert_int_eq(postern_pidfd_inode(gone, 0, &inode), -ENOENT);
	ck_assert_int_eq(postern_pidfd_inode(0, 0, &inode), -ENOENT);
	ck_assert_uint_eq(inode, 7);
}
END_TEST

START_TEST(identity_is_the_one_among_the_facts)
{
	const struct postern_subject *subject;
	const struct postern_subject *facts;
	uint64_t inode = 7;

	ck_assert_int_eq(postern_pidfd_inode(
		getpid(), POSTERN_FEATURE_PIDFS, &inode), -EOPNOTSUPP);
	ck_assert_uint_eq(inode, 7);
	SKIP_WITHOUT(POSTERN_FEATURE_PIDFS, "pidfs");
	SKIP_WITHOUT(POSTERN_FEATURE_PEERPIDFD, "SO_PEERPIDFD");
	ck_assert_int_eq(postern_pidfd_inode(getpid(), 0, &inode), 0);
	facts = facts_of(getpid(), 0);
	subject = facts;
	ck_assert_int_eq(subject->pid_inode_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(subject->pid_inode, inode);
	(void)postern_subject_free(facts);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
