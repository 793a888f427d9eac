/* SPDX-License-Identifier: ISC */
/*
 * Segments that a node makes: sealed, and open to its group
 */
#ifndef POSTERN_NODE_OWN_SEGMENT_H
#define POSTERN_NODE_OWN_SEGMENT_H

#include <stdint.h>

#include "base/attributes.h"
#include "node/node_state.h"

/* The owner's and the group's. */
#define PST_OWN_SEGMENT_MODE 0660

/*
 * Before anybody else has it: add these seals, give it the mode and the node's
 * group, and say what its inode is.  0, or -errno.
 */
PST_MUST_CHECK int pst_own_segment_finish(const struct pst_node *node,
					  int segment_fd, int seals,
					  uint64_t *ret_inode);

#endif
