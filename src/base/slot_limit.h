/* SPDX-License-Identifier: ISC */
/*
 * How many slots a node can have
 *
 * What a policy may ask for is what the slot table can hold, and the two layers
 * are blind to each other.
 */
#ifndef POSTERN_BASE_SLOT_LIMIT_H
#define POSTERN_BASE_SLOT_LIMIT_H

#define PST_SLOTS_MAX 4096u

#endif
