/* SPDX-License-Identifier: ISC */
/*
 * Handshake records: whole or not at all, with credentials that cannot be lent
 */
#include "os/packet_socket.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

static int pair[2];
static uint8_t buffer[64];
static size_t byte_count;

static void setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
}

static void teardown(void)
{
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static int receive(struct pst_packet_sender *sender)
{
	return pst_packet_receive(pair[1], test_features(), buffer, sizeof(buffer), &byte_count,
				  sender);
}

static int receive_with_fds(int fds[static PST_PACKET_FDS_MAX])
{
	return pst_packet_receive_with_fds(pair[1], buffer, sizeof(buffer),
					   &byte_count, fds,
					   PST_PACKET_FDS_MAX);
}

static void want_credentials(void)
{
	ck_assert_int_eq(pst_packet_want_credentials(pair[1], true), 0);
}

/* -- plain records --------------------------------------------------------- */

START_TEST(record_arrives_whole)
{
	ck_assert_int_eq(pst_packet_send(pair[0], "hello", 5), 0);
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	ck_assert_int_eq(receive(NULL), 0);
	ck_assert_uint_eq(byte_count, 5);
	ck_assert_int_eq(memcmp(buffer, "hello", 5), 0);
	ck_assert_int_eq(receive(NULL), 0);
	ck_assert_uint_eq(byte_count, 1);
	ck_assert_int_eq(receive(NULL), -EAGAIN);
}
END_TEST

START_TEST(nothing_blocks_even_on_a_blocking_socket)
{
	int r = 0, sent_count = 0;
	int fds[PST_PACKET_FDS_MAX];

	ck_assert_int_eq(receive(NULL), -EAGAIN);
	ck_assert_int_eq(receive_with_fds(fds), -EAGAIN);
	for (; r == 0 && sent_count < 100000; sent_count++)
		r = pst_packet_send(pair[0], "x", 1);
	ck_assert_int_eq(r, -EAGAIN);
}
END_TEST

START_TEST(record_longer_than_the_buffer_is_refused_and_consumed)
{
	uint8_t bytes[sizeof(buffer) + 1] = {0};

	byte_count = 7;
	ck_assert_int_eq(pst_packet_send(pair[0], bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(pst_packet_send(pair[0], "next", 4), 0);
	ck_assert_int_eq(receive(NULL), -EBADMSG);
	ck_assert_uint_eq(byte_count, 7);
	ck_assert_int_eq(receive(NULL), 0);
	ck_assert_uint_eq(byte_count, 4);
}
END_TEST

START_TEST(empty_record_is_refused_and_is_not_an_end)
{
	struct pst_packet_sender sender;
	int fds[PST_PACKET_FDS_MAX];

	ck_assert_int_eq(pst_packet_send(pair[0], "", 0), -EINVAL);
	ck_assert_int_eq(send(pair[0], "", 0, 0), 0);
	ck_assert_int_eq(receive(NULL), -EBADMSG);
	ck_assert_int_eq(send(pair[0], "", 0, 0), 0);
	ck_assert_int_eq(receive_with_fds(fds), -EBADMSG);
	want_credentials();
	ck_assert_int_eq(send(pair[0], "", 0, 0), 0);
	ck_assert_int_eq(receive(&sender), -EBADMSG);
	ck_assert_int_eq(receive(&sender), -EAGAIN);
}
END_TEST

START_TEST(end_is_reported_after_the_last_record_and_again)
{
	int fds[PST_PACKET_FDS_MAX];

	ck_assert_int_eq(pst_packet_send(pair[0], "last", 4), 0);
	(void)close(pair[0]);
	pair[0] = -1;
	ck_assert_int_eq(receive(NULL), 0);
	ck_assert_int_eq(receive(NULL), -EPIPE);
	ck_assert_int_eq(receive(NULL), -EPIPE);
	ck_assert_int_eq(receive_with_fds(fds), -EPIPE);
}
END_TEST

START_TEST(reset_does_not_swallow_a_queued_refusal)
{
	int fds[PST_PACKET_FDS_MAX];

	ck_assert_int_eq(pst_packet_send(pair[1], "unread", 6), 0);
	ck_assert_int_eq(pst_packet_send(pair[0], "refused", 7), 0);
	(void)close(pair[0]);
	pair[0] = -1;
	ck_assert_int_eq(receive_with_fds(fds), 0);
	ck_assert_uint_eq(byte_count, 7);
	ck_assert_int_eq(receive_with_fds(fds), -EPIPE);
}
END_TEST

START_TEST(send_tells_when_the_peer_is_gone)
{
	(void)close(pair[1]);
	pair[1] = -1;
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), -EPIPE);
}
END_TEST

/* On a stream socket: Linux raises no SIGPIPE for SOCK_SEQPACKET. */
START_TEST(send_raises_no_signal)
{
	int stream_fd = test_broken_stream();

	ck_assert_int_eq(pst_packet_send(stream_fd, "x", 1), -EPIPE);
	(void)close(stream_fd);
}
END_TEST

START_TEST(unread_bytes_fall_to_zero_when_all_was_taken)
{
	ck_assert_int_eq(pst_packet_unread_bytes(pair[0]), 0);
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	ck_assert_int_gt(pst_packet_unread_bytes(pair[0]), 0);
	ck_assert_int_eq(receive(NULL), 0);
	ck_assert_int_eq(pst_packet_unread_bytes(pair[0]), 0);
}
END_TEST

/* -- credentials ----------------------------------------------------------- */

START_TEST(record_carries_the_sender)
{
	struct pst_packet_sender sender = {.is_known = false};

	want_credentials();
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	ck_assert_int_eq(receive(&sender), 0);
	ck_assert(sender.is_known);
	ck_assert_int_eq(sender.pid, getpid());
	ck_assert_uint_eq(sender.uid, geteuid());
	ck_assert_uint_eq(sender.gid, getegid());
}
END_TEST

START_TEST(sender_is_known_even_if_it_was_sent_before_we_asked)
{
	struct pst_packet_sender sender = {.is_known = false};

	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	want_credentials();
	ck_assert_int_eq(receive(&sender), 0);
	ck_assert_int_eq(sender.pid, getpid());
	ck_assert_uint_eq(sender.uid, geteuid());
}
END_TEST

START_TEST(room_for_credentials_needs_them_to_be_asked_for)
{
	struct pst_packet_sender sender;

	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	ck_assert_int_eq(receive(&sender), -EINVAL);
	ck_assert_int_eq(receive(NULL), 0);
}
END_TEST

START_TEST(unrequested_credentials_are_refused)
{
	want_credentials();
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	ck_assert_int_eq(receive(NULL), -EBADMSG);
}
END_TEST

static int send_x(void *argument)
{
	(void)argument;
	return pst_packet_send(pair[0], "x", 1) == 0 ? 0 : 1;
}

START_TEST(record_has_the_credentials_of_its_sender)
{
	const struct other_user user = {OTHER_UID_A, OTHER_UID_B, NULL, 0};
	struct pst_packet_sender sender;
	struct ucred connected;
	socklen_t connected_bytes = sizeof(connected);

	SKIP_UNLESS_ROOT();
	want_credentials();
	ck_assert_int_eq(other_user_run(&user, send_x, NULL), 0);
	ck_assert_int_eq(receive(&sender), 0);
	ck_assert_uint_eq(sender.uid, OTHER_UID_A);
	ck_assert_uint_eq(sender.gid, OTHER_UID_B);
	ck_assert_int_ne(sender.pid, getpid());
	ck_assert_int_eq(getsockopt(pair[1], SOL_SOCKET, SO_PEERCRED,
				    &connected, &connected_bytes), 0);
	ck_assert_uint_eq(connected.uid, 0);
}
END_TEST

static int claim_to_be_root(void *argument)
{
	struct iovec vector = {(void *)(uintptr_t)"x", 1};
	struct ucred claimed = {.pid = getpid(), .uid = 0, .gid = 0};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = {.header = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_CREDENTIALS,
		.cmsg_len = CMSG_LEN(sizeof(struct ucred)),
	}};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	(void)argument;
	memcpy(CMSG_DATA(&control.header), &claimed, sizeof(claimed));
	return sendmsg(pair[0], &message, 0) < 0 && errno == EPERM ? 0 : 1;
}

START_TEST(forged_root_credentials_are_refused)
{
	const struct other_user user = {OTHER_UID_A, OTHER_UID_A, NULL, 0};
	struct pst_packet_sender sender;

	SKIP_UNLESS_ROOT();
	want_credentials();
	ck_assert_int_eq(other_user_run(&user, claim_to_be_root, NULL), 0);
	ck_assert_int_eq(receive(&sender), -EAGAIN);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
