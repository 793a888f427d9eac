/* SPDX-License-Identifier: ISC */
/*
 * Secret files
 *
 * A file gets its name when it is complete, so that no process finds half of
 * one, and none remains if the writer is killed.  If the file system has no
 * unnamed files, an incomplete one is removed again: its directory is trusted,
 * so its name still is our file.
 */
#include "os/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fd.h"
#include "os/file.h"
#include "os/trusted_file.h"

#define SECRET_MODE (S_IRUSR | S_IWUSR)
#define MODE_OF_OTHERS (S_IRWXG | S_IRWXO)

/*
 * The kernel's form of an access list: a version, then for each entry a tag,
 * rights and an id, all little-endian.
 */
#define ACL_VERSION 2
#define ACL_HEADER_BYTES 4
#define ACL_ENTRY_BYTES 8
#define ACL_BYTES_MAX 256
#define ACL_TAG_OWNER 0x01
#define ACL_TAG_USER 0x02
#define ACL_TAG_MASK 0x10
#define ACL_READ 0x04

static int write_all(int fd, const char *bytes, size_t byte_count)
{
	ssize_t n;

	while (byte_count > 0) {
		n = pst_file_write(fd, bytes, byte_count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		byte_count -= (size_t)n;
	}
	return 0;
}

/* The umask may have removed bits. */
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

/* So that the name exists after a crash, too. */
static int sync_directory(int dir_fd)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	/*
	 * A process that may not list a directory may still create files in it.
	 */
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	/* Not every file system supports this. */
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

/* Returns -EOPNOTSUPP if the file system has no files without a name. */
static int create_unnamed(int dir_fd, const char *name, const void *bytes,
			  size_t byte_count)
{
	int fd PST_FD_OWNED = pst_fd_above_stdio(
		openat(dir_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC,
		       SECRET_MODE));
	char link_path[PST_FILE_PATH_BYTES];
	int r;

	/* A kernel that does not know the flag returns this. */
	if (fd < 0)
		return errno == EISDIR || errno == EINVAL ? -EOPNOTSUPP
							  : -errno;
	r = fill(fd, bytes, byte_count);
	if (r < 0)
		return r;
	pst_file_path_of_fd(fd, link_path);
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
		PST_IGNORE(unlinkat(dir_fd, name, 0)); /* the name was never
						        * published */
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
	r = pst_trusted_path_open_directory(directory,
					    pst_trusted_path_owner_of(owner),
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
		/* The file holds no secret: its name was never published. */
		PST_IGNORE(unlinkat(dir_fd, name, 0));
	}
	return pst_path_fault_set_error(ret_fault, -r, path, strlen(path));
}

static uint32_t read_number(const unsigned char *bytes, size_t byte_count)
{
	uint32_t number = 0;

	while (byte_count > 0)
		number = number << 8 | bytes[--byte_count];
	return number;
}

/*
 * An access list may give one user the right to read, and no right to any other
 * user or group: systemd passes a credential of root's to a service so.  The
 * group bits of the mode are the list's mask then.
 */
static bool is_for_reader_only(int fd, uid_t reader)
{
	unsigned char list[ACL_BYTES_MAX];
	const unsigned char *entry;
	uint32_t tag, rights, id;
	ssize_t n, i;

	n = fgetxattr(fd, "system.posix_acl_access", list, sizeof(list));
	if (n < ACL_HEADER_BYTES ||
	    (n - ACL_HEADER_BYTES) % ACL_ENTRY_BYTES != 0 ||
	    read_number(list, 4) != ACL_VERSION)
		return false;
	for (i = ACL_HEADER_BYTES; i < n; i += ACL_ENTRY_BYTES) {
		entry = list + i;
		tag = read_number(entry, 2);
		rights = read_number(entry + 2, 2);
		id = read_number(entry + 4, 4);
		if (tag == ACL_TAG_OWNER || tag == ACL_TAG_MASK || rights == 0)
			continue;
		if (tag != ACL_TAG_USER || (id != reader && id != 0) ||
		    rights != ACL_READ)
			return false;
	}
	return true;
}

static int check_is_private(const char *path, int fd, uid_t reader,
			    struct pst_path_fault *ret_fault)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return pst_path_fault_set_error(ret_fault, errno, path,
						strlen(path));
	if (!(status.st_mode & MODE_OF_OTHERS))
		return 0;
	if ((status.st_mode & MODE_OF_OTHERS) == S_IRGRP &&
	    is_for_reader_only(fd, reader))
		return 0;
	return pst_path_fault_set(ret_fault, PST_PATH_FAULT_NOT_PRIVATE, path,
				  strlen(path), &status);
}

int pst_secret_file_read(const char *path, uid_t reader, void *bytes,
			 size_t capacity_bytes, size_t *ret_byte_count,
			 struct pst_path_fault *ret_fault)
{
	int fd PST_FD_OWNED = -1;
	int r;

	r = pst_trusted_file_open(path, reader, 0, &fd, ret_fault);
	/* A file that is private is not writable by others either. */
	if (r < 0 && ret_fault->kind == PST_PATH_FAULT_WRITABLE &&
	    S_ISREG(ret_fault->mode))
		ret_fault->kind = PST_PATH_FAULT_NOT_PRIVATE;
	if (r < 0)
		return r;
	r = check_is_private(path, fd, reader, ret_fault);
	if (r < 0)
		return r;
	r = pst_trusted_file_read_bytes(fd, bytes, capacity_bytes,
					ret_byte_count);
	if (r < 0)
		return pst_path_fault_set_error(ret_fault, -r, path,
						strlen(path));
	return 0;
}
