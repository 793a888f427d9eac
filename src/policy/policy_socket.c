/* SPDX-License-Identifier: ISC */
/*
 * Reading `socket PATH [mode OCTAL] [group NAME]`
 *
 * The path must fit the kernel's address; and so must the name alone behind
 * /proc/thread-self/fd/N/, which is another way to reach it.
 */
#include <string.h>

#include "policy/policy_builder.h"
#include "policy/policy_values.h"

#define SOCKET_PATH_BYTES_MAX 107u /* of sockaddr_un */
#define SOCKET_NAME_BYTES_MAX 63u

static int read_mode(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     uint32_t word_index, struct pst_policy_node *node)
{
	const char *text = directive->words[word_index].text;
	size_t digit_count = strspn(text, "01234567");
	uint32_t mode = 0;
	size_t i;

	if (text[digit_count] != '\0' || digit_count < 3 || digit_count > 4 ||
	    (digit_count == 4 && text[0] != '0'))
		return pst_policy_report_word(
			builder, directive, word_index,
			"three octal digits, with or without a 0 before them",
			"'%s' is not a mode", text);
	for (i = 0; i < digit_count; i++)
		mode = mode * 8 + (uint32_t)(text[i] - '0');
	node->socket_mode = mode;
	return 0;
}

static int read_socket_word(struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive,
			    uint32_t word_index, struct pst_policy_node *node)
{
	const char *text = directive->words[word_index].text;
	bool is_valid;

	if (strcmp(text, "mode") != 0 && strcmp(text, "group") != 0)
		return pst_policy_report_word(
			builder, directive, word_index,
			"usage: socket PATH [mode OCTAL] [group NAME]",
			"unexpected word '%s' in 'socket'", text);
	if (word_index > 2 &&
	    strcmp(text, directive->words[word_index - 2].text) == 0)
		return pst_policy_report_word(builder, directive, word_index,
					      NULL, "'%s' is given twice",
					      text);
	if (word_index + 1 == directive->word_count)
		return pst_policy_report_word(builder, directive, word_index,
					      NULL, "'%s' needs a value", text);
	if (text[0] == 'm')
		return read_mode(builder, directive, word_index + 1, node);
	return pst_policy_word_group(builder, directive, word_index + 1,
				     &node->socket_group_fact,
				     &node->socket_gid, &is_valid);
}

static int read_socket_path(struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive)
{
	const char *path = directive->words[1].text;
	bool is_valid;
	int r;

	r = pst_policy_word_path(builder, directive, 1, &is_valid);
	if (r < 0 || !is_valid)
		return r;
	if (strlen(path) > SOCKET_PATH_BYTES_MAX)
		return pst_policy_report_word(
			builder, directive, 1, NULL,
			"a socket's path has at most %u bytes",
			SOCKET_PATH_BYTES_MAX);
	if (strlen(strrchr(path, '/') + 1) > SOCKET_NAME_BYTES_MAX)
		return pst_policy_report_word(
			builder, directive, 1, NULL,
			"a socket's name has at most %u bytes",
			SOCKET_NAME_BYTES_MAX);
	if (path[1] == '\0')
		return pst_policy_report_word(builder, directive, 1, NULL,
					      "'/' is no name for a socket");
	return 0;
}

int pst_policy_read_socket(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   struct pst_policy_node *node)
{
	uint32_t i;
	int r;

	r = read_socket_path(builder, directive);
	if (r < 0)
		return r;
	node->socket_path = directive->words[1].text;
	node->socket_location = pst_policy_location_of(directive);

	for (i = 2; i < directive->word_count; i += 2) {
		r = read_socket_word(builder, directive, i, node);
		if (r < 0)
			return r;
	}
	return 0;
}
