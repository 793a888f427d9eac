/* SPDX-License-Identifier: ISC */
/*
 * Building a table from texts
 *
 * The builder owns the growing table until it hands it over.  Texts are read
 * one by one as they are added; rules that span texts (names, extensions, rules
 * about nodes as a whole) are checked by finish.
 *
 * A text begins with its version and ends with the line `end`, so a file that
 * was cut anywhere, even before its last newline, never loads.  The directives
 * around a syntax error are still read, to report all errors in one run.  An
 * error outside of the blocks makes the whole text unusable, as if it could not
 * be parsed: a mistyped `extend` may have been a deny for any node.
 */
#include "policy/policy_builder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/policy_diagnostics.h"
#include "policy/policy_read.h"
#include "policy/policy_values.h"

#define INCLUDES_MAX 256
#define MESSAGE_BYTES 300
#define FAULT_BYTES 600
#define DEFAULT_PAGE_BYTES 4096u
/* Pairs of letters that are compared to find a name like an unknown one: some
 * 50 ms, and enough for thousands of names. */
#define SUGGESTION_BUDGET 20000000u

struct pst_arena *pst_policy_builder_arena(struct pst_policy_builder *builder)
{
	return &builder->policy->arena;
}

struct pst_policy_location
pst_policy_location_of(const struct pst_policy_directive *directive)
{
	return (struct pst_policy_location){
		.file = directive->source->name,
		.line = directive->line,
		.column = directive->words[0].column,
	};
}

int pst_policy_builder_fault(struct pst_policy_builder *builder,
			     const struct postern_diagnostic *diagnostic,
			     const struct pst_policy_fault **ret_fault)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	char text[FAULT_BYTES];
	struct pst_policy_fault *fault;

	if (diagnostic->line > 0)
		(void)snprintf(text, sizeof(text), "%s:%u:%u: %s",
			       diagnostic->file, diagnostic->line,
			       diagnostic->column,
			       diagnostic->message); /* cut when too long */
	else
		(void)snprintf(text, sizeof(text), "%s: %s", diagnostic->file,
			       diagnostic->message); /* cut when too long */

	fault = pst_arena_new(arena, 1, sizeof(*fault));
	if (!fault)
		return -ENOMEM;
	fault->location.file = pst_arena_dup(arena, diagnostic->file,
					     strlen(diagnostic->file));
	fault->location.line = diagnostic->line;
	fault->location.column = diagnostic->column;
	fault->text = pst_arena_dup(arena, text, strlen(text));
	if (!fault->location.file || !fault->text)
		return -ENOMEM;
	*ret_fault = fault;
	return 0;
}

/* The block at hand is usable until now. */
static bool is_first_fault(const struct pst_policy_builder *builder,
			   enum postern_severity severity)
{
	return severity == POSTERN_SEVERITY_ERROR && builder->block_fault &&
	       !*builder->block_fault;
}

static int report(struct pst_policy_builder *builder,
		  enum postern_severity severity,
		  const struct pst_policy_source *source,
		  struct postern_diagnostic *diagnostic, const char *format,
		  va_list arguments)
{
	char message[MESSAGE_BYTES];
	size_t source_line_bytes;
	const char *source_line;
	bool is_first, has_space;
	int r;

	if (severity == POSTERN_SEVERITY_ERROR)
		builder->error_count++;
	/* finding the source line costs more than dropping the diagnostic */
	is_first = is_first_fault(builder, severity);
	has_space = pst_diagnostics_has_space(builder->diagnostics,
					      source->name, severity);
	if (!is_first && !has_space)
		return 0;

	(void)vsnprintf(message, sizeof(message), format,
			arguments); /* cut when too long */
	diagnostic->severity = severity;
	diagnostic->file = source->name;
	diagnostic->message = message;
	if (is_first) {
		r = pst_policy_builder_fault(builder, diagnostic,
					     builder->block_fault);
		if (r < 0 || !has_space)
			return r;
	}
	source_line = pst_policy_tree_line(source, diagnostic->line,
					   &source_line_bytes);
	diagnostic->source_line = source_line_bytes > 0 ? source_line : NULL;
	return pst_diagnostics_add(builder->diagnostics, diagnostic,
				   source_line_bytes);
}

bool pst_policy_has_all_errors(const struct pst_policy_builder *builder,
			       const struct pst_policy_source *source)
{
	return !pst_diagnostics_has_space(builder->diagnostics, source->name,
					  POSTERN_SEVERITY_ERROR);
}

static struct postern_diagnostic
diagnostic_of_word(const struct pst_policy_directive *directive,
		   uint32_t word_index, const char *hint)
{
	return (struct postern_diagnostic){
		.line = directive->line,
		.column = directive->words[word_index].column,
		.width = directive->words[word_index].width,
		.hint = hint,
	};
}

int pst_policy_report_word(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index, const char *hint,
			   const char *format, ...)
{
	struct postern_diagnostic diagnostic;
	va_list arguments;
	int r;

	diagnostic = diagnostic_of_word(directive, word_index, hint);
	va_start(arguments, format);
	r = report(builder, POSTERN_SEVERITY_ERROR, directive->source,
		   &diagnostic, format, arguments);
	va_end(arguments);
	return r;
}

int pst_policy_report_word_as(struct pst_policy_builder *builder,
			      enum postern_severity severity,
			      const struct pst_policy_directive *directive,
			      uint32_t word_index, const char *hint,
			      const char *format, ...)
{
	struct postern_diagnostic diagnostic;
	va_list arguments;
	int r;

	diagnostic = diagnostic_of_word(directive, word_index, hint);
	va_start(arguments, format);
	r = report(builder, severity, directive->source, &diagnostic, format,
		   arguments);
	va_end(arguments);
	return r;
}

int pst_policy_report_at(struct pst_policy_builder *builder,
			 const struct pst_policy_source *source, uint32_t line,
			 uint32_t column, uint32_t width, const char *hint,
			 const char *format, ...)
{
	struct postern_diagnostic diagnostic = {
		.line = line,
		.column = column,
		.width = width,
		.hint = hint,
	};
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = report(builder, POSTERN_SEVERITY_ERROR, source, &diagnostic, format,
		   arguments);
	va_end(arguments);
	return r;
}

const char *pst_policy_join_words(struct pst_policy_builder *builder,
				  const struct pst_policy_directive *directive)
{
	size_t total_bytes = 0, word_bytes;
	char *joined, *end;
	uint32_t i;

	for (i = 0; i < directive->word_count; i++)
		total_bytes += strlen(directive->words[i].text) + 1;

	joined = pst_arena_new(pst_policy_builder_arena(builder), total_bytes,
			       1);
	if (!joined)
		return NULL;
	for (i = 0, end = joined; i < directive->word_count; i++) {
		if (i > 0)
			*end++ = ' ';
		word_bytes = strlen(directive->words[i].text);
		memcpy(end, directive->words[i].text, word_bytes);
		end += word_bytes;
	}
	return joined;
}

/* The top level of a text */

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
	int r;

	(void)object;
	r = pst_policy_word_path(builder, directive, 1);
	if (r <= 0)
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
	{"policy-version", 1, 1, 0, read_version, "usage: policy-version 1"},
	{"peer", 1, 1, PST_POLICY_KEY_HAS_BLOCK | PST_POLICY_KEY_MAY_REPEAT,
	 pst_policy_read_peer, "usage: peer NAME { }"},
	{"tenant", 1, 1, PST_POLICY_KEY_HAS_BLOCK | PST_POLICY_KEY_MAY_REPEAT,
	 pst_policy_read_tenant, "usage: tenant NAME { }"},
	{"node", 1, 1, PST_POLICY_KEY_HAS_BLOCK | PST_POLICY_KEY_MAY_REPEAT,
	 pst_policy_read_node, "usage: node NAME { }"},
	{"extend", 2, 2, PST_POLICY_KEY_HAS_BLOCK | PST_POLICY_KEY_MAY_REPEAT,
	 pst_policy_read_extension, "usage: extend node NAME { }"},
	{"limits", 0, 0, PST_POLICY_KEY_HAS_BLOCK | PST_POLICY_KEY_MAY_REPEAT,
	 read_limits, "usage: limits { }"},
	{"include-dir", 1, 1, PST_POLICY_KEY_MAY_REPEAT, read_include,
	 "usage: include-dir PATH"},
	{"end", 0, 0, 0, read_end, "'end' stands alone"},
};

const struct pst_policy_block_kind pst_policy_top_block = {
	"policy", top_keys, sizeof(top_keys) / sizeof(top_keys[0])};

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

static int read_source(struct pst_policy_builder *builder,
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
				  source->directives, NULL, NULL);
	if (r == 0 && builder->is_cut && !source->fault)
		r = pst_policy_builder_fault(builder, &cut, &source->fault);
	if (!builder->policy->fault)
		builder->policy->fault = source->fault;
	return r;
}

/* The builder */

int pst_policy_builder_new(const struct pst_policy_builder_options *options,
			   struct postern_diagnostics *diagnostics,
			   struct pst_policy_builder **ret_builder)
{
	struct pst_policy_builder *builder;
	int r;

	builder = calloc(1, sizeof(*builder));
	if (!builder)
		return -ENOMEM;
	r = pst_policy_table_new(&builder->policy);
	if (r < 0) {
		free(builder);
		return r;
	}

	builder->options = *options;
	if (builder->options.page_bytes == 0)
		builder->options.page_bytes = DEFAULT_PAGE_BYTES;
	builder->diagnostics = diagnostics;
	builder->peer_tail = &builder->policy->peers;
	builder->tenant_tail = &builder->policy->tenants;
	builder->node_tail = &builder->policy->nodes;
	builder->extension_tail = &builder->extensions;
	builder->include_tail = &builder->includes;
	builder->suggestion_budget = SUGGESTION_BUDGET;
	*ret_builder = builder;
	return 0;
}

struct pst_policy_builder *
pst_policy_builder_free(struct pst_policy_builder *builder)
{
	if (builder) {
		pst_policy_index_done(&builder->peer_index);
		pst_policy_index_done(&builder->tenant_index);
		pst_policy_index_done(&builder->node_index);
		pst_policy_index_done(&builder->members_index);
		(void)pst_policy_unref(builder->policy); /* always NULL */
		free(builder);
	}
	return NULL;
}

int pst_policy_builder_report(struct pst_policy_builder *builder,
			      enum postern_severity severity,
			      const char *file_name, uint32_t line,
			      const char *message, const char *hint)
{
	struct postern_diagnostic diagnostic = {
		.severity = severity,
		.file = file_name,
		.line = line,
		.column = line > 0 ? 1 : 0,
		.message = message,
		.hint = hint,
	};
	int r;

	if (severity == POSTERN_SEVERITY_ERROR) {
		builder->error_count++;
		builder->is_incomplete = true;
		(void)pst_policy_builder_enter(builder,
					       &builder->policy->fault);
		if (is_first_fault(builder, severity)) {
			r = pst_policy_builder_fault(builder, &diagnostic,
						     builder->block_fault);
			if (r < 0)
				return r;
		}
	}
	return pst_diagnostics_add(builder->diagnostics, &diagnostic, 0);
}

int pst_policy_builder_add_source(struct pst_policy_builder *builder,
				  const char *file_name, const char *text,
				  size_t text_bytes, uint32_t owner_uid)
{
	struct pst_policy_source *source;
	int r;

	if (text_bytes > PST_POLICY_FILE_BYTES_MAX)
		return pst_policy_builder_report(
			builder, POSTERN_SEVERITY_ERROR, file_name, 0,
			"the file is larger than 1 MiB", NULL);

	r = pst_policy_tree_new(&builder->policy->directive_arena,
				pst_policy_builder_arena(builder), file_name,
				text, text_bytes, owner_uid, &source);
	if (r < 0)
		return r;
	if (!builder->first_source)
		builder->first_source = source;
	builder->source_error_count = builder->error_count;
	return read_source(builder, source);
}

bool pst_policy_builder_next_include(struct pst_policy_builder *builder,
				     const char **ret_path,
				     const char **ret_file, uint32_t *ret_line)
{
	const struct pst_policy_include *include = builder->includes;

	if (!include)
		return false;
	builder->includes = include->next;
	if (!builder->includes)
		builder->include_tail = &builder->includes;

	*ret_path = include->path;
	*ret_file = include->location.file;
	*ret_line = include->location.line;
	return true;
}

int pst_policy_builder_finish(struct pst_policy_builder *builder,
			      struct postern_policy **ret_policy)
{
	struct postern_policy *policy = builder->policy;
	int r;

	r = pst_policy_link(builder);
	if (r < 0)
		return r;
	policy->has_errors = builder->error_count > 0;
	policy->is_parsed = builder->first_source &&
			    !builder->first_source->fault;
	if (!(builder->options.flags & PST_POLICY_KEEP_DIRECTIVES))
		pst_policy_table_free_directives(policy);
	*ret_policy = policy;
	builder->policy = NULL;
	return 0;
}
