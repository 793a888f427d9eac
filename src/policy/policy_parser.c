/* SPDX-License-Identifier: ISC */
/*
 * Reading one text: the top level
 *
 * A text begins with its version and ends with the line `end`, so a file that
 * was cut anywhere, even before its last newline, never loads.  What a syntax
 * error leaves of a text is still read, to tell all that is wrong in one run.
 *
 * An error outside of the blocks makes the whole text unusable, as if it could
 * not be parsed: a mistyped `extend` may have been a deny for any node.
 */
#include <errno.h>
#include <string.h>

#include "policy/policy_block.h"
#include "policy/policy_values.h"

#define INCLUDES_MAX 256

static int read_version(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	(void)object;
	if (directive != directive->source->directives)
		return pst_policy_report_word(
			builder, directive, 0,
			"it is the first line of a policy",
			"'policy-version' stands too late");
	if (strcmp(directive->words[1].text, "1") != 0)
		return pst_policy_report_word(builder, directive, 1,
					      "this postern reads version 1",
					      "unsupported policy-version '%s'",
					      directive->words[1].text);
	return 0;
}

static int read_peer(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	(void)object;
	return pst_policy_read_peer(builder, directive);
}

static int read_tenant(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	(void)object;
	return pst_policy_read_tenant(builder, directive);
}

static int read_node(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	(void)object;
	return pst_policy_read_node(builder, directive);
}

static int read_extension(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *object)
{
	(void)object;
	return pst_policy_read_extension(builder, directive);
}

static int read_limits(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	const struct pst_policy_fault **before;
	int r;

	(void)object;
	before = pst_policy_builder_enter(builder, &builder->policy->fault);
	r = pst_policy_read_limits(builder, directive, PST_POLICY_SCOPE_PROCESS,
				   builder->policy->limits);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int read_include(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct pst_policy_include *include;
	bool is_valid;
	int r;

	(void)object;
	r = pst_policy_word_path(builder, directive, 1, &is_valid);
	if (r < 0 || !is_valid)
		return r;
	if (++builder->include_count > INCLUDES_MAX)
		return pst_policy_report_word(
			builder, directive, 0, NULL,
			"more than %d directories are included", INCLUDES_MAX);
	include = pst_arena_new(pst_policy_builder_arena(builder), 1,
				sizeof(*include));
	if (!include)
		return -ENOMEM;
	include->path = directive->words[1].text;
	include->location = pst_policy_location_of(directive);
	*builder->include_tail = include;
	builder->include_tail = &include->next;
	return 0;
}

static int read_end(struct pst_policy_builder *builder,
		    const struct pst_policy_directive *directive, void *object)
{
	const struct pst_policy_source *source = directive->source;
	const struct pst_policy_remark *remark;

	(void)object;
	if (directive->next)
		return pst_policy_report_word(builder, directive->next, 0,
					      "'end' is the last line",
					      "a directive after 'end'");
	for (remark = source->at_end; remark; remark = remark->next) {
		if (remark->text)
			return pst_policy_report_word(
				builder, directive, 0,
				"move it above: 'end' is the last line",
				"a comment after 'end'");
	}
	if (!source->message && source->end_line == directive->line)
		return pst_policy_report_word(builder, directive, 0,
					      "was the file cut?",
					      "no newline after 'end'");
	return 0;
}

static const struct pst_policy_key top_keys[] = {
	{"policy-version", 1, 1, false, false, read_version,
	 "usage: policy-version 1"},
	{"peer", 1, 1, true, true, read_peer, "usage: peer NAME { }"},
	{"tenant", 1, 1, true, true, read_tenant, "usage: tenant NAME { }"},
	{"node", 1, 1, true, true, read_node, "usage: node NAME { }"},
	{"extend", 2, 2, true, true, read_extension,
	 "usage: extend node NAME { }"},
	{"limits", 0, 0, true, true, read_limits, "usage: limits { }"},
	{"include-dir", 1, 1, false, true, read_include,
	 "usage: include-dir PATH"},
	{"end", 0, 0, false, false, read_end, "'end' stands alone"},
};

const struct pst_policy_block_kind pst_policy_top_block = {
	"policy", top_keys, sizeof(top_keys) / sizeof(top_keys[0])
};

static bool is_key(const struct pst_policy_directive *directive,
		   const char *key)
{
	return directive && strcmp(directive->words[0].text, key) == 0;
}

static bool has_end(const struct pst_policy_source *source)
{
	const struct pst_policy_directive *directive;

	for (directive = source->directives; directive;
	     directive = directive->next) {
		if (is_key(directive, "end"))
			return true;
	}
	return false;
}

int pst_policy_read_source(struct pst_policy_builder *builder,
			   struct pst_policy_source *source)
{
	const struct postern_diagnostic cut = {
		.file = source->name,
		.message = "so many errors that it was not read to its end",
	};
	int r;

	builder->is_cut = false;
	builder->source_fault = &source->fault;
	(void)pst_policy_builder_enter_source(builder);
	if (!is_key(source->directives, "policy-version") &&
	    (source->directives || !source->message)) {
		r = pst_policy_report_at(
			builder, source,
			source->directives ? source->directives->line : 1, 1, 0,
			"a policy begins with the line 'policy-version 1'",
			"missing 'policy-version'");
		if (r < 0)
			return r;
	}
	if (source->message) {
		builder->is_incomplete = true;
		r = pst_policy_report_at(builder, source, source->error_line,
					 source->error_column,
					 source->error_width, source->hint,
					 "%s", source->message);
		if (r < 0)
			return r;
	} else if (!has_end(source)) {
		r = pst_policy_report_at(
			builder, source, source->end_line, source->end_column,
			0,
			"a policy ends with the line 'end', so that a cut "
			"file never loads",
			"missing 'end'");
		if (r < 0)
			return r;
	}
	r = pst_policy_block_read(builder, &pst_policy_top_block,
				  source->directives, NULL);
	if (r == 0 && builder->is_cut && !source->fault)
		r = pst_policy_builder_fault(builder, &cut, &source->fault);
	if (!builder->policy->fault)
		builder->policy->fault = source->fault;
	return r;
}
