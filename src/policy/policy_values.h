/* SPDX-License-Identifier: ISC */
/*
 * Values of single words: numbers, names, paths, keys, users, groups
 *
 * The functions on strings are pure.  Those that take a word return true and write
 * the value, or report an error of the word and return false.
 */
#ifndef POSTERN_POLICY_POLICY_VALUES_H
#define POSTERN_POLICY_POLICY_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "policy/policy_builder.h"
#include "policy/policy_tree.h"

/* No sign, no leading zero, digits only, at most `most`. */
bool pst_policy_is_number(const char *text, uint64_t most,
			  uint64_t *ret_number);

/* [A-Za-z0-9][A-Za-z0-9_.-]{0,62} */
bool pst_policy_is_name(const char *text);

/* Absolute, and without empty, "." or ".." parts; "/" itself counts. */
bool pst_policy_is_path(const char *text);

/* "x25519:" and 32 bytes in URL-safe base64 without padding. */
bool pst_policy_is_key(const char *text,
		       uint8_t ret_key[static POSTERN_KEY_BYTES]);

/* Two such numbers, FIRST and SECOND, with this byte between them. */
bool pst_policy_is_pair(const char *text, char separator, uint64_t most_first,
			uint64_t most_second, uint64_t *ret_first,
			uint64_t *ret_second);

/* A whole number of at least `least`. */
bool pst_policy_word_number(struct pst_policy_builder *builder,
			    const struct pst_policy_word *word, uint64_t least,
			    uint64_t most, uint64_t *ret_number);

/* A name of ours: of a peer, tenant or node. */
bool pst_policy_word_name(struct pst_policy_builder *builder,
			  const struct pst_policy_word *word);

bool pst_policy_word_path(struct pst_policy_builder *builder,
			  const struct pst_policy_word *word);

bool pst_policy_word_key(struct pst_policy_builder *builder,
			 const struct pst_policy_word *word, uint8_t *ret_key);

/* One of a few words; *ret_index is which. */
bool pst_policy_word_choice(struct pst_policy_builder *builder,
			    const struct pst_policy_word *word,
			    const char *const *choices, size_t choice_count,
			    uint32_t *ret_index);

/* FIRST-LAST, both of digits. */
bool pst_policy_is_range(const char *text);

/* A range of uids that ascends and has no overflow id in it. */
bool pst_policy_word_range(struct pst_policy_builder *builder,
			   const struct pst_policy_word *word,
			   uint64_t *ret_first, uint64_t *ret_last);

/*
 * A user or group of the host, by name or number.  *ret_fact is KNOWN, or
 * UNKNOWN for a name that is only assumed.  Overflow ids are errors.
 */
typedef bool pst_policy_word_id_fn(struct pst_policy_builder *builder,
				   const struct pst_policy_word *word,
				   enum postern_fact_state *ret_fact,
				   uint32_t *ret_id);
pst_policy_word_id_fn pst_policy_word_user;
pst_policy_word_id_fn pst_policy_word_group;

#endif
