/* SPDX-License-Identifier: ISC */
/*
 * <postern/observe.h>, and the description of <postern/stats.h>
 *
 * A struct postern_observer is the internal statistics reader under its public name.
 */
#include <postern/observe.h>

#include <errno.h>

#include "api/api.h"
#include "client/client.h"
#include "policy/policy.h"
#include "stats/stats_fields.h"
#include "stats/stats_reader.h"

static struct pst_stats_reader *inner(struct postern_observer *observer)
{
	return (struct pst_stats_reader *)observer;
}

static int check(struct postern_observer *observer)
{
	if (!observer)
		return -EINVAL;
	return pst_stats_reader_is_ours(inner(observer)) ? 0 : -ESTALE;
}

int postern_observe(const struct postern_policy *policy, const char *node_name,
		    const struct postern_observe_options *options,
		    uint64_t deadline_ns, struct postern_refusal *refusal,
		    struct postern_observer **ret_observer)
{
	struct postern_observe_options copy;
	struct pst_client_target target;
	struct postern_policy *loaded;
	struct postern_refusal ours;
	struct pst_stats_reader *reader;
	struct pst_log log;
	int r;

	r = pst_api_begin_refusal(refusal, &ours);
	if (r < 0)
		return r;
	if (!node_name || !ret_observer)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_OBSERVE_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if (copy.features_off & ~POSTERN_FEATURES_ALL)
		return -EINVAL;

	target = (struct pst_client_target){
		.node_name = node_name,
		.deadline_ns = deadline_ns,
		.disable_features = copy.features_off,
	};
	log = (struct pst_log){copy.log, copy.log_user_data};
	r = pst_api_load_default_policy(&policy, copy.features_off, &loaded,
					&ours);
	target.policy = policy;
	if (r == 0)
		r = pst_client_observe(&target, &reader, &ours);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_refusal(refusal, &ours);
	if (r < 0)
		return pst_api_filter(r, __func__, &log);
	*ret_observer = (struct postern_observer *)reader;
	return 0;
}

struct postern_observer *
postern_observer_close(struct postern_observer *observer)
{
	(void)pst_stats_reader_close(inner(observer)); /* always NULL */
	return NULL;
}

int postern_observer_node(struct postern_observer *observer,
			  struct postern_node_statistics *ret_stats)
{
	struct postern_node_statistics stats;
	int r;

	r = check(observer);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_stats, PST_API_NODE_STATISTICS_BYTES);
	if (r < 0)
		return r;
	r = pst_stats_reader_read_node(inner(observer), &stats);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_observer_peer_at(struct postern_observer *observer,
			     uint32_t slot_index,
			     struct postern_peer_statistics *ret_stats)
{
	struct postern_peer_statistics stats;
	int r;

	r = check(observer);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_stats, PST_API_PEER_STATISTICS_BYTES);
	if (r < 0)
		return r;
	r = pst_stats_reader_read_peer(inner(observer), slot_index, &stats);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_stats_field_at(enum postern_stats_group group, uint32_t index,
			   struct postern_stats_field *ret_field)
{
	struct postern_stats_field field;
	int r;

	if (group < POSTERN_STATS_NODE || group > POSTERN_STATS_LATENCY)
		return -EINVAL;
	r = pst_api_check_out(ret_field, PST_API_STATS_FIELD_BYTES);
	if (r < 0)
		return r;
	r = pst_stats_describe_field(group, index, &field);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_field, &field, sizeof(field));
	return 0;
}
