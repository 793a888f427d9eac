/* SPDX-License-Identifier: ISC */
/*
 * Observe a node: receive its statistics segment and open a reader of it
 *
 * The client receives exactly one descriptor, and uses it only after it has
 * passed all checks of a segment.
 */
#include "client/client.h"

#include "base/fd.h"
#include "base/result.h"
#include "client/client_connection.h"
#include "os/segment.h"
#include "stats/stats_layout.h"

static int check_segment(const struct pst_connection *connection,
			 struct postern_error_info *error)
{
	dev_t device;
	int r;

	r = pst_segment_device(&device);
	if (r < 0)
		return r;
	return pst_connection_check_segment(connection,
					    PST_CONNECTION_NODE_SEGMENT,
					    &connection->initiator.stats
						     .segment,
					    device, error);
}

int pst_client_fetch_stats(const struct pst_client_target *target,
			   struct pst_stats_segment_ref *ret_segment,
			   struct postern_error_info *error)
{
	const struct pst_initiator_params hello = {
		.kind = PST_WIRE_KIND_OBSERVE,
		.layout_version = PST_STATS_VERSION,
	};
	struct pst_connection connection;
	int r;

	r = pst_connection_open(&connection, target, &hello, error);
	if (r == 0)
		r = check_segment(&connection, error);
	if (r == 0)
		*ret_segment = (struct pst_stats_segment_ref){
			.segment_fd = pst_fd_take(&connection.segment_fds[0]),
			.segment_bytes =
				connection.initiator.stats.segment
					.segment_bytes,
			.node_pidfd = pst_fd_take(&connection.listener.pidfd),
		};
	pst_connection_close(&connection);
	return r;
}

int pst_client_observe(const struct pst_client_target *target,
		       struct pst_stats_reader **ret_reader,
		       struct postern_error_info *error)
{
	struct pst_stats_segment_ref segment;
	int r;

	r = pst_client_fetch_stats(target, &segment, error);
	if (r == 0)
		r = pst_stats_reader_open_take(&segment, ret_reader, error);
	return pst_error_finish(error, r, "observing the node");
}
