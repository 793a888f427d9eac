/* SPDX-License-Identifier: ISC */
/*
 * Blocks by table
 *
 * Each kind of block is a table of its keys: how many words a key takes,
 * whether it has a block, whether it may come twice, and who reads it.  One
 * walker checks all of that, so no key can forget to.
 */
#ifndef POSTERN_POLICY_POLICY_BLOCK_H
#define POSTERN_POLICY_POLICY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "policy/policy_builder.h"
#include "policy/policy_tree.h"

typedef int pst_policy_read_fn(struct pst_policy_builder *builder,
			       const struct pst_policy_directive *directive,
			       void *object);

struct pst_policy_key {
	const char *name;
	uint32_t least_word_count;  /* behind the key */
	uint32_t most_word_count;
	bool has_block;
	bool may_repeat;
	pst_policy_read_fn *read;
	const char *usage;
};

#define PST_POLICY_ANY_WORD_COUNT (PST_POLICY_WORDS_MAX - 1)

struct pst_policy_block_kind {
	const char *name;
	const struct pst_policy_key *keys;
	size_t key_count;
};

extern const struct pst_policy_block_kind pst_policy_top_block;
extern const struct pst_policy_block_kind pst_policy_peer_block;
extern const struct pst_policy_block_kind pst_policy_tenant_block;
extern const struct pst_policy_block_kind pst_policy_node_block;
extern const struct pst_policy_block_kind pst_policy_extension_block;
extern const struct pst_policy_block_kind pst_policy_allow_block;
extern const struct pst_policy_block_kind pst_policy_limits_block;

/*
 * Read the directives of one block.
 *
 * A line that is wrong in this block may be right in the block that it was
 * written for: an unknown key that is no key of this kind mistyped, a key given
 * twice.  Such an error concerns the whole file, because the other block lacks
 * the line and can be any.
 */
PST_MUST_CHECK
int pst_policy_block_read(struct pst_policy_builder *builder,
			  const struct pst_policy_block_kind *kind,
			  const struct pst_policy_directive *first,
			  void *object);

/*
 * A mistyped word may have meant this name: if it is near, and nearer than
 * *nearest (NULL: none so far), it becomes *nearest.
 */
void pst_policy_suggest(const char *word, const char *name,
			const char **nearest);

/* How many single edits (swaps of neighbours too) lead from a to b, or more
 * than `most` when it is more. */
size_t pst_policy_edit_count(const char *a, const char *b, size_t most);

#endif
