/* SPDX-License-Identifier: ISC */
/*
 * Audit: one record for each admission, refusal and departure
 *
 * What the peer never learns stands here: the reason, the rule, file and line.
 */
#ifndef POSTERN_NODE_AUDIT_H
#define POSTERN_NODE_AUDIT_H

#include <postern/result.h>

#include "node/node_state.h"
#include "os/peer_credentials.h"

void pst_audit_admit(const struct pst_node *node, const struct pst_peer *peer);

/* instance: what the peer calls itself; NULL or empty before it said so. */
void pst_audit_refuse(const struct pst_node *node,
		      const struct pst_peer_credentials *credentials,
		      const char *instance,
		      const struct postern_refusal *refusal);

/* fault: how a poisoned channel broke the rules; NULL: it did not. */
void pst_audit_depart(const struct pst_node *node, const struct pst_peer *peer,
		      enum postern_reason reason, const char *fault,
		      uint64_t undelivered_bytes);

/* Not about a peer: what the operator of the node should know. */
void pst_audit_note(const struct pst_node *node, enum postern_log_level level,
		    const char *event, const char *text, int result);

#endif
