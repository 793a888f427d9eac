/* SPDX-License-Identifier: ISC */
/*
 * postern list: the policy's nodes, and which of them are live
 *
 * Live means more than a socket in the place: somebody listens there, and it is
 * the owner that the policy names.  How many peers it has is asked only where
 * the policy says that we may know; a node would have to record the refusal of
 * whoever asks in vain.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <postern/facts.h>
#include <postern/node.h>
#include <postern/observe.h>
#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

#define OWNER_BYTES 64
#define COUNT_BYTES 16
#define OBSERVE_TIMEOUT_NS UINT64_C(1000000000)

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

static const char *state_word(int result)
{
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

/* By the policy as we have it, and as far as we know ourselves. */
static bool may_observe(const struct postern_policy *policy,
			const struct postern_node_description *node)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;
	struct postern_facts *facts;

	if (geteuid() == 0 || (node->owner_fact == POSTERN_FACT_KNOWN &&
			       geteuid() == node->owner_uid))
		return true;
	if (postern_facts_of_process((int32_t)getpid(), NULL, &facts) < 0)
		return false;
	(void)postern_policy_decide(policy, node->name,
				    postern_facts_subject(facts), &decision);
	postern_facts_free(facts);
	return decision.is_admitted == 1 && decision.may_observe == 1;
}

static void count_peers(const struct postern_policy *policy,
			const struct postern_node_description *node,
			char text[static COUNT_BYTES])
{
	struct postern_observe_options options = POSTERN_OBSERVE_OPTIONS_INIT;
	struct postern_node_stats stats = POSTERN_NODE_STATS_INIT;
	struct postern_observer *observer = NULL;

	(void)snprintf(text, COUNT_BYTES, "-");
	options.timeout_ns = OBSERVE_TIMEOUT_NS;
	if (may_observe(policy, node) &&
	    postern_observe(policy, node->name, &options, NULL,
			    &observer) == 0 &&
	    postern_observer_node(observer, &stats) == 0)
		(void)snprintf(text, COUNT_BYTES, "%u", stats.peer_count);
	postern_observer_close(observer);
}

static enum tool_status print_nodes(const struct postern_policy *policy)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	struct postern_refusal refusal;
	char owner[OWNER_BYTES], count[COUNT_BYTES];
	size_t i;
	int result;

	printf("%-24s %-16s %-12s %5s %s\n", "NODE", "OWNER", "STATE",
	       "PEERS", "SOCKET");
	for (i = 0; postern_policy_node_at(policy, i, &node) == 0; i++) {
		refusal = (struct postern_refusal){0};
		name_owner(&node, owner);
		result = postern_node_probe(policy, node.name, &refusal);
		if (result == 0)
			count_peers(policy, &node, count);
		else
			(void)snprintf(count, sizeof(count), "-");
		printf("%-24s %-16s %-12s %5s %s\n", node.name, owner,
		       state_word(result), count, node.socket_path);
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
		"listens at the\nsocket now, how many peers it has where you "
		"may observe it, and the socket.\n",
	.run = run,
};
