/* SPDX-License-Identifier: ISC */
/*
 * Policies: the processes that may connect to each node, and their limits
 *
 * The library loads a policy from files that an administrator writes
 * (postern-policy(5)).  A loaded policy never changes.  A decision depends only
 * on the policy, the name of a node and the facts about one process.  No call
 * here needs a node or a channel, so a program can ask in advance.
 *
 * A process is allowed if an allow matches and no deny does.  The grants of all
 * matching allows are combined; of several limits the strictest applies.  The
 * order of rules and files does not matter.
 *
 * Threads: any number of threads may use a policy at once; one thread at a time
 * may use diagnostics.  The caller frees a text that is returned in a `char **`
 * with free().
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
 * The state of one fact about a process.  UNKNOWN: it could not be read, or was
 * not given.  ABSENT: the process is known to have no such attribute.  An allow
 * does not match an unknown fact; a deny does.
 */
enum postern_fact_state {
	POSTERN_FACT_UNKNOWN = 0,
	POSTERN_FACT_ABSENT = 1,
	POSTERN_FACT_KNOWN = 2
};

/* Is the process in the same user namespace as the deciding process? */
enum postern_userns {
	POSTERN_USERNS_UNKNOWN = 0,
	POSTERN_USERNS_SAME = 1,
	POSTERN_USERNS_OTHER = 2
};

/*
 * The facts about one process.  Begins with its size.  If the rest is zero,
 * every fact is unknown; a uid is used only if uid_fact is KNOWN.  Pointers are
 * borrowed for the call.  A KNOWN text that is NULL counts as unknown.
 */
struct postern_subject {
	size_t size_bytes;

	enum postern_fact_state uid_fact;    /* effective, of SO_PEERCRED */
	uint32_t uid;
	enum postern_fact_state gid_fact;    /* effective */
	uint32_t gid;
	enum postern_fact_state groups_fact; /* supplementary */
	uint32_t group_count;
	const uint32_t *groups;

	/* ABSENT (or a pid of 0): the process is not visible in this pid
	 * namespace, and only peers with `pidns any` match it.  UNKNOWN counts
	 * as visible.  The number is only printed; the inode of the pidfd
	 * identifies the process. */
	enum postern_fact_state pid_fact;
	int32_t pid;
	enum postern_fact_state pid_inode_fact;
	uint64_t pid_inode;

	enum postern_fact_state label_fact;  /* as SO_PEERSEC returns it */
	enum postern_fact_state unit_fact;   /* of the system manager */
	enum postern_fact_state cgroup_fact;
	enum postern_fact_state exe_fact;
	const char *label;
	const char *unit;
	const char *cgroup;
	const char *exe;
	enum postern_userns userns;

	/* KNOWN: proven in a handshake.  Any other state counts as absent: a
	 * key that was not proven is never unknown. */
	enum postern_fact_state key_fact;
	uint8_t key[POSTERN_KEY_BYTES];

	/* The ids that the kernel reports for unmapped ones; 0: 65534.  Such a
	 * uid or gid identifies no user or group, so it counts as unknown. */
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
#define POSTERN_LIMIT_CAPACITY 16  /* of the arrays; later releases add keys */

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

/* The most allows of one node: the bits of allow_bits in a decision. */
#define POSTERN_ALLOWS_MAX 256

/*
 * The decision of a policy about one process at one node.  Begins with its
 * size.  If the rest is zero, it denies.  Its texts live as long as the policy.
 *
 * The limits of each scope apply separately, and all of them must be met: those
 * of `channel` to this channel, of `tenant` to the sum over the tenant, of
 * `node` to the sum over the node, of `process` to the sum over the nodes of the
 * process that share an accounting (<postern/node.h>).  If several allows, the
 * node, the tenant or the top level set the same limit of the channel, the
 * lowest applies, for rate and burst separately.  The limits ring, message, idle
 * and on-exceed apply to each channel wherever they are written, and are in
 * `channel` only.  peers in
 * `channel` is the lowest of the matching allows, each of which counts its own
 * channels.
 */
struct postern_decision {
	size_t size_bytes;
	uint32_t is_allowed;           /* 1 or 0; if 0, see error */
	uint32_t directions;           /* POSTERN_DIRECTION_*, the client's */
	uint32_t may_observe;          /* 1: may read the node's statistics */

	enum postern_security security;     /* at least this */
	uint32_t security_line;             /* 0: no rule requires it */
	const char *security_file;

	const char *peer_name;         /* a matching peer of an allow */
	const char *tenant_name;       /* NULL: no tenant */
	uint32_t tenant_index;         /* only valid with a tenant */
	uint32_t tenant_weight;        /* 1 without one */

	/* Bit n % 64 of word n / 64: the node's nth allow matches. */
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];

	struct postern_policy_limit channel[POSTERN_LIMIT_CAPACITY];
	struct postern_policy_limit tenant[POSTERN_LIMIT_CAPACITY];
	struct postern_policy_limit node[POSTERN_LIMIT_CAPACITY];
	struct postern_policy_limit process[POSTERN_LIMIT_CAPACITY];

	struct postern_error_info error;
};

#define POSTERN_DECISION_INIT \
	{sizeof(struct postern_decision), 0, 0, 0, POSTERN_SECURITY_NONE, 0, \
	 NULL, NULL, NULL, 0, 0, {0}, {POSTERN_POLICY_LIMIT_INIT}, \
	 {POSTERN_POLICY_LIMIT_INIT}, {POSTERN_POLICY_LIMIT_INIT}, \
	 {POSTERN_POLICY_LIMIT_INIT}, POSTERN_ERROR_INFO_INIT}

/* The audit records that a node writes. */
enum postern_audit {
	POSTERN_AUDIT_ALL = 0,
	POSTERN_AUDIT_DENY = 1,
	POSTERN_AUDIT_NONE = 2
};

/* A node of a policy.  Begins with its size.  Its texts live as long as it. */
struct postern_node_description {
	size_t size_bytes;
	const char *name;
	const char *socket_path;
	const char *file;               /* where it is defined */
	uint32_t line;
	enum postern_fact_state owner_fact;  /* UNKNOWN: an assumed name;
	                                      * ABSENT: `owner unmapped` */
	uint32_t owner_uid;
	uint32_t socket_mode;
	enum postern_fact_state socket_group_fact;  /* ABSENT: the node's own */
	uint32_t socket_gid;
	enum postern_security security; /* the node's own minimum */
	uint32_t slot_count;
	enum postern_audit audit;
	uint32_t allow_count;
	uint32_t deny_count;

	/* NULL, or the first error ("FILE:LINE:COLUMN: MESSAGE") because of
	 * which the node cannot be opened (error), or clients cannot connect to
	 * it (connect_error).  The field with the error is then empty. */
	const char *error;
	const char *connect_error;
};

#define POSTERN_NODE_DESCRIPTION_INIT \
	{sizeof(struct postern_node_description), NULL, NULL, NULL, 0, \
	 POSTERN_FACT_UNKNOWN, 0, 0, POSTERN_FACT_UNKNOWN, 0, \
	 POSTERN_SECURITY_NONE, 0, POSTERN_AUDIT_ALL, 0, 0, NULL, NULL}

/* Flags of postern_policy_load(). */
enum postern_policy_flag {
	/* An unknown user or group name is a warning, not an error: for
	 * checking the files of another host.  The name matches no allow and
	 * every deny, and a node with such an owner cannot be opened. */
	POSTERN_POLICY_ASSUME_NAMES = 1,

	/* A file or directory that another user could have written is a
	 * warning, not an error: to look at a policy, never to open a node. */
	POSTERN_POLICY_WARN_ON_UNTRUSTED = 2,

	/* Also warn about valid rules without the intended effect: a uid in two
	 * tenants, an `exe` that cannot match.  For checking a policy. */
	POSTERN_POLICY_LINT = 4
};

/* Begins with its size; zero means the default everywhere. */
struct postern_policy_options {
	size_t size_bytes;
	const char *file;       /* only this file; NULL: the directories */
	uint32_t flags;         /* POSTERN_POLICY_* */
	uint32_t disable_features;  /* POSTERN_FEATURE_* bits not to use */

	/* Load the policy as if root had written this text to the file
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
 * Load the policy of this host (/usr/lib, /run and /etc/postern/policy.d), or
 * one file.
 *
 * options (NULL: defaults) is borrowed for the call.  Errors and warnings are
 * added to diagnostics, unless it is NULL, also on success.  Reads files, so it
 * may block as file systems do.
 *
 * A policy with errors is loaded too, and the call returns 0; the nodes that no
 * error affects are usable.  Only diagnostics show the errors:
 * postern_diagnostics_error_count() is 0 if the whole policy is valid.
 *   - An error makes its block unusable, or the whole file if it is outside a
 *     block.
 *   - An unusable block affects the nodes that depend on it: the node itself,
 *     nodes that name the peer in `allow` or `deny`, nodes that may allow a
 *     member of the tenant.
 *   - A file that cannot be read, trusted or parsed, and an error in the
 *     top-level limits, affect every node.
 * An affected node cannot be opened with this policy, a running node keeps its
 * old policy at a reload, and every decision about the node denies, with
 * POSTERN_REASON_POLICY and the first error.  A client can still connect if the
 * file of the node's block was parsed, and the block has no error in owner,
 * socket, key or security.
 *
 * Returns 0, also for a policy with errors, or
 *   -EINVAL  an argument is NULL or malformed; or options name one file that
 *            cannot be read, trusted or parsed, and diagnostics has at least
 *            one error
 *   -ENOMEM -EMFILE -ENFILE -ECANCELED
 */
POSTERN_MUST_CHECK
int postern_policy_load(const struct postern_policy_options *options,
			struct postern_diagnostics *diagnostics,
			struct postern_policy **ret_policy);

/*
 * Free a policy.  A node that was opened with it keeps its own reference.
 * Accepts NULL.
 *
 * Returns NULL.
 */
struct postern_policy *postern_policy_free(struct postern_policy *policy);

/*
 * Decide about one process at one node.  A pure function: no allocation, no
 * system call.  Set ret_decision->size_bytes first.
 *
 * Returns 0 for every decision, also if it denies or if there is no such node;
 * or
 *   -EINVAL  an argument is NULL or malformed
 */
POSTERN_MUST_CHECK
int postern_policy_decide(const struct postern_policy *policy,
			  const char *node_name,
			  const struct postern_subject *subject,
			  struct postern_decision *ret_decision);

/*
 * Explain the same decision in a text for humans: every rule of the node with
 * its location, whether it matched, did not match or is unknown, and by which
 * line; the decision; and the rule that set each limit.  The caller frees the
 * text.
 *
 * Returns 0, or
 *   -ENOENT  the policy has no such node
 *   -EINVAL  an argument is NULL or malformed
 *   -ENOMEM
 */
POSTERN_MUST_CHECK
int postern_policy_explain(const struct postern_policy *policy,
			   const char *node_name,
			   const struct postern_subject *subject,
			   char **ret_text);

/* Get the number of nodes that the policy defines; 0 for NULL. */
size_t postern_policy_node_count(const struct postern_policy *policy);

/*
 * Describe one node, by its index in the order of names.  Set
 * ret_description->size_bytes first.
 *
 * Returns 0, or
 *   -ENOENT  there is no such index
 *   -EINVAL  an argument is NULL, or ret_description has an invalid size
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
 * One diagnostic.  Begins with its size.  line, column and width are 0 if it
 * has no location; columns count bytes from 1.  Texts live until the
 * diagnostics are freed; source_line and hint may be NULL.
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
 * A list of diagnostics: at most 20 errors of each file, in the order of the
 * files and of their lines.
 *
 * postern_diagnostics_new() creates an empty list, and _at copies one
 * diagnostic. _count counts errors and warnings, _error_count only errors; both
 * return 0 for NULL.  _free accepts NULL and returns NULL.
 *
 * Returns 0, or
 *   -ENOENT  postern_diagnostics_at(): there is no such index
 *   -EINVAL  an argument is NULL, or ret_diagnostic has an invalid size
 *   -ENOMEM  postern_diagnostics_new()
 */
POSTERN_MUST_CHECK
int postern_diagnostics_new(struct postern_diagnostics **ret_diagnostics);
struct postern_diagnostics *
postern_diagnostics_free(struct postern_diagnostics *diagnostics);
size_t postern_diagnostics_count(const struct postern_diagnostics *diagnostics);
size_t postern_diagnostics_error_count(
	const struct postern_diagnostics *diagnostics);
POSTERN_MUST_CHECK
int postern_diagnostics_at(const struct postern_diagnostics *diagnostics,
			   size_t diagnostic_index,
			   struct postern_diagnostic *ret_diagnostic);

/*
 * Format one diagnostic as compilers do: location, message, the source line
 * with a caret, and the hint.  Each line ends with a newline.  The text is
 * printable ASCII, tabs and newlines only, whatever the file contains.  The
 * caller frees it.
 *
 * Returns 0, or
 *   -ENOENT  there is no such index
 *   -EINVAL  an argument is NULL
 *   -ENOMEM
 */
POSTERN_MUST_CHECK
int postern_diagnostics_format(const struct postern_diagnostics *diagnostics,
			       size_t diagnostic_index, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
