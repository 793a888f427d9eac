/* SPDX-License-Identifier: ISC */
/*
 * postern revoke: disconnect peers of a running node
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
		TOOL_OPTION_WITHOUT(&control.features_off),
		{0}
	};
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct postern_policy *policy;
	const char *node, *peer;
	char **operands;
	uint32_t count;
	int result;

	operands = tool_options_parse(command, options, argc, argv);
	node = operands[0];
	peer = operands[1];
	control.log = tool_log_print;
	source.features_off = control.features_off;
	policy = tool_policy_load(&source, TOOL_POLICY_FOR_CLIENT);
	result = postern_control_revoke(policy, node, peer, &control,
					postern_deadline_after(timeout_ns),
					&refusal, &count);
	postern_policy_free(policy);
	if (result == -EINVAL && refusal.reason != POSTERN_REASON_POLICY)
		tool_misuse(command, "'%s': %s", peer, refusal.detail);
	if (result < 0)
		return tool_error_result(node, result, &refusal);
	printf("%" PRIu32 " %s revoked\n", count, count == 1 ? "peer" : "peers");
	return TOOL_DONE;
}

const struct tool_command tool_command_revoke = {
	.name = "revoke",
	.operands = "NODE PEER",
	.summary = "disconnect peers of a node at once",
	.description =
		"Let NODE take back the admission of PEER: INDEX.GENERATION "
		"for one peer, or a\nname of the policy for all that it "
		"admitted.  Only the node's owner and root can.\nThe policy "
		"stays as it is: who is allowed by it may connect again.\n",
	.run = run,
};
