/* SPDX-License-Identifier: ISC */
/*
 * postern disconnect: disconnect peers of a running node
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <postern/control.h>

#include "errors.h"
#include "log.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_control_options control = POSTERN_CONTROL_OPTIONS_INIT;
	uint64_t timeout_ns = TOOL_ANSWER_NS;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		{.name = "timeout", .argument = "DURATION",
		 .duration_ns = &timeout_ns,
		 .help = "give up when the node does not answer for so long"},
		TOOL_OPTION_DISABLE(&control.disable_features),
		{0}
	};
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_policy *policy;
	const char *node, *peer;
	char **operands;
	uint32_t count;
	int result;

	operands = tool_options_parse(command, options, argc, argv);
	node = operands[0];
	peer = operands[1];
	control.log = tool_log_print;
	source.disable_features = control.disable_features;
	policy = tool_policy_load(&source, TOOL_POLICY_FOR_CLIENT);
	result = postern_control_disconnect(policy, node, peer, &control,
					    postern_deadline_after(timeout_ns),
					    &count, &error);
	postern_policy_free(policy);
	if (result == -EINVAL && error.reason != POSTERN_REASON_POLICY)
		tool_misuse(command, "'%s': %s", peer, error.detail);
	if (result < 0)
		return tool_error_result(node, result, &error);
	printf("%" PRIu32 " %s disconnected\n", count,
	       count == 1 ? "peer" : "peers");
	return TOOL_DONE;
}

const struct tool_command tool_command_disconnect = {
	.name = "disconnect",
	.operands = "NODE PEER",
	.summary = "disconnect peers of a node at once",
	.description =
		"Let NODE disconnect PEER: INDEX.GENERATION for one peer, or a "
		"name of the policy\nfor all peers that connected under it.  "
		"Only the node's owner and root can.\nThe policy does not "
		"change: a peer that it allows may connect again.\n",
	.run = run,
};
