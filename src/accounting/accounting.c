/* SPDX-License-Identifier: ISC */
/*
 * Accounting of several nodes, and of their tenants
 */
#include "accounting/accounting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT_OF(list) PST_LIST_ENTRY(list, struct pst_tenant_account, link)

int pst_accounting_new(struct pst_accounting **ret_accounting)
{
	struct pst_accounting *accounting;

	accounting = calloc(1, sizeof(*accounting));
	if (!accounting)
		return -ENOMEM;
	if (pthread_mutex_init(&accounting->lock, NULL) != 0) {
		free(accounting);
		return -ENOMEM;
	}
	pst_refcount_init(&accounting->references);
	pst_list_init(&accounting->nodes);
	pst_list_init(&accounting->accounts);
	*ret_accounting = accounting;
	return 0;
}

struct pst_accounting *pst_accounting_ref(struct pst_accounting *accounting)
{
	pst_refcount_ref(&accounting->references);
	return accounting;
}

struct pst_accounting *pst_accounting_unref(struct pst_accounting *accounting)
{
	if (accounting && pst_refcount_unref(&accounting->references)) {
		(void)pthread_mutex_destroy(&accounting->lock);
		free(accounting);
	}
	return NULL;
}

void pst_accounting_lock(struct pst_accounting *accounting)
{
	/* A plain mutex that is not held by this thread cannot fail. */
	(void)pthread_mutex_lock(&accounting->lock);
}

void pst_accounting_unlock(struct pst_accounting *accounting)
{
	(void)pthread_mutex_unlock(&accounting->lock);
}

void pst_accounting_add(struct pst_accounting *accounting,
			struct pst_charges *charges)
{
	pst_accounting_lock(accounting);
	pst_list_append(&accounting->nodes, &charges->link);
	pst_accounting_unlock(accounting);
}

void pst_accounting_remove(struct pst_accounting *accounting,
			   struct pst_charges *charges)
{
	pst_accounting_lock(accounting);
	pst_list_remove(&charges->link);
	pst_accounting_unlock(accounting);
}

static struct pst_tenant_account *
find_account(struct pst_accounting *accounting, const char *name)
{
	struct pst_list *link;

	for (link = accounting->accounts.next; link != &accounting->accounts;
	     link = link->next)
		if (strcmp(ACCOUNT_OF(link)->name, name) == 0)
			return ACCOUNT_OF(link);
	return NULL;
}

int pst_tenant_account_open(struct pst_accounting *accounting,
			    const char *tenant_name,
			    struct pst_tenant_account **ret_account)
{
	struct pst_tenant_account *account;

	pst_accounting_lock(accounting);
	account = find_account(accounting, tenant_name);
	if (!account) {
		account = calloc(1, sizeof(*account));
		if (account) {
			(void)snprintf(account->name, sizeof(account->name),
				       "%s", tenant_name);
			pst_list_append(&accounting->accounts, &account->link);
		}
	}
	if (account)
		account->reference_count++;
	pst_accounting_unlock(accounting);
	if (!account)
		return -ENOMEM;
	*ret_account = account;
	return 0;
}

struct pst_tenant_account *
pst_tenant_account_close(struct pst_accounting *accounting,
			 struct pst_tenant_account *account)
{
	if (!account)
		return NULL;
	pst_accounting_lock(accounting);
	if (--account->reference_count == 0) {
		pst_list_remove(&account->link);
		free(account);
	}
	pst_accounting_unlock(accounting);
	return NULL;
}
