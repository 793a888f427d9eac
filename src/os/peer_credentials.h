/* SPDX-License-Identifier: ISC */
/*
 * Facts from the kernel about the process at the other end of a socket
 *
 * Each fact starts as invalid, never as zero, since 0 is root, and has a state.
 * A fact that this kernel or host does not have is UNKNOWN.  Any other error is
 * an error of the whole call, and the caller refuses the peer.
 *
 * SO_PEERCRED, SO_PEERGROUPS and SO_PEERSEC are of the moment of connect() (for
 * a client: of listen()).  The other facts are read from /proc by a number that
 * may be reused: so only between two proofs by a pidfd that the process still
 * exists.
 */
#ifndef POSTERN_OS_PEER_CREDENTIALS_H
#define POSTERN_OS_PEER_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "base/attributes.h"

/* Facts that are expensive, read on request only. */
enum pst_peer_want {
	PST_PEER_WANT_LABEL = 1,
	PST_PEER_WANT_CGROUP = 2,       /* and unit */
	PST_PEER_WANT_EXE = 4,
	PST_PEER_WANT_USERNS = 8,
};

struct pst_peer_credentials {
	enum postern_fact_state uid_fact;
	enum postern_fact_state gid_fact;
	enum postern_fact_state pid_fact; /* ABSENT: not in our pid namespace */
	uid_t uid;              /* effective; (uid_t)-1 until known */
	gid_t gid;              /* effective; (gid_t)-1 until known */
	pid_t pid;              /* -1 until known, 0 if not visible */

	enum postern_fact_state groups_fact;
	size_t group_count;
	gid_t *groups;          /* supplementary */

	int pidfd;              /* -1 if the kernel cannot create one */
	enum postern_fact_state pidfd_inode_fact;
	uint64_t pidfd_inode;   /* identifies the process for this boot */

	enum postern_fact_state label_fact;
	enum postern_fact_state cgroup_fact;
	enum postern_fact_state unit_fact; /* ABSENT: in no unit of that kind */
	enum postern_fact_state exe_fact;
	char *label;
	char *cgroup;
	char *unit;             /* NAME.service of the system manager */
	char *exe;
	enum postern_userns userns;
};

/* Invalid: no identity matches it. */
void pst_peer_credentials_init(struct pst_peer_credentials *credentials);

/* Frees, closes the pidfd, and leaves the state of _init(). */
void pst_peer_credentials_done(struct pst_peer_credentials *credentials);

/*
 * Read them. wants: PST_PEER_WANT_* bits; features: POSTERN_FEATURE_* bits.
 * *ret_credentials need not be initialised; after a failure it is in the state
 * of _init().
 *
 * 0, -ESRCH (the process has ended), -ENOMEM, -EMFILE, -EIO (an answer of
 * impossible form) or another -errno.
 */
PST_MUST_CHECK int
pst_peer_credentials_read(int socket_fd, unsigned wants, uint32_t features,
			  struct pst_peer_credentials *ret_credentials);

/*
 * Supplementary groups are the one fact that a process can make large, and the
 * socket returns them at any time as they were at connect().  A caller that
 * keeps many credentials forgets them, so that they are unknown, and recalls
 * them when they are needed.  0, or as above, and they are unknown.
 */
void pst_peer_credentials_forget_groups(
	struct pst_peer_credentials *credentials);
PST_MUST_CHECK int
pst_peer_credentials_recall_groups(int socket_fd,
				   struct pst_peer_credentials *credentials);

/*
 * The same facts about any process, as the given observer (a node's owner)
 * would see them if that process connected; root may ask this for another uid.
 * The label stays unknown: only a socket has it in the form of SO_PEERSEC.
 *
 * 0, -ESRCH, or as above.
 */
PST_MUST_CHECK int
pst_process_credentials_read(pid_t pid, uid_t seen_by_uid, gid_t seen_by_gid,
			     unsigned wants, uint32_t features,
			     struct pst_peer_credentials *ret_credentials);

/*
 * The inode of a process's pidfd, for the word N:INODE of a policy.
 *
 * 0, -ESRCH, -EOPNOTSUPP (this kernel's pidfds have no inodes), -errno, or as
 * pst_kernel_error().
 */
PST_MUST_CHECK int pst_process_pidfd_inode(pid_t pid, uint32_t features,
					   uint64_t *ret_inode);

/* 1 if it has ended, 0 if not (or pidfd is -1: not known), or -errno. */
PST_MUST_CHECK int pst_process_has_ended(int pidfd);

/* The default of the kernel, which a host can change. */
#define PST_OVERFLOW_ID 65534u

/*
 * The ids that stand for unmapped ones.  If /proc has no sys (subset=pid, as
 * with ProtectProc= and ProcSubset= of a unit), they are PST_OVERFLOW_ID.  0,
 * or as pst_kernel_error().
 */
PST_MUST_CHECK int pst_overflow_ids_read(uid_t *ret_uid, gid_t *ret_gid);

/* For the files of this layer, and their tests */

/*
 * The unit of the system manager that a control group belongs to: below slices
 * only, and ending in .service.  Returns its first byte in cgroup and writes
 * its length, or NULL.  Units of a user's own manager (user@N.service) are
 * deeper, and never returned.
 */
const char *pst_cgroup_unit(const char *cgroup, size_t *ret_unit_bytes);

/*
 * The control group in the text of /proc/PID/cgroup, up to the end of its line;
 * NULL if there is none.
 */
const char *pst_cgroup_find(const char *text);

#endif
