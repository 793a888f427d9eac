/* SPDX-License-Identifier: ISC */
/*
 * Files that decide about access: policies, keys, and the lists of names
 *
 * Such a file is a regular file of root or of the reading uid.  It is not
 * writable by any other user and has one name.  Its path is trusted
 * (trusted_path.h), but may pass through links of root or the reader.  All of
 * this is checked on the open descriptor that is then read.
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
	/*
	 * Continue if only trust is lacking (owner, mode, links, symbolic links
	 * on the way): the fault is a warning then.
	 */
	PST_TRUSTED_FILE_WARN_ONLY = 1,
};

/* A whole file.  A zero byte after byte_count terminates bytes. */
struct pst_trusted_file {
	char *bytes;
	size_t byte_count;
	uid_t owner;
};

/*
 * Open for reading. reader: the uid besides root that may own it, usually
 * geteuid(); see pst_trusted_path_owner_of().  *ret_fault is always written;
 * kind NONE: no fault.
 *
 * 0, -ENOENT (missing), -EACCES (any other fault), or -errno (kind ERROR).
 */
PST_MUST_CHECK int pst_trusted_file_open(const char *path, uid_t reader,
					 unsigned flags, int *ret_fd,
					 struct pst_path_fault *ret_fault);

/* Read an open file to its end, or until the buffer is full.  0 or -errno. */
PST_MUST_CHECK int pst_trusted_file_read_bytes(int fd, void *bytes,
					       size_t capacity_bytes,
					       size_t *ret_byte_count);

/*
 * Read a whole file of at most PST_TRUSTED_FILE_BYTES_MAX bytes.  As above, and
 * -EFBIG, or -ENOMEM.
 */
PST_MUST_CHECK int pst_trusted_file_read(const char *path, uid_t reader,
					 unsigned flags,
					 struct pst_trusted_file *ret_file,
					 struct pst_path_fault *ret_fault);

/* Accepts an empty one, and empties it. */
void pst_trusted_file_done(struct pst_trusted_file *file);

/* Directories of such files */

enum pst_trusted_entry_kind {
	PST_TRUSTED_ENTRY_NONE = 0,     /* not listed */
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
	DIR *directory;         /* open, for reading its files */
};

/*
 * List a directory of policy files.  It must be closed (no other user may add
 * entries, sticky or not).  A NAME.conf of any type but a mask is a FILE, so
 * that reading it reports the fault.  Back-ups (*~, .dpkg-*, *.swp) and README
 * are skipped, and so is every file that is neither *.conf nor regular.
 *
 * 0, -ENOENT (no such directory, and no symbolic link leads to it; otherwise
 * the fault is DANGLING), -EACCES, or -errno, as for a file.
 */
PST_MUST_CHECK int
pst_trusted_listing_read(const char *path, uid_t reader, unsigned flags,
			 struct pst_trusted_listing *ret_listing,
			 struct pst_path_fault *ret_fault);

/*
 * Read a file of a listing, at this path, as pst_trusted_file_read() does.  The
 * file is looked up in the directory that was listed, even if its path leads to
 * another one by now; the path is used for messages, and for relative links.
 */
PST_MUST_CHECK int
pst_trusted_listing_read_file(const struct pst_trusted_listing *listing,
			      const char *path, uid_t reader, unsigned flags,
			      struct pst_trusted_file *ret_file,
			      struct pst_path_fault *ret_fault);

/* Matches *.conf as the shell does: without hidden files. */
bool pst_trusted_listing_is_policy_name(const char *name);

void pst_trusted_listing_done(struct pst_trusted_listing *listing);

#endif
