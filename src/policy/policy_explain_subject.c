/* SPDX-License-Identifier: ISC */
/*
 * An explanation begins with what is known of the process
 *
 * Only facts that are known, or known to be absent, are listed; what is missing
 * from the list is unknown.
 */
#include "policy/policy_explain.h"

#include <inttypes.h>

#include "policy/policy.h"

static void add_id(struct pst_text *text, const char *name,
		   enum postern_fact fact, uint32_t id, uint32_t overflow_id)
{
	if (fact != POSTERN_FACT_KNOWN) {
		pst_text_add_format(text, "%s unknown", name);
		return;
	}
	pst_text_add_format(text, "%s %" PRIu32, name, id);
	if (id == PST_POLICY_OVERFLOW_ID ||
	    (overflow_id != 0 && id == overflow_id))
		pst_text_add_string(text, " (not mapped: unknown)");
}

static void add_groups(struct pst_text *text,
		       const struct postern_subject *subject)
{
	uint32_t i;

	if (subject->groups_fact == POSTERN_FACT_UNKNOWN ||
	    (subject->group_count > 0 && !subject->groups)) {
		pst_text_add_string(text, ", other groups unknown");
		return;
	}
	if (subject->groups_fact == POSTERN_FACT_ABSENT ||
	    subject->group_count == 0) {
		pst_text_add_string(text, ", no other groups");
		return;
	}
	pst_text_add_string(text, ", groups");
	for (i = 0; i < subject->group_count; i++)
		pst_text_add_format(text, " %" PRIu32, subject->groups[i]);
}

static void add_pid(struct pst_text *text,
		    const struct postern_subject *subject)
{
	if (subject->pid_fact == POSTERN_FACT_ABSENT ||
	    (subject->pid_fact == POSTERN_FACT_KNOWN && subject->pid <= 0))
		pst_text_add_string(text, ", pid not visible here");
	else if (subject->pid_fact == POSTERN_FACT_KNOWN)
		pst_text_add_format(text, ", pid %" PRId32, subject->pid);
	if (subject->pid_inode_fact == POSTERN_FACT_KNOWN)
		pst_text_add_format(text, ", pid inode %" PRIu64,
				    subject->pid_inode);
}

static void add_text(struct pst_text *text, const char *name,
		     enum postern_fact fact, const char *value)
{
	if (fact == POSTERN_FACT_ABSENT)
		pst_text_add_format(text, ", no %s", name);
	if (fact != POSTERN_FACT_KNOWN || !value)
		return;
	pst_text_add_format(text, ", %s ", name);
	pst_text_add_harmless(text, value);
}

void pst_policy_explain_subject(struct pst_text *text,
				const struct postern_subject *subject)
{
	pst_text_add_string(text, "process: ");
	add_id(text, "uid", subject->uid_fact, subject->uid,
	       subject->overflow_uid);
	add_id(text, ", gid", subject->gid_fact, subject->gid,
	       subject->overflow_gid);
	add_groups(text, subject);
	add_pid(text, subject);
	add_text(text, "label", subject->label_fact, subject->label);
	add_text(text, "unit", subject->unit_fact, subject->unit);
	add_text(text, "cgroup", subject->cgroup_fact, subject->cgroup);
	add_text(text, "exe", subject->exe_fact, subject->exe);
	if (subject->userns == POSTERN_USERNS_SAME)
		pst_text_add_string(text, ", userns same");
	if (subject->userns == POSTERN_USERNS_OTHER)
		pst_text_add_string(text, ", userns another");
	pst_text_add_string(text, subject->key_fact == POSTERN_FACT_KNOWN
					  ? ", a proven key\n"
					  : ", no key\n");
}
