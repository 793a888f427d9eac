/* SPDX-License-Identifier: ISC */
/*
 * Files that decide who gets in: policies, keys, and the lists of names
 *
 * Such a file is a regular file of root or of the reading uid, writable by
 * nobody else, with one name, at a trusted path (trusted_path.h), which may
 * pass through links of root's or the reader's; all of that
 * is judged on the open descriptor, and the bytes come from the same
 * descriptor.
 */
#ifndef POSTERN_OS_TRUSTED_FILE_H
#define POSTERN_OS_TRUSTED_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "os/trusted_path.h"

#define PST_TRUSTED_FILE_BYTES_MAX (1024u * 1024u)

enum pst_trusted_file_flag {
	/* Go on where only trust is lacking (owner, mode, links, symbolic
	 * links on the way): the fault is a warning then. */
	PST_TRUSTED_FILE_WARN_ONLY = 1,
};

/* A whole file.  bytes is terminated by a zero beyond byte_count. */
struct pst_trusted_file {
	char *bytes;
	size_t byte_count;
	uid_t owner;
};

/*
 * Open for reading.  reader: the uid besides root that may own it, usually
 * geteuid(); see pst_trusted_path_owner_of().  *ret_fault is always written; kind NONE: nothing to complain of.
 *
 * 0, -ENOENT (missing), -EACCES (any other fault), or -errno (kind ERROR).
 */
PST_MUST_CHECK int pst_trusted_file_open(const char *path, uid_t reader,
					 unsigned flags, int *ret_fd,
					 struct pst_path_fault *ret_fault);

/* Read an open file to its end, or until the room is full.  0 or -errno. */
PST_MUST_CHECK int pst_trusted_file_read_bytes(int fd, void *bytes,
					       size_t room_bytes,
					       size_t *ret_byte_count);

/*
 * Read it whole, at most PST_TRUSTED_FILE_BYTES_MAX bytes.  As above, and
 * -EFBIG, or -ENOMEM.
 */
PST_MUST_CHECK int pst_trusted_file_read(const char *path, uid_t reader,
					 unsigned flags,
					 struct pst_trusted_file *ret_file,
					 struct pst_path_fault *ret_fault);

/* Accepts an empty one, and empties it. */
void pst_trusted_file_done(struct pst_trusted_file *file);

/* -- directories of them --------------------------------------------------- */

enum pst_trusted_entry_kind {
	PST_TRUSTED_ENTRY_NONE = 0,     /* not to be listed */
	PST_TRUSTED_ENTRY_FILE,         /* NAME.conf, to be read */
	PST_TRUSTED_ENTRY_MASK,         /* NAME.conf, a link to /dev/null */
	PST_TRUSTED_ENTRY_STRAY,        /* another regular file: warn */
};

struct pst_trusted_entry {
	enum pst_trusted_entry_kind kind;
	char *name;
};

/* Sorted by name, as bytes. */
struct pst_trusted_listing {
	struct pst_trusted_entry *entries;
	size_t entry_count;
	DIR *directory;         /* stays open, for its files */
};

/*
 * List a directory of policy files.  It must be closed (nobody else may add
 * entries, sticky or not).  A NAME.conf of any type but a mask is a FILE, so
 * that reading it says what is wrong with it; back-ups (*~, .dpkg-*, *.swp) and
 * README are left out, and so is what is neither *.conf nor a regular file.
 *
 * 0, -ENOENT (no such directory, and no symbolic link leads to it: the fault of
 * one that a link leads to is DANGLING), -EACCES, or -errno, as for a file.
 */
PST_MUST_CHECK int
pst_trusted_listing_read(const char *path, uid_t reader, unsigned flags,
			 struct pst_trusted_listing *ret_listing,
			 struct pst_path_fault *ret_fault);

/*
 * Read a file of a listing, at this path, as pst_trusted_file_read() does.  The
 * file is looked up in the directory that was listed, although another one may
 * be at its path by now; the path is used for messages, and where the name is a
 * relative link.
 */
PST_MUST_CHECK int
pst_trusted_listing_read_file(const struct pst_trusted_listing *listing,
			      const char *path, uid_t reader, unsigned flags,
			      struct pst_trusted_file *ret_file,
			      struct pst_path_fault *ret_fault);

/* As the shell's *.conf: a hidden file is none. */
bool pst_trusted_listing_is_policy_name(const char *name);

void pst_trusted_listing_done(struct pst_trusted_listing *listing);

#endif
