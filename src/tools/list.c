/* SPDX-License-Identifier: ISC */
/*
 * postern list: the policy's nodes, and which of them are live
 *
 * Live means more than a socket in the place: somebody listens there, and it is
 * the owner that the policy names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <postern/facts.h>
#include <postern/node.h>
#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

#define OWNER_BYTES 64

static void name_owner(const struct postern_node_description *node,
		       char owner[static OWNER_BYTES])
{
	char *name;

	if (node->owner_fact != POSTERN_FACT_KNOWN) {
		(void)snprintf(owner, OWNER_BYTES, "unknown");
		return;
	}
	if (postern_user_name(node->owner_uid, &name) < 0) {
		(void)snprintf(owner, OWNER_BYTES, "%u", node->owner_uid);
		return;
	}
	(void)snprintf(owner, OWNER_BYTES, "%.63s", name);
	free(name);
}

static const char *probe(const struct postern_policy *policy, const char *name,
			 struct postern_refusal *refusal)
{
	int result;

	result = postern_node_probe(policy, name, refusal);
	switch (result) {
	case 0:
		return "live";
	case -ENOENT:
		return "not running";
	case -EACCES:
		return "not trusted";
	case -ETIMEDOUT:
		return "no answer";
	default:
		return postern_strerror(result);
	}
}

static enum tool_status print_nodes(const struct postern_policy *policy)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	struct postern_refusal refusal;
	char owner[OWNER_BYTES];
	size_t i;

	printf("%-24s %-16s %-12s %s\n", "NODE", "OWNER", "STATE", "SOCKET");
	for (i = 0; postern_policy_node_at(policy, i, &node) == 0; i++) {
		refusal = (struct postern_refusal){0};
		name_owner(&node, owner);
		printf("%-24s %-16s %-12s %s\n", node.name, owner,
		       probe(policy, node.name, &refusal), node.socket_path);
		if (refusal.reason == POSTERN_REASON_UNTRUSTED_PATH ||
		    refusal.reason == POSTERN_REASON_NOT_A_SOCKET ||
		    refusal.reason == POSTERN_REASON_LISTENER)
			tool_warning(node.name, "%s", refusal.detail);
	}
	return TOOL_DONE;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
	};
	struct postern_policy *policy;
	enum tool_status status;

	tool_options_parse(command, options,
			   sizeof(options) / sizeof(options[0]), argc, argv);
	status = tool_policy_load(&source, false, &policy);
	if (status != TOOL_DONE)
		return status;
	status = print_nodes(policy);
	postern_policy_free(policy);
	return status;
}

const struct tool_command tool_command_list = {
	.name = "list",
	.operands = "",
	.summary = "list the policy's nodes and whether they are live",
	.description =
		"List the nodes of the policy: name, owner, whether the owner "
		"listens at the\nsocket now, and the socket.\n",
	.run = run,
};
