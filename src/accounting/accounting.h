/* SPDX-License-Identifier: ISC */
/*
 * Accounting: what several nodes of a process are charged for together
 *
 * Limits of tenants and of the top level hold for the sum over all nodes that
 * share an accounting.  The program creates it and opens the nodes with it; a
 * node that is opened without has one of its own.  Nothing is global.  Nodes may
 * run in different threads: charges and rates are used under its lock, and the
 * meters, which receiving uses, are atomic.
 *
 * Each slot of a node has one charge, and a sum is computed from all charges.
 * So nothing can be released twice or forgotten: a charge ends with its slot.
 */
#ifndef POSTERN_ACCOUNTING_ACCOUNTING_H
#define POSTERN_ACCOUNTING_ACCOUNTING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>

#include "accounting/uid_rate.h"
#include "base/attributes.h"
#include "base/list.h"
#include "base/refcount.h"
#include "base/token_bucket.h"

/* One tenant, found by its name, while a node refers to it. */
struct pst_tenant_account {
	struct pst_list link;
	uint32_t reference_count;
	char name[POSTERN_NAME_BYTES];
	struct pst_meter meter;
	struct pst_uid_rate handshakes;
};

/* The charge of one slot. */
struct pst_charge {
	bool is_taken;
	uint32_t uid;
	const struct pst_tenant_account *account; /* NULL: of no tenant */
	uint64_t memory_bytes;
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];
};

/* The charges of one node, one for each slot.  Memory of the node. */
struct pst_charges {
	struct pst_list link;
	uint32_t slot_count;
	struct pst_charge *charges;
};

struct pst_accounting {
	struct pst_refcount references;
	pthread_mutex_t lock;
	struct pst_list nodes;    /* struct pst_charges */
	struct pst_list accounts; /* struct pst_tenant_account */
	struct pst_meter meter;
	struct pst_uid_rate handshakes;
};

/* The caller of _new() receives a reference.  0 or -ENOMEM. */
PST_MUST_CHECK int pst_accounting_new(struct pst_accounting **ret_accounting);
struct pst_accounting *pst_accounting_ref(struct pst_accounting *accounting);
struct pst_accounting *pst_accounting_unref(struct pst_accounting *accounting);

/* Include the charges of a node in the sums, or exclude them. */
void pst_accounting_add(struct pst_accounting *accounting,
			struct pst_charges *charges);
void pst_accounting_remove(struct pst_accounting *accounting,
			   struct pst_charges *charges);

/* A reference to the account of a tenant, which is created if there is none.
 * Returns 0 or -ENOMEM. */
PST_MUST_CHECK int
pst_tenant_account_open(struct pst_accounting *accounting,
			const char *tenant_name,
			struct pst_tenant_account **ret_account);
struct pst_tenant_account *
pst_tenant_account_close(struct pst_accounting *accounting,
			 struct pst_tenant_account *account);

void pst_accounting_lock(struct pst_accounting *accounting);
void pst_accounting_unlock(struct pst_accounting *accounting);

#endif
