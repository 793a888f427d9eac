/* SPDX-License-Identifier: ISC */
/*
 * What the other layers ask of a table
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_table.h"
#include "support/policy_host.h"
#include "support/test_case.h"

#define HEAD "policy-version 1\n"
#define KEY "x25519:fhE_5Wc2n1cF4Z0v1u2o4z1m3q5b7d9k2s4w6y8A0C4"

START_TEST(nodes_come_in_the_order_of_names)
{
	struct postern_policy *policy = policy_load_valid(HEAD
		"node b { owner user bob\nsocket /b }\n"
		"node a { owner user bob\nsocket /a }\n"
		"node c { owner user bob\nsocket /c }\nend\n");
	struct postern_node_description description;
	static const char *const names[] = {"a", "b", "c"};
	size_t i;

	ck_assert_uint_eq(policy->node_count, 3);
	for (i = 0; i < 3; i++) {
		pst_policy_describe_node(pst_policy_node_at(policy, i),
					 &description);
		ck_assert_str_eq(description.name, names[i]);
	}
	ck_assert_ptr_null(pst_policy_node_at(policy, 3));
	ck_assert_ptr_null(pst_policy_find_node(policy, "d"));
	pst_policy_unref(policy);
}
END_TEST

START_TEST(a_node_is_described_as_written)
{
	struct postern_policy *policy = policy_load_valid(HEAD
		"peer p { user alice }\n"
		"node n {\n owner user bob\n"
		" socket /run/n mode 0640 group acme\n slots 7\n audit deny\n"
		" security mac\n key " KEY "\n"
		" allow p { direction send }\n deny p\n}\nend\n");
	struct postern_node_description description;

	pst_policy_describe_node(pst_policy_find_node(policy, "n"),
				 &description);
	ck_assert_uint_eq(description.size_bytes, sizeof(description));
	ck_assert_str_eq(description.socket_path, "/run/n");
	ck_assert_str_eq(description.file, "test.conf");
	ck_assert_uint_eq(description.line, 3);
	ck_assert_int_eq(description.owner_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(description.owner_uid, 1002);
	ck_assert_uint_eq(description.socket_mode, 0640);
	ck_assert_int_eq(description.socket_group_fact, POSTERN_FACT_KNOWN);
	ck_assert_uint_eq(description.socket_gid, 5001);
	ck_assert_int_eq(description.security, POSTERN_SECURITY_MAC);
	ck_assert_uint_eq(description.slot_count, 7);
	ck_assert_int_eq(description.audit, POSTERN_AUDIT_DENY);
	ck_assert_uint_eq(description.allow_count, 1);
	ck_assert_uint_eq(description.deny_count, 1);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(a_node_has_defaults)
{
	struct postern_policy *policy = policy_load_valid(HEAD
		"node n { owner user 7\nsocket /n }\nend\n");
	struct postern_node_description description;

	pst_policy_describe_node(pst_policy_find_node(policy, "n"),
				 &description);
	ck_assert_uint_eq(description.owner_uid, 7);
	ck_assert_uint_eq(description.socket_mode, 0660);
	ck_assert_int_eq(description.socket_group_fact, POSTERN_FACT_ABSENT);
	ck_assert_int_eq(description.security, POSTERN_SECURITY_NONE);
	ck_assert_uint_eq(description.slot_count, 256);
	ck_assert_int_eq(description.audit, POSTERN_AUDIT_ALL);
	pst_policy_unref(policy);
}
END_TEST

static struct postern_policy *load_node(const char *more)
{
	struct postern_policy *policy;
	char text[2000] = HEAD
		"peer p { user alice }\n"
		"peer k { user bob\nkey " KEY "\n}\n"
		"peer everything { user bob\nlabel l\npid 77:7700\n"
		"unit a.service\ncgroup /a\nexe /a\nuserns same }\n"
		"node n {\nowner user bob\nsocket /n\nkey " KEY "\n";

	strcat(text, more);
	policy = policy_load_valid(text);
	return policy;
}

START_TEST(only_facts_that_rules_look_at_are_used)
{
	struct postern_policy *policy;

	policy = load_node("allow p { direction send }\n}\nend\n");
	ck_assert_uint_eq(
		pst_policy_find_node(policy, "n")->facts_used, 0);
	pst_policy_unref(policy);

	policy = load_node("deny k\n}\nend\n");
	ck_assert_uint_eq(
		pst_policy_find_node(policy, "n")->facts_used,
		PST_POLICY_FACT_KEY);
	pst_policy_unref(policy);

	policy = load_node("}\ntenant t { members everything }\nend\n");
	ck_assert_uint_eq(
		pst_policy_find_node(policy, "n")->facts_used,
		PST_POLICY_FACT_LABEL | PST_POLICY_FACT_PID_INODE |
			PST_POLICY_FACT_UNIT | PST_POLICY_FACT_CGROUP |
			PST_POLICY_FACT_EXE | PST_POLICY_FACT_USERNS);
	pst_policy_unref(policy);
}
END_TEST

static bool demands_security(const char *more)
{
	struct postern_policy *policy = load_node(more);
	bool is_demanded;

	is_demanded = pst_policy_demands_security(
		pst_policy_find_node(policy, "n"));
	pst_policy_unref(policy);
	return is_demanded;
}

START_TEST(security_is_demanded_by_a_node_an_allow_or_a_tenant)
{
	ck_assert(demands_security("security mac\n}\nend\n"));
	ck_assert(demands_security("}\nextend node n { security mac }\n"
				   "end\n"));
	ck_assert(demands_security("allow p { direction send\n"
				   "security aead }\n}\nend\n"));
	ck_assert(demands_security("}\ntenant t { members p\n"
				   "security mac }\nend\n"));
	ck_assert(!demands_security("}\nend\n"));
	ck_assert(!demands_security("security none\n"
				    "allow k { direction send\n"
				    "security none }\n}\n"
				    "tenant t { members k }\nend\n"));
}
END_TEST

START_TEST(ceilings_are_the_most_that_an_allow_could_give)
{
	struct postern_policy *policy = load_node(
		"allow p { direction send\nlimits { ring 64KiB } }\n"
		"allow k { direction send\n"
		"limits { ring 4MiB\nmessage 3MiB } }\n"
		"limits { ring 2MiB }\n}\nend\n");
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");

	ck_assert_uint_eq(node->ring_ceiling_bytes, 2097152);
	ck_assert_uint_eq(node->message_ceiling_bytes, 2097144);
	pst_policy_unref(policy);

	policy = load_node("allow p { direction send }\n}\nend\n");
	node = pst_policy_find_node(policy, "n");
	ck_assert_uint_eq(node->ring_ceiling_bytes, 1048576);
	ck_assert_uint_eq(node->message_ceiling_bytes, 65536);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(an_allow_is_found_by_its_index)
{
	struct postern_policy *policy = load_node(
		"allow p { direction send\nlimits { peers 3 } }\n"
		"allow p k { direction send }\n}\nend\n");
	const struct pst_policy_node *node = pst_policy_find_node(policy, "n");

	ck_assert_uint_eq(
		pst_policy_allow_limits(node, 0)[POSTERN_LIMIT_PEERS].value, 3);
	ck_assert_ptr_null(pst_policy_allow_limits(node, 2));
	pst_policy_unref(policy);
}
END_TEST

START_TEST(a_reference_keeps_the_table)
{
	struct postern_policy *policy = load_node("}\nend\n");
	const struct postern_policy *second = pst_policy_ref(policy);

	ck_assert_ptr_null(pst_policy_unref(policy));
	ck_assert_ptr_nonnull(pst_policy_find_node(second, "n"));
	ck_assert_ptr_null(pst_policy_unref(second));
	ck_assert_ptr_null(pst_policy_unref(NULL));
	ck_assert_ptr_null(pst_policy_ref(NULL));
}
END_TEST

/* One text of a user who is not root. */
static int load_of_user(const char *text, uint32_t uid, uint32_t flags)
{
	static const char root[] =
		HEAD "node r { owner user 0\nsocket /r }\nend\n";
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	struct postern_policy *policy = NULL;
	int r;

	options.flags = flags;
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(
		pst_policy_builder_new(&options, diagnostics, &builder), 0);
	ck_assert_int_eq(pst_policy_builder_add_source(
				 builder, "root.conf", root, strlen(root), 0),
			 0);
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "user.conf",
						       text, strlen(text), uid),
			 0);
	r = pst_policy_builder_finish(builder, &policy);
	if (r == 0 && policy->has_errors)
		r = -EINVAL;
	if (r == 0)
		ck_assert_uint_eq(pst_diagnostics_count(diagnostics) > 0,
				  flags != 0);
	pst_policy_builder_free(builder);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
	return r;
}

START_TEST(a_file_of_a_user_may_speak_of_his_nodes_only)
{
	static const char own[] =
		HEAD "node n { owner user alice\nsocket /n }\n"
		     "extend node n { limits { peers 1 } }\nend\n";
	static const char other[] =
		HEAD "node n { owner user bob\nsocket /n }\nend\n";
	static const char extends[] =
		HEAD "extend node r { limits { peers 1 } }\nend\n";

	ck_assert_int_eq(load_of_user(own, 1001, 0), 0);
	ck_assert_int_lt(load_of_user(other, 1001, 0), 0);
	ck_assert_int_lt(load_of_user(extends, 1001, 0), 0);
	ck_assert_int_eq(load_of_user(other, 1001,
				      POSTERN_POLICY_WARN_ON_UNTRUSTED),
			 0);
	ck_assert_int_eq(load_of_user(extends, 1001,
				      POSTERN_POLICY_WARN_ON_UNTRUSTED),
			 0);
}
END_TEST

START_TEST(assumed_names_match_no_allow_and_every_deny)
{
	static const char text[] =
		HEAD "peer p { user eve }\npeer q { user alice }\n"
		     "peer g { group eve }\n"
		     "node n { owner user eve\nsocket /n\n"
		     "allow p q { direction send } }\n"
		     "node d { owner user alice\nsocket /d\ndeny p\n"
		     "allow q { direction send } }\n"
		     "node e { owner user alice\nsocket /e\ndeny g\n"
		     "allow q { direction send } }\nend\n";
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_subject subject = policy_subject(1002, 1);
	struct postern_node_description description;
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	struct postern_decision decision;
	struct postern_policy *policy;

	options.flags = POSTERN_POLICY_ASSUME_NAMES;
	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(
		pst_policy_builder_new(&options, diagnostics, &builder), 0);
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "a", text,
						       strlen(text), 0),
			 0);
	ck_assert_int_eq(pst_policy_builder_finish(builder, &policy), 0);
	ck_assert_uint_eq(pst_diagnostics_count(diagnostics), 3);

	pst_policy_describe_node(pst_policy_find_node(policy, "n"),
				 &description);
	ck_assert_int_eq(description.owner_fact, POSTERN_FACT_UNKNOWN);
	pst_policy_decide(policy, "n", &subject, &decision);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_NO_ALLOW);
	subject.uid = 1001;
	pst_policy_decide(policy, "n", &subject, &decision);
	ck_assert_uint_eq(decision.is_allowed, 1);
	pst_policy_decide(policy, "d", &subject, &decision);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_DENIED);
	pst_policy_decide(policy, "e", &subject, &decision);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_DENIED);

	pst_policy_builder_free(builder);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
}
END_TEST

START_TEST(includes_are_handed_out_once_in_order)
{
	static const char text[] =
		HEAD "include-dir /a\ninclude-dir /b\nend\n";
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	const struct pst_policy_include *include;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(
		pst_policy_builder_new(&options, diagnostics, &builder), 0);
	ck_assert_ptr_null(pst_policy_builder_next_include(builder));
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "x.conf", text,
						       strlen(text), 0),
			 0);
	include = pst_policy_builder_next_include(builder);
	ck_assert_str_eq(include->path, "/a");
	ck_assert_str_eq(include->location.file, "x.conf");
	ck_assert_uint_eq(include->location.line, 2);
	include = pst_policy_builder_next_include(builder);
	ck_assert_str_eq(include->path, "/b");
	ck_assert_ptr_null(pst_policy_builder_next_include(builder));
	pst_policy_builder_free(builder);
	pst_diagnostics_free(diagnostics);
}
END_TEST

/* Every directive that a part of the table points to. */
static int directive_count(const struct postern_policy *policy)
{
	const struct pst_policy_node *node = policy->nodes;
	const struct pst_policy_tenant *tenant = policy->tenants;

	return (policy->peers->directive != NULL) +
	       (tenant->directive != NULL) +
	       (tenant->members->directive != NULL) +
	       (node->directive != NULL) +
	       (node->allows->rule.directive != NULL) +
	       (node->denies->directive != NULL) +
	       (node->requirements->directive != NULL);
}

START_TEST(finish_keeps_directives_only_with_the_flag)
{
	static const char text[] =
		"policy-version 1\npeer alice { user alice }\n"
		"tenant t { members alice }\n"
		"node n {\nowner user bob\nsocket /n\nrequire aes\n"
		"allow alice { direction send }\ndeny alice\n}\nend\n";
	struct postern_policy *policy = policy_load_valid(text);
	struct postern_subject subject = policy_subject(1001, 1);
	char *explanation;

	ck_assert_int_eq(directive_count(policy), 0);
	ck_assert_ptr_null(policy->directive_arena.objects);
	ck_assert_int_eq(
		pst_policy_explain(policy, "n", &subject, &explanation), 0);
	ck_assert_ptr_nonnull(strstr(explanation, "by deny alice at "
						  "test.conf:9\n"));
	free(explanation);
	pst_policy_unref(policy);

	policy_host_flags = PST_POLICY_KEEP_DIRECTIVES;
	policy = policy_load_valid(text);
	ck_assert_int_eq(directive_count(policy), 7);
	pst_policy_unref(policy);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
