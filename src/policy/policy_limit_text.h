/* SPDX-License-Identifier: ISC */
/*
 * Limits, and the words beside them, as the policy language writes them
 */
#ifndef POSTERN_POLICY_POLICY_LIMIT_TEXT_H
#define POSTERN_POLICY_POLICY_LIMIT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#define PST_POLICY_LIMIT_TEXT_BYTES 64

/* "4MiB", "500/s", "10min", "drop": as it would be written in a policy. */
void pst_policy_limit_text(size_t limit_key, uint64_t number,
			   char value[static PST_POLICY_LIMIT_TEXT_BYTES]);

/* The key, and "rate burst" for the burst of a rate. */
const char *pst_policy_limit_name(size_t limit_key);

/* "none", "mac" or "aead". */
const char *pst_policy_security_name(enum postern_security security);

/* "send", "receive", "both"; "none" of no bit. */
const char *pst_policy_directions_name(uint32_t directions);

#endif
