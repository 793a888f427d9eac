/* SPDX-License-Identifier: ISC */
/*
 * Facts: what is known of one process or user
 *
 * A node takes the facts about a peer from the peer's socket.  Here they are
 * gathered without one, so that a policy can be asked about a process that has
 * not connected, or about a user without processes:
 *
 *   postern_facts_of_process(pid, NULL, &facts);
 *   postern_policy_decide(policy, "orders", postern_facts_subject(facts),
 *                         &decision);
 *   facts = postern_facts_free(facts);
 *
 * Facts that cannot be read are UNKNOWN, and so always are the label, which only a
 * socket has, and the key, which only a handshake proves.
 *
 * Users and groups are those of /etc/passwd and /etc/group and no others, as in
 * a policy, so that a name means the same to both.  A name may be a number
 * instead (no sign, no leading zero), which needs no entry.
 *
 * All of this but _subject and _free reads files, so it may block as file
 * systems do.  Threads: facts never change, and may be used by any number of
 * threads at once.
 */
#ifndef POSTERN_FACTS_H
#define POSTERN_FACTS_H

#include <postern/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owns all that its subject points to. */
struct postern_facts;

enum postern_facts_flag {
	/* observer_uid and observer_gid are the observer; else this process is. */
	POSTERN_FACTS_OBSERVER = 1
};

/* Begins with its size; zero means the default everywhere. */
struct postern_facts_options {
	size_t size_bytes;
	uint32_t flags;         /* POSTERN_FACTS_* */
	uint32_t observer_uid;  /* zero without the flag */
	uint32_t observer_gid;
	uint32_t features_off;  /* POSTERN_FEATURE_* bits to do without */
};

#define POSTERN_FACTS_OPTIONS_INIT \
	{sizeof(struct postern_facts_options), 0, 0, 0, 0}

/*
 * The facts of a running process as the observer, a node's owner say, would
 * know them if it connected now: not every user can read its executable.  Facts
 * that this process itself may not read are unknown too, so only root can look
 * from the view of another user.
 *
 * options (NULL: defaults) is borrowed for the call.  The facts stay what they
 * were when the process goes on or ends; postern_facts_free() is due.
 *
 * Returns 0, or
 *   -ENOENT  no such process, or it has ended
 *   -EACCES  this process may know nothing about it
 *   -EINVAL  a NULL or malformed argument
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_facts_of_process(int32_t pid,
			     const struct postern_facts_options *options,
			     struct postern_facts **ret_facts);

/*
 * The facts of a process that a user, by name or uid, would start: the uid, and
 * the groups as a login would get them; a uid with several names has the groups
 * of all of them.  Of a uid without an entry only the uid is known.
 *
 * Returns 0, or
 *   -ENOENT  no such user
 *   -EACCES  one of the files cannot be read, or others could have written it
 *   -EINVAL  several uids have this name, or a NULL argument
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_facts_of_user(const char *user, struct postern_facts **ret_facts);

/*
 * The facts as a policy takes them; they live as long as `facts`.  To add to
 * them, copy the struct and change the copy.  NULL for NULL.
 */
const struct postern_subject *
postern_facts_subject(const struct postern_facts *facts);

/* Accepts NULL.  Returns NULL. */
struct postern_facts *postern_facts_free(struct postern_facts *facts);

/*
 * The word that names a process for as long as the host runs, in a policy behind its
 * number as `pid N:INODE`: the inode of its pidfd.  The number alone may be
 * another's tomorrow.
 *
 * Returns 0, or
 *   -ENOENT      no such process, or it has ended
 *   -EOPNOTSUPP  this kernel's pidfds have no inodes, or features_off
 *                (POSTERN_FEATURE_* bits) does without them
 *   -EINVAL      a NULL argument, or unknown bits
 *   -EACCES -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_process_identity(int32_t pid, uint32_t features_off,
			     uint64_t *ret_inode);

/*
 * The name of a uid, the first of several, in a text that the caller gives back
 * with free(); and the gid of a group by name or number.
 *
 * Return 0, -ENOENT (no such user or group), -EACCES and -EINVAL (as for
 * postern_facts_of_user()), -ENOMEM, -EMFILE, -ENFILE or -ECANCELED.
 */
POSTERN_MUST_CHECK
int postern_user_name(uint32_t uid, char **ret_name);
POSTERN_MUST_CHECK
int postern_group_find(const char *group, uint32_t *ret_gid);

#ifdef __cplusplus
}
#endif

#endif
