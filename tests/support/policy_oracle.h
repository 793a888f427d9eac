/* SPDX-License-Identifier: ISC */
/*
 * A second opinion on every decision
 *
 * An implementation of the policy language's decision that shares nothing with
 * the library: it was written from the specification, keeps a policy as the
 * words somebody would write, and reads those words again for every question.
 * Slow and obvious on purpose.  It knows the accounts of policy_host.h.
 */
#ifndef POSTERN_SUPPORT_POLICY_ORACLE_H
#define POSTERN_SUPPORT_POLICY_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "support/random.h"

#define ORACLE_VALUES 3
#define ORACLE_LINES 4
#define ORACLE_PEERS 6
#define ORACLE_RULES 5
#define ORACLE_TENANTS 3
#define ORACLE_NODES 2
#define ORACLE_LIMIT_LINES 10
#define ORACLE_FILES 3

/* "group acme 5002" */
struct oracle_line {
	const char *key;
	const char *values[ORACLE_VALUES];
	size_t value_count;
};

struct oracle_peer {
	char name[24];
	struct oracle_line lines[ORACLE_LINES];
	size_t line_count;
	bool has_pidns_any;
};

/* Values as numbers in the smallest unit; 0 is not set. */
struct oracle_limits {
	uint64_t ring, message, memory, rate, rate_burst, bandwidth,
		bandwidth_burst, idle, peers, peers_per_user, handshakes,
		handshakes_burst;
	const char *on_exceed;  /* NULL: not set */
};

/* An allow, a deny, or the members of a tenant. */
struct oracle_rule {
	bool is_deny;
	size_t peers[ORACLE_VALUES];
	size_t peer_count;
	const char *direction;
	const char *security;   /* NULL: not set */
	bool observe;
	struct oracle_limits limits;
	size_t block;           /* 0: in the node's own, else an extension */
	size_t allow_index;     /* as printed */
};

struct oracle_tenant {
	char name[24];
	struct oracle_rule members;
	unsigned int weight;
	const char *security;
	struct oracle_limits limits;
};

struct oracle_node {
	char name[24];
	bool has_key;
	struct oracle_rule rules[ORACLE_RULES];
	size_t rule_count;
	const char *security[2];           /* own, and an extension's */
	uint32_t required[3];              /* own, and of two extensions */
	struct oracle_limits limits[2];
};

struct oracle_policy {
	struct oracle_peer peers[ORACLE_PEERS];
	size_t peer_count;
	struct oracle_tenant tenants[ORACLE_TENANTS];
	size_t tenant_count;
	struct oracle_node nodes[ORACLE_NODES];
	size_t node_count;
	struct oracle_limits limits[2];
};

/* What is compared.  Limits in the order of enum postern_limit_key. */
struct oracle_decision {
	bool is_allowed;
	enum postern_reason reason;
	uint32_t directions;
	bool may_observe;
	enum postern_security security;
	const char *tenant;
	unsigned int weight;
	bool allows[ORACLE_RULES];
	struct oracle_limits channel, tenant_limits, node_limits,
		process_limits;
};

/* A policy that is valid, and interesting: about half of the subjects below
 * are admitted somewhere. */
void oracle_policy_make(struct oracle_policy *policy, struct random *random);

/*
 * Print it as file_count texts (freed by the caller), things in random order.
 * Writes the allow_index of every rule.
 */
void oracle_policy_print(struct oracle_policy *policy, struct random *random,
			 size_t file_count, char *ret_texts[ORACLE_FILES]);

/* A process; groups points at room for 4. */
void oracle_subject_make(struct postern_subject *subject, uint32_t *groups,
			 struct random *random);

void oracle_decide(const struct oracle_policy *policy,
		   const struct oracle_node *node,
		   const struct postern_subject *subject,
		   struct oracle_decision *ret_decision);

/* Whether the policy requires of the node exactly the model's features. */
bool oracle_requires_the_same(const struct oracle_node *node,
			      const struct postern_policy *policy);

/* NULL when they agree, else what they differ in. */
const char *oracle_compare(const struct oracle_decision *wanted,
			   const struct postern_decision *decision);

#endif
