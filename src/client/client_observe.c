/* SPDX-License-Identifier: ISC */
/*
 * Observe a node: fetch its statistics segment
 *
 * The client takes exactly one descriptor from the node, and uses it only after
 * it has passed all checks of a segment.
 */
#include "client/client.h"

#include "base/fd.h"
#include "base/result.h"
#include "client/client_connection.h"
#include "os/own_process.h"
#include "stats/stats_layout.h"
#include "stats/stats_reader.h"

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

static void take_segment(struct pst_connection *connection,
			 struct pst_stats_segment_ref *ret_segment)
{
	*ret_segment = (struct pst_stats_segment_ref){
		.segment_fd = pst_fd_take(&connection->segment_fds[0]),
		.segment_bytes =
			connection->initiator.view.segment.segment_bytes,
		.node_pidfd = pst_fd_take(&connection->listener.pidfd),
	};
}

int pst_client_fetch_stats(const struct postern_policy *policy,
			   const char *node_name, uint64_t deadline_ns,
			   uint32_t features_off,
			   struct pst_stats_segment_ref *ret_segment,
			   struct postern_refusal *error)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	int r;

	pst_connection_init(&connection, deadline_ns, features_off);
	r = pst_connection_reach(&connection, policy, node_name, &rules, error);
	if (r == 0)
		r = fetch(&connection, node_name, error);
	if (r == 0)
		take_segment(&connection, ret_segment);
	pst_connection_done(&connection);
	return r;
}

int pst_client_observe(const struct postern_policy *policy,
		       const char *node_name, uint64_t deadline_ns,
		       uint32_t features_off,
		       struct pst_stats_reader **ret_reader,
		       struct postern_refusal *error)
{
	struct pst_stats_segment_ref segment;
	int r;

	r = pst_client_fetch_stats(policy, node_name, deadline_ns,
				   features_off, &segment, error);
	if (r == 0)
		r = pst_stats_reader_open_take(&segment, ret_reader, error);
	return pst_error_finish(error, r, "observing the node");
}
