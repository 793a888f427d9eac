/* SPDX-License-Identifier: ISC */
/*
 * What a Noise handshake consists of
 *
 * One that has failed is wiped as a whole, and zero is what it looks like: it
 * has no pattern.  So has one that a forked child finds.
 */
#ifndef POSTERN_CRYPTO_NOISE_STATE_H
#define POSTERN_CRYPTO_NOISE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/identity.h"
#include "crypto/noise.h"
#include "crypto/noise_pattern.h"
#include "crypto/noise_symmetric.h"

struct pst_noise {
	struct pst_noise_symmetric symmetric;
	const struct pst_noise_table *pattern;
	enum pst_noise_role role;
	unsigned int message_count;     /* sent and received so far */
	const struct pst_identity *borrow_own;
	struct pst_identity ephemeral;
	uint8_t shared_secret[PST_NOISE_KEY_BYTES];
	uint8_t peer_static[PST_NOISE_KEY_BYTES];
	uint8_t peer_ephemeral[PST_NOISE_KEY_BYTES];
};

/* Both messages passed. */
static inline bool pst_noise_is_complete(const struct pst_noise *noise)
{
	return noise->pattern &&
	       noise->message_count == PST_NOISE_MESSAGE_COUNT;
}

#endif
