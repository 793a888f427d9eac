/* SPDX-License-Identifier: ISC */
/*
 * Declarations that the parts of policy authoring share
 *
 * Canonical printing of directives and limits, and the comparison of two
 * policies.  In a comparison a change is one line, below the block and perhaps
 * the peer that it is about; the headings are written with their first change.
 * The line begins with `+` (more may happen, or something was added), `-`
 * (less, or removed) or `~` (a value is another) and ends with the locations of
 * the rules.
 */
#ifndef POSTERN_AUTHORING_AUTHORING_INTERNAL_H
#define POSTERN_AUTHORING_AUTHORING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/policy_table.h"
#include "policy/policy_units.h"

struct postern_diagnostics;
struct pst_policy_host;

/* The functions of authoring.h, for policies and a host of the caller; policies
 * keep their directives.  host may be NULL unless flags has
 * PST_AUTHORING_FORMAT_NUMERIC. */
PST_MUST_CHECK
int pst_show_policy(const struct postern_policy *policy, char **ret_text);
PST_MUST_CHECK
int pst_diff_policies(const struct postern_policy *old_policy,
		      const struct postern_policy *new_policy, char **ret_text,
		      uint32_t *ret_change_count);
PST_MUST_CHECK
int pst_format_text(const char *text, size_t text_bytes, const char *file_name,
		    uint32_t flags, const struct pst_policy_host *host,
		    struct postern_diagnostics *diagnostics, char **ret_text);

/* Printing (format.c) */

void pst_print_indent(struct pst_text *text, size_t depth);

/* The words of a directive, quoted where needed, and " {" if it has a block. */
void pst_print_words(struct pst_text *text,
		     const struct pst_policy_directive *directive);

/* "ring 64KiB" */
void pst_print_limit(struct pst_text *text, size_t limit_key, uint64_t value);

/*
 * The sibling that follows in canonical order, NULL before the first and after
 * the last: by the rank of its key in a block of this kind, else as written.
 * Unknown keys come last; the top level ("") keeps the author's order.
 */
const struct pst_policy_directive *
pst_print_next(const char *block_kind, const struct pst_policy_directive *first,
	       const struct pst_policy_directive *previous);

/* Comparing */

enum pst_diff_version {
	PST_DIFF_OLD = 0,
	PST_DIFF_NEW
};

/* A rule of the block that is being compared names a peer; allow is NULL for
 * other rules. */
struct pst_diff_ref {
	struct pst_diff_ref *next;
	const struct pst_policy_rule *rule;
	const struct pst_policy_allow *allow;
};

/* A block of the whole policy, "node orders", names a peer. */
struct pst_diff_use {
	struct pst_diff_use *next;
	const char *kind;
	const char *name;
};

/* A name in one of the two policies; peer is NULL where it is unknown. */
struct pst_diff_side {
	const struct pst_policy_peer *peer;
	struct pst_diff_ref *refs;
	struct pst_diff_use *uses; /* nodes, then tenants, by name */
	struct pst_diff_use *last_use;
	const struct pst_policy_tenant *tenant; /* one of them */
	size_t tenant_count;
};

struct pst_diff_peer {
	const char *name;
	struct pst_diff_side sides[2];
	bool is_named;	   /* by the block that is being compared */
	bool keeps_access; /* to the node that is being compared */
};

struct pst_diff {
	struct pst_text text;
	struct pst_arena arena;
	struct pst_arena block_arena; /* of the block that is compared */
	uint32_t change_count;
	const struct postern_policy *policies[2];
	struct pst_diff_peer *peers; /* by name */
	size_t peer_count;

	/* diff_rules.c */
	struct pst_diff_peer **by_ordinal[2];
	struct pst_diff_peer **named; /* by the block, by name */
	size_t named_count;

	/* the headings, until they are written */
	const char *block_kind;
	const char *block_name;
	const char *peer_name;
	bool is_below_peer;
};

/* One side of a value that may have changed. */
struct pst_diff_value {
	struct pst_policy_location location;	/* line 0: of no rule */
	const char *word;			/* as written, or NULL */
	char text[PST_POLICY_LIMIT_TEXT_BYTES]; /* as understood, or "" */
};

/* Headings: "node orders", and below it "peer shop" or (NULL) nothing. */
void pst_diff_enter(struct pst_diff *diff, const char *kind, const char *name);
void pst_diff_enter_peer(struct pst_diff *diff, const char *name);

/* The line of a change is begun, written with pst_text_add*(), and ended with a
 * location, or with two if new_location is not NULL.  One of line 0 shows its
 * file, or "no rule". */
void pst_diff_begin(struct pst_diff *diff, char sign);
void pst_diff_end(struct pst_diff *diff,
		  const struct pst_policy_location *location,
		  const struct pst_policy_location *new_location);

/* A whole line: "~ WHAT OLD -> NEWABOUT (...)", or none for equal values.
 * Numbers are compared as they are understood, and shown as they are written
 * unless only their meaning has changed. */
void pst_diff_value(struct pst_diff *diff, const char *what,
		    const struct pst_diff_value *old_value,
		    const struct pst_diff_value *new_value, const char *about);
void pst_diff_security(struct pst_diff *diff,
		       const struct pst_policy_security *old_security,
		       const struct pst_policy_security *new_security);

/* One limit, with words about it or ""; and each of POSTERN_LIMIT_CAPACITY. */
void pst_diff_limit(struct pst_diff *diff, size_t limit_key,
		    const struct postern_policy_limit *old_limit,
		    const struct postern_policy_limit *new_limit,
		    const char *about);
void pst_diff_limits(struct pst_diff *diff,
		     const struct postern_policy_limit *old_limits,
		     const struct postern_policy_limit *new_limits);

/* Within a line: ", security mac" above none, ", ring 64KiB" for each set. */
void pst_diff_list_security(struct pst_diff *diff,
			    enum postern_security security);
void pst_diff_list_limits(struct pst_diff *diff,
			  const struct postern_policy_limit *limits);

/* The location of a key in a block, or "built in". */
struct pst_policy_location
pst_diff_locate_key(const struct pst_policy_directive *block, const char *key);

/* Find the names of both policies, and where each is used. */
void pst_diff_rules_init(struct pst_diff *diff);

/* NULL for a peer that is not defined. */
static inline struct pst_diff_peer *
pst_diff_find_peer(const struct pst_diff *diff, enum pst_diff_version version,
		   const struct pst_policy_peer *peer)
{
	return diff->by_ordinal[version][peer->ordinal];
}

/* For qsort() of pointers to the peers of a comparison: by name. */
int pst_diff_compare_peers(const void *left, const void *right);

/* Read the rules of two blocks, either of which may be NULL: then diff->named
 * and the refs of these peers are about them. */
void pst_diff_read_nodes(struct pst_diff *diff,
			 const struct pst_policy_node *old_node,
			 const struct pst_policy_node *new_node);
void pst_diff_read_tenants(struct pst_diff *diff,
			   const struct pst_policy_tenant *old_tenant,
			   const struct pst_policy_tenant *new_tenant);

/* The first by location of the rules that are no allow and name the peer, or
 * NULL. */
const struct pst_policy_rule *
pst_diff_first_rule(const struct pst_diff_side *side);

/* The block as a whole.  Of two nodes or tenants, either may be NULL. */
void pst_diff_node(struct pst_diff *diff,
		   const struct pst_policy_node *old_node,
		   const struct pst_policy_node *new_node);
void pst_diff_tenant(struct pst_diff *diff,
		     const struct pst_policy_tenant *old_tenant,
		     const struct pst_policy_tenant *new_tenant);
void pst_diff_peer_lines(struct pst_diff *diff,
			 const struct pst_diff_peer *peer);

/* The permissions of the named peers at a node, either of which may be NULL. */
void pst_diff_grants(struct pst_diff *diff,
		     const struct pst_policy_node *old_node,
		     const struct pst_policy_node *new_node);

#endif
