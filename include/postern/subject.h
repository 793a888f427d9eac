/* SPDX-License-Identifier: ISC */
/*
 * Subjects: the facts about a process or a user on which a policy decides
 *
 * A node takes the facts about a peer from the peer's socket.  The functions
 * here read them without a socket, to ask a policy about a process that has not
 * connected, or about a user without a process:
 *
 *   postern_subject_new_for_pid(pid, NULL, &subject);
 *   postern_policy_decide(policy, "orders", subject, &decision);
 *   subject = postern_subject_free(subject);
 *
 * A fact that cannot be read is UNKNOWN.  So are always the security label,
 * which only a socket has, and the key, which only a handshake can prove.
 *
 * Users and groups are looked up in /etc/passwd and /etc/group only, as in a
 * policy, so that a name means the same in both.  A name can also be a decimal
 * number (without sign and leading zeros), which needs no entry in these files.
 *
 * All calls except postern_subject_free() read files, so they may block as file
 * systems do.  A subject never changes; any number of threads may use it at once.
 */
#ifndef POSTERN_SUBJECT_H
#define POSTERN_SUBJECT_H

#include <postern/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

enum postern_subject_flag {
	/* seen_by_uid and seen_by_gid are the observer, not this process. */
	POSTERN_SUBJECT_SEEN_BY = 1
};

/* Begins with its size; zero means the default everywhere. */
struct postern_subject_options {
	size_t size_bytes;
	uint32_t flags;             /* POSTERN_SUBJECT_* */
	uint32_t seen_by_uid;       /* 0 without the flag */
	uint32_t seen_by_gid;
	uint32_t disable_features;  /* POSTERN_FEATURE_* bits not to use */
};

#define POSTERN_SUBJECT_OPTIONS_INIT \
	{sizeof(struct postern_subject_options), 0, 0, 0, 0}

/*
 * Get the facts of a running process as an observer would know them if the
 * process connected now.  The observer is usually the owner of a node; not
 * every user can read the executable of every process.  A fact that the calling
 * process may not read is unknown too, so only root can get the facts as
 * another user sees them.
 *
 * options (NULL: defaults) is borrowed for the call.  The subject does not change
 * when the process continues or exits.  It owns what it points to; to add a fact,
 * copy the struct and change the copy.  Free it with postern_subject_free().
 *
 * Returns 0, or
 *   -ENOENT  there is no such process, or it has exited
 *   -EACCES  this process may not read anything about it
 *   -EINVAL  an argument is NULL or malformed
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_subject_new_for_pid(int32_t pid,
				const struct postern_subject_options *options,
				const struct postern_subject **ret_subject);

/*
 * Get the facts of a process that a user (a name or a uid) would start: the
 * uid, and the groups that a login would set.  A uid with several names has the
 * groups of all of them.  Of a uid without an entry only the uid is known.
 * Free the subject with postern_subject_free().
 *
 * Returns 0, or
 *   -ENOENT  there is no such user
 *   -EACCES  one of the files cannot be read, or another user could have
 *            written it
 *   -EINVAL  an argument is NULL, or several uids have this name
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_subject_new_for_user(const char *user,
				 const struct postern_subject **ret_subject);

/*
 * Free a subject of postern_subject_new_for_pid() or _new_for_user(), not a copy
 * of one.  Accepts NULL.
 *
 * Returns NULL.
 */
const struct postern_subject *
postern_subject_free(const struct postern_subject *subject);

/*
 * Get the inode of a process's pidfd.  It identifies the process for as long as
 * the host is up, and follows its number in a policy: `pid N:INODE`.  The
 * number alone may later belong to another process.
 *
 * Returns 0, or
 *   -ENOENT      there is no such process, or it has exited
 *   -EOPNOTSUPP  this kernel's pidfds have no inodes, or disable_features
 *                excludes them
 *   -EINVAL      an argument is NULL, or disable_features has unknown bits
 *   -EACCES      this process may not open the process
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_pidfd_inode(int32_t pid, uint32_t disable_features,
			uint64_t *ret_inode);

/*
 * Get the name of a uid, the first if it has several.  The caller frees the
 * text with free().
 *
 * Returns 0, or
 *   -ENOENT  there is no such user
 *   -EACCES  /etc/passwd cannot be read, or another user could have written it
 *   -EINVAL  ret_name is NULL
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_user_from_uid(uint32_t uid, char **ret_name);

/*
 * Get the gid of a group (a name or a number).
 *
 * Returns 0, or
 *   -ENOENT  there is no such group
 *   -EACCES  /etc/group cannot be read, or another user could have written it
 *   -EINVAL  an argument is NULL, or several gids have this name
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_gid_from_group(const char *group, uint32_t *ret_gid);

#ifdef __cplusplus
}
#endif

#endif
