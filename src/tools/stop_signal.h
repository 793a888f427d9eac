/* SPDX-License-Identifier: ISC */
/*
 * SIGTERM and SIGINT as a request to stop in order
 *
 * `receive` has a socket to remove and output to write before it may end, and
 * it sleeps in two places that a signal has to wake.
 */
#ifndef POSTERN_TOOLS_STOP_SIGNAL_H
#define POSTERN_TOOLS_STOP_SIGNAL_H

#include <stdbool.h>

/*
 * From now on SIGTERM and SIGINT make *ret_fd readable, for good, instead of
 * ending the process, and interrupt a blocking write().  Returns 0 or a
 * negative errno.
 */
int tool_stop_open(int *ret_fd);

bool tool_stop_is_requested(void);

#endif
