/* SPDX-License-Identifier: ISC */
/*
 * Blocks by table
 *
 * Each kind of block is a table of its keys: how many words a key takes, whether
 * it has a block or may repeat, and which function reads it.  One function walks
 * all blocks and checks this, so that no reader can forget to.
 */
#ifndef POSTERN_POLICY_POLICY_BLOCK_H
#define POSTERN_POLICY_POLICY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy_builder.h"
#include "policy/policy_tree.h"

/* Reads one directive into the field of its key, or the object of the block. */
typedef void pst_policy_read_fn(struct pst_policy_builder *builder,
				const struct pst_policy_directive *directive,
				void *field);

enum pst_policy_key_flag {
	PST_POLICY_KEY_HAS_BLOCK = 1u << 0,
	PST_POLICY_KEY_MAY_REPEAT = 1u << 1,
	/* errors in its value concern the second fault of the block */
	PST_POLICY_KEY_SECOND_FAULT = 1u << 2,
	/* in canonical order it precedes the key above it in the table */
	PST_POLICY_KEY_SORTS_EARLIER = 1u << 3
};

struct pst_policy_key {
	const char *name;
	uint32_t least_word_count;  /* behind the key */
	uint32_t most_word_count;
	uint32_t flags;             /* PST_POLICY_KEY_* */
	uint32_t field_offset;      /* in the object of the block */
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

/* The kind of block that a key begins, or NULL. */
const struct pst_policy_block_kind *pst_policy_block_find(const char *key);

/*
 * Read the directives of one block into an object.  second_fault may be NULL if
 * no key of the kind has PST_POLICY_KEY_SECOND_FAULT.  Returns whether no line
 * had an error or was cut off, so that a missing line is one.
 *
 * A line that is invalid in this block may be valid in the block that it was
 * written for: an unknown key that is no mistyped key of this kind, a key given
 * twice.  Such an error concerns the whole file, because any other block may
 * lack the line.
 */
bool pst_policy_block_read(struct pst_policy_builder *builder,
			   const struct pst_policy_block_kind *kind,
			   const struct pst_policy_directive *first,
			   void *object,
			   const struct pst_policy_fault **second_fault);

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
