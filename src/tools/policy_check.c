/* SPDX-License-Identifier: ISC */
/*
 * postern policy check: would this policy load, for every user concerned?
 *
 * Findings go to standard error in gcc's form, so that an editor jumps to them,
 * or to standard output as one JSON array for a program.
 *
 * A policy is loaded as nodes and clients load it, and root loads it once more
 * as each owner of a node: a file that root can read and trusts may be closed
 * to the owner.  A FILE operand is taken for one that is yet to be installed:
 * that others could have written it is a warning.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <postern/policy.h>

#include "errors.h"
#include "json.h"
#include "options.h"
#include "policy_readers.h"
#include "policy_source.h"
#include "tool.h"

/* In the place of a client that owns nothing and is in no group. */
#define STRANGER_UID 65534

/* Shared with the processes that load as other users. */
struct check {
	const char *policy_file;
	bool is_strict;
	bool is_json;
	bool assume_names;
	struct tool_words users;

	/* of one policy */
	const char *what;
	const struct postern_diagnostics *known; /* printed already, or NULL */
	bool is_stranger;

	size_t json_count;  /* findings printed as JSON so far */
};

/* -- findings -------------------------------------------------------------- */

static void print_json_finding(struct check *check,
			       const struct tool_reader *reader,
			       const struct postern_diagnostic *finding,
			       bool is_error)
{
	json_t *object;

	object = json_pack("{ss so so so so so so}",
			   "severity", is_error ? "error" : "warning",
			   "file", tool_json_text(finding->file),
			   "line", tool_json_count(finding->line),
			   "column", tool_json_count(finding->column),
			   "width", tool_json_count(finding->width),
			   "message", tool_json_text(finding->message),
			   "hint", tool_json_text(finding->hint));
	if (reader)
		object = tool_json_add(object, "as_uid",
				       tool_json_count(reader->uid));
	printf("%s\n  ", check->json_count++ > 0 ? "," : "");
	tool_json_print(object);
}

static void print_findings(struct check *check,
			   const struct postern_diagnostics *diagnostics)
{
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	if (!check->is_json) {
		tool_findings_print(diagnostics);
		return;
	}
	for (i = 0; postern_diagnostics_get(diagnostics, i, &finding) == 0; i++)
		print_json_finding(check, NULL, &finding,
				   finding.severity == POSTERN_SEVERITY_ERROR);
}

static enum tool_status
fail_for_warnings(const struct check *check, size_t warning_count)
{
	return tool_error(check->what, "%zu warning%s, and --strict",
			  warning_count, warning_count == 1 ? "" : "s");
}

static enum tool_status
result_of(const struct check *check, int result,
	  const struct postern_diagnostics *diagnostics)
{
	size_t error_count = postern_diagnostics_error_count(diagnostics);
	size_t warning_count;

	if (result < 0 || error_count > 0)
		return tool_error_findings(check->what, result, error_count);
	warning_count = postern_diagnostics_count(diagnostics);
	if (check->is_strict && warning_count > 0)
		return fail_for_warnings(check, warning_count);
	return TOOL_DONE;
}

/* -- as other users -------------------------------------------------------- */

static bool is_known(const struct check *check,
		     const struct postern_diagnostic *finding)
{
	struct postern_diagnostic known = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	for (i = 0; check->known &&
		    postern_diagnostics_get(check->known, i, &known) == 0;
	     i++)
		if (known.line == finding->line &&
		    known.column == finding->column &&
		    strcmp(known.file, finding->file) == 0 &&
		    strcmp(known.message, finding->message) == 0)
			return true;
	return false;
}

static void print_as(struct check *check, const struct tool_reader *reader,
		     const struct postern_diagnostic *finding, bool is_error)
{
	char place[64] = "";

	if (check->is_json) {
		print_json_finding(check, reader, finding, is_error);
		return;
	}
	if (check->is_stranger) {
		tool_warning("policy", "as a client that is no owner: %s: %s",
			     finding->file, finding->message);
		return;
	}
	if (finding->line > 0)
		(void)snprintf(place, sizeof(place), ":%u:%u", finding->line,
			       finding->column);
	if (is_error)
		(void)tool_error("policy", "as uid %lu: %s%s: %s",
				 (unsigned long)reader->uid, finding->file,
				 place, finding->message);
	else
		tool_warning("policy", "as uid %lu: %s%s: %s",
			     (unsigned long)reader->uid, finding->file, place,
			     finding->message);
}

/* In a process of that user. */
static enum tool_status
look_as(const struct tool_reader *reader, int result,
	const struct postern_diagnostics *diagnostics, void *user_data)
{
	struct check *check = user_data;
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	size_t i, error_count = 0, warning_count = 0;
	bool is_error;

	for (i = 0; postern_diagnostics_get(diagnostics, i, &finding) == 0;
	     i++) {
		/* The warnings of the policy itself were printed before. */
		if (is_known(check, &finding) ||
		    (check->known &&
		     finding.severity != POSTERN_SEVERITY_ERROR))
			continue;
		is_error = finding.severity == POSTERN_SEVERITY_ERROR &&
			   !check->is_stranger;
		print_as(check, reader, &finding, is_error);
		if (is_error)
			error_count++;
		else
			warning_count++;
	}
	if (error_count > 0)
		return tool_error(check->what, "%zu error%s as uid %lu",
				  error_count, error_count == 1 ? "" : "s",
				  (unsigned long)reader->uid);
	if (check->is_strict && warning_count > 0)
		return fail_for_warnings(check, warning_count);
	if (result < 0 && !check->known)
		return tool_error_result(check->what, result, NULL);
	return TOOL_DONE;
}

static enum tool_status check_as(struct check *check,
				 const struct postern_policy_options *options,
				 const struct tool_reader *reader)
{
	return tool_reader_load(reader, options, look_as, check);
}

static enum tool_status
check_as_users(struct check *check,
	       const struct postern_policy_options *options)
{
	enum tool_status status = TOOL_DONE;
	struct tool_reader reader;
	size_t i;

	check->known = NULL;
	for (i = 0; i < check->users.count; i++) {
		if (tool_reader_find(check->users.words[i], &reader) !=
		    TOOL_DONE)
			return TOOL_REFUSED;
		if (check_as(check, options, &reader) != TOOL_DONE)
			status = TOOL_REFUSED;
		tool_reader_done(&reader);
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

static enum tool_status
check_as_owners(struct check *check, const struct postern_policy *policy,
		const struct postern_policy_options *options)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	enum tool_status status = TOOL_DONE;
	struct tool_reader reader;
	size_t i;

	for (i = 0; policy && postern_policy_node_at(policy, i, &node) == 0;
	     i++) {
		if (node.owner_fact != POSTERN_FACT_KNOWN ||
		    node.owner_uid == geteuid() ||
		    has_owner_before(policy, i, node.owner_uid))
			continue;
		tool_reader_init(&reader, node.owner_uid);
		reader.is_optional = !check->is_strict;
		if (check_as(check, options, &reader) != TOOL_DONE)
			status = TOOL_REFUSED;
		tool_reader_done(&reader);
	}
	return status;
}

/* A client needs less than all of it: a file that it cannot read is a warning. */
static enum tool_status
check_as_stranger(struct check *check,
		  const struct postern_policy_options *options)
{
	const struct tool_reader stranger = {
		.uid = STRANGER_UID,
		.gid = STRANGER_UID,
		.is_optional = !check->is_strict,
	};
	enum tool_status status;

	check->is_stranger = true;
	status = check_as(check, options, &stranger);
	check->is_stranger = false;
	return status;
}

static enum tool_status
check_as_others(struct check *check, const struct postern_policy *policy,
		const struct postern_policy_options *options)
{
	enum tool_status status;

	status = check_as_owners(check, policy, options);
	if (!options->file && check_as_stranger(check, options) != TOOL_DONE)
		status = TOOL_REFUSED;
	return status;
}

/* -- one policy, or all ---------------------------------------------------- */

static enum tool_status
check_as_self(struct check *check, bool is_operand,
	      const struct postern_policy_options *options)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	enum tool_status status;
	int result;

	result = postern_diagnostics_new(&diagnostics);
	if (result < 0)
		return tool_error_result(check->what, result, NULL);
	result = postern_policy_load(options, diagnostics, &policy);
	print_findings(check, diagnostics);
	status = result_of(check, result, diagnostics);
	check->known = diagnostics;
	if (!is_operand && geteuid() == 0 &&
	    check_as_others(check, policy, options) != TOOL_DONE)
		status = TOOL_REFUSED;
	check->known = NULL;
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return status;
}

static enum tool_status check_one(struct check *check, const char *file,
				  bool is_operand)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	enum tool_status status;

	options.file = file;
	options.flags = POSTERN_POLICY_LINT;
	if (is_operand && check->users.count == 0)
		options.flags |= POSTERN_POLICY_WARN_ON_UNTRUSTED;
	if (check->assume_names)
		options.flags |= POSTERN_POLICY_ASSUME_NAMES;
	check->what = file ? file : "policy";

	status = check->users.count > 0 ?
		 check_as_users(check, &options) :
		 check_as_self(check, is_operand, &options);
	/* A policy in order is worth a word; to programs the status says it. */
	if (status == TOOL_DONE && !check->is_json)
		printf("%s: valid\n", check->what);
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

static enum tool_status run_with(const struct tool_command *command,
				 struct check *check, int argc, char **argv)
{
	const struct tool_option options[] = {
		TOOL_OPTION_POLICY(&check->policy_file),
		{.name = "as", .argument = "USER", .words = &check->users,
		 .help = "load it as this user, by name or number (root only; "
			 "repeatable)"},
		{.name = "strict", .flag = &check->is_strict,
		 .help = "a warning is an error"},
		{.name = "json", .flag = &check->is_json,
		 .help = "findings as a JSON array on standard output"},
		{.name = "assume-names", .flag = &check->assume_names,
		 .help = "unknown users and groups are a warning"},
	};
	enum tool_status status;
	char **files;

	files = tool_options_parse(command, options,
				   sizeof(options) / sizeof(options[0]), argc,
				   argv);
	if (files[0] && check->policy_file)
		return tool_misuse(command, "--policy and a FILE operand "
				   "exclude each other");
	if (check->users.count > 0 && geteuid() != 0)
		return tool_error("--as", "only root can load the policy as "
				  "another user");
	if (check->is_json)
		printf("[");
	status = check_all(check, files);
	if (check->is_json)
		printf("%s]\n", check->json_count > 0 ? "\n" : "");
	return status;
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	void *shared = mmap(NULL, sizeof(struct check), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	enum tool_status status;

	if (shared == MAP_FAILED)
		return tool_error_system("policy", errno);
	status = run_with(command, shared, argc, argv);
	(void)munmap(shared, sizeof(struct check));
	return status;
}

const struct tool_command tool_command_policy_check = {
	.name = "policy check",
	.operands = "[FILE]...",
	.operand_count_min = 0,
	.operand_count_max = 1 << 20,
	.summary = "check policy files and show what is wrong with them",
	.description =
		"Check each FILE on its own, before it is installed, or else "
		"the policy of\n--policy or of the system, as nodes and clients "
		"load it.  Root checks as the owners\nof its nodes too.\n",
	.run = run,
};
