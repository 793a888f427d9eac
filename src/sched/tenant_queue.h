/* SPDX-License-Identifier: ISC */
/*
 * Deficit round robin: whose turn is it?
 *
 * After M. Shreedhar and G. Varghese, "Efficient Fair Queuing using Deficit
 * Round Robin" (SIGCOMM 1995), in the surplus form: a turn lasts while its
 * deficit is positive, a message may overdraw it, and the debt is carried into
 * later turns.  So in the long run each gets bytes in proportion to its quantum,
 * whatever the sizes of its messages, and nobody's size need be known before.
 *
 * The same rule is used twice: among the tenants of a node, and among the peers
 * of one tenant.
 */
#ifndef POSTERN_SCHED_TENANT_QUEUE_H
#define POSTERN_SCHED_TENANT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/list.h"

/* What takes turns: embedded in what it stands for. */
struct pst_turn {
	struct pst_list link;   /* in no list: it has nothing */
	int64_t deficit_bytes;
	int64_t quantum_bytes;
};

void pst_turn_init(struct pst_turn *turn, int64_t quantum_bytes);

static inline bool pst_turn_is_listed(const struct pst_turn *turn)
{
	return !pst_list_is_empty(&turn->link);
}

/* Join with a fresh quantum, behind the others; leave, forgetting the rest. */
void pst_turn_join(struct pst_list *round, struct pst_turn *turn);
void pst_turn_leave(struct pst_turn *turn);

/* Whose turn it is: NULL for an empty round.  Turns that are still in debt are
 * given their quantum and passed over. */
struct pst_turn *pst_turn_first(struct pst_list *round);

/* Behind the others, keeping what is left. */
void pst_turn_yield(struct pst_list *round, struct pst_turn *turn);

/* Charge what was received; a turn that is used up goes behind the others. */
static inline void pst_turn_charge(struct pst_list *round,
				   struct pst_turn *turn, uint64_t cost_bytes)
{
	turn->deficit_bytes -= (int64_t)cost_bytes;
	if (PST_LIKELY(turn->deficit_bytes > 0))
		return;
	turn->deficit_bytes += turn->quantum_bytes;
	pst_turn_yield(round, turn);
}

#endif
