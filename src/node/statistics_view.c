/* SPDX-License-Identifier: ISC */
/*
 * Showing the statistics to those who observe the node
 */
#include "node/statistics.h"

#include "node/audit.h"
#include "node/node_state.h"

void pst_statistics_show_node(struct pst_node *node)
{
	struct postern_node_statistics stats;

	if (pst_node_view_fd(node) < 0)
		return;
	pst_statistics_fill_node(node, &stats);
	pst_stats_write_node(&node->statistics.writer, &stats);
}

void pst_statistics_show_peer(struct pst_node *node, uint32_t slot_index)
{
	struct pst_statistics *statistics = &node->statistics;
	struct postern_peer_statistics stats;

	if (pst_node_view_fd(node) < 0)
		return;
	if (!statistics->slots[slot_index].is_counted) {
		pst_stats_write_peer(&statistics->writer, slot_index, NULL);
		return;
	}
	pst_statistics_fill_peer(node, &node->peer_table.peers[slot_index],
				 &stats);
	pst_stats_write_peer(&statistics->writer, slot_index, &stats);
}

void pst_statistics_show_all(struct pst_node *node)
{
	struct pst_statistics *statistics = &node->statistics;
	uint32_t i;

	pst_stats_entry_writer_init(&statistics->writer,
				    node->view.mapping.control,
				    node->peer_table.slot_count);
	for (i = 0; i < node->peer_table.slot_count; i++)
		if (statistics->slots[i].is_counted)
			pst_statistics_show_peer(node, i);
	pst_statistics_show_node(node);
}

void pst_statistics_end_view(struct pst_node *node, uint64_t state)
{
	if (pst_node_view_fd(node) >= 0)
		pst_stats_write_end(&node->statistics.writer, state);
}

/* One record when it begins to be missing, and not for each attempt. */
static void note_missing_view(struct pst_node *node, int result)
{
	if (node->statistics.is_view_missing)
		return;
	node->statistics.is_view_missing = true;
	pst_audit_note(node, POSTERN_LOG_WARNING, "statistics",
		       "no segment for the statistics: no process can "
		       "observe until one can be made", result);
}

int pst_statistics_renew_view(struct pst_node *node)
{
	int r;

	pst_statistics_end_view(node, PST_STATS_RETIRED);
	pst_node_view_close(node);
	r = pst_node_view_open(node);
	if (r < 0) {
		note_missing_view(node, r);
		return r;
	}
	node->statistics.is_view_missing = false;
	pst_statistics_show_all(node);
	return 0;
}

int pst_statistics_need_view(struct pst_node *node)
{
	return pst_node_view_fd(node) < 0 ? pst_statistics_renew_view(node) : 0;
}
