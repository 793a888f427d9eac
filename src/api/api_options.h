/* SPDX-License-Identifier: ISC */
/*
 * What a caller may leave out: options, refusals
 */
#ifndef POSTERN_API_API_OPTIONS_H
#define POSTERN_API_API_OPTIONS_H

#include <stdint.h>
#include <string.h>

#include <postern/channel.h>
#include <postern/result.h>

#include "base/clock.h"
#include "os/monotonic.h"

/* About as long as a sleep and a wake-up cost: spinning longer cannot pay. */
#define PST_API_SPIN_NS 20000u

/* For everything that waits for a node's answer. */
#define PST_API_TIMEOUT_NS (2 * PST_NS_PER_SECOND)

static inline uint32_t pst_api_spin_ns(uint32_t spin_ns)
{
	if (spin_ns == POSTERN_SPIN_DEFAULT)
		return PST_API_SPIN_NS;
	return spin_ns == POSTERN_SPIN_NONE ? 0 : spin_ns;
}

static inline uint64_t pst_api_deadline_ns(uint64_t timeout_ns)
{
	return pst_deadline_after(pst_monotonic_now_ns(),
				  timeout_ns == 0 ? PST_API_TIMEOUT_NS :
						    timeout_ns);
}

/* Theirs, or ours where they want none; it says nothing yet. */
static inline struct postern_refusal *
pst_api_refusal(struct postern_refusal *theirs, struct postern_refusal *ours)
{
	struct postern_refusal *refusal = theirs ? theirs : ours;

	memset(refusal, 0, sizeof(*refusal));
	return refusal;
}

#endif
