/* SPDX-License-Identifier: ISC */
/*
 * Private keys in files
 *
 * One line of text (crypto/identity.h) in a file that nobody else may read
 * (os/secret_file.h).  From the disk on it is in no memory but that of secrets.
 */
#ifndef POSTERN_NODE_IDENTITY_FILE_H
#define POSTERN_NODE_IDENTITY_FILE_H

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/identity.h"

/*
 * Make a new key and the file for it, which is not there yet.
 *
 * 0, or with a refusal -EBUSY (there is such a file), -ENOENT (no such
 * directory), -EACCES (the directory will not do), -ENOMEM (also for secrets),
 * or another -errno.
 */
PST_MUST_CHECK int
pst_identity_file_create(const char *path, struct postern_refusal *refusal,
			 uint8_t ret_public_key[static POSTERN_KEY_BYTES]);

/*
 * 0, or with a refusal -ENOENT (no such file), -EACCES (it is not to be
 * trusted, or has no private key in it), -ENOMEM, or another -errno.
 */
PST_MUST_CHECK int
pst_identity_file_read(const char *path, struct postern_refusal *refusal,
		       struct pst_identity **ret_identity);

/* Only its public key. */
PST_MUST_CHECK int
pst_identity_file_read_public(const char *path,
			      struct postern_refusal *refusal,
			      uint8_t ret_public_key[static POSTERN_KEY_BYTES]);

#endif
