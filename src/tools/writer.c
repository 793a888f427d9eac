/* SPDX-License-Identifier: ISC */
/*
 * A thread that writes
 *
 * The thread owns the bytes of the buffer that it writes, and the program the
 * bytes of the other; the mutex protects their exchange and the state, and is
 * never held during a system call that may block.  The thread blocks all
 * signals.
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "units.h"

#define NS_PER_S UINT64_C(1000000000)

/* The pause after a failed write, which doubles up to the second. */
#define RETRY_NS_MIN (100 * UINT64_C(1000000))
#define RETRY_NS_MAX (5 * NS_PER_S)

struct buffer {
	char *bytes;
	size_t capacity;
	size_t held_bytes;
};

struct tool_writer {
	struct tool_writer_params params;
	pthread_t thread;

	/* The program's. */
	struct buffer filling;

	/* Of both, under the mutex.  The bytes of writing are the thread's. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct buffer writing;
	size_t written_bytes;   /* of writing */
	struct tool_writer_state state;
	bool must_wake;         /* the program waits for the buffer */
	bool must_retry;        /* at once */
	bool must_reopen;
	bool is_draining;       /* nothing more is committed */

	/* The thread's. */
	int fd;
	bool is_terminal;
};

/* Wait for a change, at most until the deadline.  False: it has passed. */
static bool wait_for_change(struct tool_writer *writer, uint64_t deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / NS_PER_S),
		.tv_nsec = (long)(deadline_ns % NS_PER_S),
	};

	return pthread_cond_timedwait(&writer->changed, &writer->mutex,
				      &deadline) == 0;
}

/* -- the thread ------------------------------------------------------------ */

static void wake_program(const struct tool_writer *writer)
{
	static const uint64_t one = 1;

	if (write(writer->params.wake_fd, &one, sizeof(one)) < 0) {
		/* full: it is readable */
	}
}

/* Another user may have made it, or linked a file of ours, to read or
 * damage. */
static bool is_own_file(const struct stat *status)
{
	return (status->st_uid == geteuid() || status->st_uid == 0) &&
	       status->st_nlink == 1;
}

static int open_file(const char *path)
{
	struct stat status;
	int fd;

	/* Without O_NONBLOCK, a FIFO without a reader would block. */
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
		  O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 ||
	    (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))) {
		(void)close(fd);
		return -ENXIO;
	}
	if (S_ISREG(status.st_mode) && !is_own_file(&status)) {
		(void)close(fd);
		return -EPERM;
	}
	return fd;
}

static bool is_same_file(int fd, int other_fd)
{
	struct stat status, other;

	return fstat(fd, &status) == 0 && fstat(other_fd, &other) == 0 &&
	       status.st_dev == other.st_dev && status.st_ino == other.st_ino;
}

/* How much of the line at which the buffer was left off is written already. */
static size_t line_part_bytes(const struct tool_writer *writer)
{
	const char *bytes = writer->writing.bytes;
	size_t line = writer->written_bytes;

	if (!writer->params.is_lines)
		return 0;
	while (line > 0 && bytes[line - 1] != '\n')
		line--;
	return writer->written_bytes - line;
}

/* Remove the part of a line, if it is still the last of the file. */
static void remove_part(int fd, size_t part_bytes)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat status;

	if (part_bytes == 0 || end < (off_t)part_bytes ||
	    fstat(fd, &status) < 0 || status.st_size != end)
		return;
	if (ftruncate(fd, end - (off_t)part_bytes) < 0) {
		/* then it stays there, without a newline */
	}
}

/*
 * The next bytes go to the file that has the path now.  A line of which a part
 * was written goes there from its beginning.
 */
static void reopen(struct tool_writer *writer)
{
	size_t part_bytes = line_part_bytes(writer);
	int fd, old_fd = writer->fd;

	writer->must_reopen = false;
	pthread_mutex_unlock(&writer->mutex);
	fd = open_file(writer->params.path);
	if (fd >= 0 && is_same_file(fd, old_fd)) {
		(void)close(old_fd);
		part_bytes = 0;
	} else if (fd >= 0) {
		remove_part(old_fd, part_bytes);
		(void)close(old_fd);
	}
	pthread_mutex_lock(&writer->mutex);
	writer->state.reopen_error = fd < 0 ? -fd : 0;
	wake_program(writer);
	if (fd < 0)
		return;
	writer->fd = fd;
	writer->written_bytes -= part_bytes;
}

/* No later attempt can succeed: there is no reader. */
static bool is_final(const struct tool_writer *writer, int error)
{
	if (writer->params.path)
		return false;
	switch (error) {
	case EIO:
		return writer->is_terminal;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case ENOMEM:
	case ENOBUFS:
		return false;
	default:
		return true;
	}
}

/* The mutex is held, but not during the call.  Returns 0 or an errno. */
static int write_some(struct tool_writer *writer)
{
	const char *bytes = writer->writing.bytes + writer->written_bytes;
	size_t byte_count = writer->writing.held_bytes - writer->written_bytes;
	struct pollfd fd = {.fd = writer->fd, .events = POLLOUT};
	int error = 0;
	ssize_t n;

	pthread_mutex_unlock(&writer->mutex);
	n = write(writer->fd, bytes, byte_count);
	if (n < 0) {
		error = errno;
		n = 0;
	}
	/* A descriptor that another process made non-blocking. */
	if (error == EAGAIN || error == EINTR) {
		(void)poll(&fd, 1, -1);
		error = 0;
	}
	pthread_mutex_lock(&writer->mutex);
	writer->written_bytes += (size_t)n;
	return error;
}

static void note_error(struct tool_writer *writer, int error)
{
	if (writer->state.error == error)
		return;
	writer->state.error = error;
	writer->state.is_final = error != 0 && is_final(writer, error);
	wake_program(writer);
}

/* The pause doubles each time. */
static void pause_after_error(struct tool_writer *writer, uint64_t *pause_ns)
{
	uint64_t deadline_ns = tool_now_ns() + *pause_ns;

	*pause_ns = *pause_ns * 2 < RETRY_NS_MAX ? *pause_ns * 2 : RETRY_NS_MAX;
	while (!writer->must_reopen && !writer->must_retry &&
	       wait_for_change(writer, deadline_ns))
		;
	writer->must_retry = false;
}

/*
 * Have the disk keep space for both buffers behind the end of the file, so that
 * bytes that are committed can be written when the disk is full.  Returns 0 or
 * an errno.  Where the file system cannot do that, only a write() finds the
 * error.
 */
static int keep_space(int fd, size_t byte_count)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, status.st_size,
		      (off_t)byte_count) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT ? errno : 0;
}

/* The mutex is held, but not during the call.  Returns 0 or an errno. */
static int reserve_space(struct tool_writer *writer)
{
	size_t byte_count = 2 * writer->writing.capacity;
	int error;

	if (!writer->params.path || writer->is_draining)
		return 0;
	pthread_mutex_unlock(&writer->mutex);
	error = keep_space(writer->fd, byte_count);
	pthread_mutex_lock(&writer->mutex);
	return error;
}

static void finish_buffer(struct tool_writer *writer)
{
	writer->writing.held_bytes = 0;
	writer->written_bytes = 0;
	if (writer->must_wake)
		wake_program(writer);
	writer->must_wake = false;
	pthread_cond_broadcast(&writer->changed);
}

/*
 * A buffer is written, then space for more is reserved, and only then the
 * buffer is given back.  A step that fails is repeated after a pause.
 */
static void *run(void *user_data)
{
	struct tool_writer *writer = user_data;
	uint64_t pause_ns = RETRY_NS_MIN;
	bool has_space = false;
	int error;

	pthread_mutex_lock(&writer->mutex);
	while (!writer->state.is_final) {
		error = 0;
		if (writer->must_reopen) {
			reopen(writer);
		} else if (writer->written_bytes < writer->writing.held_bytes) {
			error = write_some(writer);
			note_error(writer, error);
			has_space = false;
		} else if (!has_space) {
			error = reserve_space(writer);
			note_error(writer, error);
			has_space = error == 0;
		} else if (writer->writing.held_bytes > 0) {
			finish_buffer(writer);
		} else {
			pthread_cond_wait(&writer->changed, &writer->mutex);
		}
		if (error == 0)
			pause_ns = RETRY_NS_MIN;
		else if (!writer->state.is_final)
			pause_after_error(writer, &pause_ns);
	}
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->mutex);
	return NULL;
}

/* -- the program ----------------------------------------------------------- */

static int start_thread(struct tool_writer *writer)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int error;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&writer->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_init(&writer->mutex, NULL);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&writer->thread, NULL, run, writer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

/* Nothing is in the buffer, so no byte needs to be kept. */
static int resize(struct buffer *buffer, size_t capacity)
{
	char *bytes;

	bytes = malloc(capacity);
	if (!bytes)
		return -ENOMEM;
	free(buffer->bytes);
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return 0;
}

int tool_writer_start(const struct tool_writer_params *params,
		      struct tool_writer **ret_writer)
{
	struct tool_writer *writer;
	int result = 0;

	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	writer->params = *params;
	writer->fd = params->path ? open_file(params->path) : params->fd;
	if (writer->fd < 0)
		result = writer->fd;
	if (result == 0)
		result = resize(&writer->filling, params->buffer_bytes);
	if (result == 0)
		result = resize(&writer->writing, params->buffer_bytes);
	writer->is_terminal = isatty(writer->fd) == 1;
	if (result == 0 && params->path)
		writer->state.error = keep_space(writer->fd,
						 2 * params->buffer_bytes);
	if (result == 0)
		result = start_thread(writer);
	if (result < 0) {
		free(writer->filling.bytes);
		free(writer->writing.bytes);
		if (params->path && writer->fd >= 0)
			(void)close(writer->fd);
		free(writer);
		return result;
	}
	*ret_writer = writer;
	return 0;
}

/* The mutex is held.  The buffers change places if the thread is idle. */
static void hand_over(struct tool_writer *writer)
{
	struct buffer idle = writer->writing;

	if (idle.held_bytes > 0) {
		writer->must_wake = true;
		return;
	}
	if (writer->filling.held_bytes == 0)
		return;
	writer->writing = writer->filling;
	writer->filling = idle;
	pthread_cond_broadcast(&writer->changed);
}

int tool_writer_reserve(struct tool_writer *writer, size_t byte_count,
			char **ret_space)
{
	struct buffer *filling = &writer->filling;
	struct tool_writer_state state;

	if (filling->capacity - filling->held_bytes < byte_count) {
		state = tool_writer_state(writer);
		if (state.is_final)
			return -state.error;
		tool_writer_serve(writer);
		if (filling->held_bytes > 0)
			return -EAGAIN;
	}
	if (filling->capacity < byte_count && resize(filling, byte_count) < 0)
		return -ENOMEM;
	*ret_space = filling->bytes + filling->held_bytes;
	return 0;
}

void tool_writer_commit(struct tool_writer *writer, size_t byte_count)
{
	writer->filling.held_bytes += byte_count;
}

void tool_writer_serve(struct tool_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	hand_over(writer);
	/* Wake the program when the rest is written. */
	writer->must_wake |= writer->writing.held_bytes > 0;
	pthread_mutex_unlock(&writer->mutex);
}

struct tool_writer_state tool_writer_state(struct tool_writer *writer)
{
	struct tool_writer_state state;

	pthread_mutex_lock(&writer->mutex);
	state = writer->state;
	pthread_mutex_unlock(&writer->mutex);
	return state;
}

size_t tool_writer_unwritten_bytes(struct tool_writer *writer)
{
	size_t byte_count;

	pthread_mutex_lock(&writer->mutex);
	byte_count = writer->filling.held_bytes + writer->writing.held_bytes -
		     writer->written_bytes;
	pthread_mutex_unlock(&writer->mutex);
	return byte_count;
}

void tool_writer_reopen(struct tool_writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	writer->must_reopen = writer->params.path != NULL;
	writer->must_retry = true;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->mutex);
}

void tool_writer_drain(struct tool_writer *writer, uint64_t deadline_ns)
{
	pthread_mutex_lock(&writer->mutex);
	writer->must_retry = true;
	writer->is_draining = true;
	pthread_cond_broadcast(&writer->changed);
	do
		hand_over(writer);
	while (writer->writing.held_bytes > 0 && !writer->state.is_final &&
	       wait_for_change(writer, deadline_ns));
	pthread_mutex_unlock(&writer->mutex);
}
