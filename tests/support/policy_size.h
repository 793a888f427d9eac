/* SPDX-License-Identifier: ISC */
/*
 * Policies as large as a file may be, each hard in its own way
 *
 * Every shape repeats one thing until the text is full: definitions, rules,
 * values, mistakes.  A step that searches a list for each of them makes the
 * time grow with the square of the text.
 */
#ifndef POSTERN_SUPPORT_POLICY_SIZE_H
#define POSTERN_SUPPORT_POLICY_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

struct policy_size_shape;

/* The shapes in turn; NULL beyond the last. */
const struct policy_size_shape *policy_size_shape_at(size_t shape_index);
const char *policy_size_name(const struct policy_size_shape *shape);
bool policy_size_is_valid(const struct policy_size_shape *shape);

/*
 * A terminated text of the shape with at most byte_count bytes, which the
 * caller frees.  Variant 1 is as variant 0, but most of its values are others.
 */
char *policy_size_text(const struct policy_size_shape *shape,
		       size_t byte_count, unsigned variant);

/* Milliseconds of processor time that each step took; 0: not done. */
struct policy_size_cost {
	double load_ms;
	double diff_ms;
	double show_ms;
	double format_ms;
	double explain_ms;
};

/*
 * Do with a text of the shape everything that can be done, on a host whose
 * groups have 20,000 members.  Ends the process if a valid text does not load,
 * or an invalid one does.
 */
struct policy_size_cost
policy_size_measure(const struct policy_size_shape *shape, size_t byte_count);

#endif
