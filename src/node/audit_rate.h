/* SPDX-License-Identifier: ISC */
/*
 * How many records a uid may cause
 *
 * Whoever can reach the socket can cause records, and so fill the disk of
 * whoever keeps them.  A token bucket for each uid bounds that; what finds no
 * token is counted, and the count is told in one record when the uid may be
 * recorded again.  So nothing is silent: records and counts add up to what
 * happened.
 *
 * The table is fixed.  A uid that is not in it takes over the fullest bucket
 * with what is left in it, so that many uids together cause no more records than
 * the buckets of the table allow, and one that has used up its own cannot be
 * rid of it by bringing others.  When no bucket has a token left, newcomers
 * share one.  Those whose uid is not known have one as well.
 *
 * The clock is not read here.
 */
#ifndef POSTERN_NODE_AUDIT_RATE_H
#define POSTERN_NODE_AUDIT_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

/* Buckets of single uids. */
#define PST_AUDIT_UIDS 128

/* Whose bucket: a uid, or one of these. */
#define PST_AUDIT_NOBODY UINT64_MAX               /* it is free */
#define PST_AUDIT_UNKNOWN (UINT64_MAX - 1)        /* the uid is not known */
#define PST_AUDIT_OTHERS (UINT64_MAX - 2)         /* found no bucket */

/* What one of them was not recorded for. */
struct pst_audit_suppressed {
	uint64_t whose;
	uint64_t count;
	enum postern_reason first_reason;
	enum postern_reason last_reason;
};

struct pst_audit_bucket {
	/* When all tokens are back: one word says how many there are now. */
	uint64_t full_ns;
	struct pst_audit_suppressed suppressed;
};

/* The first two are those of the unknown and of the others. */
#define PST_AUDIT_BUCKETS (2 + PST_AUDIT_UIDS)

struct pst_audit_rate {
	uint64_t token_ns;      /* until there is one more */
	uint32_t burst;         /* tokens of a full bucket */
	uint32_t waiting_count; /* buckets with something suppressed */
	struct pst_audit_bucket buckets[PST_AUDIT_BUCKETS];
};

void pst_audit_rate_init(struct pst_audit_rate *rate, uint32_t burst,
			 uint64_t token_ns);

/*
 * May this be recorded?  If not, it is counted.  A ret_told whose count is not 0
 * is to be told first, and is forgotten here.
 */
bool pst_audit_rate_take(struct pst_audit_rate *rate, uint64_t whose,
			 enum postern_reason reason, uint64_t now_ns,
			 struct pst_audit_suppressed *ret_told);

/* When something suppressed is to be told; PST_DEADLINE_NEVER: nothing is. */
uint64_t pst_audit_rate_due_ns(const struct pst_audit_rate *rate);

/* The next that is due; with PST_DEADLINE_NEVER as now_ns, all are. */
bool pst_audit_rate_take_due(struct pst_audit_rate *rate, uint64_t now_ns,
			     struct pst_audit_suppressed *ret_told);

/* What is counted apart, so that each kind adds up for itself. */
enum pst_audit_kind {
	PST_AUDIT_REFUSE,
	PST_AUDIT_ADMIT,
	PST_AUDIT_DEPART,
	PST_AUDIT_POISON,
	PST_AUDIT_KINDS
};

/* Of one node. */
struct pst_audit {
	uint64_t record_count;  /* and the sequence number of the last */
	uint64_t suppressed_count;
	struct pst_audit_rate rates[PST_AUDIT_KINDS];
};

#endif
