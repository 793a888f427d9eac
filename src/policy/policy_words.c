/* SPDX-License-Identifier: ISC */
/*
 * What a single word says: see policy_words.h
 *
 * Numbers have one spelling each: no sign, no leading zero, no fraction.  What
 * two readers could read differently is an error.
 */
#include "policy/policy_words.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX (POSTERN_NAME_BYTES - 1)
#define KEY_PREFIX "x25519:"
#define KEY_DIGITS 43u
#define HINT_BYTES 240

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool pst_policy_is_number(const char *text, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (i = 0; text[i]; i++) {
		if (!is_digit(text[i]) ||
		    __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text[i] - '0'),
					   &number))
			return false;
	}
	if (number > most)
		return false;
	*ret_number = number;
	return true;
}

bool pst_policy_is_name(const char *text)
{
	size_t i;

	if (!is_letter(text[0]) && !is_digit(text[0]))
		return false;
	for (i = 1; text[i]; i++) {
		if (i == NAME_BYTES_MAX)
			return false;
		if (!is_letter(text[i]) && !is_digit(text[i]) &&
		    text[i] != '_' && text[i] != '.' && text[i] != '-')
			return false;
	}
	return true;
}

bool pst_policy_is_path(const char *text)
{
	size_t part_bytes;

	if (text[0] != '/')
		return false;
	if (text[1] == '\0')
		return true;
	while (*text == '/') {
		text++;
		part_bytes = strcspn(text, "/");
		if (part_bytes == 0 || (part_bytes == 1 && text[0] == '.') ||
		    (part_bytes == 2 && text[0] == '.' && text[1] == '.'))
			return false;
		text += part_bytes;
	}
	return true;
}

static bool is_base64_digit(char byte, uint32_t *ret_value)
{
	if (byte >= 'A' && byte <= 'Z')
		*ret_value = (uint32_t)(byte - 'A');
	else if (byte >= 'a' && byte <= 'z')
		*ret_value = (uint32_t)(byte - 'a') + 26;
	else if (is_digit(byte))
		*ret_value = (uint32_t)(byte - '0') + 52;
	else if (byte == '-')
		*ret_value = 62;
	else if (byte == '_')
		*ret_value = 63;
	else
		return false;
	return true;
}

bool pst_policy_is_key(const char *text,
		       uint8_t ret_key[static POSTERN_KEY_BYTES])
{
	uint8_t key[POSTERN_KEY_BYTES];
	uint32_t bits = 0, value, bit_count = 0;
	size_t i, key_bytes = 0;

	if (strncmp(text, KEY_PREFIX, strlen(KEY_PREFIX)) != 0)
		return false;
	text += strlen(KEY_PREFIX);
	if (strlen(text) != KEY_DIGITS)
		return false;

	for (i = 0; i < KEY_DIGITS; i++) {
		if (!is_base64_digit(text[i], &value))
			return false;
		bits = bits << 6 | value;
		bit_count += 6;
		if (bit_count >= 8) {
			bit_count -= 8;
			key[key_bytes++] = (uint8_t)(bits >> bit_count);
			bits &= (1u << bit_count) - 1;
		}
	}
	/* two bits are left over; were they free, a key had four spellings */
	if (bits != 0)
		return false;
	memcpy(ret_key, key, sizeof(key));
	return true;
}

int pst_policy_word_number(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index, uint64_t least, uint64_t most,
			   uint64_t *ret_number, bool *ret_is_valid)
{
	const char *text = directive->words[word_index].text;
	char hint[HINT_BYTES];
	uint64_t number;

	*ret_is_valid = pst_policy_is_number(text, most, &number) &&
			number >= least;
	if (*ret_is_valid) {
		*ret_number = number;
		return 0;
	}
	(void)snprintf(hint, sizeof(hint),
		       "a whole number from %llu to %llu, without sign or "
		       "leading zero",
		       (unsigned long long)least,
		       (unsigned long long)most); /* always fits */
	return pst_policy_report_word(builder, directive, word_index, hint,
				      "'%s' is not a number that '%s' takes",
				      text, directive->words[0].text);
}

/* Reports what a word is not, unless it is right. */
static int check_text(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      uint32_t word_index, bool is_valid, const char *hint,
		      const char *kind)
{
	if (is_valid)
		return 0;
	return pst_policy_report_word(builder, directive, word_index, hint,
				      "'%s' is not %s",
				      directive->words[word_index].text, kind);
}

int pst_policy_word_name(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index, bool *ret_is_valid)
{
	*ret_is_valid = pst_policy_is_name(directive->words[word_index].text);
	return check_text(
		builder, directive, word_index, *ret_is_valid,
		"names are [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes",
		"a valid name");
}

int pst_policy_word_path(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index, bool *ret_is_valid)
{
	*ret_is_valid = pst_policy_is_path(directive->words[word_index].text);
	return check_text(
		builder, directive, word_index, *ret_is_valid,
		"paths begin with '/' and have no empty, '.' or '..' parts",
		"an absolute path");
}

int pst_policy_word_key(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			uint32_t word_index, uint8_t *ret_key,
			bool *ret_is_valid)
{
	*ret_is_valid =
		pst_policy_is_key(directive->words[word_index].text, ret_key);
	return check_text(
		builder, directive, word_index, *ret_is_valid,
		"x25519: and 43 characters of URL-safe base64, no padding",
		"a public key");
}

int pst_policy_word_choice(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index, const char *const *choices,
			   size_t choice_count, size_t *ret_index,
			   bool *ret_is_valid)
{
	char hint[HINT_BYTES] = "one of:";
	size_t i, used_bytes;

	for (i = 0; i < choice_count; i++) {
		if (strcmp(directive->words[word_index].text, choices[i]))
			continue;
		*ret_index = i;
		*ret_is_valid = true;
		return 0;
	}

	*ret_is_valid = false;
	for (i = 0; i < choice_count; i++) {
		used_bytes = strlen(hint);
		(void)snprintf(hint + used_bytes, sizeof(hint) - used_bytes,
			       " %s", choices[i]); /* always fits */
	}
	return pst_policy_report_word(builder, directive, word_index, hint,
				      "unknown word '%s' in '%s'",
				      directive->words[word_index].text,
				      directive->words[0].text);
}
