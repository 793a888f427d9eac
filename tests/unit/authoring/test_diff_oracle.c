/* SPDX-License-Identifier: ISC */
/*
 * The comparison of two policies against their decisions
 *
 * Whenever a decision changes the comparison must say something, and the same
 * policy in another order must be no difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authoring/authoring_internal.h"
#include "support/expect.h"
#include "support/policy_host.h"
#include "support/policy_oracle.h"
#include "support/test_case.h"

#define ORDER_COUNT 2000
#define CHANGE_COUNT 6000
#define SUBJECTS_OF_EACH 12

static uint32_t diff_count(const struct postern_policy *old_policy,
			   const struct postern_policy *new_policy,
			   char **ret_text)
{
	uint32_t change_count = UINT32_MAX;

	expect_equal(pst_diff_policies(old_policy, new_policy, ret_text,
				     &change_count),
		     0);
	expect((change_count == 0) ==
	       (strcmp(*ret_text, "no difference\n") == 0));
	return change_count;
}

/* NULL when the model's texts are no valid policy. */
static struct postern_policy *load(struct oracle_policy *model,
				   struct random *random)
{
	size_t i, file_count = 1 + random_below(random, ORACLE_FILES);
	struct postern_policy *policy = NULL;
	char *texts[ORACLE_FILES];

	oracle_policy_print(model, random, file_count, texts);
	if (policy_load_texts((const char *const *)texts, file_count, NULL,
			      &policy) < 0)
		policy = NULL;
	for (i = 0; i < file_count; i++)
		free(texts[i]);
	return policy;
}

START_TEST(diff_other_order_is_no_difference, .loop_end = 3)
{
	struct random random = {.state = (uint64_t)_i * 7919 + 3};
	struct postern_policy *first, *second;
	struct oracle_policy model;
	char *text;
	size_t i;

	for (i = 0; i < ORDER_COUNT; i++) {
		oracle_policy_make(&model, &random);
		first = load(&model, &random);
		second = load(&model, &random);
		expect(first && second);
		if (diff_count(first, second, &text) != 0)
			ck_abort_msg("they differ:\n%s", text);
		free(text);
		pst_policy_unref(first);
		pst_policy_unref(second);
	}
}
END_TEST

static void change_tenant(struct oracle_policy *model,
			  const struct oracle_policy *other,
			  struct random *random)
{
	struct oracle_tenant *tenant;
	const struct oracle_tenant *from;

	if (model->tenant_count == 0 || other->tenant_count == 0)
		return;
	tenant = &model->tenants[random_below(random,
					      (uint32_t)model->tenant_count)];
	from = &other->tenants[0];
	switch (random_below(random, 5)) {
	case 0:
		tenant->weight = from->weight;
		break;
	case 1:
		tenant->limits = from->limits;
		break;
	case 2:
		tenant->security = from->security;
		break;
	case 3:
		model->tenant_count--;
		break;
	default:
		tenant->members.peers[0] =
			random_below(random, (uint32_t)model->peer_count);
		break;
	}
}

static void change_rule(struct oracle_policy *model, struct oracle_node *node,
			const struct oracle_rule *from, struct random *random)
{
	struct oracle_rule *rule =
		&node->rules[random_below(random, (uint32_t)node->rule_count)];

	switch (random_below(random, 7)) {
	case 0:
		rule->direction = from->direction;
		break;
	case 1:
		rule->observe = !rule->observe;
		break;
	case 2:
		rule->is_deny = !rule->is_deny;
		break;
	case 3:
		rule->limits = from->limits;
		break;
	case 4:
		rule->security = from->security;
		break;
	case 5:
		node->rule_count--;
		break;
	default:
		rule->peers[0] =
			random_below(random, (uint32_t)model->peer_count);
		break;
	}
}

static void change_peer(struct oracle_policy *model,
			const struct oracle_policy *other,
			struct random *random)
{
	struct oracle_peer *peer =
		&model->peers[random_below(random,
					   (uint32_t)model->peer_count)];

	if (random_below(random, 2) == 0) {
		peer->has_pidns_any = !peer->has_pidns_any;
		return;
	}
	memcpy(peer->lines, other->peers[0].lines, sizeof(peer->lines));
	peer->line_count = other->peers[0].line_count;
}

/* One thing becomes another; the result may be no valid policy, or the same. */
static void change(struct oracle_policy *model,
		   const struct oracle_policy *other, struct random *random)
{
	struct oracle_node *node =
		&model->nodes[random_below(random,
					   (uint32_t)model->node_count)];

	switch (random_below(random, 6)) {
	case 0:
		change_peer(model, other, random);
		break;
	case 1:
		change_tenant(model, other, random);
		break;
	case 2:
		node->limits[random_below(random, 2)] =
			other->nodes[0].limits[0];
		break;
	case 3:
		model->limits[0] = other->limits[0];
		break;
	case 4:
		node->security[1] = other->nodes[0].security[1];
		break;
	default:
		if (node->rule_count > 0 && other->nodes[0].rule_count > 0)
			change_rule(model, node, &other->nodes[0].rules[0],
				    random);
		break;
	}
}

static bool are_same_bounds(const struct postern_policy_limit *a,
			    const struct postern_policy_limit *b)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if ((a[i].state == POSTERN_LIMIT_UNSET) !=
			    (b[i].state == POSTERN_LIMIT_UNSET) ||
		    a[i].value != b[i].value)
			return false;
	}
	return true;
}

static bool are_same(const struct postern_decision *a,
		     const struct postern_decision *b)
{
	if (a->is_allowed != b->is_allowed ||
	    a->directions != b->directions ||
	    a->may_observe != b->may_observe || a->security != b->security ||
	    a->tenant_weight != b->tenant_weight ||
	    !a->tenant_name != !b->tenant_name)
		return false;
	if (a->tenant_name && strcmp(a->tenant_name, b->tenant_name) != 0)
		return false;
	return are_same_bounds(a->channel, b->channel) &&
	       are_same_bounds(a->tenant, b->tenant) &&
	       are_same_bounds(a->node, b->node) &&
	       are_same_bounds(a->process, b->process);
}

static bool decide_alike(const struct postern_policy *old_policy,
			 const struct postern_policy *new_policy,
			 const struct oracle_policy *model,
			 struct random *random)
{
	struct postern_decision before, after;
	struct postern_subject subject;
	uint32_t groups[4];
	size_t i, j;

	for (i = 0; i < SUBJECTS_OF_EACH; i++) {
		oracle_subject_make(&subject, groups, random);
		for (j = 0; j < model->node_count; j++) {
			pst_policy_decide(old_policy, model->nodes[j].name,
					  &subject, &before);
			pst_policy_decide(new_policy, model->nodes[j].name,
					  &subject, &after);
			if (!are_same(&before, &after))
				return false;
		}
	}
	return true;
}

START_TEST(diff_changed_decision_is_a_difference, .loop_end = 4)
{
	struct random random = {.state = (uint64_t)_i * 104729 + 11};
	size_t i, j, decided_count = 0, silent_count = 0;
	struct oracle_policy model, changed, other;
	struct postern_policy *before, *after;
	uint32_t count, back_count;
	char *text, *back_text;

	for (i = 0; i < CHANGE_COUNT; i++) {
		oracle_policy_make(&model, &random);
		oracle_policy_make(&other, &random);
		/* a changed peer may need a key to prove itself to */
		for (j = 0; j < model.node_count; j++)
			model.nodes[j].has_key = true;
		changed = model;
		change(&changed, &other, &random);
		before = load(&model, &random);
		after = load(&changed, &random);
		expect(before != NULL);
		if (!after) {
			pst_policy_unref(before);
			continue;
		}
		count = diff_count(before, after, &text);
		back_count = diff_count(after, before, &back_text);
		/* a gain in one direction is a loss in the other */
		if (count != back_count)
			ck_abort_msg("not the same both ways:\n%s\n%s", text,
				     back_text);
		if (!decide_alike(before, after, &model, &random)) {
			decided_count++;
			if (count == 0)
				ck_abort_msg("a decision changed silently");
		}
		silent_count += count == 0;
		free(text);
		free(back_text);
		pst_policy_unref(before);
		pst_policy_unref(after);
	}
	/* neither answer may be rare */
	ck_assert_uint_gt(decided_count, CHANGE_COUNT / 20);
	ck_assert_uint_gt(silent_count, CHANGE_COUNT / 20);
}
END_TEST

int main(void)
{
	policy_host_flags = PST_POLICY_KEEP_DIRECTIVES;
	return RUN_TESTS(.timeout_s = 600);
}
