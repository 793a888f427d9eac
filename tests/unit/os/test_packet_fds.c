/* SPDX-License-Identifier: ISC */
/*
 * Handshake records with descriptors: the expected number arrives, and any
 * other is refused
 */
#include "os/packet_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <postern/result.h>

#include "support/other_user.h"
#include "support/test_case.h"
#include "unit/os/os_test.h"

#define FDS_MAX 253     /* the limit of the kernel for one record */

static int pair[2];
static uint8_t buffer[64];
static size_t byte_count;

/* Each way of receiving descriptors is tried with one and with two. */
static const size_t wanted_counts[] = {1, PST_PACKET_FDS_MAX};
#define WANTED_COUNTS (int)(sizeof(wanted_counts) / sizeof(wanted_counts[0]))

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

static int receive_with_fds(int fds[static PST_PACKET_FDS_MAX],
			    size_t wanted_count)
{
	return pst_packet_receive_with_fds(pair[1], buffer, sizeof(buffer),
					   &byte_count, fds, wanted_count);
}

/* As any program could: a record with any number of descriptors, all alike but
 * for the last. */
static int send_fds_and(const void *bytes, size_t bytes_count, size_t fd_count,
			int last_fd)
{
	struct iovec vector = {(void *)(uintptr_t)bytes, bytes_count};
	size_t control_bytes = CMSG_SPACE(fd_count * sizeof(int));
	struct cmsghdr *header = calloc(1, control_bytes);
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = header,
		.msg_controllen = control_bytes,
	};
	int fd = STDERR_FILENO;
	ssize_t n;
	size_t i;

	ck_assert_ptr_nonnull(header);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	for (i = 0; i < fd_count; i++) {
		if (i == fd_count - 1)
			fd = last_fd;
		memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(int));
	}
	n = sendmsg(pair[0], &message, MSG_NOSIGNAL);
	free(header);
	return n < 0 ? -errno : 0;
}

static int send_fds(const void *bytes, size_t bytes_count, size_t fd_count)
{
	return send_fds_and(bytes, bytes_count, fd_count, STDERR_FILENO);
}

static void want_credentials(void)
{
	ck_assert_int_eq(pst_packet_want_credentials(pair[1], true), 0);
}

/* Without SO_PASSRIGHTS a record with descriptors is seen, and stays queued. */
static void forget_kept_record(bool has_credentials)
{
	if (test_features() & POSTERN_FEATURE_PASSRIGHTS)
		return;
	teardown();
	setup();
	if (has_credentials)
		want_credentials();
}

START_TEST(plain_receive_installs_no_descriptor_whatever_comes)
{
	struct pst_packet_sender sender;
	size_t fd_count = test_fd_count(), sent_count;

	want_credentials();
	for (sent_count = 1; sent_count <= FDS_MAX; sent_count++) {
		ck_assert_int_eq(send_fds("x", 1, sent_count), 0);
		ck_assert_int_eq(receive(&sender), -EBADMSG);
		forget_kept_record(true);
		ck_assert_int_eq(send_fds("", 0, sent_count), 0);
		ck_assert_int_eq(receive(&sender), -EBADMSG);
		forget_kept_record(true);
	}
	ck_assert_int_eq(pst_packet_want_credentials(pair[1], false), 0);
	for (sent_count = 1; sent_count <= FDS_MAX; sent_count++) {
		ck_assert_int_eq(send_fds("x", 1, sent_count), 0);
		ck_assert_int_eq(receive(NULL), -EBADMSG);
		forget_kept_record(false);
	}
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

static struct flock whole_file(void)
{
	return (struct flock) {.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* Seen from another process, as locks are. */
static int is_locked(void *argument)
{
	struct flock lock = whole_file();

	return fcntl(*(int *)argument, F_GETLK, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}

/*
 * Closing a descriptor again is too late, since the close of a hostile one can
 * block.  A record lock shows whether it ever was in our table: any close of
 * the file by its holder drops the lock.
 */
START_TEST(descriptors_beyond_the_buffer_are_not_installed)
{
	struct pst_packet_sender sender;
	int fds[PST_PACKET_FDS_MAX], fd = memfd_create("lock", MFD_CLOEXEC);
	struct flock lock = whole_file();

	ck_assert_int_eq(fcntl(fd, F_SETLK, &lock), 0);
	ck_assert_int_eq(send_fds_and("x", 1, 3, fd), 0);
	ck_assert_int_eq(receive_with_fds(fds, 2), -EBADMSG);
	ck_assert_int_eq(send_fds_and("x", 1, 2, fd), 0);
	ck_assert_int_eq(receive_with_fds(fds, 1), -EBADMSG);
	ck_assert_int_eq(send_fds_and("x", 1, 1, fd), 0);
	ck_assert_int_eq(receive(NULL), -EBADMSG);
	want_credentials();
	ck_assert_int_eq(send_fds_and("x", 1, 1, fd), 0);
	ck_assert_int_eq(receive(&sender), -EBADMSG);
	ck_assert_int_eq(other_user_run(NULL, is_locked, &fd), 1);

	/* The lock does show it. */
	(void)close(dup(fd));
	ck_assert_int_eq(other_user_run(NULL, is_locked, &fd), 0);
	(void)close(fd);
}
END_TEST

START_TEST(two_descriptors_arrive_close_on_exec)
{
	int sent[2], fds[2] = {-1, -1};
	char byte = 'y';

	ck_assert_int_eq(pipe2(sent, 0), 0);
	ck_assert_int_eq(pst_packet_send_with_fds(pair[0], "offer", 5, sent, 2),
			 0);
	ck_assert_int_eq(receive_with_fds(fds, 2), 0);
	ck_assert_uint_eq(byte_count, 5);
	ck_assert_int_ne(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(fds[1], F_GETFD) & FD_CLOEXEC, 0);
	/* In order: the second writes to the first. */
	ck_assert_int_eq(write(fds[1], &byte, 1), 1);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
	(void)close(sent[0]);
	(void)close(sent[1]);
}
END_TEST

START_TEST(one_descriptor_arrives_close_on_exec_and_alone)
{
	int fds[PST_PACKET_FDS_MAX] = {-1, 7};

	ck_assert_int_eq(pst_packet_send_with_fds(pair[0], "view", 4, &pair[0],
						  1), 0);
	ck_assert_int_eq(receive_with_fds(fds, 1), 0);
	ck_assert_uint_eq(byte_count, 4);
	ck_assert_int_ne(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(fds[1], 7);
	(void)close(fds[0]);
}
END_TEST

START_TEST(a_number_of_descriptors_that_no_record_has_is_not_asked_for)
{
	int fds[PST_PACKET_FDS_MAX + 1] = {pair[0], pair[0], pair[0]};

	ck_assert_int_eq(pst_packet_send_with_fds(pair[0], "x", 1, fds, 0),
			 -EINVAL);
	ck_assert_int_eq(pst_packet_send_with_fds(pair[0], "x", 1, fds, 3),
			 -EINVAL);
	ck_assert_int_eq(receive_with_fds(fds, 0), -EINVAL);
	ck_assert_int_eq(receive_with_fds(fds, 3), -EINVAL);
	ck_assert_int_eq(receive(NULL), -EAGAIN);
}
END_TEST

START_TEST(record_without_descriptors_leaves_all_empty,
	   .loop_end = WANTED_COUNTS)
{
	int fds[PST_PACKET_FDS_MAX] = {7, 7};

	ck_assert_int_eq(pst_packet_send(pair[0], "refuse", 6), 0);
	ck_assert_int_eq(receive_with_fds(fds, wanted_counts[_i]), 0);
	ck_assert_int_eq(fds[0], -1);
	ck_assert_int_eq(fds[1], wanted_counts[_i] == 1 ? 7 : -1);
}
END_TEST

START_TEST(any_other_number_of_descriptors_is_refused_and_closed,
	   .loop_end = WANTED_COUNTS)
{
	size_t fd_count = test_fd_count(), sent_count;
	int fds[PST_PACKET_FDS_MAX] = {7, 7};

	for (sent_count = 1; sent_count <= FDS_MAX; sent_count++) {
		if (sent_count == wanted_counts[_i])
			continue;
		ck_assert_int_eq(send_fds("x", 1, sent_count), 0);
		ck_assert_int_eq(receive_with_fds(fds, wanted_counts[_i]),
				 -EBADMSG);
	}
	ck_assert_int_eq(fds[0], 7);
	ck_assert_int_eq(fds[1], 7);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(descriptors_of_an_empty_or_long_record_are_closed,
	   .loop_end = WANTED_COUNTS)
{
	uint8_t bytes[sizeof(buffer) + 1] = {0};
	size_t fd_count = test_fd_count(), wanted_count = wanted_counts[_i];
	int fds[PST_PACKET_FDS_MAX];

	ck_assert_int_eq(send_fds(bytes, sizeof(bytes), wanted_count), 0);
	ck_assert_int_eq(receive_with_fds(fds, wanted_count), -EBADMSG);
	ck_assert_int_eq(send_fds("", 0, wanted_count), 0);
	ck_assert_int_eq(receive_with_fds(fds, wanted_count), -EBADMSG);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(credentials_among_the_descriptors_are_refused_and_all_is_closed,
	   .loop_end = WANTED_COUNTS)
{
	size_t fd_count = test_fd_count(), wanted_count = wanted_counts[_i];
	int fds[PST_PACKET_FDS_MAX];

	want_credentials();
	ck_assert_int_eq(send_fds("x", 1, wanted_count), 0);
	ck_assert_int_eq(receive_with_fds(fds, wanted_count), -EBADMSG);
	ck_assert_uint_eq(test_fd_count(), fd_count);
}
END_TEST

START_TEST(own_full_table_is_not_taken_for_a_violation,
	   .loop_end = WANTED_COUNTS)
{
	struct rlimit limit;
	int fds[PST_PACKET_FDS_MAX], lowest_fd, room;
	size_t fd_count, wanted_count = wanted_counts[_i];

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (room = 0; room < (int)wanted_count; room++) {
		fd_count = test_fd_count();
		lowest_fd = dup(pair[0]);
		ck_assert_int_eq(close(lowest_fd), 0);
		limit.rlim_cur = (rlim_t)(lowest_fd + room);
		ck_assert_int_eq(send_fds("x", 1, wanted_count), 0);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		ck_assert_int_eq(receive_with_fds(fds, wanted_count), -EMFILE);
		limit.rlim_cur = limit.rlim_max;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		ck_assert_uint_eq(test_fd_count(), fd_count);
	}
}
END_TEST

START_TEST(refused_descriptors_fail_at_their_sender)
{
	int sent[2] = {pair[0], pair[0]};

	SKIP_WITHOUT(POSTERN_FEATURE_PASSRIGHTS, "SO_PASSRIGHTS");
	ck_assert_int_eq(pst_packet_refuse_fds(pair[1], test_features()), 0);
	ck_assert_int_eq(pst_packet_send_with_fds(pair[0], "x", 1, sent, 2),
			 -EPERM);
	ck_assert_int_eq(pst_packet_send(pair[0], "x", 1), 0);
	ck_assert_int_eq(receive(NULL), 0);
}
END_TEST

START_TEST(refusing_descriptors_without_the_feature_does_nothing)
{
	int sent[2] = {pair[0], pair[0]};

	ck_assert_int_eq(pst_packet_refuse_fds(pair[1], 0), 0);
	ck_assert_int_eq(pst_packet_send_with_fds(pair[0], "x", 1, sent, 2),
			 0);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.set_up = setup, .tear_down = teardown);
}
