/* SPDX-License-Identifier: ISC */
/*
 * What rules add to a decision: see policy_grant.h
 */
#include "policy/policy_grant.h"

#include <string.h>

#include "base/record_size.h"
#include "policy/policy.h"

/* Whether the limit bounds each channel, in whichever block it is set.  All other
 * limits bound a sum over their scope. */
static bool is_per_channel(size_t limit_key)
{
	return limit_key == POSTERN_LIMIT_RING ||
	       limit_key == POSTERN_LIMIT_MESSAGE ||
	       limit_key == POSTERN_LIMIT_IDLE ||
	       limit_key == POSTERN_LIMIT_ON_EXCEED;
}

static bool is_before(const char *a_file, uint32_t a_line, const char *b_file,
		      uint32_t b_line)
{
	int order = strcmp(a_file, b_file);

	return order < 0 || (order == 0 && a_line < b_line);
}

bool pst_policy_location_is_before(const struct pst_policy_location *a,
				   const struct pst_policy_location *b)
{
	return is_before(a->file, a->line, b->file, b->line);
}

static void restrict_limit(size_t limit_key, struct postern_policy_limit *limit,
			   const struct postern_policy_limit *other)
{
	bool is_stricter;

	if (other->state != POSTERN_LIMIT_SET)
		return;
	if (limit->state == POSTERN_LIMIT_SET) {
		/* the strictest on-exceed is the last of its enum */
		is_stricter = limit_key == POSTERN_LIMIT_ON_EXCEED
				      ? other->value > limit->value
				      : other->value < limit->value;
		if (!is_stricter && other->value != limit->value)
			return;
		if (!is_stricter &&
		    !is_before(other->file, other->line, limit->file,
			       limit->line))
			return;
	}
	*limit = *other;
}

void pst_policy_limits_restrict(struct postern_policy_limit *limits,
				const struct postern_policy_limit *others)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++)
		restrict_limit(i, &limits[i], &others[i]);
}

struct pst_token_rate
pst_policy_limits_rate(const struct postern_policy_limit *limits,
		       enum postern_limit_key rate_key,
		       enum postern_limit_key burst_key)
{
	struct pst_token_rate rate = {0};

	if (limits[rate_key].state == POSTERN_LIMIT_SET)
		rate.per_second = limits[rate_key].value;
	if (rate.per_second == 0)
		return rate;
	rate.burst = limits[burst_key].state == POSTERN_LIMIT_SET
			     ? limits[burst_key].value
			     : rate.per_second;
	return rate;
}

static void fill_in(struct postern_policy_limit *limit, uint64_t value)
{
	if (limit->state != POSTERN_LIMIT_UNSET)
		return;
	limit->state = POSTERN_LIMIT_BUILT_IN;
	limit->value = value;
}

void pst_policy_limits_complete(struct postern_policy_limit *limits)
{
	const struct postern_policy_limit *ring = &limits[POSTERN_LIMIT_RING];
	struct postern_policy_limit *message = &limits[POSTERN_LIMIT_MESSAGE];
	uint64_t fitting_bytes;

	fill_in(&limits[POSTERN_LIMIT_RING], PST_POLICY_DEFAULT_RING_BYTES);
	fill_in(message, PST_POLICY_DEFAULT_MESSAGE_BYTES);
	fill_in(&limits[POSTERN_LIMIT_ON_EXCEED], POSTERN_ON_EXCEED_BLOCK);

	/* A tag, where there will be one, is between the two sides. */
	fitting_bytes = pst_record_payload_ceiling(ring->value, 0);
	if (message->value > fitting_bytes) {
		/* then the rule of the ring restricts the message */
		*message = *ring;
		message->value = fitting_bytes;
	}
}

static void raise_security(struct postern_decision *decision,
			   const struct pst_policy_security *security)
{
	if (security->location.line == 0 ||
	    security->minimum < decision->security)
		return;
	if (security->minimum == decision->security &&
	    decision->security_line != 0 &&
	    !is_before(security->location.file, security->location.line,
		       decision->security_file, decision->security_line))
		return;
	decision->security = security->minimum;
	decision->security_line = security->location.line;
	decision->security_file = security->location.file;
}

void pst_policy_grant_add_allow(struct postern_decision *decision,
				const struct pst_policy_allow *allow)
{
	decision->directions |= allow->directions;
	decision->may_observe |= allow->may_observe;
	raise_security(decision, &allow->security);
	pst_policy_limits_restrict(decision->channel, allow->limits);
}

void pst_policy_grant_add_scope(struct postern_decision *decision,
				struct postern_policy_limit *scope_limits,
				const struct postern_policy_limit *limits)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (is_per_channel(i))
			restrict_limit(i, &decision->channel[i], &limits[i]);
		else
			scope_limits[i] = limits[i];
	}
}

void pst_policy_grant_add_tenant(struct postern_decision *decision,
				 const struct pst_policy_tenant *tenant)
{
	decision->tenant_name = tenant->name;
	decision->tenant_index = tenant->tenant_index;
	decision->tenant_weight = tenant->weight;
	raise_security(decision, &tenant->security);
	pst_policy_grant_add_scope(decision, decision->tenant, tenant->limits);
}

void pst_policy_grant_add_node(struct postern_decision *decision,
			       const struct pst_policy_node *node)
{
	raise_security(decision, &node->security);
	pst_policy_grant_add_scope(decision, decision->node, node->limits);
	pst_policy_grant_add_scope(decision, decision->process,
				   node->policy->limits);
	pst_policy_limits_complete(decision->channel);
}
