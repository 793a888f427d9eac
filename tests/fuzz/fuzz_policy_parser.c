/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a policy
 *
 * Whatever the text, it loads or is refused with an error that has a place in
 * it; what loads can be explained, shown and formatted, and its canonical form
 * loads too and is its own canonical form.
 */
#include <errno.h>

#include "authoring/authoring_internal.h"
#include "fuzz/fuzz_input.h"
#include "support/policy_host.h"

static int load(const char *text, size_t text_bytes, uint32_t flags,
		struct postern_diagnostics *diagnostics,
		struct postern_policy **ret_policy)
{
	struct pst_policy_builder_options options = policy_host_options();
	struct pst_policy_builder *builder;
	int r;

	options.flags = POSTERN_POLICY_LINT | flags;
	require(pst_policy_builder_new(&options, diagnostics, &builder) == 0);
	require(pst_policy_builder_add_source(builder, "fuzz", text,
					      text_bytes, 0) == 0);
	r = pst_policy_builder_finish(builder, ret_policy);
	pst_policy_builder_free(builder);
	return r;
}

static void format_findings(const struct postern_diagnostics *diagnostics)
{
	size_t i, count = pst_diagnostics_count(diagnostics);
	char *text;

	for (i = 0; i < count; i++) {
		require(pst_diagnostics_format(
				pst_diagnostics_at(diagnostics, i), &text) ==
			0);
		free(text);
	}
}

static void use(const struct postern_policy *policy)
{
	struct postern_subject subject = policy_subject(1001, 5001);
	struct postern_node_description description;
	const struct pst_policy_node *node;
	struct postern_decision decision;
	size_t i;
	char *text;

	for (i = 0; i < policy->node_count; i++) {
		node = pst_policy_node_at(policy, i);
		pst_policy_describe_node(node, &description);
		pst_policy_decide(policy, description.name, &subject,
				  &decision);
		require((decision.error.reason == POSTERN_REASON_POLICY) ==
			(node->fault != NULL));
		require(!decision.is_allowed || !node->fault);
		/* What opens can be connected to. */
		require(node->fault ||
			!node->connect_fault);
		require(policy->has_errors ||
			!node->fault);
		require(pst_policy_security_floor(node, &subject) <=
			POSTERN_SECURITY_AEAD);
		require(pst_policy_explain(policy, description.name, &subject,
					   &text) == 0);
		free(text);
	}
}

static void must_load(const char *text)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;

	require(pst_diagnostics_new(&diagnostics) == 0);
	require(load(text, strlen(text), 0, diagnostics, &policy) == 0);
	require(!policy->has_errors);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
}

static char *format(const char *text, size_t text_bytes)
{
	struct postern_diagnostics *diagnostics;
	char *formatted = NULL;
	int r;

	require(pst_diagnostics_new(&diagnostics) == 0);
	r = pst_format_text(text, text_bytes, "fuzz", 0, &policy_host,
			      diagnostics, &formatted);
	require((r == 0) == (formatted != NULL));
	require((r == 0) == (pst_diagnostics_error_count(diagnostics) == 0));
	pst_diagnostics_free(diagnostics);
	return formatted;
}

/* The merged policy of a text without errors loads. */
static void show(const char *text, size_t text_bytes)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy;
	char *shown;

	require(pst_diagnostics_new(&diagnostics) == 0);
	require(load(text, text_bytes, PST_POLICY_KEEP_DIRECTIVES, diagnostics,
		     &policy) == 0);
	require(pst_show_policy(policy, &shown) == 0);
	must_load(shown);
	free(shown);
	pst_policy_unref(policy);
	pst_diagnostics_free(diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;
	char *formatted, *again;
	int r;

	require(pst_diagnostics_new(&diagnostics) == 0);
	r = load((const char *)bytes, byte_count, 0, diagnostics, &policy);
	require(r == 0);
	require(policy->has_errors ==
		(pst_diagnostics_error_count(diagnostics) > 0));
	format_findings(diagnostics);
	pst_diagnostics_free(diagnostics);

	formatted = format((const char *)bytes, byte_count);
	if (formatted) {
		again = format(formatted, strlen(formatted));
		require(again && strcmp(formatted, again) == 0);
		free(again);
	}
	use(policy);
	if (!policy->has_errors) {
		require(formatted != NULL);
		must_load(formatted);
		show((const char *)bytes, byte_count);
	}
	pst_policy_unref(policy);
	free(formatted);
	return 0;
}
