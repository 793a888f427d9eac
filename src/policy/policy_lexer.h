/* SPDX-License-Identifier: ISC */
/*
 * Bytes to tokens
 *
 * The lexical shape is that of scfg, narrowed: no escapes, and printable ASCII
 * only outside comments, so that a pasted typographic quote or a non-breaking
 * space is an error instead of part of a name.  A comment begins with '#' where
 * a word could begin; '#', '"', '{' and '}' inside a bare word are errors.
 */
#ifndef POSTERN_POLICY_POLICY_LEXER_H
#define POSTERN_POLICY_POLICY_LEXER_H

#include <stddef.h>
#include <stdint.h>

enum pst_policy_token_type {
	PST_POLICY_TOKEN_END = 0,  /* of the text */
	PST_POLICY_TOKEN_WORD,
	PST_POLICY_TOKEN_OPEN,
	PST_POLICY_TOKEN_CLOSE,
	PST_POLICY_TOKEN_NEWLINE,
	PST_POLICY_TOKEN_COMMENT,  /* from '#', without the newline */
	PST_POLICY_TOKEN_ERROR     /* the text cannot be read any further */
};

/* Columns count bytes from 1; a quoted word's bytes are those inside. */
struct pst_policy_token {
	enum pst_policy_token_type type;
	const char *bytes;      /* into the text */
	size_t byte_count;
	uint32_t line;
	uint32_t column;
	uint32_t width;
	const char *message;    /* of an error */
	const char *hint;       /* of an error, or NULL */
};

struct pst_policy_lexer {
	const char *text;
	size_t text_bytes;
	size_t offset;
	size_t line_offset;
	uint32_t line;
};

/* The text is borrowed for as long as tokens are in use. */
void pst_policy_lexer_init(struct pst_policy_lexer *lexer, const char *text,
			   size_t text_bytes);

/* After an error or the end the same token comes again. */
struct pst_policy_token pst_policy_lexer_next(struct pst_policy_lexer *lexer);

#endif
