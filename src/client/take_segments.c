/* SPDX-License-Identifier: ISC */
/*
 * The connector's half of two segments
 *
 * The node's segment (S_a) must be sealed for good before it is mapped: a
 * read-only mapping made earlier could not be trusted.  Ours (S_c) is sealed by
 * us, after it was mapped for writing.  Both are paid for here, to the last
 * page, because the node will not write into, or read from, a hole.
 */
#include "client/client_connection.h"

#include <errno.h>

#include "base/fd.h"
#include "base/result.h"

static int check_both(const struct pst_connection *connection,
		      struct postern_refusal *refusal)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	dev_t device;
	int r;

	r = pst_segment_device(&device);
	if (r < 0)
		return r;
	r = pst_connection_check_segment(connection, 0,
					 PST_SEGMENT_SEALS_WRITER_DONE, device,
					 &offer->acceptor, refusal);
	if (r < 0)
		return r;
	return pst_connection_check_segment(connection, 1,
					    PST_SEGMENT_SEALS_OFFERED, device,
					    &offer->connector, refusal);
}

static int take_peer_segment(struct pst_connection *connection)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	int r;

	r = pst_segment_map_readable(connection->segment_fds[0],
				     offer->control_bytes,
				     offer->receive.ring_bytes,
				     &connection->peer_mapping);
	if (r < 0)
		return r;
	return pst_segment_populate_for_reading(&connection->peer_mapping);
}

static int take_own_segment(struct pst_connection *connection)
{
	const struct pst_offer *offer = &connection->initiator.offer;
	int r;

	r = pst_segment_map_writable(connection->segment_fds[1],
				     offer->control_bytes,
				     offer->send.ring_bytes,
				     &connection->own_mapping);
	if (r < 0)
		return r;
	r = pst_segment_populate_for_writing(&connection->own_mapping);
	if (r < 0)
		return r;
	return pst_segment_add_seals(connection->segment_fds[1],
				     PST_SEGMENT_SEALS_WRITER_DONE);
}

int pst_connection_take_segments(struct pst_connection *connection,
				 struct postern_refusal *refusal)
{
	int r;

	r = check_both(connection, refusal);
	if (r < 0)
		return r;
	r = take_peer_segment(connection);
	/* There is no memory for its pages. */
	if (r == -EFAULT)
		return -ENOMEM;
	if (r < 0)
		return r;
	r = take_own_segment(connection);
	if (r == -EPERM || r == -EACCES || r == -EBUSY) {
		(void)pst_error_setf(refusal, POSTERN_REASON_SEGMENT,
				     "it was sealed while we took it");
		return -EBADMSG;
	}
	if (r == -EFAULT)
		return -ENOMEM;
	if (r < 0)
		return r;
	connection->segment_fds[0] = pst_fd_close(connection->segment_fds[0]);
	connection->segment_fds[1] = pst_fd_close(connection->segment_fds[1]);
	return 0;
}
