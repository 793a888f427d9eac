/* SPDX-License-Identifier: ISC */
/*
 * JSON values: see json.h
 */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

json_t *tool_json_text(const char *text)
{
	char *utf8, *end;
	json_t *value;

	if (!text)
		return json_null();
	end = utf8 = malloc(2 * strlen(text) + 1);
	if (!utf8)
		return NULL;
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x80) {
			*end++ = *text;
		} else {
			*end++ = (char)(0xc0 | byte >> 6);
			*end++ = (char)(0x80 | (byte & 0x3f));
		}
	}
	value = json_stringn_nocheck(utf8, (size_t)(end - utf8));
	free(utf8);
	return value;
}

json_t *tool_json_count(uint64_t count)
{
	return count <= INT64_MAX ? json_integer((json_int_t)count)
				  : json_real((double)count);
}

json_t *tool_json_rate(double rate)
{
	char text[400];

	(void)snprintf(text, sizeof(text), "%.3f", rate); /* always fits */
	return json_real(strtod(text, NULL));
}

json_t *tool_json_add(json_t *take_object, const char *name, json_t *take_value)
{
	if (json_object_set_new(take_object, name, take_value) < 0) {
		json_decref(take_object);
		return NULL;
	}
	return take_object;
}

void tool_json_print(json_t *take_value)
{
	char *text = NULL;

	/* A double keeps 15 decimal digits. */
	if (take_value)
		text = json_dumps(take_value, JSON_ENSURE_ASCII |
						      JSON_REAL_PRECISION(15));
	if (!text)
		exit((int)tool_error_system("JSON", ENOMEM));
	fputs(text, stdout);
	free(text);
	json_decref(take_value);
}
