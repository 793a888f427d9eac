/* SPDX-License-Identifier: ISC */
/*
 * postern policy install, edit: the administrator's files,
 * /etc/postern/policy.d
 *
 * A file is checked together with all others before it replaces the present
 * one.  It is written under another name, synchronised and renamed, so that a
 * reader finds the old file or the new one, whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <postern/policy.h>

#include "errors.h"
#include "options.h"
#include "policy_source.h"
#include "tool.h"

#define STORE "/etc/postern/policy.d"
#define LOCK "/etc/postern/policy.d.lock"
#define NAME_BYTES 256
#define PATH_BYTES (sizeof(STORE) + NAME_BYTES + 16)

/* The strongest first, as the loader takes them. */
static const char *const directories[] = {
	STORE,
	"/run/postern/policy.d",
	"/usr/lib/postern/policy.d",
};
#define DIRECTORY_COUNT (sizeof(directories) / sizeof(directories[0]))

/* One file and its new text. */
struct store_file {
	char name[NAME_BYTES]; /* NAME.conf */
	char path[PATH_BYTES]; /* in the store */
	const char *label;     /* in messages */
	char *text;
	size_t text_bytes;
};

/* Ends with .conf, and the loader reads files of that name. */
static void set_name(struct store_file *file, const char *text)
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
	    text_bytes + strlen(suffix) >= NAME_BYTES)
		tool_fail(TOOL_BAD_INPUT, text, "not the name of a policy "
			  "file: letters, digits, '.', '_' and '-', as in "
			  "orders.conf");
	/* Both always fit. */
	(void)snprintf(file->name, sizeof(file->name), "%s%s", text,
		       has_suffix ? "" : suffix);
	(void)snprintf(file->path, sizeof(file->path), STORE "/%s", file->name);
}

/* Exclude every other installation until the process ends. */
static void lock_store(void)
{
	int fd;

	if (access(STORE, F_OK) < 0 && errno == ENOENT)
		tool_fail(TOOL_BAD_INPUT, STORE,
			  "no such directory: install -d -m 0755 " STORE);
	fd = open(LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		tool_fail_system(LOCK, errno);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		tool_fail(TOOL_BUSY, STORE, "another process is changing it");
}

/* -- checking -------------------------------------------------------------- */

static bool has_errors_in(const struct postern_diagnostics *diagnostics,
			  const char *file)
{
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	size_t i;

	for (i = 0; postern_diagnostics_at(diagnostics, i, &diagnostic) == 0;
	     i++)
		if (diagnostic.severity == POSTERN_SEVERITY_ERROR &&
		    strcmp(diagnostic.file, file) == 0)
			return true;
	return false;
}

/* By itself: the nodes and tenants that it refers to may be missing. */
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
static void warn_of_unparsed(const struct store_file *file,
			     const struct postern_diagnostics *then)
{
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	const char *last = "";
	size_t i;

	for (i = 0; postern_diagnostics_at(then, i, &diagnostic) == 0; i++) {
		if (diagnostic.severity != POSTERN_SEVERITY_ERROR ||
		    strcmp(diagnostic.file, file->label) == 0 ||
		    strcmp(diagnostic.file, last) == 0)
			continue;
		last = diagnostic.file;
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
static size_t print_new(const struct store_file *file,
			const struct postern_diagnostics *now,
			const struct postern_diagnostics *then)
{
	struct postern_diagnostic diagnostic = POSTERN_DIAGNOSTIC_INIT;
	size_t i, error_count = 0;
	bool is_own, is_unparsed_now;
	char *text;

	is_unparsed_now = has_errors_in(now, file->path) &&
			  !can_be_parsed(file->path);
	for (i = 0; postern_diagnostics_at(then, i, &diagnostic) == 0; i++) {
		is_own = strcmp(diagnostic.file, file->label) == 0;
		if (!is_own && tool_diagnostics_contain(now, &diagnostic))
			continue;
		if (postern_diagnostics_format(then, i, &text) == 0) {
			fputs(text, stderr);
			free(text);
		}
		error_count += diagnostic.severity == POSTERN_SEVERITY_ERROR &&
			       (is_own || !is_unparsed_now);
	}
	warn_of_unparsed(file, then);
	return error_count;
}

static struct postern_diagnostics *
load(const struct postern_policy_options *options)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	int result;

	result = tool_policy_read(options, &diagnostics, &policy);
	if (result < 0)
		tool_fail_result("policy", result, NULL);
	postern_policy_free(policy);
	return diagnostics;
}

/*
 * Whether the policy of the host would be valid with the file, apart from
 * errors that other files have now.  Prints the diagnostics.
 */
static bool check_file(const struct store_file *file)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_diagnostics *now, *then;
	size_t error_count;

	options.flags = POSTERN_POLICY_LINT;
	now = load(&options);
	options.candidate_name = file->name;
	options.candidate_label = file->label;
	options.candidate_text = file->text;
	options.candidate_bytes = file->text_bytes;
	then = load(&options);
	error_count = print_new(file, now, then);
	postern_diagnostics_free(now);
	postern_diagnostics_free(then);
	if (error_count > 0)
		(void)tool_error(TOOL_BAD_POLICY, file->label,
				 "%zu new error%s in the policy", error_count,
				 error_count == 1 ? "" : "s");
	return error_count == 0;
}

/* -- writing --------------------------------------------------------------- */

/* Returns 0 or an errno. */
static int fill(int fd, const struct store_file *file)
{
	size_t written_bytes = 0;
	ssize_t n;

	while (written_bytes < file->text_bytes) {
		n = write(fd, file->text + written_bytes,
			  file->text_bytes - written_bytes);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			written_bytes += (size_t)n;
	}
	/* Nodes and clients of every user read it, whatever the umask is. */
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? errno : 0;
}

/* So that the new name outlasts a crash. */
static void sync_directory(void)
{
	int fd = open(STORE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		tool_fail_system(STORE, errno);
	(void)close(fd);
}

static void write_file(const struct store_file *file)
{
	/* The loader ignores a name that ends with ~. */
	char temporary[] = STORE "/.install.XXXXXX~";
	int fd, error;

	fd = mkostemps(temporary, 1, O_CLOEXEC);
	if (fd < 0)
		tool_fail_system(STORE, errno);
	error = fill(fd, file);
	if (close(fd) < 0 && error == 0)
		error = errno;
	if (error == 0 && rename(temporary, file->path) < 0)
		error = errno;
	if (error != 0) {
		(void)unlink(temporary);
		tool_fail_system(file->path, error);
	}
	sync_directory();
	printf("%s: installed\n", file->path);
}

/* -- policy install -------------------------------------------------------- */

static enum tool_status run_install(const struct tool_command *command,
				    int argc, char **argv)
{
	struct store_file file = {0};
	const char *name = NULL, *path, *slash;
	const struct tool_option options[] = {
		{.name = "name", .argument = "NAME", .text = &name,
		 .help = "install it as NAME.conf (default: FILE's own name)"},
		{0}
	};
	bool is_valid, is_input;

	path = *tool_options_parse(command, options, argc, argv);
	is_input = strcmp(path, "-") == 0;
	if (!name && is_input)
		tool_misuse(command, "standard input has no name: give one "
			    "with --name");
	if (!name) {
		slash = strrchr(path, '/');
		name = slash ? slash + 1 : path;
	}
	set_name(&file, name);
	file.label = path;
	file.text = tool_file_read(is_input ? NULL : path, &file.text_bytes);
	lock_store();
	is_valid = check_file(&file);
	if (is_valid)
		write_file(&file);
	free(file.text);
	return is_valid ? TOOL_DONE : TOOL_BAD_POLICY;
}

const struct tool_command tool_command_policy_install = {
	.name = "policy install",
	.operands = "FILE",
	.summary = "check a policy file with all others, then install it",
	.description =
		"Check FILE (-: standard input) together with the policy of "
		"this host, and put it\ninto /etc/postern/policy.d, whole or "
		"not at all.  A file that would bring an error\nis refused, "
		"with exit status 8.  Running nodes read it when they reload.\n",
	.run = run_install,
};

/* -- policy edit ----------------------------------------------------------- */

#define DEFAULT_NAME "local.conf"

static const char template_text[] = "policy-version 1\n\nend\n";

/* The editor works on a copy, in a directory that no other user can enter. */
static struct edit {
	struct store_file file;
	char directory[32];
	char path[32 + NAME_BYTES];
	char *old_text;
	size_t old_text_bytes;
	bool is_kept;           /* a changed text that was not installed */
} edit;

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

/* When the process ends. */
static void leave_copy(void)
{
	if (edit.is_kept)
		(void)tool_error(TOOL_REFUSED, edit.file.name,
				 "the edited text is in %s", edit.path);
	else /* with the back-up files of the editor */
		(void)nftw(edit.directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The present text: that of /etc, or else that of /run or /usr/lib. */
static void read_old_text(void)
{
	char path[PATH_BYTES];
	struct stat status;
	size_t i;

	for (i = 0; i < DIRECTORY_COUNT; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directories[i],
			       edit.file.name); /* always fits */
		/* A mask (a symbolic link to /dev/null) has no text. */
		if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
			edit.old_text = tool_file_read(path,
						       &edit.old_text_bytes);
			return;
		}
	}
	edit.old_text = strdup(template_text);
	if (!edit.old_text)
		tool_fail_system("edit", ENOMEM);
	edit.old_text_bytes = strlen(template_text);
}

static void make_copy(void)
{
	FILE *stream;
	bool is_written;

	(void)snprintf(edit.directory, sizeof(edit.directory),
		       "/tmp/postern-edit.XXXXXX"); /* always fits */
	if (!mkdtemp(edit.directory))
		tool_fail_system("/tmp", errno);
	(void)atexit(leave_copy);
	(void)snprintf(edit.path, sizeof(edit.path), "%s/%s", edit.directory,
		       edit.file.name); /* always fits */
	stream = fopen(edit.path, "wxe");
	if (!stream)
		tool_fail_system(edit.path, errno);
	is_written = fwrite(edit.old_text, 1, edit.old_text_bytes, stream) ==
		     edit.old_text_bytes;
	if (fclose(stream) != 0 || !is_written)
		tool_fail_system(edit.path, errno);
}

static const char *find_editor(void)
{
	static const char *const names[] = {"VISUAL", "EDITOR"};
	const char *editor;
	size_t i;

	for (i = 0; i < 2; i++) {
		editor = getenv(names[i]);
		if (editor && editor[0] != '\0')
			return editor;
	}
	/* of Debian's alternatives; vi is there where those are not */
	return access("/usr/bin/editor", X_OK) == 0 ? "/usr/bin/editor" : "vi";
}

/* In the child.  The variable may hold options, so a shell parses it. */
static void become_editor(const char *editor)
{
	char command[4096];
	int n;

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	n = snprintf(command, sizeof(command), "%s \"$1\"", editor);
	if (n >= 0 && (size_t)n < sizeof(command))
		execl("/bin/sh", "sh", "-c", command, "sh", edit.path,
		      (char *)NULL);
	_exit(127);
}

static enum tool_status run_editor(void)
{
	const char *editor = find_editor();
	int wait_status;
	pid_t pid, r;

	(void)fflush(NULL);
	/* They are for the editor. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (pid < 0)
		return tool_error_system("fork", errno);
	if (pid == 0)
		become_editor(editor);
	do
		r = waitpid(pid, &wait_status, 0);
	while (r < 0 && errno == EINTR);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	if (r < 0 || !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
		return tool_error(TOOL_REFUSED, editor, "the editor failed: "
				  "nothing is changed");
	return TOOL_DONE;
}

/* At the end of the input the edited text is kept. */
static bool wants_to_edit_again(void)
{
	char line[64];

	for (;;) {
		fprintf(stderr, "What now?  (e)dit again, (q)uit and change "
			"nothing: ");
		if (!fgets(line, sizeof(line), stdin)) {
			fputc('\n', stderr);
			return false;
		}
		if (line[0] == 'e' || line[0] == 'E')
			return true;
		if (line[0] == 'q' || line[0] == 'Q') {
			edit.is_kept = false;
			return false;
		}
	}
}

static bool is_unchanged(void)
{
	return edit.file.text_bytes == edit.old_text_bytes &&
	       memcmp(edit.file.text, edit.old_text,
		      edit.old_text_bytes) == 0;
}

/* Until the text is valid, or the user gives up. */
static enum tool_status edit_until_valid(void)
{
	enum tool_status status;

	do {
		edit.is_kept = true;
		status = run_editor();
		free(edit.file.text);
		edit.file.text = tool_file_read(edit.path,
						&edit.file.text_bytes);
		edit.is_kept = !is_unchanged();
		if (status != TOOL_DONE)
			return status;
		if (!edit.is_kept) {
			printf("%s: unchanged\n", edit.file.name);
			return TOOL_DONE;
		}
		if (check_file(&edit.file)) {
			write_file(&edit.file);
			edit.is_kept = false;
			return TOOL_DONE;
		}
	} while (wants_to_edit_again());
	return TOOL_BAD_POLICY;
}

static enum tool_status run_edit(const struct tool_command *command, int argc,
				 char **argv)
{
	const struct tool_option options[] = {{0}};
	enum tool_status status;
	const char *name;

	name = *tool_options_parse(command, options, argc, argv);
	set_name(&edit.file, name ? name : DEFAULT_NAME);
	edit.file.label = edit.file.name;
	lock_store();
	read_old_text();
	make_copy();
	status = edit_until_valid();
	free(edit.file.text);
	free(edit.old_text);
	return status;
}

const struct tool_command tool_command_policy_edit = {
	.name = "policy edit",
	.operands = "[NAME]",
	.summary = "edit a policy file, and install it if the policy is valid",
	.description =
		"Edit /etc/postern/policy.d/NAME.conf (default: local.conf) "
		"with $VISUAL, $EDITOR,\neditor or vi, on a copy.  The copy is "
		"installed if the policy of this host is then\nvalid; "
		"otherwise the command asks whether to edit it again.\n",
	.run = run_edit,
};
