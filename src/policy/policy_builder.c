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

/* An error as a fault, for a block that is unusable because of it. */
static const struct pst_policy_fault *
new_fault(struct pst_arena *arena, const struct postern_diagnostic *diagnostic)
{
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
		return NULL;
	fault->location.file = pst_arena_dup(arena, diagnostic->file,
					     strlen(diagnostic->file));
	fault->location.line = diagnostic->line;
	fault->location.column = diagnostic->column;
	fault->text = pst_arena_dup(arena, text, strlen(text));
	return fault;
}

/* The block is usable until now. */
static bool is_first_fault(const struct pst_policy_fault *const *fault,
			   enum postern_severity severity)
{
	return severity == POSTERN_SEVERITY_ERROR && fault && !*fault;
}

static void add_diagnostic(struct pst_policy_builder *builder,
			   const struct postern_diagnostic *diagnostic,
			   size_t source_line_bytes)
{
	if (pst_diagnostics_add(builder->diagnostics, diagnostic,
				source_line_bytes) < 0)
		pst_policy_builder_arena(builder)->has_failed = true;
}

/* The diagnostic has its severity and place, and perhaps a hint. */
static void report(struct pst_policy_builder *builder,
		   const struct pst_policy_fault **fault,
		   const struct pst_policy_source *source,
		   struct postern_diagnostic diagnostic, const char *format,
		   va_list arguments)
{
	char message[MESSAGE_BYTES];
	size_t source_line_bytes;
	const char *source_line;
	bool is_first, has_space;

	if (diagnostic.severity == POSTERN_SEVERITY_ERROR)
		builder->error_count++;
	/* finding the source line costs more than dropping the diagnostic */
	is_first = is_first_fault(fault, diagnostic.severity);
	has_space = pst_diagnostics_has_space(
		builder->diagnostics, source->name, diagnostic.severity);
	if (!is_first && !has_space)
		return;

	(void)vsnprintf(message, sizeof(message), format,
			arguments); /* cut when too long */
	diagnostic.file = source->name;
	diagnostic.message = message;
	if (is_first)
		*fault = new_fault(pst_policy_builder_arena(builder),
				   &diagnostic);
	if (!has_space)
		return;
	source_line = pst_policy_tree_line(source, diagnostic.line,
					   &source_line_bytes);
	diagnostic.source_line = source_line_bytes > 0 ? source_line : NULL;
	add_diagnostic(builder, &diagnostic, source_line_bytes);
}

bool pst_policy_has_all_errors(const struct pst_policy_builder *builder,
			       const struct pst_policy_source *source)
{
	return !pst_diagnostics_has_space(builder->diagnostics, source->name,
					  POSTERN_SEVERITY_ERROR);
}

static struct postern_diagnostic
diagnostic_of(enum postern_severity severity,
	      const struct pst_policy_word *word, const char *hint)
{
	return (struct postern_diagnostic){
		.severity = severity,
		.line = word->directive->line,
		.column = word->column,
		.width = word->width,
		.hint = hint,
	};
}

bool pst_policy_report(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word, const char *hint,
		       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(builder, builder->block_fault, word->directive->source,
	       diagnostic_of(POSTERN_SEVERITY_ERROR, word, hint), format, arguments);
	va_end(arguments);
	return false;
}

bool pst_policy_report_in(struct pst_policy_builder *builder,
			  const struct pst_policy_fault **fault,
			  const struct pst_policy_word *word, const char *hint,
			  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(builder, fault, word->directive->source, diagnostic_of(POSTERN_SEVERITY_ERROR, word, hint), format,
	       arguments);
	va_end(arguments);
	return false;
}

bool pst_policy_report_as(struct pst_policy_builder *builder,
			  enum postern_severity severity,
			  const struct pst_policy_word *word, const char *hint,
			  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(builder, builder->block_fault, word->directive->source,
	       diagnostic_of(severity, word, hint), format, arguments);
	va_end(arguments);
	return false;
}

bool pst_policy_report_host(struct pst_policy_builder *builder,
			    const struct pst_policy_word *word, int result,
			    const char *hint, const char *format, ...)
{
	va_list arguments;

	if (result == -ENOMEM) {
		pst_policy_builder_arena(builder)->has_failed = true;
		return false;
	}
	va_start(arguments, format);
	report(builder, builder->block_fault, word->directive->source,
	       diagnostic_of(POSTERN_SEVERITY_ERROR, word,
			     hint ? hint : strerrordesc_np(-result)), format, arguments);
	va_end(arguments);
	return false;
}

void pst_policy_report_at(struct pst_policy_builder *builder,
			  const struct pst_policy_source *source, uint32_t line,
			  uint32_t column, uint32_t width, const char *hint,
			  const char *message)
{
	const struct pst_policy_directive directive = {
		.source = source,
		.line = line,
	};
	const struct pst_policy_word word = {
		.directive = &directive,
		.column = column,
		.width = width,
	};

	pst_policy_report(builder, &word, hint, "%s", message);
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

static void read_version(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	(void)object;
	if (directive != directive->source->directives)
		pst_policy_report(builder, &directive->words[0],
				  "it is the first line of a policy",
				  "'policy-version' stands too late");
	else if (strcmp(directive->words[1].text, "1") != 0)
		pst_policy_report(builder, &directive->words[1],
				  "this postern reads version 1",
				  "unsupported policy-version '%s'",
				  directive->words[1].text);
}

static void read_include(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 void *object)
{
	struct pst_policy_include *include;

	(void)object;
	if (!pst_policy_word_path(builder, &directive->words[1]))
		return;
	if (++builder->include_count > INCLUDES_MAX) {
		pst_policy_report(builder, &directive->words[0], NULL,
				  "more than %d directories are included",
				  INCLUDES_MAX);
		return;
	}
	include = pst_arena_new(pst_policy_builder_arena(builder), 1,
				sizeof(*include));
	if (!include)
		return;
	include->path = directive->words[1].text;
	include->location = pst_policy_location_of(directive);
	*builder->include_tail = include;
	builder->include_tail = &include->next;
}

static void read_end(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	const struct pst_policy_source *source = directive->source;
	const struct pst_policy_remark *remark = source->at_end;

	(void)object;
	while (remark && !remark->text)
		remark = remark->next;
	if (directive->next)
		pst_policy_report(builder, &directive->next->words[0],
				  "'end' is the last line",
				  "a directive after 'end'");
	else if (remark)
		pst_policy_report(builder, &directive->words[0],
				  "move it above: 'end' is the last line",
				  "a comment after 'end'");
	else if (!source->message && source->end_line == directive->line)
		pst_policy_report(builder, &directive->words[0],
				  "was the file cut?",
				  "no newline after 'end'");
}

#define BLOCKS (PST_POLICY_KEY_HAS_BLOCK | PST_POLICY_KEY_MAY_REPEAT)

static const struct pst_policy_key top_keys[] = {
	{"policy-version", 1, 1, 0, 0, read_version,
	 "usage: policy-version 1"},
	{"peer", 1, 1, BLOCKS, 0, pst_policy_read_peer, "usage: peer NAME { }"},
	{"tenant", 1, 1, BLOCKS, 0, pst_policy_read_tenant,
	 "usage: tenant NAME { }"},
	{"node", 1, 1, BLOCKS, 0, pst_policy_read_node, "usage: node NAME { }"},
	{"extend", 2, 2, BLOCKS, 0, pst_policy_read_extension,
	 "usage: extend node NAME { }"},
	{"limits", 0, 0, BLOCKS | PST_POLICY_KEY_SECOND_FAULT,
	 offsetof(struct postern_policy, limits), pst_policy_read_limits,
	 "usage: limits { }"},
	{"include-dir", 1, 1, PST_POLICY_KEY_MAY_REPEAT, 0, read_include,
	 "usage: include-dir PATH"},
	{"end", 0, 0, 0, 0, read_end, "'end' stands alone"},
};

const struct pst_policy_block_kind pst_policy_top_block = {
	"policy", top_keys, sizeof(top_keys) / sizeof(top_keys[0])};

static bool has_end(const struct pst_policy_source *source)
{
	const struct pst_policy_directive *directive = source->directives;

	while (directive && strcmp(directive->words[0].text, "end") != 0)
		directive = directive->next;
	return directive != NULL;
}

static void check_first_line(struct pst_policy_builder *builder,
			     const struct pst_policy_source *source)
{
	const struct pst_policy_directive *first = source->directives;

	if (first ? strcmp(first->words[0].text, "policy-version") != 0
		  : !source->message)
		pst_policy_report_at(
			builder, source, first ? first->line : 1, 1, 0,
			"a policy begins with the line 'policy-version 1'",
			"missing 'policy-version'");
}

static void read_source(struct pst_policy_builder *builder,
			struct pst_policy_source *source)
{
	const struct postern_diagnostic cut = {
		.file = source->name,
		.message = "so many errors that it was not read to its end",
	};

	builder->source = source;
	builder->source_error_count = builder->error_count;
	builder->is_cut = false;
	(void)pst_policy_builder_enter(builder, &source->fault);
	check_first_line(builder, source);
	if (source->message) {
		builder->is_incomplete = true;
		pst_policy_report_at(builder, source, source->error_line,
				     source->error_column, source->error_width,
				     source->hint, source->message);
	} else if (!has_end(source)) {
		pst_policy_report_at(
			builder, source, source->end_line, source->end_column,
			0,
			"a policy ends with the line 'end', so that a cut "
			"file never loads",
			"missing 'end'");
	}
	(void)pst_policy_block_read(builder, &pst_policy_top_block,
				    source->directives, builder->policy,
				    &builder->policy->fault);
	if (builder->is_cut && !source->fault)
		source->fault =
			new_fault(pst_policy_builder_arena(builder), &cut);
	if (!builder->policy->fault)
		builder->policy->fault = source->fault;
}

/* The builder */

int pst_policy_builder_new(const struct pst_policy_builder_options *options,
			   struct postern_diagnostics *diagnostics,
			   struct pst_policy_builder **ret_builder)
{
	struct pst_policy_builder *builder;

	builder = calloc(1, sizeof(*builder));
	if (!builder)
		return -ENOMEM;
	builder->policy = pst_policy_table_new();
	if (!builder->policy) {
		free(builder);
		return -ENOMEM;
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

/* -ENOMEM if any allocation has failed. */
static int result_of(const struct pst_policy_builder *builder)
{
	const struct postern_policy *policy = builder->policy;

	return policy->arena.has_failed || policy->directive_arena.has_failed
		       ? -ENOMEM
		       : 0;
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
	struct postern_policy *policy = builder->policy;

	if (severity == POSTERN_SEVERITY_ERROR) {
		builder->error_count++;
		builder->is_incomplete = true;
	}
	if (is_first_fault(&policy->fault, severity))
		policy->fault = new_fault(&policy->arena, &diagnostic);
	add_diagnostic(builder, &diagnostic, 0);
	return result_of(builder);
}

int pst_policy_builder_add_source(struct pst_policy_builder *builder,
				  const char *file_name, const char *text,
				  size_t text_bytes, uint32_t owner_uid)
{
	struct pst_policy_source *source;

	if (text_bytes > PST_POLICY_FILE_BYTES_MAX)
		return pst_policy_builder_report(
			builder, POSTERN_SEVERITY_ERROR, file_name, 0,
			"the file is larger than 1 MiB", NULL);

	source = pst_policy_tree_new(&builder->policy->directive_arena,
				     pst_policy_builder_arena(builder),
				     file_name, text, text_bytes, owner_uid);
	if (!source)
		return -ENOMEM;
	if (!builder->first_source)
		builder->first_source = source;
	read_source(builder, source);
	return result_of(builder);
}

const struct pst_policy_include *
pst_policy_builder_next_include(struct pst_policy_builder *builder)
{
	const struct pst_policy_include *include = builder->includes;

	if (include)
		builder->includes = include->next;
	if (!builder->includes)
		builder->include_tail = &builder->includes;
	return include;
}

int pst_policy_builder_finish(struct pst_policy_builder *builder,
			      struct postern_policy **ret_policy)
{
	struct postern_policy *policy = builder->policy;

	if (result_of(builder) == 0)
		pst_policy_link(builder);
	if (result_of(builder) < 0)
		return -ENOMEM;
	policy->has_errors = builder->error_count > 0;
	policy->is_parsed = builder->first_source &&
			    !builder->first_source->fault;
	if (!(builder->options.flags & PST_POLICY_KEEP_DIRECTIVES))
		pst_policy_table_free_directives(policy);
	*ret_policy = policy;
	builder->policy = NULL;
	return 0;
}
