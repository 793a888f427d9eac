/* SPDX-License-Identifier: ISC */
/*
 * Subjects: the facts that a policy decides on, see subject.h
 */
#include "identity/subject.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/features.h"
#include "os/name_lookup.h"
#include "os/peer_credentials.h"
#include "policy/policy_table.h"
#include "policy/policy_values.h"

static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are passed as they are");

#define ALL_WANTS (PST_PEER_WANT_CGROUP | PST_PEER_WANT_EXE | \
		   PST_PEER_WANT_USERNS)
#define ID_MAX (UINT32_MAX - 1)

/* A subject with the credentials that it borrows from. */
struct owned_subject {
	struct pst_peer_credentials credentials;
	struct postern_subject subject;
};

unsigned pst_subject_wants(const struct pst_policy_node *rules)
{
	uint32_t facts = rules->facts_used;
	unsigned wants = 0;

	if (facts & PST_POLICY_FACT_LABEL)
		wants |= PST_PEER_WANT_LABEL;
	if (facts & (PST_POLICY_FACT_CGROUP | PST_POLICY_FACT_UNIT))
		wants |= PST_PEER_WANT_CGROUP;
	if (facts & PST_POLICY_FACT_EXE)
		wants |= PST_PEER_WANT_EXE;
	if (facts & PST_POLICY_FACT_USERNS)
		wants |= PST_PEER_WANT_USERNS;
	return wants;
}

void pst_subject_init(struct postern_subject *subject,
		      const struct pst_peer_credentials *credentials,
		      const uint8_t *key, uid_t overflow_uid,
		      gid_t overflow_gid)
{
	*subject = (struct postern_subject) {
		.size_bytes = sizeof(*subject),
		.uid_fact = credentials->uid_fact,
		.uid = credentials->uid,
		.gid_fact = credentials->gid_fact,
		.gid = credentials->gid,
		.groups_fact = credentials->groups_fact,
		.group_count = (uint32_t)credentials->group_count,
		.groups = credentials->groups,
		.pid_fact = credentials->pid_fact,
		.pid = credentials->pid,
		.pid_inode_fact = credentials->pidfd_inode_fact,
		.pid_inode = credentials->pidfd_inode,
		.label_fact = credentials->label_fact,
		.label = credentials->label,
		.unit_fact = credentials->unit_fact,
		.unit = credentials->unit,
		.cgroup_fact = credentials->cgroup_fact,
		.cgroup = credentials->cgroup,
		.exe_fact = credentials->exe_fact,
		.exe = credentials->exe,
		.userns = credentials->userns,
		.key_fact = key ? POSTERN_FACT_KNOWN : POSTERN_FACT_ABSENT,
		.overflow_uid = overflow_uid,
		.overflow_gid = overflow_gid,
	};
	if (key)
		memcpy(subject->key, key, sizeof(subject->key));
}

typedef int id_lookup(const char *path, const char *name, uint32_t *ret_id);

static struct owned_subject *owned_new(void)
{
	struct owned_subject *owned = calloc(1, sizeof(*owned));

	if (owned)
		pst_peer_credentials_init(&owned->credentials);
	return owned;
}

static struct owned_subject *owned_free(struct owned_subject *owned)
{
	if (owned)
		pst_peer_credentials_done(&owned->credentials);
	free(owned);
	return NULL;
}

/*
 * Fill in the subject from the credentials and return it.  r is the result of
 * reading the credentials; if it is an error, free the object.
 */
static int finish(struct owned_subject *owned, int r,
		  struct postern_subject **ret_subject)
{
	uid_t overflow_uid;
	gid_t overflow_gid;

	if (r == 0) {
		r = pst_overflow_ids_read(&overflow_uid, &overflow_gid);
		/* /proc is missing; -ENOENT would mean an unknown user. */
		if (r == -ENOENT)
			r = -ENOSYS;
	}
	if (r < 0) {
		owned = owned_free(owned);
		return r;
	}
	pst_subject_init(&owned->subject, &owned->credentials, NULL,
			 overflow_uid, overflow_gid);
	/* Only a handshake tells whether there is a key. */
	owned->subject.key_fact = POSTERN_FACT_UNKNOWN;
	*ret_subject = &owned->subject;
	return 0;
}

int pst_subject_new_for_pid(int32_t pid,
			    const struct postern_subject_options *options,
			    struct postern_subject **ret_subject)
{
	uid_t seen_by_uid = geteuid();
	gid_t seen_by_gid = getegid();
	struct owned_subject *owned;
	int r;

	if (options->flags & POSTERN_SUBJECT_SEEN_BY) {
		seen_by_uid = options->seen_by_uid;
		seen_by_gid = options->seen_by_gid;
	}
	owned = owned_new();
	if (!owned)
		return -ENOMEM;
	r = pst_process_credentials_read(
		pid, seen_by_uid, seen_by_gid, ALL_WANTS,
		pst_features_probe(options->disable_features),
		&owned->credentials);
	/* It was needed for reading; a subject holds no descriptor. */
	owned->credentials.pidfd = pst_fd_close(owned->credentials.pidfd);
	return finish(owned, r, ret_subject);
}

/* As a policy reads words: a word of digits is never a name. */
static int find_id(const char *word, id_lookup *lookup, const char *path,
		   uint32_t *ret_id)
{
	uint64_t number;

	if (pst_policy_is_number(word, ID_MAX, &number)) {
		*ret_id = (uint32_t)number;
		return 0;
	}
	if (strspn(word, "0123456789") == strlen(word))
		return -ENOENT;
	return lookup(path, word, ret_id);
}

static int read_user(const char *user, struct pst_peer_credentials *credentials)
{
	uint32_t uid;
	int r;

	r = find_id(user, pst_name_lookup_uid, PST_PASSWD_PATH, &uid);
	if (r < 0)
		return r;
	credentials->uid = uid;
	credentials->uid_fact = POSTERN_FACT_KNOWN;
	r = pst_name_lookup_groups_of_uid(PST_PASSWD_PATH, PST_GROUP_PATH, uid,
					  &credentials->gid,
					  &credentials->groups,
					  &credentials->group_count);
	/* A numeric uid needs no entry. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	credentials->gid_fact = POSTERN_FACT_KNOWN;
	credentials->groups_fact = POSTERN_FACT_KNOWN;
	return 0;
}

int pst_subject_new_for_user(const char *user,
			     struct postern_subject **ret_subject)
{
	struct owned_subject *owned = owned_new();

	if (!owned)
		return -ENOMEM;
	return finish(owned, read_user(user, &owned->credentials), ret_subject);
}

struct postern_subject *pst_subject_free(struct postern_subject *subject)
{
	if (subject)
		(void)owned_free((void *)((char *)subject -
					  offsetof(struct owned_subject,
						   subject))); /* NULL */
	return NULL;
}

int pst_gid_from_group(const char *group, uint32_t *ret_gid)
{
	return find_id(group, pst_name_lookup_gid, PST_GROUP_PATH, ret_gid);
}
