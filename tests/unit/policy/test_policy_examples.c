/* SPDX-License-Identifier: ISC */
/*
 * The examples that ship, with the decisions they stand for
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_table.h"
#include "support/policy_host.h"
#include "support/test_case.h"

static char *read_example(const char *name)
{
	const char *directory = getenv("POSTERN_SRCDIR");
	char path[1000];
	size_t byte_count;
	char *text;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/policy/%s",
		       directory ? directory : ".", name);
	file = fopen(path, "r");
	ck_assert_msg(file, "cannot open %s", path);
	text = calloc(1, 65536);
	ck_assert_ptr_nonnull(text);
	byte_count = fread(text, 1, 65535, file);
	ck_assert_uint_gt(byte_count, 0);
	fclose(file);
	return text;
}

/* Up to two examples as one policy. */
static struct postern_policy *load(const char *first, const char *second)
{
	struct postern_policy *policy = NULL;
	const char *texts[2];
	char *first_text, *second_text = NULL;

	texts[0] = first_text = read_example(first);
	if (second)
		texts[1] = second_text = read_example(second);
	ck_assert_int_eq(
		policy_load_texts(texts, second ? 2 : 1, NULL, &policy), 0);
	free(first_text);
	free(second_text);
	return policy;
}

static struct postern_decision decide(const struct postern_policy *policy,
				      const char *node,
				      const struct postern_subject *subject)
{
	struct postern_decision decision;

	pst_policy_decide(policy, node, subject, &decision);
	return decision;
}

START_TEST(the_default_policy_has_no_node)
{
	struct postern_policy *policy = load("default.conf", NULL);

	ck_assert_uint_eq(policy->node_count, 0);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(telemetry_sends_to_its_collector_only)
{
	struct postern_policy *policy = load("examples/telemetry.conf", NULL);
	struct postern_subject subject = policy_subject(2001, 1);
	struct postern_decision decision;

	decision = decide(policy, "telemetry", &subject);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_NO_ALLOW);

	subject.unit_fact = POSTERN_FACT_KNOWN;
	subject.unit = "collector.service";
	decision = decide(policy, "telemetry", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_uint_eq(decision.directions, POSTERN_DIRECTION_FROM_NODE);
	ck_assert_int_eq(decision.security, POSTERN_SECURITY_MAC);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RING].value,
			  4u << 20);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RATE].value, 20000);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RATE_BURST].value,
			  40000);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_PEERS].value, 2);

	subject.uid = 1002;
	decision = decide(policy, "telemetry", &subject);
	ck_assert_uint_eq(decision.is_allowed, 0);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(orders_serves_two_tenants)
{
	struct postern_policy *policy = load("examples/orders.conf", NULL);
	struct postern_subject subject = policy_subject(1001, 5001);
	struct postern_decision decision;

	decision = decide(policy, "orders", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_str_eq(decision.tenant_name, "acme");
	ck_assert_uint_eq(decision.tenant_weight, 4);
	ck_assert_int_eq(decision.security, POSTERN_SECURITY_MAC);
	ck_assert_uint_eq(decision.tenant[POSTERN_LIMIT_PEERS].value, 16);
	ck_assert_uint_eq(decision.process[POSTERN_LIMIT_MEMORY].value,
			  UINT64_C(2) << 30);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_IDLE].value,
			  UINT64_C(600000000000));

	/* whose unit is unknown might be of globex, and is not served */
	subject = policy_subject(1002, 5002);
	decision = decide(policy, "orders", &subject);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_NO_ALLOW);
	subject.unit_fact = POSTERN_FACT_KNOWN;
	subject.unit = "globex-worker.service";
	decision = decide(policy, "orders", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_int_eq(decision.security, POSTERN_SECURITY_AEAD);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(orders_denies_contractors_even_of_acme)
{
	struct postern_policy *policy = load("examples/orders.conf", NULL);
	static const uint32_t groups[] = {5003};
	struct postern_subject subject = policy_subject(2004, 5001);
	struct postern_decision decision;

	subject.groups_fact = POSTERN_FACT_KNOWN;
	subject.groups = groups;
	subject.group_count = 1;
	decision = decide(policy, "orders", &subject);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_DENIED);

	/* carol is listed in the group, though this process dropped it */
	subject = policy_subject(1003, 5001);
	decision = decide(policy, "orders", &subject);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_DENIED);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(orders_lets_operators_observe)
{
	struct postern_policy *policy = load("examples/orders.conf", NULL);
	struct postern_subject subject = policy_subject(2004, 5005);
	struct postern_decision decision;

	decision = decide(policy, "orders", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_uint_eq(decision.may_observe, 1);
	ck_assert_uint_eq(decision.directions, POSTERN_DIRECTION_FROM_NODE);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(a_drop_in_adds_a_reader_and_squeezes_everybody)
{
	struct postern_policy *policy =
		load("examples/drop-in.conf", "examples/orders.conf");
	struct postern_subject subject = policy_subject(4242, 1);
	struct postern_decision decision;

	decision = decide(policy, "orders", &subject);
	ck_assert_uint_eq(decision.is_allowed, 0);
	subject.userns = POSTERN_USERNS_SAME;
	decision = decide(policy, "orders", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_int_eq(decision.security, POSTERN_SECURITY_MAC);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RING].value,
			  512u << 10);

	subject = policy_subject(1001, 5001);
	decision = decide(policy, "orders", &subject);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_RING].value,
			  512u << 10);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(ingest_knows_containers_and_a_partner)
{
	struct postern_policy *policy = load("examples/ingest.conf", NULL);
	struct postern_subject subject = policy_subject(0, 0);
	struct postern_decision decision;

	subject.unit_fact = subject.cgroup_fact = POSTERN_FACT_KNOWN;
	subject.unit = "web.service";
	subject.cgroup = "/system.slice/web.service";
	decision = decide(policy, "ingest", &subject);
	ck_assert_uint_eq(decision.directions, POSTERN_DIRECTION_FROM_NODE);

	subject.uid = 231072;
	decision = decide(policy, "ingest", &subject);
	ck_assert_uint_eq(decision.is_allowed, 0);
	subject.cgroup = "/machine.slice/batch.scope";
	decision = decide(policy, "ingest", &subject);
	ck_assert_uint_eq(decision.directions, POSTERN_DIRECTION_TO_NODE);
	ck_assert_uint_eq(decision.channel[POSTERN_LIMIT_ON_EXCEED].value,
			  POSTERN_ON_EXCEED_DROP);

	/* invisible, unmapped, and known by the key alone */
	subject = policy_subject(65534, 65534);
	subject.pid_fact = POSTERN_FACT_ABSENT;
	decision = decide(policy, "ingest", &subject);
	ck_assert_uint_eq(decision.is_allowed, 0);
	subject.key_fact = POSTERN_FACT_KNOWN;
	memcpy(subject.key,
	       "\xde\x9e\xdb\x7d\x7b\x7d\xc1\xb4\xd3\x5b\x61\xc2\xec\xe4\x35"
	       "\x37\x3f\x83\x43\xc8\x5b\x78\x67\x4d\xad\xfc\x7e\x14\x6f\x88"
	       "\x2b\x4f",
	       POSTERN_KEY_BYTES);
	decision = decide(policy, "ingest", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	ck_assert_int_eq(decision.security, POSTERN_SECURITY_AEAD);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(jobs_serves_one_process)
{
	struct postern_policy *policy = load("examples/one-process.conf", NULL);
	struct postern_subject subject = policy_subject(4243, 1);
	struct postern_decision decision;

	subject.pid_inode_fact = POSTERN_FACT_KNOWN;
	subject.pid_inode = 7700;
	decision = decide(policy, "jobs", &subject);
	ck_assert_uint_eq(decision.is_allowed, 1);
	subject.pid_inode = 7799;
	decision = decide(policy, "jobs", &subject);
	ck_assert_uint_eq(decision.is_allowed, 0);
	pst_policy_unref(policy);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
