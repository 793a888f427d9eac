/* SPDX-License-Identifier: ISC */
/*
 * Tests of a cipher that this host may not have
 */
#ifndef POSTERN_UNIT_CRYPTO_CIPHER_SKIP_H
#define POSTERN_UNIT_CRYPTO_CIPHER_SKIP_H

#include <stdio.h>

#include "crypto/cipher.h"

/* The test does nothing more where the processor has no AES. */
#define SKIP_WITHOUT_CIPHER(kind) \
	do { \
		if (!pst_cipher_is_available(kind)) { \
			printf("SKIP: %s: no AES in this processor\n", \
			       __func__); \
			(void)fflush(stdout); \
			return; \
		} \
	} while (0)

#endif
