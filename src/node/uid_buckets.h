/* SPDX-License-Identifier: ISC */
/*
 * A token bucket for each account (pst_admission_account()), in fixed memory
 *
 * Whose bucket is full has not to be remembered, so a place is free again as
 * soon as its bucket has grown back.  When more accounts than there are places
 * are in debt at once, the one that is nearest to full is forgotten: it gains less
 * than an account that comes anew would.
 */
#ifndef POSTERN_NODE_UID_BUCKETS_H
#define POSTERN_NODE_UID_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/token_bucket.h"

#define PST_UID_BUCKETS 256

struct pst_uid_bucket {
	uint64_t account;
	struct pst_token_bucket bucket;
};

/* All zero: nobody has taken anything. */
struct pst_uid_buckets {
	struct pst_uid_bucket places[PST_UID_BUCKETS];
};

/* Take one token of this account, if there is one.  Always true without a
 * limit. */
bool pst_uid_buckets_take(struct pst_uid_buckets *buckets,
			  const struct pst_token_rate *rate, uint64_t account,
			  uint64_t now_ns);

#endif
