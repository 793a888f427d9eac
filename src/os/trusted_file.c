/* SPDX-License-Identifier: ISC */
/*
 * Files that decide about access
 *
 * Every check is made on the open descriptor that is then read.  O_NONBLOCK
 * prevents a pipe at the path from blocking the reader.
 */
#include "os/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static enum pst_path_fault_kind check_file(const struct stat *status,
					   uid_t reader)
{
	if (!S_ISREG(status->st_mode))
		return PST_PATH_FAULT_NOT_A_FILE;
	if (status->st_uid != 0 && status->st_uid != reader)
		return PST_PATH_FAULT_OWNER;
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return PST_PATH_FAULT_WRITABLE;
	if (status->st_nlink != 1)
		return PST_PATH_FAULT_LINKS;
	return PST_PATH_FAULT_NONE;
}

/* The fault for a failed open(), from the type of the file. */
static int fault_of_open(const char *path, int error,
			 struct pst_path_fault *ret_fault)
{
	enum pst_path_fault_kind kind;

	if (error == ELOOP)
		kind = PST_PATH_FAULT_SYMLINK;
	else if (error == ENXIO || error == EISDIR)
		kind = PST_PATH_FAULT_NOT_A_FILE;
	else
		return pst_path_fault_set_error(ret_fault, error, path,
						strlen(path));
	return pst_path_fault_set(ret_fault, kind, path, strlen(path), NULL);
}

/*
 * Open the file at the path; or, if it ends in a link, replace the path by the
 * target and return 1.  listed_fd is its directory if that is open already, or
 * -1.
 */
static int open_or_expand(char path[static PST_PATH_BYTES], int listed_fd,
			  uid_t reader, unsigned *link_count, int *ret_fd,
			  struct pst_path_fault *ret_fault)
{
	char directory[PST_PATH_BYTES];
	int walked_fd PST_FD_OWNED = -1;
	int fd PST_FD_OWNED = -1;
	int dir_fd = listed_fd;
	enum pst_path_fault_kind kind;
	struct stat status;
	const char *name;
	int r;

	r = pst_trusted_path_split(path, directory, &name, ret_fault);
	if (r < 0)
		return r;
	if (listed_fd < 0) {
		r = pst_trusted_path_open_directory(
			directory, reader,
			PST_TRUSTED_PATH_MAY_BE_RELATIVE |
				PST_TRUSTED_PATH_FOLLOW,
			&walked_fd, ret_fault);
		if (r < 0)
			return r;
		dir_fd = walked_fd;
	}
	fd = pst_fd_above_stdio(openat(dir_fd, name,
				       OPEN_FLAGS | O_NOFOLLOW));
	if (fd < 0 && errno == ELOOP) {
		r = pst_trusted_path_expand_link(
			dir_fd, name, path, (size_t)(name - path),
			strlen(path), reader, link_count, ret_fault);
		return r < 0 ? r : 1;
	}
	if (fd < 0)
		return fault_of_open(path, errno, ret_fault);
	if (fstat(fd, &status) < 0)
		return pst_path_fault_set_error(ret_fault, errno, path,
						strlen(path));
	kind = check_file(&status, reader);
	if (kind != PST_PATH_FAULT_NONE)
		return pst_path_fault_set(ret_fault, kind, path, strlen(path),
					  &status);
	*ret_fd = pst_fd_take(&fd);
	return 0;
}

static int open_strictly(const char *path, int listed_fd, uid_t reader,
			 int *ret_fd, struct pst_path_fault *ret_fault)
{
	char expanded[PST_PATH_BYTES];
	unsigned link_count = 0;
	int r;

	if (strlen(path) >= sizeof(expanded))
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_TOO_LONG,
					  path, strlen(path), NULL);
	strcpy(expanded, path);
	do {
		r = open_or_expand(expanded, listed_fd, reader, &link_count,
				   ret_fd, ret_fault);
		listed_fd = -1; /* a link leads elsewhere */
	} while (r == 1);
	return r;
}

/* A fault that is known already stays in *ret_fault if this succeeds. */
static int open_anyway(const char *path, int listed_fd, int *ret_fd,
		       struct pst_path_fault *ret_fault)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		listed_fd < 0 ? open(path, OPEN_FLAGS)
			      : openat(listed_fd, strrchr(path, '/') + 1,
				       OPEN_FLAGS));
	struct stat status;

	if (fd < 0)
		return fault_of_open(path, errno, ret_fault);
	if (fstat(fd, &status) < 0)
		return pst_path_fault_set_error(ret_fault, errno, path,
						strlen(path));
	if (!S_ISREG(status.st_mode))
		return pst_path_fault_set(ret_fault, PST_PATH_FAULT_NOT_A_FILE,
					  path, strlen(path), &status);
	*ret_fd = pst_fd_take(&fd);
	return 0;
}

static int open_file(const char *path, int listed_fd, uid_t reader,
		     unsigned flags, int *ret_fd,
		     struct pst_path_fault *ret_fault)
{
	int r;

	*ret_fault = (struct pst_path_fault) {.kind = PST_PATH_FAULT_NONE};
	r = open_strictly(path, listed_fd, pst_trusted_path_owner_of(reader),
			  ret_fd, ret_fault);
	if (r < 0 && (flags & PST_TRUSTED_FILE_WARN_ONLY) &&
	    pst_path_fault_may_be_warning(ret_fault))
		return open_anyway(path, listed_fd, ret_fd, ret_fault);
	return r;
}

int pst_trusted_file_open(const char *path, uid_t reader, unsigned flags,
			  int *ret_fd, struct pst_path_fault *ret_fault)
{
	return open_file(path, -1, reader, flags, ret_fd, ret_fault);
}

int pst_trusted_file_read_bytes(int fd, void *bytes, size_t capacity_bytes,
				size_t *ret_byte_count)
{
	size_t byte_count = 0;
	ssize_t n;

	while (byte_count < capacity_bytes) {
		n = read(fd, (char *)bytes + byte_count,
			 capacity_bytes - byte_count);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			byte_count += (size_t)n;
	}
	*ret_byte_count = byte_count;
	return 0;
}

static int read_file(const char *path, int listed_fd, uid_t reader,
		     unsigned flags, struct pst_trusted_file *ret_file,
		     struct pst_path_fault *ret_fault)
{
	struct pst_trusted_file file = {0};
	int fd PST_FD_OWNED = -1;
	struct stat status;
	int r;

	r = open_file(path, listed_fd, reader, flags, &fd, ret_fault);
	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return pst_path_fault_set_error(ret_fault, errno, path,
						strlen(path));
	file.owner = status.st_uid;
	file.bytes = malloc(PST_TRUSTED_FILE_BYTES_MAX + 1);
	if (!file.bytes)
		return -ENOMEM;
	/* One byte more than allowed, to detect a larger file. */
	r = pst_trusted_file_read_bytes(fd, file.bytes,
					PST_TRUSTED_FILE_BYTES_MAX + 1,
					&file.byte_count);
	if (r < 0)
		r = pst_path_fault_set_error(ret_fault, -r, path, strlen(path));
	else if (file.byte_count > PST_TRUSTED_FILE_BYTES_MAX) {
		(void)pst_path_fault_set(ret_fault, PST_PATH_FAULT_TOO_BIG,
					 path, strlen(path), &status);
		r = -EFBIG;
	}
	if (r < 0) {
		pst_trusted_file_done(&file);
		return r;
	}
	file.bytes[file.byte_count] = '\0';
	*ret_file = file;
	return 0;
}

int pst_trusted_file_read(const char *path, uid_t reader, unsigned flags,
			  struct pst_trusted_file *ret_file,
			  struct pst_path_fault *ret_fault)
{
	return read_file(path, -1, reader, flags, ret_file, ret_fault);
}

int pst_trusted_listing_read_file(const struct pst_trusted_listing *listing,
				  const char *path, uid_t reader,
				  unsigned flags,
				  struct pst_trusted_file *ret_file,
				  struct pst_path_fault *ret_fault)
{
	return read_file(path, dirfd(listing->directory), reader, flags,
			 ret_file, ret_fault);
}

void pst_trusted_file_done(struct pst_trusted_file *file)
{
	free(file->bytes);
	*file = (struct pst_trusted_file) {0};
}
