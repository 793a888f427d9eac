/* SPDX-License-Identifier: ISC */
/*
 * Does a process match a peer?
 *
 * Yes, no or unknown.  Pure.
 */
#ifndef POSTERN_POLICY_POLICY_MATCH_H
#define POSTERN_POLICY_POLICY_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <postern/policy.h>

#include "policy/policy_table.h"

enum pst_policy_match {
	PST_POLICY_MATCH_NO = 0,
	PST_POLICY_MATCH_UNKNOWN,
	PST_POLICY_MATCH_YES
};

/* The purpose of a match: it decides how an unclear case counts. */
enum pst_policy_purpose {
	PST_POLICY_PURPOSE_ALLOW,
	PST_POLICY_PURPOSE_CANDIDATE,  /* an allow, if the peer proves its key
				        * later */
	PST_POLICY_PURPOSE_DENY,       /* groups cover their listed members */
	PST_POLICY_PURPOSE_MEMBER      /* of a tenant */
};

enum pst_policy_match
pst_policy_match_line(const struct pst_policy_line *line,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose);

/* No if any line is no, else unknown if any is unknown, else yes. */
enum pst_policy_match
pst_policy_match_peer(const struct pst_policy_peer *peer,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose);

/*
 * Yes if any peer of the rule is yes, else unknown if any is unknown, else no.
 * On yes or unknown *ret_peer, when not NULL, is the peer it rests on: of
 * several the first by name.
 */
enum pst_policy_match
pst_policy_match_rule(const struct pst_policy_rule *rule,
		      const struct postern_subject *subject,
		      enum pst_policy_purpose purpose,
		      const struct pst_policy_peer **ret_peer);

/* Yes if any of the tenant's rules is yes, else unknown if any is, else no. */
enum pst_policy_match
pst_policy_match_tenant(const struct pst_policy_tenant *tenant,
			const struct postern_subject *subject);

/*
 * Whether the process is known to be invisible in the pid namespace of the
 * caller: SO_PEERCRED gives pid 0.  It always gives some pid, so an unknown pid
 * belongs to a hypothetical process, as of `explain --user`, which counts as
 * visible.
 */
bool pst_policy_has_hidden_pid(const struct postern_subject *subject);

/* Whether the uid is the one that the kernel shows for all users that the user
 * namespace does not map.  It identifies no user. */
bool pst_policy_has_unmapped_uid(const struct postern_subject *subject);

/* Whether the uid is one of the members of the group that a value names. */
bool pst_policy_has_member(const struct pst_policy_value *value, uint32_t uid);

#endif
