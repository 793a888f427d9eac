/* SPDX-License-Identifier: ISC */
/*
 * Key files, and the key of a node
 *
 * A key file holds one private key as a line of text (crypto/identity.h) and is
 * readable by its owner only (os/secret_file.h).  The key is read into guarded
 * memory directly.
 */
#ifndef POSTERN_IDENTITY_KEY_FILE_H
#define POSTERN_IDENTITY_KEY_FILE_H

#include <postern/policy.h>
#include <postern/result.h>

#include "base/attributes.h"
#include "crypto/identity.h"
#include "policy/policy.h"

/*
 * Create a key, and a new file that holds it.
 *
 * 0, or with error information -EBUSY (the file exists), -ENOENT (no such
 * directory), -EACCES (the directory is not trusted), -ENOMEM (also for guarded
 * memory), or another -errno.
 */
PST_MUST_CHECK int
pst_key_file_create(const char *path,
		    uint8_t ret_public_key[static POSTERN_KEY_BYTES],
		    struct postern_error_info *error);

/*
 * 0, or with error information -ENOENT (no such file), -EACCES (the file is not
 * trusted, or holds no private key), -ENOMEM, or another -errno.
 */
PST_MUST_CHECK int pst_key_file_read(const char *path,
				     struct pst_identity **ret_identity,
				     struct postern_error_info *error);

/* The same, but only the public key. */
PST_MUST_CHECK int
pst_key_file_read_public(const char *path,
			 uint8_t ret_public_key[static POSTERN_KEY_BYTES],
			 struct postern_error_info *error);

/*
 * The key of a node.  Reference-counted, because the node and every handshake
 * that began with the key hold it: the node may change its key before those end.
 * For one thread.
 */
struct pst_node_key;

/*
 * Read it from its file; without a path, return NULL: no key.  0, or with error
 * information -EACCES (also for a missing file), -ENOMEM, or another -errno.
 */
PST_MUST_CHECK int pst_node_key_new(const char *path,
				    struct pst_node_key **ret_key,
				    struct postern_error_info *error);

/* Both accept NULL; unref returns it. */
struct pst_node_key *pst_node_key_ref(struct pst_node_key *key);
struct pst_node_key *pst_node_key_unref(struct pst_node_key *key);

/* NULL if key is NULL. */
const struct pst_identity *
pst_node_key_identity(const struct pst_node_key *key);

/*
 * Check that a node has one of the keys that its policy lists, and no key if it
 * lists none: clients rely on the policy and would refuse the node one by one.
 * 0, or -EACCES with error information that says how to correct it.
 */
PST_MUST_CHECK int pst_node_key_check(const struct pst_node_key *key,
				      const struct pst_policy_node *rules,
				      struct postern_error_info *error);

#endif
