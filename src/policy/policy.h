/* SPDX-License-Identifier: ISC */
/*
 * The policy layer
 *
 * Texts go in, an immutable table comes out, and the table decides:
 *
 *	text -> lexer -> tree of directives -> builder -> table -> decide
 *
 * The subject, the decision and the diagnostics are the public structs of
 * <postern/policy.h>; struct postern_policy is the table.  It never changes
 * after it was built, but for its reference count, so pointers into it are const
 * and threads share it without locks.  policy_load.h loads files, and
 * policy_builder.h texts; neither is needed to decide.
 *
 * Functions that take a size-led struct expect the full size: the api layer
 * widens the structs of older programs.
 */
#ifndef POSTERN_POLICY_POLICY_H
#define POSTERN_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/token_bucket.h"

struct pst_policy_fault;
struct pst_policy_node;
struct pst_policy_requirement;

#define PST_POLICY_OVERFLOW_ID 65534u

/* Built-in bounds, where nothing is set. */
#define PST_POLICY_DEFAULT_SLOTS 256u
#define PST_POLICY_DEFAULT_RING_BYTES (1024u * 1024u)
#define PST_POLICY_DEFAULT_MESSAGE_BYTES (64u * 1024u)

/* The facts beyond uid, gid, groups and pid that a node's rules look at. */
enum pst_policy_fact_bit {
	PST_POLICY_FACT_LABEL = 1 << 0,
	PST_POLICY_FACT_PID_INODE = 1 << 1,
	PST_POLICY_FACT_UNIT = 1 << 2,
	PST_POLICY_FACT_CGROUP = 1 << 3,
	PST_POLICY_FACT_EXE = 1 << 4,
	PST_POLICY_FACT_USERNS = 1 << 5,
	PST_POLICY_FACT_KEY = 1 << 6
};

/* The table */

/* References are counted atomically; the last one to go frees.  Both accept
 * NULL; unref returns NULL. */
const struct postern_policy *
pst_policy_ref(const struct postern_policy *policy);
const struct postern_policy *
pst_policy_unref(const struct postern_policy *policy);

/* NULL when there is none. */
const struct pst_policy_node *
pst_policy_find_node(const struct postern_policy *policy, const char *name);
const struct pst_policy_node *
pst_policy_node_at(const struct postern_policy *policy, size_t node_index);

/* Refuse because of a fault (POSTERN_REASON_POLICY). */
void pst_policy_refuse_fault(const struct pst_policy_fault *fault,
			     struct postern_error_info *error);

/* The policy has no such node, as far as it could be read. */
void pst_policy_refuse_unknown_node(const struct postern_policy *policy,
				    const char *node_name,
				    struct postern_error_info *error);

void pst_policy_describe_node(const struct pst_policy_node *node,
			      struct postern_node_description *ret_description);

/* The first line that requires a feature which is not among these, or NULL. */
const struct pst_policy_requirement *
pst_policy_find_unmet(const struct pst_policy_node *node, uint32_t features);

/* Whether the node, one of its allows or a tenant requires more than `none`. */
bool pst_policy_demands_security(const struct pst_policy_node *node);

/* The rate that two limits of an array of POSTERN_LIMIT_CAPACITY set; zero:
 * none. */
struct pst_token_rate
pst_policy_limits_rate(const struct postern_policy_limit *limits,
		       enum postern_limit_key rate_key,
		       enum postern_limit_key burst_key);

/*
 * The limits of one allow of the node, by its index in a decision's allow_bits:
 * an array of POSTERN_LIMIT_CAPACITY; NULL beyond the last.
 */
const struct postern_policy_limit *
pst_policy_allow_limits(const struct pst_policy_node *node,
			size_t allow_index);

/* Deciding: pure, no allocation */

void pst_policy_decide(const struct postern_policy *policy,
		       const char *node_name,
		       const struct postern_subject *subject,
		       struct postern_decision *ret_decision);

/*
 * At accept, before HELLO: could any allow of the node match this subject when
 * a key it may yet prove counts for it, and does no deny match without one?
 * *ret_needs_key: no allow matches without.  On false the error is written,
 * on true it is not.
 */
bool pst_policy_may_match_later(const struct pst_policy_node *node,
				const struct postern_subject *subject,
				bool *ret_needs_key,
				struct postern_error_info *error);

/*
 * The minimum security of a channel of this subject, allowed or not: the
 * greatest minimum of the node and of every allow and tenant that matches or
 * may match.  If the node has an error, each of its allows counts, and so does
 * each tenant with an error: a line that could not be read may have made it
 * match.
 */
enum postern_security
pst_policy_security_floor(const struct pst_policy_node *node,
			  const struct postern_subject *subject);

/* Texts */

PST_MUST_CHECK
int pst_policy_explain(const struct postern_policy *policy,
		       const char *node_name,
		       const struct postern_subject *subject, char **ret_text);

#endif
