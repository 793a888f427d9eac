/* SPDX-License-Identifier: ISC */
/*
 * A thread that writes, so that the program never waits for a reader or a disk
 *
 * The program fills one buffer while the thread writes another; when the thread
 * has written its buffer, the two change places.  O_NONBLOCK would not do: it
 * would change the descriptor for every process that has it, and a file blocks
 * in spite of it.  The writer and its thread exist until the process ends.  All
 * functions are for the program's one thread.
 */
#ifndef POSTERN_TOOLS_WRITER_H
#define POSTERN_TOOLS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tool_writer_params {
	int fd;                 /* borrowed; ignored with a path */
	const char *path;       /* borrowed: append to this file; NULL: fd */
	bool is_lines;          /* each commit ends with a newline */
	size_t buffer_bytes;    /* of each of the two buffers, to begin with */
	int wake_fd;            /* an eventfd, borrowed: see _serve() */
};

/* What the thread reports. */
struct tool_writer_state {
	int error;              /* errno why nothing can be written; or 0 */
	bool is_final;          /* it is not tried again */
	int reopen_error;       /* errno of the last request; 0: none */
};

struct tool_writer;

/*
 * Open the file, if there is a path, and start the thread.  Returns 0 or a
 * negative errno: -ELOOP the path is a symbolic link, -EISDIR or -ENXIO it is
 * no file to append to.
 */
int tool_writer_start(const struct tool_writer_params *params,
		      struct tool_writer **ret_writer);

/*
 * Space for byte_count bytes behind those held.  Returns 0; -EAGAIN: wake_fd
 * becomes readable when that may have changed; -ENOMEM; or the final error.
 */
int tool_writer_reserve(struct tool_writer *writer, size_t byte_count,
			char **ret_space);

/* So many of the reserved bytes were filled. */
void tool_writer_commit(struct tool_writer *writer, size_t byte_count);

/*
 * Have what is held written, as far as the thread has time.  To be called when
 * there is nothing more to commit for now, and when wake_fd became readable.
 * While anything is left, wake_fd becomes readable when that may have changed.
 */
void tool_writer_serve(struct tool_writer *writer);

struct tool_writer_state tool_writer_state(struct tool_writer *writer);

/* Committed and not written. */
size_t tool_writer_unwritten_bytes(struct tool_writer *writer);

/*
 * Try again at once.  With a path, open the file again first; a line of which a
 * part is in the old file is written to the new one, whole.
 */
void tool_writer_reopen(struct tool_writer *writer);

/*
 * Nothing more is committed: wait until all is written, at most until the
 * deadline (CLOCK_MONOTONIC).
 */
void tool_writer_drain(struct tool_writer *writer, uint64_t deadline_ns);

#endif
