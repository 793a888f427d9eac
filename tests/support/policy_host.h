/* SPDX-License-Identifier: ISC */
/*
 * A host made of a table, and policies loaded on it
 *
 * The users and groups that the policy layer's tests speak of, with no file
 * behind them.
 */
#ifndef POSTERN_SUPPORT_POLICY_HOST_H
#define POSTERN_SUPPORT_POLICY_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "policy/policy_builder.h"
#include "policy/policy_diagnostics.h"

/*
 * alice 1001, bob 1002, carol 1003 and 20 services from 2001 on; groups acme
 * 5001 (lists alice), globex 5002 (lists alice and bob), contractors 5003
 * (lists carol), empty 5004 and more.  Process 77 lives with inode 7700.
 */
extern const struct pst_policy_host policy_host;

/* Flags of every policy that is loaded here, 0 unless a test sets them. */
extern uint32_t policy_host_flags;

/* Builder options for this host, with these flags. */
struct pst_policy_builder_options policy_host_options(void);

/* Load texts as files of root, whatever errors they have.  0 or -ENOMEM. */
int policy_load_all(const char *const *names, const char *const *texts,
		    size_t text_count, struct postern_diagnostics *diagnostics,
		    struct postern_policy **ret_policy);

/* The same, as files "1.conf", "2.conf" and so on. */
struct postern_policy *policy_load_faulty(const char *const *texts,
					  size_t text_count);

/*
 * Load texts as files "1.conf", "2.conf" and so on of root.  Returns 0, or
 * -EINVAL when there is an error anywhere; diagnostics may be NULL.
 */
int policy_load_texts(const char *const *texts, size_t text_count,
		      struct postern_diagnostics *diagnostics,
		      struct postern_policy **ret_policy);

/* One text, as "test.conf". */
int policy_load_text(const char *text, struct postern_diagnostics *diagnostics,
		     struct postern_policy **ret_policy);

/* A text that must load: the test ends here if it does not. */
struct postern_policy *policy_load_valid(const char *text);

/* Everything found, formatted, one after the other; the caller frees it. */
char *policy_findings(const char *text);

/* A process of uid and gid, without other groups, visible here. */
struct postern_subject policy_subject(uint32_t uid, uint32_t gid);

#endif
