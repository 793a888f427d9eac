/* SPDX-License-Identifier: ISC */
/*
 * One decision of one policy, for the tests of matching and deciding
 */
#ifndef POSTERN_UNIT_POLICY_DECIDE_CASE_H
#define POSTERN_UNIT_POLICY_DECIDE_CASE_H

#include <check.h>

#include "support/policy_host.h"

#define HEAD "policy-version 1\n"
#define PEERS \
	"peer alice { user alice }\n" \
	"peer bob { user bob }\n" \
	"peer acme { group acme }\n" \
	"peer globex { group globex }\n" \
	"peer everyone { user * }\n" \
	"peer unit { user alice\nunit a.service }\n"
#define OPEN "node n { owner user ordersd\nsocket /run/n\n"
#define CLOSE "}\nend\n"
#define ALICE 1001
#define BOB 1002
#define CAROL 1003
#define ACME 5001
#define GLOBEX 5002

static inline struct postern_decision decide(const char *text,
				      const struct postern_subject *subject)
{
	struct postern_policy *policy = policy_load_valid(text);
	struct postern_decision decision;

	pst_policy_decide(policy, "n", subject, &decision);
	/* what is looked at below must not live in the policy */
	decision.peer_name = NULL;
	decision.security_file = NULL;
	pst_policy_unref(policy);
	return decision;
}

static inline struct postern_decision decide_for(const char *text, uint32_t uid,
					  uint32_t gid)
{
	struct postern_subject subject = policy_subject(uid, gid);

	return decide(text, &subject);
}

#define assert_admitted(decision) \
	ck_assert_msg((decision).is_allowed == 1, "refused: %s", \
		      (decision).error.detail)

#define assert_refused(decision, why) \
	do { \
		ck_assert_uint_eq((decision).is_allowed, 0); \
		ck_assert_int_eq((decision).error.reason, (why)); \
		ck_assert_uint_eq((decision).directions, 0); \
	} while (0)

#endif
