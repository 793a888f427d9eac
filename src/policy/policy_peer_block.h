/* SPDX-License-Identifier: ISC */
/*
 * The lines of a peer block, one reader for each key
 */
#ifndef POSTERN_POLICY_POLICY_PEER_BLOCK_H
#define POSTERN_POLICY_POLICY_PEER_BLOCK_H

#include <stdbool.h>

#include "base/attributes.h"
#include "policy/policy_block.h"
#include "policy/policy_table.h"

/* What the readers get as their object. */
struct pst_policy_peer_block {
	struct pst_policy_peer *peer;
	struct pst_policy_line **line_tail;
	bool has_strong_line;
};

/* Add a line with an empty value for each word behind the key. */
PST_MUST_CHECK
int pst_policy_peer_line(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 enum pst_policy_line_key key, void *object,
			 struct pst_policy_line **ret_line);

/* Reads the value of one word; its text is set. */
typedef int pst_policy_value_fn(struct pst_policy_builder *builder,
				const struct pst_policy_directive *directive,
				uint32_t word_index,
				struct pst_policy_value *value);

/* Add a line whose words are read one by one. */
PST_MUST_CHECK
int pst_policy_peer_values(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   enum pst_policy_line_key key, void *object,
			   pst_policy_value_fn *read_value);

/* The lines whose values the host must answer for. */
pst_policy_read_fn pst_policy_peer_user;
pst_policy_read_fn pst_policy_peer_group;
pst_policy_read_fn pst_policy_peer_key;
pst_policy_read_fn pst_policy_peer_key_file;
pst_policy_read_fn pst_policy_peer_pid;

#endif
