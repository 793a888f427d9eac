/* SPDX-License-Identifier: ISC */
/*
 * Options: a subcommand says what it takes, and gets it
 *
 * A table with one row per option is all there is to write: parsing, the
 * conversion, the complaint about a wrong value and --help follow from it.
 */
#ifndef POSTERN_TOOLS_OPTIONS_H
#define POSTERN_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tool.h"

/* The values of an option that may be repeated. */
#define TOOL_WORDS_MAX 64

struct tool_words {
	size_t count;
	const char *words[TOOL_WORDS_MAX];
};

/*
 * One option.  Exactly one of the targets is set; it says what kind of value
 * the option takes and is left alone when the option is not given.
 */
struct tool_option {
	const char *name;      /* without the dashes */
	const char *argument;  /* what --help calls it; NULL for a flag */
	const char *help;

	bool *flag;
	const char **text;
	uint64_t *count;
	uint32_t *bytes;
	uint64_t *duration_ns;
	uint32_t *features;
	struct tool_words *words;
};

/* The options that several subcommands have. */
#define TOOL_OPTION_POLICY(target) \
	{.name = "policy", .argument = "FILE", .text = (target), \
	 .help = "the policy to use (default: the system's)"}
#define TOOL_OPTION_KEY(target) \
	{.name = "key", .argument = "FILE", .text = (target), \
	 .help = "the file of the private key to prove (see 'key new')"}
#define TOOL_OPTION_WITHOUT(target) \
	{.name = "without", .argument = "FEATURE[,...]", \
	 .features = (target), \
	 .help = "do without these features (see 'doctor'), or all"}

/*
 * Read the options of argv (argv[0] is the command's last word) into their
 * targets.  Returns the operands, ended by NULL, as many as the command takes.
 * Does not return when the command line is wrong or asks for --help: there is
 * nothing to clean up yet.
 */
char **tool_options_parse(const struct tool_command *command,
			  const struct tool_option *options,
			  size_t option_count, int argc, char **argv);

#endif
