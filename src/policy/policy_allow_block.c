/* SPDX-License-Identifier: ISC */
/*
 * Reading rules about peers, above all `allow PEER... { }`
 *
 * `allow`, `deny` and `members` name peers of this text or of another, before
 * or after them; the names are found when all texts are read.
 */
#include <errno.h>

#include "policy/policy_block.h"
#include "policy/policy_units.h"
#include "policy/policy_values.h"

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

int pst_policy_add_rule(struct pst_policy_builder *builder,
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

static int read_direction(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *object)
{
	struct pst_policy_allow *allow = object;
	bool is_valid;
	size_t choice;
	int r;

	/* the first name is that of no direction */
	r = pst_policy_word_choice(builder, directive, 1,
				   pst_policy_direction_names + 1, 3, &choice,
				   &is_valid);
	if (r < 0 || !is_valid)
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
	{"direction", 1, 1, false, false, read_direction,
	 "usage: direction send|receive|both"},
	{"security", 1, 1, false, false, read_allow_security,
	 "usage: security none|mac|aead"},
	{"observe", 0, 0, false, false, read_observe, "usage: observe"},
	{"limits", 0, 0, true, false, read_allow_limits, "usage: limits { }"},
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
				  directive->children, allow);
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
