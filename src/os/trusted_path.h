/* SPDX-License-Identifier: ISC */
/*
 * Paths that only root and one owner can redirect
 *
 * A check of the last component proves nothing if another user can rename a
 * directory above it.  So a path is walked from the root, one component at a
 * time.  Each is opened without following symbolic links and checked on the
 * open descriptor; the result is a descriptor.  If a link may be followed, the
 * walk starts again with the new path.
 *
 * Every directory on the way belongs to root or to the owner, and is not
 * writable by group or others, unless it is root's and sticky (/tmp): there
 * others may add entries but not change the one below, which is checked too.
 */
#ifndef POSTERN_OS_TRUSTED_PATH_H
#define POSTERN_OS_TRUSTED_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/attributes.h"

#define PST_PATH_BYTES 1024

enum pst_path_fault_kind {
	PST_PATH_FAULT_NONE = 0,
	PST_PATH_FAULT_MALFORMED,       /* empty, or relative where not
					 * allowed */
	PST_PATH_FAULT_TOO_LONG,
	PST_PATH_FAULT_MISSING,
	PST_PATH_FAULT_DANGLING,        /* missing, and links lead there */
	PST_PATH_FAULT_SYMLINK,
	PST_PATH_FAULT_NOT_A_DIRECTORY,
	PST_PATH_FAULT_NOT_A_FILE,      /* a device, a pipe, a directory … */
	PST_PATH_FAULT_OWNER,           /* neither root nor the owner */
	PST_PATH_FAULT_WRITABLE,        /* by group or others */
	PST_PATH_FAULT_NOT_PRIVATE,     /* accessible to group or others */
	PST_PATH_FAULT_LINKS,           /* has another name, or none */
	PST_PATH_FAULT_TOO_BIG,
	PST_PATH_FAULT_TOO_MANY_RANGES, /* of subordinate uids */
	PST_PATH_FAULT_EXISTS,          /* although it must not */
	PST_PATH_FAULT_ERROR,           /* an error of the kernel: see error */
};

/* A fault, and the part of the path that has it. */
struct pst_path_fault {
	enum pst_path_fault_kind kind;
	int error;              /* errno of PST_PATH_FAULT_ERROR */
	uid_t owner;            /* if it is known */
	mode_t mode;            /* likewise; the type is also known for a
				 * missing directory */
	char path[PST_PATH_BYTES];
};

/* For pst_trusted_path_open_directory(). */
enum pst_trusted_path_flag {
	/*
	 * The last directory may not be sticky and writable either: no other
	 * user may add entries to it.
	 */
	PST_TRUSTED_PATH_CLOSED = 1,
	/*
	 * A path that is not absolute begins in the working directory, which is
	 * checked as well, with all directories above it.
	 */
	PST_TRUSTED_PATH_MAY_BE_RELATIVE = 2,
	/*
	 * Symbolic links are followed if they belong to root or the owner: then
	 * no other user can have made them, or change their target.
	 */
	PST_TRUSTED_PATH_FOLLOW = 4,
	/* Directories of this process's effective user are accepted too. */
	PST_TRUSTED_PATH_OR_OWN = 8,
};

/*
 * The owner to trust, besides root, for a process with this uid.  It is root if
 * the uid stands for owners that a user namespace or a mount does not map:
 * files of all of them show that uid.
 */
uid_t pst_trusted_path_owner_of(uid_t reader);

/*
 * Open a directory as O_PATH.  ret_fault may not be NULL; it is written when
 * this fails.
 *
 * 0, -ENOENT (missing), -EACCES (any other fault of the path), or -errno (kind
 * ERROR).
 */
PST_MUST_CHECK int
pst_trusted_path_open_directory(const char *path, uid_t owner, unsigned flags,
				int *ret_dir_fd,
				struct pst_path_fault *ret_fault);

/*
 * Open the directory that contains the socket of a node, as O_PATH; the socket
 * need not exist.  The directory is CLOSED: it belongs to root or the owner and
 * is writable by no other user, not even with the sticky bit, so that only the
 * owner can create a socket there.  The node checks this before bind(), the
 * client before connect().
 *
 * path is absolute, and *ret_name is its last component, a pointer into it.
 * flags: 0 or PST_TRUSTED_PATH_OR_OWN.  Results as above.
 */
PST_MUST_CHECK int
pst_trusted_path_open_parent(const char *path, uid_t owner, unsigned flags,
			     int *ret_dir_fd, const char **ret_name,
			     struct pst_path_fault *ret_fault);

/*
 * Write one sentence to buffer: the fault, the path and, if there is one, the
 * command that corrects it for this owner.  Truncated to the buffer; always
 * terminated.
 */
void pst_path_fault_describe(const struct pst_path_fault *fault, uid_t owner,
			     char *buffer, size_t buffer_bytes);

/* For the files of this layer */

/* Fill *fault, and return the result for it.  status may be NULL. */
int pst_path_fault_set(struct pst_path_fault *fault,
		       enum pst_path_fault_kind kind, const char *path,
		       size_t path_bytes, const struct stat *status);
int pst_path_fault_set_error(struct pst_path_fault *fault, int error,
			     const char *path, size_t path_bytes);

/* Whether only trust is lacking: the path leads to a file. */
bool pst_path_fault_may_be_warning(const struct pst_path_fault *fault);

/*
 * Replace the name of a link, at absolute[begin, end), by its target;
 * *link_count counts links.  dir_fd is the trusted directory that contains it.
 */
PST_MUST_CHECK int
pst_trusted_path_expand_link(int dir_fd, const char *name,
			     char absolute[static PST_PATH_BYTES], size_t begin,
			     size_t end, uid_t owner, unsigned *link_count,
			     struct pst_path_fault *ret_fault);

/*
 * Split an acceptable path into its directory, copied to directory and never
 * empty ("." if it has none), and its last component, a pointer into path.
 */
PST_MUST_CHECK int
pst_trusted_path_split(const char *path, char directory[static PST_PATH_BYTES],
		       const char **ret_name,
		       struct pst_path_fault *ret_fault);

/*
 * The path without symbolic links, absolute.  Does not check trust.  0,
 * -ENAMETOOLONG, -ENOMEM, or the error of following it.
 */
PST_MUST_CHECK int pst_path_resolve(const char *path, char *resolved,
				    size_t resolved_bytes);

#endif
