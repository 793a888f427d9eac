/* SPDX-License-Identifier: ISC */
/*
 * The state machine of a peer, and what follows from its state
 *
 * The state decides whether the peer is in a ready queue, which of its
 * descriptors the poll set watches, and which deadlines it has.  The table of
 * peer_state.c has a row for each permitted pair of state and event; a unit test
 * walks all pairs, and tests/model/node_states.pml has the same rows.
 */
#ifndef POSTERN_PEER_PEER_STATE_H
#define POSTERN_PEER_PEER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "peer/peer.h"
#include "peer/peer_table.h"

enum pst_peer_event {
	PST_PEER_EVENT_CONNECTED = 1,
	PST_PEER_EVENT_WOKEN,          /* it may have sent a message */
	PST_PEER_EVENT_FOUND_EMPTY,    /* it had no message when polled */
	PST_PEER_EVENT_OUT_OF_TOKENS,
	PST_PEER_EVENT_TOKENS_DUE,
	PST_PEER_EVENT_CHANNEL_ENDED,  /* and messages may be left */
	PST_PEER_EVENT_LIMITS_CHANGED, /* the new ones are in its entry */
	PST_PEER_EVENT_DETACH,
	PST_PEER_EVENT_END,
};

/* How long the messages that a peer has left are received. */
#define PST_PEER_DRAIN_NS (5 * UINT64_C(1000000000))

/*
 * Change the state by the table.  Returns 0; -EAGAIN: the event does not apply
 * any more, and the state stays (FOUND_EMPTY, and there is a message);
 * -ENOTRECOVERABLE: the event is not permitted in this state; or another -errno
 * of the action, and the state stays until a deadline repeats the event.
 *
 * CONNECTED: the peer has a channel, and is watched.  DETACH: the peer has a
 * link, and the caller takes over its channel.  END: the caller takes over
 * its channel or link.
 */
int pst_peer_transition(struct pst_peer_table *table, struct pst_peer *peer,
			enum pst_peer_event event, uint64_t now_ns);

/* Does the event set another deadline?  WOKEN and FOUND_EMPTY, which belong to
 * the data path, leave the deadline heap alone. */
static inline bool pst_peer_event_sets_deadline(enum pst_peer_event event)
{
	return event != PST_PEER_EVENT_WOKEN &&
	       event != PST_PEER_EVENT_FOUND_EMPTY;
}

/* The broken invariant, or NULL.  Debug builds assert that there is none after
 * each transition. */
const char *pst_peer_find_fault(const struct pst_peer_table *table,
				const struct pst_peer *peer);

/* -- descriptors ----------------------------------------------------------- */

/* Watch socket and pidfd of a new peer.  0, or -errno; _unwatch() undoes it. */
PST_MUST_CHECK int pst_peer_watch(const struct pst_peer_table *table,
				  struct pst_peer *peer);
void pst_peer_unwatch(const struct pst_peer_table *table,
		      struct pst_peer *peer);

/* Watch the eventfd of a channel that the program may use, too, unless it has
 * ended: another thread may drain the doorbell.  0, or -errno. */
PST_MUST_CHECK int pst_peer_watch_wake(const struct pst_peer_table *table,
				       struct pst_peer *peer);

/* Create the link to a channel that is to be detached, and watch it.  0, or
 * -errno. */
PST_MUST_CHECK int pst_peer_create_link(const struct pst_peer_table *table,
					struct pst_peer *peer);

/* -- deadlines ------------------------------------------------------------- */

enum pst_peer_due {
	PST_PEER_DUE_NOTHING = 0,
	PST_PEER_DUE_DRAIN_END,
	PST_PEER_DUE_IDLE_END,
	PST_PEER_DUE_TOKENS,
	PST_PEER_DUE_MESSAGE, /* it has a message, and has sent no doorbell */
};

/*
 * The next peer with a passed deadline, and what is due; NOTHING: there is none.
 * The time for draining runs from drain_begin_ns at the earliest.
 */
enum pst_peer_due pst_peer_take_due(struct pst_peer_table *table,
				    uint64_t now_ns, uint64_t drain_begin_ns,
				    struct pst_peer **ret_peer);

#endif
