/* SPDX-License-Identifier: ISC */
/*
 * Private keys in files
 *
 * One line of text (crypto/identity.h) in a file that nobody else may read
 * (os/secret_file.h).  From the disk on it is in no memory but that of secrets.
 */
#ifndef POSTERN_IDENTITY_KEY_FILE_H
#define POSTERN_IDENTITY_KEY_FILE_H

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/identity.h"
#include "policy/policy.h"

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

struct pst_node_key;

/*
 * From its file; a NULL path leads to NULL, no key.  0, or with a refusal
 * -EACCES (also for a missing file), -ENOMEM, or another -errno.
 */
PST_MUST_CHECK int pst_node_key_new(const char *path,
				    struct postern_refusal *refusal,
				    struct pst_node_key **ret_key);

/* Both accept NULL; unref returns it. */
struct pst_node_key *pst_node_key_ref(struct pst_node_key *key);
struct pst_node_key *pst_node_key_unref(struct pst_node_key *key);

/* NULL for NULL. */
const struct pst_identity *
pst_node_key_identity(const struct pst_node_key *key);

/*
 * A node has a key exactly if its policy lists some, and one of those.  0, or
 * -EACCES with a refusal that says what to do about it.
 */
PST_MUST_CHECK int pst_node_key_check(const struct pst_node_key *key,
				      const struct pst_policy_node *rules,
				      struct postern_refusal *refusal);

#endif
