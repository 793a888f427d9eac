/* SPDX-License-Identifier: ISC */
/*
 * Standard output of `receive`: a buffer that messages are received into
 */
#ifndef POSTERN_TOOLS_OUTPUT_H
#define POSTERN_TOOLS_OUTPUT_H

#include <stddef.h>

struct tool_output {
	int fd;               /* borrowed */
	char *buffer;
	size_t buffer_bytes;
	size_t held_bytes;    /* not written yet */
};

/* Returns 0 or -ENOMEM. */
int tool_output_init(struct tool_output *output, int borrow_fd);
void tool_output_done(struct tool_output *output);

/*
 * Room for at least so many bytes behind what is held, writing that first if
 * need be.  Returns 0 or a negative errno, of write() too.
 */
int tool_output_reserve(struct tool_output *output, size_t byte_count,
			char **ret_room);

/* That many of the reserved bytes were filled. */
void tool_output_commit(struct tool_output *output, size_t byte_count);

/*
 * Write all that is held.  Returns 0 or a negative errno; -EINTR when a signal
 * handler ran before all was written: what was not is still held.
 */
int tool_output_flush(struct tool_output *output);

#endif
