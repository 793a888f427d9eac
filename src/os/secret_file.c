/* SPDX-License-Identifier: ISC */
/*
 * Files with a secret
 *
 * A file gets its name once it is whole, so that whoever is killed while making
 * one leaves none, and nobody finds half of one.  Where the file system has no
 * files without a name, one that could not be finished is removed again: its
 * directory is trusted, so under its name there still is what we made.
 */
#include "os/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "os/file_mode.h"
#include "os/trusted_file.h"

#define SECRET_MODE (S_IRUSR | S_IWUSR)
#define MODE_OF_OTHERS (S_IRWXG | S_IRWXO)

static int write_all(int fd, const char *bytes, size_t byte_count)
{
	ssize_t n;

	while (byte_count > 0) {
		n = write(fd, bytes, byte_count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		byte_count -= (size_t)n;
	}
	return 0;
}

/* The umask may have taken bits away. */
static int fill(int fd, const void *bytes, size_t byte_count)
{
	int r;

	r = pst_file_set_mode(fd, SECRET_MODE);
	if (r < 0)
		return r;
	r = write_all(fd, bytes, byte_count);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

/* So that the name is there after a crash, too. */
static int sync_directory(int dir_fd)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	/* Who may not list a directory may make files in it. */
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	/* Not every file system has something to write then. */
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

/* Returns -EOPNOTSUPP if the file system has no files without a name. */
static int create_unnamed(int dir_fd, const char *name, const void *bytes,
			  size_t byte_count)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		openat(dir_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC,
		       SECRET_MODE));
	char link_path[32];
	int r;

	/* So does who does not know the flag put it. */
	if (fd < 0)
		return errno == EISDIR || errno == EINVAL ? -EOPNOTSUPP
							  : -errno;
	r = fill(fd, bytes, byte_count);
	if (r < 0)
		return r;
	(void)snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link_path, dir_fd, name, AT_SYMLINK_FOLLOW) < 0
		       ? -errno
		       : 0;
}

static int create_named(int dir_fd, const char *name, const void *bytes,
			size_t byte_count)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		openat(dir_fd, name,
		       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       SECRET_MODE));
	int r;

	if (fd < 0)
		return -errno;
	r = fill(fd, bytes, byte_count);
	if (r < 0)
		PST_IGNORE(unlinkat(dir_fd, name, 0)); /* never given out */
	return r;
}

int pst_secret_file_create(const char *path, uid_t owner, const void *bytes,
			   size_t byte_count, struct pst_path_fault *ret_fault)
{
	char directory[PST_PATH_BYTES];
	int dir_fd PST_FD_OWNED = -1;
	const char *name;
	int r;

	r = pst_trusted_path_split(path, directory, &name, ret_fault);
	if (r < 0)
		return r;
	r = pst_trusted_path_open_directory(directory, owner,
					    PST_TRUSTED_PATH_MAY_BE_RELATIVE,
					    &dir_fd, ret_fault);
	if (r < 0)
		return r;
	r = create_unnamed(dir_fd, name, bytes, byte_count);
	if (r == -EOPNOTSUPP)
		r = create_named(dir_fd, name, bytes, byte_count);
	if (r == -EEXIST) {
		(void)pst_path_fault_set(ret_fault, PST_PATH_FAULT_EXISTS, path,
					 strlen(path), NULL);
		return -EEXIST;
	}
	if (r == 0) {
		r = sync_directory(dir_fd);
		if (r == 0)
			return 0;
		/* What stands there is no secret: it was never given out. */
		PST_IGNORE(unlinkat(dir_fd, name, 0));
	}
	return pst_path_fault_set_error(ret_fault, -r, path, strlen(path));
}

static int check_is_private(const char *path, int fd,
			    struct pst_path_fault *ret_fault)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return pst_path_fault_set_error(ret_fault, errno, path,
						strlen(path));
	if (!(status.st_mode & MODE_OF_OTHERS))
		return 0;
	return pst_path_fault_set(ret_fault, PST_PATH_FAULT_NOT_PRIVATE, path,
				  strlen(path), &status);
}

int pst_secret_file_read(const char *path, uid_t reader, void *bytes,
			 size_t room_bytes, size_t *ret_byte_count,
			 struct pst_path_fault *ret_fault)
{
	int fd PST_FD_OWNED = -1;
	int r;

	r = pst_trusted_file_open(path, reader, 0, &fd, ret_fault);
	/* Once it is private, nobody can write it either. */
	if (r < 0 && ret_fault->kind == PST_PATH_FAULT_WRITABLE &&
	    S_ISREG(ret_fault->mode))
		ret_fault->kind = PST_PATH_FAULT_NOT_PRIVATE;
	if (r < 0)
		return r;
	r = check_is_private(path, fd, ret_fault);
	if (r < 0)
		return r;
	r = pst_trusted_file_read_bytes(fd, bytes, room_bytes, ret_byte_count);
	if (r < 0)
		return pst_path_fault_set_error(ret_fault, -r, path,
						strlen(path));
	return 0;
}
