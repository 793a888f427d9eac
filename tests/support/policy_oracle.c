/* SPDX-License-Identifier: ISC */
/*
 * A second opinion on every decision: see policy_oracle.h
 *
 * Lines answer 'y', 'n' or '?'.
 */
#include "support/policy_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	long id;
} accounts[] = {
	{"root", 0},	       {"alice", 1001},	    {"bob", 1002},
	{"carol", 1003},       {"collector", 2001}, {"acme", 5001},
	{"globex", 5002},      {"contractors", 5003}, {"empty", 5004},
};

/* In the second byte of a subject's key: whatever is asked for, it has. */
#define ANY_KEY 0xaa

static long id_of(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
		if (strcmp(accounts[i].name, word) == 0)
			return accounts[i].id;
	}
	return atol(word);
}

static bool is_listed_in(long uid, long gid)
{
	return (gid == 5001 && uid == 1001) ||
	       (gid == 5002 && (uid == 1001 || uid == 1002)) ||
	       (gid == 5003 && uid == 1003);
}

/* The id, or -1 if it is unknown or stands for nobody. */
static long known_id(enum postern_fact_state fact, uint32_t id,
		     uint32_t overflow)
{
	if (fact != POSTERN_FACT_KNOWN)
		return -1;
	if (id == 65534 || id == 0xffffffff || (overflow && id == overflow))
		return -1;
	return (long)id;
}

static char answer_user(const char *value, const struct postern_subject *s)
{
	long uid = known_id(s->uid_fact, s->uid, s->overflow_uid);
	long first, last;

	if (uid < 0)
		return '?';
	if (strcmp(value, "*") == 0)
		return 'y';
	if (sscanf(value, "%ld-%ld", &first, &last) == 2)
		return uid >= first && uid <= last ? 'y' : 'n';
	return uid == id_of(value) ? 'y' : 'n';
}

static char answer_group(const char *value, const struct postern_subject *s,
			 bool is_deny)
{
	long gids[8], wanted = id_of(value), uid;
	size_t i, count = 0;
	char answer = 'n';

	gids[count++] = known_id(s->gid_fact, s->gid, s->overflow_gid);
	if (s->groups_fact == POSTERN_FACT_UNKNOWN)
		gids[count++] = -1;
	if (s->groups_fact == POSTERN_FACT_KNOWN) {
		for (i = 0; i < s->group_count; i++)
			gids[count++] = known_id(POSTERN_FACT_KNOWN,
						 s->groups[i],
						 s->overflow_gid);
	}
	for (i = 0; i < count; i++) {
		if (gids[i] == wanted)
			return 'y';
		if (gids[i] < 0)
			answer = '?';
	}
	if (!is_deny)
		return answer;

	uid = known_id(s->uid_fact, s->uid, s->overflow_uid);
	if (uid >= 0)
		return is_listed_in(uid, wanted) ? 'y' : answer;
	/* somebody unknown may be a member, if the group has any */
	return wanted >= 5001 && wanted <= 5003 ? '?' : answer;
}

static char answer_text(const char *value, enum postern_fact_state fact,
			const char *text)
{
	if (fact == POSTERN_FACT_ABSENT)
		return 'n';
	if (fact == POSTERN_FACT_UNKNOWN || !text)
		return '?';
	return strcmp(value, text) == 0 ? 'y' : 'n';
}

static char answer_cgroup(const char *value, enum postern_fact_state fact,
			  const char *path)
{
	char prefix[64], whole[256];

	if (fact == POSTERN_FACT_ABSENT)
		return 'n';
	if (fact == POSTERN_FACT_UNKNOWN || !path)
		return '?';
	if (strcmp(value, "/") == 0)
		return 'y';
	(void)snprintf(prefix, sizeof(prefix), "%s/", value);
	(void)snprintf(whole, sizeof(whole), "%s/", path);
	return strstr(whole, prefix) == whole ? 'y' : 'n';
}

static bool is_hidden(const struct postern_subject *s)
{
	if (s->pid_fact == POSTERN_FACT_ABSENT)
		return true;
	return s->pid_fact == POSTERN_FACT_KNOWN && s->pid == 0;
}

static char answer_pid(const char *value, const struct postern_subject *s)
{
	/* of the processes that random policies name, 99 is gone */
	if (strncmp(value, "99:", 3) == 0)
		return 'n';
	if (is_hidden(s) || s->pid_inode_fact != POSTERN_FACT_KNOWN)
		return '?';
	return strtoull(strchr(value, ':') + 1, NULL, 10) == s->pid_inode ?
		       'y' :
		       'n';
}

/* Random policies have two keys, which begin with 0xde and 0x7e. */
static char answer_key(const char *value, const struct postern_subject *s)
{
	if (s->key[1] == ANY_KEY)
		return 'y';
	if (s->key_fact != POSTERN_FACT_KNOWN)
		return 'n';
	return s->key[0] == (value[7] == '3' ? 0xde : 0x7e) ? 'y' : 'n';
}

static char answer_userns(const struct postern_subject *s)
{
	if (s->userns == POSTERN_USERNS_UNKNOWN)
		return '?';
	return s->userns == POSTERN_USERNS_SAME ? 'y' : 'n';
}

static char answer_value(const char *key, const char *value,
			 const struct postern_subject *s, bool is_deny)
{
	if (strcmp(key, "user") == 0)
		return answer_user(value, s);
	if (strcmp(key, "group") == 0)
		return answer_group(value, s, is_deny);
	if (strcmp(key, "label") == 0)
		return answer_text(value, s->label_fact, s->label);
	if (strcmp(key, "unit") == 0)
		return answer_text(value, s->unit_fact, s->unit);
	if (strcmp(key, "exe") == 0)
		return answer_text(value, s->exe_fact, s->exe);
	if (strcmp(key, "cgroup") == 0)
		return answer_cgroup(value, s->cgroup_fact, s->cgroup);
	if (strcmp(key, "pid") == 0)
		return answer_pid(value, s);
	if (strcmp(key, "key") == 0)
		return answer_key(value, s);
	return answer_userns(s);
}

static char answer_line(const struct oracle_line *line,
			const struct postern_subject *s, bool is_deny)
{
	bool has_unknown = false;
	size_t i;

	for (i = 0; i < line->value_count; i++) {
		switch (answer_value(line->key, line->values[i], s, is_deny)) {
		case 'y':
			return 'y';
		case '?':
			has_unknown = true;
			break;
		default:
			break;
		}
	}
	return has_unknown ? '?' : 'n';
}

static char answer_peer(const struct oracle_peer *peer,
			const struct postern_subject *s, bool is_deny)
{
	bool has_unknown = false;
	size_t i;

	for (i = 0; i < peer->line_count; i++) {
		switch (answer_line(&peer->lines[i], s, is_deny)) {
		case 'n':
			return 'n';
		case '?':
			has_unknown = true;
			break;
		default:
			break;
		}
	}
	return has_unknown ? '?' : 'y';
}

static bool is_denied(const struct oracle_policy *policy,
		      const struct oracle_rule *rule,
		      const struct postern_subject *s)
{
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		if (answer_peer(&policy->peers[rule->peers[i]], s, true) != 'n')
			return true;
	}
	return false;
}

static bool is_allowed(const struct oracle_policy *policy,
		       const struct oracle_rule *rule,
		       const struct postern_subject *s)
{
	const struct oracle_peer *peer;
	size_t i;

	for (i = 0; i < rule->peer_count; i++) {
		peer = &policy->peers[rule->peers[i]];
		if (is_hidden(s) && !peer->has_pidns_any)
			continue;
		if (answer_peer(peer, s, false) == 'y')
			return true;
	}
	return false;
}

static char answer_tenant(const struct oracle_policy *policy,
			  const struct oracle_tenant *tenant,
			  const struct postern_subject *s)
{
	char answer = 'n', peer_answer;
	size_t i;

	for (i = 0; i < tenant->members.peer_count; i++) {
		peer_answer = answer_peer(
			&policy->peers[tenant->members.peers[i]], s, false);
		if (peer_answer == 'y')
			return 'y';
		if (peer_answer == '?')
			answer = '?';
	}
	return answer;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	if (a == 0)
		return b;
	if (b == 0)
		return a;
	return a < b ? a : b;
}

static const char *stricter(const char *a, const char *b)
{
	const char *const order[] = {"disconnect", "drop", "block"};
	size_t i;

	for (i = 0; i < 3; i++) {
		if ((a && strcmp(a, order[i]) == 0) ||
		    (b && strcmp(b, order[i]) == 0))
			return order[i];
	}
	return NULL;
}

static void squeeze_each_channel(struct oracle_limits *to,
				 const struct oracle_limits *from)
{
	to->ring = lesser(to->ring, from->ring);
	to->message = lesser(to->message, from->message);
	to->idle = lesser(to->idle, from->idle);
	to->on_exceed = stricter(to->on_exceed, from->on_exceed);
}

static void squeeze_sums(struct oracle_limits *to,
			 const struct oracle_limits *from)
{
	to->memory = lesser(to->memory, from->memory);
	to->rate = lesser(to->rate, from->rate);
	to->rate_burst = lesser(to->rate_burst, from->rate_burst);
	to->bandwidth = lesser(to->bandwidth, from->bandwidth);
	to->bandwidth_burst =
		lesser(to->bandwidth_burst, from->bandwidth_burst);
	to->peers = lesser(to->peers, from->peers);
	to->peers_per_user = lesser(to->peers_per_user, from->peers_per_user);
	to->handshakes = lesser(to->handshakes, from->handshakes);
	to->handshakes_burst =
		lesser(to->handshakes_burst, from->handshakes_burst);
}

static enum postern_security number_of(const char *security)
{
	if (!security || strcmp(security, "none") == 0)
		return POSTERN_SECURITY_NONE;
	return strcmp(security, "mac") == 0 ? POSTERN_SECURITY_MAC :
					      POSTERN_SECURITY_AEAD;
}

static void raise_to(struct oracle_decision *decision, const char *security)
{
	if (number_of(security) > decision->security)
		decision->security = number_of(security);
}

static void add_allow(struct oracle_decision *decision,
		      const struct oracle_rule *rule)
{
	decision->allows[rule->allow_index] = true;
	if (strcmp(rule->direction, "receive") != 0)
		decision->directions |= POSTERN_DIRECTION_TO_NODE;
	if (strcmp(rule->direction, "send") != 0)
		decision->directions |= POSTERN_DIRECTION_FROM_NODE;
	if (rule->observe)
		decision->may_observe = true;
	raise_to(decision, rule->security);
	squeeze_each_channel(&decision->channel, &rule->limits);
	squeeze_sums(&decision->channel, &rule->limits);
}

/* Returns the tenant, or NULL; *ret_reason says whether that is a refusal. */
static const struct oracle_tenant *
find_tenant(const struct oracle_policy *policy, const struct postern_subject *s,
	    enum postern_reason *ret_reason)
{
	const struct oracle_tenant *tenant = NULL;
	size_t i, yes_count = 0, unknown_count = 0;

	for (i = 0; i < policy->tenant_count; i++) {
		switch (answer_tenant(policy, &policy->tenants[i], s)) {
		case 'y':
			tenant = &policy->tenants[i];
			yes_count++;
			break;
		case '?':
			unknown_count++;
			break;
		default:
			break;
		}
	}
	*ret_reason = POSTERN_REASON_NONE;
	if (unknown_count > 0)
		*ret_reason = POSTERN_REASON_UNKNOWN_TENANT;
	if (yes_count > 1)
		*ret_reason = POSTERN_REASON_AMBIGUOUS_TENANT;
	return tenant;
}

static void add_defaults(struct oracle_limits *channel)
{
	if (channel->ring == 0)
		channel->ring = 1048576;
	if (channel->message == 0)
		channel->message = 65536;
	if (!channel->on_exceed)
		channel->on_exceed = "block";
	/* header, payload, padding to eight bytes */
	while ((8 + channel->message + 7) / 8 * 8 > channel->ring)
		channel->message = channel->message > channel->ring ?
					   channel->ring :
					   channel->message - 1;
}

/* Would anybody be let in with whichever key it takes? */
static bool is_short_of_a_key(const struct oracle_policy *policy,
			      const struct oracle_node *node,
			      const struct postern_subject *subject)
{
	struct postern_subject keeper = *subject;
	size_t i;

	keeper.key[1] = ANY_KEY;
	for (i = 0; i < node->rule_count; i++)
		if (!node->rules[i].is_deny &&
		    is_allowed(policy, &node->rules[i], &keeper))
			return true;
	return false;
}

void oracle_decide(const struct oracle_policy *policy,
		   const struct oracle_node *node,
		   const struct postern_subject *subject,
		   struct oracle_decision *ret_decision)
{
	struct oracle_decision decision = {.weight = 1};
	const struct oracle_tenant *tenant;
	bool has_allow = false;
	size_t i;

	*ret_decision = (struct oracle_decision){0};
	for (i = 0; i < node->rule_count; i++) {
		if (node->rules[i].is_deny &&
		    is_denied(policy, &node->rules[i], subject)) {
			ret_decision->reason = POSTERN_REASON_DENIED;
			return;
		}
	}
	for (i = 0; i < node->rule_count; i++) {
		if (!node->rules[i].is_deny &&
		    is_allowed(policy, &node->rules[i], subject)) {
			add_allow(&decision, &node->rules[i]);
			has_allow = true;
		}
	}
	if (!has_allow) {
		ret_decision->reason =
			is_short_of_a_key(policy, node, subject) ?
				POSTERN_REASON_KEY :
				POSTERN_REASON_NO_ALLOW;
		return;
	}
	tenant = find_tenant(policy, subject, &ret_decision->reason);
	if (ret_decision->reason != POSTERN_REASON_NONE)
		return;

	if (tenant) {
		decision.tenant = tenant->name;
		decision.weight = tenant->weight;
		raise_to(&decision, tenant->security);
		squeeze_each_channel(&decision.channel, &tenant->limits);
		squeeze_sums(&decision.tenant_limits, &tenant->limits);
	}
	for (i = 0; i < 2; i++) {
		raise_to(&decision, node->security[i]);
		squeeze_each_channel(&decision.channel, &node->limits[i]);
		squeeze_sums(&decision.node_limits, &node->limits[i]);
		squeeze_each_channel(&decision.channel, &policy->limits[i]);
		squeeze_sums(&decision.process_limits, &policy->limits[i]);
	}
	add_defaults(&decision.channel);
	decision.is_allowed = true;
	*ret_decision = decision;
}
