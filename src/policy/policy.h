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

/*
 * One object of a higher layer that lives as long as the policy; NULL until it
 * is set.  _set_user_data() takes user_data if none is set, and returns the
 * object that is set then; free_user_data frees it with the policy.  Both may
 * be called from any thread.
 */
void *pst_policy_user_data(const struct postern_policy *policy);
void *pst_policy_set_user_data(const struct postern_policy *policy,
			       void *user_data,
			       void (*free_user_data)(void *user_data));

size_t pst_policy_node_count(const struct postern_policy *policy);

/* NULL when there is none. */
const struct pst_policy_node *
pst_policy_find_node(const struct postern_policy *policy, const char *name);
const struct pst_policy_node *
pst_policy_node_at(const struct postern_policy *policy, size_t node_index);

/* Is there an error anywhere in the policy? */
bool pst_policy_has_errors(const struct postern_policy *policy);

/* Was the first text that was added read and parsed? */
bool pst_policy_is_parsed(const struct postern_policy *policy);

/*
 * The error because of which no node can be opened, a node cannot be opened, or
 * not be connected to; NULL: there is none.  A node with an error keeps none of
 * its rules: it decides that everything is refused.
 */
const struct pst_policy_fault *
pst_policy_fault(const struct postern_policy *policy);
const struct pst_policy_fault *
pst_policy_node_fault(const struct pst_policy_node *node);
const struct pst_policy_fault *
pst_policy_connect_fault(const struct pst_policy_node *node);

/* Refuse because of it (POSTERN_REASON_POLICY). */
void pst_policy_refuse_fault(const struct pst_policy_fault *fault,
			     struct postern_refusal *ret_refusal);

/* The policy has no such node, as far as it could be read. */
void pst_policy_refuse_unknown_node(const struct postern_policy *policy,
				    const char *node_name,
				    struct postern_refusal *ret_refusal);

void pst_policy_describe_node(const struct pst_policy_node *node,
			      struct postern_node_description *ret_description);

/* One of the keys that a node may have. */
struct pst_policy_listed_key {
	uint8_t key[POSTERN_KEY_BYTES];
	const char *file;
	uint32_t line;
};

/* In the order in which they are listed; false beyond the last. */
bool pst_policy_node_key_at(const struct pst_policy_node *node,
			    size_t key_index,
			    struct pst_policy_listed_key *ret_key);

/* A line of a node that requires features. */
struct pst_policy_required {
	uint32_t features;   /* POSTERN_FEATURE_* bits */
	const char *words;
	const char *file;
	uint32_t line;
};

/* The first line that requires a feature which is not among these; false where
 * there is none. */
bool pst_policy_find_unmet(const struct pst_policy_node *node,
			   uint32_t features,
			   struct pst_policy_required *ret_required);

/* PST_POLICY_FACT_* bits: the others need not be read. */
uint32_t pst_policy_facts_used(const struct pst_policy_node *node);

/* Whether the node, one of its allows or a tenant requires more than `none`. */
bool pst_policy_demands_security(const struct pst_policy_node *node);

/* The largest ring, and message, that any allow of the node could give; 0: it has
 * no allow. */
uint64_t pst_policy_ring_ceiling(const struct pst_policy_node *node);
uint64_t pst_policy_message_ceiling(const struct pst_policy_node *node);

/* The limits of a node and of the top level: arrays of POSTERN_LIMIT_ROOM. */
const struct postern_policy_limit *
pst_policy_node_limits(const struct pst_policy_node *node);
const struct postern_policy_limit *
pst_policy_process_limits(const struct postern_policy *policy);

/* The rate that two limits of such an array set; zero: none. */
struct pst_token_rate
pst_policy_limits_rate(const struct postern_policy_limit *limits,
		       enum postern_limit_key rate_key,
		       enum postern_limit_key burst_key);

/* The tenants, in the order of a decision's tenant_index. */
size_t pst_policy_tenant_count(const struct postern_policy *policy);
void pst_policy_tenant_at(const struct postern_policy *policy,
			  size_t tenant_index, const char **ret_name,
			  uint32_t *ret_weight);

/*
 * The limits of one allow of the node, by its index in a decision's allow_bits:
 * an array of POSTERN_LIMIT_ROOM; NULL beyond the last.
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
 * *ret_needs_key: no allow matches without.  On false the refusal is written,
 * on true it is not.
 */
bool pst_policy_may_match_later(const struct pst_policy_node *node,
				const struct postern_subject *subject,
				bool *ret_needs_key,
				struct postern_refusal *ret_refusal);

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
