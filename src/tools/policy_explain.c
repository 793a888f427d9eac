/* SPDX-License-Identifier: ISC */
/*
 * postern policy explain, pid: what a policy says about a process, and the word
 * that names one in a policy
 *
 * The process is a running one, or one that the options describe.  Root
 * examines a running one as the node's owner, since the owner may read less of
 * a process than root; every other user is warned of the difference.  A fact
 * that the options do not give stays unknown, and the policy treats it so.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <postern/subject.h>
#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"
#include "units.h"

#define KEY_PREFIX "x25519:"
#define KEY_DIGITS 43  /* of six bits each: 32 bytes and two bits of zero */

struct explain {
	const char *node;
	uint64_t pid;

	/* instead of pid; NULL for a fact that is not given */
	const char *user;
	struct tool_words group_words;
	const char *unit;
	const char *key;       /* "x25519:" and 43 characters */
	const char *pid_inode;  /* "N:INODE" */
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
		tool_fail_result(node, result, NULL);
	fputs(text, stdout);
	free(text);
	return decision.is_allowed ? TOOL_DONE : TOOL_REFUSED;
}

static const struct postern_subject *facts_of_user(const char *user)
{
	const struct postern_subject *facts;
	int result;

	result = postern_subject_new_for_user(user, &facts);
	if (result < 0)
		tool_fail_lookup(user, "user", result);
	return facts;
}

/* -- a running process ----------------------------------------------------- */

/*
 * Only root can examine a process as another user.  For an owner without an
 * entry in the user database, the group with its number stands in for its
 * group.
 */
static void observe_as_owner(const struct postern_node_description *node,
			     struct postern_subject_options *options)
{
	const struct postern_subject *subject;
	const struct postern_subject *owner;
	char owner_uid[16];

	if (node->owner_fact == POSTERN_FACT_KNOWN &&
	    node->owner_uid == geteuid())
		return;
	if (node->owner_fact == POSTERN_FACT_ABSENT) {
		tool_warning(node->name, "'owner unmapped': the node decides "
			     "by the policy of its own user namespace, and by "
			     "the facts that it sees there");
		return;
	}
	if (node->owner_fact != POSTERN_FACT_KNOWN || geteuid() != 0) {
		tool_warning(node->name, "the node may see other facts of that "
			     "process: only root and the node's owner can tell "
			     "which");
		return;
	}
	(void)snprintf(owner_uid, sizeof(owner_uid), "%u", node->owner_uid);
	owner = facts_of_user(owner_uid);
	subject = owner;
	options->flags = POSTERN_SUBJECT_SEEN_BY;
	options->seen_by_uid = subject->uid;
	options->seen_by_gid = subject->gid_fact == POSTERN_FACT_KNOWN ?
				subject->gid : subject->uid;
	postern_subject_free(owner);
}

static enum tool_status
explain_process(const struct explain *explain,
		const struct postern_policy *policy,
		const struct postern_node_description *node)
{
	struct postern_subject_options options = POSTERN_SUBJECT_OPTIONS_INIT;
	const struct postern_subject *facts;
	enum tool_status status;
	int result = -ENOENT;

	observe_as_owner(node, &options);
	if (explain->pid <= INT32_MAX)
		result = postern_subject_new_for_pid((int32_t)explain->pid,
						     &options, &facts);
	if (result == -ENOENT)
		tool_fail(TOOL_BAD_INPUT, "--pid", "no such process");
	if (result < 0)
		tool_fail_result("--pid", result, NULL);
	status = answer(policy, explain->node, facts);
	postern_subject_free(facts);
	return status;
}

/* -- a described process --------------------------------------------------- */

static void set_groups(struct postern_subject *subject,
		       const struct tool_words *words,
		       uint32_t groups[static TOOL_WORDS_MAX])
{
	int result;
	size_t i;

	if (words->count == 0)
		return;
	for (i = 0; i < words->count; i++) {
		result = postern_gid_from_group(words->words[i], &groups[i]);
		if (result < 0)
			tool_fail_lookup(words->words[i], "group", result);
	}
	subject->groups = groups;
	subject->group_count = (uint32_t)words->count;
	subject->groups_fact = POSTERN_FACT_KNOWN;
	if (subject->gid_fact != POSTERN_FACT_KNOWN)
		subject->gid = groups[0];
	subject->gid_fact = POSTERN_FACT_KNOWN;
}

/* Base64 in the URL-safe alphabet, without padding. */
static bool parse_key(const char *word, uint8_t key[static POSTERN_KEY_BYTES])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	int bit_count = 0;
	size_t used = 0;

	if (strncmp(word, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
		return false;
	word += strlen(KEY_PREFIX);
	if (strlen(word) != KEY_DIGITS || strspn(word, digits) != KEY_DIGITS)
		return false;
	for (; *word != '\0'; word++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, *word) - digits);
		bit_count += 6;
		if (bit_count < 8)
			continue;
		bit_count -= 8;
		key[used++] = (uint8_t)(bits >> bit_count);
	}
	/* The spare bits of the last digit are zero: a key has one word. */
	return (bits & 3) == 0;
}

/* "N:INODE": both are counts. */
static bool parse_pid_inode(const char *word, struct postern_subject *subject)
{
	uint64_t pid, inode;
	const char *colon;
	char digits[24];

	colon = strchr(word, ':');
	if (!colon || (size_t)(colon - word) >= sizeof(digits))
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(colon - word),
		       word);
	if (tool_parse_count(digits, &pid) || pid > INT32_MAX ||
	    tool_parse_count(colon + 1, &inode))
		return false;
	subject->pid = (int32_t)pid;
	subject->pid_fact = POSTERN_FACT_KNOWN;
	subject->pid_inode = inode;
	subject->pid_inode_fact = POSTERN_FACT_KNOWN;
	return true;
}

static enum tool_status explain_described(const struct explain *explain,
					  const struct postern_policy *policy)
{
	const struct postern_subject *facts = facts_of_user(explain->user);
	struct postern_subject subject = *facts;
	uint32_t groups[TOOL_WORDS_MAX];
	enum tool_status status;

	set_groups(&subject, &explain->group_words, groups);
	if (explain->unit) {
		subject.unit = explain->unit;
		subject.unit_fact = POSTERN_FACT_KNOWN;
	}
	if (explain->key) {
		if (!parse_key(explain->key, subject.key))
			tool_fail(TOOL_MISUSED, "--key", "expected x25519: and "
				  "43 characters of URL-safe base64");
		subject.key_fact = POSTERN_FACT_KNOWN;
	}
	if (explain->pid_inode &&
	    !parse_pid_inode(explain->pid_inode, &subject))
		tool_fail(TOOL_MISUSED, "--pid-inode",
			  "expected N:INODE, as "
			  "'postern policy pid N' prints it");
	status = answer(policy, explain->node, &subject);
	postern_subject_free(facts);
	return status;
}

/* -- policy explain -------------------------------------------------------- */

static void check_usage(const struct tool_command *command,
			const struct explain *explain)
{
	if (!explain->node)
		tool_misuse(command, "--node is needed");
	if (!explain->pid == !explain->user)
		tool_misuse(command, "one of --pid and --user is needed");
	if (explain->pid && (explain->group_words.count > 0 || explain->unit ||
			     explain->key || explain->pid_inode))
		tool_misuse(command, "--pid says all: no further facts can be "
			    "given");
}

static enum tool_status run_explain(const struct tool_command *command,
				    int argc, char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	struct explain explain = {0};
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		{.name = "node", .argument = "NODE", .text = &explain.node,
		 .help = "the node that is asked"},
		{.name = "pid", .argument = "PID", .count = &explain.pid,
		 .help = "a running process"},
		{.name = "user", .argument = "USER", .text = &explain.user,
		 .help = "a process of this user, by name or number"},
		{.name = "group", .argument = "GROUP",
		 .words = &explain.group_words,
		 .help = "in this group (repeatable; default: the user's "
			 "groups)"},
		{.name = "unit", .argument = "UNIT", .text = &explain.unit,
		 .help = "of this unit of the system manager"},
		{.name = "key", .argument = "x25519:BASE64",
		 .text = &explain.key,
		 .help = "which has proven to hold this key"},
		{.name = "pid-inode", .argument = "N:INODE",
		 .text = &explain.pid_inode,
		 .help = "which is this process (see 'postern policy pid')"},
		{0}
	};
	struct postern_node_description node;
	struct postern_policy *policy;
	enum tool_status status;

	tool_options_parse(command, options, argc, argv);
	check_usage(command, &explain);
	source.flags = POSTERN_POLICY_WARN_ON_UNTRUSTED;
	policy = tool_policy_load(&source, TOOL_POLICY_FOR_NODE);
	if (!tool_policy_find_node(policy, explain.node, &node))
		tool_fail(TOOL_BAD_INPUT, explain.node, "no such node in the "
			  "policy");
	status = explain.pid ? explain_process(&explain, policy, &node) :
		 explain_described(&explain, policy);
	postern_policy_free(policy);
	return status;
}

const struct tool_command tool_command_policy_explain = {
	.name = "policy explain",
	.summary = "explain what a node would say to a process, and why",
	.description =
		"Explain what the policy says about a running process (--pid) "
		"or one that the\noptions describe (--user).  A fact that is "
		"not given is unknown.  The exit status\nis 0 when the process "
		"would be admitted, 1 when not.\n",
	.run = run_explain,
};

/* -- policy pid ------------------------------------------------------------ */

/* A pid alone may name another process later; the inode of its pidfd does
 * not. */
static void print_pid_inode(const struct tool_command *command,
			    const char *word)
{
	uint64_t pid, inode;
	const char *why;
	int result;

	why = tool_parse_count(word, &pid);
	if (!why && pid > INT32_MAX)
		why = "the number is too large";
	if (why)
		tool_misuse(command, "'%s': %s", word, why);
	result = postern_pidfd_inode((int32_t)pid, 0, &inode);
	if (result == -ENOENT)
		tool_fail(TOOL_BAD_INPUT, word, "no such process");
	if (result == -EOPNOTSUPP)
		tool_fail(TOOL_REFUSED, word, "this kernel cannot name a "
			  "process for good: it takes Linux 6.9");
	if (result < 0)
		tool_fail_result(word, result, NULL);
	printf("%" PRIu64 ":%" PRIu64 "\n", pid, inode);
}

static enum tool_status run_pid(const struct tool_command *command, int argc,
				char **argv)
{
	const struct tool_option options[] = {{0}};
	char **pids;

	pids = tool_options_parse(command, options, argc, argv);
	for (; *pids; pids++)
		print_pid_inode(command, *pids);
	return TOOL_DONE;
}

const struct tool_command tool_command_policy_pid = {
	.name = "policy pid",
	.operands = "PID...",
	.summary = "print the word that names a running process in a policy",
	.description = "Print for each PID the word that names that process, "
		       "and no later one,\nafter 'pid' in a policy.\n",
	.run = run_pid,
};
