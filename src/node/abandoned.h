/* SPDX-License-Identifier: ISC */
/*
 * Abandoned handshakes: how many handshakes each user has begun lately that
 * failed
 *
 * When places for handshakes are scarce, this distinguishes users that connect
 * without end from those that are admitted each time.  A count goes down by one a second.
 * The table is fixed; a user that is not in it takes the entry with the lowest
 * count.  The clock is not read here.
 */
#ifndef POSTERN_NODE_ABANDONED_H
#define POSTERN_NODE_ABANDONED_H

#include <stdint.h>

#define PST_ABANDONED_USERS 512
#define PST_ABANDONED_MAX 64

struct pst_abandoned_count {
	uint64_t user;
	uint64_t zero_ns;       /* when the count is 0 again; 0: a free place */
};

/* All zero: nothing was abandoned. */
struct pst_abandoned {
	struct pst_abandoned_count counts[PST_ABANDONED_USERS];
};

/* One more; at most PST_ABANDONED_MAX are counted. */
void pst_abandoned_add(struct pst_abandoned *abandoned, uint64_t user,
		       uint64_t now_ns);

uint32_t pst_abandoned_count_of(const struct pst_abandoned *abandoned,
				uint64_t user, uint64_t now_ns);

#endif
