/* SPDX-License-Identifier: ISC */
/*
 * Which of the optional features this host has
 *
 * The kernel's are tried by one layer, the cipher's by another; this one knows
 * both.
 */
#include "node/host_features.h"

#include <postern/result.h>

#include "crypto/cipher.h"
#include "os/features.h"

uint32_t pst_host_features(uint32_t features_off)
{
	uint32_t features = pst_features_probe(features_off);

	if (pst_cipher_is_available(PST_CIPHER_AESGCM))
		features |= POSTERN_FEATURE_AES;
	return features & ~features_off;
}
