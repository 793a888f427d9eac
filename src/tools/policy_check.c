/* SPDX-License-Identifier: ISC */
/*
 * postern policy check: whether a policy would load, for every user concerned
 *
 * Diagnostics go to standard error in gcc's form, so that an editor jumps to
 * them, or to standard output as one JSON array for a program.
 *
 * A policy is loaded as nodes and clients load it.  A file that root can read
 * and trusts may be closed to the owner of a node or to a client, so root loads
 * it again in child processes that become these users.  A FILE operand is not
 * installed yet: that others could have written it is a warning.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <postern/subject.h>
#include <postern/policy.h>

#include "errors.h"
#include "json.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

/* Stands for a client that owns nothing and is in no group. */
#define CLIENT_UID 65534

/* The user as which a child process loads the policy. */
struct reader {
	uid_t uid;
	gid_t gid;
	const char *name;  /* NULL: no entry, and then no further groups */
	bool is_optional;  /* a failure to become this user is a warning */
	bool is_client;    /* it needs less than all of the policy: a file that
			    * it cannot read is a warning */
};

struct check {
	const char *policy_file;
	bool is_strict;
	bool is_json;
	bool assume_names;
	struct tool_words users;

	/* of one policy */
	struct postern_policy_options options;
	const struct postern_diagnostics *known; /* printed already, or NULL */

	/* Diagnostics printed as JSON so far; shared with the child
	 * processes. */
	size_t *json_count;
};

/* -- diagnostics ----------------------------------------------------------- */

static void print_json(struct check *check, const struct reader *reader,
		       const struct postern_diagnostic *diagnostic,
		       bool is_error)
{
	json_t *object;

	object = json_pack("{ss so so so so so so}",
			   "severity", is_error ? "error" : "warning",
			   "file", tool_json_text(diagnostic->file),
			   "line", tool_json_count(diagnostic->line),
			   "column", tool_json_count(diagnostic->column),
			   "width", tool_json_count(diagnostic->width),
			   "message", tool_json_text(diagnostic->message),
			   "hint", tool_json_text(diagnostic->hint));
	if (reader)
		object = tool_json_add(object, "as_uid",
				       tool_json_count(reader->uid));
	printf("%s\n  ", (*check->json_count)++ > 0 ? "," : "");
	tool_json_print(object);
}

static void print_diagnostics(struct check *check,
			      const struct postern_diagnostics *diagnostics)
{
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	if (!check->is_json) {
		tool_diagnostics_print(diagnostics, POSTERN_SEVERITY_WARNING);
		return;
	}
	for (i = 0; postern_diagnostics_at(diagnostics, i, &diagnostic) == 0;
	     i++)
		print_json(check, NULL, &diagnostic,
			   diagnostic.severity == POSTERN_SEVERITY_ERROR);
}

static enum tool_status check_warnings(const struct check *check,
				       size_t warning_count)
{
	if (!check->is_strict || warning_count == 0)
		return TOOL_DONE;
	return tool_error(TOOL_REFUSED, tool_policy_name(&check->options),
			  "%zu warning%s, and --strict", warning_count,
			  warning_count == 1 ? "" : "s");
}

/* -- as other users -------------------------------------------------------- */

/* For good. */
static int become(const struct reader *reader)
{
	int r;

	r = reader->name ? initgroups(reader->name, reader->gid)
			 : setgroups(0, NULL);
	if (r < 0 || setresgid(reader->gid, reader->gid, reader->gid) < 0 ||
	    setresuid(reader->uid, reader->uid, reader->uid) < 0)
		return -errno;
	return 0;
}

static void print_as(struct check *check, const struct reader *reader,
		     const struct postern_diagnostic *diagnostic, bool is_error)
{
	char place[64] = "";

	if (check->is_json) {
		print_json(check, reader, diagnostic, is_error);
		return;
	}
	if (reader->is_client) {
		tool_warning("policy", "as a client that is no owner: %s: %s",
			     diagnostic->file, diagnostic->message);
		return;
	}
	if (diagnostic->line > 0)
		(void)snprintf(place, sizeof(place), ":%u:%u", diagnostic->line,
			       diagnostic->column);
	if (is_error)
		(void)tool_error(TOOL_REFUSED, "policy", "as uid %lu: %s%s: %s",
				 (unsigned long)reader->uid, diagnostic->file,
				 place, diagnostic->message);
	else
		tool_warning("policy", "as uid %lu: %s%s: %s",
			     (unsigned long)reader->uid, diagnostic->file,
			     place, diagnostic->message);
}

static enum tool_status
report_as(struct check *check, const struct reader *reader, int result,
	  const struct postern_diagnostics *diagnostics)
{
	const char *what = tool_policy_name(&check->options);
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	size_t i, error_count = 0, warning_count = 0;
	enum tool_status status;
	bool is_error;

	for (i = 0; postern_diagnostics_at(diagnostics, i, &diagnostic) == 0;
	     i++) {
		is_error = diagnostic.severity == POSTERN_SEVERITY_ERROR;
		/* The warnings of the policy itself were printed before. */
		if (check->known &&
		    (!is_error ||
		     tool_diagnostics_contain(check->known, &diagnostic)))
			continue;
		is_error = is_error && !reader->is_client;
		print_as(check, reader, &diagnostic, is_error);
		if (is_error)
			error_count++;
		else
			warning_count++;
	}
	if (error_count > 0)
		return tool_error(TOOL_REFUSED, what, "%zu error%s as uid %lu",
				  error_count, error_count == 1 ? "" : "s",
				  (unsigned long)reader->uid);
	status = check_warnings(check, warning_count);
	if (status == TOOL_DONE && result < 0 && !check->known)
		return tool_error_result(what, result, NULL);
	return status;
}

/* In the child process. */
static enum tool_status load_as(struct check *check,
				const struct reader *reader)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	enum tool_status status;
	int result;

	result = become(reader);
	if (result < 0 && reader->is_optional) {
		/* In a user namespace that does not map it, for instance. */
		tool_warning("policy", "not checked as uid %lu: %s",
			     (unsigned long)reader->uid, strerror(-result));
		return TOOL_DONE;
	}
	if (result < 0)
		return tool_error(TOOL_REFUSED, "policy",
				  "cannot become uid %lu: %s",
				  (unsigned long)reader->uid,
				  strerror(-result));
	result = tool_policy_read(&check->options, &diagnostics, &policy);
	status = report_as(check, reader, result, diagnostics);
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return status;
}

static enum tool_status check_as(struct check *check,
				 const struct reader *reader)
{
	int wait_status;
	pid_t pid, r;

	/* The child must not write the same bytes again. */
	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return tool_error_system("fork", errno);
	if (pid == 0)
		_exit((int)tool_output_finish(load_as(check, reader)));
	do
		r = waitpid(pid, &wait_status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0 || !WIFEXITED(wait_status))
		return tool_error(TOOL_REFUSED, "policy",
				  "the check as uid %lu failed",
				  (unsigned long)reader->uid);
	return (enum tool_status)WEXITSTATUS(wait_status);
}

static enum tool_status check_as_uid(struct check *check, uid_t uid,
				     bool is_optional)
{
	const struct passwd *entry = getpwuid(uid);
	const struct reader reader = {
		.uid = uid,
		.gid = entry ? entry->pw_gid : (gid_t)uid,
		.name = entry ? entry->pw_name : NULL,
		.is_optional = is_optional,
	};

	return check_as(check, &reader);
}

static enum tool_status check_as_users(struct check *check)
{
	enum tool_status status = TOOL_DONE;
	const struct postern_subject *subject;
	uint32_t uid;
	size_t i;
	int result;

	for (i = 0; i < check->users.count; i++) {
		result = postern_subject_new_for_user(check->users.words[i],
						      &subject);
		if (result < 0)
			return tool_error_lookup(check->users.words[i], "user",
						 result);
		uid = subject->uid;
		postern_subject_free(subject);
		if (check_as_uid(check, uid, false) != TOOL_DONE)
			status = TOOL_REFUSED;
	}
	return status;
}

static bool has_owner_before(const struct postern_policy *policy,
			     size_t node_index, uint32_t uid)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	size_t i;

	for (i = 0; i < node_index &&
		    postern_policy_node_at(policy, i, &node) == 0; i++)
		if (node.owner_fact == POSTERN_FACT_KNOWN &&
		    node.owner_uid == uid)
			return true;
	return false;
}

static enum tool_status check_as_owners(struct check *check,
					const struct postern_policy *policy)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	enum tool_status status = TOOL_DONE;
	size_t i;

	for (i = 0; policy && postern_policy_node_at(policy, i, &node) == 0;
	     i++) {
		if (node.owner_fact != POSTERN_FACT_KNOWN ||
		    node.owner_uid == geteuid() ||
		    has_owner_before(policy, i, node.owner_uid))
			continue;
		if (check_as_uid(check, node.owner_uid, !check->is_strict) !=
		    TOOL_DONE)
			status = TOOL_REFUSED;
	}
	return status;
}

static enum tool_status check_as_others(struct check *check,
					const struct postern_policy *policy)
{
	const struct reader client = {
		.uid = CLIENT_UID,
		.gid = CLIENT_UID,
		.is_optional = !check->is_strict,
		.is_client = true,
	};
	enum tool_status status;

	status = check_as_owners(check, policy);
	if (!check->options.file && check_as(check, &client) != TOOL_DONE)
		status = TOOL_REFUSED;
	return status;
}

/* -- one policy, or all ---------------------------------------------------- */

static enum tool_status check_as_self(struct check *check, bool is_operand)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	enum tool_status status;
	size_t error_count;
	int result;

	result = tool_policy_read(&check->options, &diagnostics, &policy);
	print_diagnostics(check, diagnostics);
	error_count = postern_diagnostics_error_count(diagnostics);
	if (result < 0 || error_count > 0)
		status = tool_error_policy(tool_policy_name(&check->options),
					   result, error_count);
	else
		status = check_warnings(check,
					postern_diagnostics_count(diagnostics));
	check->known = diagnostics;
	if (!is_operand && geteuid() == 0 &&
	    check_as_others(check, policy) != TOOL_DONE)
		status = TOOL_REFUSED;
	check->known = NULL;
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return status;
}

static enum tool_status check_one(struct check *check, const char *file,
				  bool is_operand)
{
	enum tool_status status;

	check->options =
		(struct postern_policy_options)POSTERN_POLICY_OPTIONS_INIT;
	check->options.file = file;
	check->options.flags = POSTERN_POLICY_LINT;
	if (is_operand && check->users.count == 0)
		check->options.flags |= POSTERN_POLICY_WARN_ON_UNTRUSTED;
	if (check->assume_names)
		check->options.flags |= POSTERN_POLICY_ASSUME_NAMES;

	status = check->users.count > 0 ? check_as_users(check) :
		 check_as_self(check, is_operand);
	/* A program reads the exit status instead. */
	if (status == TOOL_DONE && !check->is_json)
		printf("%s: valid\n", tool_policy_name(&check->options));
	return status == TOOL_DONE ? TOOL_DONE : TOOL_REFUSED;
}

static enum tool_status check_all(struct check *check, char **files)
{
	enum tool_status status = TOOL_DONE;

	if (!files[0])
		return check_one(check, check->policy_file, false);
	for (; *files; files++)
		if (check_one(check, *files, true) != TOOL_DONE)
			status = TOOL_REFUSED;
	return status;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct check check = {
		.json_count = mmap(NULL, sizeof(size_t),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&check.policy_file),
		{.name = "as", .argument = "USER", .words = &check.users,
		 .help = "load it as this user, by name or number (root only; "
			 "repeatable)"},
		{.name = "strict", .flag = &check.is_strict,
		 .help = "a warning is an error"},
		{.name = "json", .flag = &check.is_json,
		 .help = "findings as a JSON array on standard output"},
		{.name = "assume-names", .flag = &check.assume_names,
		 .help = "unknown users and groups are a warning"},
		{0}
	};
	enum tool_status status;
	char **files;

	if (check.json_count == MAP_FAILED)
		return tool_error_system("policy", errno);
	files = tool_options_parse(command, options, argc, argv);
	if (files[0] && check.policy_file)
		tool_misuse(command, "--policy and a FILE operand exclude each "
			    "other");
	if (check.users.count > 0 && geteuid() != 0)
		return tool_error(TOOL_REFUSED, "--as", "only root can load "
				  "the policy as another user");
	if (check.is_json)
		printf("[");
	status = check_all(&check, files);
	if (check.is_json)
		printf("%s]\n", *check.json_count > 0 ? "\n" : "");
	return status;
}

const struct tool_command tool_command_policy_check = {
	.name = "policy check",
	.operands = "[FILE]...",
	.summary = "check policy files and show what is wrong with them",
	.description =
		"Check each FILE on its own, before it is installed, or else "
		"the policy of\n--policy or of the system, as nodes and clients "
		"load it.  Root checks as the owners\nof its nodes too.\n",
	.run = run,
};
