/* SPDX-License-Identifier: ISC */
/*
 * Two policies and the text of their differences
 */
#ifndef POSTERN_UNIT_AUTHORING_DIFF_CASE_H
#define POSTERN_UNIT_AUTHORING_DIFF_CASE_H

#include <check.h>
#include <stdlib.h>

#include "authoring/authoring_internal.h"
#include "support/policy_host.h"

#define HEAD "policy-version 1\n"
#define PEERS \
	"peer alice { user alice }\n" \
	"peer bob { user bob }\n" \
	"peer acme { group acme }\n"
#define NODE "node n {\nowner user ordersd\nsocket /run/n\n"
#define TAIL "}\nend\n"
#define ALLOW "allow alice { direction send }\n"

static inline void assert_diff_of(const struct postern_policy *old_policy,
				  const struct postern_policy *new_policy,
				  uint32_t wanted_count, const char *wanted)
{
	uint32_t change_count = UINT32_MAX;
	char *text = NULL;

	ck_assert_int_eq(pst_diff_policies(old_policy, new_policy, &text,
					 &change_count),
			 0);
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(change_count, wanted_count);
	free(text);
}

static inline void assert_diff(const char *old_text, const char *new_text,
			       uint32_t wanted_count, const char *wanted)
{
	struct postern_policy *old_policy = policy_load_valid(old_text);
	struct postern_policy *new_policy = policy_load_valid(new_text);

	assert_diff_of(old_policy, new_policy, wanted_count, wanted);
	pst_policy_unref(old_policy);
	pst_policy_unref(new_policy);
}

/* Rules of one node, among the three peers. */
#define assert_node_diff(old_rules, new_rules, wanted_count, wanted) \
	assert_diff(HEAD PEERS NODE old_rules TAIL, \
		    HEAD PEERS NODE new_rules TAIL, wanted_count, wanted)

#endif
