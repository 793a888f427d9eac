/* SPDX-License-Identifier: ISC */
/*
 * The users that the integration tests play
 */
#include "support/users.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#define FIRST_UID 20001

bool users_are_several(void)
{
	static int are_several = -1;

	if (are_several < 0)
		are_several = geteuid() == 0;
	return are_several == 1;
}

uid_t uid_of(enum role role)
{
	if (!users_are_several())
		return getuid();
	if (role == ROLE_ROOT)
		return 0;
	return FIRST_UID + (uid_t)role;
}

gid_t gid_of(enum role role)
{
	if (!users_are_several())
		return getgid();
	return (gid_t)uid_of(role);
}

int become(enum role role, const gid_t *groups, size_t group_count)
{
	uid_t uid = uid_of(role);
	gid_t gid = gid_of(role);

	if (!users_are_several() || (getuid() == uid && uid != 0))
		return group_count == 0 ? 0 : -EPERM;
	if (setgroups(group_count, groups) < 0 ||
	    setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	/* As if the program had been started by that user. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		return -errno;
	return 0;
}

int act_as(enum role role)
{
	int r = be_root_again();

	if (r < 0 || !users_are_several())
		return r;
	if (setegid(gid_of(role)) < 0 || seteuid(uid_of(role)) < 0)
		return -errno;
	return 0;
}

int be_root_again(void)
{
	if (users_are_several() &&
	    (setresuid(0, 0, 0) < 0 || setresgid(0, 0, 0) < 0))
		return -errno;
	return 0;
}
