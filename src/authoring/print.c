/* SPDX-License-Identifier: ISC */
/*
 * Printing directives: see print.h
 */
#include "authoring/print.h"

#include <string.h>

/* More than any block has keys. */
#define RANK_COUNT 16

struct order {
	const char *block_kind;
	const char *keys[RANK_COUNT];
};

/* Who before what, grants before restrictions, limits last. */
static const struct order orders[] = {
	{"peer",
	 {"user", "group", "label", "key", "key-file", "pid", "unit", "cgroup",
	  "exe", "pidns", "userns"}},
	{"tenant", {"members", "security", "weight", "limits"}},
	{"node",
	 {"owner", "socket", "key", "security", "require", "slots", "audit",
	  "allow", "deny", "limits"}},
	{"extend", {"security", "require", "allow", "deny", "limits"}},
	{"allow", {"security", "direction", "observe", "limits"}},
	{"limits",
	 {"peers", "peers-per-user", "memory", "ring", "message", "rate",
	  "bandwidth", "handshakes", "idle", "on-exceed"}},
};

static const struct order *find_order(const char *block_kind)
{
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].block_kind, block_kind) == 0)
			return &orders[i];
	}
	return NULL;
}

static size_t rank_of(const struct order *order, const char *key)
{
	size_t i;

	for (i = 0; order && order->keys[i]; i++) {
		if (strcmp(order->keys[i], key) == 0)
			return i;
	}
	return i;
}

void pst_policy_print_indent(struct pst_text *text, size_t depth)
{
	pst_text_add_padding(text, 0, depth * PST_POLICY_INDENT);
}

void pst_policy_print_word(struct pst_text *text, const char *word)
{
	bool needs_quotes = word[0] == '\0' || strpbrk(word, " #{}");

	if (needs_quotes)
		pst_text_add(text, "\"", 1);
	pst_text_add_string(text, word);
	if (needs_quotes)
		pst_text_add(text, "\"", 1);
}

void pst_policy_print_words(struct pst_text *text,
			    const struct pst_policy_directive *directive)
{
	uint32_t i;

	for (i = 0; i < directive->word_count; i++) {
		if (i > 0)
			pst_text_add(text, " ", 1);
		pst_policy_print_word(text, directive->words[i].text);
	}
	if (directive->has_block)
		pst_text_add_string(text, " {");
}

const struct pst_policy_directive *
pst_policy_print_next(const char *block_kind,
		      const struct pst_policy_directive *first,
		      const struct pst_policy_directive *previous)
{
	const struct order *order = find_order(block_kind);
	const struct pst_policy_directive *directive;
	size_t rank = 0;

	if (previous) {
		rank = rank_of(order, previous->words[0].text);
		for (directive = previous->next; directive;
		     directive = directive->next) {
			if (rank_of(order, directive->words[0].text) == rank)
				return directive;
		}
		rank++;
	}
	for (; rank < RANK_COUNT; rank++) {
		for (directive = first; directive;
		     directive = directive->next) {
			if (rank_of(order, directive->words[0].text) == rank)
				return directive;
		}
	}
	return NULL;
}
