/* SPDX-License-Identifier: ISC */
/*
 * The fields of the statistics: the one list of them
 *
 * A row says where a field is in the segment and in its public struct, which
 * values it can have, and what it is called.  Writers and readers of the
 * segment and postern_stats_field_at() use these tables, and the tool prints
 * JSON and OpenMetrics from the latter; doc/layout.md has the same offsets,
 * which tests/check_layout.sh compares.
 */
#ifndef POSTERN_STATS_STATS_FIELDS_H
#define POSTERN_STATS_STATS_FIELDS_H

#include <stdint.h>

#include <postern/stats.h>

#include "base/attributes.h"

/* The values that a field can have.  A reader replaces any other value. */
enum pst_stats_values {
	PST_STATS_U64 = 0,      /* any; also arrays of such words */
	PST_STATS_U32,          /* at most 32 bits */
	PST_STATS_SLOTS,        /* at most the number of slots */
	PST_STATS_PID,          /* a positive int32_t, or 0 */
	PST_STATS_DIRECTIONS,
	PST_STATS_FLAGS,
	PST_STATS_STATE,
	PST_STATS_REASON,
	PST_STATS_NAME,
};

struct pst_stats_field {
	const char *name;       /* of the member */
	const char *metric;     /* NULL: it is not a metric */
	const char *unit;       /* "bytes", "ns", or NULL */
	const char *description;
	uint16_t at;            /* bytes from the start of its entry or block */
	uint16_t offset;        /* in the public struct */
	uint16_t member_bytes;
	uint8_t values;         /* enum pst_stats_values */
	uint8_t kind;           /* enum postern_stats_kind; 0: not a number */
};

/* Each ends with a row without a name.  The order is that of output. */
extern const struct pst_stats_field pst_stats_node_fields[];
extern const struct pst_stats_field pst_stats_peer_fields[];
extern const struct pst_stats_field pst_stats_channel_fields[];
extern const struct pst_stats_field pst_stats_latency_fields[];

/* As postern_stats_field_at(), for a valid group.  0 or -ENOENT. */
PST_MUST_CHECK int
pst_stats_describe_field(enum postern_stats_group group, uint32_t index,
			 struct postern_stats_field *ret_field);

#endif
