/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as the text of a private key
 *
 * They are refused, or are exactly how the key that was read is written.  Each
 * input is tried as it is, and as the digits of a line that has all else.
 */
#include "crypto/identity.h"

#include <errno.h>

#include "crypto/secret.h"
#include "fuzz/fuzz_input.h"

#define PREFIX "x25519-private:"
#define PREFIX_BYTES (sizeof(PREFIX) - 1)

static void require_public_key(const struct pst_identity *identity)
{
	char text[PST_IDENTITY_PUBLIC_TEXT_BYTES];
	struct pst_identity *again = pst_secret_new(sizeof(*again));

	require(again != NULL);
	pst_identity_init(again, identity->private_key);
	require(memcmp(again, identity, sizeof(*again)) == 0);
	pst_identity_public_text(identity->public_key, text);
	require(memchr(text, '\0', sizeof(text)) == text + sizeof(text) - 1);
	again = pst_identity_free(again);
}

static void read_text(const char *text, size_t text_bytes)
{
	char again[PST_IDENTITY_PRIVATE_TEXT_BYTES];
	struct pst_identity *identity = NULL;
	int r = pst_identity_new_from_text(text, text_bytes, &identity);

	if (r < 0) {
		require(r == -EINVAL && identity == NULL);
		return;
	}
	pst_identity_private_text(identity, again);
	require(text_bytes == sizeof(again) ||
		text_bytes == sizeof(again) - 1);
	require(memcmp(text, again, text_bytes) == 0);
	require_public_key(identity);
	identity = pst_identity_free(identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	/* On the heap and of this very size, for the sanitizer to watch. */
	char *line = malloc(PREFIX_BYTES + byte_count);

	require(line != NULL);
	memcpy(line, PREFIX, PREFIX_BYTES);
	if (byte_count > 0)
		memcpy(line + PREFIX_BYTES, bytes, byte_count);
	read_text((const char *)bytes, byte_count);
	read_text(line, PREFIX_BYTES + byte_count);
	free(line);
	return 0;
}
