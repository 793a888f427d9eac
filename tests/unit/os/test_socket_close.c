/* SPDX-License-Identifier: ISC */
/*
 * A peer's descriptor never holds up the process that receives or closes
 *
 * On kernels with SO_PASSRIGHTS the option is left at 1 here, as if the kernel
 * did not know it.
 */
#include "os/socket_close.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/doorbell.h"
#include "os/listener.h"
#include "os/monotonic.h"
#include "os/packet_socket.h"
#include "support/lingering.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

/* Long beside a call that does not wait, even on a machine under load. */
#define LINGER_SECONDS 15
#define PROMPT_NS (10 * PST_NS_PER_SECOND)

static int pair[2];
static int other_fd;

static void setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    pair), 0);
}

/* The sender's end; the other one is closed by the test. */
static void teardown(void)
{
	(void)close(pair[0]);
}

static void send_lingering(const char *bytes, unsigned byte_count)
{
	ck_assert_int_eq(lingering_socket_send(pair[0], bytes, byte_count,
					       LINGER_SECONDS, &other_fd), 0);
}

/* The socket is closed at once, and so are the descriptors in its queue. */
static void close_promptly(int socket_fd, uint64_t started_ns)
{
	struct pollfd polled = {.fd = pair[0], .events = POLLIN};
	size_t fd_count = test_fd_count();

	ck_assert_int_eq(pst_socket_close(socket_fd), -1);
	ck_assert_uint_lt(pst_monotonic_now_ns() - started_ns, PROMPT_NS);
	ck_assert_uint_eq(test_fd_count(), fd_count - 1);
	ck_assert_int_eq(poll(&polled, 1, (int)(PROMPT_NS / 1000000)), 1);
	ck_assert_uint_lt(pst_monotonic_now_ns() - started_ns, PROMPT_NS);
	(void)close(other_fd);
}

/* Without that, no test here could fail. */
START_TEST(plain_close_waits_for_a_lingering_socket)
{
	uint64_t started_ns;

	ck_assert_int_eq(lingering_socket_send(pair[0], "x", 1, 1, &other_fd),
			 0);
	started_ns = pst_monotonic_now_ns();
	(void)close(pair[1]);
	ck_assert_uint_ge(pst_monotonic_now_ns() - started_ns,
			  PST_NS_PER_SECOND * 9 / 10);
	(void)close(other_fd);
}
END_TEST

START_TEST(close_does_not_wait_for_a_lingering_socket, .loop_end = 2)
{
	send_lingering("x", _i == 0);
	close_promptly(pair[1], pst_monotonic_now_ns());
}
END_TEST

START_TEST(close_finds_a_descriptor_behind_other_records, .loop_end = 4)
{
	static const int counts[] = {1, 15, 16, 17};
	int i;

	for (i = 0; i < counts[_i]; i++)
		ck_assert_int_eq(send(pair[0], "x", (size_t)i % 2, 0), i % 2);
	send_lingering("x", 1);
	close_promptly(pair[1], pst_monotonic_now_ns());
}
END_TEST

START_TEST(close_finds_a_descriptor_behind_a_reset)
{
	struct pollfd polled = {.fd = pair[1], .events = POLLIN};
	uint64_t started_ns;

	send_lingering("x", 1);
	/* With something unread the other end is reset, not just closed. */
	ck_assert_int_eq(send(pair[1], "y", 1, 0), 1);
	(void)close(pair[0]);
	pair[0] = -1;
	ck_assert_int_eq(poll(&polled, 1, 0), 1);
	ck_assert_int_ne(polled.revents & POLLERR, 0);
	started_ns = pst_monotonic_now_ns();
	ck_assert_int_eq(pst_socket_close(pair[1]), -1);
	ck_assert_uint_lt(pst_monotonic_now_ns() - started_ns, PROMPT_NS);
	(void)close(other_fd);
}
END_TEST

START_TEST(close_keeps_the_signal_mask_and_other_descriptors)
{
	sigset_t before, after; /* the kernel fills a part of them */
	int kept[2];
	char byte;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	ck_assert_int_eq(pipe(kept), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
	send_lingering("x", 1);
	close_promptly(pair[1], pst_monotonic_now_ns());
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	ck_assert_int_eq(write(kept[1], "x", 1), 1);
	ck_assert_int_eq(read(kept[0], &byte, 1), 1);
	(void)close(kept[0]);
	(void)close(kept[1]);
}
END_TEST

/* A peer with unread doorbells here is not reset: it receives the end. */
START_TEST(close_after_unread_doorbells_is_an_ordinary_end)
{
	char byte;

	ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	ck_assert_int_eq(pst_socket_close(pair[1]), -1);
	ck_assert_int_eq(recv(pair[0], &byte, 1, 0), 0);
}
END_TEST

START_TEST(receive_does_not_wait_for_a_lingering_socket, .loop_end = 2)
{
	uint64_t started_ns = pst_monotonic_now_ns();
	struct pst_packet_sender sender;
	size_t byte_count;
	char byte;

	ck_assert_int_eq(pst_packet_want_credentials(pair[1], true), 0);
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	send_lingering("x", _i == 0);
	ck_assert_int_eq(pst_packet_receive(pair[1], 0, &byte, 1, &byte_count,
					    &sender), 0);
	ck_assert_int_eq(pst_packet_receive(pair[1], 0, &byte, 1, &byte_count,
					    &sender), -EBADMSG);
	ck_assert_int_eq(pst_packet_receive(pair[1], 0, &byte, 1, &byte_count,
					    &sender), -EBADMSG);
	close_promptly(pair[1], started_ns);
}
END_TEST

START_TEST(receive_finds_a_descriptor_behind_a_reset)
{
	struct pst_packet_sender sender;
	uint64_t started_ns;
	size_t byte_count;
	char byte;

	ck_assert_int_eq(pst_packet_want_credentials(pair[1], true), 0);
	send_lingering("x", 1);
	ck_assert_int_eq(send(pair[1], "y", 1, 0), 1);
	(void)close(pair[0]);
	started_ns = pst_monotonic_now_ns();
	ck_assert_int_eq(pst_packet_receive(pair[1], 0, &byte, 1, &byte_count,
					    &sender), -EBADMSG);
	ck_assert_int_eq(pst_socket_close(pair[1]), -1);
	ck_assert_uint_lt(pst_monotonic_now_ns() - started_ns, PROMPT_NS);
	(void)close(other_fd);
	pair[0] = -1;
}
END_TEST

START_TEST(drain_does_not_wait_for_a_lingering_socket, .loop_end = 2)
{
	static const char byte = (char)PST_DOORBELL_BYTE;
	uint64_t started_ns = pst_monotonic_now_ns();
	unsigned count;
	bool has_more;

	ck_assert_int_eq(pst_doorbell_notify(pair[0]), 0);
	send_lingering(&byte, _i == 0);
	ck_assert_int_eq(pst_doorbell_drain(pair[1], 0,
					    PST_DOORBELL_DRAIN_COUNT, &count,
					    &has_more), -EBADMSG);
	ck_assert_uint_eq(count, 1);
	close_promptly(pair[1], started_ns);
}
END_TEST

START_TEST(listener_does_not_wait_for_connections_that_were_not_accepted)
{
	struct pst_listener listener = PST_LISTENER_INIT;
	enum pst_listener_fault fault;
	struct pst_listener_options options;
	uint64_t started_ns;
	int dir_fd;

	skip_unless(access("/proc/self/fd", F_OK) == 0,
		    "needs /proc/self/fd");
	test_dir_setup();
	dir_fd = open(test_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
	options = (struct pst_listener_options) {
		.dir_fd = dir_fd,
		.path = test_path("node.sock"),
		.name = "node.sock",
		.mode = 0666,
		.group = (gid_t)-1,
		.features = 0,
	};
	ck_assert_int_eq(pst_listener_open(&options, &listener, &fault), 0);
	(void)close(pair[0]);
	ck_assert_int_eq(pst_socket_connect(dir_fd, "node.sock", 0, &pair[0]),
			 0);
	send_lingering("x", 1);
	started_ns = pst_monotonic_now_ns();
	pst_listener_close(&listener);
	ck_assert_uint_lt(pst_monotonic_now_ns() - started_ns, PROMPT_NS);
	(void)close(other_fd);
	(void)close(dir_fd);
	(void)close(pair[1]);
	test_dir_teardown();
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown,
			 .timeout_s = 120);
}
