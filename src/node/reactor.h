/* SPDX-License-Identifier: ISC */
/*
 * The event loop of a node: one poll set, one timer, and the present time
 *
 * The poll set watches everything: the listener, the timer, the sockets of
 * half-open handshakes, and the descriptors of peers by their state
 * (peer/peer_state.h).  A private eventfd in it is signalled if and only if the
 * program has the node's descriptor and a ready queue or the event queue is not
 * empty.  Another eventfd is signalled by an interrupt.
 *
 * All of it belongs to the thread that uses the node, but for an interrupt,
 * which may come from any thread.
 */
#ifndef POSTERN_NODE_REACTOR_H
#define POSTERN_NODE_REACTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/spin.h"

/*
 * The longest time between two loop iterations of a node that receives, in calls
 * (with or without a message) and in time: a program may take long for each
 * message, and handshakes and other peers wait meanwhile.
 */
#define PST_REACTOR_RECEIVES_PER_LOOP 1024
#define PST_REACTOR_LOOP_NS UINT64_C(1000000)

/* Calls between two reads of the clock (powers of two); the larger number after
 * a loop iteration whose calls all took no longer than QUICK_NS. */
#define PST_REACTOR_RECEIVES_PER_CLOCK 8
#define PST_REACTOR_RECEIVES_PER_CLOCK_QUICK 32
#define PST_REACTOR_QUICK_NS (PST_REACTOR_LOOP_NS / 8)

struct pst_reactor {
	int set_fd;
	int timer_fd;
	int wake_fd;            /* signalled while wake_is_set */
	int interrupt_fd;       /* signalled after is_interrupted is set */
	bool has_descriptor;    /* the program may poll set_fd */
	bool wake_is_set;
	bool deadlines_changed; /* since the timer was set */
	bool is_paused;         /* no messages are taken */
	uint64_t now_ns;        /* read at each loop iteration, and often */
	uint64_t next_deadline_ns; /* the timer's */
	uint64_t resumed_ns;    /* the end of the last pause; 0: none */
	uint64_t last_loop_ns;  /* the end of the last loop iteration */
	uint32_t receives_since_loop;
	uint32_t clock_mask;    /* calls per read of the clock, less one */
	struct pst_spin spin;
	atomic_bool is_interrupted; /* until a wait takes it; by any thread */
};

/* _close() accepts a reactor of _init(), and also after _open() has failed. */
void pst_reactor_init(struct pst_reactor *reactor, uint32_t spin_ns);
PST_MUST_CHECK int pst_reactor_open(struct pst_reactor *reactor);
void pst_reactor_close(struct pst_reactor *reactor);

/* The same after a read of the clock; this also sets how often it is read. */
bool pst_reactor_is_loop_due_by_clock(struct pst_reactor *reactor);

static inline bool pst_reactor_is_loop_due(struct pst_reactor *reactor)
{
	if (PST_LIKELY(reactor->receives_since_loop <
			       PST_REACTOR_RECEIVES_PER_LOOP &&
		       (reactor->receives_since_loop & reactor->clock_mask) !=
			       0))
		return false;
	return pst_reactor_is_loop_due_by_clock(reactor);
}

#endif
