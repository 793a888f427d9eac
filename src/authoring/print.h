/* SPDX-License-Identifier: ISC */
/*
 * Printing directives in canonical form
 *
 * What `fmt` and `show` have in common: indentation, the order of keys in each
 * kind of block, quotes only where they are needed.
 */
#ifndef POSTERN_AUTHORING_PRINT_H
#define POSTERN_AUTHORING_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/policy_tree.h"

#define PST_POLICY_INDENT 4u

void pst_policy_print_indent(struct pst_text *text, size_t depth);

/* One word, in quotes if it is no word without them. */
void pst_policy_print_word(struct pst_text *text, const char *word);

/* The words of a directive, and " {" if it has a block. */
void pst_policy_print_words(struct pst_text *text,
			    const struct pst_policy_directive *directive);

/*
 * The sibling that follows in canonical order, NULL before the first and after
 * the last: by the rank of its key in a block of this kind, else as written.
 * Unknown keys come last; the top level ("") keeps the author's order.
 */
const struct pst_policy_directive *
pst_policy_print_next(const char *block_kind,
		      const struct pst_policy_directive *first,
		      const struct pst_policy_directive *previous);

#endif
