/* SPDX-License-Identifier: ISC */
/*
 * Rates per uid: a fixed table of token buckets, one for each uid or user
 *
 * A user that is not in the table has a full bucket, so an entry is free again
 * as soon as its bucket is full.  When no entry is free, a new user takes the
 * entry of the fullest bucket; the previous user of that entry gains less than a
 * new user would.  The clock is not read here.
 */
#ifndef POSTERN_ACCOUNTING_UID_RATE_H
#define POSTERN_ACCOUNTING_UID_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/token_bucket.h"

#define PST_UID_RATE_CAPACITY 512

/* The user of a free entry is of no meaning, since its bucket is full. */
struct pst_uid_rate_entry {
	uint64_t user; /* a uid, or the number of a user with several uids */
	struct pst_token_bucket bucket;
};

/* All zero: every bucket is full. */
struct pst_uid_rate {
	struct pst_uid_rate_entry entries[PST_UID_RATE_CAPACITY];
};

/* In a table of any capacity (at least 1): the entry of this user or, if there
 * is none, the entry with the fullest bucket. */
struct pst_uid_rate_entry *pst_uid_rate_find(struct pst_uid_rate_entry *entries,
					     size_t capacity, uint64_t user);

/* Acquire one token of this user.  False: there is none.  Without a limit always
 * true. */
bool pst_uid_rate_acquire(struct pst_uid_rate *table,
			  const struct pst_token_rate *rate, uint64_t user,
			  uint64_t now_ns);

/* How many tokens of its burst this user lacks, rounded up. */
uint64_t pst_uid_rate_spent(const struct pst_uid_rate *table,
			    const struct pst_token_rate *rate, uint64_t user,
			    uint64_t now_ns);

#endif
