/* SPDX-License-Identifier: ISC */
/*
 * Bytes to tokens: see policy_lexer.h
 *
 * The lexer never moves past an error: each further call returns the same
 * error, and nothing after it can become part of a policy.
 */
#include "policy/policy_lexer.h"

#include <stdbool.h>
#include <string.h>

static bool is_printable(char byte)
{
	return byte > 0x20 && byte < 0x7f;
}

static bool is_at_end(const struct pst_policy_lexer *lexer)
{
	return lexer->offset == lexer->text_bytes;
}

static char peek_byte(const struct pst_policy_lexer *lexer)
{
	return lexer->text[lexer->offset];
}

static struct pst_policy_token token_from(const struct pst_policy_lexer *lexer,
					  enum pst_policy_token_type type,
					  size_t offset, size_t width)
{
	return (struct pst_policy_token){
		.type = type,
		.bytes = lexer->text + offset,
		.byte_count = width,
		.line = lexer->line,
		.column = (uint32_t)(offset - lexer->line_offset + 1),
		.width = (uint32_t)width,
	};
}

static struct pst_policy_token error_from(const struct pst_policy_lexer *lexer,
					  size_t offset, const char *message,
					  const char *hint)
{
	struct pst_policy_token token;

	token = token_from(lexer, PST_POLICY_TOKEN_ERROR, offset,
			   offset < lexer->text_bytes ? 1 : 0);
	token.message = message;
	token.hint = hint;
	return token;
}

static struct pst_policy_token
error_of_byte(const struct pst_policy_lexer *lexer, size_t offset)
{
	unsigned char byte = (unsigned char)lexer->text[offset];
	const char *hint = "only printable ASCII may stand outside comments";

	if (byte == 0)
		return error_from(lexer, offset, "NUL byte in the text",
				  "this is not a text file");
	if (byte == '\r')
		return error_from(lexer, offset, "carriage return",
				  "lines end with a newline alone");
	if (byte < 0x20 || byte == 0x7f)
		return error_from(lexer, offset, "control character", hint);
	if (offset == 0 && byte == 0xef)
		return error_from(lexer, offset, "byte order mark", hint);
	return error_from(lexer, offset, "character outside ASCII",
			  "a pasted quote or space? only printable ASCII may "
			  "stand outside comments");
}

static struct pst_policy_token read_comment(struct pst_policy_lexer *lexer)
{
	struct pst_policy_token token;
	size_t start = lexer->offset;
	const char *newline;
	size_t byte_count;

	byte_count = lexer->text_bytes - start;
	newline = memchr(lexer->text + start, '\n', byte_count);
	if (newline)
		byte_count = (size_t)(newline - (lexer->text + start));
	if (memchr(lexer->text + start, '\0', byte_count))
		return error_of_byte(lexer,
				     start + strlen(lexer->text + start));

	token = token_from(lexer, PST_POLICY_TOKEN_COMMENT, start, byte_count);
	lexer->offset = start + byte_count;
	return token;
}

static struct pst_policy_token read_quoted(struct pst_policy_lexer *lexer)
{
	struct pst_policy_token token;
	size_t start = lexer->offset;
	size_t end = start + 1;
	char byte;

	for (;; end++) {
		if (end == lexer->text_bytes || lexer->text[end] == '\n')
			return error_from(lexer, start,
					  "a quoted word is never closed",
					  "it ends on its own line, with '\"'");
		byte = lexer->text[end];
		if (byte == '"')
			break;
		if (byte != ' ' && !is_printable(byte))
			return error_of_byte(lexer, end);
	}
	end++;

	if (end < lexer->text_bytes && is_printable(lexer->text[end]))
		return error_from(lexer, end, "no space after a quoted word",
				  NULL);

	token = token_from(lexer, PST_POLICY_TOKEN_WORD, start, end - start);
	token.bytes++;
	token.byte_count -= 2;
	lexer->offset = end;
	return token;
}

static struct pst_policy_token read_bare(struct pst_policy_lexer *lexer)
{
	struct pst_policy_token token;
	size_t start = lexer->offset;
	size_t end;

	for (end = start; end < lexer->text_bytes; end++) {
		if (!is_printable(lexer->text[end]))
			break;
		switch (lexer->text[end]) {
		case '"':
			return error_from(lexer, end, "'\"' inside a word",
					  "a quoted word is quoted whole");
		case '#':
			return error_from(lexer, end, "'#' inside a word",
					  "put a space before a comment, or "
					  "quote the word");
		case '{':
		case '}':
			return error_from(lexer, end, "brace inside a word",
					  "put a space before the brace, or "
					  "quote the word");
		default:
			break;
		}
	}

	token = token_from(lexer, PST_POLICY_TOKEN_WORD, start, end - start);
	lexer->offset = end;
	return token;
}

void pst_policy_lexer_init(struct pst_policy_lexer *lexer, const char *text,
			   size_t text_bytes)
{
	*lexer = (struct pst_policy_lexer){
		.text = text,
		.text_bytes = text_bytes,
		.line = 1,
	};
}

static struct pst_policy_token read_single(struct pst_policy_lexer *lexer,
					   enum pst_policy_token_type type)
{
	struct pst_policy_token token;

	token = token_from(lexer, type, lexer->offset, 1);
	lexer->offset++;
	return token;
}

struct pst_policy_token pst_policy_lexer_next(struct pst_policy_lexer *lexer)
{
	struct pst_policy_token token;

	while (!is_at_end(lexer) &&
	       (peek_byte(lexer) == ' ' || peek_byte(lexer) == '\t'))
		lexer->offset++;
	if (is_at_end(lexer))
		return token_from(lexer, PST_POLICY_TOKEN_END, lexer->offset,
				  0);

	switch (peek_byte(lexer)) {
	case '\n':
		token = read_single(lexer, PST_POLICY_TOKEN_NEWLINE);
		lexer->line++;
		lexer->line_offset = lexer->offset;
		return token;
	case '{':
		return read_single(lexer, PST_POLICY_TOKEN_OPEN);
	case '}':
		return read_single(lexer, PST_POLICY_TOKEN_CLOSE);
	case '#':
		return read_comment(lexer);
	case '"':
		return read_quoted(lexer);
	default:
		if (!is_printable(peek_byte(lexer)))
			return error_of_byte(lexer, lexer->offset);
		return read_bare(lexer);
	}
}
