/* SPDX-License-Identifier: ISC */
/*
 * The postern tool: finding the subcommand
 *
 * The words before the first option name the subcommand, which parses the rest.
 * Every subcommand may rely on two things: the three standard descriptors are
 * open, and output that cannot be written is an error, also where SIGXFSZ would
 * end the process.
 */
#include "tool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <postern/version.h>

#include "errors.h"

static const struct tool_command *const commands[] = {
	&tool_command_send,
	&tool_command_receive,
	&tool_command_list,
	&tool_command_disconnect,
	&tool_command_stat,
	&tool_command_top,
	&tool_command_key_create,
	&tool_command_key_public,
	&tool_command_key_check,
	&tool_command_doctor,
	&tool_command_policy_check,
	&tool_command_policy_show,
	&tool_command_policy_explain,
	&tool_command_policy_diff,
	&tool_command_policy_fmt,
	&tool_command_policy_pid,
	&tool_command_policy_install,
	&tool_command_policy_edit,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/* The options of several commands that may also stand before the command: each
 * takes a value. */
static const char *const early_options[] = {"--policy", "--key", "--disable",
					    NULL};

/*
 * A descriptor that was closed before us would be the number of our next socket
 * or segment, and bytes for a stream would go there.  The descriptor that takes
 * its place is open in the other direction, so a read or write on it still
 * fails.
 */
static void open_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			abort();
}

/* The commands whose name begins so. */
static void print_commands(const char *prefix)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (strncmp(commands[i]->name, prefix, strlen(prefix)) == 0)
			printf("  %-15s %s\n", commands[i]->name,
			       commands[i]->summary);
	printf("\n"
	       "  --help          show this, or with a command, its options\n");
}

static void print_help(void)
{
	printf("usage: postern [OPTION]... COMMAND [OPTION]... [OPERAND]...\n"
	       "\n"
	       "Policy-guarded messages between the processes of one host.\n"
	       "\n");
	print_commands("");
	printf("  --version       show the version\n"
	       "\n"
	       "--policy, --key and --disable can also stand before the command.\n"
	       "\n"
	       "Exit status:\n"
	       "  0  done\n"
	       "  1  the answer is no, or another failure\n"
	       "  2  wrong usage\n"
	       "  3  the peer is gone\n"
	       "  4  timed out\n"
	       "  5  access denied\n"
	       "  6  the node is not running\n"
	       "  7  busy, full or out of resources\n"
	       "  8  the policy is invalid\n"
	       "  9  the input, or a thing that the command line names, is "
	       "wrong\n");
}

static bool is_help(const char *word)
{
	return word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

/* How many words name the command: 0 if they name another. */
static int command_matches(const struct tool_command *command, char **words)
{
	const char *space = strchr(command->name, ' ');
	size_t group_bytes;

	if (!space)
		return strcmp(words[0], command->name) == 0 ? 1 : 0;
	group_bytes = (size_t)(space - command->name);
	return strlen(words[0]) == group_bytes && words[1] &&
	       strncmp(words[0], command->name, group_bytes) == 0 &&
	       strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

/* prefix is the group and a space. */
static enum tool_status run_group(const char *prefix, const char *commands_text,
				  char **words)
{
	if (!words[1])
		tool_misuse(NULL, "'%s' needs one of %s", words[0],
			    commands_text);
	if (!is_help(words[1]))
		tool_misuse(NULL, "unknown command '%s%s'", prefix, words[1]);
	printf("usage: postern %sCOMMAND [OPTION]... [OPERAND]...\n\n", prefix);
	print_commands(prefix);
	return TOOL_DONE;
}

/* How many words the early option takes: 0 if it is none. */
static int early_option_words(char **words)
{
	size_t name_bytes, i;

	for (i = 0; words[0] && early_options[i]; i++) {
		name_bytes = strlen(early_options[i]);
		if (strncmp(words[0], early_options[i], name_bytes) != 0)
			continue;
		if (words[0][name_bytes] == '=')
			return 1;
		if (words[0][name_bytes] == '\0' && words[1])
			return 2;
	}
	return 0;
}

static enum tool_status run(int argc, char **argv)
{
	char **words = argv + 1;
	int word_count;
	size_t i;

	while ((word_count = early_option_words(words)) > 0)
		words += word_count;
	if (!words[0])
		tool_misuse(NULL, "no command given");
	for (i = 0; i < COMMAND_COUNT; i++) {
		word_count = command_matches(commands[i], words);
		if (word_count == 0)
			continue;
		/* The early options take the place of the command's words. */
		memmove(argv + 1 + word_count, argv + 1,
			(size_t)(words - (argv + 1)) * sizeof(argv[0]));
		return commands[i]->run(commands[i], argc - word_count,
					argv + word_count);
	}
	if (is_help(words[0]) || strcmp(words[0], "help") == 0) {
		print_help();
		return TOOL_DONE;
	}
	if (strcmp(words[0], "--version") == 0) {
		printf("postern %s\n", postern_version());
		return TOOL_DONE;
	}
	if (strcmp(words[0], "policy") == 0)
		return run_group("policy ", "check, show, explain, diff, fmt, "
				 "pid, install, edit", words);
	if (strcmp(words[0], "key") == 0)
		return run_group("key ", "new, public, check", words);
	if (words[0][0] == '-')
		tool_misuse(NULL, "unexpected option '%s' before the command",
			    words[0]);
	tool_misuse(NULL, "unknown command '%s'", words[0]);
}

int main(int argc, char **argv)
{
	open_standard_descriptors();
	/* A limit of the size of files is an error of write(). */
	(void)signal(SIGXFSZ, SIG_IGN);
	tool_exit(run(argc, argv));
}
