/* SPDX-License-Identifier: ISC */
/*
 * Blocks by table: see policy_block.h
 */
#include "policy/policy_block.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_diagnostics.h"

#define HINT_BYTES 240
#define KEYS_MAX 16 /* of a block */
/* Longer words are not keywords mistyped. */
#define SUGGEST_BYTES_MAX 63u

/* The rows of the usual table, three of them alive at a time. */
size_t pst_policy_edit_count(const char *a, const char *b, size_t most)
{
	size_t rows[3][SUGGEST_BYTES_MAX + 1];
	size_t *before_last = rows[0], *last = rows[1], *row = rows[2], *swap;
	size_t a_bytes = strlen(a), b_bytes = strlen(b);
	size_t i, j, count;

	if (a_bytes > SUGGEST_BYTES_MAX || b_bytes > SUGGEST_BYTES_MAX)
		return most + 1;

	for (j = 0; j <= b_bytes; j++)
		before_last[j] = last[j] = j;
	for (i = 1; i <= a_bytes; i++) {
		row[0] = i;
		for (j = 1; j <= b_bytes; j++) {
			count = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < count)
				count = last[j] + 1;
			if (row[j - 1] + 1 < count)
				count = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    before_last[j - 2] + 1 < count)
				count = before_last[j - 2] + 1;
			row[j] = count;
		}
		swap = before_last;
		before_last = last;
		last = row;
		row = swap;
	}
	return last[b_bytes] > most ? most + 1 : last[b_bytes];
}

void pst_policy_suggest(const char *word, const char *name,
			const char **nearest)
{
	/* about a third of the word may be mistyped */
	size_t limit = strlen(word) / 3 + 2;
	size_t count;

	if (*nearest)
		limit = pst_policy_edit_count(word, *nearest, limit);
	count = pst_policy_edit_count(word, name, limit);
	if (count < limit && count < strlen(name))
		*nearest = name;
}

static const struct pst_policy_key *
find_key(const struct pst_policy_block_kind *kind, const char *name)
{
	size_t i;

	for (i = 0; i < kind->key_count; i++) {
		if (strcmp(kind->keys[i].name, name) == 0)
			return &kind->keys[i];
	}
	return NULL;
}

/* Cut at the size of the hint: it is a help, not a manual. */
static void list_keys(const struct pst_policy_block_kind *kind, char *hint,
		      size_t hint_bytes)
{
	size_t i, used_bytes;

	(void)snprintf(hint, hint_bytes, "keys:"); /* cut on purpose */
	for (i = 0; i < kind->key_count; i++) {
		used_bytes = strlen(hint);
		(void)snprintf(hint + used_bytes, hint_bytes - used_bytes,
			       " %s", kind->keys[i].name); /* cut on purpose */
	}
}

/* If the last brace of a text is missing, its `end` is in the open block: the
 * missing brace is the error, and is reported. */
static bool is_misplaced_end(const struct pst_policy_directive *directive)
{
	const struct pst_policy_source *source = directive->source;

	return source->message && source->unclosed == directive->parent &&
	       !directive->next && directive->word_count == 1 &&
	       strcmp(directive->words[0].text, "end") == 0;
}

static const struct pst_policy_block_kind *const kinds[] = {
	&pst_policy_top_block,       &pst_policy_peer_block,
	&pst_policy_tenant_block,    &pst_policy_node_block,
	&pst_policy_extension_block, &pst_policy_allow_block,
	&pst_policy_limits_block,
};

const struct pst_policy_block_kind *pst_policy_block_find(const char *key)
{
	size_t i, name_bytes;

	/* no key begins the top level; "extend" begins "extend node" */
	for (i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		name_bytes = strcspn(kinds[i]->name, " ");
		if (strncmp(kinds[i]->name, key, name_bytes) == 0 &&
		    key[name_bytes] == '\0')
			return kinds[i];
	}
	return NULL;
}

static bool is_key_of_any_kind(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (find_key(kinds[i], word))
			return true;
	}
	return false;
}

static void report_unknown(struct pst_policy_builder *builder,
			   const struct pst_policy_block_kind *kind,
			   const struct pst_policy_directive *directive)
{
	const char *word = directive->words[0].text;
	const char *nearest = NULL;
	char hint[HINT_BYTES];
	size_t i;

	for (i = 0; i < kind->key_count && !is_key_of_any_kind(word); i++)
		pst_policy_suggest(word, kind->keys[i].name, &nearest);
	if (nearest)
		(void)snprintf(hint, sizeof(hint), "did you mean '%s'?",
			       nearest); /* always fits */
	else
		list_keys(kind, hint, sizeof(hint));

	if (!directive->parent)
		pst_policy_report(builder, &directive->words[0], hint,
				  "unknown key '%s'", word);
	else
		pst_policy_report_in(
			builder,
			nearest ? builder->block_fault : &builder->source->fault,
			&directive->words[0], hint, "unknown key '%s' in '%s'",
			word, kind->name);
}

/* Whether the line has the words and the block that its key takes. */
static bool check_words(struct pst_policy_builder *builder,
			const struct pst_policy_key *key,
			const struct pst_policy_directive *directive)
{
	const bool has_block = key->flags & PST_POLICY_KEY_HAS_BLOCK;
	const struct pst_policy_word *words = directive->words;
	uint32_t count = directive->word_count - 1;

	if (count < key->least_word_count)
		return pst_policy_report(builder, &words[count], key->usage,
					 "'%s' needs %s", key->name,
					 count == 0 ? "a value" : "more words");
	if (count > key->most_word_count)
		return pst_policy_report(builder,
					 &words[key->most_word_count + 1],
					 key->usage,
					 "unexpected word '%s' after '%s'",
					 words[key->most_word_count + 1].text,
					 words[key->most_word_count].text);
	if (has_block != directive->has_block)
		return pst_policy_report(builder, &words[0], key->usage,
					 has_block ? "'%s' needs a block"
						   : "'%s' takes no block",
					 key->name);
	return true;
}

static void report_repeat(struct pst_policy_builder *builder,
			  const struct pst_policy_block_kind *kind,
			  const struct pst_policy_directive *earlier,
			  const struct pst_policy_directive *directive)
{
	char hint[HINT_BYTES];

	(void)snprintf(hint, sizeof(hint), "first given at %u:%u",
		       earlier->line,
		       earlier->words[0].column); /* always fits */
	pst_policy_report_in(builder, &builder->source->fault,
			     &directive->words[0], hint,
			     "'%s' is given twice in '%s'",
			     directive->words[0].text, kind->name);
}

/* seen: for each key of the block, its first directive. */
static void read_one(struct pst_policy_builder *builder,
		     const struct pst_policy_block_kind *kind,
		     const struct pst_policy_directive **seen,
		     const struct pst_policy_directive *directive, void *object,
		     const struct pst_policy_fault **second_fault)
{
	const struct pst_policy_fault **before = builder->block_fault;
	const struct pst_policy_directive *earlier;
	const struct pst_policy_key *key;

	key = find_key(kind, directive->words[0].text);
	if (!key) {
		if (!is_misplaced_end(directive))
			report_unknown(builder, kind, directive);
		return;
	}
	earlier = seen[key - kind->keys];
	if (!earlier)
		seen[key - kind->keys] = directive;
	if (!check_words(builder, key, directive))
		return;
	if (earlier && !(key->flags & PST_POLICY_KEY_MAY_REPEAT)) {
		report_repeat(builder, kind, earlier, directive);
		return;
	}
	if (key->flags & PST_POLICY_KEY_SECOND_FAULT)
		(void)pst_policy_builder_enter(builder, second_fault);
	key->read(builder, directive, (char *)object + key->field_offset);
	(void)pst_policy_builder_enter(builder, before);
}

/* No further error of the text would be shown: it is not read to its end. */
static bool has_all_errors(const struct pst_policy_builder *builder)
{
	return builder->error_count - builder->source_error_count >=
	       PST_DIAGNOSTICS_ERRORS_MAX;
}

bool pst_policy_block_read(struct pst_policy_builder *builder,
			   const struct pst_policy_block_kind *kind,
			   const struct pst_policy_directive *first,
			   void *object,
			   const struct pst_policy_fault **second_fault)
{
	const struct pst_policy_directive *seen[KEYS_MAX] = {NULL};
	const struct pst_policy_source *source = builder->source;
	const struct pst_policy_directive *directive;
	uint32_t error_count = builder->error_count;

	assert(kind->key_count <= KEYS_MAX);
	for (directive = first;
	     directive && !pst_policy_builder_arena(builder)->has_failed;
	     directive = directive->next) {
		if (has_all_errors(builder)) {
			builder->is_incomplete = true;
			builder->is_cut = true;
			break;
		}
		/* the lexer stopped in this line, so its words are not
		 * reliable */
		if (!source->message || directive->has_block ||
		    directive->line != source->error_line)
			read_one(builder, kind, seen, directive, object,
				 second_fault);
	}
	return builder->error_count == error_count && !source->message;
}
