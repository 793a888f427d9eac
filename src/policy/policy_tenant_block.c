/* SPDX-License-Identifier: ISC */
/*
 * Reading `tenant NAME { }`
 *
 * A tenant says who pays together.  It admits nobody: it only adds limits to
 * those whom a node admits.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_block.h"
#include "policy/policy_values.h"

#define WEIGHT_MAX 10000u

struct tenant_block {
	struct pst_policy_tenant *tenant;
	struct pst_policy_rule **members_tail;
};

static int read_members(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct tenant_block *block = object;

	return pst_policy_add_rule(builder, directive, &block->members_tail);
}

static int read_weight(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	struct tenant_block *block = object;
	const struct pst_policy_fault **before;
	uint64_t weight;
	bool is_valid;
	int r;

	before = pst_policy_builder_enter(builder, &block->tenant->fault);
	r = pst_policy_word_number(builder, directive, 1, 1, WEIGHT_MAX,
				   &weight, &is_valid);
	(void)pst_policy_builder_enter(builder, before);
	if (r == 0 && is_valid)
		block->tenant->weight = (uint32_t)weight;
	return r;
}

static int read_tenant_security(struct pst_policy_builder *builder,
				const struct pst_policy_directive *directive,
				void *object)
{
	struct tenant_block *block = object;
	const struct pst_policy_fault **before;
	int r;

	before = pst_policy_builder_enter(builder, &block->tenant->fault);
	r = pst_policy_read_security(builder, directive,
				     &block->tenant->security);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_tenant_limits(struct pst_policy_builder *builder,
			      const struct pst_policy_directive *directive,
			      void *object)
{
	struct tenant_block *block = object;
	const struct pst_policy_fault **before;
	int r;

	before = pst_policy_builder_enter(builder, &block->tenant->fault);
	r = pst_policy_read_limits(builder, directive, PST_POLICY_SCOPE_TENANT,
				   block->tenant->limits);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static const struct pst_policy_key tenant_keys[] = {
	{"members", 1, PST_POLICY_ANY_WORD_COUNT, false, true, read_members,
	 "usage: members PEER..."},
	{"weight", 1, 1, false, false, read_weight, "usage: weight N"},
	{"security", 1, 1, false, false, read_tenant_security,
	 "usage: security none|mac|aead"},
	{"limits", 0, 0, true, false, read_tenant_limits, "usage: limits { }"},
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

static int add_to_index(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			struct pst_policy_tenant *tenant)
{
	const struct pst_policy_fault **before;
	struct pst_policy_tenant *first;
	void *present;
	int r;

	r = pst_policy_index_add(&builder->tenant_index,
				 pst_policy_builder_arena(builder), tenant->name,
				 tenant, &present);
	if (r < 0 || !present)
		return r;
	first = present;
	before = pst_policy_builder_enter(builder, &first->members_fault);
	r = pst_policy_report_second(builder, directive, &first->location, "");
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_body(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     struct pst_policy_tenant *tenant, bool has_errors)
{
	struct tenant_block block = {tenant, &tenant->members};
	uint32_t error_count = builder->error_count;
	int r;

	r = pst_policy_block_read(builder, &pst_policy_tenant_block,
				  directive->children, &block);
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
			   const struct pst_policy_directive *directive)
{
	uint32_t error_count = builder->error_count;
	const struct pst_policy_fault **before;
	struct pst_policy_tenant *tenant;
	bool is_valid;
	int r;

	r = pst_policy_word_name(builder, directive, 1, &is_valid);
	if (r < 0)
		return r;
	r = new_tenant(builder, directive, &tenant);
	if (r < 0)
		return r;
	r = add_to_index(builder, directive, tenant);
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
