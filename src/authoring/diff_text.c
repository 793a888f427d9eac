/* SPDX-License-Identifier: ISC */
/*
 * The lines of a comparison: see authoring_internal.h
 */
#include "authoring/authoring_internal.h"

#include <inttypes.h>
#include <string.h>

#include "authoring/print.h"
#include "policy/policy_units.h"

void pst_policy_diff_enter(struct pst_policy_diff *diff, const char *kind,
			   const char *name)
{
	diff->block_kind = kind;
	diff->block_name = name;
	pst_policy_diff_enter_peer(diff, NULL);
}

void pst_policy_diff_enter_peer(struct pst_policy_diff *diff, const char *name)
{
	diff->peer_name = name;
	diff->is_below_peer = name != NULL;
}

static void write_headings(struct pst_policy_diff *diff)
{
	if (diff->block_kind) {
		pst_text_add_string(&diff->text, diff->block_kind);
		if (diff->block_name)
			pst_text_add_format(&diff->text, " %s",
					    diff->block_name);
		pst_text_add_string(&diff->text, "\n");
	}
	if (diff->peer_name) {
		pst_policy_print_indent(&diff->text, 1);
		pst_text_add_format(&diff->text, "peer %s\n", diff->peer_name);
	}
	diff->block_kind = NULL;
	diff->peer_name = NULL;
}

void pst_policy_diff_begin(struct pst_policy_diff *diff, char sign)
{
	const char beginning[] = {sign, ' '};

	write_headings(diff);
	pst_policy_print_indent(&diff->text, diff->is_below_peer ? 2 : 1);
	pst_text_add(&diff->text, beginning, sizeof(beginning));
	diff->change_count++;
}

static void add_place(struct pst_text *text,
		      const struct pst_policy_location *place)
{
	pst_text_add_harmless(text, place->file ? place->file : "no rule");
	if (place->line > 0)
		pst_text_add_format(text, ":%" PRIu32, place->line);
}

void pst_policy_diff_end(struct pst_policy_diff *diff,
			 const struct pst_policy_location *place)
{
	pst_text_add_string(&diff->text, " (");
	add_place(&diff->text, place);
	pst_text_add_string(&diff->text, ")\n");
}

void pst_policy_diff_end_both(struct pst_policy_diff *diff,
			      const struct pst_policy_location *old_place,
			      const struct pst_policy_location *new_place)
{
	pst_text_add_string(&diff->text, " (");
	add_place(&diff->text, old_place);
	pst_text_add_string(&diff->text, " -> ");
	add_place(&diff->text, new_place);
	pst_text_add_string(&diff->text, ")\n");
}

void pst_policy_diff_value(struct pst_policy_diff *diff, const char *what,
			   const char *old_text, const char *new_text,
			   const struct pst_policy_location *old_place,
			   const struct pst_policy_location *new_place)
{
	if (strcmp(old_text, new_text) == 0)
		return;
	pst_policy_diff_begin(diff, '~');
	pst_text_add_format(&diff->text, "%s ", what);
	pst_text_add_harmless(&diff->text, old_text);
	pst_text_add_string(&diff->text, " -> ");
	pst_text_add_harmless(&diff->text, new_text);
	pst_policy_diff_end_both(diff, old_place, new_place);
}

static struct pst_policy_location
place_of_security(const struct pst_policy_security *security)
{
	if (security->location.line > 0)
		return security->location;
	return (struct pst_policy_location){.file = NULL};
}

void pst_policy_diff_security(struct pst_policy_diff *diff,
			      const struct pst_policy_security *old_security,
			      const struct pst_policy_security *new_security)
{
	const struct pst_policy_location old_place =
		place_of_security(old_security);
	const struct pst_policy_location new_place =
		place_of_security(new_security);
	bool is_raised = new_security->minimum > old_security->minimum;

	pst_policy_diff_value(
		diff, is_raised ? "security raised" : "security lowered",
		pst_policy_security_name(old_security->minimum),
		pst_policy_security_name(new_security->minimum), &old_place,
		&new_place);
}

/* What nothing sets bounds nothing, and nobody is blocked harder than that. */
static bool is_bound(size_t limit_key, const struct postern_policy_limit *limit)
{
	return limit->state != POSTERN_LIMIT_UNSET ||
	       limit_key == POSTERN_LIMIT_ON_EXCEED;
}

static struct pst_policy_location
place_of_limit(size_t limit_key, const struct postern_policy_limit *limit)
{
	if (limit->state == POSTERN_LIMIT_SET)
		return (struct pst_policy_location){.file = limit->file,
						    .line = limit->line};
	return (struct pst_policy_location){
		.file = is_bound(limit_key, limit) ? "built in" : NULL};
}

static void write_limit(size_t limit_key,
			const struct postern_policy_limit *limit,
			char value[static PST_POLICY_LIMIT_TEXT_BYTES])
{
	if (is_bound(limit_key, limit))
		pst_policy_limit_text(limit_key, limit->value, value);
	else
		strcpy(value, "no limit");
}

void pst_policy_diff_limit(struct pst_policy_diff *diff, size_t limit_key,
			   const struct postern_policy_limit *old_limit,
			   const struct postern_policy_limit *new_limit,
			   const char *about)
{
	struct pst_policy_location old_place =
		place_of_limit(limit_key, old_limit);
	struct pst_policy_location new_place =
		place_of_limit(limit_key, new_limit);
	char old_value[PST_POLICY_LIMIT_TEXT_BYTES];
	char new_value[PST_POLICY_LIMIT_TEXT_BYTES];

	write_limit(limit_key, old_limit, old_value);
	write_limit(limit_key, new_limit, new_value);
	if (strcmp(old_value, new_value) == 0)
		return;
	pst_policy_diff_begin(diff, '~');
	pst_text_add_format(&diff->text, "limit %s %s -> %s%s",
			    pst_policy_limit_name(limit_key), old_value,
			    new_value, about);
	pst_policy_diff_end_both(diff, &old_place, &new_place);
}

void pst_policy_diff_limits(struct pst_policy_diff *diff,
			    const struct postern_policy_limit *old_limits,
			    const struct postern_policy_limit *new_limits)
{
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++)
		pst_policy_diff_limit(diff, i, &old_limits[i], &new_limits[i],
				      "");
}

void pst_policy_diff_list_security(struct pst_policy_diff *diff,
				   enum postern_security security)
{
	if (security != POSTERN_SECURITY_NONE)
		pst_text_add_format(&diff->text, ", security %s",
				    pst_policy_security_name(security));
}

void pst_policy_diff_list_limits(struct pst_policy_diff *diff,
				 const struct postern_policy_limit *limits)
{
	char value[PST_POLICY_LIMIT_TEXT_BYTES];
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (limits[i].state != POSTERN_LIMIT_SET)
			continue;
		pst_policy_limit_text(i, limits[i].value, value);
		pst_text_add_format(&diff->text, ", %s %s",
				    pst_policy_limit_name(i), value);
	}
}
