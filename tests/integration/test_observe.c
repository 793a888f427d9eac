/* SPDX-License-Identifier: ISC */
/*
 * Who gets the node's statistics, and what an observer believes of a node
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "node/node_internal.h"
#include "os/own_process.h"
#include "support/fake_node.h"
#include "support/inspect.h"
#include "support/observer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define UNREAD_PER_USER 8

/* The last of those who may observe is denied for all that, as is root. */
static const char OBSERVE_POLICY[] =
	"policy-version 1\n"
	"peer watcher {\n"
	"	user $peer\n"
	"}\n"
	"peer sender {\n"
	"	user $other\n"
	"}\n"
	"peer outcast {\n"
	"	user $third\n"
	"}\n"
	"peer root {\n"
	"	user 0\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow watcher {\n"
	"		direction send\n"
	"		observe\n"
	"	}\n"
	"	allow sender {\n"
	"		direction both\n"
	"	}\n"
	"	allow outcast {\n"
	"		direction both\n"
	"		observe\n"
	"	}\n"
	"	deny outcast\n"
	"	deny root\n"
	"}\n"
	"end\n";
#define DENY_OUTCAST_LINE 28

static struct scene scene;
static struct process observer;
static size_t fds_before;

static const struct pst_stats_segment *stats_segment(void)
{
	return &((const struct pst_node *)scene.node)->stats.segment;
}

static size_t stats_segment_bytes(void)
{
	return pst_stats_segment_bytes(stats_segment());
}

/* -- who may --------------------------------------------------------------- */

static struct observer_report observe(void)
{
	const uint64_t deadline_ns = POSTERN_NO_DEADLINE;
	struct observer_report report;

	process_order(&observer, &deadline_ns, sizeof(deadline_ns));
	scene_serve_until_readable(&scene, observer.control_fd);
	process_read_report(&observer, &report, sizeof(report));
	ck_assert_uint_eq(report.left_fds, 0);
	return report;
}

static void start_as(enum role role)
{
	scene_init(&scene);
	scene_load(&scene, OBSERVE_POLICY);
	process_start(&observer, role, observer_main, &scene);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void end(void)
{
	process_end(&observer);
	/* Less our end of the observer's orders. */
	scene_serve_until_fd_count(&scene, fds_before - 1);
	scene_close(&scene);
	ck_assert_uint_eq(inspect_segment_count(), 0);
}

static const enum role welcome[] = {ROLE_PEER, ROLE_OWNER, ROLE_ROOT};

START_TEST(owner_root_and_who_is_allowed_to_get_the_statistics,
	   .loop_end = sizeof(welcome) / sizeof(welcome[0]))
{
	struct observer_report report;

	start_as(welcome[_i]);
	report = observe();
	ck_assert_msg(report.result == 0, "%s; %s",
		      postern_reason_name(report.reason), report.detail);
	ck_assert_uint_eq(report.segment_bytes, stats_segment_bytes());
	ck_assert(report.is_readable);
	ck_assert(!report.is_writable);
	ck_assert(report.has_pidfd ==
		  ((test_features() & POSTERN_FEATURE_PEERPIDFD) != 0));
	scene_expect_no_refusal(&scene);
	ck_assert_uint_eq(scene.event_count, 0);
	end();
}
END_TEST

static const struct {
	enum role role;
	enum postern_reason reason;
	uint32_t line;
} unwelcome[] = {
	{ROLE_OTHER, POSTERN_REASON_NOT_PERMITTED, 0},
	{ROLE_THIRD, POSTERN_REASON_DENIED, DENY_OUTCAST_LINE},
	{ROLE_FOURTH, POSTERN_REASON_NO_ALLOW, 0},
};

START_TEST(others_get_one_code_and_the_record_has_the_reason,
	   .loop_end = sizeof(unwelcome) / sizeof(unwelcome[0]))
{
	struct observer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	start_as(unwelcome[_i].role);
	report = observe();
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, unwelcome[_i].reason,
				 unwelcome[_i].line);
	end();
}
END_TEST

/* -- by hand --------------------------------------------------------------- */

static struct stranger strangers[UNREAD_PER_USER + 1];
static struct stranger *const stranger = &strangers[0];

static void set_up(void)
{
	size_t i;

	for (i = 0; i <= UNREAD_PER_USER; i++)
		strangers[i] = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void tear_down(void)
{
	size_t i;

	for (i = 0; i <= UNREAD_PER_USER; i++)
		stranger_close(&strangers[i]);
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}

static void ask_for_stats(struct stranger *who)
{
	struct pst_hello hello;

	ck_assert_int_eq(stranger_connect(who, scene.socket_path), 0);
	stranger_fill_hello(&hello);
	stranger_request_no_channel(&hello, PST_WIRE_KIND_OBSERVE);
	ck_assert_int_eq(stranger_send_hello(who, &hello), 0);
	scene_serve_until_readable(&scene, who->socket_fd);
	scene_serve_what_is_due(&scene);
}

static void take_stats(struct stranger *who, struct pst_stats_record *ret_stats)
{
	struct pst_wire_record record;

	ck_assert_int_eq(pst_packet_receive_with_fds(
				 who->socket_fd, record.bytes,
				 sizeof(record.bytes), &record.byte_count,
				 who->segment_fds, 1), 0);
	ck_assert_int_ge(who->segment_fds[0], 0);
	ck_assert_int_eq(pst_wire_read_stats(record.bytes, record.byte_count,
					     ret_stats), 0);
}

START_TEST(every_stats_record_is_of_the_same_segment_and_run,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_stats_record first, second;

	ask_for_stats(&strangers[0]);
	take_stats(&strangers[0], &first);
	ask_for_stats(&strangers[1]);
	take_stats(&strangers[1], &second);
	ck_assert_mem_eq(first.session_id, second.session_id,
			 sizeof(first.session_id));
	ck_assert_uint_eq(first.segment.inode, second.segment.inode);
	ck_assert_uint_eq(first.segment.segment_bytes,
			  second.segment.segment_bytes);
	ck_assert_uint_eq(first.layout_version, PST_STATS_VERSION);
	ck_assert_uint_eq(second.layout_version, PST_STATS_VERSION);
	ck_assert_uint_eq(first.segment.segment_bytes, stats_segment_bytes());
}
END_TEST

/* No peer and no observer decides when memory for it is needed, or whose. */
START_TEST(memory_of_the_statistics_is_there_before_anybody_is,
	   .set_up = set_up, .tear_down = tear_down)
{
	ck_assert_int_eq(pst_segment_is_populated(stats_segment()->segment_fd,
						  stats_segment_bytes()), 1);
}
END_TEST

START_TEST(client_that_hangs_up_leaves_no_record,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_stats_record stats;

	ask_for_stats(stranger);
	take_stats(stranger, &stats);
	stranger_close(stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	scene_expect_no_refusal(&scene);
}
END_TEST

START_TEST(client_that_stays_is_hung_up_on_without_a_record,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_stats_record stats;

	ask_for_stats(stranger);
	take_stats(stranger, &stats);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert(stranger_is_alone(stranger));
	scene_expect_no_refusal(&scene);
}
END_TEST

START_TEST(client_that_sends_more_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_stats_record stats;

	ask_for_stats(stranger);
	take_stats(stranger, &stats);
	ck_assert_int_eq(stranger_say_hello(stranger), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, POSTERN_REASON_PROTOCOL, 0);
}
END_TEST

START_TEST(unread_stats_are_bounded_and_bound_offers,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct stranger *last = &strangers[UNREAD_PER_USER];
	enum pst_refuse_code code;
	size_t i;

	/* Some are kept beyond their handshake, and count no less. */
	for (i = 0; i < UNREAD_PER_USER; i++) {
		ask_for_stats(&strangers[i]);
		if (i % 2 == 0)
			ck_assert_int_eq(shutdown(strangers[i].socket_fd,
						  SHUT_WR), 0);
		scene_serve_what_is_due(&scene);
	}
	scene_expect_no_refusal(&scene);
	ask_for_stats(last);
	ck_assert_int_eq(stranger_take_refusal(last, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_BUSY);
	scene_expect_one_refusal(&scene, POSTERN_REASON_UNREAD_OFFERS, 0);
	stranger_close(last);

	ck_assert_int_eq(stranger_connect(last, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(last), 0);
	scene_serve_until_readable(&scene, last->socket_fd);
	ck_assert_int_eq(stranger_take_refusal(last, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_BUSY);
}
END_TEST

START_TEST(another_nodes_statistics_are_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_hello hello;
	enum pst_refuse_code code;

	ck_assert_int_eq(stranger_connect(stranger, scene.socket_path), 0);
	stranger_fill_hello(&hello);
	stranger_request_no_channel(&hello, PST_WIRE_KIND_OBSERVE);
	(void)strcpy(hello.node_name, "invoices");
	ck_assert_int_eq(stranger_send_hello(stranger, &hello), 0);
	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert_int_eq(stranger_take_refusal(stranger, &code), 0);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, POSTERN_REASON_WRONG_NODE, 0);
}
END_TEST

/* -- a node that lies ------------------------------------------------------ */

static struct process fake;

static const struct {
	enum fake_lie lie;
	int result;
	enum postern_reason reason;
	const char *detail;     /* a part of the refusal's, or NULL */
} lies[] = {
	{FAKE_OTHER_LAYOUT, -EPROTONOSUPPORT, POSTERN_REASON_VERSION, NULL},
	{FAKE_CUT_OFFER, -EBADMSG, POSTERN_REASON_PROTOCOL, NULL},
	{FAKE_OFFER_INSTEAD, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_NO_DESCRIPTORS, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_TWO_DESCRIPTORS, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_THREE_DESCRIPTORS, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_REFUSAL_WITH_DESCRIPTORS, -EBADMSG, POSTERN_REASON_DESCRIPTORS,
	 NULL},
	{FAKE_OTHER_INODE, -EBADMSG, POSTERN_REASON_SEGMENT,
	 "not the segment that was offered"},
	{FAKE_SIZE_OF_NODES, -EBADMSG, POSTERN_REASON_SEGMENT, "wrong size"},
	{FAKE_UNSEALED_NODES, -EBADMSG, POSTERN_REASON_SEGMENT, "wrong seals"},
	{FAKE_WRITABLE_NODES, -EBADMSG, POSTERN_REASON_SEGMENT, "wrong seals"},
	{FAKE_OPEN_SEALS_OF_NODES, -EBADMSG, POSTERN_REASON_SEGMENT,
	 "wrong seals"},
	{FAKE_OTHER_OWNER, -EBADMSG, POSTERN_REASON_SEGMENT, "wrong owner"},
	{FAKE_DISK_FILE, -EBADMSG, POSTERN_REASON_SEGMENT, "not a memfd"},
	{FAKE_SHM_FILE, -EBADMSG, POSTERN_REASON_SEGMENT, "wrong seals"},
	{FAKE_DEVICE, -EBADMSG, POSTERN_REASON_SEGMENT, "not a memfd"},
	{FAKE_PIPE, -EBADMSG, POSTERN_REASON_SEGMENT, "not a memfd"},
	{FAKE_SOCKET, -EBADMSG, POSTERN_REASON_SEGMENT, "not a memfd"},
	{FAKE_DIRECTORY, -EBADMSG, POSTERN_REASON_SEGMENT, "not a memfd"},
	{FAKE_HANG_UP_AFTER_HELLO, -EPIPE, POSTERN_REASON_HUNG_UP, NULL},
};

static void set_up_fake(void)
{
	int r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&fake, ROLE_ROOT, fake_node_main, scene.socket_path);
	ck_assert_int_eq(become(ROLE_PEER, NULL, 0), 0);
	process_read_report(&fake, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
}

static void tear_down_fake(void)
{
	int r;

	process_read_report(&fake, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	process_end(&fake);
	scene_close(&scene);
}

static struct observer_report fetch_from_fake(enum fake_lie lie,
					      uint64_t deadline_ns)
{
	struct observer_report report;

	process_order(&fake, &lie, sizeof(lie));
	observer_fetch(scene.policy, deadline_ns, &report);
	ck_assert_uint_eq(report.left_fds, 0);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	return report;
}

START_TEST(without_a_lie_the_fakes_statistics_are_taken,
	   .set_up = set_up_fake, .tear_down = tear_down_fake)
{
	struct observer_report report;

	report = fetch_from_fake(FAKE_NO_LIE, POSTERN_NO_DEADLINE);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.segment_bytes, pst_own_page_bytes());
}
END_TEST

START_TEST(a_lie_about_the_statistics_is_refused_and_leaves_nothing_behind,
	   .loop_end = sizeof(lies) / sizeof(lies[0]), .set_up = set_up_fake,
	   .tear_down = tear_down_fake)
{
	const char *detail = lies[_i].detail;
	struct observer_report report;

	if (lies[_i].lie == FAKE_DISK_FILE)
		detail = fake_disk_file_fault();
	/* Without root the fake cannot tell this lie, and tells none. */
	if (lies[_i].lie == FAKE_OTHER_OWNER && !users_are_several()) {
		report = fetch_from_fake(FAKE_NO_LIE, POSTERN_NO_DEADLINE);
		skip_unless(users_are_several(), NEEDS_USERS);
	}
	report = fetch_from_fake(lies[_i].lie, POSTERN_NO_DEADLINE);
	ck_assert_int_eq(report.result, lies[_i].result);
	ck_assert_msg(report.reason == lies[_i].reason,
		      "refused because of '%s' (%s), not '%s'",
		      postern_reason_name(report.reason), report.detail,
		      postern_reason_name(lies[_i].reason));
	if (detail)
		ck_assert_ptr_nonnull(strstr(report.detail, detail));
}
END_TEST

START_TEST(a_node_that_keeps_its_statistics_is_given_up_at_the_deadline,
	   .set_up = set_up_fake, .tear_down = tear_down_fake)
{
	struct observer_report report;

	report = fetch_from_fake(FAKE_SILENCE,
				 postern_deadline_after(100 * 1000 * 1000));
	ck_assert_int_eq(report.result, -ETIMEDOUT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_DEADLINE);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
