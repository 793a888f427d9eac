/* SPDX-License-Identifier: ISC */
/*
 * <postern/policy.h>: check the arguments, call, filter the result
 *
 * A public policy is the policy layer's table itself.
 */
#include <postern/policy.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/result.h"
#include "crypto/cipher.h"
#include "os/features.h"
#include "policy/policy.h"
#include "policy/policy_diagnostics.h"
#include "policy/policy_load.h"
#include "policy/policy_table.h"

#define POLICY_FLAGS \
	(POSTERN_POLICY_ASSUME_NAMES | POSTERN_POLICY_WARN_ON_UNTRUSTED | \
	 POSTERN_POLICY_LINT)

static bool is_candidate_usable(const struct postern_policy_options *options)
{
	if (!options->candidate_name)
		return !options->candidate_text && !options->candidate_label;
	return !options->file && options->candidate_text &&
	       pst_policy_is_file_name(options->candidate_name);
}

static int load(const struct postern_policy_options *options,
		struct postern_diagnostics *diagnostics,
		struct postern_policy **ret_policy)
{
	struct postern_diagnostics *unwanted = NULL;
	int r;

	if (!diagnostics) {
		r = pst_diagnostics_new(&unwanted);
		if (r < 0)
			return r;
		diagnostics = unwanted;
	}
	r = pst_policy_load(
		options,
		pst_features_probe(options->disable_features) |
			pst_cipher_features(options->disable_features),
		diagnostics, ret_policy);
	(void)pst_diagnostics_free(unwanted); /* always NULL */
	return r;
}

int pst_api_load_default_policy(const struct postern_policy **policy,
				uint32_t disable_features,
				struct postern_policy **ret_loaded,
				struct postern_error_info *error)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	int r;

	*ret_loaded = NULL;
	if (*policy)
		return 0;
	options.disable_features = disable_features;
	r = load(&options, NULL, ret_loaded);
	if (r == 0)
		*policy = *ret_loaded;
	return pst_error_finish(error, r, "loading the policy");
}

int postern_policy_load(const struct postern_policy_options *options,
			struct postern_diagnostics *diagnostics,
			struct postern_policy **ret_policy)
{
	struct postern_policy_options copy;
	int r;

	if (!ret_policy)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_POLICY_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if ((copy.flags & ~(uint32_t)POLICY_FLAGS) != 0 ||
	    (copy.disable_features & ~POSTERN_FEATURES_ALL) != 0 ||
	    !is_candidate_usable(&copy))
		return -EINVAL;
	return pst_api_filter(load(&copy, diagnostics, ret_policy), __func__,
			      NULL);
}

struct postern_policy *postern_policy_free(struct postern_policy *policy)
{
	(void)pst_policy_unref(policy); /* always NULL */
	return NULL;
}

int postern_policy_decide(const struct postern_policy *policy,
			  const char *node_name,
			  const struct postern_subject *subject,
			  struct postern_decision *ret_decision)
{
	struct postern_decision decision;
	struct postern_subject copy;
	int r;

	if (!policy || !node_name || !subject)
		return -EINVAL;
	r = pst_api_check_out(ret_decision, PST_API_DECISION_BYTES);
	if (r < 0)
		return r;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_SUBJECT_BYTES, subject);
	if (r < 0)
		return r;
	pst_policy_decide(policy, node_name, &copy, &decision);
	pst_api_copy_out(ret_decision, &decision, sizeof(decision));
	return 0;
}

int postern_policy_explain(const struct postern_policy *policy,
			   const char *node_name,
			   const struct postern_subject *subject,
			   char **ret_text)
{
	struct postern_subject copy;
	int r;

	if (!policy || !node_name || !subject || !ret_text)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_SUBJECT_BYTES, subject);
	if (r < 0)
		return r;
	return pst_policy_explain(policy, node_name, &copy, ret_text);
}

size_t postern_policy_node_count(const struct postern_policy *policy)
{
	return policy ? policy->node_count : 0;
}

int postern_policy_node_at(const struct postern_policy *policy,
			   size_t node_index,
			   struct postern_node_description *ret_description)
{
	struct postern_node_description description;
	const struct pst_policy_node *node;
	int r;

	if (!policy)
		return -EINVAL;
	r = pst_api_check_out(ret_description, PST_API_NODE_DESCRIPTION_BYTES);
	if (r < 0)
		return r;
	node = pst_policy_node_at(policy, node_index);
	if (!node)
		return -ENOENT;
	pst_policy_describe_node(node, &description);
	pst_api_copy_out(ret_description, &description, sizeof(description));
	return 0;
}

int postern_diagnostics_new(struct postern_diagnostics **ret_diagnostics)
{
	if (!ret_diagnostics)
		return -EINVAL;
	return pst_diagnostics_new(ret_diagnostics);
}

struct postern_diagnostics *
postern_diagnostics_free(struct postern_diagnostics *diagnostics)
{
	return pst_diagnostics_free(diagnostics);
}

size_t postern_diagnostics_count(const struct postern_diagnostics *diagnostics)
{
	return diagnostics ? pst_diagnostics_count(diagnostics) : 0;
}

size_t
postern_diagnostics_error_count(const struct postern_diagnostics *diagnostics)
{
	return diagnostics ? pst_diagnostics_error_count(diagnostics) : 0;
}

int postern_diagnostics_at(const struct postern_diagnostics *diagnostics,
			   size_t diagnostic_index,
			   struct postern_diagnostic *ret_diagnostic)
{
	const struct postern_diagnostic *diagnostic;
	int r;

	if (!diagnostics)
		return -EINVAL;
	r = pst_api_check_out(ret_diagnostic, PST_API_DIAGNOSTIC_BYTES);
	if (r < 0)
		return r;
	diagnostic = pst_diagnostics_at(diagnostics, diagnostic_index);
	if (!diagnostic)
		return -ENOENT;
	pst_api_copy_out(ret_diagnostic, diagnostic, sizeof(*diagnostic));
	return 0;
}

int postern_diagnostics_format(const struct postern_diagnostics *diagnostics,
			       size_t diagnostic_index, char **ret_text)
{
	const struct postern_diagnostic *diagnostic;

	if (!diagnostics || !ret_text)
		return -EINVAL;
	diagnostic = pst_diagnostics_at(diagnostics, diagnostic_index);
	if (!diagnostic)
		return -ENOENT;
	return pst_diagnostics_format(diagnostic, ret_text);
}
