/* SPDX-License-Identifier: ISC */
/*
 * The list of errors and warnings of a policy, with their locations
 */
#ifndef POSTERN_POLICY_POLICY_DIAGNOSTICS_H
#define POSTERN_POLICY_POLICY_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"

#define PST_DIAGNOSTICS_ERRORS_MAX 20u    /* of one file */
#define PST_DIAGNOSTICS_WARNINGS_MAX 100u /* of one file */

/* Whether a diagnostic of this severity in the file would be kept. */
bool pst_diagnostics_has_space(const struct postern_diagnostics *diagnostics,
			       const char *file_name,
			       enum postern_severity severity);

/*
 * Add a copy. source_line need not be terminated and is cut; it and hint may be
 * NULL.  A diagnostic beyond the maximum of its file is dropped.  Diagnostics
 * are ordered by file, in the order of the first one of each file, then by line
 * and column.  Returns 0 or -ENOMEM.
 */
PST_MUST_CHECK
int pst_diagnostics_add(struct postern_diagnostics *diagnostics,
			const struct postern_diagnostic *diagnostic,
			size_t source_line_bytes);

PST_MUST_CHECK
int pst_diagnostics_new(struct postern_diagnostics **ret_diagnostics);
struct postern_diagnostics *
pst_diagnostics_free(struct postern_diagnostics *diagnostics);
size_t pst_diagnostics_count(const struct postern_diagnostics *diagnostics);
size_t pst_diagnostics_error_count(
	const struct postern_diagnostics *diagnostics);

/* NULL beyond the last. */
const struct postern_diagnostic *
pst_diagnostics_at(const struct postern_diagnostics *diagnostics,
		   size_t diagnostic_index);
PST_MUST_CHECK
int pst_diagnostics_format(const struct postern_diagnostic *diagnostic,
			   char **ret_text);

#endif
