/* SPDX-License-Identifier: ISC */
/*
 * Lists: circular, doubly linked, with the links inside the elements
 *
 * A list is a head that is not an element.  Nothing is allocated, and an
 * element is removed without knowing its list.  A link that is in no list
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

/* The struct that contains link as its member. */
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

/* Whether it has exactly one element. */
static inline bool pst_list_is_single(const struct pst_list *list)
{
	return list->next == list->previous && list->next != list;
}

/* Append to the end of the list; the link must be in none. */
static inline void pst_list_append(struct pst_list *list, struct pst_list *link)
{
	link->next = list;
	link->previous = list->previous;
	list->previous->next = link;
	list->previous = link;
}

/* Remove the link from its list; if it is in none, nothing happens. */
static inline void pst_list_remove(struct pst_list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	pst_list_init(link);
}

#endif
