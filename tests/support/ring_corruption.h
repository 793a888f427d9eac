/* SPDX-License-Identifier: ISC */
/*
 * Random stores of a hostile peer
 *
 * Most values are near valid ones, so that not all of them fail at the first
 * check.  They are the same in every run.
 */
#ifndef POSTERN_SUPPORT_RING_CORRUPTION_H
#define POSTERN_SUPPORT_RING_CORRUPTION_H

#include "support/random.h"
#include "support/ring_pair.h"

#define RING_CORRUPTION_DATA_BYTES 4096u
#define RING_CORRUPTION_MESSAGE_BYTES 1000u

/* One word, header or handful of bytes of a pair of those sizes. */
void corrupt(struct ring_pair *pair, struct random *chance);

#endif
