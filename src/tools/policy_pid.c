/* SPDX-License-Identifier: ISC */
/*
 * postern policy pid: the word for one process in a policy
 *
 * A number alone may name another process tomorrow, so a policy names a process
 * by its pidfd's inode too; this prints the word to put after `pid`.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <postern/facts.h>

#include "errors.h"
#include "options.h"
#include "tool.h"
#include "units.h"

static enum tool_status print_word(const struct tool_command *command,
				   const char *word)
{
	uint64_t pid, inode;
	const char *why;
	int result;

	why = tool_parse_count(word, &pid);
	if (!why && pid > INT32_MAX)
		why = "the number is too large";
	if (why)
		return tool_misuse(command, "'%s': %s", word, why);
	result = postern_process_identity((int32_t)pid, 0, &inode);
	if (result == -ENOENT)
		return tool_error_input(word, "no such process");
	if (result == -EOPNOTSUPP)
		return tool_error(word, "this kernel cannot name a process for "
				  "good: it takes Linux 6.9");
	if (result < 0)
		return tool_error_result(word, result, NULL);
	printf("%" PRIu64 ":%" PRIu64 "\n", pid, inode);
	return TOOL_DONE;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	enum tool_status status = TOOL_DONE;
	char **pids;

	pids = tool_options_parse(command, NULL, 0, argc, argv);
	for (; *pids && status == TOOL_DONE; pids++)
		status = print_word(command, *pids);
	return status;
}

const struct tool_command tool_command_policy_pid = {
	.name = "policy pid",
	.operands = "PID...",
	.operand_count_min = 1,
	.operand_count_max = TOOL_WORDS_MAX,
	.summary = "print the word that names a running process in a policy",
	.description = "Print for each PID the word that names that process, "
		       "and no later one,\nafter 'pid' in a policy.\n",
	.run = run,
};
