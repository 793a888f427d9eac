/* SPDX-License-Identifier: ISC */
/*
 * The policy layer
 *
 * Texts go in, an immutable table comes out, and the table decides.  Nothing
 * here opens a file, resolves a name or reads a clock: whoever builds a policy
 * passes the texts in, and answers questions about the host through callbacks.
 *
 *	text -> lexer -> tree of directives -> parser -> table -> decide
 *
 * The subject, the decision and the diagnostics are the public structs of
 * <postern/policy.h>; struct postern_policy is the table.  It never changes
 * after pst_policy_builder_finish() but for its reference count, so pointers
 * into it are const and threads share it without locks.
 *
 * Functions that take a size-led struct expect the full size: the api layer
 * widens what an older program passes.
 */
#ifndef POSTERN_POLICY_POLICY_H
#define POSTERN_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"
#include "base/token_bucket.h"

struct pst_policy_builder;
struct pst_policy_fault;
struct pst_policy_node;

#define PST_POLICY_FILE_BYTES_MAX (1024u * 1024u)
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

/*
 * Questions about the host.  Each returns 0 or -errno; an errno other than the
 * ones named is reported as a failure of the host, not of the policy.
 */
struct pst_policy_host {
	void *names;      /* for the first three */
	void *user_data;  /* for the others */

	/* -ENOENT: there is no such name.  -ENOTUNIQ: it has several ids. */
	int (*find_user)(void *names, const char *name, uint32_t *ret_uid);
	int (*find_group)(void *names, const char *name, uint32_t *ret_gid);

	/* The uids that the group's entry lists or whose primary group it is,
	 * possibly none.  They are valid until the next question. */
	int (*find_members)(void *names, uint32_t gid,
			    const uint32_t **ret_uids, size_t *ret_uid_count);

	/* Whether process pid runs and its pidfd has this inode.
	 * -EOPNOTSUPP: this kernel has no pidfs. */
	int (*find_process)(void *user_data, int32_t pid, uint64_t inode,
			    bool *ret_is_alive);

	/* The POSTERN_FEATURE_* bits that this host has: a feature that a node
	 * requires and this host lacks is a warning.  May be NULL. */
	uint32_t (*find_features)(void *user_data);

	/* The path of the program, without symbolic links, that path leads to.
	 * May be NULL. */
	int (*find_program)(void *user_data, const char *path, char *target,
			    size_t target_bytes);

	/* The content of a key file, not terminated, and how much it is.  On a
	 * failure text is a terminated sentence that says why, or empty. */
	int (*read_key)(void *user_data, const char *path, char *text,
			size_t text_bytes, size_t *ret_text_bytes);
};

struct pst_policy_builder_options {
	uint32_t flags;          /* POSTERN_POLICY_* */
	uint32_t page_bytes;     /* a ring is at least this; 0: 4096 */
	uint32_t overflow_uid;   /* 0: 65534 */
	uint32_t overflow_gid;
	struct pst_policy_host host;
};

/* Building */

/* options and diagnostics are borrowed until the builder is freed. */
PST_MUST_CHECK
int pst_policy_builder_new(const struct pst_policy_builder_options *options,
			   struct postern_diagnostics *diagnostics,
			   struct pst_policy_builder **ret_builder);
struct pst_policy_builder *
pst_policy_builder_free(struct pst_policy_builder *builder);

/*
 * Add one text.  What is wrong with it goes to the diagnostics, and makes the
 * block where it stands unusable, or the text; the return value is 0 or
 * -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_builder_add_source(struct pst_policy_builder *builder,
				  const char *file_name, const char *text,
				  size_t text_bytes, uint32_t owner_uid);

/*
 * The next `include-dir` that has been read and not yet been handed out, in the
 * order of reading; false when there is none.  ret_file and ret_line are the
 * location of the directive.
 */
bool pst_policy_builder_next_include(struct pst_policy_builder *builder,
				     const char **ret_path,
				     const char **ret_file,
				     uint32_t *ret_line);

/*
 * Report an error or warning of the loader, such as an unreadable file.  line 0:
 * the file as a whole.  An error makes every node unusable.  hint may be NULL.
 */
PST_MUST_CHECK
int pst_policy_builder_report(struct pst_policy_builder *builder,
			      enum postern_severity severity,
			      const char *file_name, uint32_t line,
			      const char *message, const char *hint);

/*
 * Check what spans several texts and hand the table over, with the blocks that
 * have errors marked as unusable.  The builder is spent whatever happens: free
 * it.  Returns 0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_builder_finish(struct pst_policy_builder *builder,
			      struct postern_policy **ret_policy);

/* The table */

/* References are counted atomically; the last one to go frees.  Both accept
 * NULL; unref returns NULL. */
const struct postern_policy *
pst_policy_ref(const struct postern_policy *policy);
const struct postern_policy *
pst_policy_unref(const struct postern_policy *policy);

/*
 * One object of somebody else's that lives as long as the policy does; NULL
 * until it is set.  _set_companion() takes companion, which free_companion
 * gives back in the end, if there is none yet, and returns the one there is
 * then.  Any thread may ask and set.
 */
void *pst_policy_companion(const struct postern_policy *policy);
void *pst_policy_set_companion(const struct postern_policy *policy,
			       void *companion,
			       void (*free_companion)(void *companion));

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

/* Is more than `none` demanded of somebody, by the node, an allow, a tenant? */
bool pst_policy_demands_security(const struct pst_policy_node *node);

/* The largest ring, and message, that any allow of the node could give. */
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
 * The least security that a channel of this subject may have, admitted or not:
 * the greatest minimum of the node and of every allow and tenant that matches,
 * or of which that cannot be told.  Where the node has an error, every allow of
 * it counts, and so does every tenant that has one: a line that could not be read
 * may have made it match.
 */
enum postern_security
pst_policy_security_floor(const struct pst_policy_node *node,
			  const struct postern_subject *subject);

/* Texts */

PST_MUST_CHECK
int pst_policy_explain(const struct postern_policy *policy,
		       const char *node_name,
		       const struct postern_subject *subject, char **ret_text);

/* Diagnostics */

PST_MUST_CHECK
int pst_diagnostics_new(struct postern_diagnostics **ret_diagnostics);
struct postern_diagnostics *
pst_diagnostics_free(struct postern_diagnostics *diagnostics);
size_t pst_diagnostics_count(const struct postern_diagnostics *diagnostics);
size_t pst_diagnostics_error_count(
	const struct postern_diagnostics *diagnostics);

/* NULL beyond the last. */
const struct postern_diagnostic *
pst_diagnostics_at(const struct postern_diagnostics *diagnostics,
		   size_t diagnostic_index);
PST_MUST_CHECK
int pst_diagnostics_format(const struct postern_diagnostic *diagnostic,
			   char **ret_text);

#endif
