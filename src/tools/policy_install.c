/* SPDX-License-Identifier: ISC */
/*
 * postern policy install: install a policy file if the whole policy
 * stays valid
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "file_text.h"
#include "options.h"
#include "policy_store.h"
#include "tool.h"

static enum tool_status install(const struct tool_store_file *file)
{
	enum tool_status status;
	int lock_fd; /* until the process ends */

	status = tool_store_lock(&lock_fd);
	if (status == TOOL_DONE)
		status = tool_store_check(file);
	if (status == TOOL_DONE)
		status = tool_store_write(file);
	return status;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct tool_store_file file = {0};
	const char *name = NULL, *path, *slash;
	const struct tool_option options[] = {
		{.name = "name", .argument = "NAME", .text = &name,
		 .help = "install it as NAME.conf (default: FILE's own name)"},
	};
	enum tool_status status;

	path = *tool_options_parse(command, options,
				   sizeof(options) / sizeof(options[0]), argc,
				   argv);
	if (!name) {
		slash = strrchr(path, '/');
		name = slash ? slash + 1 : path;
		if (strcmp(path, "-") == 0)
			return tool_misuse(command, "standard input has no "
					   "name: give one with --name");
	}
	status = tool_store_name(name, file.name);
	if (status != TOOL_DONE)
		return status;
	file.label = path;
	status = tool_file_read(strcmp(path, "-") == 0 ? NULL : path,
				&file.text, &file.text_bytes);
	if (status != TOOL_DONE)
		return status;
	status = install(&file);
	free(file.text);
	return status;
}

const struct tool_command tool_command_policy_install = {
	.name = "policy install",
	.operands = "FILE",
	.operand_count_min = 1,
	.operand_count_max = 1,
	.summary = "check a policy file with all others, then install it",
	.description =
		"Check FILE (-: standard input) together with the policy of "
		"this host, and put it\ninto /etc/postern/policy.d, whole or "
		"not at all.  A file that would bring an error\nis refused, "
		"with exit status 8.  Running nodes read it when they reload.\n",
	.run = run,
};
