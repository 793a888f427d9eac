/* SPDX-License-Identifier: ISC */
/*
 * Deficit round robin
 */
#include "sched/tenant_queue.h"

#include <stddef.h>

static struct pst_turn *turn_of(struct pst_list *link)
{
	return PST_LIST_ENTRY(link, struct pst_turn, link);
}

void pst_turn_init(struct pst_turn *turn, int64_t quantum_bytes)
{
	pst_list_init(&turn->link);
	turn->deficit_bytes = 0;
	turn->quantum_bytes = quantum_bytes;
}

void pst_turn_join(struct pst_list *round, struct pst_turn *turn)
{
	turn->deficit_bytes = turn->quantum_bytes;
	pst_list_append(round, &turn->link);
}

void pst_turn_leave(struct pst_turn *turn)
{
	pst_list_remove(&turn->link);
}

void pst_turn_yield(struct pst_list *round, struct pst_turn *turn)
{
	pst_list_remove(&turn->link);
	pst_list_append(round, &turn->link);
}

struct pst_turn *pst_turn_first(struct pst_list *round)
{
	struct pst_turn *turn;

	if (pst_list_is_empty(round))
		return NULL;
	for (;;) {
		turn = turn_of(round->next);
		if (turn->deficit_bytes > 0)
			return turn;
		turn->deficit_bytes += turn->quantum_bytes;
		pst_turn_yield(round, turn);
	}
}
