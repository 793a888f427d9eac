/* SPDX-License-Identifier: ISC */
/*
 * Labels of security modules, as SO_PEERSEC returns them
 *
 *	SELinux, Smack  system_u:system_r:httpd_t:s0
 *	AppArmor        /usr/sbin/ordersd (enforce)
 *	                unconfined
 *	                ordersd//&:guest:inner (mixed)
 *
 * A policy names the label without the mode.  AppArmor stacks profiles: all of
 * them hold for the process, in any order.  Pure.
 */
#ifndef POSTERN_POLICY_POLICY_LABEL_H
#define POSTERN_POLICY_POLICY_LABEL_H

#include <stdbool.h>

/* The confinement that the mode of a label stands for, strongest first. */
enum pst_policy_confinement {
	PST_POLICY_CONFINED = 0,     /* enforced, or a label without modes */
	PST_POLICY_CONFINEMENT_UNKNOWN,
	PST_POLICY_NOT_CONFINED      /* complain, unconfined */
};

/* How a label relates to the one that a policy names. */
struct pst_policy_label_relation {
	bool has_all;     /* each profile of the policy's is one of its */
	bool is_same;     /* and it has no other */
	bool is_hidden;   /* a profile cannot be seen from here, or is empty */
	enum pst_policy_confinement confinement;
};

struct pst_policy_label_relation
pst_policy_label_compare(const char *wanted, const char *label);

/* The text ends as a label with a mode does: " (enforce)". */
bool pst_policy_label_has_mode(const char *text);

/* It names the profile of unconfined processes, which no allow matches. */
bool pst_policy_label_is_unconfined(const char *text);

/* The text names several profiles. */
bool pst_policy_label_is_stack(const char *text);

#endif
