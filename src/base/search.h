/* SPDX-License-Identifier: ISC */
/*
 * Binary search in a sorted array
 *
 * Unlike bsearch(3), it finds the first of equal elements, or the position at
 * which a missing one would be.  It is inline, so that pure code can use it.
 */
#ifndef POSTERN_BASE_SEARCH_H
#define POSTERN_BASE_SEARCH_H

#include <stddef.h>

/*
 * The index of the first element that is not less than the key, or count.
 * compare is passed the key and an element, like the function of bsearch(3).
 */
static inline size_t pst_search_first(const void *key, const void *array,
				      size_t count, size_t element_bytes,
				      int (*compare)(const void *key,
						     const void *element))
{
	const unsigned char *bytes = array;
	size_t begin = 0, end = count, middle;

	while (begin < end) {
		middle = begin + (end - begin) / 2;
		if (compare(key, bytes + middle * element_bytes) > 0)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

#endif
