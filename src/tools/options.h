/* SPDX-License-Identifier: ISC */
/*
 * Options
 *
 * A subcommand has a table with one row per option.  Parsing, conversion, the
 * error about a wrong value and --help follow from it.
 */
#ifndef POSTERN_TOOLS_OPTIONS_H
#define POSTERN_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "tool.h"

/* The features that --disable names and doctor prints. */
struct tool_feature {
	enum postern_feature bit;
	const char *name;
	const char *call;   /* its usual name, and since which version */
	const char *lost;   /* the effect of its absence */
	bool is_speed;      /* does not count for the hardening level */
};

#define TOOL_FEATURE_COUNT 5

extern const struct tool_feature tool_features[TOOL_FEATURE_COUNT];

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
	const char *argument;  /* its name in --help; NULL for a flag */
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
	 .help = "the file of the private key to prove (see 'key create')"}
#define TOOL_OPTION_DISABLE(target) \
	{.name = "disable", .argument = "FEATURE[,...]", \
	 .features = (target), \
	 .help = "do without these features (see 'doctor'), or all"}

/*
 * Store the options of argv (argv[0] is the command's last word) in their
 * targets.  The table ends with {0}.  Returns the operands, ended by NULL, as
 * many as the command takes.  Ends the process if the command line is wrong or
 * asks for --help.
 */
char **tool_options_parse(const struct tool_command *command,
			  const struct tool_option *options, int argc,
			  char **argv);

#endif
