/* SPDX-License-Identifier: ISC */
/*
 * The decision, rule by rule
 */
#include <string.h>

#include "policy/policy_table.h"
#include "unit/policy/decide_case.h"
#include "support/test_case.h"

START_TEST(a_zeroed_decision_refuses)
{
	struct postern_decision decision = {0};

	ck_assert_uint_eq(decision.is_allowed, 0);
	ck_assert_uint_eq(decision.directions, 0);
}
END_TEST

START_TEST(a_node_without_rules_refuses)
{
	struct postern_decision decision =
		decide_for(HEAD OPEN CLOSE, ALICE, ACME);

	assert_refused(decision, POSTERN_REASON_NO_ALLOW);
	ck_assert_str_eq(decision.error.file, "test.conf");
	ck_assert_uint_eq(decision.error.line, 2);
	ck_assert_str_eq(decision.error.rule, "node n");
}
END_TEST

START_TEST(an_unknown_node_refuses)
{
	struct postern_policy *policy = policy_load_valid(HEAD "end\n");
	struct postern_subject subject = policy_subject(ALICE, ACME);
	struct postern_decision decision;

	pst_policy_decide(policy, "n", &subject, &decision);
	assert_refused(decision, POSTERN_REASON_UNKNOWN_NODE);
	ck_assert_str_eq(decision.error.detail, "the policy has no node 'n'");
	pst_policy_unref(policy);
}
END_TEST

START_TEST(an_allow_admits_its_peer_and_nobody_else)
{
	static const char text[] =
		HEAD PEERS OPEN "allow alice { direction send }\n" CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, 1);

	assert_admitted(decision);
	ck_assert_uint_eq(decision.directions, POSTERN_DIRECTION_TO_NODE);
	assert_refused(decide_for(text, BOB, 1), POSTERN_REASON_NO_ALLOW);
	assert_refused(decide_for(text, 0, 0), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(decide_unmapped_uid_names_the_user_namespace)
{
	static const char *const texts[] = {
		HEAD PEERS OPEN "allow alice { direction send }\n" CLOSE,
		HEAD PEERS OPEN "allow alice { direction send }\n"
			"deny bob\n" CLOSE,
		HEAD PEERS "tenant t { members alice }\n" OPEN
			"allow acme { direction send }\n" CLOSE,
	};
	static const enum postern_reason reasons[] = {
		POSTERN_REASON_NO_ALLOW, POSTERN_REASON_DENIED,
		POSTERN_REASON_UNKNOWN_TENANT,
	};
	struct postern_decision decision;
	size_t i;

	for (i = 0; i < 3; i++) {
		decision = decide_for(texts[i], 65534, ACME);
		assert_refused(decision, reasons[i]);
		ck_assert_msg(strstr(decision.error.detail,
				     "; its uid (65534 by default) stands for "
				     "all users that this user namespace does "
				     "not map"),
			      "%s", decision.error.detail);
	}
	decision = decide_for(texts[0], BOB, 1);
	ck_assert_ptr_null(strstr(decision.error.detail, "namespace"));
}
END_TEST

START_TEST(a_deny_beats_every_allow)
{
	static const char text[] = HEAD PEERS OPEN
		"allow alice { direction send }\n"
		"deny acme\n"
		"allow everyone { direction both }\n" CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, ACME);

	assert_refused(decision, POSTERN_REASON_DENIED);
	ck_assert_str_eq(decision.error.rule, "deny acme");
	ck_assert_uint_eq(decision.error.line, 12);
	assert_admitted(decide_for(text, BOB, 1));
}
END_TEST

START_TEST(grants_add_up)
{
	static const char text[] = HEAD PEERS OPEN
		"allow alice { direction send }\n"
		"allow bob { direction receive }\n"
		"allow acme { direction receive\nobserve }\n" CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, ACME);

	assert_admitted(decision);
	ck_assert_uint_eq(decision.directions,
			  POSTERN_DIRECTION_TO_NODE |
				  POSTERN_DIRECTION_FROM_NODE);
	ck_assert_uint_eq(decision.may_observe, 1);
	ck_assert_uint_eq(decision.allow_bits[0], 5);

	decision = decide_for(text, ALICE, 1);
	ck_assert_uint_eq(decision.directions, POSTERN_DIRECTION_TO_NODE);
	ck_assert_uint_eq(decision.may_observe, 0);
}
END_TEST

START_TEST(limits_squeeze)
{
	static const char text[] = HEAD PEERS
		"limits { ring 512KiB\nrate 9/s }\n"
		"tenant t { members acme\nlimits { idle 5s\nrate 8/s } }\n" OPEN
		"limits { message 100KiB\nrate 7/s burst 3 }\n"
		"allow alice { direction send\n"
		"limits { ring 256KiB\nrate 60/s burst 90\npeers 4 } }\n"
		"allow acme { direction send\n"
		"limits { message 200KiB\nrate 70/s burst 80\nidle 6s } }\n"
		CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, ACME);

	assert_admitted(decision);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RING].value, 262144);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_MESSAGE].value,
			  102400);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_IDLE].value,
			  UINT64_C(5000000000));
	/* rate and burst apart, and only those of the allows */
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RATE].value, 60);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RATE_BURST].value, 80);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_PEERS].value, 4);
	/* each sum for itself; a burst left out is one second's worth */
	ck_assert_uint_eq(decision.tenant[POSTERN_LIMIT_RATE].value, 8);
	ck_assert_uint_eq(decision.node[POSTERN_LIMIT_RATE].value, 7);
	ck_assert_uint_eq(decision.node[POSTERN_LIMIT_RATE_BURST].value, 3);
	ck_assert_uint_eq(decision.process[POSTERN_LIMIT_RATE].value, 9);
	ck_assert_uint_eq(decision.process[POSTERN_LIMIT_RATE_BURST].value, 9);
	ck_assert_int_eq(decision.process[POSTERN_LIMIT_RING].state,
			 POSTERN_LIMIT_UNSET);
}
END_TEST

START_TEST(the_strictest_on_exceed_holds)
{
	static const char text[] = HEAD PEERS "limits { on-exceed drop }\n" OPEN
		"allow alice { direction send\nlimits { on-exceed block } }\n"
		"allow acme { direction send\n"
		"limits { on-exceed disconnect } }\n" CLOSE;

	ck_assert_uint_eq(decide_for(text, ALICE, 1)
				  .channel[POSTERN_LIMIT_ON_EXCEED]
				  .value,
			  POSTERN_ON_EXCEED_DROP);
	ck_assert_uint_eq(decide_for(text, ALICE, ACME)
				  .channel[POSTERN_LIMIT_ON_EXCEED]
				  .value,
			  POSTERN_ON_EXCEED_DISCONNECT);
}
END_TEST

START_TEST(what_nothing_sets_has_the_built_in_value)
{
	static const char text[] =
		HEAD PEERS OPEN "allow alice { direction send }\n" CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, 1);
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		ck_assert_ptr_null(decision.channel[i].file);
		ck_assert_int_eq(decision.node[i].state, POSTERN_LIMIT_UNSET);
	}
	ck_assert_int_eq(decision.channel[POSTERN_LIMIT_RING].state,
			 POSTERN_LIMIT_BUILT_IN);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RING].value, 1048576);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_MESSAGE].value, 65536);
	ck_assert_int_eq(decision.channel[POSTERN_LIMIT_PEERS].state,
			 POSTERN_LIMIT_UNSET);
}
END_TEST

START_TEST(a_message_never_exceeds_what_fits_the_ring)
{
	static const char text[] =
		HEAD PEERS OPEN "limits { message 1MiB }\n"
		"allow alice { direction send\nlimits { ring 64KiB } }\n" CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, 1);

	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_MESSAGE].value, 65528);
	/* the line that sets the ring is what sets it */
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_MESSAGE].line, 13);
}
END_TEST

START_TEST(the_highest_security_holds)
{
	static const char text[] = HEAD PEERS
		"tenant t { members acme\nsecurity aead }\n" OPEN
		"allow alice { direction send\nsecurity mac }\n"
		"allow bob { direction send }\n"
		"allow acme { direction send }\n" CLOSE;

	ck_assert_int_eq(decide_for(text, BOB, 1).security,
			 POSTERN_SECURITY_NONE);
	ck_assert_int_eq(decide_for(text, ALICE, 1).security,
			 POSTERN_SECURITY_MAC);
	ck_assert_int_eq(decide_for(text, ALICE, ACME).security,
			 POSTERN_SECURITY_AEAD);
}
END_TEST

START_TEST(two_tenants_refuse_and_name_both_places)
{
	static const char text[] = HEAD PEERS
		"tenant one { members alice }\ntenant two { members acme }\n"
		OPEN "allow everyone { direction send }\n" CLOSE;
	struct postern_decision decision = decide_for(text, ALICE, ACME);

	assert_refused(decision, POSTERN_REASON_AMBIGUOUS_TENANT);
	ck_assert_str_eq(decision.error.detail,
			 "the process is a member of tenant one (test.conf:9) "
			 "and of tenant two (test.conf:10)");
	ck_assert_str_eq(decision.error.rule, "tenant one, tenant two");
	assert_admitted(decide_for(text, ALICE, 1));
}
END_TEST

START_TEST(an_unknown_tenant_refuses)
{
	static const char text[] =
		HEAD PEERS "tenant one { members unit }\n" OPEN
		"allow everyone { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(ALICE, 1);

	assert_refused(decide(text, &subject), POSTERN_REASON_UNKNOWN_TENANT);
	subject.unit_fact = POSTERN_FACT_ABSENT;
	assert_admitted(decide(text, &subject));
	assert_admitted(decide_for(text, BOB, 1));
}
END_TEST

START_TEST(a_candidate_counts_with_the_key_it_may_prove)
{
	struct postern_policy *policy = policy_load_valid(HEAD PEERS
		"peer p { user bob\nkey-file /keys/good }\n"
		"peer q { user carol\nkey-file /keys/good }\n" OPEN
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n"
		"allow p alice { direction send }\ndeny acme q\n" CLOSE);
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");
	struct postern_error_info error = {0};
	struct postern_subject subject;
	bool needs_key = false;

	subject = policy_subject(BOB, 1);
	ck_assert(pst_policy_may_match_later(node, &subject, &needs_key,
					     &error));
	ck_assert(needs_key);
	ck_assert_int_eq(error.reason, POSTERN_REASON_NONE);
	/* alice is listed in acme; carol could only be denied by a key */
	subject = policy_subject(ALICE, 1);
	ck_assert(!pst_policy_may_match_later(node, &subject, &needs_key,
					      &error));
	ck_assert_int_eq(error.reason, POSTERN_REASON_DENIED);
	subject = policy_subject(CAROL, 1);
	ck_assert(!pst_policy_may_match_later(node, &subject, &needs_key,
					      &error));
	ck_assert_int_eq(error.reason, POSTERN_REASON_NO_ALLOW);
	pst_policy_unref(policy);
}
END_TEST

/* bob may come with a key, carol with or without. */
#define KEYED HEAD PEERS \
	"peer carol { user carol }\n" \
	"peer p { user bob carol\nkey-file /keys/good }\n" OPEN \
	"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n" \
	"allow carol { direction send }\n" \
	"allow p { direction both\nsecurity aead }\n" CLOSE

START_TEST(who_is_let_in_without_a_key_too_needs_none)
{
	struct postern_policy *policy = policy_load_valid(KEYED);
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");
	struct postern_subject subject = policy_subject(CAROL, 1);
	struct postern_error_info error;
	bool needs_key = true;

	ck_assert(pst_policy_may_match_later(node, &subject, &needs_key,
					     &error));
	ck_assert(!needs_key);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(who_lacks_only_a_key_is_refused_for_that)
{
	struct postern_subject subject = policy_subject(BOB, 1);
	struct postern_decision decision = decide(KEYED, &subject);

	assert_refused(decision, POSTERN_REASON_KEY);
	ck_assert_str_eq(decision.error.rule, "allow p");
	ck_assert_uint_eq(decision.error.line, 16);
	ck_assert_str_eq(decision.error.detail, "peer 'p' is known by its "
			 "key, and the process proves none");

	subject.key_fact = POSTERN_FACT_KNOWN;
	memset(subject.key, 7, sizeof(subject.key));
	decision = decide(KEYED, &subject);
	assert_refused(decision, POSTERN_REASON_KEY);
	ck_assert_str_eq(decision.error.detail, "peer 'p' is known by its "
			 "key, and the process has another one");

	subject = policy_subject(ALICE, 1);
	assert_refused(decide(KEYED, &subject), POSTERN_REASON_NO_ALLOW);
}
END_TEST

START_TEST(the_first_of_two_allows_that_want_a_key_is_named)
{
	static const char text[] = HEAD PEERS
		"peer p { user bob\nkey-file /keys/good }\n"
		"peer q { user bob\nkey-file /keys/good }\n" OPEN
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n"
		"allow q { direction send }\n"
		"allow p { direction send }\n" CLOSE;
	struct postern_subject subject = policy_subject(BOB, 1);
	struct postern_decision decision = decide(text, &subject);

	assert_refused(decision, POSTERN_REASON_KEY);
	ck_assert_str_eq(decision.error.rule, "allow q");
}
END_TEST

START_TEST(keys_of_a_node_come_in_the_order_listed)
{
	struct postern_policy *policy = policy_load_valid(HEAD PEERS OPEN
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n"
		"key x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\n"
		CLOSE "\n");
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");
	const struct pst_policy_node_key *key = node->keys;

	ck_assert_uint_eq(key->key[0], 0x7e);
	ck_assert_uint_eq(key->key[31], 0x2e);
	ck_assert_str_eq(key->location.file, "test.conf");
	ck_assert_uint_eq(key->location.line, 11);
	key = key->next;
	ck_assert_uint_eq(key->key[0], 0xde);
	ck_assert_ptr_null(key->next);
	pst_policy_unref(policy);
}
END_TEST

static enum postern_security floor_for(struct postern_subject *subject,
				       bool has_key)
{
	struct postern_policy *policy = policy_load_valid(HEAD PEERS
		"peer p { user bob carol\n"
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4 }\n"
		"tenant t { members acme\nsecurity aead }\n" OPEN
		"key x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4\n"
		"allow bob { direction send }\n"
		"allow unit { direction send\nsecurity mac }\n"
		"allow p { direction both\nsecurity aead }\n" CLOSE);
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");
	enum postern_security floor;

	/* the peer's, too */
	memcpy(subject->key, node->keys->key, sizeof(subject->key));
	subject->key_fact = has_key ? POSTERN_FACT_KNOWN : POSTERN_FACT_ABSENT;
	floor = pst_policy_security_floor(node, subject);
	pst_policy_unref(policy);
	return floor;
}

START_TEST(the_floor_is_what_may_be_demanded_of_the_subject)
{
	struct postern_subject subject = policy_subject(BOB, 1);

	ck_assert_int_eq(floor_for(&subject, false), POSTERN_SECURITY_NONE);
	ck_assert_int_eq(floor_for(&subject, true), POSTERN_SECURITY_AEAD);

	/* whose unit is not known might be of the one */
	subject = policy_subject(ALICE, 1);
	ck_assert_int_eq(floor_for(&subject, false), POSTERN_SECURITY_MAC);
	subject.unit_fact = POSTERN_FACT_ABSENT;
	ck_assert_int_eq(floor_for(&subject, false), POSTERN_SECURITY_NONE);

	/* and whose groups are not, of the tenant */
	subject.groups_fact = POSTERN_FACT_UNKNOWN;
	ck_assert_int_eq(floor_for(&subject, false), POSTERN_SECURITY_AEAD);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
