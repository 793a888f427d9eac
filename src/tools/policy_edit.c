/* SPDX-License-Identifier: ISC */
/*
 * postern policy edit: change a policy file in an editor, as visudo does
 *
 * The editor works on a private copy.  It is installed if the whole policy
 * is then valid; otherwise the command asks whether to edit again.
 */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"
#include "file_text.h"
#include "options.h"
#include "policy_store.h"
#include "tool.h"

#define DEFAULT_NAME "local.conf"

static const char template_text[] = "policy-version 1\n\nend\n";

struct edit {
	struct tool_store_file file;
	char directory[32];
	char path[32 + TOOL_STORE_NAME_BYTES];
	char *old_text;
	size_t old_text_bytes;
	bool is_kept;           /* a changed text that was not installed */
};

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

/* In the child.  The variable may hold options, so a shell takes it apart. */
static void become_editor(const char *editor, const char *path)
{
	char command[4096];
	int n;

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	n = snprintf(command, sizeof(command), "%s \"$1\"", editor);
	if (n >= 0 && (size_t)n < sizeof(command))
		execl("/bin/sh", "sh", "-c", command, "sh", path,
		      (char *)NULL);
	_exit(127);
}

static enum tool_status run_editor(const struct edit *edit)
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
		become_editor(editor, edit->path);
	do
		r = waitpid(pid, &wait_status, 0);
	while (r < 0 && errno == EINTR);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	if (r < 0 || !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
		return tool_error(editor, "the editor failed: nothing is "
				  "changed");
	return TOOL_DONE;
}

static enum tool_status write_copy(const struct edit *edit)
{
	FILE *stream = fopen(edit->path, "wxe");
	bool is_written;

	if (!stream)
		return tool_error_system(edit->path, errno);
	is_written = fwrite(edit->old_text, 1, edit->old_text_bytes, stream) ==
		     edit->old_text_bytes;
	if (fclose(stream) != 0 || !is_written)
		return tool_error_system(edit->path, errno);
	return TOOL_DONE;
}

/* The copy is in a directory that no other user can enter. */
static enum tool_status make_copy(struct edit *edit)
{
	enum tool_status status;

	status = tool_store_read(edit->file.name, &edit->old_text,
				 &edit->old_text_bytes);
	if (status != TOOL_DONE)
		return status;
	if (!edit->old_text) {
		edit->old_text = strdup(template_text);
		if (!edit->old_text)
			return tool_error_system("edit", ENOMEM);
		edit->old_text_bytes = strlen(template_text);
	}
	(void)snprintf(edit->directory, sizeof(edit->directory),
		       "/tmp/postern-edit.XXXXXX"); /* always fits */
	if (!mkdtemp(edit->directory)) {
		edit->directory[0] = '\0';
		return tool_error_system("/tmp", errno);
	}
	(void)snprintf(edit->path, sizeof(edit->path), "%s/%s",
		       edit->directory, edit->file.name); /* always fits */
	return write_copy(edit);
}

/* The end of the input is neither: then the text is kept. */
static bool wants_to_edit_again(struct edit *edit)
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
			edit->is_kept = false;
			return false;
		}
	}
}

static bool is_unchanged(const struct edit *edit)
{
	return edit->file.text_bytes == edit->old_text_bytes &&
	       memcmp(edit->file.text, edit->old_text,
		      edit->old_text_bytes) == 0;
}

/* Until the text is valid, or was given up. */
static enum tool_status edit_until_valid(struct edit *edit)
{
	enum tool_status status, editor_status;

	for (;;) {
		edit->is_kept = true;
		editor_status = run_editor(edit);
		free(edit->file.text);
		edit->file.text = NULL;
		status = tool_file_read(edit->path, &edit->file.text,
					&edit->file.text_bytes);
		if (status != TOOL_DONE)
			return status;
		edit->is_kept = !is_unchanged(edit);
		if (editor_status != TOOL_DONE)
			return editor_status;
		if (!edit->is_kept) {
			printf("%s: unchanged\n", edit->file.name);
			return TOOL_DONE;
		}
		status = tool_store_check(&edit->file);
		if (status == TOOL_DONE) {
			status = tool_store_write(&edit->file);
			edit->is_kept = status != TOOL_DONE;
			return status;
		}
		if (status != TOOL_BAD_POLICY || !wants_to_edit_again(edit))
			return status;
	}
}

static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static enum tool_status run(const struct tool_command *command, int argc,
			    char **argv)
{
	struct edit edit = {.directory = ""};
	enum tool_status status;
	const char *name;
	int lock_fd; /* until the process ends */

	name = *tool_options_parse(command, NULL, 0, argc, argv);
	status = tool_store_name(name ? name : DEFAULT_NAME, edit.file.name);
	if (status == TOOL_DONE)
		status = tool_store_lock(&lock_fd);
	if (status != TOOL_DONE)
		return status;
	edit.file.label = edit.file.name;
	status = make_copy(&edit);
	if (status == TOOL_DONE)
		status = edit_until_valid(&edit);
	/* with the back-up files of the editor */
	if (edit.is_kept)
		(void)tool_error(edit.file.name, "the edited text is in %s",
				 edit.path);
	else if (edit.directory[0] != '\0')
		(void)nftw(edit.directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(edit.file.text);
	free(edit.old_text);
	return status;
}

const struct tool_command tool_command_policy_edit = {
	.name = "policy edit",
	.operands = "[NAME]",
	.operand_count_max = 1,
	.summary = "edit a policy file, and install it if the policy is valid",
	.description =
		"Edit /etc/postern/policy.d/NAME.conf (default: local.conf) "
		"with $VISUAL, $EDITOR,\neditor or vi, on a copy.  The copy is "
		"installed if the policy of this host is then\nvalid; "
		"otherwise the command asks whether to edit it again.\n",
	.run = run,
};
