/* SPDX-License-Identifier: ISC */
/*
 * postern revoke: take back the admission of a live node's peers
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

static enum tool_status
revoke_peers(const struct tool_command *command,
	     const struct postern_policy *policy, char **operands,
	     const struct postern_control_options *options, uint64_t timeout_ns)
{
	const char *node = operands[0], *peer = operands[1];
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	uint32_t count;
	int result;

	result = postern_control_revoke(policy, node, peer, options,
					postern_deadline_after(timeout_ns),
					&refusal, &count);
	if (result == -EINVAL && refusal.reason != POSTERN_REASON_POLICY)
		return tool_misuse(command, "'%s': %s", peer, refusal.detail);
	if (result < 0)
		return tool_error_result(node, result, &refusal);
	printf("%" PRIu32 " %s revoked\n", count, count == 1 ? "peer" : "peers");
	return TOOL_DONE;
}

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
	};
	struct postern_policy *policy;
	enum tool_status status;
	char **operands;

	operands = tool_options_parse(command, options,
				      sizeof(options) / sizeof(options[0]),
				      argc, argv);
	control.log = tool_log_print;
	source.features_off = control.features_off;
	status = tool_policy_load(&source, TOOL_POLICY_FOR_CLIENT, &policy);
	if (status != TOOL_DONE)
		return status;
	status = revoke_peers(command, policy, operands, &control, timeout_ns);
	postern_policy_free(policy);
	return status;
}

const struct tool_command tool_command_revoke = {
	.name = "revoke",
	.operands = "NODE PEER",
	.operand_count_min = 2,
	.operand_count_max = 2,
	.summary = "disconnect peers of a node at once",
	.description =
		"Let NODE take back the admission of PEER: INDEX.GENERATION "
		"for one peer, or a\nname of the policy for all that it "
		"admitted.  Only the node's owner and root can.\nThe policy "
		"stays as it is: who is allowed by it may connect again.\n",
	.run = run,
};
