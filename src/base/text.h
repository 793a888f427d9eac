/* SPDX-License-Identifier: ISC */
/*
 * A string that grows
 *
 * Explanations, formatted policies and diagnostics are built with it.  The
 * functions that add return nothing: the text remembers a failed allocation, and
 * pst_text_take() returns it.
 */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/* A zeroed text is empty. */
struct pst_text {
	char *bytes;
	size_t byte_count;
	size_t capacity_bytes;
	size_t line_offset;  /* of the last line */
	bool has_failed;
};

void pst_text_add(struct pst_text *text, const char *bytes, size_t byte_count);
void pst_text_add_string(struct pst_text *text, const char *string);
void pst_text_add_format(struct pst_text *text, const char *format, ...)
	PST_PRINTF(2, 3);

/*
 * Add a string that another user chose.  It may contain escape sequences and
 * newlines, which must not reach a terminal: only printable ASCII and tabs are
 * added unchanged, every other byte as '?'.
 */
void pst_text_add_harmless(struct pst_text *text, const char *string);

/*
 * Add spaces up to this column of the last line (from 0), at least least_count.
 */
void pst_text_add_padding(struct pst_text *text, size_t column_index,
			  size_t least_count);

/* The bytes in the last line. */
size_t pst_text_column(const struct pst_text *text);

/* Return the terminated string and leave the text empty.  0 or -ENOMEM. */
PST_MUST_CHECK
int pst_text_take(struct pst_text *text, char **ret_string);

void pst_text_done(struct pst_text *text);

#endif
