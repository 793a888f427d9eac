/* SPDX-License-Identifier: ISC */
/*
 * Signals as requests: to stop in order, to reload, to reopen the output
 *
 * The handler sets a flag and makes a descriptor readable.  The main loop first
 * clears the descriptor and then takes the flags, so no request is missed and
 * the descriptor never stays readable without one.
 */
#ifndef POSTERN_TOOLS_SIGNALS_H
#define POSTERN_TOOLS_SIGNALS_H

#include <stdbool.h>

enum tool_signals_kind {
	/* SIGTERM, SIGINT and SIGHUP ask to stop. */
	TOOL_SIGNALS_OF_VIEWER,
	/* SIGTERM and SIGINT ask to stop, SIGUSR1 to reopen the output.
	 * SIGHUP asks to stop where the process has a controlling terminal,
	 * since it says that the terminal is gone; elsewhere to reload. */
	TOOL_SIGNALS_OF_SERVICE
};

/*
 * From now on these signals make *ret_fd readable instead of ending the
 * process, and interrupt a blocking write().  SIGHUP stays ignored where it
 * was, as under nohup(1).  Returns 0 or a negative errno.
 */
int tool_signals_open(enum tool_signals_kind kind, int *ret_fd);

/* The descriptor is no longer readable, until the next signal. */
void tool_signals_clear(void);

/* A request to stop came, at any time. */
bool tool_stop_is_requested(void);

/* The request came since this was last asked. */
bool tool_reload_take(void);
bool tool_reopen_take(void);

#endif
