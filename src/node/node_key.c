/* SPDX-License-Identifier: ISC */
/*
 * A node's own key
 *
 * The policy is what connectors rely on: a node with a key that nobody was told
 * of, or without the one that everybody was told of, would turn all of them
 * away, one by one and without a word.  So it does not even open.
 */
#include "node/node_key.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/result.h"
#include "node/identity_file.h"

struct pst_node_key {
	size_t reference_count;
	struct pst_identity *identity;
};

int pst_node_key_new(const char *path, struct postern_refusal *refusal,
		     struct pst_node_key **ret_key)
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
	r = pst_identity_file_read(path, refusal, &key->identity);
	if (r < 0) {
		free(key);
		/* That is said of nodes, and somebody may wait for one. */
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
	struct pst_policy_listed_key listed;
	size_t i;

	for (i = 0; pst_policy_node_key_at(rules, i, &listed); i++)
		if (memcmp(listed.key, identity->public_key,
			   sizeof(listed.key)) == 0)
			return true;
	return false;
}

/* The line that lists a key is where to look. */
static int refuse_by(const struct pst_policy_listed_key *listed,
		     struct postern_refusal *refusal)
{
	char text[PST_IDENTITY_PUBLIC_TEXT_BYTES];

	pst_identity_public_text(listed->key, text);
	refusal->line = listed->line;
	(void)snprintf(refusal->file, sizeof(refusal->file), "%s",
		       listed->file);
	(void)snprintf(refusal->rule, sizeof(refusal->rule), "key %s", text);
	return -EACCES;
}

int pst_node_key_check(const struct pst_node_key *key,
		       const struct pst_policy_node *rules,
		       struct postern_refusal *refusal)
{
	const struct pst_identity *identity = pst_node_key_identity(key);
	char text[PST_IDENTITY_PUBLIC_TEXT_BYTES] = "";
	struct pst_policy_listed_key listed;
	bool is_wanted = pst_policy_node_key_at(rules, 0, &listed);

	if (!identity && !is_wanted)
		return 0;
	if (!identity) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_KEY,
			"the node has a key in the policy: open it "
			"with the file of the private one (key_file, "
			"--key)");
		return refuse_by(&listed, refusal);
	}
	if (is_listed(identity, rules))
		return 0;
	pst_identity_public_text(identity->public_key, text);
	(void)pst_error_setf(
		refusal, POSTERN_REASON_KEY,
		"the policy does not list the key that the node is "
		"opened with: add 'key %s' to the node",
		text);
	return is_wanted ? refuse_by(&listed, refusal) : -EACCES;
}
