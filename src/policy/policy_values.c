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
			   uint64_t *ret_number)
{
	const char *text = directive->words[word_index].text;
	char hint[HINT_BYTES];
	uint64_t number;

	if (pst_policy_is_number(text, most, &number) && number >= least) {
		*ret_number = number;
		return 1;
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

/* Report that a word is not of this kind, unless it is valid. */
static int check_text(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      uint32_t word_index, bool is_valid, const char *hint,
		      const char *kind)
{
	if (is_valid)
		return 1;
	return pst_policy_report_word(builder, directive, word_index, hint,
				      "'%s' is not %s",
				      directive->words[word_index].text, kind);
}

int pst_policy_word_name(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index)
{
	return check_text(
		builder, directive, word_index,
		pst_policy_is_name(directive->words[word_index].text),
		"names are [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes",
		"a valid name");
}

int pst_policy_word_path(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index)
{
	return check_text(
		builder, directive, word_index,
		pst_policy_is_path(directive->words[word_index].text),
		"paths begin with '/' and have no empty, '.' or '..' parts",
		"an absolute path");
}

int pst_policy_word_key(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			uint32_t word_index, uint8_t *ret_key)
{
	return check_text(
		builder, directive, word_index,
		pst_policy_is_key(directive->words[word_index].text, ret_key),
		"x25519: and 43 characters of URL-safe base64, no padding",
		"a public key");
}

int pst_policy_word_choice(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index, const char *const *choices,
			   size_t choice_count, size_t *ret_index)
{
	char hint[HINT_BYTES] = "one of:";
	size_t i, used_bytes;

	for (i = 0; i < choice_count; i++) {
		if (strcmp(directive->words[word_index].text, choices[i]))
			continue;
		*ret_index = i;
		return 1;
	}

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

/* Users and groups */

struct id_kind {
	const char *name;
	const char *overflow_names[2];
	const char *hint;
	int (*find)(struct pst_name_table *names, const char *name,
		    uint32_t *ret_id);
	uint32_t overflow_id;
};

static bool is_overflow_name(const struct id_kind *kind, const char *text)
{
	return strcmp(text, kind->overflow_names[0]) == 0 ||
	       strcmp(text, kind->overflow_names[1]) == 0;
}

static bool is_overflow_id(const struct id_kind *kind, uint64_t id)
{
	return id == PST_POLICY_OVERFLOW_ID ||
	       (kind->overflow_id != 0 && id == kind->overflow_id);
}

static int report_overflow(struct pst_policy_builder *builder,
			   const struct id_kind *kind,
			   const struct pst_policy_directive *directive,
			   uint32_t word_index)
{
	return pst_policy_report_word(
		builder, directive, word_index,
		"the kernel shows this id for all that the user namespace "
		"does not map",
		"%s '%s' identifies nobody", kind->name,
		directive->words[word_index].text);
}

static int report_unknown_name(struct pst_policy_builder *builder,
			       const struct id_kind *kind,
			       const struct pst_policy_directive *directive,
			       uint32_t word_index)
{
	const char *text = directive->words[word_index].text;

	return pst_policy_report_word_as(
		builder,
		pst_policy_severity_of(builder, POSTERN_POLICY_ASSUME_NAMES),
		directive, word_index, kind->hint, "unknown %s '%s'",
		kind->name, text);
}

static int word_id(struct pst_policy_builder *builder,
		   const struct id_kind *kind,
		   const struct pst_policy_directive *directive,
		   uint32_t word_index, enum postern_fact *ret_fact,
		   uint32_t *ret_id)
{
	const char *text = directive->words[word_index].text;
	uint64_t number;
	uint32_t id;
	int r;

	if (is_overflow_name(kind, text))
		return report_overflow(builder, kind, directive, word_index);

	if (text[0] == '-' || text[0] == '+' || text[0] == '\0' ||
	    strspn(text, "0123456789") == strlen(text)) {
		r = pst_policy_word_number(builder, directive, word_index, 0,
					   ID_MAX, &number);
		if (r <= 0)
			return r;
		id = (uint32_t)number;
	} else {
		r = kind->find(builder->options.host.names, text, &id);
		if (r == -ENOENT) {
			*ret_fact = POSTERN_FACT_UNKNOWN;
			*ret_id = 0;
			r = report_unknown_name(builder, kind, directive,
						word_index);
			return r < 0 ? r : 1;
		}
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			return pst_policy_report_word(
				builder, directive, word_index,
				r == -ENOTUNIQ ? "the name has several ids"
					       : strerrordesc_np(-r),
				"cannot look up %s '%s'", kind->name, text);
	}

	if (is_overflow_id(kind, id))
		return report_overflow(builder, kind, directive, word_index);
	*ret_fact = POSTERN_FACT_KNOWN;
	*ret_id = id;
	return 1;
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

int pst_policy_word_range(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  uint32_t word_index, uint32_t *ret_first,
			  uint32_t *ret_last)
{
	const uint32_t overflow_uid = builder->options.overflow_uid;
	const char *text = directive->words[word_index].text;
	const char *dash = strchr(text, '-');
	uint64_t first = 0, last = 0;
	char first_text[16] = "";

	if ((size_t)(dash - text) < sizeof(first_text)) {
		memcpy(first_text, text, (size_t)(dash - text));
		first_text[dash - text] = '\0';
	}
	if (!pst_policy_is_number(first_text, ID_MAX, &first) ||
	    !pst_policy_is_number(dash + 1, ID_MAX, &last) || first >= last)
		return pst_policy_report_word(
			builder, directive, word_index,
			"FIRST-LAST, two uids without leading zeros that "
			"ascend",
			"'%s' is not a range of uids", text);
	if (has_id(first, last, PST_POLICY_OVERFLOW_ID) ||
	    (overflow_uid != 0 && has_id(first, last, overflow_uid)))
		return pst_policy_report_word(
			builder, directive, word_index,
			"the kernel shows this id for each user that it cannot "
			"map: write two ranges",
			"range '%s' has uid %u in it", text,
			overflow_uid != 0 ? overflow_uid
					  : PST_POLICY_OVERFLOW_ID);
	*ret_first = (uint32_t)first;
	*ret_last = (uint32_t)last;
	return 1;
}

int pst_policy_word_user(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index, enum postern_fact *ret_fact,
			 uint32_t *ret_uid)
{
	const struct id_kind user = {
		.name = "user",
		.overflow_names = {"nobody", "nobody"},
		.hint = "names come from /etc/passwd; a number works too",
		.find = builder->options.host.find_user,
		.overflow_id = builder->options.overflow_uid,
	};

	return word_id(builder, &user, directive, word_index, ret_fact,
		       ret_uid);
}

int pst_policy_word_group(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  uint32_t word_index, enum postern_fact *ret_fact,
			  uint32_t *ret_gid)
{
	const struct id_kind group = {
		.name = "group",
		.overflow_names = {"nogroup", "nobody"},
		.hint = "names come from /etc/group; a number works too",
		.find = builder->options.host.find_group,
		.overflow_id = builder->options.overflow_gid,
	};

	return word_id(builder, &group, directive, word_index, ret_fact,
		       ret_gid);
}
