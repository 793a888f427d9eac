/* SPDX-License-Identifier: ISC */
/*
 * The administrator's policy files: see policy_store.h
 */
#include "policy_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <postern/policy.h>

#include "errors.h"
#include "file_text.h"
#include "policy_source.h"

#define STORE "/etc/postern/policy.d"
#define LOCK "/etc/postern/policy.d.lock"
#define PATH_BYTES (sizeof(STORE) + TOOL_STORE_NAME_BYTES + 16)

/* The strongest first, as the loader takes them. */
static const char *const directories[] = {
	STORE,
	"/run/postern/policy.d",
	"/usr/lib/postern/policy.d",
};
#define DIRECTORY_COUNT (sizeof(directories) / sizeof(directories[0]))

enum tool_status tool_store_name(const char *text,
				 char ret_name[static TOOL_STORE_NAME_BYTES])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	static const char suffix[] = ".conf";
	size_t text_bytes = strlen(text);
	bool has_suffix;

	has_suffix = text_bytes >= strlen(suffix) &&
		     strcmp(text + text_bytes - strlen(suffix), suffix) == 0;
	if (text_bytes == 0 || text[0] == '.' || text[0] == '-' ||
	    text[strspn(text, letters)] != '\0' ||
	    text_bytes + strlen(suffix) >= TOOL_STORE_NAME_BYTES)
		return tool_error_input(text, "not the name of a policy file: "
					"letters, digits, '.', '_' and '-', as "
					"in orders.conf");
	(void)snprintf(ret_name, TOOL_STORE_NAME_BYTES, "%s%s", text,
		       has_suffix ? "" : suffix); /* always fits */
	return TOOL_DONE;
}

enum tool_status tool_store_lock(int *ret_fd)
{
	int fd;

	if (access(STORE, F_OK) < 0 && errno == ENOENT)
		return tool_error_input(STORE, "no such directory: "
					"install -d -m 0755 " STORE);
	fd = open(LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return tool_error_system(LOCK, errno);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		(void)close(fd);
		(void)tool_error(STORE, "another process is changing it");
		return TOOL_BUSY;
	}
	*ret_fd = fd;
	return TOOL_DONE;
}

/* A mask (a symbolic link to /dev/null) has no text. */
static bool exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

enum tool_status tool_store_read(const char *name, char **ret_text,
				 size_t *ret_text_bytes)
{
	char path[PATH_BYTES];
	size_t i;

	*ret_text = NULL;
	*ret_text_bytes = 0;
	for (i = 0; i < DIRECTORY_COUNT; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directories[i],
			       name); /* always fits */
		if (exists(path))
			return tool_file_read(path, ret_text, ret_text_bytes);
	}
	return TOOL_DONE;
}

/* -- checking -------------------------------------------------------------- */

static bool has_finding(const struct postern_diagnostics *diagnostics,
			const struct postern_diagnostic *finding)
{
	struct postern_diagnostic other = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	for (i = 0; postern_diagnostics_get(diagnostics, i, &other) == 0; i++)
		if (other.severity == finding->severity &&
		    other.line == finding->line &&
		    other.column == finding->column &&
		    strcmp(other.file, finding->file) == 0 &&
		    strcmp(other.message, finding->message) == 0)
			return true;
	return false;
}

static bool has_errors_in(const struct postern_diagnostics *diagnostics,
			  const char *file)
{
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	for (i = 0; postern_diagnostics_get(diagnostics, i, &finding) == 0; i++)
		if (finding.severity == POSTERN_SEVERITY_ERROR &&
		    strcmp(finding.file, file) == 0)
			return true;
	return false;
}

/* By itself: what it refers to need not be there. */
static bool can_be_parsed(const char *path)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_policy *policy = NULL;
	int result;

	options.file = path;
	result = postern_policy_load(&options, NULL, &policy);
	postern_policy_free(policy);
	return result == 0;
}

/* Errors across files are not found while one of them cannot be parsed. */
static void warn_of_unparsed(const struct tool_store_file *file,
			     const struct postern_diagnostics *then)
{
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	const char *last = "";
	size_t i;

	for (i = 0; postern_diagnostics_get(then, i, &finding) == 0; i++) {
		if (finding.severity != POSTERN_SEVERITY_ERROR ||
		    strcmp(finding.file, file->label) == 0 ||
		    strcmp(finding.file, last) == 0)
			continue;
		last = finding.file;
		if (!can_be_parsed(last))
			tool_warning(last, "it cannot be loaded, so %s was not "
				     "checked together with the other files",
				     file->label);
	}
}

/*
 * How many errors the file has, or brings to others.  While the present file
 * cannot be parsed, those of others are not found: then they are printed and do
 * not count, since the file must be replaceable.
 */
static size_t print_new(const struct tool_store_file *file,
			const struct postern_diagnostics *now,
			const struct postern_diagnostics *then)
{
	struct postern_diagnostic finding = POSTERN_DIAGNOSTIC_INIT;
	char path[PATH_BYTES], *text;
	size_t i, error_count = 0;
	bool is_own, is_unparsed_now;

	(void)snprintf(path, sizeof(path), STORE "/%s",
		       file->name); /* always fits */
	is_unparsed_now = has_errors_in(now, path) && !can_be_parsed(path);
	for (i = 0; postern_diagnostics_get(then, i, &finding) == 0; i++) {
		is_own = strcmp(finding.file, file->label) == 0;
		if (!is_own && has_finding(now, &finding))
			continue;
		if (postern_diagnostics_format(then, i, &text) == 0) {
			fputs(text, stderr);
			free(text);
		}
		error_count += finding.severity == POSTERN_SEVERITY_ERROR &&
			       (is_own || !is_unparsed_now);
	}
	warn_of_unparsed(file, then);
	return error_count;
}

static enum tool_status
load(const struct postern_policy_options *options,
     struct postern_diagnostics **ret_diagnostics)
{
	struct postern_policy *policy = NULL;
	int result;

	result = postern_diagnostics_new(ret_diagnostics);
	if (result == 0) {
		result = postern_policy_load(options, *ret_diagnostics,
					     &policy);
		postern_policy_free(policy);
	}
	return result < 0 ? tool_error_result("policy", result, NULL)
			  : TOOL_DONE;
}

enum tool_status tool_store_check(const struct tool_store_file *file)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *now = NULL, *then = NULL;
	enum tool_status status;
	size_t error_count;

	options.flags = POSTERN_POLICY_LINT;
	status = load(&options, &now);
	options.candidate_name = file->name;
	options.candidate_label = file->label;
	options.candidate_text = file->text;
	options.candidate_bytes = file->text_bytes;
	if (status == TOOL_DONE)
		status = load(&options, &then);
	if (status == TOOL_DONE) {
		error_count = print_new(file, now, then);
		if (error_count > 0) {
			(void)tool_error(file->label, "%zu new error%s in the "
					 "policy", error_count,
					 error_count == 1 ? "" : "s");
			status = TOOL_BAD_POLICY;
		}
	}
	postern_diagnostics_free(now);
	postern_diagnostics_free(then);
	return status;
}

/* -- writing --------------------------------------------------------------- */

static int write_all(int fd, const char *text, size_t text_bytes)
{
	size_t written_bytes = 0;
	ssize_t n;

	while (written_bytes < text_bytes) {
		n = write(fd, text + written_bytes, text_bytes - written_bytes);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			written_bytes += (size_t)n;
	}
	return 0;
}

static int fill(int fd, const struct tool_store_file *file)
{
	int r;

	r = write_all(fd, file->text, file->text_bytes);
	if (r < 0)
		return r;
	/* not less, whatever the umask is: nodes and clients read it */
	if (fchmod(fd, 0644) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* The name is there after a crash, too. */
static int sync_directory(void)
{
	int fd = open(STORE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

enum tool_status tool_store_write(const struct tool_store_file *file)
{
	/* the loader takes a name that ends with ~ for no policy */
	char temporary[] = STORE "/.install.XXXXXX~";
	char path[PATH_BYTES];
	int fd, r;

	(void)snprintf(path, sizeof(path), STORE "/%s",
		       file->name); /* always fits */
	fd = mkostemps(temporary, 1, O_CLOEXEC);
	if (fd < 0)
		return tool_error_system(STORE, errno);
	r = fill(fd, file);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(temporary);
		return tool_error_system(path, -r);
	}
	r = sync_directory();
	if (r < 0)
		return tool_error_system(STORE, -r);
	printf("%s: installed\n", path);
	return TOOL_DONE;
}
