/* SPDX-License-Identifier: ISC */
/*
 * The users that the integration tests play
 *
 * With root, each role is a uid of its own.  Without, all roles are the one uid
 * there is, and the cases that need several skip.
 */
#ifndef POSTERN_SUPPORT_USERS_H
#define POSTERN_SUPPORT_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum role {
	ROLE_OWNER,     /* of the node */
	ROLE_PEER,      /* whom the policies allow */
	ROLE_OTHER,     /* whom they do not */
	ROLE_THIRD,
	ROLE_FOURTH,
	ROLE_FIFTH,
	ROLE_SIXTH,
	ROLE_ROOT,      /* with root: stays so */
};

/* A group of nobody in particular, given to processes as a further one. */
#define SHARED_GID ((gid_t)20100)

#define NEEDS_USERS "needs root, to be several users"

/* Asked first before anything drops its privileges, and remembered. */
bool users_are_several(void);

uid_t uid_of(enum role role);
gid_t gid_of(enum role role);

/*
 * Become it for good, with the given supplementary groups.  Who is that user
 * already stays so, and without root everybody is; but then there are no groups
 * to give.  Returns 0 or -errno.
 */
int become(enum role role, const gid_t *groups, size_t group_count);

/*
 * Be the role for a while, by its effective ids; and root again.  A process
 * must not end in between: a leak checker cannot look into one of mixed ids.
 * 0 or -errno; without root nothing happens.
 */
int act_as(enum role role);
int be_root_again(void);

#endif
