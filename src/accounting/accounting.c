/* SPDX-License-Identifier: ISC */
/*
 * The ledger
 */
#include "accounting/accounting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT_OF(list) PST_LIST_ENTRY(list, struct pst_account, link)

static struct pst_ledger *ledger_new(void)
{
	struct pst_ledger *ledger;

	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return NULL;
	if (pthread_mutex_init(&ledger->lock, NULL) != 0) {
		free(ledger);
		return NULL;
	}
	pst_refcount_init(&ledger->references);
	pst_list_init(&ledger->tables);
	pst_list_init(&ledger->accounts);
	return ledger;
}

struct pst_ledger *pst_ledger_unref(struct pst_ledger *ledger)
{
	if (ledger && pst_refcount_unref(&ledger->references)) {
		(void)pthread_mutex_destroy(&ledger->lock);
		free(ledger);
	}
	return NULL;
}

/* The policy gives its reference back when it goes. */
static void let_go(void *companion)
{
	(void)pst_ledger_unref(companion); /* always NULL */
}

int pst_ledger_open(const struct postern_policy *policy,
		    struct pst_ledger *heir_of, struct pst_ledger **ret_ledger)
{
	struct pst_ledger *ours, *ledger;

	ledger = pst_policy_companion(policy);
	if (!ledger) {
		ours = heir_of;
		if (ours)
			pst_refcount_ref(&ours->references);
		else
			ours = ledger_new();
		if (!ours)
			return -ENOMEM;
		ledger = pst_policy_set_companion(policy, ours, let_go);
		if (ledger != ours) /* another thread was first */
			(void)pst_ledger_unref(ours);
	}
	pst_refcount_ref(&ledger->references);
	*ret_ledger = ledger;
	return 0;
}

void pst_ledger_lock(struct pst_ledger *ledger)
{
	/* A plain mutex that is not held by this thread cannot fail. */
	(void)pthread_mutex_lock(&ledger->lock);
}

void pst_ledger_unlock(struct pst_ledger *ledger)
{
	(void)pthread_mutex_unlock(&ledger->lock);
}

void pst_ledger_enter(struct pst_ledger *ledger, struct pst_charges *charges)
{
	pst_ledger_lock(ledger);
	pst_list_append(&ledger->tables, &charges->link);
	pst_ledger_unlock(ledger);
}

void pst_ledger_strike(struct pst_ledger *ledger, struct pst_charges *charges)
{
	pst_ledger_lock(ledger);
	pst_list_remove(&charges->link);
	pst_ledger_unlock(ledger);
}

static struct pst_account *find_account(struct pst_ledger *ledger,
					const char *name)
{
	struct pst_list *link;

	for (link = ledger->accounts.next; link != &ledger->accounts;
	     link = link->next)
		if (strcmp(ACCOUNT_OF(link)->name, name) == 0)
			return ACCOUNT_OF(link);
	return NULL;
}

int pst_ledger_open_account(struct pst_ledger *ledger, const char *tenant_name,
			    struct pst_account **ret_account)
{
	struct pst_account *account;

	pst_ledger_lock(ledger);
	account = find_account(ledger, tenant_name);
	if (!account) {
		account = calloc(1, sizeof(*account));
		if (account) {
			(void)snprintf(account->name, sizeof(account->name),
				       "%s", tenant_name);
			pst_list_append(&ledger->accounts, &account->link);
		}
	}
	if (account)
		account->reference_count++;
	pst_ledger_unlock(ledger);
	if (!account)
		return -ENOMEM;
	*ret_account = account;
	return 0;
}

struct pst_account *pst_ledger_close_account(struct pst_ledger *ledger,
					     struct pst_account *account)
{
	if (!account)
		return NULL;
	pst_ledger_lock(ledger);
	if (--account->reference_count == 0) {
		pst_list_remove(&account->link);
		free(account);
	}
	pst_ledger_unlock(ledger);
	return NULL;
}
