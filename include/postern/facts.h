/* SPDX-License-Identifier: ISC */
/*
 * Facts: the attributes of a process or a user on which a policy decides
 *
 * A node takes the facts about a peer from the peer's socket.  The functions
 * here read them without a socket, to ask a policy about a process that has not
 * connected, or about a user without a process:
 *
 *   postern_facts_of_process(pid, NULL, &facts);
 *   postern_policy_decide(policy, "orders", postern_facts_subject(facts),
 *                         &decision);
 *   facts = postern_facts_free(facts);
 *
 * A fact that cannot be read is UNKNOWN.  So are always the security label,
 * which only a socket has, and the key, which only a handshake can prove.
 *
 * Users and groups are looked up in /etc/passwd and /etc/group only, as in a
 * policy, so that a name means the same in both.  A name can also be a decimal
 * number (without sign and leading zeros), which needs no entry in these files.
 *
 * All calls except _subject and _free read files, so they may block as file
 * systems do.  Facts never change; any number of threads may use them at once.
 */
#ifndef POSTERN_FACTS_H
#define POSTERN_FACTS_H

#include <postern/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owns everything that its subject points to. */
struct postern_facts;

enum postern_facts_flag {
	/* observer_uid and observer_gid are the observer, not this process. */
	POSTERN_FACTS_OBSERVER = 1
};

/* Begins with its size; zero means the default everywhere. */
struct postern_facts_options {
	size_t size_bytes;
	uint32_t flags;         /* POSTERN_FACTS_* */
	uint32_t observer_uid;  /* 0 without the flag */
	uint32_t observer_gid;
	uint32_t features_off;  /* POSTERN_FEATURE_* bits not to use */
};

#define POSTERN_FACTS_OPTIONS_INIT \
	{sizeof(struct postern_facts_options), 0, 0, 0, 0}

/*
 * Get the facts of a running process as an observer would know them if the
 * process connected now.  The observer is usually the owner of a node; not
 * every user can read the executable of every process.  A fact that the calling
 * process may not read is unknown too, so only root can get the facts as
 * another user sees them.
 *
 * options (NULL: defaults) is borrowed for the call.  The facts do not change
 * when the process continues or exits.  Free them with postern_facts_free().
 *
 * Returns 0, or
 *   -ENOENT  there is no such process, or it has exited
 *   -EACCES  this process may not read anything about it
 *   -EINVAL  an argument is NULL or malformed
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_facts_of_process(int32_t pid,
			     const struct postern_facts_options *options,
			     struct postern_facts **ret_facts);

/*
 * Get the facts of a process that a user (a name or a uid) would start: the
 * uid, and the groups that a login would set.  A uid with several names has the
 * groups of all of them.  Of a uid without an entry only the uid is known.
 * Free the facts with postern_facts_free().
 *
 * Returns 0, or
 *   -ENOENT  there is no such user
 *   -EACCES  one of the files cannot be read, or another user could have
 *            written it
 *   -EINVAL  an argument is NULL, or several uids have this name
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_facts_of_user(const char *user, struct postern_facts **ret_facts);

/*
 * Get the facts in the form that postern_policy_decide() takes.  The struct
 * lives as long as the facts.  To add to it, copy it and change the copy.
 *
 * Returns the subject; NULL for NULL.
 */
const struct postern_subject *
postern_facts_subject(const struct postern_facts *facts);

/* Free facts.  Accepts NULL.  Returns NULL. */
struct postern_facts *postern_facts_free(struct postern_facts *facts);

/*
 * Get the inode of a process's pidfd.  It identifies the process for as long as
 * the host is up, and follows its number in a policy: `pid N:INODE`.  The
 * number alone may later belong to another process.
 *
 * Returns 0, or
 *   -ENOENT      there is no such process, or it has exited
 *   -EOPNOTSUPP  this kernel's pidfds have no inodes, or features_off
 *                excludes them
 *   -EINVAL      an argument is NULL, or features_off has unknown bits
 *   -EACCES      this process may not open the process
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_process_identity(int32_t pid, uint32_t features_off,
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
int postern_user_name(uint32_t uid, char **ret_name);

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
int postern_group_find(const char *group, uint32_t *ret_gid);

#ifdef __cplusplus
}
#endif

#endif
