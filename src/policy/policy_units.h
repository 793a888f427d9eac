/* SPDX-License-Identifier: ISC */
/*
 * Numbers with units, and the words of limits
 *
 * One table of units and one of limits serve the reader of policies and all
 * that print limits as the policy language writes them.
 */
#ifndef POSTERN_POLICY_POLICY_UNITS_H
#define POSTERN_POLICY_POLICY_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

struct pst_policy_builder;
struct pst_policy_word;

#define PST_POLICY_LIMIT_TEXT_BYTES 64

enum pst_policy_unit {
	PST_POLICY_UNIT_COUNT,            /* 12 */
	PST_POLICY_UNIT_COUNT_A_SECOND,   /* 500/s */
	PST_POLICY_UNIT_BYTES,            /* 64KiB */
	PST_POLICY_UNIT_BYTES_A_SECOND,   /* 64KiB/s */
	PST_POLICY_UNIT_NS                /* 10min */
};

/* In the order of enum postern_on_exceed, postern_security and postern_audit, and
 * of the bits of a direction. */
extern const char *const pst_policy_on_exceed_names[3];
extern const char *const pst_policy_security_names[3];
extern const char *const pst_policy_audit_names[3];
extern const char *const pst_policy_direction_names[4];

/* A number with its unit, at least 1, in bytes, counts or nanoseconds.  Returns
 * as the functions of policy_values.h do. */
bool pst_policy_word_quantity(struct pst_policy_builder *builder,
			      const struct pst_policy_word *word,
			      enum pst_policy_unit unit,
			      uint64_t *ret_quantity);

/* "4MiB", "500/s", "10min", "drop": as it would be written in a policy. */
void pst_policy_limit_text(size_t limit_key, uint64_t number,
			   char value[static PST_POLICY_LIMIT_TEXT_BYTES]);

/* The key, and "rate burst" for the burst of a rate. */
const char *pst_policy_limit_name(size_t limit_key);
enum pst_policy_unit pst_policy_limit_unit(size_t limit_key);

/* "none", "mac" or "aead". */
const char *pst_policy_security_name(enum postern_security security);

/* "send", "receive", "both"; "none" of no bit. */
const char *pst_policy_directions_name(uint32_t directions);

#endif
