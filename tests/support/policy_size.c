/* SPDX-License-Identifier: ISC */
/*
 * Large policies: see policy_size.h
 */
#include "support/policy_size.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "authoring/authoring_internal.h"
#include "support/policy_host.h"

#define MEMBER_COUNT 20000u
#define NODE "owner user 0\nsocket /run/n%u\n"

/* A text that is being written, and how much of it may still be. */
struct text {
	char *bytes;
	size_t byte_count;
	size_t most_bytes;
};

/* Writes one piece after the other; false once the text is full. */
typedef void write_fn(struct text *text, unsigned variant);

struct policy_size_shape {
	const char *name;
	bool is_valid;
	write_fn *write;
	bool is_long_story;  /* its explanation is as long as its square */
};

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static bool is_full(const struct text *text)
{
	return text->byte_count >= text->most_bytes;
}

__attribute__((format(printf, 2, 3))) static void
add(struct text *text, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsprintf(text->bytes + text->byte_count, format, arguments);
	va_end(arguments);
	must(n >= 0, "cannot write");
	text->byte_count += (size_t)n;
}

/* Definitions */

static void write_peers(struct text *text, unsigned variant)
{
	unsigned i;

	for (i = 0; !is_full(text); i++)
		add(text, "peer p%u { user %u }\n", i, 100000 + i + variant);
}

static void write_tenants(struct text *text, unsigned variant)
{
	unsigned i;

	add(text, "peer a { user 1 }\npeer b { user 2 }\n");
	for (i = 99999; !is_full(text); i--)
		add(text, "tenant t%u { members %c }\n", i,
		    variant ? 'b' : 'a');
}

static void write_nodes(struct text *text, unsigned variant)
{
	unsigned i;

	for (i = 99999; !is_full(text); i--)
		add(text, "node n%u {\n" NODE "slots %u\n}\n", i, i,
		    1 + variant);
}

/* Every kind of definition, each naming peers of its own. */
static void write_everything(struct text *text, unsigned variant)
{
	unsigned i;

	for (i = 0; !is_full(text); i++)
		add(text,
		    "peer p%u { user %u }\n"
		    "tenant t%u { members p%u }\n"
		    "node n%u {\n" NODE
		    "allow p%u { direction %s }\ndeny p%u\n}\n",
		    i, 100000 + i + variant, i, i, i, i, i, variant ? "send" : "both",
		    i / 2);
}

static void write_extensions(struct text *text, unsigned variant)
{
	add(text, "peer a { user 1 }\npeer b { user 2 }\n"
		  "node n {\n" NODE "}\n", 0);
	while (!is_full(text))
		add(text, "extend node n { deny %c }\n", variant ? 'b' : 'a');
}

static void write_extended_nodes(struct text *text, unsigned variant)
{
	unsigned i;

	add(text, "peer a { user 1 }\npeer b { user 2 }\n");
	for (i = 0; !is_full(text); i++)
		add(text, "node n%u {\n" NODE "}\nextend node n%u "
			  "{ deny %c }\n",
		    i, i, i, variant ? 'b' : 'a');
}

/* Values */

static void write_long_peer(struct text *text, unsigned variant)
{
	unsigned i, j;

	add(text, "peer a {\n");
	for (i = 0; !is_full(text); i++) {
		add(text, "user");
		for (j = 0; j < 60; j++)
			add(text, " %u", 100000 + (i * 60 + j) * 2 + variant);
		add(text, "\n");
	}
	add(text, "}\nnode n {\n" NODE "deny a\n}\n", 0);
}

static void write_tall_peer(struct text *text, unsigned variant)
{
	unsigned i;

	add(text, "peer a {\n");
	for (i = 0; !is_full(text); i++)
		add(text, "user %u\n", 100000 + i * 2 + variant);
	add(text, "}\nnode n {\n" NODE "deny a\n}\n", 0);
}

/* Rules that name a peer of many lines: each asks what these are. */
static void write_tall_peer_denied(struct text *text, unsigned variant)
{
	size_t half = (text->byte_count + text->most_bytes) / 2;
	unsigned i;

	add(text, "peer a {\n");
	for (i = 0; text->byte_count < half; i++)
		add(text, "label l%u\n", i + variant);
	add(text, "}\nnode n {\n" NODE, 0);
	while (!is_full(text))
		add(text, "deny a a a a a a a a a a a a a a a a a a a a\n");
	add(text, "}\n");
}

static void write_groups(struct text *text, unsigned variant)
{
	unsigned i;

	for (i = 0; !is_full(text); i++)
		add(text, "peer p%u { group %u big }\n"
			  "tenant t%u { members p%u }\n",
		    i, 100 + variant, i, i);
	add(text, "node n {\n" NODE "deny p0\n}\n", 0);
}

static void write_group_values(struct text *text, unsigned variant)
{
	unsigned i;

	add(text, "peer a {\n");
	while (!is_full(text)) {
		add(text, "group");
		for (i = 0; i < 60; i++)
			add(text, " %s", variant ? "100" : "big");
		add(text, "\n");
	}
	add(text, "}\nnode n {\n" NODE "deny a\n}\n", 0);
}

/* Rules */

/* An allow of a node may name 63 peers, and a node has 256 of them. */
static void write_wide_allows(struct text *text, unsigned variant)
{
	size_t third = text->byte_count +
		       (text->most_bytes - text->byte_count) / 3;
	unsigned peer_count, i, j, node = 0, next = 0;

	for (i = 0; text->byte_count < third; i++)
		add(text, "peer p%u { user %u }\n", i, 100000 + i);
	peer_count = i;
	while (!is_full(text)) {
		add(text, "node n%u {\n" NODE, node, node);
		node++;
		for (i = 0; i < 256 && !is_full(text); i++) {
			add(text, "allow");
			for (j = 0; j < 62; j++)
				add(text, " p%u",
				    next++ * 7919 % peer_count);
			add(text, " { direction both\nlimits { peers %u } }\n",
			    i % 3 + 1 + variant);
		}
		add(text, "}\n");
	}
}

/* The same few peers in each allow: every limit may imply every other. */
static void write_same_allows(struct text *text, unsigned variant)
{
	unsigned i, j, node = 0;

	for (i = 0; i < 63; i++)
		add(text, "peer p%u { user %u }\n", i, 100000 + i);
	while (!is_full(text)) {
		add(text, "node n%u {\n" NODE, node, node);
		node++;
		for (i = 0; i < 256 && !is_full(text); i++) {
			add(text, "allow");
			for (j = 0; j < 62; j++)
				if (j != i % 62)
					add(text, " p%u", j);
			add(text, " { direction both\nlimits { peers %u } }\n",
			    999 - i + variant);
		}
		add(text, "}\n");
	}
}

static void write_denies(struct text *text, unsigned variant)
{
	size_t half = (text->byte_count + text->most_bytes) / 2;
	unsigned peer_count, i;

	for (i = 0; text->byte_count < half; i++)
		add(text, "peer p%u { user %u }\n", i, 100000 + i + variant);
	peer_count = i;
	add(text, "node n {\n" NODE, 0);
	for (i = 0; !is_full(text); i++)
		add(text, "deny p%u p%u\n", i % peer_count,
		    (i + 1 + variant) % peer_count);
	add(text, "}\n");
}

static void write_members(struct text *text, unsigned variant)
{
	size_t half = (text->byte_count + text->most_bytes) / 2;
	unsigned peer_count, i;

	for (i = 0; text->byte_count < half; i++)
		add(text, "peer p%u { user %u }\n", i, 100000 + i + variant);
	peer_count = i;
	add(text, "tenant t {\n");
	for (i = 0; !is_full(text); i++)
		add(text, "members p%u\n", i % (peer_count - variant));
	add(text, "}\n");
}

static void write_remarks(struct text *text, unsigned variant)
{
	(void)variant;
	while (!is_full(text))
		add(text, "\n# a comment\nlimits { } # and one\n");
}

/* Mistakes, and what is only a warning */

static void write_warnings(struct text *text, unsigned variant)
{
	unsigned i;

	(void)variant;
	for (i = 0; !is_full(text); i++)
		add(text, "peer p%u { user * }\n", i);
}

static void write_second_peers(struct text *text, unsigned variant)
{
	(void)variant;
	while (!is_full(text))
		add(text, "peer a { user 1 }\n");
}

static void write_second_nodes(struct text *text, unsigned variant)
{
	(void)variant;
	while (!is_full(text))
		add(text, "node n {\n" NODE "}\n", 0);
}

static void write_one_socket(struct text *text, unsigned variant)
{
	unsigned i;

	(void)variant;
	for (i = 0; !is_full(text); i++)
		add(text, "node n%u {\n" NODE "}\n", i, 7);
}

/* Keys that may not repeat, behind many that may. */
static void write_late_repeats(struct text *text, unsigned variant)
{
	size_t half = (text->byte_count + text->most_bytes) / 2;

	(void)variant;
	add(text, "peer a { user 1 }\nnode n {\n" NODE, 0);
	while (text->byte_count < half)
		add(text, "deny a\n");
	while (!is_full(text))
		add(text, "slots 5\n");
	add(text, "}\n");
}

static void write_unknown_keys(struct text *text, unsigned variant)
{
	unsigned i;

	(void)variant;
	for (i = 0; !is_full(text); i++)
		add(text, "pear p%u { user %u }\n", i, i);
}

static void write_unknown_users(struct text *text, unsigned variant)
{
	unsigned i;

	(void)variant;
	add(text, "peer a {\n");
	for (i = 0; !is_full(text); i++)
		add(text, "user missing%u\n", i);
	add(text, "}\n");
}

/* A tenant with an error: which nodes could its members use? */
static void write_faulty_tenant(struct text *text, unsigned variant)
{
	size_t half = (text->byte_count + text->most_bytes) / 2;
	unsigned peer_count, i;

	(void)variant;
	add(text, "tenant t {\nweight 0\nmembers p0\n}\n");
	for (i = 0; text->byte_count < half; i++)
		add(text, "peer p%u { user %u }\ntenant t%u {\nweight 0\n"
			  "members p%u\n}\n",
		    i, 100000 + i, i, i);
	peer_count = i;
	for (i = 0; !is_full(text); i++)
		add(text, "node n%u {\n" NODE "allow p%u { direction both }\n"
			  "}\n",
		    i, i, i % peer_count);
}

/* Long names that are nearly right: each could be meant by each. */
static void write_unknown_peers(struct text *text, unsigned variant)
{
	size_t half = (text->byte_count + text->most_bytes) / 2;
	unsigned i;

	(void)variant;
	for (i = 0; text->byte_count < half; i++)
		add(text, "peer p%062u { user %u }\n", i, i);
	add(text, "node n {\n" NODE, 0);
	for (i = 0; !is_full(text); i++)
		add(text, "deny q%062u\n", i);
	add(text, "}\n");
}

static void write_unknown_extensions(struct text *text, unsigned variant)
{
	unsigned i;

	(void)variant;
	for (i = 0; !is_full(text); i++)
		add(text, "extend node n%u { }\n", i);
}

static void write_include_dirs(struct text *text, unsigned variant)
{
	unsigned i;

	(void)variant;
	for (i = 0; !is_full(text); i++)
		add(text, "include-dir /nowhere/%u\n", i);
}

static const struct policy_size_shape shapes[] = {
	{"peers", true, write_peers, false},
	{"tenants", true, write_tenants, false},
	{"nodes", true, write_nodes, false},
	{"everything", true, write_everything, false},
	{"extensions of one node", true, write_extensions, false},
	{"extended nodes", true, write_extended_nodes, false},
	{"peer of long lines", true, write_long_peer, false},
	{"peer of many lines", true, write_tall_peer, false},
	{"peer of many lines, denied", true, write_tall_peer_denied, true},
	{"peers by group", true, write_groups, false},
	{"peer of many groups", true, write_group_values, false},
	{"wide allows", true, write_wide_allows, false},
	{"allows of the same peers", true, write_same_allows, false},
	{"denies", true, write_denies, false},
	{"members", true, write_members, false},
	{"comments", true, write_remarks, false},
	{"warnings", true, write_warnings, false},
	{"second peers", false, write_second_peers, false},
	{"second nodes", false, write_second_nodes, false},
	{"one socket", false, write_one_socket, false},
	{"late repeats", false, write_late_repeats, false},
	{"faulty tenants", false, write_faulty_tenant, false},
	{"unknown keys", false, write_unknown_keys, false},
	{"unknown users", false, write_unknown_users, false},
	{"unknown peers", false, write_unknown_peers, false},
	{"unknown extensions", false, write_unknown_extensions, false},
	{"include-dirs", false, write_include_dirs, false},
};

const struct policy_size_shape *policy_size_shape_at(size_t shape_index)
{
	return shape_index < sizeof(shapes) / sizeof(shapes[0])
		       ? &shapes[shape_index]
		       : NULL;
}

const char *policy_size_name(const struct policy_size_shape *shape)
{
	return shape->name;
}

bool policy_size_is_valid(const struct policy_size_shape *shape)
{
	return shape->is_valid;
}

char *policy_size_text(const struct policy_size_shape *shape,
		       size_t byte_count, unsigned variant)
{
	/* The last piece may end up to this far beyond its beginning. */
	const size_t reserve_bytes = 2048;
	struct text text = {
		.bytes = malloc(byte_count + 1),
		.most_bytes = byte_count - reserve_bytes,
	};

	must(text.bytes && byte_count > reserve_bytes, "out of memory");
	add(&text, "policy-version 1\n");
	shape->write(&text, variant);
	add(&text, "end\n");
	must(text.byte_count <= byte_count, "the text is too long");
	return text.bytes;
}

static int find_group(struct pst_name_table *names, const char *name,
		      uint32_t *ret_gid)
{
	(void)names;
	(void)name;
	*ret_gid = 100;
	return 0;
}

static int find_members(struct pst_name_table *names, uint32_t gid,
			const uint32_t **ret_uids, size_t *ret_uid_count)
{
	static uint32_t uids[MEMBER_COUNT];
	uint32_t i;

	(void)names;
	for (i = 0; i < MEMBER_COUNT; i++)
		uids[i] = gid * MEMBER_COUNT + i;
	*ret_uids = uids;
	*ret_uid_count = MEMBER_COUNT;
	return 0;
}

static struct postern_policy *load(const struct policy_size_shape *shape,
				   const char *text)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	struct pst_policy_builder *builder;
	int r;

	options.flags = POSTERN_POLICY_LINT | PST_POLICY_KEEP_DIRECTIVES;
	options.host.find_group = find_group;
	options.host.find_members = find_members;
	must(pst_diagnostics_new(&diagnostics) == 0 &&
		     pst_policy_builder_new(&options, diagnostics, &builder) ==
			     0,
	     "out of memory");
	r = pst_policy_builder_add_source(builder, "large.conf", text,
					  strlen(text), 0);
	if (r == 0)
		r = pst_policy_builder_finish(builder, &policy);
	must(r != -ENOMEM &&
		     shape->is_valid ==
			     (pst_diagnostics_error_count(diagnostics) == 0),
	     shape->name);
	pst_policy_builder_free(builder);
	pst_diagnostics_free(diagnostics);
	return policy;
}

/* Measuring */

static double now_ms(void)
{
	struct timespec now;

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0, "no clock");
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double passed_ms(double *since_ms)
{
	double begin_ms = *since_ms;

	*since_ms = now_ms();
	return *since_ms - begin_ms;
}

static void measure_policy(const struct policy_size_shape *shape,
			   const struct postern_policy *policy,
			   size_t byte_count, struct policy_size_cost *cost)
{
	const struct postern_subject subject = policy_subject(5, 5);
	struct postern_node_description node;
	struct postern_policy *other;
	uint32_t change_count;
	char *other_text, *text;
	double since_ms;

	other_text = policy_size_text(shape, byte_count, 1);
	other = load(shape, other_text);
	free(other_text);

	since_ms = now_ms();
	must(pst_diff_policies(policy, other, &text, &change_count) == 0,
	     "no difference");
	free(text);
	cost->diff_ms = passed_ms(&since_ms);
	pst_policy_unref(other);

	since_ms = now_ms();
	must(pst_show_policy(policy, &text) == 0, "not shown");
	free(text);
	cost->show_ms = passed_ms(&since_ms);

	if (policy->node_count == 0 || shape->is_long_story)
		return;
	pst_policy_describe_node(pst_policy_node_at(policy, 0), &node);
	must(pst_policy_explain(policy, node.name, &subject, &text) == 0,
	     "not explained");
	free(text);
	cost->explain_ms = passed_ms(&since_ms);
}

static void measure_format(const char *bytes, struct policy_size_cost *cost)
{
	struct postern_diagnostics *diagnostics;
	double since_ms = now_ms();
	char *text = NULL;

	must(pst_diagnostics_new(&diagnostics) == 0, "out of memory");
	must(pst_format_text(bytes, strlen(bytes), "large.conf", 0, NULL,
			       diagnostics, &text) != -ENOMEM,
	     "not formatted");
	free(text);
	pst_diagnostics_free(diagnostics);
	cost->format_ms = passed_ms(&since_ms);
}

struct policy_size_cost
policy_size_measure(const struct policy_size_shape *shape, size_t byte_count)
{
	char *text = policy_size_text(shape, byte_count, 0);
	struct policy_size_cost cost = {0};
	double since_ms = now_ms();
	struct postern_policy *policy;

	policy = load(shape, text);
	cost.load_ms = passed_ms(&since_ms);
	measure_format(text, &cost);
	if (policy && shape->is_valid)
		measure_policy(shape, policy, byte_count, &cost);
	pst_policy_unref(policy);
	free(text);
	return cost;
}
