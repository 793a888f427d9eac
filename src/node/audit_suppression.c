/* SPDX-License-Identifier: ISC */
/*
 * Suppression of audit records
 *
 * A record costs a token.  A report of suppressed records costs none, but it is
 * made only when there is a token, and only the use of that token makes another
 * report possible.  So there are at most twice as many records as tokens.
 */
#include "node/audit_suppression.h"

#include "base/clock.h"

#define UNKNOWN_INDEX 0
#define OTHERS_INDEX 1
#define FIRST_UID_INDEX 2
#define NO_INDEX PST_AUDIT_BUCKETS

void pst_audit_suppression_init(struct pst_audit_suppression *suppression,
				const struct pst_token_rate *rate)
{
	*suppression = (struct pst_audit_suppression) {.rate = *rate};
	suppression->buckets[UNKNOWN_INDEX].user = PST_AUDIT_UID_UNKNOWN;
	suppression->buckets[OTHERS_INDEX].user = PST_AUDIT_UID_OTHERS;
}

static uint64_t token_at_ns(const struct pst_audit_suppression *suppression,
			    size_t index)
{
	return pst_tokens_ready_ns(&suppression->buckets[index].bucket,
				   &suppression->rate, 1);
}

static struct pst_audit_suppressed
take_report(struct pst_audit_suppression *suppression, size_t index)
{
	struct pst_audit_suppressed report = suppression->suppressed[index];

	report.uid = suppression->buckets[index].user;
	if (report.count > 0)
		suppression->unreported_count--;
	suppression->suppressed[index] = (struct pst_audit_suppressed) {0};
	return report;
}

static void suppress(struct pst_audit_suppression *suppression, size_t index,
		     enum postern_reason reason)
{
	struct pst_audit_suppressed *suppressed =
		&suppression->suppressed[index];

	if (suppressed->count == 0) {
		suppressed->first_reason = reason;
		suppression->unreported_count++;
	}
	suppressed->last_reason = reason;
	suppressed->count++;
}

/* Its own bucket, or the fullest one if that has a token. */
static size_t find_bucket(struct pst_audit_suppression *suppression,
			  uint64_t uid, uint64_t now_ns)
{
	const struct pst_uid_rate_entry *entry;
	size_t index;

	if (uid == PST_AUDIT_UID_UNKNOWN)
		return UNKNOWN_INDEX;
	entry = pst_uid_rate_find(&suppression->buckets[FIRST_UID_INDEX],
				  PST_AUDIT_UIDS, uid);
	index = (size_t)(entry - suppression->buckets);
	if (entry->user != uid && token_at_ns(suppression, index) > now_ns)
		return OTHERS_INDEX;
	return index;
}

bool pst_audit_suppression_acquire(struct pst_audit_suppression *suppression,
				   uint64_t uid, enum postern_reason reason,
				   uint64_t now_ns,
				   struct pst_audit_suppressed *ret_report)
{
	size_t index = find_bucket(suppression, uid, now_ns);

	*ret_report = (struct pst_audit_suppressed) {.uid = uid};
	if (token_at_ns(suppression, index) > now_ns) {
		suppress(suppression, index, reason);
		return false;
	}
	/* The bucket may be another uid's, which is reported first. */
	*ret_report = take_report(suppression, index);
	if (index != OTHERS_INDEX)
		suppression->buckets[index].user = uid;
	pst_tokens_acquire(&suppression->buckets[index].bucket,
			   &suppression->rate, now_ns, 1);
	return true;
}

/* The first bucket with a count to be reported, or NO_INDEX. */
static size_t find_first_due(const struct pst_audit_suppression *suppression)
{
	const struct pst_uid_rate_entry *buckets = suppression->buckets;
	size_t first = NO_INDEX, i;

	if (suppression->unreported_count == 0)
		return NO_INDEX;
	for (i = 0; i < PST_AUDIT_BUCKETS; i++)
		if (suppression->suppressed[i].count > 0 &&
		    (first == NO_INDEX ||
		     pst_tokens_full_at(&buckets[i].bucket) <
			     pst_tokens_full_at(&buckets[first].bucket)))
			first = i;
	return first;
}

uint64_t pst_audit_suppression_deadline_ns(
	const struct pst_audit_suppression *suppression)
{
	size_t first = find_first_due(suppression);

	return first == NO_INDEX ? PST_DEADLINE_NEVER
				 : token_at_ns(suppression, first);
}

bool pst_audit_suppression_take_due(struct pst_audit_suppression *suppression,
				    uint64_t now_ns,
				    struct pst_audit_suppressed *ret_report)
{
	size_t first = find_first_due(suppression);

	if (first == NO_INDEX || token_at_ns(suppression, first) > now_ns)
		return false;
	*ret_report = take_report(suppression, first);
	return true;
}
