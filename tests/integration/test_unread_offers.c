/* SPDX-License-Identifier: ISC */
/*
 * Many users that leave their offers unread close the node to no other user
 *
 * What they hold stays in flight on the account of the node's user for as long
 * as they please.  So the test is what is left for others: a user that holds
 * none, the owner and root; and what revoking the holders gives back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/controller.h"
#include "support/crowd.h"
#include "support/inspect.h"
#include "support/observer.h"
#include "support/own_etc.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define FIRST_UID 40001
#define USERS 40
#define OFFERS_EACH 8
#define DESCRIPTOR_LIMIT 1024
#define OFFERS_MAX (DESCRIPTOR_LIMIT / 4)

static const char CROWD_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"}\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process crowd, peer, owner, root, controller;
static size_t fds_before;

/* Refusals are many: those for a revoked offer are enough. */
static void forget_most_refusals(struct scene *of)
{
	const struct scene_record *last = &of->records[of->record_count - 1];

	if (strcmp(last->event, "suppressed") == 0 ||
	    (strcmp(last->event, "refused") == 0 &&
	     !strstr(last->line, "were revoked")))
		of->record_count--;
}

static void set_up(void)
{
	const struct rlimit limit = {DESCRIPTOR_LIMIT, DESCRIPTOR_LIMIT};

	scene_init(&scene);
	scene.on_record = forget_most_refusals;
	scene_load(&scene, CROWD_POLICY);
	process_start(&crowd, ROLE_ROOT, crowd_main, &scene);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&owner, ROLE_OWNER, observer_main, &scene);
	process_start(&root, ROLE_ROOT, observer_main, &scene);
	process_start(&controller, ROLE_OWNER, controller_main, &scene);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void tear_down(void)
{
	process_end(&crowd);
	process_end(&peer);
	process_end(&owner);
	process_end(&root);
	process_end(&controller);
	/* Less our ends of their orders. */
	scene_serve_until_fd_count(&scene, fds_before - 5);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	scene_close(&scene);
}

static struct crowd_report order_crowd(enum crowd_order_kind kind,
				       uid_t first_uid, size_t uid_count,
				       size_t each)
{
	const struct crowd_order order = {kind, first_uid, uid_count, each};
	struct crowd_report report;

	process_order(&crowd, &order, sizeof(order));
	scene_serve_until_readable(&scene, crowd.control_fd);
	process_read_report(&crowd, &report, sizeof(report));
	scene_serve_what_is_due(&scene);
	return report;
}

static void expect_statistics_for(const struct process *observer)
{
	const uint64_t deadline_ns = POSTERN_NO_DEADLINE;
	struct observer_report report;

	process_order(observer, &deadline_ns, sizeof(deadline_ns));
	scene_serve_until_readable(&scene, observer->control_fd);
	process_read_report(observer, &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
}

static void expect_the_others_are_served(void)
{
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	expect_statistics_for(&owner);
	expect_statistics_for(&root);
}

static struct control_report take_back(const char *peer_text)
{
	struct control_order order = {.deadline_ns = POSTERN_NO_DEADLINE};
	struct control_report report;

	(void)snprintf(order.peer, sizeof(order.peer), "%s", peer_text);
	process_order(&controller, &order, sizeof(order));
	scene_serve_until_readable(&scene, controller.control_fd);
	process_read_report(&controller, &report, sizeof(report));
	return report;
}

static const char *find_record(const char *event, const char *text)
{
	size_t i;

	for (i = 0; i < scene.record_count; i++)
		if (strcmp(scene.records[i].event, event) == 0 &&
		    strstr(scene.records[i].line, text))
			return scene.records[i].line;
	return NULL;
}

static unsigned long field_of(const char *line, const char *name)
{
	const char *at = line ? strstr(line, name) : NULL;

	ck_assert_msg(at, "no field %s in: %s", name, line ? line : "");
	return strtoul(at + strlen(name), NULL, 10);
}

START_TEST(unread_offers_of_forty_users_keep_no_other_user_out)
{
	struct crowd_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up();
	report = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, USERS, OFFERS_EACH);
	ck_assert_uint_ge(report.least_of_uid, 1);
	ck_assert_uint_gt(report.refused_count, 0);
	ck_assert_uint_le(report.offer_count, OFFERS_MAX);
	expect_the_others_are_served();
	tear_down();
}
END_TEST

START_TEST(unread_offers_of_two_hundred_users_keep_owner_and_root_in)
{
	struct crowd_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up();
	/* As greedily as can be: 8 users with 8 each, the others with one. */
	report = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 199, OFFERS_EACH);
	ck_assert_uint_eq(report.offer_count, OFFERS_MAX - 1);
	ck_assert_uint_eq(report.least_of_uid, 1);
	expect_the_others_are_served();

	/* One more is what it takes. */
	report = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID + 199, 2, 1);
	ck_assert_uint_eq(report.offer_count, 1);
	ck_assert_uint_eq(report.refused_count, 1);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, -EDQUOT);
	expect_statistics_for(&owner);
	expect_statistics_for(&root);
	tear_down();
}
END_TEST

START_TEST(audit_names_the_holders_of_unread_offers)
{
	const char *line;
	size_t i;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up();
	(void)order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 2, OFFERS_EACH);
	ck_assert_uint_eq(scene_count_records(&scene, "unread-offers"), 0);
	(void)order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 1, 3);
	/* Three refusals, and the holders are recorded once. */
	ck_assert_uint_eq(scene_count_records(&scene, "unread-offers"), 2);
	for (i = 0; i < 2; i++) {
		char uid[32];

		(void)snprintf(uid, sizeof(uid), " uid=%u ",
			       (unsigned)(FIRST_UID + i));
		line = find_record("unread-offers", uid);
		ck_assert_uint_eq(field_of(line, " pid="),
				  (unsigned long)crowd.pid);
		ck_assert_uint_eq(field_of(line, " unread="), OFFERS_EACH);
		ck_assert_uint_eq(field_of(line, " holders="), 2);
		ck_assert_ptr_nonnull(strstr(line, " peer=everyone "));
		(void)field_of(line, " age_ms=");
	}
	tear_down();
}
END_TEST

START_TEST(revoke_by_name_gives_the_part_of_the_holders_to_others)
{
	struct control_report report;
	struct crowd_report got;
	const char *line;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up();
	/* So many that a second offer of one user is refused. */
	(void)order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, USERS, OFFERS_EACH);
	got = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID + USERS, 1, 2);
	ck_assert_uint_eq(got.offer_count, 1);

	scene.record_count = 0;
	report = take_back("everyone");
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, 8 * OFFERS_EACH + 33);
	/* Those whose handshake has ended; the others are refused. */
	line = find_record("disconnected", " uid=40001 ");
	ck_assert_uint_ge(field_of(line, " unread="), 1);
	ck_assert_ptr_nonnull(strstr(line, " by=control "));

	/* The holders get no more, and a user that held none gets several. */
	got = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 1, 1);
	ck_assert_uint_eq(got.refused_count, 1);
	ck_assert_ptr_nonnull(find_record("refused", "were revoked"));
	got = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID + USERS + 1, 1, 2);
	ck_assert_uint_eq(got.offer_count, 2);
	expect_the_others_are_served();

	/* Closing is what ends it. */
	(void)order_crowd(CROWD_CLOSE, 0, 0, 0);
	scene_serve_until_fd_count(&scene, fds_before);
	got = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 1, 1);
	ck_assert_uint_eq(got.offer_count, 1);
	tear_down();
}
END_TEST

START_TEST(revoke_by_handle_reaches_one_holder_alone)
{
	struct control_report report;
	struct crowd_report got;
	const char *line;
	char handle[64];

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up();
	(void)order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 2, OFFERS_EACH);
	(void)order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 1, 1);
	line = find_record("unread-offers", " uid=40001 ");
	(void)snprintf(handle, sizeof(handle), "%lu.%lu",
		       field_of(line, " slot="),
		       field_of(line, " generation="));
	report = take_back(handle);
	ck_assert_int_eq(report.result, 0);

	/* The other one is as it was: one of its offers is read for another. */
	scene.record_count = 0;
	got = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID, 1, 1);
	ck_assert_uint_eq(got.refused_count, 1);
	ck_assert_ptr_nonnull(find_record("refused", "were revoked"));
	scene.record_count = 0;
	got = order_crowd(CROWD_LEAVE_UNREAD, FIRST_UID + 1, 1, 1);
	ck_assert_uint_eq(got.refused_count, 1);
	ck_assert_ptr_null(find_record("refused", "were revoked"));
	tear_down();
}
END_TEST

/* -- subordinate uids ------------------------------------------------------ */

START_TEST(subordinate_uids_share_the_offers_of_their_user)
{
	struct crowd_report got;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring("alice:500000:65536\n"),
		    NEEDS_MOUNT_NAMESPACE);
	set_up();
	got = order_crowd(CROWD_LEAVE_UNREAD, 500000, USERS, 1);
	ck_assert_uint_eq(got.offer_count, OFFERS_EACH);
	got = order_crowd(CROWD_LEAVE_UNREAD, 41000, 1, 1);
	ck_assert_uint_eq(got.refused_count, 1);
	got = order_crowd(CROWD_LEAVE_UNREAD, 500000 + 65536, 1, 1);
	ck_assert_uint_eq(got.offer_count, 1);
	expect_the_others_are_served();
	tear_down();
}
END_TEST

/* As the managers of system containers write it. */
START_TEST(containers_of_root_count_apart_and_are_revoked_apart)
{
	const uid_t hostile = 1000000 + 65536, other = hostile + 65536;
	struct crowd_report got;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring("root:1000000:1000000000\n"),
		    NEEDS_MOUNT_NAMESPACE);
	set_up();
	got = order_crowd(CROWD_LEAVE_UNREAD, hostile, 4, 1);
	ck_assert_uint_eq(got.offer_count, 4);
	ck_assert_int_eq(take_back("everyone").result, 0);
	scene.record_count = 0;

	/* Uids that were revoked get none, the others of the container do. */
	got = order_crowd(CROWD_LEAVE_UNREAD, hostile, 1, 1);
	ck_assert_uint_eq(got.refused_count, 1);
	ck_assert_ptr_nonnull(find_record("refused", "were revoked"));
	got = order_crowd(CROWD_LEAVE_UNREAD, hostile + 4, USERS, 1);
	ck_assert_uint_eq(got.offer_count, OFFERS_EACH - 4);

	/* Another container has a share of its own. */
	got = order_crowd(CROWD_LEAVE_UNREAD, other, USERS, 1);
	ck_assert_uint_eq(got.offer_count, OFFERS_EACH);
	expect_the_others_are_served();
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
