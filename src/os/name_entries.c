/* SPDX-License-Identifier: ISC */
/*
 * Reading /etc/passwd and /etc/group entry by entry
 *
 * An entry that does not fit the buffer (a group with thousands of members) is
 * read again with a larger one: libc returns to its beginning.
 */
#include "os/name_entries.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/trusted_file.h"

#define LINE_BYTES_START 4096
#define LINE_BYTES_MAX (16u * 1024u * 1024u)

/* An open file, and a buffer for one of its entries. */
struct name_file {
	enum pst_name_kind kind;
	FILE *stream;
	char *line;
	size_t line_bytes;
};

static void close_file(struct name_file *file)
{
	if (file->stream)
		(void)fclose(file->stream);
	free(file->line);
	*file = (struct name_file) {0};
}

static int open_file(enum pst_name_kind kind, const char *path,
		     struct name_file *ret_file,
		     struct pst_path_fault *ret_fault)
{
	struct name_file file = {
		.kind = kind,
		.line_bytes = LINE_BYTES_START,
	};
	int fd = -1;
	int r;

	r = pst_trusted_file_open(path, geteuid(), 0, &fd, ret_fault);
	if (r < 0)
		return r;
	file.stream = fdopen(fd, "re");
	if (!file.stream) {
		(void)pst_fd_close(fd);
		return -ENOMEM;
	}
	file.line = malloc(file.line_bytes);
	if (!file.line) {
		close_file(&file);
		return -ENOMEM;
	}
	*ret_file = file;
	return 0;
}

static int grow_line(struct name_file *file)
{
	size_t line_bytes = file->line_bytes * 2;
	char *line;

	if (line_bytes > LINE_BYTES_MAX)
		return -EOVERFLOW;
	line = realloc(file->line, line_bytes);
	if (!line)
		return -ENOMEM;
	file->line = line;
	file->line_bytes = line_bytes;
	return 0;
}

/* 0, or a positive errno as from libc: ENOENT at the end. */
static int read_user(const struct name_file *file,
		     struct pst_name_entry *ret_entry)
{
	struct passwd user, *found;
	int error = fgetpwent_r(file->stream, &user, file->line,
				file->line_bytes, &found);

	if (error == 0)
		*ret_entry = (struct pst_name_entry) {
			.name = user.pw_name,
			.id = user.pw_uid,
			.primary_gid = user.pw_gid,
		};
	return error;
}

static int read_group(const struct name_file *file,
		      struct pst_name_entry *ret_entry)
{
	struct group group, *found;
	int error = fgetgrent_r(file->stream, &group, file->line,
				file->line_bytes, &found);

	if (error == 0)
		*ret_entry = (struct pst_name_entry) {
			.name = group.gr_name,
			.id = group.gr_gid,
			.members = group.gr_mem,
		};
	return error;
}

/* "+name" and "-name" refer libc to another source: they are not users. */
static bool is_name(const char *name)
{
	return name[0] != '\0' && name[0] != '+' && name[0] != '-';
}

/*
 * The result of take() for the next entry; 0 also for an entry that is skipped.
 */
static int take_next(struct name_file *file, pst_name_take_fn *take,
		     void *object, bool *is_end)
{
	struct pst_name_entry entry;
	int error;

	error = file->kind == PST_NAME_USER ? read_user(file, &entry)
					    : read_group(file, &entry);
	if (error == 0)
		return is_name(entry.name) ? take(object, &entry) : 0;
	if (error == ERANGE)
		return grow_line(file);
	*is_end = error == ENOENT;
	return *is_end ? 0 : -error;
}

int pst_name_entries_read(enum pst_name_kind kind, const char *path,
			  pst_name_take_fn *take, void *object,
			  struct pst_path_fault *ret_fault)
{
	struct pst_path_fault ignored_fault;
	struct name_file file;
	bool is_end = false;
	int r;

	r = open_file(kind, path, &file, ret_fault ? ret_fault : &ignored_fault);
	if (r < 0)
		return r;
	do
		r = take_next(&file, take, object, &is_end);
	while (r == 0 && !is_end);
	close_file(&file);
	return r;
}
