/* SPDX-License-Identifier: ISC */
/*
 * Questions about the host that a policy is for
 *
 * The builder asks them while it reads.  Each returns 0 or -errno; an errno that
 * is not named here is reported as a failure of the host, not of the policy.
 */
#ifndef POSTERN_POLICY_POLICY_HOST_H
#define POSTERN_POLICY_POLICY_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pst_name_table;

struct pst_policy_host {
	struct pst_name_table *names; /* for the first three */
	void *user_data;              /* for the others */

	/* -ENOENT: there is no such name.  -ENOTUNIQ: it has several ids. */
	int (*find_user)(struct pst_name_table *names, const char *name,
			 uint32_t *ret_uid);
	int (*find_group)(struct pst_name_table *names, const char *name,
			  uint32_t *ret_gid);

	/* The uids that the group's entry lists or whose primary group it is,
	 * possibly none.  They are valid until the next question. */
	int (*find_members)(struct pst_name_table *names, uint32_t gid,
			    const uint32_t **ret_uids, size_t *ret_uid_count);

	/* Whether process pid runs and its pidfd has this inode.
	 * -EOPNOTSUPP: this kernel has no pidfs. */
	int (*find_process)(void *user_data, int32_t pid, uint64_t inode,
			    bool *ret_is_alive);

	/* The path of the program, without symbolic links, that path leads to.
	 * May be NULL. */
	int (*find_program)(void *user_data, const char *path, char *target,
			    size_t target_bytes);

	/* The content of a key file, not terminated, and its size.  On failure
	 * text is a terminated sentence that gives the cause, or empty. */
	int (*read_key)(void *user_data, const char *path, char *text,
			size_t text_bytes, size_t *ret_text_bytes);
};

#endif
