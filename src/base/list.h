/* SPDX-License-Identifier: ISC */
/*
 * Lists: circular, doubly linked, the links inside what is listed
 *
 * A list is a head that is no element.  Nothing is allocated, and an element is
 * taken out without knowing which list it is in.  A link that is in no list
 * points at itself.
 */
#ifndef POSTERN_BASE_LIST_H
#define POSTERN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct pst_list {
	struct pst_list *next;
	struct pst_list *previous;
};

/* The struct of which link is the member. */
#define PST_LIST_ENTRY(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void pst_list_init(struct pst_list *list)
{
	list->next = list;
	list->previous = list;
}

static inline bool pst_list_is_empty(const struct pst_list *list)
{
	return list->next == list;
}

/* Of exactly one element. */
static inline bool pst_list_is_single(const struct pst_list *list)
{
	return list->next == list->previous && list->next != list;
}

/* At the end of the list; the link was in none. */
static inline void pst_list_append(struct pst_list *list, struct pst_list *link)
{
	link->next = list;
	link->previous = list->previous;
	list->previous->next = link;
	list->previous = link;
}

/* Out of whatever list it is in; in none, nothing happens. */
static inline void pst_list_remove(struct pst_list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	pst_list_init(link);
}

#endif
