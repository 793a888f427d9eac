/* SPDX-License-Identifier: ISC */
/*
 * Descriptions of path faults
 *
 * A refused path is nearly always a mistake of an administrator, so the text
 * includes the command that corrects it.
 */
#include "os/trusted_path.h"

#include <stdio.h>
#include <string.h>

/* The permission bits, as chmod and ls write them. */
#define PERMISSION_BITS 07777

/* The uid that stands for every owner that this user namespace does not map. */
#define OVERFLOW_UID 65534u

static void describe_owner(const struct pst_path_fault *fault, uid_t owner,
			   char *buffer, size_t buffer_bytes)
{
	if (fault->owner == OVERFLOW_UID || fault->owner == owner) {
		(void)snprintf(buffer, buffer_bytes,
			       "%s belongs to uid %u, which stands for owners "
			       "that this user namespace does not map: mount "
			       "it from a directory of a mapped owner",
			       fault->path, fault->owner);
		return;
	}
	if (owner == 0) {
		(void)snprintf(buffer, buffer_bytes,
			       "%s belongs to uid %u, not to root: chown 0 %s",
			       fault->path, fault->owner, fault->path);
		return;
	}
	(void)snprintf(buffer, buffer_bytes,
		       "%s belongs to uid %u, not to root or uid %u: "
		       "chown %u %s", fault->path, fault->owner, owner, owner,
		       fault->path);
}

static void describe_writable(const struct pst_path_fault *fault,
			      char *buffer, size_t buffer_bytes)
{
	(void)snprintf(buffer, buffer_bytes,
		       "%s (mode %04o) is writable by group or others: "
		       "chmod go-w %s", fault->path,
		       (unsigned)fault->mode & PERMISSION_BITS, fault->path);
}

static void describe_not_private(const struct pst_path_fault *fault,
				 char *buffer, size_t buffer_bytes)
{
	(void)snprintf(buffer, buffer_bytes,
		       "%s (mode %04o) is open to group or others: "
		       "chmod 600 %s", fault->path,
		       (unsigned)fault->mode & PERMISSION_BITS, fault->path);
}

static const char *constant_text(enum pst_path_fault_kind kind)
{
	switch (kind) {
	case PST_PATH_FAULT_MALFORMED:
		return "is not an absolute path to a name";
	case PST_PATH_FAULT_TOO_LONG:
		return "is too long";
	case PST_PATH_FAULT_MISSING:
		return "does not exist";
	case PST_PATH_FAULT_DANGLING:
		return "leads through a symbolic link to a path that does not "
		       "exist: restore that path, or remove the link";
	case PST_PATH_FAULT_SYMLINK:
		return "is a symbolic link: write the path it leads to";
	case PST_PATH_FAULT_NOT_A_DIRECTORY:
		return "is not a directory";
	case PST_PATH_FAULT_NOT_A_FILE:
		return "is not a regular file";
	case PST_PATH_FAULT_LINKS:
		return "has another name (a hard link) or none: copy it";
	case PST_PATH_FAULT_TOO_BIG:
		return "is larger than 1 MiB";
	case PST_PATH_FAULT_TOO_MANY_RANGES:
		return "has more than 4096 ranges: remove unused ones with "
		       "usermod --del-subuids";
	case PST_PATH_FAULT_EXISTS:
		return "exists already, and is not overwritten";
	case PST_PATH_FAULT_NONE:
	case PST_PATH_FAULT_OWNER:
	case PST_PATH_FAULT_WRITABLE:
	case PST_PATH_FAULT_NOT_PRIVATE:
	case PST_PATH_FAULT_ERROR:
		break;
	}
	return "has no fault";
}

void pst_path_fault_describe(const struct pst_path_fault *fault, uid_t owner,
			     char *buffer, size_t buffer_bytes)
{
	if (fault->kind == PST_PATH_FAULT_OWNER)
		describe_owner(fault, owner, buffer, buffer_bytes);
	else if (fault->kind == PST_PATH_FAULT_WRITABLE)
		describe_writable(fault, buffer, buffer_bytes);
	else if (fault->kind == PST_PATH_FAULT_NOT_PRIVATE)
		describe_not_private(fault, buffer, buffer_bytes);
	else if (fault->kind == PST_PATH_FAULT_MISSING &&
		 S_ISDIR(fault->mode))
		(void)snprintf(buffer, buffer_bytes,
			       "directory %s does not exist: "
			       "install -d -m 0755 -o %u %s", fault->path,
			       owner, fault->path);
	else if (fault->kind == PST_PATH_FAULT_ERROR)
		(void)snprintf(buffer, buffer_bytes, "%s cannot be opened: %s",
			       fault->path, strerrordesc_np(fault->error));
	else
		(void)snprintf(buffer, buffer_bytes, "%s %s", fault->path,
			       constant_text(fault->kind));
}
