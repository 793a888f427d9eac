/* SPDX-License-Identifier: ISC */
/*
 * One descriptor for many: an epoll set, and the timer that goes in it
 *
 * What a node or a channel offers to somebody else's event loop.  Always
 * level-triggered: the set stays readable as long as any of its members is.
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
 * Watch fd for input, hang-up and errors; tag comes back when it is ready.
 * Remove it before it is closed.  An fd of -1 is none: nothing is done.
 *
 * 0, -EEXIST, or another -errno.
 */
PST_MUST_CHECK int pst_poll_set_add(int set_fd, int fd, uint64_t tag);
void pst_poll_set_remove(int set_fd, int fd);

/*
 * The tags of members that are ready, at most PST_POLL_SET_EVENTS of them, as
 * soon as there is one.  deadline_ns: UINT64_MAX for ever; one that has passed
 * looks once.  A handled signal does not end it.
 *
 * How many there are (0: the deadline passed), or -errno.
 */
PST_MUST_CHECK int
pst_poll_set_wait(int set_fd, uint64_t deadline_ns,
		  uint64_t ret_tags[static PST_POLL_SET_EVENTS]);

/*
 * A timer of CLOCK_MONOTONIC: readable once deadline_ns has passed, until it is
 * set anew.  UINT64_MAX: never.
 */
PST_MUST_CHECK int pst_timer_open(int *ret_timer_fd);
void pst_timer_set(int timer_fd, uint64_t deadline_ns);

#endif
