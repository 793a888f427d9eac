/* SPDX-License-Identifier: ISC */
/*
 * Order never matters
 *
 * The same rules in every order, within a node and spread over a node and its
 * extensions, give the same decision to every process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/policy_host.h"
#include "support/policy_oracle.h"
#include "support/test_case.h"

#define RULE_COUNT 5
#define ORDER_COUNT 120
#define SUBJECT_COUNT 40

/* Rules that disagree about everything they can disagree about. */
static const char *const rules[RULE_COUNT] = {
	"allow alice acme { direction send\nsecurity mac\n"
	"limits { ring 64KiB\npeers 4\nrate 10/s burst 99\nidle 5s } }\n",
	"allow everyone { direction receive\nobserve\n"
	"limits { ring 1MiB\nmessage 2KiB\nrate 20/s burst 20 } }\n",
	"allow acme { direction both\nsecurity aead\n"
	"limits { message 1KiB\non-exceed drop\npeers 9\nidle 4s } }\n",
	"deny contractors\n",
	"deny globex carol\n",
};

static const char peers[] = "policy-version 1\n"
			    "peer alice { user alice }\n"
			    "peer carol { user carol }\n"
			    "peer acme { group acme }\n"
			    "peer globex { group globex }\n"
			    "peer contractors { group contractors }\n"
			    "peer everyone { user * }\n";
static const char own[] = "owner user ordersd\nsocket /run/n\nsecurity none\n"
			  "limits { idle 9s\npeers 100 }\n";

/* The nth order of 0..4 */
static void make_order(size_t number, size_t order[RULE_COUNT])
{
	size_t left[RULE_COUNT] = {0, 1, 2, 3, 4};
	size_t i, pick, left_count = RULE_COUNT;

	for (i = 0; i < RULE_COUNT; i++) {
		pick = number % left_count;
		number /= left_count;
		order[i] = left[pick];
		left_count--;
		memmove(&left[pick], &left[pick + 1],
			(left_count - pick) * sizeof(left[0]));
	}
}

/* split: so many rules are in the node, the others in an extension above it. */
static struct postern_policy *load_in_order(size_t number, size_t split)
{
	char text[3000];
	size_t order[RULE_COUNT], i;

	make_order(number, order);
	strcpy(text, peers);
	strcat(text, "extend node n {\n");
	for (i = split; i < RULE_COUNT; i++)
		strcat(text, rules[order[i]]);
	strcat(text, "}\nnode n {\n");
	for (i = 0; i < split; i++)
		strcat(text, rules[order[i]]);
	strcat(text, own);
	strcat(text, "}\nend\n");
	return policy_load_valid(text);
}

static void forget_places(struct postern_decision *decision)
{
	struct postern_policy_limit *const scopes[] = {
		decision->channel, decision->tenant, decision->node,
		decision->process};
	size_t i, j;

	memset(decision->allow_bits, 0, sizeof(decision->allow_bits));
	decision->security_line = 0;
	decision->security_file = NULL;
	decision->error.line = 0;
	/* of two denies the first by line is named */
	memset(decision->error.rule, 0, sizeof(decision->error.rule));
	memset(decision->error.detail, 0, sizeof(decision->error.detail));
	for (i = 0; i < 4; i++) {
		for (j = 0; j < POSTERN_LIMIT_CAPACITY; j++) {
			scopes[i][j].line = 0;
			scopes[i][j].file = NULL;
		}
	}
}

static void assert_same(struct postern_decision *a, struct postern_decision *b)
{
	if (a->peer_name || b->peer_name)
		ck_assert_str_eq(a->peer_name, b->peer_name);
	a->peer_name = b->peer_name = NULL;
	forget_places(a);
	forget_places(b);
	ck_assert_mem_eq(a, b, sizeof(*a));
}

START_TEST(every_order_of_rules_decides_alike)
{
	struct postern_policy *first = load_in_order(0, RULE_COUNT), *other;
	struct postern_decision wanted, decision;
	struct random random = {.state = 5};
	struct postern_subject subject;
	size_t number, i, split, connected_count = 0;
	uint32_t groups[4];

	for (number = 0; number < ORDER_COUNT; number++) {
		split = number % (RULE_COUNT + 1);
		other = load_in_order(number, split);
		for (i = 0; i < SUBJECT_COUNT; i++) {
			oracle_subject_make(&subject, groups, &random);
			pst_policy_decide(first, "n", &subject, &wanted);
			pst_policy_decide(other, "n", &subject, &decision);
			connected_count += wanted.is_allowed;
			assert_same(&wanted, &decision);
		}
		pst_policy_unref(other);
	}
	ck_assert_uint_gt(connected_count, ORDER_COUNT * SUBJECT_COUNT / 40);
	pst_policy_unref(first);
}
END_TEST

START_TEST(every_order_of_random_policies_decides_alike, .loop_end = 4)
{
	struct random random = {.state = (uint64_t)_i + 99}, again;
	char *texts[ORACLE_FILES], *others[ORACLE_FILES];
	struct postern_decision wanted, decision;
	struct postern_policy *first, *second;
	struct postern_subject subject;
	struct oracle_policy model;
	uint32_t groups[4];
	size_t i, j, k;

	for (i = 0; i < 200; i++) {
		oracle_policy_make(&model, &random);
		again = random;
		oracle_policy_print(&model, &random, 1, texts);
		random_u64(&again);
		oracle_policy_print(&model, &again, 3, others);
		expect_equal(policy_load_texts((const char *const *)texts, 1,
					       NULL, &first),
			     0);
		expect_equal(policy_load_texts((const char *const *)others, 3,
					       NULL, &second),
			     0);
		for (j = 0; j < 20; j++) {
			oracle_subject_make(&subject, groups, &random);
			k = j % model.node_count;
			pst_policy_decide(first, model.nodes[k].name, &subject,
					  &wanted);
			pst_policy_decide(second, model.nodes[k].name, &subject,
					  &decision);
			expect(strcmp(wanted.error.file, "") == 0 ||
			       wanted.is_allowed == 0);
			memset(wanted.error.file, 0,
			       sizeof(wanted.error.file));
			memset(decision.error.file, 0,
			       sizeof(decision.error.file));
			/* names point into their own policies */
			expect(!wanted.tenant_name == !decision.tenant_name);
			expect(!wanted.tenant_name ||
			       strcmp(wanted.tenant_name,
				      decision.tenant_name) == 0);
			wanted.tenant_name = decision.tenant_name = NULL;
			assert_same(&wanted, &decision);
		}
		pst_policy_unref(first);
		pst_policy_unref(second);
		free(texts[0]);
		for (j = 0; j < 3; j++)
			free(others[j]);
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 120);
}
