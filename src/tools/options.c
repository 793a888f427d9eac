/* SPDX-License-Identifier: ISC */
/*
 * Options
 *
 * getopt_long() finds the options; what their values mean is decided here, once
 * for all subcommands.
 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "features.h"
#include "units.h"

#define OPTIONS_MAX 16

/* What getopt_long() returns for the nth option, apart from any character. */
#define OPTION_CODE 1000

#define HELP_COLUMN 28

/* Room for the names of the options that an abbreviation may mean. */
#define CANDIDATES_BYTES 256

/* Nothing is open yet, so leaving from here is in order. */
static _Noreturn void leave(enum tool_status status)
{
	exit((int)status);
}

static void print_option(const char *name, const char *argument,
			 const char *help)
{
	int width;

	width = printf("  --%s%s%s", name, argument ? " " : "",
		       argument ? argument : "");
	if (width >= HELP_COLUMN)
		width = printf("\n") - 1;
	printf("%*s%s\n", HELP_COLUMN - width, "", help);
}

static void print_help(const struct tool_command *command,
		       const struct tool_option *options, size_t option_count)
{
	size_t i;

	printf("usage: postern %s [OPTION]...%s%s\n\n%s\n", command->name,
	       command->operands[0] != '\0' ? " " : "", command->operands,
	       command->description);
	for (i = 0; i < option_count; i++)
		print_option(options[i].name, options[i].argument,
			     options[i].help);
	print_option("help", NULL, "show this");
}

/* No ring or message is larger than 32 bits can say. */
static const char *store_bytes(const char *value, uint32_t *ret_bytes)
{
	const char *why;
	uint64_t bytes;

	why = tool_parse_size(value, &bytes);
	if (why)
		return why;
	if (bytes > UINT32_MAX)
		return "the size is too large";
	*ret_bytes = (uint32_t)bytes;
	return NULL;
}

/* Returns NULL, or why the value is not accepted. */
static const char *store(const struct tool_option *option, const char *value)
{
	if (option->flag)
		*option->flag = true;
	else if (option->text)
		*option->text = value;
	else if (option->count)
		return tool_parse_count(value, option->count);
	else if (option->bytes)
		return store_bytes(value, option->bytes);
	else if (option->duration_ns)
		return tool_parse_duration(value, option->duration_ns);
	else if (option->features)
		return tool_parse_features(value, option->features);
	else if (option->words->count == TOOL_WORDS_MAX)
		return "given too often";
	else
		option->words->words[option->words->count++] = value;
	return NULL;
}

static void make_long_options(const struct tool_option *options,
			      size_t option_count, struct option *long_options)
{
	size_t i;

	if (option_count > OPTIONS_MAX)
		abort();
	for (i = 0; i < option_count; i++)
		long_options[i] = (struct option){
			.name = options[i].name,
			.has_arg = options[i].argument ? required_argument :
				   no_argument,
			.val = OPTION_CODE + (int)i,
		};
	long_options[option_count] = (struct option){
		.name = "help", .has_arg = no_argument, .val = 'h',
	};
}

/* The long options that word abbreviates, as a list; returns their number. */
static int find_candidates(const struct option *options, const char *word,
			   char text[static CANDIDATES_BYTES])
{
	size_t used = 0, name_bytes;
	int count = 0, n;

	text[0] = '\0';
	if (strncmp(word, "--", 2) != 0)
		return 0;
	word += 2;
	name_bytes = strcspn(word, "=");
	for (; options->name; options++) {
		if (strncmp(options->name, word, name_bytes) != 0)
			continue;
		n = snprintf(text + used, CANDIDATES_BYTES - used, "%s--%s",
			     count > 0 ? ", " : "", options->name);
		if (n > 0 && (size_t)n < CANDIDATES_BYTES - used)
			used += (size_t)n;
		count++;
	}
	return count;
}

/* The option that getopt_long() refused: optopt and optind name it. */
static enum tool_status misuse_option(const struct tool_command *command,
				      const struct tool_option *options,
				      const struct option *long_options,
				      char **argv, int code)
{
	char candidates[CANDIDATES_BYTES];

	if (code == ':')
		return tool_misuse(command, "'%s' needs a value",
				   argv[optind - 1]);
	if (optopt >= OPTION_CODE)
		return tool_misuse(command, "--%s takes no value",
				   options[optopt - OPTION_CODE].name);
	if (optopt != 0)
		return tool_misuse(command, "unknown option '-%c'", optopt);
	if (find_candidates(long_options, argv[optind - 1], candidates) > 1)
		return tool_misuse(command, "option '%s' is ambiguous: %s",
				   argv[optind - 1], candidates);
	return tool_misuse(command, "unknown option '%s'", argv[optind - 1]);
}

static void check_operands(const struct tool_command *command,
			   int operand_count, char **operands)
{
	if (operand_count < command->operand_count_min)
		leave(tool_misuse(command, "expected %s", command->operands));
	if (operand_count > command->operand_count_max)
		leave(tool_misuse(command, "unexpected '%s'",
				 operands[command->operand_count_max]));
}

char **tool_options_parse(const struct tool_command *command,
			  const struct tool_option *options,
			  size_t option_count, int argc, char **argv)
{
	struct option long_options[OPTIONS_MAX + 2] = {{0}};
	const struct tool_option *option;
	const char *why;
	int code;

	make_long_options(options, option_count, long_options);
	opterr = 0;
	for (;;) {
		code = getopt_long(argc, argv, ":h", long_options, NULL);
		if (code == -1)
			break;
		if (code == 'h') {
			print_help(command, options, option_count);
			leave(tool_output_finish(TOOL_DONE));
		}
		if (code < OPTION_CODE)
			leave(misuse_option(command, options, long_options,
					    argv, code));
		option = &options[code - OPTION_CODE];
		why = store(option, optarg);
		if (why)
			leave(tool_misuse(command, "--%s '%s': %s",
					 option->name, optarg, why));
	}
	check_operands(command, argc - optind, argv + optind);
	return argv + optind;
}
