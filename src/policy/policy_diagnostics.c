/* SPDX-License-Identifier: ISC */
/*
 * Diagnostics: errors and warnings with their locations
 *
 * A person edits a policy a few times a year, often in a hurry, so diagnostics
 * have the form of a compiler's: location, message, the line with a caret, a
 * hint.  The list is sorted as they arrive, because errors that span files are
 * found last but belong to their lines.
 */
#include "policy/policy_diagnostics.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/policy.h"

/* A longer source line is cut, with its caret. */
#define SOURCE_LINE_BYTES_MAX 400u

struct diagnostic_file {
	struct diagnostic_file *next;
	const char *name;
	unsigned int ordinal;
	unsigned int error_count;
	unsigned int warning_count;
};

struct diagnostic_item {
	struct diagnostic_item *next;
	const struct diagnostic_file *file;
	struct postern_diagnostic diagnostic;
};

struct postern_diagnostics {
	struct pst_arena arena;
	struct diagnostic_file *files;
	struct diagnostic_item *items;
	size_t item_count;
	size_t error_count;
	unsigned int file_count;
};

static struct diagnostic_file *
find_file(const struct postern_diagnostics *diagnostics, const char *name)
{
	struct diagnostic_file *file;

	for (file = diagnostics->files; file; file = file->next) {
		if (strcmp(file->name, name) == 0)
			return file;
	}
	return NULL;
}

static bool has_space(const struct diagnostic_file *file,
		      enum postern_severity severity)
{
	return severity == POSTERN_SEVERITY_ERROR
		       ? file->error_count < PST_DIAGNOSTICS_ERRORS_MAX
		       : file->warning_count < PST_DIAGNOSTICS_WARNINGS_MAX;
}

bool pst_diagnostics_has_space(const struct postern_diagnostics *diagnostics,
			       const char *file_name,
			       enum postern_severity severity)
{
	const struct diagnostic_file *file = find_file(diagnostics, file_name);

	return !file || has_space(file, severity);
}

static struct diagnostic_file *
find_or_new_file(struct postern_diagnostics *diagnostics, const char *name)
{
	struct diagnostic_file *file;

	file = find_file(diagnostics, name);
	if (file)
		return file;

	file = pst_arena_new(&diagnostics->arena, 1, sizeof(*file));
	if (!file)
		return NULL;
	file->name = pst_arena_dup(&diagnostics->arena, name, strlen(name));
	if (!file->name)
		return NULL;
	file->ordinal = diagnostics->file_count++;
	file->next = diagnostics->files;
	diagnostics->files = file;
	return file;
}

static bool is_before(const struct diagnostic_item *a,
		      const struct diagnostic_item *b)
{
	if (a->file != b->file)
		return a->file->ordinal < b->file->ordinal;
	if (a->diagnostic.line != b->diagnostic.line)
		return a->diagnostic.line < b->diagnostic.line;
	return a->diagnostic.column < b->diagnostic.column;
}

static int copy_texts(struct postern_diagnostics *diagnostics,
		      struct postern_diagnostic *copy,
		      const struct postern_diagnostic *original,
		      size_t source_line_bytes)
{
	copy->message = pst_arena_dup(&diagnostics->arena, original->message,
				      strlen(original->message));
	if (!copy->message)
		return -ENOMEM;

	if (original->hint) {
		copy->hint = pst_arena_dup(&diagnostics->arena, original->hint,
					   strlen(original->hint));
		if (!copy->hint)
			return -ENOMEM;
	}

	if (original->source_line) {
		if (source_line_bytes > SOURCE_LINE_BYTES_MAX)
			source_line_bytes = SOURCE_LINE_BYTES_MAX;
		copy->source_line = pst_arena_dup(&diagnostics->arena,
						  original->source_line,
						  source_line_bytes);
		if (!copy->source_line)
			return -ENOMEM;
	}
	return 0;
}

int pst_diagnostics_add(struct postern_diagnostics *diagnostics,
			const struct postern_diagnostic *diagnostic,
			size_t source_line_bytes)
{
	struct diagnostic_item *item, **link;
	struct diagnostic_file *file;
	bool is_error;
	int r;

	file = find_or_new_file(diagnostics, diagnostic->file);
	if (!file)
		return -ENOMEM;

	is_error = diagnostic->severity == POSTERN_SEVERITY_ERROR;
	if (!has_space(file, diagnostic->severity))
		return 0;

	item = pst_arena_new(&diagnostics->arena, 1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->file = file;
	item->diagnostic = (struct postern_diagnostic){
		.severity = diagnostic->severity,
		.line = diagnostic->line,
		.column = diagnostic->column,
		.width = diagnostic->width,
		.file = file->name,
	};
	r = copy_texts(diagnostics, &item->diagnostic, diagnostic,
		       source_line_bytes);
	if (r < 0)
		return r;

	link = &diagnostics->items;
	while (*link && !is_before(item, *link))
		link = &(*link)->next;
	item->next = *link;
	*link = item;

	diagnostics->item_count++;
	if (is_error) {
		file->error_count++;
		diagnostics->error_count++;
	} else {
		file->warning_count++;
	}
	return 0;
}

int pst_diagnostics_new(struct postern_diagnostics **ret_diagnostics)
{
	struct postern_diagnostics *diagnostics;

	diagnostics = calloc(1, sizeof(*diagnostics));
	if (!diagnostics)
		return -ENOMEM;
	*ret_diagnostics = diagnostics;
	return 0;
}

struct postern_diagnostics *
pst_diagnostics_free(struct postern_diagnostics *diagnostics)
{
	if (diagnostics) {
		pst_arena_done(&diagnostics->arena);
		free(diagnostics);
	}
	return NULL;
}

size_t pst_diagnostics_count(const struct postern_diagnostics *diagnostics)
{
	return diagnostics->item_count;
}

size_t
pst_diagnostics_error_count(const struct postern_diagnostics *diagnostics)
{
	return diagnostics->error_count;
}

const struct postern_diagnostic *
pst_diagnostics_at(const struct postern_diagnostics *diagnostics,
		   size_t diagnostic_index)
{
	const struct diagnostic_item *item;

	for (item = diagnostics->items; item; item = item->next) {
		if (diagnostic_index-- == 0)
			return &item->diagnostic;
	}
	return NULL;
}

/* Tabs are repeated below the line, so the caret is aligned at any tab
 * width. */
static void add_caret(struct pst_text *text,
		      const struct postern_diagnostic *diagnostic,
		      size_t source_line_bytes)
{
	size_t i;

	pst_text_add_string(text, "      | ");
	for (i = 0; i + 1 < diagnostic->column; i++)
		pst_text_add(text,
			     diagnostic->source_line[i] == '\t' ? "\t" : " ",
			     1);
	pst_text_add(text, "^", 1);
	for (i = 1; i < diagnostic->width &&
		    diagnostic->column - 1 + i < source_line_bytes;
	     i++)
		pst_text_add(text, "~", 1);
	pst_text_add(text, "\n", 1);
}

static void add_excerpt(struct pst_text *text,
			const struct postern_diagnostic *diagnostic)
{
	size_t source_line_bytes;

	source_line_bytes = strlen(diagnostic->source_line);
	pst_text_add_format(text, "%5u | ", diagnostic->line);
	pst_text_add_harmless(text, diagnostic->source_line);
	pst_text_add(text, "\n", 1);
	if (diagnostic->column > 0 &&
	    diagnostic->column <= source_line_bytes + 1)
		add_caret(text, diagnostic, source_line_bytes);
}

int pst_diagnostics_format(const struct postern_diagnostic *diagnostic,
			   char **ret_text)
{
	struct pst_text text = {0};

	pst_text_add_harmless(&text, diagnostic->file);
	if (diagnostic->line > 0)
		pst_text_add_format(&text, ":%u:%u", diagnostic->line,
				    diagnostic->column);
	pst_text_add_string(&text,
			    diagnostic->severity == POSTERN_SEVERITY_ERROR
				    ? ": error: "
				    : ": warning: ");
	pst_text_add_harmless(&text, diagnostic->message);
	pst_text_add(&text, "\n", 1);

	if (diagnostic->source_line)
		add_excerpt(&text, diagnostic);
	if (diagnostic->hint) {
		pst_text_add_string(&text, "      = ");
		pst_text_add_harmless(&text, diagnostic->hint);
		pst_text_add(&text, "\n", 1);
	}
	return pst_text_take(&text, ret_text);
}
