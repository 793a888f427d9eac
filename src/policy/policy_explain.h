/* SPDX-License-Identifier: ISC */
/*
 * The parts of an explanation
 */
#ifndef POSTERN_POLICY_POLICY_EXPLAIN_H
#define POSTERN_POLICY_POLICY_EXPLAIN_H

#include <postern/policy.h>

#include "base/text.h"

/* "process: uid 20002, gid 20002, groups 5001, ..." */
void pst_policy_explain_subject(struct pst_text *text,
				const struct postern_subject *subject);

/* What an admitted process gets, each line with the location of its rule. */
void pst_policy_explain_grant(struct pst_text *text,
			      const struct postern_decision *decision);

#endif
