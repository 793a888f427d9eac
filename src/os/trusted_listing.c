/* SPDX-License-Identifier: ISC */
/*
 * Directories of policy files
 *
 * A listing has the files of one moment; each file is checked again when it is
 * read.  The rules for names are those of the policy language.
 */
#include "os/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define MASK_TARGET "/dev/null"

static bool has_suffix(const char *name, const char *suffix)
{
	size_t name_bytes = strlen(name), suffix_bytes = strlen(suffix);

	return name_bytes >= suffix_bytes &&
	       strcmp(name + name_bytes - suffix_bytes, suffix) == 0;
}

bool pst_trusted_listing_is_policy_name(const char *name)
{
	return name[0] != '.' && has_suffix(name, ".conf");
}

/* Files of editors and package managers, for which no warning is given. */
static bool is_expected_stray(const char *name)
{
	return has_suffix(name, "~") || has_suffix(name, ".swp") ||
	       strstr(name, ".dpkg-") || strcmp(name, "README") == 0;
}

static bool is_mask(int dir_fd, const char *name)
{
	char target[sizeof(MASK_TARGET)];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));

	return n == sizeof(MASK_TARGET) - 1 &&
	       memcmp(target, MASK_TARGET, sizeof(MASK_TARGET) - 1) == 0;
}

static enum pst_trusted_entry_kind classify_entry(int dir_fd, const char *name)
{
	struct stat status;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return PST_TRUSTED_ENTRY_NONE;
	if (pst_trusted_listing_is_policy_name(name))
		return is_mask(dir_fd, name) ? PST_TRUSTED_ENTRY_MASK
					     : PST_TRUSTED_ENTRY_FILE;
	if (is_expected_stray(name))
		return PST_TRUSTED_ENTRY_NONE;
	if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(status.st_mode))
		return PST_TRUSTED_ENTRY_NONE;
	return PST_TRUSTED_ENTRY_STRAY;
}

static int add_entry(struct pst_trusted_listing *listing,
		     enum pst_trusted_entry_kind kind, const char *name)
{
	struct pst_trusted_entry *entries;
	char *own_name;

	entries = reallocarray(listing->entries, listing->entry_count + 1,
			       sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	listing->entries = entries;
	own_name = strdup(name);
	if (!own_name)
		return -ENOMEM;
	entries[listing->entry_count++] = (struct pst_trusted_entry) {
		.kind = kind,
		.name = own_name,
	};
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct pst_trusted_entry *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static int fill_listing(DIR *directory, struct pst_trusted_listing *listing)
{
	enum pst_trusted_entry_kind kind;
	struct dirent *entry;
	int r;

	for (;;) {
		/* Only errno distinguishes the end from an error. */
		errno = 0;
		entry = readdir(directory);
		if (!entry)
			break;
		kind = classify_entry(dirfd(directory), entry->d_name);
		if (kind == PST_TRUSTED_ENTRY_NONE)
			continue;
		r = add_entry(listing, kind, entry->d_name);
		if (r < 0)
			return r;
	}
	if (errno)
		return -errno;
	if (listing->entry_count > 0)
		qsort(listing->entries, listing->entry_count,
		      sizeof(*listing->entries), compare_entries);
	return 0;
}

/*
 * Whether a symbolic link precedes the first missing component.  If this is not
 * known the result is true: then the path is not simply missing.
 */
static bool is_behind_link(const char *path)
{
	size_t path_bytes = strlen(path), end = 0;
	char prefix[PST_PATH_BYTES];
	struct stat status;

	if (path_bytes >= sizeof(prefix))
		return true;
	while (end < path_bytes) {
		end += strspn(path + end, "/");
		end += strcspn(path + end, "/");
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		if (lstat(prefix, &status) < 0)
			return errno != ENOENT;
		if (S_ISLNK(status.st_mode))
			return true;
	}
	return true; /* it exists by now */
}

/*
 * A directory that links lead to is expected to exist: it may have been
 * unmounted or renamed, and its files must not be ignored.
 */
static int check_missing(const char *path, struct pst_path_fault *ret_fault)
{
	if (is_behind_link(path))
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_DANGLING,
					  path, strlen(path), NULL);
	return -ENOENT;
}

static int open_directory(const char *path, uid_t reader, unsigned flags,
			  int *ret_fd, struct pst_path_fault *ret_fault)
{
	int dir_fd PST_FD_OWNED = -1;
	int fd;
	int r;

	*ret_fault = (struct pst_path_fault) {.kind = PST_PATH_FAULT_NONE};
	r = pst_trusted_path_open_directory(
		path, pst_trusted_path_owner_of(reader),
		PST_TRUSTED_PATH_CLOSED | PST_TRUSTED_PATH_MAY_BE_RELATIVE |
			PST_TRUSTED_PATH_FOLLOW,
		&dir_fd, ret_fault);
	if (r == -ENOENT)
		return check_missing(path, ret_fault);
	if (r < 0 && !((flags & PST_TRUSTED_FILE_WARN_ONLY) &&
		       pst_path_fault_may_be_warning(ret_fault)))
		return r;
	fd = pst_fd_above_stdio(
		dir_fd < 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			   : openat(dir_fd, ".",
				    O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0) {
		r = pst_path_fault_set_error(ret_fault, errno, path,
					     strlen(path));
		return r == -ENOENT ? check_missing(path, ret_fault) : r;
	}
	*ret_fd = fd;
	return 0;
}

int pst_trusted_listing_read(const char *path, uid_t reader, unsigned flags,
			     struct pst_trusted_listing *ret_listing,
			     struct pst_path_fault *ret_fault)
{
	struct pst_trusted_listing listing = {0};
	int fd PST_FD_OWNED = -1;
	DIR *directory;
	int r;

	r = open_directory(path, reader, flags, &fd, ret_fault);
	if (r < 0)
		return r;
	directory = fdopendir(fd);
	if (!directory)
		return -errno;
	fd = -1; /* now owned by the stream */
	listing.directory = directory;
	r = fill_listing(directory, &listing);
	if (r < 0) {
		pst_trusted_listing_done(&listing);
		return r == -ENOMEM ? r
				    : pst_path_fault_set_error(ret_fault, -r,
							       path,
							       strlen(path));
	}
	*ret_listing = listing;
	return 0;
}

void pst_trusted_listing_done(struct pst_trusted_listing *listing)
{
	size_t i;

	for (i = 0; i < listing->entry_count; i++)
		free(listing->entries[i].name);
	free(listing->entries);
	if (listing->directory)
		(void)closedir(listing->directory);
	*listing = (struct pst_trusted_listing) {0};
}
