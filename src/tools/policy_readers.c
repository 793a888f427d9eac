/* SPDX-License-Identifier: ISC */
/*
 * The policy as other users read it
 */
#include "policy_readers.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <postern/facts.h>

#include "errors.h"

void tool_reader_init(struct tool_reader *reader, uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);

	*reader = (struct tool_reader){.uid = uid, .gid = (gid_t)uid};
	if (entry) {
		reader->gid = entry->pw_gid;
		reader->name = strdup(entry->pw_name);
	}
}

void tool_reader_done(struct tool_reader *reader)
{
	free(reader->name);
	*reader = (struct tool_reader){0};
}

enum tool_status tool_reader_find(const char *user,
				  struct tool_reader *ret_reader)
{
	struct postern_facts *facts;
	int result;

	result = postern_facts_of_user(user, &facts);
	if (result < 0)
		return tool_error_lookup(user, "user", result);
	tool_reader_init(ret_reader, postern_facts_subject(facts)->uid);
	postern_facts_free(facts);
	return TOOL_DONE;
}

/* For good. */
static int become(const struct tool_reader *reader)
{
	int r;

	r = reader->name ? initgroups(reader->name, reader->gid)
			 : setgroups(0, NULL);
	if (r < 0 || setresgid(reader->gid, reader->gid, reader->gid) < 0 ||
	    setresuid(reader->uid, reader->uid, reader->uid) < 0)
		return -errno;
	return 0;
}

static enum tool_status load_as(const struct tool_reader *reader,
				const struct postern_policy_options *options,
				tool_reader_fn *function, void *user_data)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
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
		return tool_error("policy", "cannot become uid %lu: %s",
				  (unsigned long)reader->uid,
				  strerror(-result));
	result = postern_diagnostics_new(&diagnostics);
	if (result < 0)
		return tool_error_result("policy", result, NULL);
	result = postern_policy_load(options, diagnostics, &policy);
	status = function(reader, result, diagnostics, user_data);
	postern_policy_free(policy);
	postern_diagnostics_free(diagnostics);
	return status;
}

enum tool_status
tool_reader_load(const struct tool_reader *reader,
		 const struct postern_policy_options *options,
		 tool_reader_fn *function, void *user_data)
{
	enum tool_status status;
	int wait_status;
	pid_t pid, r;

	/* What is not written yet must not be written twice. */
	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return tool_error_system("fork", errno);
	if (pid == 0) {
		status = load_as(reader, options, function, user_data);
		_exit((int)tool_output_finish(status));
	}
	do
		r = waitpid(pid, &wait_status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0 || !WIFEXITED(wait_status))
		return tool_error("policy", "the check as uid %lu failed",
				  (unsigned long)reader->uid);
	return (enum tool_status)WEXITSTATUS(wait_status);
}
