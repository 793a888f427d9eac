/* SPDX-License-Identifier: ISC */
/*
 * A process described by words
 *
 * For `policy explain --user`, which asks about a process that need not exist.
 */
#ifndef POSTERN_TOOLS_SUBJECT_H
#define POSTERN_TOOLS_SUBJECT_H

#include <postern/facts.h>

#include "options.h"
#include "tool.h"

/* The words come from the command line; what is not given is NULL. */
struct tool_described_subject {
	const char *user;
	struct tool_words group_words;
	const char *unit;
	const char *key;       /* "x25519:" and 43 characters */
	const char *pid_word;  /* "N:INODE" */

	struct postern_subject subject;
	struct postern_facts *facts;  /* of the user */
	uint32_t *groups;             /* of the words */
};

/*
 * Make the subject from the words.  TOOL_DONE, or the error was printed;
 * tool_subject_done() is due in any case.
 */
enum tool_status
tool_subject_describe(struct tool_described_subject *described);
void tool_subject_done(struct tool_described_subject *described);

#endif
