/* SPDX-License-Identifier: ISC */
/*
 * Which of the optional features this host has
 */
#ifndef POSTERN_NODE_HOST_FEATURES_H
#define POSTERN_NODE_HOST_FEATURES_H

#include <stdint.h>

#include "crypto/cipher.h"

/*
 * POSTERN_FEATURE_* bits: those of the kernel, as pst_features_probe() finds
 * them, and those that the ciphers use; without those in features_off.
 */
uint32_t pst_host_features(uint32_t features_off);

/*
 * The cipher that a connector with these features begins with, and those that a
 * node with these takes, as bits 1 << PST_CIPHER_*.
 */
enum pst_cipher_kind pst_host_cipher(uint32_t features);
uint32_t pst_host_cipher_bits(uint32_t features);

#endif
