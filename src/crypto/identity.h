/* SPDX-License-Identifier: ISC */
/*
 * Identities: a static key pair of X25519 (RFC 7748), and its text
 *
 * The text of a private key is one line: 32 bytes in URL-safe base64 without
 * padding (RFC 4648, section 5).  A policy does not accept its prefix as that
 * of a public key:
 *
 *	x25519-private:BASE64
 *
 * Key files belong to the identity layer.
 */
#ifndef POSTERN_CRYPTO_IDENTITY_H
#define POSTERN_CRYPTO_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define PST_IDENTITY_KEY_BYTES 32

/* "x25519:", 43 digits, zero byte; "x25519-private:", 43 digits, newline. */
#define PST_IDENTITY_PUBLIC_TEXT_BYTES 51
#define PST_IDENTITY_PRIVATE_TEXT_BYTES 59

/* Secret: in memory of pst_secret_new(). */
struct pst_identity {
	uint8_t private_key[PST_IDENTITY_KEY_BYTES];
	uint8_t public_key[PST_IDENTITY_KEY_BYTES];
};

/* Initialise secret memory with this private key; NULL: a random one. */
void pst_identity_init(struct pst_identity *identity,
		       const uint8_t *private_key);

/* A random pair.  NULL if there is no memory for secrets. */
PST_MUST_CHECK struct pst_identity *pst_identity_new(void);

/*
 * Parse the text of a private key; the caller wipes the text.  A key has
 * exactly one text; only the newline may be missing.  32 zero bytes are not a
 * key.
 *
 * Returns 0, -EINVAL (not a key) or -ENOMEM.
 */
PST_MUST_CHECK int
pst_identity_new_from_text(const char *text, size_t text_bytes,
			   struct pst_identity **ret_identity);

/* Accepts NULL; returns NULL. */
struct pst_identity *pst_identity_free(struct pst_identity *identity);

/* The text of the private key, not terminated.  ret_text is secret memory. */
void pst_identity_private_text(
	const struct pst_identity *identity,
	char ret_text[static PST_IDENTITY_PRIVATE_TEXT_BYTES]);

/* The text of a public key, terminated. */
void pst_identity_public_text(
	const uint8_t public_key[static PST_IDENTITY_KEY_BYTES],
	char ret_text[static PST_IDENTITY_PUBLIC_TEXT_BYTES]);

#endif
