/* SPDX-License-Identifier: ISC */
/*
 * What a connector believes of a node, and what it does not
 *
 * The node is a fake that does all a node does but for one thing.  Each lie is
 * refused for what it is, before anything is mapped on the strength of it, and
 * no descriptor or mapping stays behind.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "support/fake_node.h"
#include "support/inspect.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

struct expectation {
	enum fake_lie lie;
	int result;
	enum postern_reason reason;
	const char *detail;     /* a part of the refusal's, or NULL */
};

#define SEGMENT_LIE(lie, detail) \
	{lie, -EBADMSG, POSTERN_REASON_SEGMENT, detail}

static const struct expectation lies[] = {
	{FAKE_RING_BEYOND_THE_WISH, -EBADMSG, POSTERN_REASON_OFFER, NULL},
	{FAKE_MESSAGE_BEYOND_THE_WISH, -EBADMSG, POSTERN_REASON_OFFER, NULL},
	{FAKE_DIRECTION_BEYOND_THE_WISH, -EBADMSG, POSTERN_REASON_OFFER, NULL},
	{FAKE_SECURITY_NOT_ASKED_FOR, -EOPNOTSUPP, POSTERN_REASON_SECURITY,
	 NULL},
	{FAKE_CUT_OFFER, -EBADMSG, POSTERN_REASON_PROTOCOL, NULL},

	{FAKE_NO_DESCRIPTORS, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_ONE_DESCRIPTOR, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_THREE_DESCRIPTORS, -EBADMSG, POSTERN_REASON_DESCRIPTORS, NULL},
	{FAKE_REFUSAL_WITH_DESCRIPTORS, -EACCES, POSTERN_REASON_REFUSED, NULL},

	SEGMENT_LIE(FAKE_SWAPPED_SEGMENTS, "wrong seals"),
	SEGMENT_LIE(FAKE_OTHER_INODE, "not the segment that was offered"),
	SEGMENT_LIE(FAKE_SIZE_OF_NODES, "wrong size"),
	SEGMENT_LIE(FAKE_SIZE_OF_PEERS, "wrong size"),
	SEGMENT_LIE(FAKE_UNSEALED_NODES, "wrong seals"),
	SEGMENT_LIE(FAKE_WRITABLE_NODES, "wrong seals"),
	SEGMENT_LIE(FAKE_OPEN_SEALS_OF_NODES, "wrong seals"),
	SEGMENT_LIE(FAKE_SEALED_PEERS, "wrong seals"),
	SEGMENT_LIE(FAKE_UNSEALED_PEERS, "wrong seals"),
	SEGMENT_LIE(FAKE_READ_ONLY_PEERS, "not open for reading and writing"),
	SEGMENT_LIE(FAKE_OTHER_OWNER, "wrong owner"),
	SEGMENT_LIE(FAKE_DISK_FILE, "not a memfd"),
	SEGMENT_LIE(FAKE_SHM_FILE, "wrong seals"),
	SEGMENT_LIE(FAKE_DEVICE, "not a memfd"),
	SEGMENT_LIE(FAKE_PIPE, "not a memfd"),
	SEGMENT_LIE(FAKE_SOCKET, "not a memfd"),
	SEGMENT_LIE(FAKE_DIRECTORY, "not a memfd"),

	{FAKE_HANG_UP_AFTER_HELLO, -EPIPE, POSTERN_REASON_HUNG_UP, NULL},
	{FAKE_HANG_UP_AFTER_READY, -EPIPE, POSTERN_REASON_HUNG_UP, NULL},
	{FAKE_REFUSAL_AFTER_READY, -EACCES, POSTERN_REASON_REFUSED, NULL},
	{FAKE_GO_OF_ANOTHER_SESSION, -EBADMSG, POSTERN_REASON_PROTOCOL, NULL},
};

static struct scene scene;
static struct process fake;

static void set_up(void)
{
	int r;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&fake, ROLE_ROOT, fake_node_main, scene.socket_path);
	ck_assert_int_eq(become(ROLE_PEER, NULL, 0), 0);
	process_read_report(&fake, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
}

static void tear_down(void)
{
	process_end(&fake);
	scene_close(&scene);
}

static int connect_to(enum fake_lie lie, uint64_t deadline_ns,
		      struct postern_error_info *error,
		      struct postern_channel **ret_channel)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;

	process_order(&fake, &lie, sizeof(lie));
	options.disable_features = test_disable_features();
	options.ring_bytes = 8 * 1024;
	options.message_bytes = 1024;
	if (lie == FAKE_DIRECTION_BEYOND_THE_WISH)
		options.directions = POSTERN_DIRECTION_TO_NODE;
	return postern_connect(scene.policy, "orders", &options, deadline_ns,
			       ret_channel, error);
}

static void expect_fake_done(void)
{
	int r;

	process_read_report(&fake, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
}

START_TEST(without_a_lie_the_fake_is_a_node)
{
	struct postern_channel *channel;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	ck_assert_int_eq(connect_to(FAKE_NO_LIE, POSTERN_NO_DEADLINE, &error,
				    &channel), 0);
	ck_assert_int_eq(postern_send(channel, "x", 1), 0);
	channel = postern_channel_close(channel);
	expect_fake_done();
}
END_TEST

START_TEST(a_lie_of_the_node_is_refused_and_leaves_nothing_behind,
	   .loop_end = sizeof(lies) / sizeof(lies[0]))
{
	const struct expectation *expected = &lies[_i];
	const char *detail = expected->detail;
	struct postern_channel *channel;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	size_t fds_before, segments_before;
	int r;

	if (expected->lie == FAKE_DISK_FILE)
		detail = fake_disk_file_fault();
	skip_unless(expected->lie != FAKE_OTHER_OWNER || users_are_several(),
		    NEEDS_USERS);
	fds_before = inspect_fd_count();
	segments_before = inspect_segment_count();
	r = connect_to(expected->lie, POSTERN_NO_DEADLINE, &error, &channel);
	ck_assert_int_eq(r, expected->result);
	ck_assert_msg(error.reason == expected->reason,
		      "refused because of '%s' (%s), not '%s'",
		      postern_reason_name(error.reason), error.detail,
		      postern_reason_name(expected->reason));
	if (detail)
		ck_assert_ptr_nonnull(strstr(error.detail, detail));
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	ck_assert_uint_eq(inspect_segment_count(), segments_before);
	expect_fake_done();
}
END_TEST

START_TEST(a_node_that_does_not_answer_is_given_up_at_the_deadline)
{
	struct postern_channel *channel;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	size_t fds_before = inspect_fd_count();

	ck_assert_int_eq(connect_to(FAKE_SILENCE,
				    postern_deadline_after(100 * 1000 * 1000),
				    &error, &channel),
			 -ETIMEDOUT);
	ck_assert_int_eq(error.reason, POSTERN_REASON_DEADLINE);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	expect_fake_done();
}
END_TEST

START_TEST(after_the_offer_the_node_can_send_no_descriptor)
{
	struct postern_channel *channel;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	size_t fds_before = inspect_fd_count();
	int r;

	/* Where the kernel can refuse it, the node's own send fails. */
	r = connect_to(FAKE_GO_WITH_DESCRIPTORS, POSTERN_NO_DEADLINE, &error,
		       &channel);
	if (test_features() & POSTERN_FEATURE_PASSRIGHTS)
		ck_assert_int_eq(r, -EPIPE);
	else
		ck_assert_int_eq(r, -EBADMSG);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	expect_fake_done();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
