/* SPDX-License-Identifier: ISC */
/*
 * Objects that are freed together: see arena.h
 *
 * Each object is an allocation of its own, on a list, so that a sanitizer still
 * detects an access past its end.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pst_arena_object {
	struct pst_arena_object *next;
	alignas(max_align_t) unsigned char bytes[];
};

void *pst_arena_new(struct pst_arena *arena, size_t count, size_t object_bytes)
{
	struct pst_arena_object *object = NULL;
	size_t total_bytes;

	if (!__builtin_mul_overflow(count, object_bytes, &total_bytes) &&
	    !__builtin_add_overflow(total_bytes, sizeof(*object), &total_bytes))
		object = calloc(1, total_bytes);
	if (!object) {
		arena->has_failed = true;
		return NULL;
	}
	object->next = arena->objects;
	arena->objects = object;
	return object->bytes;
}

char *pst_arena_dup(struct pst_arena *arena, const char *text,
		    size_t text_bytes)
{
	char *copy;

	if (text_bytes == SIZE_MAX)
		return NULL;
	copy = pst_arena_new(arena, text_bytes + 1, 1);
	if (copy && text_bytes > 0)
		memcpy(copy, text, text_bytes);
	return copy;
}

void pst_arena_done(struct pst_arena *arena)
{
	struct pst_arena_object *object, *next;

	for (object = arena->objects; object; object = next) {
		next = object->next;
		free(object);
	}
	arena->objects = NULL;
}
