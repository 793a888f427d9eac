/* SPDX-License-Identifier: ISC */
/*
 * postern policy explain: what would this node say to that process, and why?
 *
 * The process is a running one, or one that the options describe.  A running
 * one is looked at with the eyes of the node's owner, since what root can read
 * of a process the node may not; whoever is neither is told so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <postern/facts.h>
#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "subject.h"
#include "tool.h"
#include "units.h"

struct explain {
	const char *node;
	uint64_t pid;
	struct tool_described_subject described;
};

/* The answer, and as the exit status whether it is yes. */
static enum tool_status answer(const struct postern_policy *policy,
			       const char *node,
			       const struct postern_subject *subject)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;
	char *text;
	int result;

	result = postern_policy_decide(policy, node, subject, &decision);
	if (result == 0)
		result = postern_policy_explain(policy, node, subject, &text);
	if (result < 0)
		return tool_error_result(node, result, NULL);
	fputs(text, stdout);
	free(text);
	return decision.is_admitted ? TOOL_DONE : TOOL_REFUSED;
}

/*
 * Only root can look with the eyes of somebody else.  An owner without an entry
 * has no group that we know: it gets that of its number.
 */
static enum tool_status
observe_as_owner(const struct postern_node_description *node,
		 struct postern_facts_options *options)
{
	const struct postern_subject *subject;
	struct postern_facts *owner;
	char owner_uid[16];
	int result;

	if (node->owner_fact == POSTERN_FACT_KNOWN &&
	    node->owner_uid == geteuid())
		return TOOL_DONE;
	if (node->owner_fact == POSTERN_FACT_ABSENT) {
		tool_warning(node->name, "'owner unmapped': the node decides "
			     "by the policy of its own user namespace, and by "
			     "the facts that it sees there");
		return TOOL_DONE;
	}
	if (node->owner_fact != POSTERN_FACT_KNOWN || geteuid() != 0) {
		tool_warning(node->name, "the node may see other facts of that "
			     "process: only root and the node's owner can tell "
			     "which");
		return TOOL_DONE;
	}
	(void)snprintf(owner_uid, sizeof(owner_uid), "%u", node->owner_uid);
	result = postern_facts_of_user(owner_uid, &owner);
	if (result < 0)
		return tool_error_lookup(owner_uid, "user", result);
	subject = postern_facts_subject(owner);
	options->flags = POSTERN_FACTS_OBSERVER;
	options->observer_uid = subject->uid;
	options->observer_gid = subject->gid_fact == POSTERN_FACT_KNOWN ?
				subject->gid : subject->uid;
	postern_facts_free(owner);
	return TOOL_DONE;
}

static enum tool_status
explain_process(const struct explain *explain,
		const struct postern_policy *policy,
		const struct postern_node_description *node)
{
	struct postern_facts_options options = POSTERN_FACTS_OPTIONS_INIT;
	struct postern_facts *facts;
	enum tool_status status;
	int result;

	status = observe_as_owner(node, &options);
	if (status != TOOL_DONE)
		return status;
	if (explain->pid > INT32_MAX)
		result = -ENOENT;
	else
		result = postern_facts_of_process((int32_t)explain->pid,
						  &options, &facts);
	if (result == -ENOENT)
		return tool_error_input("--pid", "no such process");
	if (result < 0)
		return tool_error_result("--pid", result, NULL);
	status = answer(policy, explain->node, postern_facts_subject(facts));
	postern_facts_free(facts);
	return status;
}

static enum tool_status explain_described(const struct explain *explain,
					  const struct postern_policy *policy)
{
	struct tool_described_subject described = explain->described;
	enum tool_status status;

	status = tool_subject_describe(&described);
	if (status == TOOL_DONE)
		status = answer(policy, explain->node, &described.subject);
	tool_subject_done(&described);
	return status;
}

static enum tool_status explain_with(const struct explain *explain,
				     const struct postern_policy *policy)
{
	struct postern_node_description node;
	enum tool_status status;

	status = tool_policy_find_node(policy, explain->node, &node);
	if (status != TOOL_DONE)
		return status;
	return explain->pid ? explain_process(explain, policy, &node) :
	       explain_described(explain, policy);
}

static const char *check_usage(const struct explain *explain)
{
	const struct tool_described_subject *described = &explain->described;

	if (!explain->node)
		return "--node is needed";
	if (!explain->pid == !described->user)
		return "one of --pid and --user is needed";
	if (explain->pid && (described->group_words.count > 0 ||
			     described->unit || described->key ||
			     described->pid_word))
		return "--pid says all: no further facts can be given";
	return NULL;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	struct explain explain = {0};
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		{.name = "node", .argument = "NODE", .text = &explain.node,
		 .help = "the node that is asked"},
		{.name = "pid", .argument = "PID", .count = &explain.pid,
		 .help = "a running process"},
		{.name = "user", .argument = "USER",
		 .text = &explain.described.user,
		 .help = "a process of this user, by name or number"},
		{.name = "group", .argument = "GROUP",
		 .words = &explain.described.group_words,
		 .help = "in this group (repeatable; default: the user's "
			 "groups)"},
		{.name = "unit", .argument = "UNIT",
		 .text = &explain.described.unit,
		 .help = "of this unit of the system manager"},
		{.name = "key", .argument = "x25519:BASE64",
		 .text = &explain.described.key,
		 .help = "which has proven to hold this key"},
		{.name = "pid-word", .argument = "N:INODE",
		 .text = &explain.described.pid_word,
		 .help = "which is this process (see 'postern policy pid')"},
	};
	struct postern_policy *policy;
	enum tool_status status;
	const char *why;

	tool_options_parse(command, options,
			   sizeof(options) / sizeof(options[0]), argc, argv);
	why = check_usage(&explain);
	if (why)
		return tool_misuse(command, "%s", why);
	source.flags = POSTERN_POLICY_WARN_ON_UNTRUSTED;
	status = tool_policy_load(&source, TOOL_POLICY_FOR_NODE, &policy);
	if (status != TOOL_DONE)
		return status;
	status = explain_with(&explain, policy);
	postern_policy_free(policy);
	return status;
}

const struct tool_command tool_command_policy_explain = {
	.name = "policy explain",
	.operands = "",
	.summary = "explain what a node would say to a process, and why",
	.description =
		"Explain what the policy says about a running process (--pid) "
		"or one that the\noptions describe (--user).  A fact that is "
		"not given is unknown.  The exit status\nis 0 when the process "
		"would be admitted, 1 when not.\n",
	.run = run,
};
