/* SPDX-License-Identifier: ISC */
/*
 * Telling the service manager: ready, reloading, stopping
 *
 * The protocol of sd_notify(3), without libsystemd: datagrams of lines to the
 * socket that the environment variable NOTIFY_SOCKET names, by a path or, after
 * an '@', in the abstract namespace.  Without the variable nothing is sent.  A
 * failure is a warning: the node works all the same.
 */
#ifndef POSTERN_TOOLS_NOTIFY_H
#define POSTERN_TOOLS_NOTIFY_H

/* The node is open; or a reload is over, whether it failed or not. */
void tool_notify_ready(void);

/* From now until the next tool_notify_ready() the policy is being reloaded. */
void tool_notify_reloading(void);

/* The node is about to be closed. */
void tool_notify_stopping(void);

#endif
