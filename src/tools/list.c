/* SPDX-License-Identifier: ISC */
/*
 * postern list: the policy's nodes, and which of them run
 *
 * A node runs if it answers and the listener is the owner that the policy
 * names.  Its number of peers is asked for only where the policy permits that;
 * a node would record a refusal otherwise.  All nodes are asked at the same
 * time, since a stopped one uses up the whole time that it has to answer.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <postern/subject.h>
#include <postern/node.h>
#include <postern/stats_reader.h>
#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

#define OWNER_BYTES 64
#define COUNT_BYTES 16
#define ANSWER_NS UINT64_C(1000000000) /* for each of a node's two answers */
#define THREAD_COUNT_MAX 64

/* One node, and its answer. */
struct entry {
	struct postern_node_description node;
	struct postern_error_info error;
	int result;
	char peer_count[COUNT_BYTES];
};

/* Shared by the threads: each takes the next entry. */
struct listing {
	const struct postern_policy *policy;
	struct entry *entries;
	size_t entry_count;
	atomic_size_t taken_count;
};

static bool is_unmapped(const struct postern_node_description *node)
{
	return node->owner_fact == POSTERN_FACT_ABSENT;
}

static void name_owner(const struct postern_node_description *node,
		       char owner[static OWNER_BYTES])
{
	char *name = NULL;

	if (node->owner_fact != POSTERN_FACT_KNOWN)
		(void)snprintf(owner, OWNER_BYTES, "%s",
			       is_unmapped(node) ? "unmapped" : "unknown");
	else if (postern_user_from_uid(node->owner_uid, &name) < 0)
		(void)snprintf(owner, OWNER_BYTES, "%u", node->owner_uid);
	else
		(void)snprintf(owner, OWNER_BYTES, "%.63s", name);
	free(name);
}

/* Only a client asks for the key of an owner that is not mapped. */
static const char *state_word(int result, bool is_owner_unmapped)
{
	switch (result) {
	case 0:
		return is_owner_unmapped ? "unproven" : "running";
	case -ENOENT:
		return "not running";
	case -EACCES:
		return "not trusted";
	case -ETIMEDOUT:
		return "not answering";
	case -EINVAL:
		return "error";
	default:
		return postern_strerror(result);
	}
}

/* By the policy as we have it, and as far as we know ourselves. */
static bool may_observe(const struct postern_policy *policy,
			const struct postern_node_description *node)
{
	struct postern_decision decision = POSTERN_DECISION_INIT;
	const struct postern_subject *subject;
	int r;

	if (geteuid() == 0 || (node->owner_fact == POSTERN_FACT_KNOWN &&
			       geteuid() == node->owner_uid))
		return true;
	if (postern_subject_new_for_pid((int32_t)getpid(), NULL, &subject) < 0)
		return false;
	r = postern_policy_decide(policy, node->name,
				  subject, &decision);
	postern_subject_free(subject);
	return r == 0 && decision.is_allowed == 1 && decision.may_observe == 1;
}

static void count_peers(const struct postern_policy *policy,
			const struct postern_node_description *node,
			char text[static COUNT_BYTES])
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;
	struct postern_stats_reader *reader = NULL;

	if (!is_unmapped(node) && may_observe(policy, node) &&
	    postern_stats_reader_open(policy, node->name, NULL,
			    postern_deadline_after(ANSWER_NS), &reader,
			    NULL) == 0 &&
	    postern_stats_reader_read_node(reader, &stats) == 0)
		(void)snprintf(text, COUNT_BYTES, "%u", stats.peer_count);
	postern_stats_reader_close(reader);
}

static void *ask_nodes(void *user_data)
{
	struct listing *listing = user_data;
	struct entry *entry;
	size_t i;

	for (;;) {
		i = atomic_fetch_add(&listing->taken_count, 1);
		if (i >= listing->entry_count)
			return NULL;
		entry = &listing->entries[i];
		entry->result = postern_node_probe(
			listing->policy, entry->node.name,
			postern_deadline_after(ANSWER_NS), &entry->error);
		if (entry->result == 0)
			count_peers(listing->policy, &entry->node,
				    entry->peer_count);
	}
}

/* This thread asks too, so that the others only make it faster. */
static void ask_all_nodes(struct listing *listing)
{
	pthread_t threads[THREAD_COUNT_MAX];
	size_t thread_count = 0;

	while (thread_count < THREAD_COUNT_MAX &&
	       thread_count + 1 < listing->entry_count &&
	       pthread_create(&threads[thread_count], NULL, ask_nodes,
			      listing) == 0)
		thread_count++;
	(void)ask_nodes(listing);
	while (thread_count > 0)
		(void)pthread_join(threads[--thread_count], NULL);
}

static void print_entry(const struct entry *entry)
{
	char owner[OWNER_BYTES];

	name_owner(&entry->node, owner);
	printf("%-24s %-16s %-13s %5s %s\n", entry->node.name, owner,
	       state_word(entry->result, is_unmapped(&entry->node)),
	       entry->peer_count, entry->node.socket_path);
	if (entry->error.reason == POSTERN_REASON_UNTRUSTED_PATH ||
	    entry->error.reason == POSTERN_REASON_NOT_A_SOCKET ||
	    entry->error.reason == POSTERN_REASON_LISTENER ||
	    entry->error.reason == POSTERN_REASON_LISTENER_EXITED)
		tool_warning(entry->node.name, "%s", entry->error.detail);
}

static void print_nodes(const struct postern_policy *policy)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	struct listing listing = {.policy = policy};
	size_t i;

	listing.entry_count = postern_policy_node_count(policy);
	listing.entries = calloc(listing.entry_count + 1,
				 sizeof(listing.entries[0]));
	if (!listing.entries)
		tool_fail_system("list", ENOMEM);
	for (i = 0; i < listing.entry_count &&
		    postern_policy_node_at(policy, i, &node) == 0; i++) {
		listing.entries[i] = (struct entry){
			.node = node,
			.error = POSTERN_ERROR_INFO_INIT,
			.peer_count = "-",
		};
	}
	ask_all_nodes(&listing);
	printf("%-24s %-16s %-13s %5s %s\n", "NODE", "OWNER", "STATE",
	       "PEERS", "SOCKET");
	for (i = 0; i < listing.entry_count; i++)
		print_entry(&listing.entries[i]);
	free(listing.entries);
}

/* All nodes that are known, and every error that may hide others. */
static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct postern_policy_options source = POSTERN_POLICY_OPTIONS_INIT;
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&source.file),
		{0}
	};
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	enum tool_status status = TOOL_DONE;
	size_t error_count;
	int result;

	tool_options_parse(command, options, argc, argv);
	result = tool_policy_read(&source, &diagnostics, &policy);
	if (result == 0)
		print_nodes(policy);
	tool_diagnostics_print(diagnostics, POSTERN_SEVERITY_ERROR);
	error_count = postern_diagnostics_error_count(diagnostics);
	if (result < 0 || error_count > 0)
		status = tool_policy_failed(tool_policy_name(&source), result,
					    error_count);
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return status;
}

const struct tool_command tool_command_list = {
	.name = "list",
	.summary = "list the policy's nodes and whether they run",
	.description =
		"List the nodes of the policy: name, owner, whether the node "
		"runs and answers,\nhow many peers it has where you may "
		"observe it, and the socket.\nAn unmapped owner that answers is "
		"unproven: only a client asks for its key.\nA policy with "
		"errors is listed as far as it could be read, with exit status "
		"8.\n",
	.run = run,
};
