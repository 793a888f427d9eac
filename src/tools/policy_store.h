/* SPDX-License-Identifier: ISC */
/*
 * The administrator's policy files, /etc/postern/policy.d
 *
 * A file is checked together with all others before it takes its place, and it
 * takes it whole: it is written under another name, synchronised and renamed.
 */
#ifndef POSTERN_TOOLS_POLICY_STORE_H
#define POSTERN_TOOLS_POLICY_STORE_H

#include <stddef.h>

#include "tool.h"

#define TOOL_STORE_NAME_BYTES 256

/* One file and the text that it is to hold. */
struct tool_store_file {
	char name[TOOL_STORE_NAME_BYTES]; /* NAME.conf */
	const char *label;                /* in messages */
	char *text;
	size_t text_bytes;
};

/*
 * The name as a file's: with .conf at the end, and none that the loader would
 * not read.  TOOL_DONE, or an error was printed.
 */
enum tool_status tool_store_name(const char *text,
				 char ret_name[static TOOL_STORE_NAME_BYTES]);

/*
 * Keep every other installation out until the process ends.  *ret_fd is to be
 * kept open.  TOOL_DONE, or an error was printed.
 */
enum tool_status tool_store_lock(int *ret_fd);

/*
 * The present text of that name: of /etc, or else the one that /run or /usr/lib
 * has.  *ret_text is the caller's, NULL when there is none.
 */
enum tool_status tool_store_read(const char *name, char **ret_text,
				 size_t *ret_text_bytes);

/*
 * Would the policy of the host be valid with the file?  Diagnostics are printed.
 * TOOL_BAD_POLICY when the file has an error, or another one has an error that
 * it does not have now.
 */
enum tool_status tool_store_check(const struct tool_store_file *file);

/* Install the file. */
enum tool_status tool_store_write(const struct tool_store_file *file);

#endif
