/* SPDX-License-Identifier: ISC */
/*
 * A text that grows
 *
 * For what is written for humans: explanations, formatted policies,
 * diagnostics.  A failed allocation is remembered and told once, by the
 * function that hands the text over, so that writing reads as a list of what
 * is written.
 */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/* Zeroed it is empty. */
struct pst_policy_text {
	char *bytes;
	size_t byte_count;
	size_t capacity_bytes;
	size_t line_offset;  /* where the line that is being written begins */
	bool has_failed;
};

void pst_policy_text_add(struct pst_policy_text *text, const char *bytes,
			 size_t byte_count);
void pst_policy_text_add_string(struct pst_policy_text *text,
				const char *string);
void pst_policy_text_add_format(struct pst_policy_text *text,
				const char *format, ...) PST_PRINTF(2, 3);

/* Names and texts of others may hold escape sequences and newlines, which a
 * terminal must never see: only printable ASCII and tabs pass as they are. */
void pst_policy_text_add_harmless(struct pst_policy_text *text,
				  const char *string);

/* Spaces up to this column of the line (from 0), at least `least` of them. */
void pst_policy_text_add_padding(struct pst_policy_text *text,
				 size_t column_index, size_t least_count);

/* How many bytes the line that is being written has. */
size_t pst_policy_text_column(const struct pst_policy_text *text);

/*
 * Hand the text over, terminated, and leave the struct empty.  Returns 0 or
 * -ENOMEM.
 */
PST_MUST_CHECK
int pst_policy_text_take(struct pst_policy_text *text, char **ret_string);

void pst_policy_text_done(struct pst_policy_text *text);

#endif
