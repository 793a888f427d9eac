/* SPDX-License-Identifier: ISC */
/*
 * The statistics of <postern/node.h>: check the arguments, call, filter
 */
#include <postern/node.h>

#include <errno.h>

#include "api/api_node.h"
#include "api/api_result.h"

static int check(struct postern_node *node, const void *output)
{
	int r;

	r = pst_api_check_node(node);
	if (r < 0)
		return r;
	return output ? 0 : -EINVAL;
}

int postern_node_stats(struct postern_node *node,
		       struct postern_node_stats *ret_stats)
{
	struct postern_node_stats stats;
	int r;

	r = check(node, ret_stats);
	if (r < 0)
		return r;
	pst_node_stats(pst_api_node(node), &stats);
	return pst_api_copy_out(ret_stats, &stats, sizeof(stats));
}

int postern_node_peer_stats(struct postern_node *node, postern_peer peer,
			    struct postern_peer_stats *ret_stats)
{
	struct postern_peer_stats stats;
	int r;

	r = check(node, ret_stats);
	if (r < 0)
		return r;
	r = pst_node_peer_stats(pst_api_node(node), peer, &stats);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	return pst_api_copy_out(ret_stats, &stats, sizeof(stats));
}

int postern_node_next_peer(struct postern_node *node, postern_peer previous,
			   postern_peer *ret_peer)
{
	int r;

	r = check(node, ret_peer);
	if (r < 0)
		return r;
	return pst_node_next_peer(pst_api_node(node), previous, ret_peer);
}
