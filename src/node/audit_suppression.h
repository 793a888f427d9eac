/* SPDX-License-Identifier: ISC */
/*
 * Suppression of audit records: how many records each uid can cause
 *
 * Any process that can reach the socket can cause records, and so fill a disk.
 * A token bucket for each uid bounds that.  A record without a token is
 * suppressed and counted, and a later record reports the count.  So the records
 * and the counts add up to the number of events.
 *
 * The table is fixed.  A uid that is not in it takes the entry of the fullest
 * bucket with the tokens that are left.  So all uids together cause no more
 * records than the buckets of the table allow, and a uid cannot get rid of an
 * empty bucket by means of other uids.  When no bucket has a token, new uids
 * share one; so do peers whose uid is not known.  The clock is not read here.
 */
#ifndef POSTERN_NODE_AUDIT_SUPPRESSION_H
#define POSTERN_NODE_AUDIT_SUPPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "accounting/uid_rate.h"
#include "base/token_bucket.h"

/* Buckets of single uids, and with the two shared ones. */
#define PST_AUDIT_UIDS 128
#define PST_AUDIT_BUCKETS (PST_AUDIT_UIDS + 2)

/* In place of a uid, for the shared buckets. */
#define PST_AUDIT_UID_UNKNOWN UINT64_MAX
#define PST_AUDIT_UID_OTHERS (UINT64_MAX - 1)

/* The suppressed records of one uid. */
struct pst_audit_suppressed {
	uint64_t uid;
	uint64_t count;
	enum postern_reason first_reason;
	enum postern_reason last_reason;
};

struct pst_audit_suppression {
	struct pst_token_rate rate;
	uint32_t unreported_count; /* buckets with suppressed records */
	struct pst_uid_rate_entry buckets[PST_AUDIT_BUCKETS];
	struct pst_audit_suppressed suppressed[PST_AUDIT_BUCKETS];
};

void pst_audit_suppression_init(struct pst_audit_suppression *suppression,
				const struct pst_token_rate *rate);

/*
 * Whether an event of this uid may be recorded; if not, it is counted.  If the
 * count in *ret_report is not 0, the caller reports it before the record.
 */
bool pst_audit_suppression_acquire(struct pst_audit_suppression *suppression,
				   uint64_t uid, enum postern_reason reason,
				   uint64_t now_ns,
				   struct pst_audit_suppressed *ret_report);

/* When the next count is to be reported; PST_DEADLINE_NEVER: there is none. */
uint64_t pst_audit_suppression_deadline_ns(
	const struct pst_audit_suppression *suppression);

/* The next count to be reported now; with PST_DEADLINE_NEVER as now_ns, any.
 * False: there is none. */
bool pst_audit_suppression_take_due(struct pst_audit_suppression *suppression,
				    uint64_t now_ns,
				    struct pst_audit_suppressed *ret_report);

#endif
