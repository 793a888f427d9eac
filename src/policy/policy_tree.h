/* SPDX-License-Identifier: ISC */
/*
 * The tree of directives
 *
 * The syntax of a text without its meaning: directives with their words, blocks
 * and locations, and the comments around them.  The builder gives it meaning,
 * `fmt` and `show` print it again.
 */
#ifndef POSTERN_POLICY_POLICY_TREE_H
#define POSTERN_POLICY_POLICY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define PST_POLICY_WORDS_MAX 64u
#define PST_POLICY_DEPTH_MAX 8u

struct pst_policy_directive;
struct pst_policy_fault;
struct pst_policy_source;

struct pst_policy_word {
	const struct pst_policy_directive *directive;
	const char *text;
	uint32_t column;   /* of the first byte, of the quote if there is one */
	uint32_t width;    /* with the quotes */
};

/* A comment on a line of its own, or a blank line (text NULL). */
struct pst_policy_remark {
	struct pst_policy_remark *next;
	const char *text;
};

struct pst_policy_directive {
	struct pst_policy_directive *next;
	struct pst_policy_directive *parent;    /* NULL at the top */
	struct pst_policy_directive *children;
	const struct pst_policy_source *source;

	uint32_t line;
	uint32_t word_count;
	struct pst_policy_word *words;          /* words[0] is the key */
	bool has_block;
	uint32_t open_column;                   /* of the brace */

	struct pst_policy_remark *before;       /* above the directive */
	const char *comment;                    /* at the end of its line */
	struct pst_policy_remark *inside_end;   /* above the closing brace */
	const char *close_comment;              /* behind the closing brace */
};

/*
 * One text. message is NULL if the syntax is valid; else directives hold those
 * before the error, with open blocks closed.
 */
struct pst_policy_source {
	const char *name;
	const char *text;
	size_t text_bytes;
	uint32_t owner_uid;

	struct pst_policy_directive *directives;
	struct pst_policy_remark *at_end;
	uint32_t end_line;          /* where the text ends */
	uint32_t end_column;

	const char *message;        /* of the syntax error */
	const char *hint;
	uint32_t error_line;
	uint32_t error_column;
	uint32_t error_width;
	const struct pst_policy_fault *fault; /* outside of its blocks */
	const struct pst_policy_directive *unclosed; /* the innermost block */
};

/*
 * Copy the text and read it.  The name of the source and the strings of words
 * and comments are in the string arena, which may outlive the other one.  NULL
 * when memory is out; a syntax error is in the source.
 */
struct pst_policy_source *pst_policy_tree_new(struct pst_arena *arena,
					      struct pst_arena *string_arena,
					      const char *name,
					      const char *text,
					      size_t text_bytes,
					      uint32_t owner_uid);

/* The first directive of a block with this key, or NULL. */
const struct pst_policy_directive *
pst_policy_find_child(const struct pst_policy_directive *block,
		      const char *key);

/* One line of the text, without its newline; empty beyond the last. */
const char *pst_policy_tree_line(const struct pst_policy_source *source,
				 uint32_t line, size_t *ret_line_bytes);

#endif
