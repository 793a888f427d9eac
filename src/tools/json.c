/* SPDX-License-Identifier: ISC */
/*
 * JSON texts
 *
 * All the JSON this tool makes is strings in a shape that its printf() formats
 * show; only a string's content can break it.
 */
#include "json.h"

#include <stdio.h>

void tool_json_print_text(const char *text)
{
	if (!text) {
		printf("null");
		return;
	}
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if (*text >= ' ' && *text <= '~')
			putchar(*text);
		else
			printf("\\u%04x", (unsigned int)(unsigned char)*text);
	}
	putchar('"');
}
