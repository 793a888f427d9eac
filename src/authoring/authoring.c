/* SPDX-License-Identifier: ISC */
/*
 * Load policies and read texts for the tool: see authoring.h
 */
#include "authoring/authoring.h"

#include <errno.h>
#include <stdlib.h>

#include "authoring/authoring_internal.h"
#include "base/text.h"
#include "os/name_table.h"
#include "policy/policy.h"
#include "policy/policy_diagnostics.h"
#include "policy/policy_load.h"
#include "policy/policy_table.h"

void pst_authoring_report_done(struct pst_authoring_report *report)
{
	free(report->diagnostics);
	report->diagnostics = NULL;
}

static int render_all(const struct postern_diagnostics *diagnostics,
		      char **ret_text)
{
	struct pst_text text = {0};
	char *rendered;
	size_t i;
	int r;

	for (i = 0; i < pst_diagnostics_count(diagnostics); i++) {
		r = pst_diagnostics_format(pst_diagnostics_at(diagnostics, i),
					   &rendered);
		if (r < 0) {
			pst_text_done(&text);
			return r;
		}
		pst_text_add_string(&text, rendered);
		free(rendered);
	}
	return pst_text_take(&text, ret_text);
}

/* Write the report about a result, and free the diagnostics. */
static void report_result(struct pst_authoring_report *report, int result,
			  struct postern_diagnostics *diagnostics)
{
	int r;

	report->error_count = pst_diagnostics_error_count(diagnostics);
	if (result == 0 && report->error_count > 0)
		result = -EINVAL;
	r = render_all(diagnostics, &report->diagnostics);
	report->result = result < 0 ? result : r;
	(void)pst_diagnostics_free(diagnostics); /* always NULL */
}

/* Returns the result of the report; a policy with errors is not kept. */
static int load(const struct postern_policy_options *options, uint32_t features,
		struct pst_authoring_report *ret_report,
		const struct postern_policy **ret_policy)
{
	struct postern_policy_options kept = *options;
	struct postern_diagnostics *diagnostics;
	struct postern_policy *policy = NULL;

	kept.flags |= PST_POLICY_KEEP_DIRECTIVES;
	*ret_report = (struct pst_authoring_report){0};
	ret_report->result = pst_diagnostics_new(&diagnostics);
	if (ret_report->result < 0)
		return ret_report->result;
	report_result(ret_report,
		      pst_policy_load(&kept, features, diagnostics, &policy),
		      diagnostics);
	if (ret_report->result == 0)
		*ret_policy = policy;
	else
		(void)pst_policy_unref(policy); /* always NULL */
	return ret_report->result;
}

int pst_authoring_show(const struct postern_policy_options *options,
		       uint32_t features,
		       struct pst_authoring_report *ret_report, char **ret_text)
{
	const struct postern_policy *policy;
	int r;

	r = load(options, features, ret_report, &policy);
	if (r < 0)
		return r;
	r = pst_show_policy(policy, ret_text);
	(void)pst_policy_unref(policy); /* always NULL */
	return r;
}

int pst_authoring_diff(const struct postern_policy_options *old_options,
		       const struct postern_policy_options *new_options,
		       uint32_t features,
		       struct pst_authoring_report ret_reports[static 2],
		       char **ret_text, uint32_t *ret_change_count)
{
	const struct postern_policy *old_policy = NULL, *new_policy = NULL;
	int old_result, r;

	old_result = load(old_options, features, &ret_reports[0], &old_policy);
	r = load(new_options, features, &ret_reports[1], &new_policy);
	if (old_result < 0)
		r = old_result;
	if (r == 0)
		r = pst_diff_policies(old_policy, new_policy, ret_text,
				      ret_change_count);
	(void)pst_policy_unref(old_policy); /* always NULL */
	(void)pst_policy_unref(new_policy); /* always NULL */
	return r;
}

int pst_authoring_format(const char *text, size_t text_bytes,
			 const char *file_name, uint32_t flags,
			 struct pst_authoring_report *ret_report,
			 char **ret_text)
{
	struct postern_diagnostics *diagnostics;
	struct pst_name_table *names = NULL;
	struct pst_policy_host host;
	char *formatted = NULL;
	int r;

	*ret_report = (struct pst_authoring_report){0};
	ret_report->result = pst_diagnostics_new(&diagnostics);
	if (ret_report->result < 0)
		return ret_report->result;
	r = pst_policy_host_init_names(&host, &names);
	if (r == 0)
		r = pst_format_text(text, text_bytes, file_name, flags, &host,
				    diagnostics, &formatted);
	report_result(ret_report, r, diagnostics);
	(void)pst_name_table_free(names); /* always NULL */
	if (ret_report->result < 0)
		free(formatted);
	else
		*ret_text = formatted;
	return ret_report->result;
}
