/* SPDX-License-Identifier: ISC */
/*
 * Transitions and failures of both sides, for the files of this layer only
 *
 * Each side checks first whether a message is permitted in its state.  Every
 * error ends the handshake by pst_handshake_fail().
 */
#ifndef POSTERN_HANDSHAKE_HANDSHAKE_MACHINE_H
#define POSTERN_HANDSHAKE_HANDSHAKE_MACHINE_H

#include "handshake/handshake.h"

/*
 * End the handshake as failed for this reason.  If it has ended already, its
 * state and reason stay.  Returns result.
 */
PST_MUST_CHECK int pst_handshake_fail(struct pst_handshake_machine *machine,
				      enum postern_reason reason, int result);

/* Wipe the secrets.  A handshake that was not refused has then failed. */
void pst_handshake_done(struct pst_handshake_machine *machine);

/* End the handshake as refused. */
void pst_handshake_refuse(struct pst_handshake_machine *machine);

/*
 * Whether the message is permitted in this state.  Returns 0 and the state
 * after the message, or fails with -EINVAL (create) or -EBADMSG (consume).
 */
PST_MUST_CHECK
int pst_handshake_check_transition(struct pst_handshake_machine *machine,
				   enum pst_handshake_act act,
				   enum pst_wire_type type,
				   enum pst_handshake_state *ret_next);

/*
 * Read the type of a received record and check that it is permitted.  Returns
 * 0, or fails with -EPROTONOSUPPORT or -EBADMSG.
 */
PST_MUST_CHECK
int pst_handshake_read_transition(struct pst_handshake_machine *machine,
				  const void *bytes, size_t byte_count,
				  enum pst_wire_type *ret_type,
				  enum pst_handshake_state *ret_next);

#endif
