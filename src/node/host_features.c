/* SPDX-License-Identifier: ISC */
/*
 * Which of the optional features this host has
 *
 * The kernel's are tried by one layer, the cipher's by another; this one knows
 * both.
 */
#include "node/host_features.h"

#include <postern/result.h>

#include "os/features.h"

uint32_t pst_host_features(uint32_t features_off)
{
	uint32_t features = pst_features_probe(features_off);

	if (pst_cipher_is_available(PST_CIPHER_AESGCM))
		features |= POSTERN_FEATURE_AES;
	return features & ~features_off;
}

enum pst_cipher_kind pst_host_cipher(uint32_t features)
{
	return features & POSTERN_FEATURE_AES ? PST_CIPHER_AESGCM
					      : PST_CIPHER_CHACHAPOLY;
}

/* ChaChaPoly is there everywhere. */
uint32_t pst_host_cipher_bits(uint32_t features)
{
	return 1u << pst_host_cipher(features) | 1u << PST_CIPHER_CHACHAPOLY;
}
