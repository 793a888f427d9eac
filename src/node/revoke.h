/* SPDX-License-Identifier: ISC */
/*
 * Revoking: peers lose their admission, whatever they are doing
 */
#ifndef POSTERN_NODE_REVOKE_H
#define POSTERN_NODE_REVOKE_H

#include <stdint.h>

#include "base/attributes.h"
#include "node/node_internal.h"

/*
 * One peer, or all that the policy's peer of this name admitted, handshakes on
 * their way included.  Within the call the slots are free, and nothing more is
 * written for these peers or read from them.
 *
 * _peer() returns 0 or -ESTALE, _named() how many there were.
 */
PST_MUST_CHECK int pst_revoke_peer(struct pst_node *node, postern_peer handle,
				   const struct pst_disconnect_origin *origin);
uint32_t pst_revoke_named(struct pst_node *node, const char *peer_name,
			  const struct pst_disconnect_origin *origin);

#endif
