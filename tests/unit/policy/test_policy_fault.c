/* SPDX-License-Identifier: ISC */
/*
 * Which nodes an error concerns, and that nothing opens because of one
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_table.h"
#include "support/policy_host.h"
#include "support/policy_oracle.h"
#include "support/test_case.h"

#define HEAD "policy-version 1\n"
#define PEERS "peer alice { user alice }\npeer bob { user bob }\n"
#define NODE_A_BEGIN "node a { owner user ordersd\nsocket /a\n"
#define NODE_A NODE_A_BEGIN "allow alice { direction both }\n}\n"
#define NODE_B \
	"node b { owner user ingestd\nsocket /b\n" \
	"allow bob { direction both }\n}\n"
#define GOOD HEAD PEERS NODE_A NODE_B "end\n"
#define KEY "x25519:3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"

enum effect {
	USABLE,
	UNOPENED,    /* a client can connect */
	UNREACHED,   /* nor can a client */
};

struct case_of_fault {
	const char *texts[2];
	enum effect a;
	enum effect b;
	const char *error;  /* of a, or else of b; its beginning */
};

static const struct case_of_fault cases[] = {
	{{GOOD}, USABLE, USABLE, NULL},

	/* peers: nodes that name them */
	{{GOOD, HEAD "peer ghost { user eve }\nend\n"}, USABLE, USABLE, NULL},
	{{HEAD PEERS "peer ghost { user eve }\n" NODE_A_BEGIN
	       "allow alice { direction both }\ndeny ghost\n}\n" NODE_B
	       "end\n"},
	 UNOPENED, USABLE, "1.conf:4:19: unknown user 'eve'"},
	{{HEAD PEERS "peer ghost { user eve }\n" NODE_A_BEGIN
	       "allow alice ghost { direction both }\n}\n" NODE_B "end\n"},
	 UNOPENED, USABLE, "1.conf:4:19: unknown user 'eve'"},
	{{GOOD, HEAD "peer alice { user carol }\nend\n"}, UNOPENED, USABLE,
	 "2.conf:2:6: second definition of peer 'alice'"},
	{{HEAD PEERS NODE_A_BEGIN "deny malory\n}\n" NODE_B "end\n"},
	 UNOPENED, USABLE, "1.conf:6:6: unknown peer 'malory'"},

	/* a node's own block */
	{{HEAD PEERS "node a { owner user eve\nsocket /a\n"
	       "allow alice { direction both }\n}\n" NODE_B "end\n"},
	 UNREACHED, USABLE, "1.conf:4:21: unknown user 'eve'"},
	{{HEAD PEERS "node a { owner user ordersd\n}\n" NODE_B "end\n"},
	 UNREACHED, USABLE, "1.conf:4:6: node 'a' has no 'socket'"},
	{{HEAD PEERS NODE_A_BEGIN "securty mac\n}\n" NODE_B "end\n"},
	 UNREACHED, USABLE, "1.conf:6:1: unknown key 'securty'"},
	{{HEAD PEERS NODE_A_BEGIN "key x25519:short\n}\n" NODE_B "end\n"},
	 UNREACHED, USABLE, "1.conf:6:5: "},
	{{HEAD PEERS NODE_A_BEGIN "allow alice { directon both }\n}\n" NODE_B
	       "end\n"},
	 UNOPENED, USABLE, "1.conf:6:15: unknown key 'directon'"},
	{{HEAD PEERS NODE_A_BEGIN "limits { ring 4MB }\n}\n" NODE_B "end\n"},
	 UNOPENED, USABLE, "1.conf:6:16: unknown unit 'MB'"},
	{{HEAD PEERS NODE_A_BEGIN "slots 0\naudit some\n}\n" NODE_B "end\n"},
	 UNOPENED, USABLE, "1.conf:6:7: "},
	/* ... in which a missing line is found behind another error */
	{{HEAD PEERS "node a { socket /a\nslots 0\n}\n" NODE_B "end\n"},
	 UNREACHED, USABLE, "1.conf:4:6: node 'a' has no 'owner'"},
	{{GOOD, HEAD "node a { owner user bob\nsocket /c\n}\nend\n"},
	 UNREACHED, USABLE, "2.conf:2:6: second definition of node 'a'"},
	{{GOOD, HEAD "node c { owner user bob\nsocket /a\n}\nend\n"},
	 UNOPENED, USABLE, "2.conf:3:1: two nodes with one socket"},

	/* extensions */
	{{GOOD, HEAD "extend node a { deny malory\n}\nend\n"},
	 UNOPENED, USABLE, "2.conf:2:22: unknown peer 'malory'"},
	{{GOOD, HEAD "extend node a { key " KEY "\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:17: unknown key 'key' in 'extend node'"},
	{{GOOD, HEAD "extend node a { owner user bob\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:17: unknown key 'owner' in 'extend"},
	{{GOOD, HEAD "extend node aa { deny alice\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:13: unknown node 'aa'"},

	/* tenants: nodes that may admit a member */
	{{GOOD, HEAD "tenant t { members alice\nweight 0\n}\nend\n"},
	 UNOPENED, USABLE, "2.conf:3:8: "},
	{{GOOD, HEAD "tenant t { members alice\nlimits { peers x }\n}\nend\n"},
	 UNOPENED, USABLE, "2.conf:3:16: "},
	{{GOOD, HEAD "tenant t { members alice\nsecurity high\n}\nend\n"},
	 UNOPENED, USABLE, "2.conf:3:10: "},
	{{GOOD, HEAD "tenant t { members alice\nmembrs bob\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:1: unknown key 'membrs'"},
	{{GOOD, HEAD "tenant t { members alice malory\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:26: unknown peer 'malory'"},
	{{GOOD, HEAD "peer acme { group acme }\n"
		     "tenant t { members acme\nweight 0\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:4:8: "},
	{{GOOD, HEAD "peer both { user bob\ngroup acme }\n"
		     "tenant t { members both\nweight 0\n}\nend\n"},
	 USABLE, UNOPENED, "2.conf:5:8: "},
	{{GOOD, HEAD "tenant t { members alice }\n"
		     "tenant t { members bob }\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:8: second definition of tenant"},

	/* what concerns all nodes */
	{{GOOD, HEAD "limits { memory 4MB }\nend\n"}, UNOPENED, UNOPENED,
	 "2.conf:2:18: unknown unit"},
	{{GOOD, HEAD "extnd node a { deny alice\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:1: unknown key 'extnd'"},
	{{GOOD, HEAD "peer p { user alice }\n"}, UNOPENED, UNOPENED,
	 "2.conf:3:1: missing 'end'"},
	{{GOOD, HEAD "peer p { user alice\nend\n"}, UNOPENED, UNOPENED,
	 "2.conf:4:1: unexpected end of file"},
	{{GOOD, "policy-version 2\nend\n"}, UNOPENED, UNOPENED,
	 "2.conf:1:16: unsupported"},
	/* ... a line in the wrong block: the right one lacks it */
	{{GOOD, HEAD "peer p { user carol\ndeny bob\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:1: unknown key 'deny' in 'peer'"},
	{{GOOD, HEAD "peer t { members alice\nsecurity aead\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:10: unknown key 'members' in 'peer'"},
	{{GOOD, HEAD "tenant t { members bob\nuser carol\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:1: unknown key 'user' in 'tenant'"},
	{{GOOD, HEAD "tenant t { members bob\nmemory 1MiB\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:1: unknown key 'memory' in 'tenant'"},
	{{GOOD, HEAD "peer p { user carol\nsurprise\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:1: unknown key 'surprise' in 'peer'"},
	{{GOOD, HEAD "extend node a { security mac\nsecurity aead\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:1: 'security' is given twice"},
	{{GOOD, HEAD "extend node a { limits { message 1MiB\nring 4KiB\n} }\n"
	  "end\n"},
	 UNOPENED, UNOPENED, "2.conf:2:34: 'message' does not fit"},
	{{GOOD, HEAD "extend node a { allow bob { direction send\n"
	  "limits { peers-per-user 1 } } }\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:3:10: 'peers-per-user' has no meaning"},
	{{GOOD, HEAD "peer p { exe /bin/true\n}\nend\n"},
	 UNOPENED, UNOPENED, "2.conf:2:6: peer 'p' has no line"},
	{{HEAD PEERS NODE_A "end\n",
	  HEAD "node b { owner user ingestd\nsocket /b\nsecurity mac\n"
	  "allow bob { direction both\nsecurity none }\n}\nend\n"},
	 UNOPENED, UNREACHED, "2.conf:6:10: 'security none' is below"},
	{{HEAD PEERS NODE_A "end\n",
	  HEAD "node b { owner user ingestd\nsocket /b\n"
	  "key " KEY " " KEY "\n}\nend\n"},
	 UNOPENED, UNREACHED, "2.conf:4:56: unexpected word"},

	/* ... and clients, too, of the nodes of that file */
	{{HEAD PEERS NODE_A "end\n", HEAD NODE_B}, UNOPENED, UNREACHED,
	 "2.conf:6:1: missing 'end'"},
	{{HEAD PEERS NODE_A "end\n", HEAD NODE_B "nod c { }\nend\n"},
	 UNOPENED, UNREACHED, "2.conf:6:1: unknown key 'nod'"},
};

static void check_effect(const struct postern_policy *policy,
			 const char *name, enum effect wanted, int number)
{
	struct postern_node_description description;
	struct postern_subject subject;
	const struct pst_policy_node *node;
	struct postern_decision decision;
	uint32_t uid;

	node = pst_policy_find_node(policy, name);
	ck_assert_ptr_nonnull(node);
	ck_assert_msg((node->fault != NULL) ==
			      (wanted != USABLE),
		      "case %d: node %s opens, or does not", number, name);
	ck_assert_msg((node->connect_fault != NULL) ==
			      (wanted == UNREACHED),
		      "case %d: node %s can be reached, or cannot", number,
		      name);
	pst_policy_describe_node(node, &description);
	ck_assert_int_eq(description.error != NULL, wanted != USABLE);
	ck_assert_int_eq(description.connect_error != NULL,
			 wanted == UNREACHED);
	if (wanted == USABLE)
		return;
	for (uid = 1001; uid <= 1003; uid++) {
		subject = policy_subject(uid, 1);
		pst_policy_decide(policy, name, &subject, &decision);
		ck_assert_uint_eq(decision.is_allowed, 0);
		ck_assert_int_eq(decision.error.reason,
				 POSTERN_REASON_POLICY);
		ck_assert_str_eq(decision.error.detail, description.error);
		ck_assert(strncmp(decision.error.detail,
				  decision.error.file,
				  strlen(decision.error.file)) == 0);
		ck_assert(decision.error.file[0] != '\0');
	}
}

static void check_error(const struct postern_policy *policy,
			const struct case_of_fault *wanted, int number)
{
	struct postern_node_description description;
	const char *name = wanted->a != USABLE ? "a" : "b";

	pst_policy_describe_node(pst_policy_find_node(policy, name),
				 &description);
	if (wanted->error)
		ck_assert_msg(strncmp(description.error, wanted->error,
				      strlen(wanted->error)) == 0,
			      "case %d: %s", number, description.error);
}

START_TEST(policy_with_an_error_stops_the_nodes_that_depend_on_it,
	   .loop_end = sizeof(cases) / sizeof(cases[0]))
{
	const struct case_of_fault *wanted = &cases[_i];
	struct postern_policy *policy;

	policy = policy_load_faulty(wanted->texts, wanted->texts[1] ? 2 : 1);
	check_effect(policy, "a", wanted->a, _i);
	check_effect(policy, "b", wanted->b, _i);
	check_error(policy, wanted, _i);
	pst_policy_unref(policy);
}
END_TEST

START_TEST(report_of_the_loader_concerns_every_node_and_no_client)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct pst_policy_builder *builder;
	struct postern_subject subject = policy_subject(1001, 1);
	struct postern_decision decision;
	struct postern_policy *policy;

	ck_assert_int_eq(pst_diagnostics_new(&diagnostics), 0);
	ck_assert_int_eq(pst_policy_builder_new(&options, diagnostics,
						&builder), 0);
	ck_assert_int_eq(pst_policy_builder_add_source(builder, "good", GOOD,
						       strlen(GOOD), 0), 0);
	ck_assert_int_eq(pst_policy_builder_report(builder,
						   POSTERN_SEVERITY_ERROR,
						   "shut.conf", 0,
						   "cannot be opened", NULL),
			 0);
	ck_assert_int_eq(pst_policy_builder_finish(builder, &policy), 0);
	pst_policy_builder_free(builder);
	check_effect(policy, "a", UNOPENED, -1);
	check_effect(policy, "b", UNOPENED, -1);

	/* It may define any node. */
	pst_policy_decide(policy, "c", &subject, &decision);
	ck_assert_int_eq(decision.error.reason, POSTERN_REASON_POLICY);
	ck_assert_str_eq(decision.error.detail,
			 "the policy has no node 'c' as far as it could be "
			 "read: shut.conf: cannot be opened");
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
}
END_TEST

/* A text with many errors is not read to its end: a deny may follow. */
START_TEST(text_with_too_many_errors_concerns_every_node)
{
	char text[4096] = HEAD NODE_B "peer p {\n";
	const char *texts[2] = {HEAD PEERS NODE_A "end\n", text};
	struct postern_policy *policy;
	size_t i;

	for (i = 0; i < 30; i++)
		strcat(text, "x\n");
	strcat(text, "}\nextend node a { deny alice\n}\nend\n");
	policy = policy_load_faulty(texts, 2);
	check_effect(policy, "a", UNOPENED, -1);
	check_effect(policy, "b", UNREACHED, -1);
	pst_policy_unref(policy);
}
END_TEST

/* -- what a client demands ------------------------------------------------- */

static enum postern_security floor_at(const char *const *texts,
				      size_t text_count, uint32_t uid)
{
	struct postern_policy *policy = policy_load_faulty(texts, text_count);
	struct postern_subject subject = policy_subject(uid, 1);
	enum postern_security floor;

	floor = pst_policy_security_floor(pst_policy_find_node(policy, "a"),
					  &subject);
	pst_policy_unref(policy);
	return floor;
}

/* What cannot be read may make alice match: she is 1001. */
START_TEST(security_floor_of_a_faulty_node_is_that_of_its_strongest_allow)
{
	const char *texts[2] = {
		HEAD PEERS NODE_A_BEGIN "allow alice { direction both }\n"
		"allow bob { direction both\nsecurity aead }\n}\n" NODE_B
		"end\n",
		HEAD "peer alice { usr alice }\nend\n",
	};

	ck_assert_int_eq(floor_at(texts, 1, 1001), POSTERN_SECURITY_NONE);
	ck_assert_int_eq(floor_at(texts, 2, 1001), POSTERN_SECURITY_AEAD);
	/* An error that does not concern the node changes nothing. */
	texts[1] = HEAD "peer ghost { usr alice }\nend\n";
	ck_assert_int_eq(floor_at(texts, 2, 1001), POSTERN_SECURITY_NONE);
}
END_TEST

START_TEST(security_floor_counts_a_tenant_with_a_faulty_member)
{
	const char *texts[2] = {
		HEAD PEERS NODE_A NODE_B "end\n",
		HEAD "tenant t { members bob\nmembrs alice\n"
		"security mac }\nend\n",
	};

	ck_assert_int_eq(floor_at(texts, 2, 1001), POSTERN_SECURITY_MAC);
	/* Membership that can be told is no matter of the error. */
	texts[1] = HEAD "tenant t { members bob\nsecurity mac }\n"
			"extend node a { deny malory }\nend\n";
	ck_assert_int_eq(floor_at(texts, 2, 1001), POSTERN_SECURITY_NONE);
}
END_TEST

/* -- at random ------------------------------------------------------------- */

#define POLICY_COUNT 6000
#define SUBJECTS_OF_EACH 6

/* One line becomes one with an unknown key.  A line that only closes blocks
 * stays: without it the text would not be parsed. */
static char *break_a_line(const char *text, struct random *random)
{
	size_t line_count = 0, number, used_bytes;
	const char *place;
	char *broken;

	for (place = text; *place; place++)
		line_count += *place == '\n';
	number = random_below(random, (uint32_t)line_count);
	for (place = text; number > 0; place++)
		number -= *place == '\n';
	place += strspn(place, " \t");
	broken = calloc(1, strlen(text) + 2);
	ck_assert_ptr_nonnull(broken);
	used_bytes = (size_t)(place - text);
	memcpy(broken, text, used_bytes);
	if (*place != '}')
		broken[used_bytes++] = 'X';
	strcpy(broken + used_bytes, place);
	return broken;
}

static void compare(const struct oracle_policy *model,
		    const struct oracle_node *node,
		    const struct postern_policy *policy,
		    const struct postern_subject *subject,
		    const char *broken_text)
{
	struct postern_decision decision;
	struct oracle_decision wanted;
	const char *difference;

	oracle_decide(model, node, subject, &wanted);
	pst_policy_decide(policy, node->name, subject, &decision);
	difference = oracle_compare(&wanted, &decision);
	ck_assert_msg(!difference, "they differ in: %s\n%s", difference,
		      broken_text);
}

/*
 * Whatever line is lost, a node that stays usable decides everything as with
 * the policy that has the line.
 */
START_TEST(usable_node_decides_as_if_the_error_were_not_there, .loop_end = 4)
{
	struct random random = {.state = (uint64_t)_i * 1000033 + 7};
	size_t i, j, k, file_count, broken, usable_count = 0, node_count = 0;
	const struct pst_policy_node *node;
	struct postern_subject subject;
	char *texts[ORACLE_FILES], *text;
	struct oracle_policy model;
	struct postern_policy *policy;
	uint32_t groups[4];

	for (i = 0; i < POLICY_COUNT; i++) {
		file_count = 1 + random_below(&random, ORACLE_FILES);
		oracle_policy_make(&model, &random);
		oracle_policy_print(&model, &random, file_count, texts);
		broken = random_below(&random, (uint32_t)file_count);
		text = break_a_line(texts[broken], &random);
		free(texts[broken]);
		texts[broken] = text;
		policy = policy_load_faulty((const char *const *)texts,
					    file_count);
		for (k = 0; k < model.node_count; k++) {
			node = pst_policy_find_node(policy,
						    model.nodes[k].name);
			node_count++;
			if (!node || node->fault)
				continue;
			usable_count += policy->has_errors;
			for (j = 0; j < SUBJECTS_OF_EACH; j++) {
				oracle_subject_make(&subject, groups, &random);
				compare(&model, &model.nodes[k], policy,
					&subject, text);
			}
		}
		pst_policy_unref(policy);
		for (j = 0; j < file_count; j++)
			free(texts[j]);
	}
	/* Neither case may be rare. */
	ck_assert_uint_gt(usable_count, node_count / 10);
	ck_assert_uint_lt(usable_count, node_count * 9 / 10);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 600);
}
