/* SPDX-License-Identifier: ISC */
/*
 * Handshake records, sent and received one at a time
 *
 * The size of a control buffer is a security decision.  CMSG_SPACE rounds up,
 * so that a buffer for one descriptor would accept two.  So buffers are
 * CMSG_LEN of exactly what is expected.  The kernel drops the rest and sets
 * MSG_CTRUNC.  Descriptors that were installed are closed on every path but
 * success.
 */
#include "os/packet_socket.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <postern/result.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "os/kernel.h"

#define CREDENTIALS_BYTES sizeof(struct ucred)
#define FDS_BYTES_MAX (PST_PACKET_FDS_MAX * sizeof(int))

/* The ancillary data of a record. */
struct ancillary {
	unsigned credentials_count;
	unsigned unknown_count;
	bool has_lost_fd;       /* our table was full when it was moved */
	struct ucred credentials;
	size_t fd_count;
	int fds[PST_PACKET_FDS_MAX];
};

static bool is_fd_count(size_t fd_count)
{
	return fd_count > 0 && fd_count <= PST_PACKET_FDS_MAX;
}

static void close_ancillary(struct ancillary *ancillary)
{
	size_t i;

	for (i = 0; i < ancillary->fd_count; i++)
		(void)pst_fd_close(ancillary->fds[i]);
	ancillary->fd_count = 0;
}

static void take_fds(struct ancillary *ancillary, const struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	size_t i;
	int fd;

	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		fd = pst_fd_above_stdio(fd);
		if (fd < 0) {
			ancillary->has_lost_fd = true;
		} else if (ancillary->fd_count < PST_PACKET_FDS_MAX) {
			ancillary->fds[ancillary->fd_count++] = fd;
		} else {
			(void)pst_fd_close(fd);
			ancillary->unknown_count++;
		}
	}
}

static void parse_ancillary(struct msghdr *message,
			    struct ancillary *ret_ancillary)
{
	struct ancillary ancillary = {0};
	struct cmsghdr *header;

	for (header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level == SOL_SOCKET &&
		    header->cmsg_type == SCM_RIGHTS) {
			take_fds(&ancillary, header);
		} else if (header->cmsg_level == SOL_SOCKET &&
			   header->cmsg_type == SCM_CREDENTIALS &&
			   header->cmsg_len == CMSG_LEN(CREDENTIALS_BYTES)) {
			memcpy(&ancillary.credentials, CMSG_DATA(header),
			       CREDENTIALS_BYTES);
			ancillary.credentials_count++;
		} else {
			ancillary.unknown_count++;
		}
	}
	*ret_ancillary = ancillary;
}

/* A reset is reported once, ahead of the queued records. */
static int receive_message(int socket_fd, struct msghdr *message,
			   size_t *ret_bytes)
{
	size_t control_bytes = message->msg_controllen;
	bool was_reset = false;
	ssize_t n;

	for (;;) {
		message->msg_controllen = control_bytes;
		n = recvmsg(socket_fd, message,
			    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n >= 0)
			break;
		if (errno == EINTR)
			continue;
		if (errno != ECONNRESET)
			return -errno;
		if (was_reset)
			return -EPIPE;
		was_reset = true;
	}
	*ret_bytes = (size_t)n;
	return 0;
}

int pst_packet_check_has_no_fds(int socket_fd, struct msghdr *message)
{
	size_t control_bytes = message->msg_controllen;
	ssize_t n;

	do {
		message->msg_controllen = control_bytes;
		n = recvmsg(socket_fd, message, MSG_PEEK | MSG_DONTWAIT);
		/* A reset is reported once, ahead of the queued records. */
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	message->msg_controllen = control_bytes;
	if (n < 0)
		return -errno;
	return message->msg_flags & MSG_CTRUNC ? -EBADMSG : 0;
}

/* data_bytes 0: no ancillary data. */
static int send_with_ancillary(int socket_fd, const void *bytes,
			       size_t byte_count, int control_type,
			       const void *data, size_t data_bytes)
{
	struct iovec vector = {(void *)(uintptr_t)bytes, byte_count};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(CREDENTIALS_BYTES)];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = data_bytes > 0 ? &control : NULL,
		.msg_controllen = data_bytes > 0 ? CMSG_SPACE(data_bytes) : 0,
	};
	ssize_t n;

	if (byte_count == 0)
		return -EINVAL;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = control_type;
	control.header.cmsg_len = CMSG_LEN(data_bytes);
	if (data_bytes > 0)
		memcpy(CMSG_DATA(&control.header), data, data_bytes);
	do
		n = sendmsg(socket_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == ECONNRESET || errno == ENOTCONN)
		return -EPIPE;
	return -errno;
}

int pst_packet_send(int socket_fd, const void *bytes, size_t byte_count)
{
	struct ucred credentials = {
		.pid = getpid(),
		.uid = geteuid(),
		.gid = getegid(),
	};
	int r;

	r = send_with_ancillary(socket_fd, bytes, byte_count, SCM_CREDENTIALS,
				&credentials, CREDENTIALS_BYTES);
	/*
	 * Our namespace does not map one of the ids.  The kernel adds the real
	 * ones if the receiver requests them.
	 */
	if (r == -EINVAL)
		r = send_with_ancillary(socket_fd, bytes, byte_count,
					SCM_CREDENTIALS, NULL, 0);
	return r;
}

int pst_packet_send_with_fds(int socket_fd, const void *bytes,
			     size_t byte_count, const int *fds, size_t fd_count)
{
	static_assert(FDS_BYTES_MAX <= CREDENTIALS_BYTES, "control buffer");

	if (!is_fd_count(fd_count))
		return -EINVAL;
	return send_with_ancillary(socket_fd, bytes, byte_count, SCM_RIGHTS,
				   fds, fd_count * sizeof(int));
}

/*
 * The space for credentials is safe only while the kernel fills it with them:
 * with SO_PASSCRED off it would accept three descriptors.
 */
int pst_packet_end_sending(int socket_fd)
{
	if (shutdown(socket_fd, SHUT_WR) == 0)
		return 0;
	return errno == ENOTCONN ? -ENOTCONN
				 : pst_kernel_error(PST_CALL_SHUTDOWN, errno);
}

/*
 * A peer that sends an empty record and hangs up at once is treated as one that
 * hung up; no later record can be lost.
 */
int pst_packet_classify_empty(int socket_fd)
{
	struct pollfd polled = {.fd = socket_fd, .events = POLLRDHUP};
	int n;

	do
		n = poll(&polled, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return polled.revents & (POLLHUP | POLLRDHUP | POLLERR) ? -EPIPE
								: -EBADMSG;
}

static int has_passcred(int socket_fd)
{
	socklen_t value_bytes = sizeof(int);
	int value = 0;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED, &value,
		       &value_bytes) < 0)
		return -errno;
	return value != 0;
}

static bool is_plain(const struct msghdr *message,
		     const struct ancillary *ancillary,
		     unsigned credentials_count)
{
	return !(message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	       ancillary->unknown_count == 0 && ancillary->fd_count == 0 &&
	       !ancillary->has_lost_fd &&
	       ancillary->credentials_count == credentials_count;
}

int pst_packet_receive(int socket_fd, uint32_t features, void *buffer,
		       size_t buffer_bytes, size_t *ret_bytes,
		       struct pst_packet_sender *ret_sender)
{
	struct iovec vector = {buffer, buffer_bytes};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_LEN(CREDENTIALS_BYTES)];
	} control = {0};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	struct ancillary ancillary;
	size_t byte_count = 0;
	int r;

	if (ret_sender) {
		r = has_passcred(socket_fd);
		if (r <= 0)
			return r < 0 ? r : -EINVAL;
		message.msg_control = &control;
		message.msg_controllen = CMSG_LEN(CREDENTIALS_BYTES);
	}
	if (!(features & POSTERN_FEATURE_PASSRIGHTS)) {
		r = pst_packet_check_has_no_fds(socket_fd, &message);
		if (r < 0)
			return r;
	}
	r = receive_message(socket_fd, &message, &byte_count);
	if (r < 0)
		return r;
	parse_ancillary(&message, &ancillary);
	if (byte_count == 0) {
		close_ancillary(&ancillary);
		return pst_packet_classify_empty(socket_fd);
	}
	if (!is_plain(&message, &ancillary, ret_sender ? 1 : 0)) {
		close_ancillary(&ancillary);
		return -EBADMSG;
	}

	*ret_bytes = byte_count;
	if (ret_sender)
		*ret_sender = (struct pst_packet_sender){
			.is_known = true,
			.pid = ancillary.credentials.pid,
			.uid = ancillary.credentials.uid,
			.gid = ancillary.credentials.gid,
		};
	return 0;
}

/*
 * 0 if the record has all fd_count descriptors, or none; otherwise the error.
 */
static int check_fds(const struct msghdr *message,
		     const struct ancillary *ancillary, size_t fd_count)
{
	bool is_cut = (message->msg_flags & MSG_CTRUNC) ||
		      ancillary->has_lost_fd;

	/*
	 * The buffer has space for all of them: if it was cut before, our table
	 * was full.
	 */
	if (is_cut && ancillary->fd_count < fd_count &&
	    ancillary->credentials_count == 0 && ancillary->unknown_count == 0)
		return -EMFILE;
	if (is_cut || (message->msg_flags & MSG_TRUNC) ||
	    ancillary->unknown_count > 0 || ancillary->credentials_count > 0)
		return -EBADMSG;
	if (ancillary->fd_count != 0 && ancillary->fd_count != fd_count)
		return -EBADMSG;
	return 0;
}

int pst_packet_receive_with_fds(int socket_fd, void *buffer,
				size_t buffer_bytes, size_t *ret_bytes,
				int *ret_fds, size_t fd_count)
{
	struct iovec vector = {buffer, buffer_bytes};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_LEN(FDS_BYTES_MAX)];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_LEN(fd_count * sizeof(int)),
	};
	struct ancillary ancillary;
	size_t byte_count = 0, i;
	int r;

	if (!is_fd_count(fd_count))
		return -EINVAL;
	r = receive_message(socket_fd, &message, &byte_count);
	if (r < 0)
		return r;
	parse_ancillary(&message, &ancillary);
	r = byte_count == 0 ? pst_packet_classify_empty(socket_fd)
			    : check_fds(&message, &ancillary, fd_count);
	if (r < 0) {
		close_ancillary(&ancillary);
		return r;
	}

	*ret_bytes = byte_count;
	for (i = 0; i < fd_count; i++)
		ret_fds[i] = i < ancillary.fd_count ? ancillary.fds[i] : -1;
	return 0;
}

int pst_packet_refuse_fds(int socket_fd, uint32_t features)
{
	static const int refused = 0;

	if (!(features & POSTERN_FEATURE_PASSRIGHTS))
		return 0;
	if (setsockopt(socket_fd, SOL_SOCKET, SO_PASSRIGHTS, &refused,
		       sizeof(refused)) < 0)
		return pst_kernel_error(PST_CALL_SETSOCKOPT, errno);
	return 0;
}

int pst_packet_want_credentials(int socket_fd, bool want)
{
	int value = want;

	if (setsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED, &value,
		       sizeof(value)) < 0)
		return pst_kernel_error(PST_CALL_SETSOCKOPT, errno);
	return 0;
}

int pst_packet_unread_bytes(int socket_fd)
{
	int unread_bytes;

	if (ioctl(socket_fd, SIOCOUTQ, &unread_bytes) < 0)
		return -errno;
	return unread_bytes;
}
