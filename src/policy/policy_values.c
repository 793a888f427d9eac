/* SPDX-License-Identifier: ISC */
/*
 * Values of single words: see policy_values.h
 *
 * Numbers have one spelling each: no sign, no leading zero, no fraction.  A
 * word that two readers could read differently is an error.
 *
 * Names of users and groups become numbers once, when the policy loads.  An
 * unknown name is an error even in a deny: a deny that was dropped would let a
 * process in.  The kernel shows the overflow ids, which have names too, for ids
 * that it cannot map, so they identify no user.
 */
#include "policy/policy_values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX (POSTERN_NAME_BYTES - 1)
#define KEY_PREFIX "x25519:"
#define KEY_DIGITS 43u
#define HINT_BYTES 240
#define ID_MAX (UINT32_MAX - 1)

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_number(const char *digits, size_t digit_count, uint64_t most,
		      uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i;

	if (digit_count == 0 || (digits[0] == '0' && digit_count > 1))
		return false;
	for (i = 0; i < digit_count; i++) {
		if (!is_digit(digits[i]) ||
		    __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(digits[i] - '0'),
					   &number))
			return false;
	}
	if (number > most)
		return false;
	*ret_number = number;
	return true;
}

bool pst_policy_is_number(const char *text, uint64_t most, uint64_t *ret_number)
{
	return is_number(text, strlen(text), most, ret_number);
}

bool pst_policy_is_pair(const char *text, char separator, uint64_t most_first,
			uint64_t most_second, uint64_t *ret_first,
			uint64_t *ret_second)
{
	const char *middle = strchr(text, separator);

	return middle &&
	       is_number(text, (size_t)(middle - text), most_first,
			 ret_first) &&
	       pst_policy_is_number(middle + 1, most_second, ret_second);
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

bool pst_policy_word_number(struct pst_policy_builder *builder,
			    const struct pst_policy_word *word, uint64_t least,
			    uint64_t most, uint64_t *ret_number)
{
	char hint[HINT_BYTES];
	uint64_t number;

	if (pst_policy_is_number(word->text, most, &number) &&
	    number >= least) {
		*ret_number = number;
		return true;
	}
	(void)snprintf(hint, sizeof(hint),
		       "a whole number from %llu to %llu, without sign or "
		       "leading zero",
		       (unsigned long long)least,
		       (unsigned long long)most); /* always fits */
	return pst_policy_report(builder, word, hint,
				 "'%s' is not a number that '%s' takes",
				 word->text, word->directive->words[0].text);
}

bool pst_policy_word_name(struct pst_policy_builder *builder,
			  const struct pst_policy_word *word)
{
	return pst_policy_is_name(word->text) ||
	       pst_policy_report(
		       builder, word,
		       "names are [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes",
		       "'%s' is not a valid name", word->text);
}

bool pst_policy_word_path(struct pst_policy_builder *builder,
			  const struct pst_policy_word *word)
{
	return pst_policy_is_path(word->text) ||
	       pst_policy_report(builder, word,
				 "paths begin with '/' and have no empty, '.' "
				 "or '..' parts",
				 "'%s' is not an absolute path", word->text);
}

bool pst_policy_word_key(struct pst_policy_builder *builder,
			 const struct pst_policy_word *word, uint8_t *ret_key)
{
	return pst_policy_is_key(word->text, ret_key) ||
	       pst_policy_report(builder, word,
				 "x25519: and 43 characters of URL-safe "
				 "base64, no padding",
				 "'%s' is not a public key", word->text);
}

bool pst_policy_word_choice(struct pst_policy_builder *builder,
			    const struct pst_policy_word *word,
			    const char *const *choices, size_t choice_count,
			    uint32_t *ret_index)
{
	char hint[HINT_BYTES] = "one of:";
	size_t used_bytes;
	uint32_t i;

	for (i = 0; i < choice_count; i++) {
		if (strcmp(word->text, choices[i]) == 0) {
			*ret_index = i;
			return true;
		}
		used_bytes = strlen(hint);
		(void)snprintf(hint + used_bytes, sizeof(hint) - used_bytes,
			       " %s", choices[i]); /* always fits */
	}
	return pst_policy_report(builder, word, hint,
				 "unknown word '%s' in '%s'", word->text,
				 word->directive->words[0].text);
}

/* Users and groups */

struct id_kind {
	const char *name;
	const char *overflow_names[2];
	const char *hint;
	int (*find)(struct pst_name_table *names, const char *name,
		    uint32_t *ret_id);
	uint32_t overflow_id;
};

static bool is_overflow_id(const struct id_kind *kind, uint64_t id)
{
	return id == PST_POLICY_OVERFLOW_ID ||
	       (kind->overflow_id != 0 && id == kind->overflow_id);
}

static bool report_overflow(struct pst_policy_builder *builder,
			    const struct id_kind *kind,
			    const struct pst_policy_word *word)
{
	return pst_policy_report(
		builder, word,
		"the kernel shows this id for all that the user namespace "
		"does not map",
		"%s '%s' identifies nobody", kind->name, word->text);
}

static bool word_id(struct pst_policy_builder *builder,
		    const struct id_kind *kind,
		    const struct pst_policy_word *word,
		    enum postern_fact_state *ret_fact, uint32_t *ret_id)
{
	const char *text = word->text;
	uint64_t number;
	uint32_t id;
	int r = 0;

	if (strcmp(text, kind->overflow_names[0]) == 0 ||
	    strcmp(text, kind->overflow_names[1]) == 0)
		return report_overflow(builder, kind, word);

	if (text[0] == '-' || text[0] == '+' || text[0] == '\0' ||
	    strspn(text, "0123456789") == strlen(text)) {
		if (!pst_policy_word_number(builder, word, 0, ID_MAX, &number))
			return false;
		id = (uint32_t)number;
	} else {
		r = kind->find(builder->options.host.names, text, &id);
	}
	if (r == -ENOENT) {
		*ret_fact = POSTERN_FACT_UNKNOWN;
		*ret_id = 0;
		pst_policy_report_as(
			builder,
			pst_policy_severity_of(builder,
					       POSTERN_POLICY_ASSUME_NAMES),
			word, kind->hint, "unknown %s '%s'", kind->name, text);
		return true;
	}
	if (r < 0)
		return pst_policy_report_host(builder, word, r,
					      r == -ENOTUNIQ
						      ? "the name has several ids"
						      : NULL,
					      "cannot look up %s '%s'",
					      kind->name, text);
	if (is_overflow_id(kind, id))
		return report_overflow(builder, kind, word);
	*ret_fact = POSTERN_FACT_KNOWN;
	*ret_id = id;
	return true;
}

bool pst_policy_is_range(const char *text)
{
	size_t first_bytes = strspn(text, "0123456789");
	const char *last = text + first_bytes + 1;

	return first_bytes > 0 && text[first_bytes] == '-' && *last &&
	       strspn(last, "0123456789") == strlen(last);
}

static bool has_id(uint64_t first, uint64_t last, uint64_t id)
{
	return first <= id && id <= last;
}

bool pst_policy_word_range(struct pst_policy_builder *builder,
			   const struct pst_policy_word *word,
			   uint64_t *ret_first, uint64_t *ret_last)
{
	const uint32_t overflow_uid = builder->options.overflow_uid;
	uint64_t first, last;

	if (!pst_policy_is_pair(word->text, '-', ID_MAX, ID_MAX, &first,
				&last) ||
	    first >= last)
		return pst_policy_report(
			builder, word,
			"FIRST-LAST, two uids without leading zeros that "
			"ascend",
			"'%s' is not a range of uids", word->text);
	if (has_id(first, last, PST_POLICY_OVERFLOW_ID) ||
	    (overflow_uid != 0 && has_id(first, last, overflow_uid)))
		return pst_policy_report(
			builder, word,
			"the kernel shows this id for each user that it cannot "
			"map: write two ranges",
			"range '%s' has uid %u in it", word->text,
			overflow_uid != 0 ? overflow_uid
					  : PST_POLICY_OVERFLOW_ID);
	*ret_first = first;
	*ret_last = last;
	return true;
}

bool pst_policy_word_user(struct pst_policy_builder *builder,
			  const struct pst_policy_word *word,
			  enum postern_fact_state *ret_fact, uint32_t *ret_uid)
{
	const struct id_kind user = {
		.name = "user",
		.overflow_names = {"nobody", "nobody"},
		.hint = "names come from /etc/passwd; a number works too",
		.find = builder->options.host.find_user,
		.overflow_id = builder->options.overflow_uid,
	};

	return word_id(builder, &user, word, ret_fact, ret_uid);
}

bool pst_policy_word_group(struct pst_policy_builder *builder,
			   const struct pst_policy_word *word,
			   enum postern_fact_state *ret_fact, uint32_t *ret_gid)
{
	const struct id_kind group = {
		.name = "group",
		.overflow_names = {"nogroup", "nobody"},
		.hint = "names come from /etc/group; a number works too",
		.find = builder->options.host.find_group,
		.overflow_id = builder->options.overflow_gid,
	};

	return word_id(builder, &group, word, ret_fact, ret_gid);
}
