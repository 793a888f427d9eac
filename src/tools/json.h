/* SPDX-License-Identifier: ISC */
/*
 * JSON values that jansson has no function for, and their output
 *
 * A value that could not be allocated is NULL, and so is each object that would
 * hold it; printing it ends the process.
 */
#ifndef POSTERN_TOOLS_JSON_H
#define POSTERN_TOOLS_JSON_H

#include <stdint.h>

#include <jansson.h>

/*
 * A string, or null for NULL.  Each byte beyond ASCII becomes the character of
 * its number: a policy file, or its name, need not be UTF-8.
 */
json_t *tool_json_text(const char *text);

/* A whole number; beyond 2^63 - 1, which jansson lacks, a real one. */
json_t *tool_json_count(uint64_t count);

/* A number of three decimals. */
json_t *tool_json_rate(double rate);

/* Add a member to an object.  Takes value; the result is object, or NULL. */
json_t *tool_json_add(json_t *take_object, const char *name,
		      json_t *take_value);

/* Print a value in ASCII on one line, without a newline.  Takes value. */
void tool_json_print(json_t *take_value);

#endif
