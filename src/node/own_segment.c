/* SPDX-License-Identifier: ISC */
/*
 * Segments that a node makes: sealed, and open to its group
 *
 * The seals come first.  What the node is to write itself it has mapped before,
 * since afterwards nobody can.
 */
#include "node/own_segment.h"

#include "base/kernel_error.h"
#include "os/segment.h"

int pst_own_segment_finish(const struct pst_node *node, int segment_fd,
			   int seals, uint64_t *ret_inode)
{
	int r;

	r = pst_segment_add_seals(segment_fd, seals);
	if (r < 0)
		return pst_kernel_error(PST_CALL_FCNTL, -r);
	r = pst_segment_set_access(segment_fd, PST_OWN_SEGMENT_MODE,
				   node->group);
	if (r < 0)
		return pst_kernel_error(PST_CALL_FCHOWN, -r);
	return pst_segment_inode(segment_fd, ret_inode);
}
