/* SPDX-License-Identifier: ISC */
/*
 * The observer's side: from the node's name to a segment that can be read
 *
 * Until the listener has proven to be the owner it gets not one byte.  After
 * that exactly one descriptor is taken, and believed to be nothing until it has
 * passed every check of a segment.
 */
#include "client/client.h"

#include <string.h>

#include "base/fd.h"
#include "base/result.h"
#include "client/client_connection.h"
#include "os/own_process.h"
#include "stats/stats_layout.h"

static int say_hello(struct pst_connection *connection, const char *node_name,
		     struct postern_refusal *refusal)
{
	const struct pst_initiator_params params = {
		.kind = PST_WIRE_KIND_OBSERVE,
		.node_name = node_name,
		.page_bytes = (uint32_t)pst_own_page_bytes(),
		.layout_version = PST_STATS_VERSION,
	};

	return pst_connection_say_hello(connection, &params, refusal);
}

static int check(const struct pst_connection *connection,
		 struct postern_refusal *refusal)
{
	dev_t device;
	int r;

	r = pst_segment_device(&device);
	if (r < 0)
		return r;
	return pst_connection_check_segment(connection, 0,
					    PST_SEGMENT_SEALS_WRITER_DONE,
					    device,
					    &connection->initiator.view.segment,
					    refusal);
}

static int fetch(struct pst_connection *connection, const char *node_name,
		 struct postern_refusal *refusal)
{
	int r;

	r = say_hello(connection, node_name, refusal);
	if (r < 0)
		return r;
	r = pst_connection_consume(connection, refusal);
	if (r < 0)
		return r;
	return check(connection, refusal);
}

static void hand_over(struct pst_connection *connection,
		      struct pst_view *ret_view)
{
	const struct pst_view_record *record = &connection->initiator.view;

	ret_view->segment_fd = pst_fd_take(&connection->segment_fds[0]);
	ret_view->segment_bytes = record->segment.segment_bytes;
	memcpy(ret_view->session_id, record->session_id,
	       sizeof(ret_view->session_id));
	ret_view->node_pidfd = pst_fd_take(&connection->listener.pidfd);
}

int pst_view_fetch(const struct postern_policy *policy, const char *node_name,
		   uint64_t deadline_ns, uint32_t features_off,
		   struct postern_refusal *refusal, struct pst_view *ret_view)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	int r;

	pst_connection_init(&connection, deadline_ns, features_off);
	r = pst_connection_reach(&connection, policy, node_name, &rules,
				 refusal);
	if (r == 0)
		r = fetch(&connection, node_name, refusal);
	if (r == 0)
		hand_over(&connection, ret_view);
	pst_connection_done(&connection);
	return r;
}

void pst_view_done(struct pst_view *view)
{
	view->segment_fd = pst_fd_close(view->segment_fd);
	view->node_pidfd = pst_fd_close(view->node_pidfd);
	*view = (struct pst_view)PST_VIEW_INIT;
}
