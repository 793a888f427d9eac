/* SPDX-License-Identifier: ISC */
/*
 * Subordinate uids: the user to whom a uid of a container belongs
 *
 * /etc/subuid gives users ranges of further uids (subuid(5)); with one such
 * range a single user can act as 65,536 of them.  Limits per user therefore
 * count each uid for the user of its range.  Root gives its ranges to
 * containers, which do not trust each other: there every block of 65,536 uids,
 * from the first uid of the range, counts for itself.  Uids in a range of root
 * and in one of another user count for the other user.
 *
 * A line that cannot be parsed is ignored, and a missing file means no ranges.
 * Any other fault is an error, since a user would count as 65,536 users without
 * the ranges.
 */
#ifndef POSTERN_OS_SUBORDINATE_UIDS_H
#define POSTERN_OS_SUBORDINATE_UIDS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "os/trusted_path.h"

#define PST_SUBUID_PATH "/etc/subuid"

/* A file with more lines of ranges is an error. */
#define PST_SUBORDINATE_RANGES_MAX 4096

/* The usual number of a container. */
#define PST_SUBORDINATE_BLOCK_UIDS 65536

struct pst_subordinate_range {
	uid_t first;
	uid_t last;     /* the last one of the range */
	uid_t user;     /* the uid for which it counts */
};

/*
 * Both parts are sorted by first, and no ranges of one part overlap.  All zero:
 * no ranges.
 */
struct pst_subordinate_uids {
	struct pst_subordinate_range *ranges;
	size_t range_count;             /* of users other than root */
	size_t ignored_line_count;
	size_t root_range_count;        /* of root, behind the others */
};

/*
 * Read both files, which must be trusted (trusted_file.h).  A user name that
 * the password file does not have stands for the first uid of its first range.
 * Either file may be missing, but not as the target of a symbolic link.
 *
 * 0, -EACCES (not trusted, or a link without a target), -EFBIG (too large),
 * -E2BIG (more than PST_SUBORDINATE_RANGES_MAX ranges), -ENOMEM, or another
 * -errno.  *ret_fault has the file and its fault; kind NONE: memory is
 * exhausted.
 */
PST_MUST_CHECK int
pst_subordinate_uids_read(const char *subuid_path, const char *passwd_path,
			  struct pst_subordinate_uids *ret_uids,
			  struct pst_path_fault *ret_fault);

/* Accepts an empty one, and empties it. */
void pst_subordinate_uids_done(struct pst_subordinate_uids *uids);

/*
 * The user whose range contains this uid; in a range of root, the first uid of
 * its block; without a range, the uid itself.
 */
uid_t pst_subordinate_uids_user(const struct pst_subordinate_uids *uids,
				uid_t uid);

#endif
