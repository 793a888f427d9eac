/* SPDX-License-Identifier: ISC */
/*
 * A process described by words
 *
 * What the words do not say stays unknown, and the policy treats it so: better
 * a "cannot be told" than a guess that the node would not make.
 */
#include "subject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "units.h"

#define KEY_PREFIX "x25519:"
#define KEY_DIGITS 43  /* of six bits each: 32 bytes and two bits of zero */

static enum tool_status set_groups(struct tool_described_subject *described)
{
	const struct tool_words *words = &described->group_words;
	struct postern_subject *subject = &described->subject;
	int result;
	size_t i;

	if (words->count == 0)
		return TOOL_DONE;
	described->groups = calloc(words->count, sizeof(uint32_t));
	if (!described->groups)
		return tool_error_system("--group", ENOMEM);
	for (i = 0; i < words->count; i++) {
		result = postern_group_find(words->words[i],
					    &described->groups[i]);
		if (result < 0)
			return tool_error_lookup(words->words[i], "group",
						 result);
	}
	subject->groups = described->groups;
	subject->group_count = (uint32_t)words->count;
	subject->groups_fact = POSTERN_FACT_KNOWN;
	if (subject->gid_fact != POSTERN_FACT_KNOWN)
		subject->gid = described->groups[0];
	subject->gid_fact = POSTERN_FACT_KNOWN;
	return TOOL_DONE;
}

static int key_digit(char digit)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *found = digit != '\0' ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Base64 in the URL-safe alphabet, without padding. */
static bool parse_key(const char *word, uint8_t key[static POSTERN_KEY_BYTES])
{
	uint32_t bits = 0;
	int bit_count = 0, digit;
	size_t used = 0;
	const char *c;

	if (strncmp(word, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
		return false;
	word += strlen(KEY_PREFIX);
	if (strlen(word) != KEY_DIGITS)
		return false;
	for (c = word; *c != '\0'; c++) {
		digit = key_digit(*c);
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		bit_count += 6;
		if (bit_count < 8)
			continue;
		bit_count -= 8;
		key[used++] = (uint8_t)(bits >> bit_count);
	}
	/* The last digit's spare bits are zero, or two words were one key. */
	return (bits & 3) == 0;
}

/* "N:INODE": both are counts. */
static bool parse_pid_word(const char *word, struct postern_subject *subject)
{
	uint64_t pid, inode;
	const char *colon;
	char digits[24];

	colon = strchr(word, ':');
	if (!colon || (size_t)(colon - word) >= sizeof(digits))
		return false;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(colon - word),
		       word);
	if (tool_parse_count(digits, &pid) || pid > INT32_MAX ||
	    tool_parse_count(colon + 1, &inode))
		return false;
	subject->pid = (int32_t)pid;
	subject->pid_fact = POSTERN_FACT_KNOWN;
	subject->pid_inode = inode;
	subject->pid_inode_fact = POSTERN_FACT_KNOWN;
	return true;
}

enum tool_status
tool_subject_describe(struct tool_described_subject *described)
{
	struct postern_subject *subject = &described->subject;
	enum tool_status status;
	int result;

	result = postern_facts_of_user(described->user, &described->facts);
	if (result < 0)
		return tool_error_lookup(described->user, "user", result);
	*subject = *postern_facts_subject(described->facts);
	status = set_groups(described);
	if (status != TOOL_DONE)
		return status;
	if (described->unit) {
		subject->unit = described->unit;
		subject->unit_fact = POSTERN_FACT_KNOWN;
	}
	if (described->key) {
		if (!parse_key(described->key, subject->key)) {
			(void)tool_error("--key", "expected x25519: and 43 "
					 "characters of URL-safe base64");
			return TOOL_MISUSED;
		}
		subject->key_fact = POSTERN_FACT_KNOWN;
	}
	if (described->pid_word &&
	    !parse_pid_word(described->pid_word, subject)) {
		(void)tool_error("--pid-word", "expected N:INODE, as 'postern "
				 "policy pid N' prints it");
		return TOOL_MISUSED;
	}
	return TOOL_DONE;
}

void tool_subject_done(struct tool_described_subject *described)
{
	described->facts = postern_facts_free(described->facts);
	free(described->groups);
	described->groups = NULL;
}
