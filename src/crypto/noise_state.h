/* SPDX-License-Identifier: ISC */
/*
 * The state of a Noise handshake, for noise.c and its tests
 *
 * A failed handshake is zero, and so is each handshake in a forked child: it
 * has no pattern.
 */
#ifndef POSTERN_CRYPTO_NOISE_STATE_H
#define POSTERN_CRYPTO_NOISE_STATE_H

#include <stdint.h>

#include "crypto/identity.h"
#include "crypto/noise.h"
#include "crypto/noise_symmetric.h"

struct pst_noise_table; /* a pattern */

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

#endif
