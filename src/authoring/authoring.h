/* SPDX-License-Identifier: ISC */
/*
 * Policy authoring: compare, format and show policies
 *
 * The tool calls these functions, which are not part of the shared library.
 * They load policies with code that is linked statically, so no policy or
 * diagnostic of the shared library may meet them: options go in, texts come
 * out.
 */
#ifndef POSTERN_AUTHORING_AUTHORING_H
#define POSTERN_AUTHORING_AUTHORING_H

#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "base/attributes.h"

/* The outcome of loading a policy, or of reading a text. */
struct pst_authoring_report {
	int result;	    /* 0, or why it cannot be used */
	size_t error_count; /* of the errors in the policy */
	char *diagnostics;  /* all of them, rendered; NULL when out of memory */
};

/* Free the text of a report.  Accepts one that is zeroed. */
void pst_authoring_report_done(struct pst_authoring_report *report);

/*
 * The merged policy: a valid policy text in canonical form, in which every line
 * ends with a comment that says where it comes from.  features are the
 * POSTERN_FEATURE_* bits of this host.  The report is written whatever the
 * result.
 *
 * Returns 0, -EINVAL (the policy has errors) or another result of
 * pst_policy_load().
 */
PST_MUST_CHECK
int pst_authoring_show(const struct postern_policy_options *options,
		       uint32_t features,
		       struct pst_authoring_report *ret_report,
		       char **ret_text);

/*
 * The changes when the new policy takes the place of the old one: which peers
 * gain or lose access, and which limits change.  The meanings are compared, so
 * another order of rules or files is no difference, nor is `user 1001` for
 * `user alice`.
 *
 * A change is a line that begins, after blanks, with `+` (something is added,
 * or more is allowed), `-` (something is removed, or less is allowed) or `~` (a
 * value is another one), and ends with the places of the rules.  The lines stand
 * below headings, "node NAME", "tenant NAME", "peer NAME" and "limits"; grants of
 * a node to a peer stand below "peer NAME" within the node.  A limit that
 * bounds each channel is shown as it results from the allows, the tenant, the
 * node and the top level, with the rule that sets it; one that bounds a sum is
 * shown with the block that it belongs to.
 *
 * *ret_change_count is how many changes there are; when there are none, the
 * text says "no difference".  Both policies are loaded in any case, and both
 * reports (the old policy's first) are written whatever the result.
 *
 * Returns as pst_authoring_show() does.
 */
PST_MUST_CHECK
int pst_authoring_diff(const struct postern_policy_options *old_options,
		       const struct postern_policy_options *new_options,
		       uint32_t features,
		       struct pst_authoring_report ret_reports[static 2],
		       char **ret_text, uint32_t *ret_change_count);

enum pst_authoring_format_flag {
	/* Users and groups as numbers, for hosts whose names come from a
	 * directory service. */
	PST_AUTHORING_FORMAT_NUMERIC = 1
};

/*
 * The canonical form of a policy text: indentation, order of keys, one
 * directive a line; comments are kept.  file_name is used in diagnostics only.
 * Only the syntax is judged; with NUMERIC, names must be known too.  The report
 * is written whatever the result.
 *
 * Returns 0, -EINVAL (the report has an error) or another -errno.
 */
PST_MUST_CHECK
int pst_authoring_format(const char *text, size_t text_bytes,
			 const char *file_name, uint32_t flags,
			 struct pst_authoring_report *ret_report,
			 char **ret_text);

#endif
