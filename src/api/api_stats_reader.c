/* SPDX-License-Identifier: ISC */
/*
 * <postern/stats_reader.h>, and the description of <postern/stats.h>
 *
 * A struct postern_stats_reader is the internal reader under its public name.
 */
#include <postern/stats_reader.h>

#include <errno.h>

#include "api/api.h"
#include "client/client.h"
#include "policy/policy.h"
#include "stats/stats_fields.h"
#include "stats/stats_reader.h"

static struct pst_stats_reader *inner(struct postern_stats_reader *reader)
{
	return (struct pst_stats_reader *)reader;
}

static int check(struct postern_stats_reader *reader)
{
	if (!reader)
		return -EINVAL;
	return pst_stats_reader_is_ours(inner(reader)) ? 0 : -ESTALE;
}

int postern_stats_reader_open(
	const struct postern_policy *policy, const char *node_name,
	const struct postern_stats_reader_options *options,
	uint64_t deadline_ns, struct postern_stats_reader **ret_reader,
	struct postern_error_info *error)
{
	struct postern_stats_reader_options copy;
	struct pst_client_target target;
	struct postern_policy *loaded;
	struct postern_error_info ours;
	struct pst_stats_reader *reader;
	struct pst_log log;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!node_name || !ret_reader)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_STATS_READER_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if (copy.disable_features & ~POSTERN_FEATURES_ALL)
		return -EINVAL;

	target = (struct pst_client_target){
		.node_name = node_name,
		.deadline_ns = deadline_ns,
		.disable_features = copy.disable_features,
	};
	log = (struct pst_log){copy.log, copy.log_user_data};
	r = pst_api_load_default_policy(&policy, copy.disable_features, &loaded,
					&ours);
	target.policy = policy;
	if (r == 0)
		r = pst_client_observe(&target, &reader, &ours);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_error(error, &ours);
	if (r < 0)
		return pst_api_filter(r, __func__, &log);
	*ret_reader = (struct postern_stats_reader *)reader;
	return 0;
}

struct postern_stats_reader *
postern_stats_reader_close(struct postern_stats_reader *reader)
{
	(void)pst_stats_reader_close(inner(reader)); /* always NULL */
	return NULL;
}

int postern_stats_reader_read_node(struct postern_stats_reader *reader,
				   struct postern_node_statistics *ret_stats)
{
	struct postern_node_statistics stats;
	int r;

	r = check(reader);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_stats, PST_API_NODE_STATISTICS_BYTES);
	if (r < 0)
		return r;
	r = pst_stats_reader_read_node(inner(reader), &stats);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_stats_reader_read_peer(struct postern_stats_reader *reader,
				   uint32_t slot_index,
				   struct postern_peer_statistics *ret_stats)
{
	struct postern_peer_statistics stats;
	int r;

	r = check(reader);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_stats, PST_API_PEER_STATISTICS_BYTES);
	if (r < 0)
		return r;
	r = pst_stats_reader_read_peer(inner(reader), slot_index, &stats);
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
