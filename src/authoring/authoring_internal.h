/* SPDX-License-Identifier: ISC */
/*
 * What the parts of policy authoring share
 *
 * Texts of loaded policies, and the parts of a comparison.
 *
 * A change is one line, below the block and perhaps the peer it is about, whose
 * headings are written with their first change.  The line begins with `+`
 * (more may happen, or something was added), `-` (less, or removed) or `~` (a
 * value is another) and ends with the places of the rules.
 */
#ifndef POSTERN_AUTHORING_AUTHORING_INTERNAL_H
#define POSTERN_AUTHORING_AUTHORING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/text.h"
#include "policy/policy_host.h"
#include "policy/policy_table.h"

/* The functions of authoring.h, of policies and on a host of the caller's. */
PST_MUST_CHECK
int pst_policy_show(const struct postern_policy *policy, char **ret_text);
PST_MUST_CHECK
int pst_policy_diff(const struct postern_policy *old_policy,
		    const struct postern_policy *new_policy, char **ret_text,
		    uint32_t *ret_change_count);

/* host may be NULL unless flags has PST_AUTHORING_FORMAT_NUMERIC. */
PST_MUST_CHECK
int pst_policy_format(const char *text, size_t text_bytes,
		      const char *file_name, uint32_t flags,
		      const struct pst_policy_host *host,
		      struct postern_diagnostics *diagnostics,
		      char **ret_text);

enum pst_policy_diff_version {
	PST_POLICY_DIFF_OLD = 0,
	PST_POLICY_DIFF_NEW
};

/* A rule of the block that is being compared names a peer; allow is NULL where
 * it is none. */
struct pst_policy_diff_ref {
	struct pst_policy_diff_ref *next;
	const struct pst_policy_rule *rule;
	const struct pst_policy_allow *allow;
};

/* A block of the whole policy, "node orders", names a peer. */
struct pst_policy_diff_use {
	struct pst_policy_diff_use *next;
	const char *kind;
	const char *name;
};

/* A name in one of the two policies; peer is NULL where it is unknown. */
struct pst_policy_diff_side {
	const struct pst_policy_peer *peer;
	struct pst_policy_diff_ref *refs;
	struct pst_policy_diff_use *uses;  /* nodes, then tenants, by name */
	struct pst_policy_diff_use *last_use;
	const struct pst_policy_tenant *tenant;  /* one of them */
	size_t tenant_count;
};

struct pst_policy_diff_peer {
	const char *name;
	struct pst_policy_diff_side sides[2];
	bool is_named;      /* by the block that is being compared */
	bool keeps_access;  /* to the node that is being compared */
};

struct pst_policy_diff {
	struct pst_text text;
	uint32_t change_count;
	const struct postern_policy *policies[2];
	struct pst_policy_diff_peer *peers;  /* by name */
	size_t peer_count;

	/* diff_rules.c */
	struct pst_policy_diff_peer **by_ordinal[2];
	struct pst_policy_diff_peer **named;  /* by the block, by name */
	size_t named_count;
	struct pst_policy_diff_ref *refs;
	size_t ref_count;
	struct pst_policy_diff_use *uses;
	size_t use_count;

	/* the headings, until they are written */
	const char *block_kind;
	const char *block_name;
	const char *peer_name;
	bool is_below_peer;
};

/* Headings: "node orders", and below it "peer shop" or (NULL) nothing. */
void pst_policy_diff_enter(struct pst_policy_diff *diff, const char *kind,
			   const char *name);
void pst_policy_diff_enter_peer(struct pst_policy_diff *diff, const char *name);

/* The line of a change is begun, written with pst_text_add*(), and ended
 * with a place, or with two of which either may be of no rule: its line is 0,
 * and its file NULL or a word that is shown instead. */
void pst_policy_diff_begin(struct pst_policy_diff *diff, char sign);
void pst_policy_diff_end(struct pst_policy_diff *diff,
			 const struct pst_policy_location *place);
void pst_policy_diff_end_both(struct pst_policy_diff *diff,
			      const struct pst_policy_location *old_place,
			      const struct pst_policy_location *new_place);

/* A whole line: "~ WHAT OLD -> NEW (...)", or none when the texts are equal. */
void pst_policy_diff_value(struct pst_policy_diff *diff, const char *what,
			   const char *old_text, const char *new_text,
			   const struct pst_policy_location *old_place,
			   const struct pst_policy_location *new_place);
void pst_policy_diff_security(struct pst_policy_diff *diff,
			      const struct pst_policy_security *old_security,
			      const struct pst_policy_security *new_security);

/* One limit, with words about it or ""; and each of POSTERN_LIMIT_ROOM. */
void pst_policy_diff_limit(struct pst_policy_diff *diff, size_t limit_key,
			   const struct postern_policy_limit *old_limit,
			   const struct postern_policy_limit *new_limit,
			   const char *about);
void pst_policy_diff_limits(struct pst_policy_diff *diff,
			    const struct postern_policy_limit *old_limits,
			    const struct postern_policy_limit *new_limits);

/* Within a line: ", security mac" above none, ", ring 64KiB" for each set. */
void pst_policy_diff_list_security(struct pst_policy_diff *diff,
				   enum postern_security security);
void pst_policy_diff_list_limits(struct pst_policy_diff *diff,
				 const struct postern_policy_limit *limits);

/* Find the names of both policies, and where each is used.  Done is to be
 * called whatever it returns: 0 or -ENOMEM. */
PST_MUST_CHECK
int pst_policy_diff_rules_init(struct pst_policy_diff *diff);
void pst_policy_diff_rules_done(struct pst_policy_diff *diff);

/* Read the rules of two blocks, either of which may be NULL: diff->named and
 * the refs of these peers are about them then. */
void pst_policy_diff_read_nodes(struct pst_policy_diff *diff,
				const struct pst_policy_node *old_node,
				const struct pst_policy_node *new_node);
void pst_policy_diff_read_tenants(struct pst_policy_diff *diff,
				  const struct pst_policy_tenant *old_tenant,
				  const struct pst_policy_tenant *new_tenant);

/* The first by place of the rules that are no allow and name the peer, or
 * NULL. */
const struct pst_policy_rule *
pst_policy_diff_first_rule(const struct pst_policy_diff_side *side);

/* Where a key of a block stands, or "built in" where it does not. */
struct pst_policy_location
pst_policy_diff_place_of_key(const struct pst_policy_directive *block,
			     const char *key);

/* The block as a whole.  Of two nodes or tenants, either may be NULL. */
void pst_policy_diff_node(struct pst_policy_diff *diff,
			  const struct pst_policy_node *old_node,
			  const struct pst_policy_node *new_node);
void pst_policy_diff_tenant(struct pst_policy_diff *diff,
			    const struct pst_policy_tenant *old_tenant,
			    const struct pst_policy_tenant *new_tenant);
void pst_policy_diff_peer_lines(struct pst_policy_diff *diff,
				const struct pst_policy_diff_peer *peer);

/* Of the nodes that were read: what one peer may do.  A node may be NULL. */
bool pst_policy_diff_has_access(const struct pst_policy_node *node,
				const struct pst_policy_diff_side *side);
void pst_policy_diff_access(struct pst_policy_diff *diff,
			    const struct pst_policy_diff_peer *peer,
			    const struct pst_policy_node *old_node,
			    const struct pst_policy_node *new_node);

/* Of a node: for how many channels several peers are counted together; and
 * whether this is such a limit, of which is not told again at each peer. */
void pst_policy_diff_shared_counts(struct pst_policy_diff *diff,
				   const struct pst_policy_node *old_node,
				   const struct pst_policy_node *new_node);
bool pst_policy_diff_is_shared_count(const struct pst_policy_diff *diff,
				     enum pst_policy_diff_version version,
				     const struct pst_policy_diff_side *side,
				     const struct postern_policy_limit *limit);

#endif
