/* SPDX-License-Identifier: ISC */
/*
 * The canonical form of a policy text
 *
 * Four spaces a level, one directive a line, the keys of a block in a fixed
 * order, no two blank lines in a row.  Comments stay with the directive below
 * them, or at the end of its line.  Formatting a formatted text changes nothing,
 * and the policy means the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "authoring/authoring.h"
#include "authoring/authoring_internal.h"
#include "base/text.h"
#include "policy/policy_block.h"
#include "policy/policy_builder.h"
#include "policy/policy_values.h"

/* -- printing, for `show` too ----------------------------------------------- */

#define INDENT 4u

/* Keys are sorted as in the table of their block; unknown ones come last. */
static size_t rank_of(const struct pst_policy_block_kind *kind, const char *key)
{
	size_t i;

	for (i = 0; kind && i < kind->key_count; i++) {
		if (strcmp(kind->keys[i].name, key) != 0)
			continue;
		if (kind->keys[i].flags & PST_POLICY_KEY_SORTS_EARLIER)
			return 2 * i - 1;
		break;
	}
	return 2 * (i + 1);
}

void pst_print_indent(struct pst_text *text, size_t depth)
{
	pst_text_add_padding(text, 0, depth * INDENT);
}

static void print_word(struct pst_text *text, const char *word)
{
	bool needs_quotes = word[0] == '\0' || strpbrk(word, " #{}");

	if (needs_quotes)
		pst_text_add(text, "\"", 1);
	pst_text_add_string(text, word);
	if (needs_quotes)
		pst_text_add(text, "\"", 1);
}

void pst_print_limit(struct pst_text *text, size_t limit_key, uint64_t value)
{
	char value_text[PST_POLICY_LIMIT_TEXT_BYTES];

	pst_policy_limit_text(limit_key, value, value_text);
	pst_text_add_format(text, "%s %s", pst_policy_limit_name(limit_key),
			    value_text);
}

void pst_print_words(struct pst_text *text,
		     const struct pst_policy_directive *directive)
{
	uint32_t i;

	for (i = 0; i < directive->word_count; i++) {
		if (i > 0)
			pst_text_add(text, " ", 1);
		print_word(text, directive->words[i].text);
	}
	if (directive->has_block)
		pst_text_add_string(text, " {");
}

const struct pst_policy_directive *
pst_print_next(const char *block_kind, const struct pst_policy_directive *first,
	       const struct pst_policy_directive *previous)
{
	const struct pst_policy_block_kind *kind =
		pst_policy_block_find(block_kind);
	const size_t last_rank = 2 * (kind ? kind->key_count + 1 : 1);
	const struct pst_policy_directive *directive;
	size_t rank = 0;

	if (previous) {
		rank = rank_of(kind, previous->words[0].text);
		for (directive = previous->next; directive;
		     directive = directive->next) {
			if (rank_of(kind, directive->words[0].text) == rank)
				return directive;
		}
		rank++;
	}
	for (; rank <= last_rank; rank++) {
		for (directive = first; directive;
		     directive = directive->next) {
			if (rank_of(kind, directive->words[0].text) == rank)
				return directive;
		}
	}
	return NULL;
}

/* -- texts ------------------------------------------------------------------ */

static void add_comment(struct pst_text *text, const char *comment)
{
	size_t byte_count = strlen(comment);

	while (byte_count > 0 && strchr(" \t\r\v\f", comment[byte_count - 1]))
		byte_count--;
	pst_text_add(text, comment, byte_count);
}

static void add_line_comment(struct pst_text *text, const char *comment)
{
	if (comment) {
		pst_text_add_string(text, "  ");
		add_comment(text, comment);
	}
	pst_text_add(text, "\n", 1);
}

/* A blank line at the beginning of a block, or after another, is dropped;
 * may_be_blank says whether one may come now, and afterwards. */
static bool add_remarks(struct pst_text *text,
			const struct pst_policy_remark *remark, size_t depth,
			bool may_be_blank)
{
	bool has_blank = false;

	for (; remark; remark = remark->next) {
		if (!remark->text) {
			has_blank = true;
			continue;
		}
		if (has_blank && may_be_blank)
			pst_text_add(text, "\n", 1);
		pst_print_indent(text, depth);
		add_comment(text, remark->text);
		pst_text_add(text, "\n", 1);
		has_blank = false;
		may_be_blank = true;
	}
	return has_blank && may_be_blank;
}

static void add_children(struct pst_text *text, const char *block_kind,
			 const struct pst_policy_directive *first,
			 const struct pst_policy_remark *at_end, size_t depth);

static void add_directive(struct pst_text *text,
			  const struct pst_policy_directive *directive,
			  size_t depth, bool may_be_blank)
{
	if (add_remarks(text, directive->before, depth, may_be_blank))
		pst_text_add(text, "\n", 1);

	pst_print_indent(text, depth);
	pst_print_words(text, directive);
	add_line_comment(text, directive->comment);
	if (!directive->has_block)
		return;

	/* depth is bounded by the tree */
	add_children(text, directive->words[0].text, directive->children,
		     directive->inside_end, depth + 1);
	pst_print_indent(text, depth);
	pst_text_add(text, "}", 1);
	add_line_comment(text, directive->close_comment);
}

static void add_children(struct pst_text *text, const char *block_kind,
			 const struct pst_policy_directive *first,
			 const struct pst_policy_remark *at_end, size_t depth)
{
	const struct pst_policy_directive *directive = NULL;
	bool may_be_blank = false;

	while ((directive = pst_print_next(block_kind, first, directive))) {
		add_directive(text, directive, depth, may_be_blank);
		may_be_blank = true;
	}
	(void)add_remarks(text, at_end, depth,
			  may_be_blank); /* no blank line before the brace */
}

/* -- users and groups as numbers -------------------------------------------- */

/* Write the id of a user or group in the place of its name. */
static void write_id(struct pst_policy_builder *builder,
		     struct pst_policy_word *word,
		     pst_policy_word_id_fn *find_id)
{
	enum postern_fact_state fact = POSTERN_FACT_UNKNOWN;
	char digits[16];
	uint32_t id = 0;

	if (!find_id(builder, word, &fact, &id) || fact != POSTERN_FACT_KNOWN)
		return;
	(void)snprintf(digits, sizeof(digits), "%" PRIu32,
		       id); /* always fits */
	word->text = pst_arena_dup(pst_policy_builder_arena(builder), digits,
				   strlen(digits));
}

static void write_user(struct pst_policy_builder *builder,
		       struct pst_policy_word *word)
{
	if (strcmp(word->text, "*") != 0 && !pst_policy_is_range(word->text))
		write_id(builder, word, pst_policy_word_user);
}

static void write_ids(struct pst_policy_builder *builder,
		      struct pst_policy_directive *directive)
{
	const char *key = directive->words[0].text;
	const char *block = directive->parent ? directive->parent->words[0].text
					      : "";
	bool is_peer = strcmp(block, "peer") == 0;
	bool is_node = strcmp(block, "node") == 0;
	struct pst_policy_word *word;
	uint32_t i;

	for (i = 1; i < directive->word_count; i++) {
		word = &directive->words[i];
		if (is_peer && strcmp(key, "user") == 0)
			write_user(builder, word);
		else if (is_peer && strcmp(key, "group") == 0)
			write_id(builder, word, pst_policy_word_group);
		else if (is_node && strcmp(key, "owner") == 0 && i == 2)
			write_user(builder, word);
		else if (is_node && strcmp(key, "socket") == 0 && i > 2 &&
			 i % 2 == 1 &&
			 strcmp(directive->words[i - 1].text, "group") == 0)
			write_id(builder, word, pst_policy_word_group);
	}
}

/* All directives, without recursion: down, else right, else up and right. */
static void write_all_ids(struct pst_policy_builder *builder,
			  struct pst_policy_directive *directive)
{
	while (directive) {
		write_ids(builder, directive);
		if (directive->children) {
			directive = directive->children;
			continue;
		}
		while (directive && !directive->next)
			directive = directive->parent;
		if (directive)
			directive = directive->next;
	}
}

static int format_with(struct pst_policy_builder *builder,
		       const char *file_name, const char *bytes,
		       size_t byte_count, uint32_t flags, char **ret_text)
{
	struct pst_arena *arena = pst_policy_builder_arena(builder);
	struct pst_text text = {0};
	struct pst_policy_source *source;

	if (byte_count > PST_POLICY_FILE_BYTES_MAX)
		return pst_policy_builder_report(
			       builder, POSTERN_SEVERITY_ERROR, file_name, 0,
			       "the file is larger than 1 MiB", NULL) < 0
			       ? -ENOMEM
			       : -EINVAL;
	source = pst_policy_tree_new(arena, arena, file_name, bytes, byte_count,
				     0);
	if (!source)
		return -ENOMEM;
	if (source->message)
		pst_policy_report_at(builder, source, source->error_line,
				     source->error_column, source->error_width,
				     source->hint, source->message);
	else if (flags & PST_AUTHORING_FORMAT_NUMERIC)
		write_all_ids(builder, source->directives);
	if (arena->has_failed)
		return -ENOMEM;
	if (builder->error_count > 0)
		return -EINVAL;
	add_children(&text, "", source->directives, source->at_end, 0);
	return pst_text_take(&text, ret_text);
}

int pst_format_text(const char *text, size_t text_bytes, const char *file_name,
		    uint32_t flags, const struct pst_policy_host *host,
		    struct postern_diagnostics *diagnostics, char **ret_text)
{
	struct pst_policy_builder_options options = {0};
	struct pst_policy_builder *builder;
	int r;

	if (host)
		options.host = *host;
	r = pst_policy_builder_new(&options, diagnostics, &builder);
	if (r < 0)
		return r;
	r = format_with(builder, file_name, text, text_bytes, flags, ret_text);
	(void)pst_policy_builder_free(builder); /* always NULL */
	return r;
}
