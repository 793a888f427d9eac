/* SPDX-License-Identifier: ISC */
/*
 * Poll sets: an epoll set and its timer
 *
 * A node or a channel gives this one descriptor to the event loop of the
 * program.  It is level-triggered: the set is readable as long as any of its
 * members is.
 */
#ifndef POSTERN_OS_POLL_SET_H
#define POSTERN_OS_POLL_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define PST_POLL_SET_EVENTS 64

/* A new, empty set, close-on-exec.  0, or -errno. */
PST_MUST_CHECK int pst_poll_set_open(int *ret_set_fd);

/*
 * Watch fd for input, hang-up and errors; tag is returned when it is ready.
 * Remove it before it is closed.  An fd of -1 is ignored.
 *
 * 0, -EEXIST, or another -errno.
 */
PST_MUST_CHECK int pst_poll_set_add(int set_fd, int fd, uint64_t tag);
void pst_poll_set_remove(int set_fd, int fd);

/*
 * Wait until a member is ready, and return the tags of at most
 * PST_POLL_SET_EVENTS of them.  deadline_ns: UINT64_MAX for no limit; a past
 * one polls once.  A handled signal does not end the wait.
 *
 * Their number (0: the deadline has passed), or -errno.
 */
PST_MUST_CHECK int
pst_poll_set_wait(int set_fd, uint64_t deadline_ns,
		  uint64_t ret_tags[static PST_POLL_SET_EVENTS]);

/*
 * A timer of CLOCK_MONOTONIC: readable once deadline_ns has passed, until it is
 * set again.  UINT64_MAX: never.
 */
PST_MUST_CHECK int pst_timer_open(int *ret_timer_fd);
void pst_timer_set(int timer_fd, uint64_t deadline_ns);

#endif
