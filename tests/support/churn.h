/* SPDX-License-Identifier: ISC */
/*
 * Churn: processes that connect and end, in every way and at any moment
 *
 * One cycle is one process: it connects, perhaps sends, and is gone.  How it
 * ends is drawn from seeded random numbers: it closes and exits; it exits
 * without closing; it is killed by a timer that runs since before it connected,
 * anywhere in the handshake or while it sends; or it kills itself right behind
 * a certain step of the handshake.  A run with the same seed draws the same.
 *
 * Nothing here makes an assertion or needs a test.
 */
#ifndef POSTERN_SUPPORT_CHURN_H
#define POSTERN_SUPPORT_CHURN_H

#include <stdatomic.h>
#include <stdint.h>

#include <postern/postern.h>

#include "support/random.h"

/* Deaths are noted by the low bits of the pid. */
#define CHURN_DEATHS 65536u

/* The n-th message of a cycle is its number, and that many bytes of fill. */
struct churn_message {
	uint64_t number;
	uint8_t fill[56];
};

struct churn {
	const struct postern_policy *policy; /* its node is called `orders` */
	const char *socket_path;
	uint32_t disable_features;
	uint32_t ring_bytes;
	/* Shared with who wants to know when a process died, to the moment or
	 * just before it; NULL: nobody.  CLOCK_MONOTONIC. */
	_Atomic uint64_t *deaths_ns;
};

enum churn_outcome {
	CHURN_DONE = 0,         /* it ended as it was meant to */
	CHURN_REFUSED,          /* the node had no place for a long while */
	CHURN_FAILED,
};

/* Runs one cycle to its end, in a process of its own. */
enum churn_outcome churn_once(const struct churn *churn, struct random *random);

#endif
