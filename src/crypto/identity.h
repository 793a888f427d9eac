/* SPDX-License-Identifier: ISC */
/*
 * Identities: a static key pair of X25519 (RFC 7748), and its text
 *
 * The private key is one line of text, 32 bytes in URL-safe base64 without
 * padding (RFC 4648, section 5) behind a word that no policy takes for a public
 * one:
 *
 *	x25519-private:BASE64
 *
 * Text in, text out; files are not this layer's business.
 */
#ifndef POSTERN_CRYPTO_IDENTITY_H
#define POSTERN_CRYPTO_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define PST_IDENTITY_KEY_BYTES 32

/* "x25519:", 43 characters and a zero; "x25519-private:", 43 and a newline. */
#define PST_IDENTITY_PUBLIC_TEXT_BYTES 51
#define PST_IDENTITY_PRIVATE_TEXT_BYTES 59

/* Secret: of pst_secret_new(). */
struct pst_identity {
	uint8_t private_key[PST_IDENTITY_KEY_BYTES];
	uint8_t public_key[PST_IDENTITY_KEY_BYTES];
};

/* In place, in secret memory: of this private key, or of a random one. */
void pst_identity_init(struct pst_identity *identity,
		       const uint8_t *private_key);

/* A new pair.  NULL if there is no memory for secrets. */
PST_MUST_CHECK struct pst_identity *pst_identity_new(void);

/*
 * From its text, which the caller wipes: exactly that line, and nothing that
 * decodes to the same bytes in another way.  The newline may be missing.  32
 * zero bytes are no key.
 *
 * Returns 0, -EINVAL (it is not), or -ENOMEM.
 */
PST_MUST_CHECK int
pst_identity_new_from_text(const char *text, size_t text_bytes,
			   struct pst_identity **ret_identity);

/* Accepts NULL; returns NULL. */
struct pst_identity *pst_identity_free(struct pst_identity *identity);

/* The private one's text, not terminated: into secret memory. */
void pst_identity_private_text(
	const struct pst_identity *identity,
	char ret_text[static PST_IDENTITY_PRIVATE_TEXT_BYTES]);

/* The text of a public key, terminated. */
void pst_identity_public_text(
	const uint8_t public_key[static PST_IDENTITY_KEY_BYTES],
	char ret_text[static PST_IDENTITY_PUBLIC_TEXT_BYTES]);

#endif
