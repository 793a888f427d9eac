/* SPDX-License-Identifier: ISC */
/*
 * Records on a node's socket, and the segments that come with them
 */

#include "second_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

_Noreturn void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

/* -- records on the socket (protocol.md, "Records") ----------------------- */

#define HEADER_BYTES 16

static const uint8_t magic[8] = {0xff, 'P', 'S', 'T', 0x00, 0xfe, 0x1a, 0x80};

/* All integers of a record are little-endian, on every host. */
void put(struct record *record, size_t offset, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		record->bytes[offset + i] = (uint8_t)(value >> (8 * i));
}

uint64_t get(const struct record *record, size_t offset, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)record->bytes[offset + i] << (8 * i);
	return value;
}

void record_begin(struct record *record, uint16_t type, size_t size)
{
	memset(record, 0, sizeof(*record));
	record->size = size;
	memcpy(record->bytes, magic, sizeof(magic));
	put(record, 8, 2, 1);
	put(record, 10, 2, type);
	put(record, 12, 4, size);
}

/*
 * Each record carries the effective ids: the kernel would attach the real ones.
 * A node that has hung up may have left a REFUSE behind, so an error is not the
 * end: the record that is read next tells.
 */
void record_send(int socket_fd, const struct record *record)
{
	struct ucred credentials = {
		.pid = getpid(), .uid = geteuid(), .gid = getegid()};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(credentials))];
	} control = {0};
	struct iovec data = {.iov_base = (void *)(uintptr_t)record->bytes,
			     .iov_len = record->size};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_CREDENTIALS;
	control.header.cmsg_len = CMSG_LEN(sizeof(credentials));
	memcpy(CMSG_DATA(&control.header), &credentials, sizeof(credentials));
	if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		fail("cannot send a record: %s", strerror(errno));
}

/* The order: size, magic, record bytes, then the version. */
void record_check(const struct record *record, uint16_t type, size_t size)
{
	uint64_t version = get(record, 8, 2);
	uint64_t received_type = get(record, 10, 2);

	if (record->size < HEADER_BYTES ||
	    memcmp(record->bytes, magic, sizeof(magic)) != 0 ||
	    get(record, 12, 4) != record->size)
		fail("this is not a record");
	if (received_type == REFUSE && version != 0 && record->size == 20)
		fail("refused: %s", get(record, 16, 4) == 1   ? "denied"
				    : get(record, 16, 4) == 2 ? "busy"
							      : "version");
	if (version != 1)
		fail("a record of version %" PRIu64, version);
	if (received_type != type || record->size != size)
		fail("a record of type %" PRIu64 " is out of turn",
		     received_type);
}

/* Receives a record of this type, with exactly fd_count descriptors. */
void record_receive(int socket_fd, struct record *record, uint16_t type,
		    size_t size, unsigned fd_count, int flags)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec data = {.iov_base = record->bytes,
			     .iov_len = sizeof(record->bytes)};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	ssize_t length;

	/* Not CMSG_SPACE: its padding could take one more descriptor. */
	if (fd_count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_LEN(fd_count * sizeof(int));
	}
	memset(record, 0, sizeof(*record));
	length = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | flags);
	/* The kernel reports this once, before it hands out a REFUSE. */
	if (length < 0 && errno == ECONNRESET)
		length = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | flags);
	if (length < 0)
		fail("no answer: %s", strerror(errno));
	if (length == 0)
		fail("the node hung up");
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		fail("a record is too long or has too many descriptors");
	record->size = (size_t)length;
	record_check(record, type, size);
	if (fd_count == 0)
		return;
	if (message.msg_controllen < CMSG_LEN(fd_count * sizeof(int)) ||
	    control.header.cmsg_level != SOL_SOCKET ||
	    control.header.cmsg_type != SCM_RIGHTS ||
	    control.header.cmsg_len != CMSG_LEN(fd_count * sizeof(int)))
		fail("a record has too few descriptors");
	memcpy(record->fds, CMSG_DATA(&control.header), fd_count * sizeof(int));
}

void expect_zero(const struct record *record, size_t begin, size_t end)
{
	for (; begin < end; begin++) {
		if (record->bytes[begin] != 0)
			fail("byte %zu of a record is not zero", begin);
	}
}

int node_connect(const char *path, uid_t owner)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	struct ucred listener;
	socklen_t length = sizeof(listener);
	int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		fail("the path of the socket is too long");
	memcpy(address.sun_path, path, strlen(path));
	if (socket_fd < 0 ||
	    setsockopt(socket_fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) < 0 ||
	    connect(socket_fd, (const struct sockaddr *)&address,
		    sizeof(address)) < 0)
		fail("%s: %s", path, strerror(errno));
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &listener, &length) <
		    0 ||
	    listener.uid != owner)
		fail("%s: the listener is not the node's owner", path);
	return socket_fd;
}

/* A connection without a channel has nothing to ask for: ring_bytes is 0. */
void hello_send(int socket_fd, const char *node, uint16_t kind,
		size_t ring_bytes)
{
	static const char instance[] = "second-client";
	size_t length = strlen(node);
	struct record hello;

	if (length < 1 || length > 63)
		fail("the name of the node has 1 to 63 bytes");
	record_begin(&hello, HELLO, 296);
	put(&hello, 16, 2, kind);
	if (kind == KIND_CHANNEL) {
		put(&hello, 18, 2, 1); /* the client sends */
		put(&hello, 20, 2, 2); /* the layout's version */
		put(&hello, 24, 4, ring_bytes);
		put(&hello, 28, 4, ring_bytes - 8);
	}
	put(&hello, 22, 2, 1); /* mode `none` */
	put(&hello, 32, 2, length);
	put(&hello, 34, 2, strlen(instance));
	memcpy(hello.bytes + 40, node, length);
	memcpy(hello.bytes + 104, instance, strlen(instance));
	record_send(socket_fd, &hello);
}

/* -- segments (layout.md, "Receiving the segments") ------------------------ */

#define SEAL_EXEC 0x20 /* F_SEAL_EXEC, which older headers lack */

static dev_t memfd_device(void)
{
	int fd = memfd_create("second-client", MFD_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		fail("cannot make a memfd: %s", strerror(errno));
	close(fd);
	return status.st_dev;
}

/* The seals come first: only they make the size a fact. */
void segment_check(int fd, int seals, uid_t owner, uint64_t size,
		   uint64_t inode)
{
	int found = fcntl(fd, F_GET_SEALS);
	int mode;
	struct stat status;

	if (found < 0 || (found & ~SEAL_EXEC) != seals)
		fail("a segment has the seals 0x%x", (unsigned)found);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_nlink != 0 || status.st_dev != memfd_device() ||
	    status.st_uid != owner || (uint64_t)status.st_size != size ||
	    status.st_ino != inode)
		fail("a segment is not the announced one");
	mode = fcntl(fd, F_GETFL);
	if (mode < 0 || (mode & O_ACCMODE) != O_RDWR)
		fail("a segment was not opened for reading and writing");
}

uint8_t *segment_map(int fd, size_t size, int protection, int populate)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED || madvise(memory, size, populate) < 0)
		fail("cannot map a segment: %s", strerror(errno));
	return memory;
}
