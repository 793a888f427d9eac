/* SPDX-License-Identifier: ISC */
/*
 * Key files, and the key of a node: see key_file.h
 */
#include "identity/key_file.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/result.h"
#include "crypto/secret.h"
#include "os/secret_file.h"
#include "policy/policy_table.h"

/* One byte more than a key, to detect a longer file. */
#define CAPACITY_BYTES (PST_IDENTITY_PRIVATE_TEXT_BYTES + 1)

static_assert(PST_IDENTITY_KEY_BYTES == POSTERN_KEY_BYTES, "one kind of key");

struct pst_node_key {
	size_t reference_count;
	struct pst_identity *identity;
};

static int refuse_memory(struct postern_error_info *error)
{
	(void)pst_error_setf(error, POSTERN_REASON_RESOURCES,
			     "no memory for a key, which has to be locked: see "
			     "ulimit -l");
	return -ENOMEM;
}

static int refuse_fault(struct postern_error_info *error, int result,
			const struct pst_path_fault *fault)
{
	bool is_full = result == -EFBIG || result == -ENOSPC ||
		       result == -EDQUOT;

	(void)pst_error_set(error, is_full ? POSTERN_REASON_RESOURCES
					   : POSTERN_REASON_KEY);
	pst_path_fault_describe(fault, geteuid(), error->detail,
				sizeof(error->detail));
	return is_full ? -ENOMEM : result;
}

int pst_key_file_create(const char *path,
			uint8_t ret_public_key[static POSTERN_KEY_BYTES],
			struct postern_error_info *error)
{
	struct pst_identity *identity = pst_identity_new();
	char *text = pst_secret_new(PST_IDENTITY_PRIVATE_TEXT_BYTES);
	struct pst_path_fault fault;
	int r;

	if (!identity || !text) {
		r = refuse_memory(error);
	} else {
		pst_identity_private_text(identity, text);
		r = pst_secret_file_create(path, geteuid(), text,
					   PST_IDENTITY_PRIVATE_TEXT_BYTES,
					   &fault);
		if (r < 0)
			r = refuse_fault(error, r == -EEXIST ? -EBUSY : r,
					 &fault);
	}
	if (r == 0)
		memcpy(ret_public_key, identity->public_key, POSTERN_KEY_BYTES);
	text = pst_secret_free(text);
	identity = pst_identity_free(identity);
	return r;
}

static int parse(const char *path, const char *text, size_t text_bytes,
		 struct postern_error_info *error,
		 struct pst_identity **ret_identity)
{
	int r;

	r = pst_identity_new_from_text(text, text_bytes, ret_identity);
	if (r == -ENOMEM)
		return refuse_memory(error);
	if (r < 0) {
		(void)pst_error_setf(
			error, POSTERN_REASON_KEY,
			"%s holds no private key: 'postern key create' "
			"makes one",
			path);
		return -EACCES;
	}
	return 0;
}

int pst_key_file_read(const char *path, struct pst_identity **ret_identity,
		      struct postern_error_info *error)
{
	char *text = pst_secret_new(CAPACITY_BYTES);
	struct pst_path_fault fault;
	size_t text_bytes;
	int r;

	if (!text)
		return refuse_memory(error);
	r = pst_secret_file_read(path, geteuid(), text, CAPACITY_BYTES,
				 &text_bytes, &fault);
	if (r < 0)
		r = refuse_fault(error, r, &fault);
	else
		r = parse(path, text, text_bytes, error, ret_identity);
	text = pst_secret_free(text);
	return r;
}

int pst_key_file_read_public(const char *path,
			     uint8_t ret_public_key[static POSTERN_KEY_BYTES],
			     struct postern_error_info *error)
{
	struct pst_identity *identity;
	int r;

	r = pst_key_file_read(path, &identity, error);
	if (r < 0)
		return r;
	memcpy(ret_public_key, identity->public_key, POSTERN_KEY_BYTES);
	identity = pst_identity_free(identity);
	return 0;
}

int pst_node_key_new(const char *path, struct pst_node_key **ret_key,
		     struct postern_error_info *error)
{
	struct pst_node_key *key = NULL;
	int r;

	if (!path) {
		*ret_key = NULL;
		return 0;
	}
	key = calloc(1, sizeof(*key));
	if (!key)
		return -ENOMEM;
	key->reference_count = 1;
	r = pst_key_file_read(path, &key->identity, error);
	if (r < 0) {
		free(key);
		/* -ENOENT would mean that there is no such node. */
		return r == -ENOENT ? -EACCES : r;
	}
	*ret_key = key;
	return 0;
}

struct pst_node_key *pst_node_key_ref(struct pst_node_key *key)
{
	if (key)
		key->reference_count++;
	return key;
}

struct pst_node_key *pst_node_key_unref(struct pst_node_key *key)
{
	if (!key || --key->reference_count > 0)
		return NULL;
	key->identity = pst_identity_free(key->identity);
	free(key);
	return NULL;
}

const struct pst_identity *pst_node_key_identity(const struct pst_node_key *key)
{
	return key ? key->identity : NULL;
}

static bool is_listed(const struct pst_identity *identity,
		      const struct pst_policy_node *rules)
{
	const struct pst_policy_node_key *listed;

	for (listed = rules->keys; listed; listed = listed->next)
		if (memcmp(listed->key, identity->public_key,
			   sizeof(listed->key)) == 0)
			return true;
	return false;
}

/* The location of the error is the line that lists a key. */
static int refuse_by(const struct pst_policy_node_key *listed,
		     struct postern_error_info *error)
{
	char text[PST_IDENTITY_PUBLIC_TEXT_BYTES];

	pst_identity_public_text(listed->key, text);
	error->line = listed->location.line;
	(void)snprintf(error->file, sizeof(error->file), "%s",
		       listed->location.file);
	(void)snprintf(error->rule, sizeof(error->rule), "key %s", text);
	return -EACCES;
}

int pst_node_key_check(const struct pst_node_key *key,
		       const struct pst_policy_node *rules,
		       struct postern_error_info *error)
{
	const struct pst_identity *identity = pst_node_key_identity(key);
	char text[PST_IDENTITY_PUBLIC_TEXT_BYTES] = "";

	if (!identity && !rules->keys)
		return 0;
	if (!identity) {
		(void)pst_error_setf(
			error, POSTERN_REASON_KEY,
			"the node has a key in the policy: open it "
			"with the file of the private one (key_file, "
			"--key)");
		return refuse_by(rules->keys, error);
	}
	if (is_listed(identity, rules))
		return 0;
	pst_identity_public_text(identity->public_key, text);
	(void)pst_error_setf(
		error, POSTERN_REASON_KEY,
		"the policy does not list the key that the node is "
		"opened with: add 'key %s' to the node",
		text);
	return rules->keys ? refuse_by(rules->keys, error) : -EACCES;
}
