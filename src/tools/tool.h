/* SPDX-License-Identifier: ISC */
/*
 * The postern tool: what its files share
 *
 * Each subcommand has a struct tool_command in the file that implements it, and
 * main.c finds the one that the command line names.  All but `policy diff`,
 * `fmt` and `show` use public headers only.
 */
#ifndef POSTERN_TOOLS_TOOL_H
#define POSTERN_TOOLS_TOOL_H

#include <stdint.h>

/* How long a node may take to answer, if no --timeout is given. */
#define TOOL_ANSWER_NS UINT64_C(2000000000)

/* The exit status, the same for every subcommand: postern(1) has the table. */
enum tool_status {
	TOOL_DONE = 0,
	TOOL_REFUSED = 1,    /* the answer is no, or failed otherwise */
	TOOL_MISUSED = 2,    /* the command line is wrong; of `policy diff`: a
			      * file is invalid */
	TOOL_PEER_GONE = 3,
	TOOL_TIMED_OUT = 4,
	TOOL_DENIED = 5,
	TOOL_NOT_RUNNING = 6,
	TOOL_BUSY = 7,       /* or full, or without resources */
	TOOL_BAD_POLICY = 8, /* invalid, or it cannot be loaded */
	TOOL_BAD_INPUT = 9   /* the input, or what the command line names */
};

struct tool_command {
	const char *name;         /* one word, or two: "policy check" */
	const char *operands;     /* as in the usage line, NULL for none; their
				   * number follows from it */
	const char *summary;      /* for the list of commands */
	const char *description;  /* for --help, lines with newlines */
	enum tool_status (*run)(const struct tool_command *command, int argc,
				char **argv);
};

extern const struct tool_command tool_command_doctor;
extern const struct tool_command tool_command_key_check;
extern const struct tool_command tool_command_key_create;
extern const struct tool_command tool_command_key_public;
extern const struct tool_command tool_command_list;
extern const struct tool_command tool_command_policy_check;
extern const struct tool_command tool_command_policy_diff;
extern const struct tool_command tool_command_policy_edit;
extern const struct tool_command tool_command_policy_explain;
extern const struct tool_command tool_command_policy_fmt;
extern const struct tool_command tool_command_policy_install;
extern const struct tool_command tool_command_policy_pid;
extern const struct tool_command tool_command_policy_show;
extern const struct tool_command tool_command_receive;
extern const struct tool_command tool_command_disconnect;
extern const struct tool_command tool_command_send;
extern const struct tool_command tool_command_stat;
extern const struct tool_command tool_command_top;

#endif
