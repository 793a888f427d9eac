/* SPDX-License-Identifier: ISC */
/*
 * <postern/control.h>: check the arguments, call, filter the result
 */
#include <postern/control.h>

#include <errno.h>

#include "api/api_options.h"
#include "api/api_result.h"
#include "client/client.h"

int postern_control_revoke(const struct postern_policy *policy,
			   const char *node_name, const char *peer,
			   const struct postern_control_options *options,
			   struct postern_refusal *refusal,
			   uint32_t *ret_count)
{
	struct postern_control_options copy;
	struct postern_refusal ours;
	struct pst_client_target target;
	struct pst_log log;
	uint32_t unwanted_count;
	int r;

	r = pst_api_begin_refusal(refusal, &ours);
	if (r < 0)
		return r;
	if (!policy || !node_name || !peer)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_CONTROL_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if (copy.features_off & ~POSTERN_FEATURES_ALL)
		return -EINVAL;

	target = (struct pst_client_target) {
		.policy = policy,
		.node_name = node_name,
		.deadline_ns = pst_api_deadline_ns(copy.timeout_ns),
		.disable_features = copy.features_off,
	};
	log = (struct pst_log) {copy.log, copy.log_user_data};
	r = pst_client_disconnect_peer(&target, peer,
				       ret_count ? ret_count : &unwanted_count,
				       &ours);
	pst_api_end_refusal(refusal, &ours);
	return pst_api_filter(r, __func__, &log);
}
