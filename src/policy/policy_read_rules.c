/* SPDX-License-Identifier: ISC */
/*
 * Reading rules about peers: `allow PEER... { }` and `tenant NAME { }`
 *
 * `allow`, `deny` and `members` name peers of this text or of another, before
 * or after them; the names are resolved when all texts are read.  A tenant
 * admits no process: it adds limits to processes that a node admits.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_read.h"
#include "policy/policy_units.h"
#include "policy/policy_values.h"

#define WEIGHT_MAX 10000u
#define BLOCK PST_POLICY_KEY_HAS_BLOCK
#define REPEAT PST_POLICY_KEY_MAY_REPEAT
#define APART PST_POLICY_KEY_SECOND_FAULT
#define EARLIER PST_POLICY_KEY_SORTS_EARLIER
#define MANY PST_POLICY_ANY_WORD_COUNT

static int read_rule(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     struct pst_policy_rule *rule)
{
	rule->location = pst_policy_location_of(directive);
	rule->directive = directive;
	rule->peer_count = directive->word_count - 1;
	rule->words = pst_policy_join_words(builder, directive);
	rule->peers = pst_arena_new(pst_policy_builder_arena(builder),
				    rule->peer_count, sizeof(rule->peers[0]));
	return rule->words && rule->peers ? 0 : -ENOMEM;
}

int pst_policy_read_rule(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 struct pst_policy_rule ***rule_tail)
{
	struct pst_policy_rule *rule;

	rule = pst_arena_new(pst_policy_builder_arena(builder), 1,
			     sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	**rule_tail = rule;
	*rule_tail = &rule->next;
	return read_rule(builder, directive, rule);
}

int pst_policy_read_security(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     struct pst_policy_security *security)
{
	size_t choice;
	int r;

	r = pst_policy_word_choice(builder, directive, 1,
				   pst_policy_security_names, 3, &choice);
	if (r <= 0)
		return r;
	security->minimum = (enum postern_security)choice;
	security->location = pst_policy_location_of(directive);
	return 0;
}

static int read_direction(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *object)
{
	struct pst_policy_allow *allow = object;
	size_t choice;
	int r;

	/* the first name is that of no direction */
	r = pst_policy_word_choice(builder, directive, 1,
				   pst_policy_direction_names + 1, 3, &choice);
	if (r <= 0)
		return r;
	allow->directions = (uint32_t)choice + 1;
	return 0;
}

static int read_allow_security(struct pst_policy_builder *builder,
			       const struct pst_policy_directive *directive,
			       void *object)
{
	struct pst_policy_allow *allow = object;

	return pst_policy_read_security(builder, directive, &allow->security);
}

static int read_observe(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct pst_policy_allow *allow = object;

	(void)builder; /* nothing to report */
	allow->may_observe = true;
	allow->observe_location = pst_policy_location_of(directive);
	return 0;
}

static int read_allow_limits(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     void *object)
{
	struct pst_policy_allow *allow = object;

	return pst_policy_read_limits(builder, directive,
				      PST_POLICY_SCOPE_ALLOW, allow->limits);
}

static const struct pst_policy_key allow_keys[] = {
	{"direction", 1, 1, 0, read_direction,
	 "usage: direction send|receive|both"},
	{"security", 1, 1, EARLIER, read_allow_security,
	 "usage: security none|mac|aead"},
	{"observe", 0, 0, 0, read_observe, "usage: observe"},
	{"limits", 0, 0, BLOCK, read_allow_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_allow_block = {
	"allow", allow_keys, sizeof(allow_keys) / sizeof(allow_keys[0])
};

int pst_policy_read_allow(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  struct pst_policy_allow *allow)
{
	uint32_t error_count = builder->error_count;
	int r;

	r = read_rule(builder, directive, &allow->rule);
	if (r < 0)
		return r;
	r = pst_policy_block_read(builder, &pst_policy_allow_block,
				  directive->children, allow, NULL);
	if (r < 0)
		return r;
	if (allow->directions != 0 || builder->error_count > error_count ||
	    directive->source->message)
		return 0;
	return pst_policy_report_word(builder, directive, 0,
				      "direction send|receive|both, as the "
				      "peer sees it",
				      "'allow' has no 'direction'");
}

/* Tenants */

struct tenant_block {
	struct pst_policy_tenant *tenant;
	struct pst_policy_rule **members_tail;
};

static int read_members(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct tenant_block *block = object;

	return pst_policy_read_rule(builder, directive, &block->members_tail);
}

static int read_weight(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	struct tenant_block *block = object;
	uint64_t weight;
	int r;

	r = pst_policy_word_number(builder, directive, 1, 1, WEIGHT_MAX,
				   &weight);
	if (r > 0)
		block->tenant->weight = (uint32_t)weight;
	return r;
}

static int read_tenant_security(struct pst_policy_builder *builder,
				const struct pst_policy_directive *directive,
				void *object)
{
	struct tenant_block *block = object;

	return pst_policy_read_security(builder, directive,
					&block->tenant->security);
}

static int read_tenant_limits(struct pst_policy_builder *builder,
			      const struct pst_policy_directive *directive,
			      void *object)
{
	struct tenant_block *block = object;

	return pst_policy_read_limits(builder, directive,
				      PST_POLICY_SCOPE_TENANT,
				      block->tenant->limits);
}

static const struct pst_policy_key tenant_keys[] = {
	{"members", 1, MANY, REPEAT, read_members,
	 "usage: members PEER..."},
	{"weight", 1, 1, APART, read_weight, "usage: weight N"},
	{"security", 1, 1, APART | EARLIER, read_tenant_security,
	 "usage: security none|mac|aead"},
	{"limits", 0, 0, BLOCK | APART, read_tenant_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_tenant_block = {
	"tenant", tenant_keys, sizeof(tenant_keys) / sizeof(tenant_keys[0])
};

static int new_tenant(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      struct pst_policy_tenant **ret_tenant)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct pst_policy_tenant *tenant;
	char words[600];

	tenant = pst_arena_new(arena, 1, sizeof(*tenant));
	if (!tenant)
		return -ENOMEM;
	tenant->name = directive->words[1].text;
	tenant->location = pst_policy_location_of(directive);
	tenant->directive = directive;
	tenant->weight = 1;
	tenant->words = pst_policy_join_words(builder, directive);
	if (!tenant->words)
		return -ENOMEM;
	(void)snprintf(words, sizeof(words), "%s (%s:%u)", tenant->words,
		       tenant->location.file,
		       tenant->location.line); /* cut when too long */
	tenant->words_and_location = pst_arena_dup(arena, words, strlen(words));
	if (!tenant->words_and_location)
		return -ENOMEM;
	*ret_tenant = tenant;
	return 0;
}

static int read_body(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     struct pst_policy_tenant *tenant, bool has_errors)
{
	struct tenant_block block = {tenant, &tenant->members};
	uint32_t error_count = builder->error_count;
	int r;

	r = pst_policy_block_read(builder, &pst_policy_tenant_block,
				  directive->children, &block, &tenant->fault);
	if (r < 0)
		return r;
	if (tenant->members || has_errors ||
	    builder->error_count > error_count || directive->source->message)
		return 0;
	return pst_policy_report_word(builder, directive, 1, "members PEER...",
				      "tenant '%s' has no 'members'",
				      tenant->name);
}

int pst_policy_read_tenant(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   void *object)
{
	uint32_t error_count = builder->error_count;
	const struct pst_policy_fault **before;
	struct pst_policy_tenant *tenant;
	int r;

	(void)object;
	r = pst_policy_word_name(builder, directive, 1);
	if (r < 0)
		return r;
	r = new_tenant(builder, directive, &tenant);
	if (r < 0)
		return r;
	r = pst_policy_index_define(&builder->tenant_index, builder, directive,
				    tenant, &tenant->location,
				    &tenant->members_fault, "");
	if (r < 0)
		return r;
	*builder->tenant_tail = tenant;
	builder->tenant_tail = &tenant->next;

	before = pst_policy_builder_enter(builder, &tenant->members_fault);
	r = read_body(builder, directive, tenant,
		      builder->error_count > error_count);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}
