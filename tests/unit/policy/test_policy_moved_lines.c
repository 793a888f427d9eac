/* SPDX-License-Identifier: ISC */
/*
 * Lines in the wrong block: a policy that has an error because of one opens and
 * loosens nothing
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_table.h"
#include "support/policy_host.h"
#include "support/policy_oracle.h"
#include "support/test_case.h"

#define POLICY_COUNT 6000
#define SUBJECTS_OF_EACH 6

/* Where line `number` of the text begins. */
static char *line_at(char *text, size_t number)
{
	while (number-- > 0)
		text = strchr(text, '\n') + 1;
	return text;
}

static size_t line_count_of(const char *text)
{
	size_t line_count = 0;

	for (; *text; text++)
		line_count += *text == '\n';
	return line_count;
}

static bool closes_a_block(const char *line)
{
	return line[strspn(line, " \t")] == '}';
}

static bool opens_a_block(const char *line)
{
	size_t line_bytes = strcspn(line, "\n");

	return memchr(line, '{', line_bytes) != NULL;
}

/* Take a line out of the text. */
static char *take_line(char *line)
{
	size_t line_bytes = strcspn(line, "\n") + 1;
	char *taken = strndup(line, line_bytes);

	ck_assert_ptr_nonnull(taken);
	memmove(line, line + line_bytes, strlen(line + line_bytes) + 1);
	return taken;
}

/* The line is in a peer, which has no block in it. */
static bool is_in_peer(char *text, const char *line)
{
	bool is_inside = false;
	char *at;

	for (at = text; at != line; at = strchr(at, '\n') + 1)
		is_inside = strncmp(at, "peer ", 5) == 0 ||
			    (is_inside && !closes_a_block(at));
	return is_inside;
}

/* One line that neither opens nor closes a block goes to another place, but not
 * from one peer to another: there it is right, and nothing tells. */
static void move_a_line(char *texts[], size_t file_count,
			struct random *random)
{
	char **from = &texts[random_below(random, (uint32_t)file_count)];
	char **to = &texts[random_below(random, (uint32_t)file_count)];
	char *line, *taken, *moved;
	size_t number, used_bytes;
	bool is_of_peer;

	/* not the first and not the last, which have their places */
	number = 1 + random_below(random, (uint32_t)line_count_of(*from) - 2);
	line = line_at(*from, number);
	if (opens_a_block(line) || closes_a_block(line))
		return;
	is_of_peer = is_in_peer(*from, line);
	taken = take_line(line);
	number = 1 + random_below(random, (uint32_t)line_count_of(*to) - 1);
	if (is_of_peer && is_in_peer(*to, line_at(*to, number)))
		number = line_count_of(*to) - 1;
	line = line_at(*to, number);
	used_bytes = (size_t)(line - *to);
	moved = malloc(strlen(*to) + strlen(taken) + 1);
	ck_assert_ptr_nonnull(moved);
	memcpy(moved, *to, used_bytes);
	strcpy(moved + used_bytes, taken);
	strcat(moved, line);
	free(taken);
	free(*to);
	*to = moved;
}

/* The first words of two lines are the same. */
static bool is_same_key(const char *a, const char *b)
{
	size_t a_bytes = strcspn(a, " \n"), b_bytes = strcspn(b, " \n");

	return a_bytes == b_bytes && memcmp(a, b, a_bytes) == 0;
}

/* The line that closes a block, if the next block is of another kind and begins
 * behind it; NULL if there is none from line `number` on. */
static char *find_border(char *text, size_t number)
{
	const char *opened[8] = {NULL};
	size_t i, depth = 0;
	char *line, *next;

	for (line = text, i = 0; *line; line = strchr(line, '\n') + 1, i++) {
		if (opens_a_block(line)) {
			opened[depth++] = line;
		} else if (closes_a_block(line)) {
			next = line + 2 + strspn(line + 2, "\n");
			depth--;
			if (i >= number && opens_a_block(next) &&
			    !is_same_key(opened[depth], next))
				return line;
		}
	}
	return NULL;
}

/* A block and the one behind it, of another kind, become one: the end of the
 * first and the begin of the second are lost. */
static void join_blocks(char *texts[], size_t file_count,
			struct random *random)
{
	char *text = texts[random_below(random, (uint32_t)file_count)];
	size_t line_count = line_count_of(text);
	char *border;

	border = find_border(text, random_below(random, (uint32_t)line_count));
	if (!border)
		return;
	do
		free(take_line(border));
	while (*border == '\n');
	free(take_line(border));
}

/* For the message of a failure. */
static char *join_texts(char *texts[], size_t file_count)
{
	size_t i, byte_count = 1;
	char *joined;

	for (i = 0; i < file_count; i++)
		byte_count += strlen(texts[i]);
	joined = calloc(1, byte_count);
	ck_assert_ptr_nonnull(joined);
	for (i = 0; i < file_count; i++)
		strcat(joined, texts[i]);
	return joined;
}

/* A rule may be in another block, where it refuses more. */
static void check_no_more(const struct oracle_policy *model,
			  const struct oracle_node *node,
			  const struct postern_policy *policy,
			  const struct postern_subject *subject,
			  const char *texts)
{
	struct postern_decision decision;
	struct oracle_decision wanted;
	const char *difference;

	oracle_decide(model, node, subject, &wanted);
	pst_policy_decide(policy, node->name, subject, &decision);
	if (!decision.is_allowed)
		return;
	difference = oracle_compare(&wanted, &decision);
	ck_assert_msg(!difference, "they differ in: %s\n%s", difference,
		      texts);
}

/*
 * Where lines have moved to other blocks and a policy has an error because of
 * it, no node admits a process, or admits it with more, than with the policy
 * that has the lines in their places.
 */
START_TEST(policy_with_an_error_of_a_moved_line_opens_and_loosens_nothing,
	   .loop_end = 4)
{
	struct random random = {.state = (uint64_t)_i * 1000033 + 11};
	size_t i, j, k, file_count, error_count = 0;
	const struct pst_policy_node *node;
	struct postern_subject subject;
	char *texts[ORACLE_FILES], *all_texts;
	struct oracle_policy model;
	struct postern_policy *policy;
	uint32_t groups[4];

	for (i = 0; i < POLICY_COUNT; i++) {
		file_count = 1 + random_below(&random, ORACLE_FILES);
		oracle_policy_make(&model, &random);
		oracle_policy_print(&model, &random, file_count, texts);
		if (random_below(&random, 3) == 0)
			join_blocks(texts, file_count, &random);
		else
			move_a_line(texts, file_count, &random);
		policy = policy_load_faulty((const char *const *)texts,
					    file_count);
		error_count += policy->has_errors;
		all_texts = join_texts(texts, file_count);
		for (k = 0; k < model.node_count; k++) {
			node = pst_policy_find_node(policy,
						    model.nodes[k].name);
			if (!policy->has_errors || !node ||
			    node->fault)
				continue;
			for (j = 0; j < SUBJECTS_OF_EACH; j++) {
				oracle_subject_make(&subject, groups, &random);
				check_no_more(&model, &model.nodes[k], policy,
					      &subject, all_texts);
			}
		}
		pst_policy_unref(policy);
		free(all_texts);
		for (j = 0; j < file_count; j++)
			free(texts[j]);
	}
	ck_assert_uint_gt(error_count, POLICY_COUNT / 3);
	ck_assert_uint_lt(error_count, POLICY_COUNT);
}
END_TEST

int main(void)
{
	return RUN_TESTS(.timeout_s = 600);
}
