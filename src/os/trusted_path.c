/* SPDX-License-Identifier: ISC */
/*
 * Paths that only root and one owner can redirect
 *
 * Each component is opened with O_PATH, which needs no permission on it, and
 * without O_DIRECTORY, so that a symbolic link is recognised as one.  ".." is
 * harmless: it leads to a directory that is checked like any other.
 */
#include "os/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/peer_credentials.h"

/* The limit of the kernel. */
#define LINKS_MAX 40u

int pst_path_fault_set(struct pst_path_fault *fault,
		       enum pst_path_fault_kind kind, const char *path,
		       size_t path_bytes, const struct stat *status)
{
	if (path_bytes >= sizeof(fault->path))
		path_bytes = sizeof(fault->path) - 1;
	memmove(fault->path, path, path_bytes);
	fault->path[path_bytes] = '\0';
	fault->kind = kind;
	fault->error = 0;
	fault->owner = status ? status->st_uid : (uid_t)-1;
	fault->mode = status ? status->st_mode : 0;
	return kind == PST_PATH_FAULT_MISSING ? -ENOENT : -EACCES;
}

int pst_path_fault_set_error(struct pst_path_fault *fault, int error,
			     const char *path, size_t path_bytes)
{
	if (error == ENOENT)
		return pst_path_fault_set(fault, PST_PATH_FAULT_MISSING, path,
					  path_bytes, NULL);
	if (error == ENAMETOOLONG)
		return pst_path_fault_set(fault, PST_PATH_FAULT_TOO_LONG, path,
					  path_bytes, NULL);
	(void)pst_path_fault_set(fault, PST_PATH_FAULT_ERROR, path, path_bytes,
				 NULL);
	fault->error = error;
	return -error;
}

bool pst_path_fault_may_be_warning(const struct pst_path_fault *fault)
{
	return fault->kind == PST_PATH_FAULT_SYMLINK ||
	       fault->kind == PST_PATH_FAULT_OWNER ||
	       fault->kind == PST_PATH_FAULT_WRITABLE ||
	       fault->kind == PST_PATH_FAULT_LINKS;
}

uid_t pst_trusted_path_owner_of(uid_t reader)
{
	uid_t overflow_uid;
	gid_t overflow_gid;

	if (reader == 0 || reader == PST_OVERFLOW_ID ||
	    pst_overflow_ids_read(&overflow_uid, &overflow_gid) < 0 ||
	    reader == overflow_uid)
		return 0;
	return reader;
}

int pst_trusted_path_split(const char *path,
			   char directory[static PST_PATH_BYTES],
			   const char **ret_name,
			   struct pst_path_fault *ret_fault)
{
	size_t path_bytes = strlen(path);
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t directory_bytes = (size_t)(name - path);

	if (path_bytes >= PST_PATH_BYTES || strlen(name) > NAME_MAX)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_TOO_LONG,
					  path, path_bytes, NULL);
	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_MALFORMED,
					  path, path_bytes, NULL);
	if (directory_bytes == 0) {
		memcpy(directory, ".", sizeof("."));
	} else {
		memcpy(directory, path, directory_bytes);
		directory[directory_bytes] = '\0';
	}
	*ret_name = name;
	return 0;
}

/* The absolute form of path, with every component that will be checked. */
static int complete_path(const char *path, unsigned flags,
			 char absolute[static PST_PATH_BYTES],
			 struct pst_path_fault *ret_fault)
{
	size_t path_bytes = strlen(path);
	size_t used_bytes = 0;

	if (path_bytes == 0 ||
	    (path[0] != '/' && !(flags & PST_TRUSTED_PATH_MAY_BE_RELATIVE)))
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_MALFORMED,
					  path, path_bytes, NULL);
	if (path[0] != '/') {
		if (!getcwd(absolute, PST_PATH_BYTES))
			return pst_path_fault_set_error(
				ret_fault,
				errno == ERANGE ? ENAMETOOLONG : errno, ".", 1);
		/* An unreachable working directory has no path to check. */
		if (absolute[0] != '/')
			return pst_path_fault_set_error(ret_fault, ENOENT,
							absolute,
							strlen(absolute));
		used_bytes = strlen(absolute);
		absolute[used_bytes++] = '/';
	}
	if (used_bytes + path_bytes >= PST_PATH_BYTES)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_TOO_LONG,
					  path, path_bytes, NULL);
	memcpy(absolute + used_bytes, path, path_bytes + 1);
	return 0;
}

/* The fault of a directory, found on the open descriptor. */
static enum pst_path_fault_kind check_directory(const struct stat *status,
						uid_t owner, unsigned flags,
						bool is_last)
{
	bool is_closed = is_last && (flags & PST_TRUSTED_PATH_CLOSED);
	bool may_be_own = flags & PST_TRUSTED_PATH_OR_OWN;
	bool is_sticky = status->st_uid == 0 && (status->st_mode & S_ISVTX);

	if (S_ISLNK(status->st_mode))
		return PST_PATH_FAULT_SYMLINK;
	if (!S_ISDIR(status->st_mode))
		return PST_PATH_FAULT_NOT_A_DIRECTORY;
	if (status->st_uid != 0 && status->st_uid != owner &&
	    !(may_be_own && status->st_uid == geteuid()))
		return PST_PATH_FAULT_OWNER;
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) &&
	    (is_closed || !is_sticky))
		return PST_PATH_FAULT_WRITABLE;
	return PST_PATH_FAULT_NONE;
}

/*
 * One step of the walk: *dir_fd becomes the directory that name in it leads to.
 */
static int descend(int *dir_fd, const char *name, const char *path,
		   size_t path_bytes, uid_t owner, unsigned flags, bool is_last,
		   struct pst_path_fault *ret_fault)
{
	int fd PST_FD_OWNED = -1;
	enum pst_path_fault_kind kind;
	struct stat status;
	int r;

	fd = pst_fd_above_stdio(openat(*dir_fd, name,
				       O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0 || fstat(fd, &status) < 0) {
		r = pst_path_fault_set_error(ret_fault, errno, path,
					     path_bytes);
		ret_fault->mode = S_IFDIR;
		return r;
	}
	kind = check_directory(&status, owner, flags, is_last);
	if (kind != PST_PATH_FAULT_NONE)
		return pst_path_fault_set(ret_fault, kind, path, path_bytes,
					  &status);
	(void)pst_fd_close(*dir_fd);
	*dir_fd = pst_fd_take(&fd);
	return 0;
}

/*
 * Replace the symbolic link at absolute[begin, end) by its target.  Its
 * directory is trusted, so a link of root or the owner is trusted too.  Another
 * user may have made one that has other hard links.
 */
int pst_trusted_path_expand_link(int dir_fd, const char *name,
				 char absolute[static PST_PATH_BYTES],
				 size_t begin, size_t end, uid_t owner,
				 unsigned *link_count,
				 struct pst_path_fault *ret_fault)
{
	char target[PST_PATH_BYTES], expanded[PST_PATH_BYTES];
	int fd PST_FD_OWNED = openat(dir_fd, name,
				     O_PATH | O_NOFOLLOW | O_CLOEXEC);
	size_t kept_bytes, rest_bytes = strlen(absolute + end);
	struct stat status;
	ssize_t n;

	if (fd < 0 || fstat(fd, &status) < 0)
		return pst_path_fault_set_error(ret_fault, errno, absolute,
						end);
	if (++*link_count > LINKS_MAX)
		return pst_path_fault_set_error(ret_fault, ELOOP, absolute,
						end);
	if (status.st_uid != 0 && status.st_uid != owner)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_SYMLINK,
					  absolute, end, &status);
	if (status.st_nlink != 1)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_LINKS,
					  absolute, end, &status);
	n = readlinkat(fd, "", target, sizeof(target));
	if (n <= 0)
		return pst_path_fault_set_error(ret_fault,
						n < 0 ? errno : ENOENT,
						absolute, end);
	kept_bytes = target[0] == '/' ? 0 : begin;
	if (kept_bytes + (size_t)n + rest_bytes >= PST_PATH_BYTES)
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_TOO_LONG,
					  absolute, end, NULL);
	memcpy(expanded, absolute, kept_bytes);
	memcpy(expanded + kept_bytes, target, (size_t)n);
	memcpy(expanded + kept_bytes + (size_t)n, absolute + end,
	       rest_bytes + 1);
	memcpy(absolute, expanded, kept_bytes + (size_t)n + rest_bytes + 1);
	*ret_fault = (struct pst_path_fault) {.kind = PST_PATH_FAULT_NONE};
	return 0;
}

/* Whether only slashes and dots follow. */
static bool is_last_component(const char *rest)
{
	while (*rest == '/' || (*rest == '.' && (rest[1] == '/' || !rest[1])))
		rest++;
	return *rest == '\0';
}

/*
 * Walk from the root; 1 if a link was expanded and the walk must be repeated.
 */
static int walk(char absolute[static PST_PATH_BYTES], uid_t owner,
		unsigned flags, unsigned *link_count, int *ret_dir_fd,
		struct pst_path_fault *ret_fault)
{
	int dir_fd PST_FD_OWNED = -1;
	const char *component, *end;
	char name[NAME_MAX + 1];
	size_t name_bytes;
	int r;

	component = absolute + strspn(absolute, "/");
	r = descend(&dir_fd, "/", "/", 1, owner, flags,
		    is_last_component(component), ret_fault);

	for (; r == 0 && *component; component = end + strspn(end, "/")) {
		name_bytes = strcspn(component, "/");
		end = component + name_bytes;
		if (name_bytes == 1 && component[0] == '.')
			continue;
		if (name_bytes > NAME_MAX)
			return pst_path_fault_set(
				ret_fault, PST_PATH_FAULT_TOO_LONG, absolute,
				(size_t)(end - absolute), NULL);
		memcpy(name, component, name_bytes);
		name[name_bytes] = '\0';
		r = descend(&dir_fd, name, absolute, (size_t)(end - absolute),
			    owner, flags, is_last_component(end), ret_fault);
		if (r < 0 && ret_fault->kind == PST_PATH_FAULT_SYMLINK &&
		    (flags & PST_TRUSTED_PATH_FOLLOW)) {
			r = pst_trusted_path_expand_link(
				dir_fd, name, absolute,
				(size_t)(component - absolute),
				(size_t)(end - absolute), owner, link_count,
				ret_fault);
			return r < 0 ? r : 1;
		}
	}
	if (r < 0)
		return r;
	*ret_dir_fd = pst_fd_take(&dir_fd);
	return 0;
}

int pst_trusted_path_open_directory(const char *path, uid_t owner,
				    unsigned flags, int *ret_dir_fd,
				    struct pst_path_fault *ret_fault)
{
	char absolute[PST_PATH_BYTES];
	unsigned link_count = 0;
	int r;

	r = complete_path(path, flags, absolute, ret_fault);
	if (r < 0)
		return r;
	do
		r = walk(absolute, owner, flags, &link_count, ret_dir_fd,
			 ret_fault);
	while (r == 1);
	return r;
}

int pst_trusted_path_open_parent(const char *path, uid_t owner, unsigned flags,
				 int *ret_dir_fd, const char **ret_name,
				 struct pst_path_fault *ret_fault)
{
	char directory[PST_PATH_BYTES];
	const char *name;
	int r;

	r = pst_trusted_path_split(path, directory, &name, ret_fault);
	if (r < 0)
		return r;
	r = pst_trusted_path_open_directory(directory, owner,
					    PST_TRUSTED_PATH_CLOSED | flags,
					    ret_dir_fd, ret_fault);
	if (r < 0)
		return r;
	*ret_name = name;
	return 0;
}

int pst_path_resolve(const char *path, char *resolved, size_t resolved_bytes)
{
	char *text = realpath(path, NULL);
	size_t text_bytes;
	int r = 0;

	if (!text)
		return -errno;
	text_bytes = strlen(text);
	if (text_bytes < resolved_bytes)
		memcpy(resolved, text, text_bytes + 1);
	else
		r = -ENAMETOOLONG;
	free(text);
	return r;
}
