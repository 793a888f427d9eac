/* SPDX-License-Identifier: ISC */
/*
 * What both machines do alike: for the files of this layer only
 *
 * Before anything else a message must be in turn, and whatever goes wrong ends
 * the handshake in one way.
 */
#ifndef POSTERN_HANDSHAKE_HANDSHAKE_MACHINE_H
#define POSTERN_HANDSHAKE_HANDSHAKE_MACHINE_H

#include "handshake/handshake.h"

/*
 * The handshake has failed for this reason, unless it had ended already: the
 * first cause stays.  Returns result, so that a caller fails in one line.
 */
PST_MUST_CHECK int pst_handshake_fail(struct pst_handshake_machine *machine,
				      enum postern_reason reason, int result);

/* The secrets are wiped, and the handshake has failed, if it had not ended. */
void pst_handshake_done(struct pst_handshake_machine *machine);

/* It was refused, which is no failure, but an end as well. */
void pst_handshake_refuse(struct pst_handshake_machine *machine);

/*
 * Is it the message's turn?  Returns 0 and the state that the message leads
 * to, or has failed with -EINVAL (create) or -EBADMSG (consume).
 */
PST_MUST_CHECK
int pst_handshake_check_transition(struct pst_handshake_machine *machine,
				   enum pst_handshake_act act,
				   enum pst_wire_type type,
				   enum pst_handshake_state *ret_next);

/*
 * Which message came, and is it its turn?  Returns 0, or has failed with
 * -EPROTONOSUPPORT or -EBADMSG.
 */
PST_MUST_CHECK
int pst_handshake_read_transition(struct pst_handshake_machine *machine,
				  const void *bytes, size_t byte_count,
				  enum pst_wire_type *ret_type,
				  enum pst_handshake_state *ret_next);

#endif
