/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says about the process at the other end of a socket
 *
 * Everything starts as invalid, never as zero, since 0 is root; and each fact
 * carries whether it is known.  A fact that this kernel or host does not have
 * is UNKNOWN; an error on the way is an error of the whole call, which the
 * caller takes for a refusal.
 *
 * SO_PEERCRED, SO_PEERGROUPS and SO_PEERSEC tell of the moment of connect() (of
 * listen(), seen from a connector).  The rest is read from /proc, by a number
 * that may be reused: so only between two proofs by the pidfd that the process
 * still lives, and only where the kernel gives us such a pidfd.
 */
#ifndef POSTERN_OS_PEER_CREDENTIALS_H
#define POSTERN_OS_PEER_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "base/attributes.h"

/* The facts that cost extra, to be asked for; all else is always read. */
enum pst_peer_want {
	PST_PEER_WANT_LABEL = 1,
	PST_PEER_WANT_CGROUP = 2,       /* and unit */
	PST_PEER_WANT_EXE = 4,
	PST_PEER_WANT_USERNS = 8,
};

struct pst_peer_credentials {
	enum postern_fact uid_fact;
	enum postern_fact gid_fact;
	enum postern_fact pid_fact;     /* ABSENT: not in our pid namespace */
	uid_t uid;              /* effective; (uid_t)-1 until known */
	gid_t gid;              /* effective; (gid_t)-1 until known */
	pid_t pid;              /* -1 until known, 0 if not visible */

	enum postern_fact groups_fact;
	size_t group_count;
	gid_t *groups;          /* supplementary */

	int pidfd;              /* -1 if the kernel cannot give one */
	enum postern_fact pidfd_inode_fact;
	uint64_t pidfd_inode;   /* names the process for this boot */

	enum postern_fact label_fact;
	enum postern_fact cgroup_fact;
	enum postern_fact unit_fact;    /* ABSENT: in no unit of that kind */
	enum postern_fact exe_fact;
	char *label;
	char *cgroup;
	char *unit;             /* NAME.service of the system manager */
	char *exe;
	enum postern_userns userns;
};

/* Invalid: no identity matches it. */
void pst_peer_credentials_init(struct pst_peer_credentials *credentials);

/* Frees, closes the pidfd, and leaves it as _init() does. */
void pst_peer_credentials_done(struct pst_peer_credentials *credentials);

/*
 * Read them.  wants: PST_PEER_WANT_* bits; features: POSTERN_FEATURE_* bits.
 * *ret_credentials need not be initialised; after a failure it is as _init()
 * leaves it.
 *
 * 0, -ESRCH (the process has ended), -ENOMEM, -EMFILE, -EIO (an answer of
 * impossible form) or another -errno.
 */
PST_MUST_CHECK int
pst_peer_credentials_read(int socket_fd, unsigned wants, uint32_t features,
			  struct pst_peer_credentials *ret_credentials);

/*
 * Supplementary groups are the one fact that a process can make large, and its
 * socket tells them at any time as they were at connect(): whoever keeps many
 * credentials for long forgets them, which makes them unknown, and recalls them
 * when he needs them.  0, or as above, and they are unknown.
 */
void pst_peer_credentials_forget_groups(
	struct pst_peer_credentials *credentials);
PST_MUST_CHECK int
pst_peer_credentials_recall_groups(int socket_fd,
				   struct pst_peer_credentials *credentials);

/*
 * The same facts about any process, as the given observer (a node's owner)
 * would see them if that process connected; root may ask this for another uid.
 * The label stays unknown: nothing but a socket tells it as SO_PEERSEC would.
 *
 * 0, -ESRCH, or as above.
 */
PST_MUST_CHECK int
pst_process_credentials_read(pid_t pid, uid_t observer_uid, gid_t observer_gid,
			     unsigned wants, uint32_t features,
			     struct pst_peer_credentials *ret_credentials);

/*
 * The inode of a process's pidfd, for the word N:INODE of a policy.
 *
 * 0, -ESRCH, -EOPNOTSUPP (this kernel's pidfds have no inodes), -errno, or as
 * pst_kernel_error().
 */
PST_MUST_CHECK int pst_process_identity(pid_t pid, uint32_t features,
					uint64_t *ret_inode);

/* 1 it has, 0 it lives (or pidfd is -1: nobody can tell), or -errno. */
PST_MUST_CHECK int pst_process_has_ended(int pidfd);

/* The kernel's own choice, which a host can change. */
#define PST_OVERFLOW_ID 65534u

/*
 * The ids that stand for "not mapped here".  Where /proc has no sys (subset=pid,
 * as with ProtectProc= and ProcSubset= of a unit), they are PST_OVERFLOW_ID.  0,
 * or as pst_kernel_error().
 */
PST_MUST_CHECK int pst_overflow_ids_read(uid_t *ret_uid, gid_t *ret_gid);

/* -- for the files of this layer, and their tests -------------------------- */

/*
 * The unit of the system manager that a control group belongs to: below slices
 * only, and ending in .service.  Returns its first byte in cgroup and writes
 * its length, or NULL.  What a user's own manager (user@N.service) calls its
 * units lies deeper, and is never returned.
 */
const char *pst_cgroup_unit(const char *cgroup, size_t *ret_unit_bytes);

/* The control group in the text of /proc/PID/cgroup, up to the end of its line;
 * NULL where there is none. */
const char *pst_cgroup_find(const char *text);

#endif
