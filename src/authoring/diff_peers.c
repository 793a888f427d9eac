/* SPDX-License-Identifier: ISC */
/*
 * The definition of a peer, before and after
 *
 * A peer is a set of lines, a line a set of values, both without order.  Values
 * are compared as they were understood when their policy was loaded: a name and
 * its number are the same, and a name whose number has changed is not.
 */
#include "authoring/authoring_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/search.h"

/* A line with its values sorted, each once. */
struct line_set {
	const struct pst_policy_line *line;
	const struct pst_policy_value **values;
	size_t value_count;
	bool is_repeated; /* an equal line stands before it in `sorted` */
	bool is_in_other; /* the other peer has an equal one */
};

/* The lines of one peer: as they are written, and sorted. */
struct line_sets {
	struct line_set *lines;
	size_t line_count;
	struct line_set **sorted;
	struct line_set **changed; /* not in the other peer, by their words */
	size_t changed_count;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Members are sorted, and those of one group are one array in a policy. */
static int compare_members(const struct pst_policy_value *a,
			   const struct pst_policy_value *b)
{
	if (a->member_uids == b->member_uids ||
	    a->member_uid_count != b->member_uid_count ||
	    a->member_uid_count == 0)
		return compare_numbers(a->member_uid_count,
				       b->member_uid_count);
	return memcmp(a->member_uids, b->member_uids,
		      a->member_uid_count * sizeof(a->member_uids[0]));
}

static int compare_values(enum pst_policy_line_key key,
			  const struct pst_policy_value *a,
			  const struct pst_policy_value *b)
{
	int order = compare_numbers(a->state, b->state);

	if (order != 0)
		return order;
	switch (key) {
	case PST_POLICY_LINE_USER:
	case PST_POLICY_LINE_GROUP:
		if (a->state == PST_POLICY_VALUE_UNRESOLVED)
			return strcmp(a->text, b->text);
		order = compare_numbers(a->number, b->number);
		if (order == 0)
			order = compare_numbers(a->last, b->last);
		return order != 0 ? order : compare_members(a, b);
	case PST_POLICY_LINE_PID:
		return compare_numbers(a->number, b->number);
	case PST_POLICY_LINE_KEY:
		return memcmp(a->key, b->key, sizeof(a->key));
	case PST_POLICY_LINE_USERNS:
		return 0;
	case PST_POLICY_LINE_LABEL:
	case PST_POLICY_LINE_UNIT:
	case PST_POLICY_LINE_CGROUP:
	case PST_POLICY_LINE_EXE:
	default:
		return strcmp(a->text, b->text);
	}
}

static int compare_values_of(const void *left, const void *right, void *key)
{
	const struct pst_policy_value *const *a = left, *const *b = right;

	return compare_values(*(const enum pst_policy_line_key *)key, *a, *b);
}

static void sort_values(struct line_set *set)
{
	enum pst_policy_line_key key = set->line->key;
	size_t i, count = 0;

	if (set->value_count == 0)
		return;
	qsort_r(set->values, set->value_count, sizeof(set->values[0]),
		compare_values_of, &key);
	for (i = 0; i < set->value_count; i++) {
		if (count == 0 || compare_values(key, set->values[count - 1],
						 set->values[i]) != 0)
			set->values[count++] = set->values[i];
	}
	set->value_count = count;
}

static int compare_sets(const struct line_set *a, const struct line_set *b)
{
	int order = compare_numbers(a->line->key, b->line->key);
	size_t i;

	if (order == 0)
		order = compare_numbers(a->value_count, b->value_count);
	for (i = 0; order == 0 && i < a->value_count; i++)
		order = compare_values(a->line->key, a->values[i],
				       b->values[i]);
	return order;
}

static int compare_lines(const void *left, const void *right)
{
	struct line_set *const *a = left, *const *b = right;

	return compare_sets(*a, *b);
}

/* Lines of the same words in the order in which they are written. */
static int compare_words(const void *left, const void *right)
{
	struct line_set *const *a = left, *const *b = right;
	int order = strcmp((*a)->line->words, (*b)->line->words);

	return order != 0 ? order : (*a > *b) - (*a < *b);
}

static bool read_lines(struct pst_arena *arena,
		       const struct pst_policy_peer *peer,
		       struct line_sets *sets)
{
	const struct pst_policy_line *line;
	size_t i, value_count = 0;
	const struct pst_policy_value **values;
	struct line_set *set;

	for (line = peer->lines; line; line = line->next) {
		sets->line_count++;
		value_count += line->value_count;
	}
	sets->lines =
		pst_arena_new(arena, sets->line_count, sizeof(sets->lines[0]));
	sets->sorted =
		pst_arena_new(arena, sets->line_count, sizeof(sets->sorted[0]));
	sets->changed = pst_arena_new(arena, sets->line_count,
				       sizeof(sets->changed[0]));
	values = pst_arena_new(arena, value_count, sizeof(values[0]));
	if (arena->has_failed)
		return false;

	set = sets->lines;
	for (line = peer->lines; line; line = line->next, set++) {
		set->line = line;
		set->values = values;
		set->value_count = line->value_count;
		values += line->value_count;
		for (i = 0; i < line->value_count; i++)
			set->values[i] = &line->values[i];
		sort_values(set);
		sets->sorted[set - sets->lines] = set;
	}
	qsort(sets->sorted, sets->line_count, sizeof(sets->sorted[0]),
	      compare_lines);
	for (i = 1; i < sets->line_count; i++)
		sets->sorted[i]->is_repeated =
			compare_sets(sets->sorted[i - 1], sets->sorted[i]) == 0;
	return true;
}

/* The next of the sorted lines that is not as the one before. */
static size_t next_line(const struct line_sets *sets, size_t index)
{
	do
		index++;
	while (index < sets->line_count && sets->sorted[index]->is_repeated);
	return index;
}

/* Find which lines both peers have: both are sorted, so in one pass. */
static void match_lines(struct line_sets *old_lines,
			struct line_sets *new_lines)
{
	size_t i = 0, j = 0;
	int order;

	while (i < old_lines->line_count && j < new_lines->line_count) {
		order = compare_sets(old_lines->sorted[i],
				     new_lines->sorted[j]);
		if (order == 0) {
			old_lines->sorted[i]->is_in_other = true;
			new_lines->sorted[j]->is_in_other = true;
		}
		if (order <= 0)
			i = next_line(old_lines, i);
		if (order >= 0)
			j = next_line(new_lines, j);
	}
}

static void find_changed(struct line_sets *sets)
{
	size_t i;

	for (i = 1; i < sets->line_count; i++) {
		if (sets->sorted[i]->is_repeated)
			sets->sorted[i]->is_in_other =
				sets->sorted[i - 1]->is_in_other;
	}
	for (i = 0; i < sets->line_count; i++) {
		if (!sets->lines[i].is_in_other)
			sets->changed[sets->changed_count++] = &sets->lines[i];
	}
	qsort(sets->changed, sets->changed_count, sizeof(sets->changed[0]),
	      compare_words);
}

static int compare_to_words(const void *words, const void *element)
{
	struct line_set *const *set = element;

	return strcmp(words, (*set)->line->words);
}

/* A line that the other peer has not, but was written like this one. */
static const struct pst_policy_line *
find_reworded(const struct line_sets *sets,
	      const struct pst_policy_line *wanted)
{
	size_t i = pst_search_first(wanted->words, sets->changed,
				    sets->changed_count,
				    sizeof(sets->changed[0]), compare_to_words);

	if (i == sets->changed_count ||
	    strcmp(sets->changed[i]->line->words, wanted->words) != 0)
		return NULL;
	return sets->changed[i]->line;
}

static void add_meaning(struct pst_diff *diff,
			const struct pst_policy_line *old_line,
			const struct pst_policy_line *new_line)
{
	pst_diff_begin(diff, '~');
	pst_text_add_harmless(&diff->text, old_line->words);
	pst_text_add_string(&diff->text, " means others than before");
	pst_diff_end(diff, &old_line->location, &new_line->location);
}

static void add_line(struct pst_diff *diff, char sign, const char *words,
		     const struct pst_policy_location *location)
{
	pst_diff_begin(diff, sign);
	pst_text_add_harmless(&diff->text, words);
	pst_diff_end(diff, location, NULL);
}

static void add_changed(struct pst_diff *diff,
			const struct line_sets *old_lines,
			const struct line_sets *new_lines)
{
	const struct pst_policy_line *line, *reworded;
	size_t i;

	for (i = 0; i < old_lines->line_count; i++) {
		if (old_lines->lines[i].is_in_other)
			continue;
		line = old_lines->lines[i].line;
		reworded = find_reworded(new_lines, line);
		if (reworded)
			add_meaning(diff, line, reworded);
		else
			add_line(diff, '-', line->words, &line->location);
	}
	for (i = 0; i < new_lines->line_count; i++) {
		line = new_lines->lines[i].line;
		if (!new_lines->lines[i].is_in_other &&
		    !find_reworded(old_lines, line))
			add_line(diff, '+', line->words, &line->location);
	}
}

static void diff_lines(struct pst_diff *diff,
		       const struct pst_policy_peer *old_peer,
		       const struct pst_policy_peer *new_peer)
{
	struct line_sets old_lines = {0}, new_lines = {0};

	if (read_lines(&diff->block_arena, old_peer, &old_lines) &&
	    read_lines(&diff->block_arena, new_peer, &new_lines)) {
		match_lines(&old_lines, &new_lines);
		find_changed(&old_lines);
		find_changed(&new_lines);
		add_changed(diff, &old_lines, &new_lines);
	}
	pst_arena_done(&diff->block_arena);
}

static void diff_hidden_pids(struct pst_diff *diff,
			     const struct pst_policy_peer *old_peer,
			     const struct pst_policy_peer *new_peer)
{
	const struct pst_policy_peer *peer;
	struct pst_policy_location location;

	if (old_peer->admits_hidden_pid == new_peer->admits_hidden_pid)
		return;
	peer = new_peer->admits_hidden_pid ? new_peer : old_peer;
	location = pst_diff_locate_key(peer->directive, "pidns");
	add_line(diff, peer == new_peer ? '+' : '-', "pidns any", &location);
}

static void add_uses(struct pst_diff *diff, const struct pst_diff_use *use)
{
	pst_text_add_string(&diff->text, "    = named by ");
	for (; use; use = use->next) {
		pst_text_add_format(&diff->text, "%s %s%s", use->kind,
				    use->name, use->next ? ", " : "\n");
	}
}

/* A peer that nothing names may be anything; of the others it is said where
 * they are named, since that is where their change is felt. */
void pst_diff_peer_lines(struct pst_diff *diff,
			 const struct pst_diff_peer *peer)
{
	const struct pst_diff_side *old_side = &peer->sides[PST_DIFF_OLD];
	const struct pst_diff_side *new_side = &peer->sides[PST_DIFF_NEW];
	const uint32_t change_count = diff->change_count;

	if (!old_side->peer || !new_side->peer ||
	    (!old_side->uses && !new_side->uses))
		return;
	pst_diff_enter(diff, "peer", peer->name);
	diff_lines(diff, old_side->peer, new_side->peer);
	diff_hidden_pids(diff, old_side->peer, new_side->peer);
	if (diff->change_count > change_count)
		add_uses(diff,
			 new_side->uses ? new_side->uses : old_side->uses);
}
