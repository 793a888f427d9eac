/* SPDX-License-Identifier: ISC */
/*
 * The records of a connection that commands: from a commander that breaks the
 * rules, and from a node that does
 *
 * The strangers are sockets of the node's own process, so that each step is
 * taken exactly when the test says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/controller.h"
#include "support/fake_node.h"
#include "support/inspect.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

static struct scene scene;
static size_t fds_before;

/* -- by hand, as the owner ------------------------------------------------- */

static struct stranger stranger, victim;

static void set_up(void)
{
	stranger = (struct stranger)STRANGER_INIT;
	victim = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	fds_before = inspect_fd_count();
}

static void tear_down(void)
{
	stranger_close(&victim);
	stranger_close(&stranger);
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}

/* An admitted peer, of the name `self`. */
static postern_peer join_by_hand(void)
{
	ck_assert_int_eq(stranger_connect(&victim, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&victim), 0);
	scene_serve_until_readable(&scene, victim.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&victim), 0);
	ck_assert_int_eq(stranger_do_its_part(&victim), 0);
	ck_assert_int_eq(stranger_say_ready(&victim), 0);
	scene_serve_until_readable(&scene, victim.socket_fd);
	ck_assert_int_eq(stranger_take_go(&victim), 0);
	return scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED).peer;
}

static void ask(void)
{
	struct pst_hello hello;

	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	stranger_fill_hello(&hello);
	stranger_request_no_channel(&hello, PST_WIRE_KIND_CONTROL);
	ck_assert_int_eq(stranger_send_hello(&stranger, &hello), 0);
}

static void receive(struct pst_wire_record *ret_record)
{
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(pst_packet_receive(stranger.socket_fd, test_features(),
					    ret_record->bytes,
					    sizeof(ret_record->bytes),
					    &ret_record->byte_count, NULL), 0);
}

/* A command for one peer, or for 0 for all called `self`. */
static struct pst_command get_grant(postern_peer handle)
{
	struct pst_command result = {
		.verb = PST_COMMAND_DISCONNECT,
		.peer = handle,
	};
	struct pst_wire_record record;
	struct pst_permit permit;

	ask();
	receive(&record);
	ck_assert_int_eq(pst_wire_read_permit(record.bytes, record.byte_count,
					      &permit), 0);
	memcpy(result.session_id, permit.session_id, sizeof(permit.session_id));
	if (handle == 0)
		(void)strcpy(result.peer_name, "self");
	return result;
}

static void send_command(const struct pst_command *wanted)
{
	struct pst_wire_record record;

	ck_assert_int_eq(pst_wire_write_command(wanted, &record), 0);
	ck_assert_int_eq(pst_packet_send(stranger.socket_fd, record.bytes,
					 record.byte_count), 0);
}

static void expect_result(enum pst_result_code code, uint64_t count)
{
	struct pst_wire_record record;
	struct pst_result result;

	receive(&record);
	ck_assert_int_eq(pst_wire_read_result(record.bytes, record.byte_count,
					      &result), 0);
	ck_assert_int_eq(result.code, code);
	ck_assert_uint_eq(result.count, count);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert(stranger_is_alone(&stranger));
}

/* The stranger is told no, and the victim never notices. */
static void expect_refused(enum postern_reason reason)
{
	enum pst_refuse_code code;

	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_refusal(&stranger, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_DENIED);
	scene_serve_what_is_due(&scene);
	scene_expect_one_refusal(&scene, reason, 0);
	ck_assert(!stranger_is_alone(&victim));
}

START_TEST(a_command_is_answered_and_the_node_hangs_up,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_command wanted = get_grant(join_by_hand());

	send_command(&wanted);
	expect_result(PST_RESULT_DONE, 1);
	ck_assert(stranger_is_alone(&victim));
}
END_TEST

START_TEST(a_handshake_on_its_way_is_revoked_by_its_name,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_command wanted = get_grant(0);
	enum pst_refuse_code code;

	ck_assert_int_eq(stranger_connect(&victim, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&victim), 0);
	scene_serve_until_readable(&scene, victim.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&victim), 0);
	send_command(&wanted);
	expect_result(PST_RESULT_DONE, 1);
	ck_assert_int_eq(stranger_take_refusal(&victim, &code), 0);
	scene_expect_one_refusal(&scene, POSTERN_REASON_DISCONNECTED, 0);
}
END_TEST

START_TEST(a_second_command_is_not_carried_out,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = join_by_hand();
	struct pst_command wanted = get_grant(handle);

	wanted.peer = handle + 1;
	send_command(&wanted);
	wanted.peer = handle;
	send_command(&wanted);
	expect_result(PST_RESULT_STALE, 0);
	scene_serve_what_is_due(&scene);
	ck_assert(!stranger_is_alone(&victim));
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 0);
}
END_TEST

START_TEST(a_command_before_the_grant_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_command wanted = {
		.verb = PST_COMMAND_DISCONNECT,
		.peer = join_by_hand(),
	};

	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	send_command(&wanted);
	expect_refused(POSTERN_REASON_PROTOCOL);
}
END_TEST

START_TEST(a_command_of_another_session_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_command wanted = get_grant(join_by_hand());

	wanted.session_id[15] ^= 1;
	send_command(&wanted);
	expect_refused(POSTERN_REASON_PROTOCOL);
}
END_TEST

START_TEST(a_garbled_command_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_command wanted = get_grant(join_by_hand());
	struct pst_wire_record record;

	ck_assert_int_eq(pst_wire_write_command(&wanted, &record), 0);
	record.bytes[32] = 2;   /* the verb */
	ck_assert_int_eq(pst_packet_send(stranger.socket_fd, record.bytes,
					 record.byte_count), 0);
	expect_refused(POSTERN_REASON_PROTOCOL);
}
END_TEST

START_TEST(a_hello_in_place_of_the_command_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	(void)get_grant(join_by_hand());
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	expect_refused(POSTERN_REASON_PROTOCOL);
}
END_TEST

START_TEST(a_command_by_another_process_is_refused,
	   .set_up = set_up, .tear_down = tear_down)
{
	struct pst_command wanted = get_grant(join_by_hand());
	pid_t pid;
	int status;

	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct pst_wire_record record;

		if (pst_wire_write_command(&wanted, &record) == 0)
			(void)!pst_packet_send(stranger.socket_fd, record.bytes,
					       record.byte_count);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	expect_refused(POSTERN_REASON_CREDENTIALS_CHANGED);
}
END_TEST

START_TEST(who_gives_no_command_is_refused_at_the_deadline,
	   .set_up = set_up, .tear_down = tear_down)
{
	(void)get_grant(join_by_hand());
	expect_refused(POSTERN_REASON_DEADLINE);
}
END_TEST

START_TEST(who_hangs_up_instead_of_commanding_is_recorded,
	   .set_up = set_up, .tear_down = tear_down)
{
	(void)get_grant(join_by_hand());
	stranger_close(&stranger);
	scene_await_one_refusal(&scene, POSTERN_REASON_HUNG_UP);
}
END_TEST

START_TEST(a_command_is_carried_out_though_nobody_waits_for_its_result,
	   .set_up = set_up, .tear_down = tear_down)
{
	postern_peer handle = join_by_hand();
	struct pst_command wanted = get_grant(handle);
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	send_command(&wanted);
	stranger_close(&stranger);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_uint_eq(event.peer, handle);
	scene_expect_no_refusal(&scene);
}
END_TEST

/* -- a node that lies ------------------------------------------------------ */

static struct process fake;

static const struct {
	enum fake_lie lie;
	int result;
	enum postern_reason reason;
} lies[] = {
	{FAKE_NO_LIE, 0, POSTERN_REASON_NONE},
	{FAKE_CUT_OFFER, -EBADMSG, POSTERN_REASON_PROTOCOL},
	{FAKE_GO_OF_ANOTHER_SESSION, -EBADMSG, POSTERN_REASON_PROTOCOL},
	{FAKE_HANG_UP_AFTER_HELLO, -EPIPE, POSTERN_REASON_HUNG_UP},
	{FAKE_HANG_UP_AFTER_READY, -EPIPE, POSTERN_REASON_HUNG_UP},
	{FAKE_REFUSAL_AFTER_READY, -EACCES, POSTERN_REASON_REFUSED},
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

static struct control_report command_fake(enum fake_lie lie,
					  uint64_t deadline_ns)
{
	const struct control_order order = {
		.peer = "friend",
		.deadline_ns = deadline_ns,
	};
	struct control_report report;

	process_order(&fake, &lie, sizeof(lie));
	controller_command(scene.policy, &order, &report);
	ck_assert_uint_eq(report.left_fds, 0);
	return report;
}

START_TEST(a_lie_of_the_node_is_refused_and_leaves_nothing_behind,
	   .loop_end = sizeof(lies) / sizeof(lies[0]), .set_up = set_up_fake,
	   .tear_down = tear_down_fake)
{
	struct control_report report;

	report = command_fake(lies[_i].lie, POSTERN_NO_DEADLINE);
	ck_assert_int_eq(report.result, lies[_i].result);
	ck_assert_msg(report.reason == lies[_i].reason,
		      "refused because of '%s' (%s)",
		      postern_reason_name(report.reason), report.detail);
	ck_assert_uint_eq(report.count, report.result == 0 ?
						  3 : CONTROLLER_UNTOUCHED);
}
END_TEST

START_TEST(a_node_that_does_not_answer_is_given_up_at_the_deadline,
	   .set_up = set_up_fake, .tear_down = tear_down_fake)
{
	struct control_report report;

	report = command_fake(FAKE_SILENCE,
			      postern_deadline_after(100 * 1000 * 1000));
	ck_assert_int_eq(report.result, -ETIMEDOUT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_DEADLINE);
}
END_TEST

START_TEST(a_node_cannot_give_its_commander_a_descriptor,
	   .loop_end = 2, .set_up = set_up_fake, .tear_down = tear_down_fake)
{
	static const enum fake_lie gifts[] = {
		FAKE_ONE_DESCRIPTOR, FAKE_GO_WITH_DESCRIPTORS,
	};
	struct control_report report;

	/* Where the kernel can refuse it, the node's own send fails. */
	report = command_fake(gifts[_i], POSTERN_NO_DEADLINE);
	if (test_features() & POSTERN_FEATURE_PASSRIGHTS)
		ck_assert_int_eq(report.result, -EPIPE);
	else
		ck_assert_int_eq(report.result, -EBADMSG);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
