/* SPDX-License-Identifier: ISC */
/*
 * What an admitted process gets
 *
 * Each limit with its scope and with the rule that set it, in the units of the
 * policy language, so that a line can be found, and copied.
 */
#include "policy/policy_explain.h"

#include <inttypes.h>

#include "policy/policy_limit_text.h"

#define VALUE_COLUMN 30
#define PLACE_COLUMN 46

static void add_line(struct pst_text *text, const char *scope, const char *name,
		     const char *value, const char *file, uint32_t line)
{
	pst_text_add_format(text, "  %-10s %s", scope, name);
	pst_text_add_padding(text, VALUE_COLUMN, 1);
	pst_text_add_string(text, value);
	pst_text_add_padding(text, PLACE_COLUMN, 2);
	pst_text_add_harmless(text, file ? file : "built in");
	if (file)
		pst_text_add_format(text, ":%" PRIu32, line);
	pst_text_add(text, "\n", 1);
}

static void add_limits(struct pst_text *text, const char *scope,
		       const struct postern_policy_limit *limits)
{
	char value[PST_POLICY_LIMIT_TEXT_BYTES];
	size_t i;

	for (i = 0; i < POSTERN_LIMIT_COUNT; i++) {
		if (limits[i].state == POSTERN_LIMIT_UNSET)
			continue;
		pst_policy_limit_text(i, limits[i].value, value);
		add_line(text, scope, pst_policy_limit_name(i), value,
			 limits[i].file, limits[i].line);
	}
}

void pst_policy_explain_grant(struct pst_text *text,
			      const struct postern_decision *decision)
{
	pst_text_add_format(text, "verdict: admitted as peer '%s'",
			    decision->peer_name);
	if (decision->tenant_name)
		pst_text_add_format(text, ", of tenant '%s'",
				    decision->tenant_name);
	pst_text_add_format(text, "\n  direction  %s%s\n",
			    pst_policy_directions_name(decision->directions),
			    decision->may_observe ? ", may observe" : "");
	add_line(text, "security", "",
		 pst_policy_security_name(decision->security),
		 decision->security_file, decision->security_line);
	add_limits(text, "channel", decision->channel);
	add_limits(text, "tenant", decision->tenant);
	add_limits(text, "node", decision->node);
	add_limits(text, "process", decision->process);
}
