/* SPDX-License-Identifier: ISC */
/*
 * Signals as requests: to stop in order, to reload
 *
 * `receive` has a socket to remove and output to write before it may end, and a
 * policy to read again when it is told to; and it sleeps in two places that a
 * signal has to wake.
 */
#ifndef POSTERN_TOOLS_SIGNALS_H
#define POSTERN_TOOLS_SIGNALS_H

#include <stdbool.h>

/*
 * From now on SIGTERM, SIGINT and SIGHUP make *ret_fd readable instead of ending
 * the process, and interrupt a blocking write().  Returns 0 or a negative errno.
 */
int tool_signals_open(int *ret_fd);

/* SIGTERM or SIGINT came, at any time. */
bool tool_stop_is_requested(void);

/* SIGHUP came since this was last asked; *ret_fd is no longer readable for it. */
bool tool_reload_take(void);

#endif
