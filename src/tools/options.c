/* SPDX-License-Identifier: ISC */
/*
 * Options
 *
 * getopt_long() finds the options.  Their values are converted here, in the
 * same way for all subcommands.
 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "units.h"

#define OPTIONS_MAX 16

/* getopt_long() returns this plus n for the nth option: no character has it. */
#define OPTION_CODE 1000

#define HELP_COLUMN 28

/* For the names of the options that an abbreviation may mean. */
#define CANDIDATES_BYTES 256

const struct tool_feature tool_features[TOOL_FEATURE_COUNT] = {
	{
		.bit = POSTERN_FEATURE_PASSRIGHTS,
		.name = "passrights",
		.call = "SO_PASSRIGHTS, Linux 6.16",
		.lost = "a peer can send descriptors: each record is looked at "
			"first, and a thread closes what holds them",
	},
	{
		.bit = POSTERN_FEATURE_PEERPIDFD,
		.name = "peerpidfd",
		.call = "SO_PEERPIDFD, Linux 6.5",
		.lost = "a peer's end is noticed only when its socket closes, "
			"and rules by pid, unit, cgroup or exe match nobody",
	},
	{
		.bit = POSTERN_FEATURE_PIDFS,
		.name = "pidfs",
		.call = "inodes of pidfds, Linux 6.9",
		.lost = "a policy that names a process (pid N:INODE) cannot "
			"be loaded",
	},
	{
		.bit = POSTERN_FEATURE_NOEXEC_SEAL,
		.name = "noexec-seal",
		.call = "MFD_NOEXEC_SEAL, Linux 6.3",
		.lost = "a segment could be mapped executable by its reader",
	},
	{
		.bit = POSTERN_FEATURE_AES,
		.name = "aes",
		.call = "AES instructions, as libsodium uses them",
		.lost = "messages are secured with ChaChaPoly, which is slower",
		.is_speed = true,
	},
};

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
		       const struct tool_option *options)
{
	printf("usage: postern %s [OPTION]...%s%s\n\n%s\n", command->name,
	       command->operands ? " " : "",
	       command->operands ? command->operands : "",
	       command->description);
	for (; options->name; options++)
		print_option(options->name, options->argument, options->help);
	print_option("help", NULL, "show this");
}

/* The size of a ring or message has 32 bits. */
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

static uint32_t find_features(const char *name, size_t name_bytes)
{
	size_t i;

	if (name_bytes == 3 && memcmp(name, "all", 3) == 0)
		return POSTERN_FEATURES_ALL;
	for (i = 0; i < TOOL_FEATURE_COUNT; i++)
		if (strlen(tool_features[i].name) == name_bytes &&
		    memcmp(tool_features[i].name, name, name_bytes) == 0)
			return (uint32_t)tool_features[i].bit;
	return 0;
}

/* NAME[,NAME]... or "all" as bits. */
static const char *store_features(const char *text, uint32_t *ret_features)
{
	uint32_t features = 0, found;
	size_t name_bytes;

	for (;;) {
		name_bytes = strcspn(text, ",");
		found = find_features(text, name_bytes);
		if (found == 0)
			return "expected passrights, peerpidfd, pidfs, "
			       "noexec-seal, aes or all, separated by commas";
		features |= found;
		if (text[name_bytes] == '\0')
			break;
		text += name_bytes + 1;
	}
	*ret_features = features;
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
		return store_features(value, option->features);
	else if (option->words->count == TOOL_WORDS_MAX)
		return "given too often";
	else
		option->words->words[option->words->count++] = value;
	return NULL;
}

static void make_long_options(const struct tool_option *options,
			      struct option *long_options)
{
	size_t i;

	for (i = 0; options[i].name; i++) {
		if (i == OPTIONS_MAX)
			abort();
		long_options[i] = (struct option){
			.name = options[i].name,
			.has_arg = options[i].argument ? required_argument :
				   no_argument,
			.val = OPTION_CODE + (int)i,
		};
	}
	long_options[i] = (struct option){
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
static _Noreturn void misuse_option(const struct tool_command *command,
				    const struct option *long_options,
				    const char *word, int code)
{
	char candidates[CANDIDATES_BYTES];

	if (code == ':')
		tool_misuse(command, "'%s' needs a value", word);
	if (optopt >= OPTION_CODE)
		tool_misuse(command, "--%s takes no value",
			    long_options[optopt - OPTION_CODE].name);
	if (optopt != 0)
		tool_misuse(command, "unknown option '-%c'", optopt);
	if (find_candidates(long_options, word, candidates) > 1)
		tool_misuse(command, "option '%s' is ambiguous: %s", word,
			    candidates);
	tool_misuse(command, "unknown option '%s'", word);
}

/* A word of the usage line in brackets is optional, one with dots
 * repeatable. */
static void check_operands(const struct tool_command *command, char **operands)
{
	const char *word = command->operands ? command->operands : "";
	size_t word_bytes;

	for (; *word != '\0'; word += word_bytes + (word[word_bytes] == ' ')) {
		word_bytes = strcspn(word, " ");
		if (!*operands && *word != '[')
			tool_misuse(command, "expected %s", command->operands);
		if (memchr(word, '.', word_bytes))
			return;
		if (*operands)
			operands++;
	}
	if (*operands)
		tool_misuse(command, "unexpected '%s'", *operands);
}

char **tool_options_parse(const struct tool_command *command,
			  const struct tool_option *options, int argc,
			  char **argv)
{
	struct option long_options[OPTIONS_MAX + 2] = {{0}};
	const struct tool_option *option;
	const char *why;
	int code;

	make_long_options(options, long_options);
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":h", long_options, NULL)) !=
	       -1) {
		if (code == 'h') {
			print_help(command, options);
			tool_exit(TOOL_DONE);
		}
		if (code < OPTION_CODE)
			misuse_option(command, long_options, argv[optind - 1],
				      code);
		option = &options[code - OPTION_CODE];
		why = store(option, optarg);
		if (why)
			tool_misuse(command, "--%s '%s': %s", option->name,
				    optarg, why);
	}
	check_operands(command, argv + optind);
	return argv + optind;
}
