/* SPDX-License-Identifier: ISC */
/*
 * The table: a policy as the decision reads it
 *
 * Built once by the parser, then never written again.  Everything is owned by
 * one arena and points within it.  Lists are in the order of reading, which
 * means nothing: each decision is over all of a list.
 */
#ifndef POSTERN_POLICY_POLICY_TABLE_H
#define POSTERN_POLICY_POLICY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/arena.h"
#include "policy/policy.h"
#include "policy/policy_tree.h"

struct pst_policy_count;

/*
 * A flag of a builder, beside POSTERN_POLICY_*: keep the directives.  Without
 * it the table has none when it is complete, and `directive` is NULL in all of
 * its parts.
 */
#define PST_POLICY_KEEP_DIRECTIVES (1u << 31)

struct pst_policy_location {
	const char *file;
	uint32_t line;
	uint32_t column;
};

/*
 * An error that makes a block unusable, the first one of the block.
 *
 * Each block keeps its own.  When everything is linked, the `fault` of a node
 * is the first of: its own block, its extensions, the peers of its allows and
 * denies, the tenants that a process which it allows may be a member of, and
 * the policy.  The policy has the errors that may hide a rule about any node: a
 * file that could not be read, trusted or parsed, or has a line that may be in
 * the wrong block, the top-level limits, an `extend` of a node that is not
 * defined, and a key that a node lacks.
 */
struct pst_policy_fault {
	struct pst_policy_location
		location;		/* line 0: of the file as a whole */
	const char *text;               /* "FILE:LINE:COLUMN: MESSAGE" */
};

/* The lines of a peer block, `key-file` as a line of its own. */
enum pst_policy_line_key {
	PST_POLICY_LINE_USER,
	PST_POLICY_LINE_GROUP,
	PST_POLICY_LINE_LABEL,
	PST_POLICY_LINE_KEY,
	PST_POLICY_LINE_PID,
	PST_POLICY_LINE_UNIT,
	PST_POLICY_LINE_CGROUP,
	PST_POLICY_LINE_EXE,
	PST_POLICY_LINE_USERNS
};

enum pst_policy_value_state {
	PST_POLICY_VALUE_EXACT = 0,
	PST_POLICY_VALUE_ANY,         /* `user *` */
	PST_POLICY_VALUE_RANGE,       /* of uids: from number to last */
	PST_POLICY_VALUE_UNRESOLVED,  /* a name that was only assumed */
	PST_POLICY_VALUE_DEAD         /* a pid that was gone at load */
};

struct pst_policy_value {
	enum pst_policy_value_state state;
	uint64_t number;              /* uid, gid, or pidfd inode */
	uint64_t last;                /* uid */
	const char *text;             /* label, unit, cgroup, exe; as written
	                               * for the others */
	uint8_t key[POSTERN_KEY_BYTES];
	const uint32_t *member_uids;  /* of a group, ascending: a deny covers
				       * them */
	size_t member_uid_count;
};

struct pst_policy_line {
	struct pst_policy_line *next;
	enum pst_policy_line_key key;
	struct pst_policy_location location;
	const char *words;            /* as written: "group acme" */
	size_t value_count;
	struct pst_policy_value *values;
};

struct pst_policy_peer {
	struct pst_policy_peer *next;
	const char *name;
	struct pst_policy_location location;
	const struct pst_policy_directive *directive;
	struct pst_policy_line *lines;
	uint32_t ordinal;             /* in the order of reading */
	uint32_t facts_used;          /* PST_POLICY_FACT_* bits of the lines */
	bool admits_hidden_pid;       /* `pidns any` */
	struct pst_policy_line **line_tail;     /* while building */
	/* With a fault, whether a process matches is unknown. */
	const struct pst_policy_fault *fault;
};

/* A required security; line 0: none is written. */
struct pst_policy_security {
	enum postern_security minimum;
	struct pst_policy_location location;
};

/* The common part of `allow`, `deny` and `members`: peers, any of which is
 * enough. */
struct pst_policy_rule {
	struct pst_policy_rule *next;
	struct pst_policy_location location;
	const char *words;            /* "allow acme-app globex-app" */
	const struct pst_policy_directive *directive;
	size_t peer_count;
	const struct pst_policy_peer **peers;
};

struct pst_policy_allow {
	struct pst_policy_allow *next;
	struct pst_policy_rule rule;
	uint32_t directions;
	bool may_observe;
	struct pst_policy_location observe_location;
	struct pst_policy_security security;
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY];
};

struct pst_policy_tenant {
	struct pst_policy_tenant *next;
	const char *name;
	const char *words;            /* "tenant acme" */
	const char *words_and_location; /* "tenant acme (orders.conf:30)" */
	struct pst_policy_location location;
	const struct pst_policy_directive *directive;
	struct pst_policy_rule *members;
	struct pst_policy_rule **members_tail;  /* while building */
	uint32_t tenant_index;        /* by name */
	uint32_t weight;
	struct pst_policy_security security;
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY];
	const struct pst_policy_fault *members_fault; /* any process may be in */
	const struct pst_policy_fault *fault;         /* elsewhere in the block */
};

struct pst_policy_node_key {
	struct pst_policy_node_key *next;
	struct pst_policy_location location;
	uint8_t key[POSTERN_KEY_BYTES];
	const char *text;             /* as written */
};

/* One `require` line of a node, or of an extension of it. */
struct pst_policy_requirement {
	struct pst_policy_requirement *next;
	struct pst_policy_location location;
	const char *words;            /* "require passrights peerpidfd" */
	const struct pst_policy_directive *directive;
	uint32_t features;            /* POSTERN_FEATURE_* bits */
};

struct pst_policy_node {
	struct pst_policy_node *next;
	const struct postern_policy *policy;
	const char *name;
	struct pst_policy_location location;
	const struct pst_policy_directive *directive;

	enum postern_fact_state owner_fact; /* ABSENT: `owner unmapped`, has keys */
	uint32_t owner_uid;
	const char *socket_path;
	uint32_t socket_mode;
	enum postern_fact_state socket_group_fact;
	uint32_t socket_gid;
	struct pst_policy_node_key *keys;
	struct pst_policy_security security;
	struct pst_policy_requirement *requirements;
	uint32_t slot_count;
	enum postern_audit audit;

	struct pst_policy_allow *allows;
	size_t allow_count;
	struct pst_policy_rule *denies;
	size_t deny_count;
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY];

	/* while building: the tails of the lists, and that its own block had
	 * errors, so a line that seems to be missing may be there */
	struct pst_policy_node_key **key_tail;
	struct pst_policy_allow **allow_tail;
	struct pst_policy_requirement **requirement_tail;
	struct pst_policy_rule **deny_tail;
	bool has_errors;
	bool has_owner;

	/* With `fault` the node cannot be opened and decides nothing but
	 * refusals.  With `connect_fault` (in the lines that a client needs:
	 * owner, socket, key and security of its own block) it cannot be
	 * connected to. */
	const struct pst_policy_fault *fault;
	const struct pst_policy_fault *connect_fault;

	/* Found when the table is complete.  The facts are PST_POLICY_FACT_*
	 * bits: the others need not be read.  The ceilings are the largest ring
	 * and message that any allow could give; 0: there is no allow. */
	uint32_t facts_used;
	uint64_t ring_ceiling_bytes;
	uint64_t message_ceiling_bytes;
};

struct postern_policy {
	struct pst_arena arena;
	struct pst_arena directive_arena;     /* sources and directives */
	struct pst_policy_count *count;
	struct pst_policy_peer *peers;
	uint32_t ordinal_count;               /* unknown peers have one too */
	struct pst_policy_tenant *tenants;    /* sorted by name */
	struct pst_policy_tenant **tenant_at; /* the same, by their index */
	size_t tenant_count;
	struct pst_policy_node *nodes;        /* likewise */
	struct pst_policy_node **node_at;
	size_t node_count;
	uint32_t tenant_facts_used;
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY];
	const struct pst_policy_fault *fault; /* concerns every node */
	bool has_errors;                      /* anywhere */
	bool is_parsed;                       /* the first source was */
};

/* A table with one reference and nothing in it; NULL when memory is out. */
struct postern_policy *pst_policy_table_new(void);

/* Free the sources and directives of a table that is complete. */
void pst_policy_table_free_directives(struct postern_policy *policy);

#endif
