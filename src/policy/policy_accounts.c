/* SPDX-License-Identifier: ISC */
/*
 * Users and groups
 *
 * Names become numbers once, when the policy loads.  A name that is unknown is
 * an error even in a deny: a deny that was dropped would let somebody in.  The
 * overflow ids, and the accounts named after them, are what the kernel shows
 * for ids it cannot map, so they name everybody and nobody.
 */
#include <errno.h>
#include <string.h>

#include "policy/policy_words.h"

#define ID_MAX (UINT32_MAX - 1)

struct account_kind {
	const char *name;
	const char *overflow_names[2];
	const char *hint;
	int (*find)(void *names, const char *name, uint32_t *ret_id);
	uint32_t overflow_id;
};

static bool is_overflow_name(const struct account_kind *kind, const char *text)
{
	return strcmp(text, kind->overflow_names[0]) == 0 ||
	       strcmp(text, kind->overflow_names[1]) == 0;
}

static bool is_overflow_id(const struct account_kind *kind, uint64_t id)
{
	return id == PST_POLICY_OVERFLOW_ID ||
	       (kind->overflow_id != 0 && id == kind->overflow_id);
}

static int report_overflow(struct pst_policy_builder *builder,
			   const struct account_kind *kind,
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

static int report_unknown(struct pst_policy_builder *builder,
			  const struct account_kind *kind,
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

static int word_account(struct pst_policy_builder *builder,
			const struct account_kind *kind,
			const struct pst_policy_directive *directive,
			uint32_t word_index, enum postern_fact *ret_fact,
			uint32_t *ret_id, bool *ret_is_valid)
{
	const char *text = directive->words[word_index].text;
	uint64_t number;
	uint32_t id;
	int r;

	*ret_is_valid = false;
	if (is_overflow_name(kind, text))
		return report_overflow(builder, kind, directive, word_index);

	if (text[0] == '-' || text[0] == '+' || text[0] == '\0' ||
	    strspn(text, "0123456789") == strlen(text)) {
		r = pst_policy_word_number(builder, directive, word_index, 0,
					   ID_MAX, &number, ret_is_valid);
		if (r < 0 || !*ret_is_valid)
			return r;
		id = (uint32_t)number;
	} else {
		r = kind->find(builder->options.host.names, text, &id);
		if (r == -ENOENT) {
			*ret_fact = POSTERN_FACT_UNKNOWN;
			*ret_id = 0;
			*ret_is_valid = true;
			return report_unknown(builder, kind, directive,
					      word_index);
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

	*ret_is_valid = !is_overflow_id(kind, id);
	if (!*ret_is_valid)
		return report_overflow(builder, kind, directive, word_index);
	*ret_fact = POSTERN_FACT_KNOWN;
	*ret_id = id;
	return 0;
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
			  uint32_t *ret_last, bool *ret_is_valid)
{
	const uint32_t overflow_uid = builder->options.overflow_uid;
	const char *text = directive->words[word_index].text;
	const char *dash = strchr(text, '-');
	uint64_t first = 0, last = 0;
	char first_text[16] = "";

	*ret_is_valid = false;
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
	*ret_is_valid = true;
	return 0;
}

int pst_policy_word_user(struct pst_policy_builder *builder,
			 const struct pst_policy_directive *directive,
			 uint32_t word_index, enum postern_fact *ret_fact,
			 uint32_t *ret_uid, bool *ret_is_valid)
{
	const struct account_kind user = {
		.name = "user",
		.overflow_names = {"nobody", "nobody"},
		.hint = "names come from /etc/passwd; a number works too",
		.find = builder->options.host.find_user,
		.overflow_id = builder->options.overflow_uid,
	};

	return word_account(builder, &user, directive, word_index, ret_fact,
			    ret_uid, ret_is_valid);
}

int pst_policy_word_group(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  uint32_t word_index, enum postern_fact *ret_fact,
			  uint32_t *ret_gid, bool *ret_is_valid)
{
	const struct account_kind group = {
		.name = "group",
		.overflow_names = {"nogroup", "nobody"},
		.hint = "names come from /etc/group; a number works too",
		.find = builder->options.host.find_group,
		.overflow_id = builder->options.overflow_gid,
	};

	return word_account(builder, &group, directive, word_index, ret_fact,
			    ret_gid, ret_is_valid);
}
