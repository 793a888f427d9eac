/* SPDX-License-Identifier: ISC */
/*
 * Floods: what a hostile process does to a node, as fast as it can
 *
 *   connects    connect and hang up, over and over
 *   half open   hold as many handshakes open as there is room for, some with an
 *               offer that is never read; each in turn is begun anew
 *   hostile     be admitted by hand; as one of those who never consume what they
 *               are sent, and as one who rings and rings until it is thrown
 *               out, and then comes back
 *
 * Nothing here makes an assertion or needs a test.
 */
#ifndef POSTERN_SUPPORT_FLOOD_H
#define POSTERN_SUPPORT_FLOOD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "support/stranger.h"

#define FLOOD_HELD_MAX 256
#define FLOOD_GLUTTONS 4

enum flood_kind {
	FLOOD_CONNECTS,
	FLOOD_HALF_OPEN,
	FLOOD_HOSTILE,
};

/* What was done so far; read by others while it goes on. */
struct flood_tally {
	_Atomic uint64_t connect_count;
	_Atomic uint64_t connected_count;
	_Atomic uint64_t bell_count;
};

struct flood {
	enum flood_kind kind;
	const char *socket_path;
	struct flood_tally *tally;
	size_t next_held;
	struct stranger held[FLOOD_HELD_MAX];
	struct stranger gluttons[FLOOD_GLUTTONS];
};

void flood_init(struct flood *flood, enum flood_kind kind,
		const char *socket_path, struct flood_tally *tally);

/* One turn of it: some microseconds, or at most a second without an answer. */
void flood_step(struct flood *flood);

#endif
