/* SPDX-License-Identifier: ISC */
/*
 * A token bucket for each user (pst_admission_user()), in fixed memory
 *
 * A user whose bucket is full is not remembered, so an entry is free again as
 * soon as its bucket is full.  When no entry is free, the one that is closest to
 * a full bucket is dropped: its user gains less than a new user would.
 */
#ifndef POSTERN_ACCOUNTING_UID_RATE_H
#define POSTERN_ACCOUNTING_UID_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/token_bucket.h"

#define PST_UID_BUCKETS 256

struct pst_uid_bucket {
	uint64_t user;
	struct pst_token_bucket bucket;
};

/* All zero: nobody has taken anything. */
struct pst_uid_buckets {
	struct pst_uid_bucket places[PST_UID_BUCKETS];
};

/* Take one token of this user, if there is one.  Always true without a
 * limit. */
bool pst_uid_buckets_take(struct pst_uid_buckets *buckets,
			  const struct pst_token_rate *rate, uint64_t user,
			  uint64_t now_ns);

#endif
