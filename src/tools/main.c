/* SPDX-License-Identifier: ISC */
/*
 * The postern tool: finding the subcommand
 *
 * The words before the first option name the subcommand; all that follows is
 * its own business.  What every subcommand may rely on is arranged here: that
 * the three standard descriptors are open, and that output which could not be
 * written is an error, also where SIGXFSZ would end the process.
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
	&tool_command_policy_install,
	&tool_command_policy_edit,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/* The options of several commands that may also stand before the command: each
 * takes a value. */
static const char *const early_options[] = {"--policy", "--key", "--without"};

#define EARLY_OPTION_COUNT (sizeof(early_options) / sizeof(early_options[0]))

/*
 * A descriptor that was closed before us would be the number of our next socket
 * or segment, and bytes for a stream would go there.  The descriptor that takes
 * its place is open in the other direction, so a read or write on it still fails.
 */
static void open_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			abort();
}

static void print_help(void)
{
	size_t i;

	printf("usage: postern [OPTION]... COMMAND [OPTION]... [OPERAND]...\n"
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
	       "--policy, --key and --without can also stand before the command.\n"
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

/* The commands whose first word is that of a group: "policy", "key". */
static void print_group_help(const char *group)
{
	size_t group_bytes = strlen(group), i;

	printf("usage: postern %s COMMAND [OPTION]... [OPERAND]...\n\n", group);
	for (i = 0; i < COMMAND_COUNT; i++)
		if (strncmp(commands[i]->name, group, group_bytes) == 0 &&
		    commands[i]->name[group_bytes] == ' ')
			printf("  %-15s %s\n", commands[i]->name,
			       commands[i]->summary);
	printf("\n"
	       "  --help          show this, or with a command, its options\n");
}

static bool is_help(const char *word)
{
	return word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
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

static enum tool_status run_group(const char *group, const char *commands_text,
				  char **argv)
{
	if (is_help(argv[1])) {
		print_group_help(group);
		return TOOL_DONE;
	}
	return argv[1] ? tool_misuse(NULL, "unknown command '%s %s'", group,
				     argv[1]) :
	       tool_misuse(NULL, "'%s' needs one of %s", group, commands_text);
}

/* How many words of argv are early options and their values. */
static int count_early_words(char **argv)
{
	size_t name_bytes, i;
	int word_count = 0;

	for (i = 0; argv[word_count] && i < EARLY_OPTION_COUNT; i++) {
		name_bytes = strlen(early_options[i]);
		if (strncmp(argv[word_count], early_options[i], name_bytes) != 0)
			continue;
		if (argv[word_count][name_bytes] == '=')
			word_count++;
		else if (argv[word_count][name_bytes] == '\0' &&
			 argv[word_count + 1])
			word_count += 2;
		else
			continue;
		i = (size_t)-1; /* look for the next one */
	}
	return word_count;
}

/* The first count words go behind the next following_count. */
static void move_behind(char **words, int count, int following_count)
{
	char *word;
	int i;

	for (; count > 0; count--) {
		word = words[count - 1];
		for (i = count; i < count + following_count; i++)
			words[i - 1] = words[i];
		words[i - 1] = word;
	}
}

static enum tool_status run(int argc, char **argv)
{
	int early_count = count_early_words(argv + 1);
	char **words = argv + 1 + early_count;
	int word_count;
	size_t i;

	if (!words[0])
		return tool_misuse(NULL, "no command given");
	for (i = 0; i < COMMAND_COUNT; i++) {
		word_count = command_matches(commands[i], words);
		if (word_count == 0)
			continue;
		move_behind(argv + 1, early_count, word_count);
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
		return run_group("policy", "check, show, explain, diff, fmt, "
				 "pid, install, edit", words);
	if (strcmp(words[0], "key") == 0)
		return run_group("key", "new, public, check", words);
	if (words[0][0] == '-')
		return tool_misuse(NULL, "unexpected option '%s' before the "
				   "command", words[0]);
	return tool_misuse(NULL, "unknown command '%s'", words[0]);
}

int main(int argc, char **argv)
{
	open_standard_descriptors();
	/* A limit of the size of files is an error of write(). */
	(void)signal(SIGXFSZ, SIG_IGN);
	return (int)tool_output_finish(run(argc, argv));
}
