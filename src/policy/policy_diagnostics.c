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

static char *copy_of(struct postern_diagnostics *diagnostics, const char *text)
{
	return pst_arena_dup(&diagnostics->arena, text, strlen(text));
}

static struct diagnostic_file *new_file(struct postern_diagnostics *diagnostics,
					const char *name)
{
	struct diagnostic_file *file;

	file = pst_arena_new(&diagnostics->arena, 1, sizeof(*file));
	if (!file)
		return NULL;
	file->name = copy_of(diagnostics, name);
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

int pst_diagnostics_add(struct postern_diagnostics *diagnostics,
			const struct postern_diagnostic *diagnostic,
			size_t source_line_bytes)
{
	struct diagnostic_file *file =
		find_file(diagnostics, diagnostic->file);
	struct diagnostic_item *item, **link;

	if (!file)
		file = new_file(diagnostics, diagnostic->file);
	if (!file)
		return -ENOMEM;
	if (!has_space(file, diagnostic->severity))
		return 0;

	item = pst_arena_new(&diagnostics->arena, 1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->file = file;
	item->diagnostic = *diagnostic;
	item->diagnostic.file = file->name;
	item->diagnostic.message = copy_of(diagnostics, diagnostic->message);
	if (diagnostic->hint)
		item->diagnostic.hint = copy_of(diagnostics, diagnostic->hint);
	if (source_line_bytes > SOURCE_LINE_BYTES_MAX)
		source_line_bytes = SOURCE_LINE_BYTES_MAX;
	if (diagnostic->source_line)
		item->diagnostic.source_line = pst_arena_dup(
			&diagnostics->arena, diagnostic->source_line,
			source_line_bytes);
	if (diagnostics->arena.has_failed)
		return -ENOMEM;

	link = &diagnostics->items;
	while (*link && !is_before(item, *link))
		link = &(*link)->next;
	item->next = *link;
	*link = item;

	diagnostics->item_count++;
	if (diagnostic->severity == POSTERN_SEVERITY_ERROR) {
		file->error_count++;
		diagnostics->error_count++;
	} else {
		file->warning_count++;
	}
	return 0;
}

int pst_diagnostics_new(struct postern_diagnostics **ret_diagnostics)
{
	*ret_diagnostics = calloc(1, sizeof(**ret_diagnostics));
	return *ret_diagnostics ? 0 : -ENOMEM;
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
static void add_excerpt(struct pst_text *text,
			const struct postern_diagnostic *diagnostic)
{
	const char *line = diagnostic->source_line;
	const size_t line_bytes = strlen(line);
	const size_t column = diagnostic->column;
	size_t i;

	pst_text_add_format(text, "%5u | ", diagnostic->line);
	pst_text_add_harmless(text, line);
	pst_text_add_string(text, "\n");
	if (column == 0 || column > line_bytes + 1)
		return;
	pst_text_add_string(text, "      | ");
	for (i = 0; i + 1 < column; i++)
		pst_text_add_string(text, line[i] == '\t' ? "\t" : " ");
	pst_text_add_string(text, "^");
	for (i = 1; i < diagnostic->width && column - 1 + i < line_bytes; i++)
		pst_text_add_string(text, "~");
	pst_text_add_string(text, "\n");
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
