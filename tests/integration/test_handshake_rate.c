/* SPDX-License-Identifier: ISC */
/*
 * Handshakes: how often a uid may come, in every place that says so
 */
#include <errno.h>
#include <stdio.h>

#include "support/crowd.h"
#include "support/inspect.h"
#include "support/own_etc.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define BURST 3
#define CONNECTS_MAX 1000

static struct scene scene;
static struct process peer, other;

/* `place` is where the limit stands: tenant, node, top level. */
static void load(int place, const char *friends)
{
	static const char limit[] = "handshakes 1/s burst 3";
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "policy-version 1\n"
		       "limits {\n%s\n}\n"
		       "peer friend {\nuser %s\n}\n"
		       "tenant friends {\nmembers friend\n"
		       "limits {\n%s\n}\n}\n"
		       "node orders {\n"
		       "owner user $owner\n"
		       "socket $dir/orders.sock mode 0666\n"
		       "limits {\nring 16KiB\nmessage 4KiB\n%s\n}\n"
		       "allow friend {\ndirection both\n}\n}\n"
		       "end\n",
		       place == 2 ? limit : "", friends,
		       place == 0 ? limit : "",
		       place == 1 ? limit : "");
	scene_init(&scene);
	scene_load(&scene, text);
}

static void set_up(int place)
{
	load(place, "$peer $other");
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}

/* Until it is refused.  Returns how often it was not. */
static uint64_t connect_until_busy(const struct process *who)
{
	struct peer_report report;
	uint64_t count;

	for (count = 0; count < CONNECTS_MAX; count++) {
		report = peer_connect(&scene, who);
		if (report.result == -EDQUOT)
			return count;
		ck_assert_int_eq(report.result, 0);
		(void)peer_do(&scene, who, PEER_CLOSE, 0);
		scene_serve_what_is_due(&scene);
		scene.event_count = 0;
		scene.record_count = 0;
	}
	ck_abort_msg("it was never refused");
}

static struct crowd_report order_crowd(const struct crowd_order *order)
{
	struct crowd_report report;

	process_order(&peer, order, sizeof(*order));
	scene_serve_until_readable(&scene, peer.control_fd);
	process_read_report(&peer, &report, sizeof(report));
	scene_serve_what_is_due(&scene);
	return report;
}

START_TEST(who_comes_too_often_is_told_that_the_node_is_busy, .loop_end = 3)
{
	uint64_t start_ns, count, allowed;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(_i);
	start_ns = inspect_now_ns();
	count = connect_until_busy(&peer);
	allowed = BURST + (inspect_now_ns() - start_ns) / 1000000000;
	ck_assert_uint_ge(count, BURST);
	ck_assert_uint_le(count, allowed);
	/* The record names the line that says so. */
	scene_expect_one_refusal(&scene, POSTERN_REASON_HANDSHAKES, 0);

	/* Another uid has a bucket of its own. */
	ck_assert_uint_ge(connect_until_busy(&other), BURST);
	tear_down();
}
END_TEST

START_TEST(who_is_there_is_not_disturbed)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(1);
	(void)peer_join(&scene, &other);
	(void)connect_until_busy(&peer);
	ck_assert_int_eq(peer_do(&scene, &other, PEER_SEND, 10).result, 0);
	scene_await_messages(&scene, 10);
	tear_down();
}
END_TEST

/* At most one a uid, and one a second, whatever becomes of them. */
START_TEST(subordinate_uids_share_the_handshakes_of_their_user, .loop_end = 3)
{
	const struct crowd_order of_alice = {CROWD_LEAVE_UNREAD, 500000, 8, 1};
	const struct crowd_order of_itself = {CROWD_LEAVE_UNREAD, 600000, 1, 1};
	uint64_t start_ns, allowed;
	struct crowd_report got;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring(OWN_ETC_USER ":500000:65536\n"),
		    NEEDS_MOUNT_NAMESPACE);
	load(_i, "*");
	process_start(&peer, ROLE_ROOT, crowd_main, &scene);
	scene_open(&scene);
	start_ns = inspect_now_ns();
	got = order_crowd(&of_alice);
	allowed = BURST + (inspect_now_ns() - start_ns) / 1000000000;
	ck_assert_uint_ge(got.offer_count, BURST);
	ck_assert_uint_le(got.offer_count, allowed);
	ck_assert_uint_eq(order_crowd(&of_itself).offer_count, 1);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
