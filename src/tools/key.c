/* SPDX-License-Identifier: ISC */
/*
 * postern key: create a key, and examine one
 *
 * Only public keys are printed, in the form that a policy and a `key-file`
 * take.
 */
#include <postern/key.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "errors.h"
#include "options.h"
#include "tool.h"

static void print_key(const uint8_t key[POSTERN_KEY_BYTES])
{
	char text[POSTERN_KEY_TEXT_BYTES];

	postern_key_text(key, text);
	printf("%s\n", text);
}

/* The file is what the command line names: it is there already, or no key. */
static enum tool_status fail(const char *path, int result,
			     const struct postern_error_info *error)
{
	enum tool_status status = tool_error_result(path, result, error);

	return result == -EBUSY || result == -EINVAL || result == -ENOENT ?
	       TOOL_BAD_INPUT : status;
}

/* -- new ------------------------------------------------------------------- */

static enum tool_status run_create(const struct tool_command *command, int argc,
				   char **argv)
{
	const struct tool_option options[] = {{0}};
	const char *path = *tool_options_parse(command, options, argc, argv);
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	uint8_t key[POSTERN_KEY_BYTES];
	int result;

	result = postern_key_create(path, key, &error);
	if (result < 0)
		return fail(path, result, &error);
	print_key(key);
	return TOOL_DONE;
}

const struct tool_command tool_command_key_create = {
	.name = "key create",
	.operands = "FILE",
	.summary = "make a key: the private one into a file, print the public",
	.description =
		"Make a new key, write the private one into FILE, which is "
		"not there yet,\nreadable by nobody else, and print the public "
		"one as a policy takes it\nafter 'key'.\n",
	.run = run_create,
};

/* -- public, check --------------------------------------------------------- */

/* Each file is examined, whether another one is wrong or not. */
static enum tool_status examine_files(const struct tool_command *command,
				      int argc, char **argv, bool must_print)
{
	const struct tool_option options[] = {{0}};
	enum tool_status status = TOOL_DONE;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	uint8_t key[POSTERN_KEY_BYTES];
	char **paths;
	int result;

	paths = tool_options_parse(command, options, argc, argv);
	for (; *paths; paths++) {
		result = postern_key_read_public(*paths, key, &error);
		if (result < 0)
			status = fail(*paths, result, &error);
		else if (must_print)
			print_key(key);
	}
	return status;
}

static enum tool_status run_public(const struct tool_command *command, int argc,
				   char **argv)
{
	return examine_files(command, argc, argv, true);
}

const struct tool_command tool_command_key_public = {
	.name = "key public",
	.operands = "FILE...",
	.summary = "print the public keys of private ones",
	.description =
		"Print for each FILE, in which a private key is, the public "
		"one as a policy\ntakes it after 'key', or alone in the file "
		"of a 'key-file'.\n",
	.run = run_public,
};

static enum tool_status run_check(const struct tool_command *command, int argc,
				  char **argv)
{
	return examine_files(command, argc, argv, false) == TOOL_DONE ?
	       TOOL_DONE : TOOL_REFUSED;
}

const struct tool_command tool_command_key_check = {
	.name = "key check",
	.operands = "FILE...",
	.summary = "check that files hold private keys, and keep them",
	.description =
		"Say of each FILE what keeps this user from opening a node or "
		"connecting with\nthe private key in it: who else could read "
		"or write it, or that there is none.\nExit status 0, and "
		"nothing is said, if all is well.\n",
	.run = run_check,
};
