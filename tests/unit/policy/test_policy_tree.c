/* SPDX-License-Identifier: ISC */
/*
 * Tokens and the tree of directives
 */
#include <string.h>

#include "policy/policy_lexer.h"
#include "policy/policy_tree.h"
#include "support/test_case.h"

static struct pst_policy_lexer lexer;

static struct pst_policy_token next(enum pst_policy_token_type type)
{
	struct pst_policy_token token = pst_policy_lexer_next(&lexer);

	ck_assert_int_eq(token.type, type);
	return token;
}

static void lex(const char *text)
{
	pst_policy_lexer_init(&lexer, text, strlen(text));
}

static void assert_word(const char *word, uint32_t line, uint32_t column,
			uint32_t width)
{
	struct pst_policy_token token = next(PST_POLICY_TOKEN_WORD);

	ck_assert_uint_eq(token.byte_count, strlen(word));
	ck_assert_mem_eq(token.bytes, word, token.byte_count);
	ck_assert_uint_eq(token.line, line);
	ck_assert_uint_eq(token.column, column);
	ck_assert_uint_eq(token.width, width);
}

START_TEST(words_know_their_places)
{
	lex("a  \"b c\"\n\t{ d }  # e # f\n");
	assert_word("a", 1, 1, 1);
	assert_word("b c", 1, 4, 5);
	next(PST_POLICY_TOKEN_NEWLINE);
	next(PST_POLICY_TOKEN_OPEN);
	assert_word("d", 2, 4, 1);
	next(PST_POLICY_TOKEN_CLOSE);
	ck_assert_uint_eq(next(PST_POLICY_TOKEN_COMMENT).width, 7);
	next(PST_POLICY_TOKEN_NEWLINE);
	next(PST_POLICY_TOKEN_END);
	next(PST_POLICY_TOKEN_END);
}
END_TEST

START_TEST(an_empty_quoted_word_is_a_word)
{
	lex("\"\"");
	assert_word("", 1, 1, 2);
	next(PST_POLICY_TOKEN_END);
}
END_TEST

START_TEST(the_lexer_never_gets_past_an_error)
{
	struct pst_policy_token token;

	lex("a \x80 b");
	assert_word("a", 1, 1, 1);
	token = next(PST_POLICY_TOKEN_ERROR);
	ck_assert_uint_eq(token.column, 3);
	ck_assert_ptr_nonnull(token.message);
	next(PST_POLICY_TOKEN_ERROR);
}
END_TEST

START_TEST(a_comment_may_hold_any_text_but_nul)
{
	static const char nul[] = "# a\0b\n";

	lex("# \xe2\x80\x9c \x01\n");
	next(PST_POLICY_TOKEN_COMMENT);
	next(PST_POLICY_TOKEN_NEWLINE);

	pst_policy_lexer_init(&lexer, nul, sizeof(nul) - 1);
	ck_assert_uint_eq(next(PST_POLICY_TOKEN_ERROR).column, 4);
}
END_TEST

/* No byte but printable ASCII, blanks and newlines begins anything. */
START_TEST(every_other_byte_is_an_error)
{
	char text[2] = "";
	int byte;

	for (byte = 0; byte < 256; byte++) {
		if ((byte >= 0x20 && byte < 0x7f) || byte == '\n' ||
		    byte == '\t')
			continue;
		text[0] = (char)byte;
		pst_policy_lexer_init(&lexer, text, 1);
		next(PST_POLICY_TOKEN_ERROR);
	}
}
END_TEST

static struct pst_arena arena;

static struct pst_policy_source *read_tree(const char *text)
{
	struct pst_policy_source *source = pst_policy_tree_new(
		&arena, &arena, "a.conf", text, strlen(text), 7);

	ck_assert_ptr_nonnull(source);
	return source;
}

START_TEST(blocks_nest_and_remarks_stay_with_their_directive)
{
	const struct pst_policy_directive *a, *b, *c;
	struct pst_policy_source *source;

	source = read_tree("# above\n\na x { # open\n  b\n  # inside\n"
			   "} # shut\nc # side\n# last\n");
	ck_assert_ptr_null(source->message);
	ck_assert_uint_eq(source->owner_uid, 7);
	a = source->directives;
	ck_assert_str_eq(a->before->text, "# above");
	ck_assert_ptr_null(a->before->next->text);
	ck_assert_uint_eq(a->line, 3);
	ck_assert_uint_eq(a->word_count, 2);
	ck_assert_uint_eq(a->open_column, 5);
	ck_assert_str_eq(a->comment, "# open");
	ck_assert_str_eq(a->inside_end->text, "# inside");
	ck_assert_str_eq(a->close_comment, "# shut");
	b = a->children;
	ck_assert_str_eq(b->words[0].text, "b");
	ck_assert_ptr_eq(b->parent, a);
	ck_assert_ptr_null(b->next);
	c = a->next;
	ck_assert_str_eq(c->comment, "# side");
	ck_assert_ptr_null(c->next);
	ck_assert_str_eq(source->at_end->text, "# last");
	ck_assert_uint_eq(source->end_line, 9);
	pst_arena_done(&arena);
}
END_TEST

START_TEST(a_block_may_stand_on_one_line)
{
	const struct pst_policy_directive *a;
	struct pst_policy_source *source;

	source = read_tree("a { b { c d } }\ne { }\n");
	ck_assert_ptr_null(source->message);
	a = source->directives;
	ck_assert_str_eq(a->children->children->words[1].text, "d");
	ck_assert_str_eq(a->next->words[0].text, "e");
	ck_assert(a->next->has_block);
	ck_assert_ptr_null(a->next->children);
	pst_arena_done(&arena);
}
END_TEST

START_TEST(what_stands_before_a_syntax_error_is_kept)
{
	struct pst_policy_source *source;

	source = read_tree("a {\n b {\n  c\n");
	ck_assert_str_eq(source->message,
			 "unexpected end of file, expected '}'");
	ck_assert_str_eq(source->hint, "block opened at 2:4 is never closed");
	ck_assert_uint_eq(source->error_line, 4);
	ck_assert_uint_eq(source->error_column, 1);
	ck_assert_str_eq(source->directives->children->children->words[0].text,
			 "c");
	pst_arena_done(&arena);
}
END_TEST

START_TEST(eight_levels_are_the_most)
{
	ck_assert_ptr_null(
		read_tree("a { a { a { a { a { a { a { a { } } } } } } } }\n")
			->message);
	ck_assert_str_eq(
		read_tree("a { a { a { a { a { a { a { a { a { } } } } } } } } "
			  "}\n")
			->message,
		"more than 8 levels of blocks");
	pst_arena_done(&arena);
}
END_TEST

START_TEST(lines_are_found_by_number)
{
	struct pst_policy_source *source = read_tree("one\n\nthree");
	size_t byte_count;

	ck_assert_mem_eq(pst_policy_tree_line(source, 1, &byte_count), "one",
			 3);
	ck_assert_uint_eq(byte_count, 3);
	pst_policy_tree_line(source, 2, &byte_count);
	ck_assert_uint_eq(byte_count, 0);
	ck_assert_mem_eq(pst_policy_tree_line(source, 3, &byte_count), "three",
			 5);
	ck_assert_uint_eq(byte_count, 5);
	pst_policy_tree_line(source, 4, &byte_count);
	ck_assert_uint_eq(byte_count, 0);
	pst_policy_tree_line(source, 999, &byte_count);
	ck_assert_uint_eq(byte_count, 0);
	pst_arena_done(&arena);
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
