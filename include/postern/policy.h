/* SPDX-License-Identifier: ISC */
/*
 * Policies: who may connect to which node, and how much they may use
 *
 * A policy is read from files that an administrator writes (postern-policy(5)),
 * checked as a whole, and never changes afterwards.  Deciding is a pure
 * function of the policy, a node's name and the facts about one process, so
 * everything here works with no node and no channel: a program can ask what the
 * policy would say.
 *
 * The rule in one line: grants add up, limits squeeze, deny ends it.  The order
 * of rules and files never matters, and a process that no rule allows is refused.
 *
 * Threads: a policy may be used by any number of threads at once; diagnostics
 * belong to one thread at a time.  Texts returned in a `char **` belong to the
 * caller, which gives them back with free().
 */
#ifndef POSTERN_POLICY_H
#define POSTERN_POLICY_H

#include <postern/result.h>

#ifdef __cplusplus
extern "C" {
#endif

struct postern_policy;
struct postern_diagnostics;

/* Names of nodes, peers, tenants and instances: at most 63 characters. */
#define POSTERN_NAME_BYTES 64
#define POSTERN_KEY_BYTES 32

/*
 * How well one fact about a process is known.  UNKNOWN: it could not be read,
 * or was not given.  ABSENT: it is known that there is none.  On an unknown fact
 * an allow does not match and a deny does.
 */
enum postern_fact {
	POSTERN_FACT_UNKNOWN = 0,
	POSTERN_FACT_ABSENT = 1,
	POSTERN_FACT_KNOWN = 2
};

/* Whether the process lives in the user namespace of the deciding process. */
enum postern_userns {
	POSTERN_USERNS_UNKNOWN = 0,
	POSTERN_USERNS_SAME = 1,
	POSTERN_USERNS_OTHER = 2
};

/*
 * The facts about one process.  Begins with its size.  Zeroed, everything is
 * unknown: a uid counts only when its fact says KNOWN.  Pointers are borrowed
 * for the call; a KNOWN text that is NULL counts as unknown.
 */
struct postern_subject {
	size_t size_bytes;

	enum postern_fact uid_fact;       /* effective, of SO_PEERCRED */
	uint32_t uid;
	enum postern_fact gid_fact;       /* effective */
	uint32_t gid;
	enum postern_fact groups_fact;    /* supplementary */
	uint32_t group_count;
	const uint32_t *groups;

	/* ABSENT (or a pid of 0): the process is not visible in this pid
	 * namespace, and only peers with `pidns any` admit it; UNKNOWN is taken
	 * for visible.  The number is for texts; a process is recognised by the
	 * inode of its pidfd. */
	enum postern_fact pid_fact;
	int32_t pid;
	enum postern_fact pid_inode_fact;
	uint64_t pid_inode;

	enum postern_fact label_fact;     /* as SO_PEERSEC returns it */
	enum postern_fact unit_fact;      /* of the system manager */
	enum postern_fact cgroup_fact;
	enum postern_fact exe_fact;
	const char *label;
	const char *unit;
	const char *cgroup;
	const char *exe;
	enum postern_userns userns;

	/* KNOWN: proven in a handshake.  Everything else counts as absent: a
	 * key that was not proven is never unknown. */
	enum postern_fact key_fact;
	uint8_t key[POSTERN_KEY_BYTES];

	/* The kernel's ids for "not mapped here"; 0: 65534.  Such a uid or gid
	 * is no identity: it counts as unknown. */
	uint32_t overflow_uid;
	uint32_t overflow_gid;
};

#define POSTERN_SUBJECT_INIT \
	{sizeof(struct postern_subject), \
	 POSTERN_FACT_UNKNOWN, 0, POSTERN_FACT_UNKNOWN, 0, \
	 POSTERN_FACT_UNKNOWN, 0, NULL, POSTERN_FACT_UNKNOWN, 0, \
	 POSTERN_FACT_UNKNOWN, 0, POSTERN_FACT_UNKNOWN, POSTERN_FACT_UNKNOWN, \
	 POSTERN_FACT_UNKNOWN, POSTERN_FACT_UNKNOWN, NULL, NULL, NULL, NULL, \
	 POSTERN_USERNS_UNKNOWN, POSTERN_FACT_UNKNOWN, {0}, 0, 0}

/* The limits.  Values are indices of the arrays in a decision. */
enum postern_limit_key {
	POSTERN_LIMIT_RING = 0,             /* bytes of each ring */
	POSTERN_LIMIT_MESSAGE = 1,          /* bytes of the largest message */
	POSTERN_LIMIT_MEMORY = 2,           /* bytes */
	POSTERN_LIMIT_RATE = 3,             /* messages a second */
	POSTERN_LIMIT_RATE_BURST = 4,       /* messages */
	POSTERN_LIMIT_BANDWIDTH = 5,        /* bytes a second */
	POSTERN_LIMIT_BANDWIDTH_BURST = 6,  /* bytes */
	POSTERN_LIMIT_IDLE = 7,             /* nanoseconds */
	POSTERN_LIMIT_ON_EXCEED = 8,        /* an enum postern_on_exceed */
	POSTERN_LIMIT_PEERS = 9,
	POSTERN_LIMIT_PEERS_PER_USER = 10,
	POSTERN_LIMIT_HANDSHAKES = 11,      /* a second, of each uid */
	POSTERN_LIMIT_HANDSHAKES_BURST = 12
};
#define POSTERN_LIMIT_COUNT 13
#define POSTERN_LIMIT_ROOM 16  /* of the arrays: later releases add keys */

/* Mildest first. */
enum postern_on_exceed {
	POSTERN_ON_EXCEED_BLOCK = 0,
	POSTERN_ON_EXCEED_DROP = 1,
	POSTERN_ON_EXCEED_DISCONNECT = 2
};

enum postern_limit_state {
	POSTERN_LIMIT_UNSET = 0,     /* no limit */
	POSTERN_LIMIT_BUILT_IN = 1,  /* nothing is set: the library's default */
	POSTERN_LIMIT_SET = 2        /* by the rule at file:line */
};

/* Never grows: a decision holds arrays of it. */
struct postern_policy_limit {
	uint64_t value;
	enum postern_limit_state state;
	uint32_t line;
	const char *file;  /* NULL unless set */
};

#define POSTERN_POLICY_LIMIT_INIT {0, POSTERN_LIMIT_UNSET, 0, NULL}

/* Rules that admit, at most, in one node: bits of a decision's allow_bits. */
#define POSTERN_ALLOWS_MAX 256

/*
 * The decision of the policy about one process at one node.  Begins with its size.
 * Zeroed it refuses.  Its texts live as long as the policy that was asked.
 *
 * Each scope's limits hold for themselves and all must admit: `channel` for
 * this one channel (where a rule of several allows, the node, the tenant or the
 * top level sets the same limit, the least, and rate and burst apart), `tenant`
 * for the sum over the tenant, `node` over the node, `process` over all nodes
 * of the process.  Limits of the kinds ring, message, idle and on-exceed bound
 * each channel wherever they stand and are found in `channel` only.  peers in
 * `channel` is the least of the matching allows; each of those counts its own
 * channels.
 */
struct postern_decision {
	size_t size_bytes;
	uint32_t is_admitted;          /* 1 or 0; when 0, refusal says why */
	uint32_t directions;           /* POSTERN_DIRECTION_*, of the peer */
	uint32_t may_observe;          /* 1: may read the node's statistics */

	enum postern_security security;     /* at least this */
	uint32_t security_line;             /* 0: nothing asks for it */
	const char *security_file;

	const char *peer_name;         /* a matching peer of an allow */
	const char *tenant_name;       /* NULL: of no tenant */
	uint32_t tenant_index;         /* meaningful with a tenant only */
	uint32_t tenant_weight;        /* 1 without one */

	/* Bit n % 64 of word n / 64: the node's nth allow matches. */
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];

	struct postern_policy_limit channel[POSTERN_LIMIT_ROOM];
	struct postern_policy_limit tenant[POSTERN_LIMIT_ROOM];
	struct postern_policy_limit node[POSTERN_LIMIT_ROOM];
	struct postern_policy_limit process[POSTERN_LIMIT_ROOM];

	struct postern_refusal refusal;
};

#define POSTERN_DECISION_INIT \
	{sizeof(struct postern_decision), 0, 0, 0, POSTERN_SECURITY_NONE, 0, \
	 NULL, NULL, NULL, 0, 0, {0}, {POSTERN_POLICY_LIMIT_INIT}, \
	 {POSTERN_POLICY_LIMIT_INIT}, {POSTERN_POLICY_LIMIT_INIT}, \
	 {POSTERN_POLICY_LIMIT_INIT}, POSTERN_REFUSAL_INIT}

/* The audit records of a node; zero is everything. */
enum postern_audit {
	POSTERN_AUDIT_ALL = 0,
	POSTERN_AUDIT_DENY = 1,
	POSTERN_AUDIT_NONE = 2
};

/* One node of a policy.  Begins with its size; its texts are the policy's. */
struct postern_node_description {
	size_t size_bytes;
	const char *name;
	const char *socket_path;
	const char *file;               /* where it is defined */
	uint32_t line;
	enum postern_fact owner_fact;   /* UNKNOWN: a name only assumed;
	                                 * ABSENT: `owner unmapped` */
	uint32_t owner_uid;
	uint32_t socket_mode;
	enum postern_fact socket_group_fact;  /* ABSENT: the node's own group */
	uint32_t socket_gid;
	enum postern_security security; /* the node's own minimum */
	uint32_t slot_count;
	enum postern_audit audit;
	uint32_t allow_count;
	uint32_t deny_count;

	/* NULL, or the first error ("FILE:LINE:COLUMN: MESSAGE") because of
	 * which the node cannot be opened, and not be connected to.  The field
	 * that the error is about is empty then, such as socket_path. */
	const char *error;
	const char *connect_error;
};

#define POSTERN_NODE_DESCRIPTION_INIT \
	{sizeof(struct postern_node_description), NULL, NULL, NULL, 0, \
	 POSTERN_FACT_UNKNOWN, 0, 0, POSTERN_FACT_UNKNOWN, 0, \
	 POSTERN_SECURITY_NONE, 0, POSTERN_AUDIT_ALL, 0, 0, NULL, NULL}

/* Flags of loading. */
enum postern_policy_flag {
	/* A name that this host does not know is a warning, not an error: for
	 * checking files of another host.  The name matches no allow and
	 * every deny, and a node with such an owner cannot be opened. */
	POSTERN_POLICY_ASSUME_NAMES = 1,

	/* A file or directory that others could have written is a warning, not
	 * an error: for looking at a policy, never for serving by it. */
	POSTERN_POLICY_WARN_ON_UNTRUSTED = 2,

	/* Warn also about rules that load and do not do what they say: a uid
	 * in two tenants, an `exe` that cannot match.  For checking. */
	POSTERN_POLICY_LINT = 4
};

/* Begins with its size; zero means the default everywhere. */
struct postern_policy_options {
	size_t size_bytes;
	const char *file;       /* read this alone; NULL: the directories */
	uint32_t flags;         /* POSTERN_POLICY_* */
	uint32_t features_off;  /* POSTERN_FEATURE_* bits to do without */

	/* The policy as it would be with this text, of root, as the file
	 * /etc/postern/policy.d/candidate_name ("NAME.conf"; NULL: none).
	 * Diagnostics call it candidate_label (NULL: candidate_name). */
	const char *candidate_name;
	const char *candidate_label;
	const char *candidate_text;
	size_t candidate_bytes;
};

#define POSTERN_POLICY_OPTIONS_INIT \
	{sizeof(struct postern_policy_options), NULL, 0, 0, NULL, NULL, NULL, 0}

/*
 * Load the policy of this system (/usr/lib, /run and /etc/postern/policy.d), or
 * one file.
 *
 * options (NULL: defaults) is borrowed for the call.  Errors and warnings are
 * added to diagnostics when that is not NULL, on success too.  Reads files, so
 * it may block as file systems do.
 *
 * A policy with errors loads too, and is usable where the errors change
 * nothing.  The result is then 0 all the same: only diagnostics tell, whose
 * postern_diagnostics_error_count() is 0 if the whole policy is valid.
 *   - An error makes its block unusable, or the whole file if it is outside a
 *     block.
 *   - An unusable block affects the nodes that depend on it: the node itself,
 *     nodes that name the peer in `allow` or `deny`, nodes that may admit a
 *     member of the tenant.
 *   - A file that cannot be read, trusted or parsed, and an error in the
 *     top-level limits, affect every node.
 * A node that is affected cannot be opened with this policy, a running one
 * keeps its own when it is reloaded, and a decision about such a node is a
 * refusal, all with POSTERN_REASON_POLICY and the first error.  A client can
 * connect as long as the file of the node's own block was parsed, and the block
 * has no error in what a client needs: owner, socket, key and security.
 *
 * Returns 0, also for a policy with errors, or
 *   -EINVAL  options name one file, which cannot be read, trusted or parsed:
 *            diagnostics has at least one error; or a malformed argument
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_policy_load(const struct postern_policy_options *options,
			struct postern_diagnostics *diagnostics,
			struct postern_policy **ret_policy);

/*
 * Give a policy back.  A node that was opened with it keeps its own reference.
 * Accepts NULL.  Returns NULL.
 */
struct postern_policy *postern_policy_free(struct postern_policy *policy);

/*
 * Decide about one process at one node.  Pure: no allocation, no system call.
 * ret_decision->size_bytes says how much of it the caller knows.
 *
 * Returns 0 whenever there is a decision, a refusal or an unknown node too; or
 * -EINVAL for a NULL or malformed argument.
 */
POSTERN_MUST_CHECK
int postern_policy_decide(const struct postern_policy *policy,
			  const char *node_name,
			  const struct postern_subject *subject,
			  struct postern_decision *ret_decision);

/*
 * The same decision as a text for humans: every rule of the node with its place
 * and whether it matched, did not, or is unknown, and which line; the
 * verdict; and which rule set each limit.
 *
 * Returns 0, -ENOENT (no such node), -EINVAL or -ENOMEM.
 */
POSTERN_MUST_CHECK
int postern_policy_explain(const struct postern_policy *policy,
			   const char *node_name,
			   const struct postern_subject *subject,
			   char **ret_text);

/* How many nodes the policy defines; 0 for NULL. */
size_t postern_policy_node_count(const struct postern_policy *policy);

/*
 * Describe one node, by index in the order of names.
 *
 * Returns 0, -ENOENT (no such index) or -EINVAL.
 */
POSTERN_MUST_CHECK
int postern_policy_node_at(const struct postern_policy *policy,
			   size_t node_index,
			   struct postern_node_description *ret_description);

enum postern_severity {
	POSTERN_SEVERITY_WARNING = 1,
	POSTERN_SEVERITY_ERROR = 2
};

/*
 * One diagnostic.  Begins with its size.  line, column and width are 0 if it has
 * no location; columns count bytes from 1.  Texts live until the diagnostics are
 * freed; source_line and hint may be NULL.
 */
struct postern_diagnostic {
	size_t size_bytes;
	enum postern_severity severity;
	uint32_t line;
	uint32_t column;
	uint32_t width;
	const char *file;
	const char *message;
	const char *source_line;
	const char *hint;
};

#define POSTERN_DIAGNOSTIC_INIT \
	{sizeof(struct postern_diagnostic), POSTERN_SEVERITY_ERROR, 0, 0, 0, \
	 NULL, NULL, NULL, NULL}

/*
 * A list of diagnostics, at most 20 errors a file, in the order of the files and
 * of their lines.  _free accepts NULL and returns NULL; the counts of NULL
 * are 0.
 *
 * _new returns 0, -EINVAL or -ENOMEM; _get 0, -ENOENT or -EINVAL.
 */
POSTERN_MUST_CHECK
int postern_diagnostics_new(struct postern_diagnostics **ret_diagnostics);
struct postern_diagnostics *
postern_diagnostics_free(struct postern_diagnostics *diagnostics);
size_t postern_diagnostics_count(const struct postern_diagnostics *diagnostics);
size_t postern_diagnostics_error_count(
	const struct postern_diagnostics *diagnostics);
POSTERN_MUST_CHECK
int postern_diagnostics_get(const struct postern_diagnostics *diagnostics,
			    size_t diagnostic_index,
			    struct postern_diagnostic *ret_diagnostic);

/*
 * One diagnostic in gcc's form, for terminals and editors: the location, the message,
 * the source line with a caret, the hint; each line ends with a newline.
 * Printable ASCII, tabs and newlines only, whatever the file held.
 *
 * Returns 0, -ENOENT, -EINVAL or -ENOMEM.
 */
POSTERN_MUST_CHECK
int postern_diagnostics_format(const struct postern_diagnostics *diagnostics,
			       size_t diagnostic_index, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
