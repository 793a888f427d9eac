/* SPDX-License-Identifier: ISC */
/*
 * Reading /etc/passwd and /etc/group entry by entry, for the files of this
 * layer
 *
 * libc parses the format; this module decides which file is read, and whether
 * it is trusted.  Both kinds of file have a name and an id, and data that links
 * users to groups.
 */
#ifndef POSTERN_OS_NAME_ENTRIES_H
#define POSTERN_OS_NAME_ENTRIES_H

#include <sys/types.h>

#include "base/attributes.h"
#include "os/trusted_path.h"

enum pst_name_kind {
	PST_NAME_USER = 0,
	PST_NAME_GROUP
};

struct pst_name_entry {
	const char *name;
	uid_t id;              /* uid, or gid: they are the same type */
	gid_t primary_gid;     /* of a user */
	char *const *members;  /* of a group: their names, ended by NULL */
};

/*
 * Receives one entry, which is valid during the call.  Returns 0 to continue;
 * any other value ends the reading.
 */
typedef int pst_name_take_fn(void *object, const struct pst_name_entry *entry);

/*
 * Pass every entry of a file to take().  "+name" and "-name", which refer libc
 * to another source, are skipped.  Returns 0 at the end, the result of take()
 * if that was not 0, -ENOENT (no such file), -EACCES (not trusted), or another
 * -errno.  *ret_fault (may be NULL) is the reason if the file cannot be opened;
 * its kind is NONE otherwise.
 */
PST_MUST_CHECK int pst_name_entries_read(enum pst_name_kind kind,
					 const char *path,
					 pst_name_take_fn *take, void *object,
					 struct pst_path_fault *ret_fault);

#endif
