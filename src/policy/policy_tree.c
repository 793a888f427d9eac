/* SPDX-License-Identifier: ISC */
/*
 * The tree of directives: see policy_tree.h
 *
 *	text      = { directive | comment | NEWLINE }
 *	directive = WORD { WORD } [ block ] [ comment ] NEWLINE
 *	block     = "{" { directive | comment | NEWLINE } "}"
 *
 * A directive inside a block may also end at the closing brace, so that
 * `peer everyone { user * }` is one line.  Depth is counted, not recursed on:
 * the reader keeps the innermost open block and climbs by parent pointers.
 */
#include "policy/policy_tree.h"

#include <stdio.h>
#include <string.h>

#include "policy/policy_lexer.h"

struct reader {
	struct pst_arena *arena;
	struct pst_policy_source *source;
	char *strings; /* a copy of the text: see token_string() */
	struct pst_policy_lexer lexer;
	struct pst_policy_token token; /* not yet consumed */

	struct pst_policy_directive *open;  /* the innermost open block */
	struct pst_policy_directive **tail; /* of the next directive */
	struct pst_policy_remark *remarks;  /* not yet attached */
	struct pst_policy_remark **remark_tail;
	uint32_t depth;
};

static void next_token(struct reader *reader)
{
	reader->token = pst_policy_lexer_next(&reader->lexer);
}

/* At the token that is not yet consumed. */
static void fail(struct reader *reader, const char *message, const char *hint)
{
	struct pst_policy_source *source = reader->source;

	source->message = message;
	source->hint = hint;
	source->error_line = reader->token.line;
	source->error_column = reader->token.column;
	source->error_width = reader->token.width;
	source->unclosed = reader->open;
}

static void fail_by_lexer(struct reader *reader)
{
	fail(reader, reader->token.message, reader->token.hint);
}

static void add_remark(struct reader *reader, const char *text)
{
	struct pst_policy_remark *remark;

	remark = pst_arena_new(reader->arena, 1, sizeof(*remark));
	if (!remark)
		return;
	remark->text = text;
	*reader->remark_tail = remark;
	reader->remark_tail = &remark->next;
}

static struct pst_policy_remark *take_remarks(struct reader *reader)
{
	struct pst_policy_remark *remarks = reader->remarks;

	reader->remarks = NULL;
	reader->remark_tail = &reader->remarks;
	return remarks;
}

/*
 * The token as a string, without an allocation: it is terminated within a copy
 * of the text.  The byte after a word is a blank or its closing quote, the byte
 * after a comment a newline, so no other token is cut.
 */
static const char *token_string(const struct reader *reader)
{
	size_t offset = (size_t)(reader->token.bytes - reader->source->text);

	reader->strings[offset + reader->token.byte_count] = '\0';
	return reader->strings + offset;
}

/* The comment on the line of the last token, or NULL. */
static const char *read_line_comment(struct reader *reader)
{
	const char *comment = NULL;

	if (reader->token.type == PST_POLICY_TOKEN_COMMENT) {
		comment = token_string(reader);
		next_token(reader);
	}
	return comment;
}

static void read_words(struct reader *reader,
		       struct pst_policy_directive *directive)
{
	struct pst_policy_word words[PST_POLICY_WORDS_MAX];
	uint32_t count = 0;

	for (; reader->token.type == PST_POLICY_TOKEN_WORD;
	     next_token(reader)) {
		if (count == PST_POLICY_WORDS_MAX) {
			fail(reader, "more than 64 words on a line",
			     "spread them over several lines");
			break;
		}
		words[count++] = (struct pst_policy_word){
			.directive = directive,
			.text = token_string(reader),
			.column = reader->token.column,
			.width = reader->token.width,
		};
	}

	directive->words =
		pst_arena_new(reader->arena, count, sizeof(words[0]));
	if (!directive->words)
		return;
	memcpy(directive->words, words, count * sizeof(words[0]));
	directive->word_count = count;
}

static void open_block(struct reader *reader,
		       struct pst_policy_directive *directive)
{
	if (reader->depth == PST_POLICY_DEPTH_MAX) {
		fail(reader, "more than 8 levels of blocks", NULL);
		return;
	}
	directive->has_block = true;
	directive->open_column = reader->token.column;
	reader->open = directive;
	reader->tail = &directive->children;
	reader->depth++;
	next_token(reader);
	directive->comment = read_line_comment(reader);
}

/* The end of a line, or a token that may replace it. */
static void expect_line_end(struct reader *reader)
{
	switch (reader->token.type) {
	case PST_POLICY_TOKEN_NEWLINE:
		next_token(reader);
		break;
	case PST_POLICY_TOKEN_CLOSE:
	case PST_POLICY_TOKEN_END:
		break;
	case PST_POLICY_TOKEN_ERROR:
		fail_by_lexer(reader);
		break;
	case PST_POLICY_TOKEN_OPEN:
		fail(reader, "unexpected '{'",
		     "a block stands on the line of its directive");
		break;
	case PST_POLICY_TOKEN_WORD:
	case PST_POLICY_TOKEN_COMMENT:
	default:
		fail(reader, "expected the end of the line",
		     "one directive a line");
		break;
	}
}

static void read_directive(struct reader *reader)
{
	struct pst_policy_directive *directive;

	directive = pst_arena_new(reader->arena, 1, sizeof(*directive));
	if (!directive)
		return;
	directive->source = reader->source;
	directive->parent = reader->open;
	directive->line = reader->token.line;
	directive->before = take_remarks(reader);

	read_words(reader, directive);
	*reader->tail = directive;
	reader->tail = &directive->next;
	if (reader->source->message)
		return;

	if (reader->token.type == PST_POLICY_TOKEN_OPEN) {
		open_block(reader, directive);
		/* `{ user * }`: the block's content begins on this line */
		if (reader->source->message ||
		    reader->token.type != PST_POLICY_TOKEN_NEWLINE)
			return;
	} else {
		directive->comment = read_line_comment(reader);
	}
	expect_line_end(reader);
}

static void close_block(struct reader *reader)
{
	struct pst_policy_directive *closed = reader->open;

	if (!closed) {
		fail(reader, "unexpected '}'", "no block is open here");
		return;
	}
	closed->inside_end = take_remarks(reader);
	reader->open = closed->parent;
	reader->tail = &closed->next;
	reader->depth--;

	next_token(reader);
	closed->close_comment = read_line_comment(reader);
	expect_line_end(reader);
}

static void fail_at_end(struct reader *reader)
{
	const struct pst_policy_directive *open = reader->open;
	char hint[80];

	(void)snprintf(hint, sizeof(hint),
		       "block opened at %u:%u is never closed", open->line,
		       open->open_column); /* always fits */
	fail(reader, "unexpected end of file, expected '}'",
	     pst_arena_dup(reader->arena, hint, strlen(hint)));
}

static void read_item(struct reader *reader)
{
	switch (reader->token.type) {
	case PST_POLICY_TOKEN_WORD:
		read_directive(reader);
		break;
	case PST_POLICY_TOKEN_CLOSE:
		close_block(reader);
		break;
	case PST_POLICY_TOKEN_COMMENT:
		add_remark(reader, read_line_comment(reader));
		expect_line_end(reader);
		break;
	case PST_POLICY_TOKEN_NEWLINE:
		add_remark(reader, NULL);
		next_token(reader);
		break;
	case PST_POLICY_TOKEN_OPEN:
		fail(reader, "unexpected '{'",
		     "a block stands on the line of its directive");
		break;
	case PST_POLICY_TOKEN_END:
		fail_at_end(reader);
		break;
	case PST_POLICY_TOKEN_ERROR:
	default:
		fail_by_lexer(reader);
		break;
	}
}

static void read_text(struct reader *reader)
{
	next_token(reader);
	while (!reader->source->message && !reader->arena->has_failed &&
	       (reader->token.type != PST_POLICY_TOKEN_END || reader->open))
		read_item(reader);
	reader->source->at_end = take_remarks(reader);
	reader->source->end_line = reader->token.line;
	reader->source->end_column = reader->token.column;
}

struct pst_policy_source *
pst_policy_tree_new(struct pst_arena *arena, struct pst_arena *string_arena,
		    const char *name, const char *text, size_t text_bytes,
		    uint32_t owner_uid)
{
	struct pst_policy_source *source;
	struct reader reader = {.arena = arena};

	source = pst_arena_new(arena, 1, sizeof(*source));
	if (!source)
		return NULL;
	source->name = pst_arena_dup(string_arena, name, strlen(name));
	source->text = pst_arena_dup(arena, text, text_bytes);
	reader.strings = pst_arena_dup(string_arena, text, text_bytes);
	if (!source->name || !source->text || !reader.strings)
		return NULL;
	source->text_bytes = text_bytes;
	source->owner_uid = owner_uid;

	reader.source = source;
	reader.tail = &source->directives;
	reader.remark_tail = &reader.remarks;
	pst_policy_lexer_init(&reader.lexer, source->text, text_bytes);
	read_text(&reader);
	return arena->has_failed ? NULL : source;
}

const struct pst_policy_directive *
pst_policy_find_child(const struct pst_policy_directive *block, const char *key)
{
	const struct pst_policy_directive *child = block->children;

	while (child && strcmp(child->words[0].text, key) != 0)
		child = child->next;
	return child;
}

const char *pst_policy_tree_line(const struct pst_policy_source *source,
				 uint32_t line, size_t *ret_line_bytes)
{
	const char *start = source->text;
	const char *end = source->text + source->text_bytes;
	const char *newline;

	for (; line > 1 && start < end; line--) {
		newline = memchr(start, '\n', (size_t)(end - start));
		start = newline ? newline + 1 : end;
	}
	newline = memchr(start, '\n', (size_t)(end - start));
	*ret_line_bytes = (size_t)((newline ? newline : end) - start);
	return start;
}
