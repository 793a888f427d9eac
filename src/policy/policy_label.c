/* SPDX-License-Identifier: ISC */
/*
 * Labels of security modules: see policy_label.h
 *
 * A word in parentheses at the end of a profile is its mode, also if the word
 * is unknown: a new mode must not change the name, or a deny of that name would
 * no longer match.
 */
#include "policy/policy_label.h"

#include <stddef.h>
#include <string.h>

#define STACK_SEPARATOR "//&"
/* Stands for profiles of a namespace that is not visible from ours. */
#define HIDDEN_PROFILE "---"

/* The profile of processes that have none. */
#define UNCONFINED "unconfined"

/* One profile of a label: bytes within it. */
struct profile {
	const char *name;
	size_t name_bytes;
	const char *mode;
	size_t mode_bytes;
};

static bool is_text(const char *bytes, size_t byte_count, const char *text)
{
	return byte_count == strlen(text) &&
	       memcmp(bytes, text, byte_count) == 0;
}

/* The rest of a label, or of a text of the policy, which has no modes. */
struct text {
	const char *rest; /* NULL behind the last profile */
	size_t rest_bytes;
	bool has_modes;
};

/* Some kernels end a label with a newline. */
static struct text text_of(const char *label, bool has_modes)
{
	size_t byte_count = strlen(label);

	while (byte_count > 0 && label[byte_count - 1] == '\n')
		byte_count--;
	return (struct text){label, byte_count, has_modes};
}

static bool is_mode_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_';
}

/* Take " (mode)" off the end of a profile. */
static void split_mode(struct profile *profile)
{
	size_t end = profile->name_bytes, begin;

	if (end < 4 || profile->name[end - 1] != ')')
		return;
	for (begin = end - 1;
	     begin > 0 && is_mode_byte(profile->name[begin - 1]);)
		begin--;
	if (begin < 3 || begin == end - 1 || profile->name[begin - 1] != '(' ||
	    profile->name[begin - 2] != ' ')
		return;
	profile->mode = profile->name + begin;
	profile->mode_bytes = end - 1 - begin;
	profile->name_bytes = begin - 2;
}

/* The next profile of a text; false at its end. */
static bool next_profile(struct text *text, struct profile *ret_profile)
{
	const size_t separator_bytes = strlen(STACK_SEPARATOR);
	size_t i = 0;

	if (!text->rest)
		return false;
	while (i < text->rest_bytes &&
	       (text->rest_bytes - i < separator_bytes ||
		memcmp(text->rest + i, STACK_SEPARATOR, separator_bytes) != 0))
		i++;
	*ret_profile = (struct profile){.name = text->rest, .name_bytes = i};
	if (i < text->rest_bytes) {
		text->rest += i + separator_bytes;
		text->rest_bytes -= i + separator_bytes;
	} else {
		text->rest = NULL;
	}
	if (text->has_modes)
		split_mode(ret_profile);
	return true;
}

static bool has_profile(struct text text, const struct profile *wanted)
{
	struct profile profile;

	while (next_profile(&text, &profile)) {
		if (profile.name_bytes == wanted->name_bytes &&
		    memcmp(profile.name, wanted->name, wanted->name_bytes) == 0)
			return true;
	}
	return false;
}

/* Of a stack that begins with the separator the first profile is empty. */
static bool is_named(const struct profile *profile)
{
	return profile->name_bytes > 0;
}

/* Each profile of the one text, of which there is one, is in the other. */
static bool is_within(struct text text, struct text other)
{
	struct profile profile;
	bool has_any = false;

	while (next_profile(&text, &profile)) {
		if (!is_named(&profile))
			continue;
		if (!has_profile(other, &profile))
			return false;
		has_any = true;
	}
	return has_any;
}

/* The kernel shows no mode for it: in a namespace below ours, and with the name
 * of the namespace before it, neither. */
static bool is_unconfined(const char *name, size_t name_bytes)
{
	size_t part_bytes = strlen(UNCONFINED);

	if (name_bytes < part_bytes ||
	    memcmp(name + name_bytes - part_bytes, UNCONFINED, part_bytes) != 0)
		return false;
	return name_bytes == part_bytes ||
	       (name[0] == ':' && (name[name_bytes - part_bytes - 1] == ':' ||
				   name[name_bytes - part_bytes - 1] == '/'));
}

static enum pst_policy_confinement
confinement_of(const struct profile *profile)
{
	static const char *const confining[] = {"enforce", "kill", "prompt",
						"user"};
	size_t i;

	if (!profile->mode)
		return is_unconfined(profile->name, profile->name_bytes)
			       ? PST_POLICY_NOT_CONFINED
			       : PST_POLICY_CONFINED;
	if (is_text(profile->mode, profile->mode_bytes, "complain") ||
	    is_text(profile->mode, profile->mode_bytes, "unconfined"))
		return PST_POLICY_NOT_CONFINED;
	for (i = 0; i < sizeof(confining) / sizeof(confining[0]); i++) {
		if (is_text(profile->mode, profile->mode_bytes, confining[i]))
			return PST_POLICY_CONFINED;
	}
	return PST_POLICY_CONFINEMENT_UNKNOWN; /* mixed, or a new mode */
}

struct pst_policy_label_relation
pst_policy_label_compare(const char *wanted, const char *label)
{
	const struct text wanted_text = text_of(wanted, false);
	struct text label_text = text_of(label, true);
	struct pst_policy_label_relation relation = {
		.has_all = is_within(wanted_text, label_text),
		.is_same = is_within(wanted_text, label_text) &&
			   is_within(label_text, wanted_text),
		.is_hidden = true, /* until a profile is seen */
	};
	enum pst_policy_confinement confinement;
	bool has_any = false, has_hidden = false;
	struct profile profile;

	while (next_profile(&label_text, &profile)) {
		has_any |= is_named(&profile);
		has_hidden |= is_text(profile.name, profile.name_bytes,
				      HIDDEN_PROFILE);
		confinement = confinement_of(&profile);
		if (confinement > relation.confinement)
			relation.confinement = confinement;
	}
	relation.is_hidden = !has_any || has_hidden;
	return relation;
}

bool pst_policy_label_has_mode(const char *text)
{
	static const char *const modes[] = {"enforce", "complain",
					    "unconfined", "kill",
					    "prompt", "user",
					    "mixed"};
	struct profile profile = {.name = text, .name_bytes = strlen(text)};
	size_t i;

	split_mode(&profile);
	for (i = 0; profile.mode && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (is_text(profile.mode, profile.mode_bytes, modes[i]))
			return true;
	}
	return false;
}

bool pst_policy_label_is_unconfined(const char *text)
{
	return is_unconfined(text, strlen(text));
}

bool pst_policy_label_is_stack(const char *text)
{
	return strstr(text, STACK_SEPARATOR) != NULL;
}
