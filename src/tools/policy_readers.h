/* SPDX-License-Identifier: ISC */
/*
 * The policy as other users read it
 *
 * A file that root can read and trusts may be closed to the owner of a node, or
 * to a client.  So the policy is loaded once more, in a child process that has
 * become the other user.
 */
#ifndef POSTERN_TOOLS_POLICY_READERS_H
#define POSTERN_TOOLS_POLICY_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "tool.h"

struct tool_reader {
	uid_t uid;
	gid_t gid;
	char *name;  /* NULL: no entry, and then no further groups */
	bool is_optional; /* that it cannot be become is a warning */
};

/* The user of this name or number.  TOOL_DONE, or an error was printed. */
enum tool_status tool_reader_find(const char *user,
				  struct tool_reader *ret_reader);
/* A user whose entry may be missing. */
void tool_reader_init(struct tool_reader *reader, uid_t uid);
void tool_reader_done(struct tool_reader *reader);

/*
 * Called in the child, as the reader; result is what postern_policy_load()
 * returned.  It prints, and returns the status of the child.
 */
typedef enum tool_status
tool_reader_fn(const struct tool_reader *reader, int result,
	       const struct postern_diagnostics *diagnostics, void *user_data);

/*
 * Load the policy as this user and have function look at the findings.  What it
 * returned, or TOOL_REFUSED and an error was printed.  Only root can do that.
 */
enum tool_status
tool_reader_load(const struct tool_reader *reader,
		 const struct postern_policy_options *options,
		 tool_reader_fn *function, void *user_data);

#endif
