/* SPDX-License-Identifier: ISC */
/*
 * Reading rules about peers: `allow PEER... { }` and `tenant NAME { }`
 *
 * `allow`, `deny` and `members` name peers of this text or of another, before
 * or after them; the names are resolved when all texts are read.  A tenant
 * admits no process: it adds limits to processes that a node admits.
 */
#include <stddef.h>
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

static void init_rule(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      struct pst_policy_rule *rule)
{
	rule->location = pst_policy_location_of(directive);
	rule->directive = directive;
	rule->peer_count = directive->word_count - 1;
	rule->words = pst_policy_join_words(builder, directive);
	rule->peers = pst_arena_new(pst_policy_builder_arena(builder),
				    rule->peer_count, sizeof(rule->peers[0]));
}

void pst_policy_read_rule(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *field)
{
	struct pst_policy_rule ***tail = field, *rule;

	rule = pst_arena_new(pst_policy_builder_arena(builder), 1,
			     sizeof(*rule));
	if (!rule)
		return;
	init_rule(builder, directive, rule);
	**tail = rule;
	*tail = &rule->next;
}

void pst_policy_read_security(struct pst_policy_builder *builder,
			      const struct pst_policy_directive *directive,
			      void *field)
{
	struct pst_policy_security *security = field;
	uint32_t choice;

	if (!pst_policy_word_choice(builder, &directive->words[1],
				    pst_policy_security_names, 3, &choice))
		return;
	security->minimum = (enum postern_security)choice;
	security->location = pst_policy_location_of(directive);
}

static void read_direction(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   void *field)
{
	uint32_t *directions = field, choice;

	/* the first name is that of no direction */
	if (pst_policy_word_choice(builder, &directive->words[1],
				   pst_policy_direction_names + 1, 3, &choice))
		*directions = choice + 1;
}

static void read_observe(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *field)
{
	struct pst_policy_allow *allow = field;

	(void)builder; /* nothing to report */
	allow->may_observe = true;
	allow->observe_location = pst_policy_location_of(directive);
}

static const struct pst_policy_key allow_keys[] = {
	{"direction", 1, 1, 0, offsetof(struct pst_policy_allow, directions),
	 read_direction,
	 "usage: direction send|receive|both"},
	{"security", 1, 1, EARLIER, offsetof(struct pst_policy_allow, security),
	 pst_policy_read_security,
	 "usage: security none|mac|aead"},
	{"observe", 0, 0, 0, 0, read_observe, "usage: observe"},
	{"limits", 0, 0, BLOCK, offsetof(struct pst_policy_allow, limits),
	 pst_policy_read_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_allow_block = {
	"allow", allow_keys, sizeof(allow_keys) / sizeof(allow_keys[0])
};

void pst_policy_read_allow(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   void *field)
{
	struct pst_policy_allow ***tail = field, *allow;

	allow = pst_arena_new(pst_policy_builder_arena(builder), 1,
			      sizeof(*allow));
	if (!allow)
		return;
	init_rule(builder, directive, &allow->rule);
	**tail = allow;
	*tail = &allow->next;
	if (pst_policy_block_read(builder, &pst_policy_allow_block,
				  directive->children, allow, NULL) &&
	    allow->directions == 0)
		pst_policy_report(builder, &directive->words[0],
				  "direction send|receive|both, as the "
				  "peer sees it",
				  "'allow' has no 'direction'");
}

/* Tenants */

static void read_weight(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *field)
{
	uint32_t *weight = field;
	uint64_t number;

	if (pst_policy_word_number(builder, &directive->words[1], 1, WEIGHT_MAX,
				   &number))
		*weight = (uint32_t)number;
}

static const struct pst_policy_key tenant_keys[] = {
	{"members", 1, MANY, REPEAT, offsetof(struct pst_policy_tenant, members_tail),
	 pst_policy_read_rule,
	 "usage: members PEER..."},
	{"weight", 1, 1, APART, offsetof(struct pst_policy_tenant, weight),
	 read_weight, "usage: weight N"},
	{"security", 1, 1, APART | EARLIER, offsetof(struct pst_policy_tenant, security),
	 pst_policy_read_security,
	 "usage: security none|mac|aead"},
	{"limits", 0, 0, BLOCK | APART, offsetof(struct pst_policy_tenant, limits),
	 pst_policy_read_limits, "usage: limits { }"},
};

const struct pst_policy_block_kind pst_policy_tenant_block = {
	"tenant", tenant_keys, sizeof(tenant_keys) / sizeof(tenant_keys[0])
};

static struct pst_policy_tenant *
new_tenant(struct pst_policy_builder *builder,
	   const struct pst_policy_directive *directive)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct pst_policy_tenant *tenant;
	char words[600];

	tenant = pst_arena_new(arena, 1, sizeof(*tenant));
	if (!tenant)
		return NULL;
	tenant->name = directive->words[1].text;
	tenant->location = pst_policy_location_of(directive);
	tenant->directive = directive;
	tenant->weight = 1;
	tenant->members_tail = &tenant->members;
	tenant->words = pst_policy_join_words(builder, directive);
	if (!tenant->words)
		return NULL;
	(void)snprintf(words, sizeof(words), "%s (%s:%u)", tenant->words,
		       tenant->location.file,
		       tenant->location.line); /* cut when too long */
	tenant->words_and_location = pst_arena_dup(arena, words, strlen(words));
	return tenant;
}

void pst_policy_read_tenant(struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive,
			    void *field)
{
	bool is_complete = pst_policy_word_name(builder, &directive->words[1]);
	const struct pst_policy_fault **before;
	struct pst_policy_tenant *tenant;

	(void)field;
	tenant = new_tenant(builder, directive);
	if (!tenant)
		return;
	is_complete &= pst_policy_index_define(&builder->tenant_index, builder,
					       directive, tenant,
					       &tenant->members_fault, "");
	*builder->tenant_tail = tenant;
	builder->tenant_tail = &tenant->next;

	before = pst_policy_builder_enter(builder, &tenant->members_fault);
	is_complete &= pst_policy_block_read(builder, &pst_policy_tenant_block,
					     directive->children, tenant,
					     &tenant->fault);
	if (is_complete && !tenant->members)
		pst_policy_report(builder, &directive->words[1],
				  "members PEER...",
				  "tenant '%s' has no 'members'", tenant->name);
	(void)pst_policy_builder_enter(builder, before);
}
