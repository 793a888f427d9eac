/* SPDX-License-Identifier: ISC */
/*
 * The statistics of <postern/node.h>: check the arguments, call, filter
 */
#include <postern/node.h>

#include <errno.h>

#include "api/api_node.h"
#include "api/api_options.h"
#include "api/api_result.h"

static int check(struct postern_node *node, const void *output,
		 size_t first_bytes)
{
	int r;

	r = pst_api_check_node(node);
	if (r < 0)
		return r;
	return pst_api_check_out(output, first_bytes);
}

int postern_node_stats(struct postern_node *node,
		       struct postern_node_statistics *ret_stats)
{
	struct postern_node_statistics stats;
	int r;

	r = check(node, ret_stats, PST_API_NODE_STATISTICS_BYTES);
	if (r < 0)
		return r;
	pst_node_stats(pst_api_node(node), &stats);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_node_peer_stats(struct postern_node *node, postern_peer peer,
			    struct postern_peer_statistics *ret_stats)
{
	struct postern_peer_statistics stats;
	int r;

	r = check(node, ret_stats, PST_API_PEER_STATISTICS_BYTES);
	if (r < 0)
		return r;
	r = pst_node_peer_stats(pst_api_node(node), peer, &stats);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_node_next_peer(struct postern_node *node, postern_peer previous,
			   postern_peer *ret_peer)
{
	int r;

	r = pst_api_check_node(node);
	if (r < 0)
		return r;
	if (!ret_peer)
		return -EINVAL;
	return pst_node_next_peer(pst_api_node(node), previous, ret_peer);
}
