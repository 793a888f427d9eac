/* SPDX-License-Identifier: ISC */
/*
 * The postern tool: finding the subcommand
 *
 * The words before the first option name the subcommand; all that follows is
 * its own business.  What every subcommand may rely on is arranged here: that
 * the three standard descriptors are open, and that output which could not be
 * written is an error.
 */
#include "tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <postern/version.h>

#include "errors.h"

static const struct tool_command *const commands[] = {
	&tool_command_send,
	&tool_command_receive,
	&tool_command_list,
	&tool_command_revoke,
	&tool_command_stat,
	&tool_command_top,
	&tool_command_key_new,
	&tool_command_key_public,
	&tool_command_key_check,
	&tool_command_doctor,
	&tool_command_policy_check,
	&tool_command_policy_show,
	&tool_command_policy_explain,
	&tool_command_policy_diff,
	&tool_command_policy_fmt,
	&tool_command_policy_pid,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/*
 * A descriptor that was closed before us would be the number of our next socket
 * or segment, and what is meant for a stream would go there.
 */
static void open_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			abort();
}

static void print_help(void)
{
	size_t i;

	printf("usage: postern COMMAND [OPTION]... [OPERAND]...\n"
	       "\n"
	       "Policy-guarded messages between the processes of one host.\n"
	       "\n");
	for (i = 0; i < COMMAND_COUNT; i++)
		printf("  %-15s %s\n", commands[i]->name,
		       commands[i]->summary);
	printf("\n"
	       "  --help          show this, or with a command, its options\n"
	       "  --version       show the version\n"
	       "\n"
	       "Exit status: 0 done, 1 refused or invalid, 2 wrong usage,\n"
	       "3 the peer is gone, 4 timed out.  See postern(1).\n");
}

/* How many words of argv name the command: 0 when they name another. */
static int command_matches(const struct tool_command *command, char **argv)
{
	const char *name = command->name;
	int word_count = 0;
	size_t word_bytes;

	for (;;) {
		word_bytes = strcspn(name, " ");
		if (!argv[word_count] ||
		    strlen(argv[word_count]) != word_bytes ||
		    strncmp(argv[word_count], name, word_bytes) != 0)
			return 0;
		word_count++;
		if (name[word_bytes] == '\0')
			return word_count;
		name += word_bytes + 1;
	}
}

static enum tool_status run(int argc, char **argv)
{
	int word_count;
	size_t i;

	if (argc < 2)
		return tool_misuse(NULL, "no command given");
	for (i = 0; i < COMMAND_COUNT; i++) {
		word_count = command_matches(commands[i], argv + 1);
		if (word_count > 0)
			return commands[i]->run(commands[i], argc - word_count,
						argv + word_count);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help();
		return TOOL_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("postern %s\n", postern_version());
		return TOOL_DONE;
	}
	if (strcmp(argv[1], "policy") == 0)
		return argv[2] ? tool_misuse(NULL, "unknown command 'policy "
					     "%s'", argv[2]) :
		       tool_misuse(NULL, "'policy' needs one of check, show, "
				   "explain, diff, fmt, pid");
	if (strcmp(argv[1], "key") == 0)
		return argv[2] ? tool_misuse(NULL, "unknown command 'key %s'",
					     argv[2]) :
		       tool_misuse(NULL, "'key' needs one of new, public, "
				   "check");
	return tool_misuse(NULL, "unknown command '%s'", argv[1]);
}

int main(int argc, char **argv)
{
	open_standard_descriptors();
	return (int)tool_output_finish(run(argc, argv));
}
