/* SPDX-License-Identifier: ISC */
/*
 * The ledger: what the nodes of a process are charged for together
 *
 * Limits of tenants and of the top level hold for the sum over the process, so
 * its nodes keep one book.  It belongs to the policy object that they were
 * opened with, and passes on to the next one when a node is reloaded; nothing
 * is global.  Nodes may live in different threads: whatever happens at
 * admission is done under the ledger's lock, and the meters, which receiving
 * uses, are atomic.
 *
 * A charge stands in the place of the slot it is for, and a sum is made by
 * looking at all of them.  So nothing can be given back twice or forgotten: when
 * the slot goes, the charge is gone.
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
#include "policy/policy.h"

/* One tenant's, found by name; lives as long as a node refers to it. */
struct pst_account {
	struct pst_list link;
	uint32_t reference_count;
	char name[POSTERN_NAME_BYTES];
	struct pst_meter meter;
	struct pst_uid_buckets handshakes;
};

/* What one slot is charged for, and to whom. */
struct pst_charge {
	bool is_taken;
	uint32_t uid;
	const struct pst_account *account; /* NULL: of no tenant */
	uint64_t memory_bytes;
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];
};

/* The charges of one node, one for each slot. */
struct pst_charges {
	struct pst_list link;
	uint32_t slot_count;
	struct pst_charge *charges;
};

struct pst_ledger {
	struct pst_refcount references;
	pthread_mutex_t lock;
	struct pst_list tables;   /* of struct pst_charges */
	struct pst_list accounts;
	struct pst_meter meter;
	struct pst_uid_buckets handshakes;
};

/*
 * The ledger of a policy, made if it has none, or instead of that `heir_of`
 * where that is not NULL.  A reference of the caller's.  0 or -ENOMEM.
 */
PST_MUST_CHECK int pst_ledger_open(const struct postern_policy *policy,
				   struct pst_ledger *heir_of,
				   struct pst_ledger **ret_ledger);
struct pst_ledger *pst_ledger_unref(struct pst_ledger *ledger);

/* Enter a node's charges, and strike them out; they are the node's memory. */
void pst_ledger_enter(struct pst_ledger *ledger, struct pst_charges *charges);
void pst_ledger_strike(struct pst_ledger *ledger, struct pst_charges *charges);

/* The account of a tenant, made if need be; a reference.  0 or -ENOMEM. */
PST_MUST_CHECK int pst_ledger_open_account(struct pst_ledger *ledger,
					   const char *tenant_name,
					   struct pst_account **ret_account);
struct pst_account *pst_ledger_close_account(struct pst_ledger *ledger,
					     struct pst_account *account);

void pst_ledger_lock(struct pst_ledger *ledger);
void pst_ledger_unlock(struct pst_ledger *ledger);

#endif
