/* SPDX-License-Identifier: ISC */
/*
 * Standard error of a service: a queue that a thread writes
 *
 * A full pipe or a stopped terminal must not stop a node, and a process that is
 * refused can cause records.  Lines that find no room are dropped and counted,
 * and a line says how many as soon as there is room.  One queue in a process.
 */
#ifndef POSTERN_TOOLS_ERROR_QUEUE_H
#define POSTERN_TOOLS_ERROR_QUEUE_H

#include <stdint.h>

/*
 * From now on all functions of errors.h and log.h write to the queue.  wake_fd
 * is an eventfd, as of tool_writer_start().  Returns 0 or a negative errno.
 */
int tool_error_queue_start(int borrow_wake_fd);

/* When wake_fd became readable. */
void tool_error_queue_serve(void);

/* Write the rest, at most until the deadline, and end the queue. */
void tool_error_queue_finish(uint64_t deadline_ns);

#endif
