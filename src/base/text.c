/* SPDX-License-Identifier: ISC */
/*
 * A string that grows: see text.h
 */
#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY_BYTES 256u

/* Make space for byte_count more bytes and a terminator. */
static bool ensure_space(struct pst_text *text, size_t byte_count)
{
	size_t needed_bytes, capacity_bytes;
	char *bytes;

	if (text->has_failed)
		return false;
	if (__builtin_add_overflow(text->byte_count, byte_count,
				   &needed_bytes) ||
	    needed_bytes > SIZE_MAX / 4) {
		text->has_failed = true;
		return false;
	}
	needed_bytes++;
	if (needed_bytes <= text->capacity_bytes)
		return true;

	capacity_bytes = text->capacity_bytes;
	if (capacity_bytes == 0)
		capacity_bytes = FIRST_CAPACITY_BYTES;
	while (capacity_bytes < needed_bytes)
		capacity_bytes *= 2;

	bytes = realloc(text->bytes, capacity_bytes);
	if (!bytes) {
		text->has_failed = true;
		return false;
	}
	text->bytes = bytes;
	text->capacity_bytes = capacity_bytes;
	return true;
}

void pst_text_add(struct pst_text *text, const char *bytes, size_t byte_count)
{
	size_t i;

	if (byte_count == 0 || !ensure_space(text, byte_count))
		return;
	memcpy(text->bytes + text->byte_count, bytes, byte_count);
	for (i = 0; i < byte_count; i++) {
		if (bytes[i] == '\n')
			text->line_offset = text->byte_count + i + 1;
	}
	text->byte_count += byte_count;
}

void pst_text_add_string(struct pst_text *text, const char *string)
{
	pst_text_add(text, string, strlen(string));
}

void pst_text_add_format(struct pst_text *text, const char *format, ...)
{
	char bytes[1024];
	va_list arguments;
	int byte_count;

	va_start(arguments, format);
	byte_count = vsnprintf(bytes, sizeof(bytes), format, arguments);
	va_end(arguments);

	if (byte_count < 0) {
		text->has_failed = true;
		return;
	}
	if ((size_t)byte_count < sizeof(bytes)) {
		pst_text_add(text, bytes, (size_t)byte_count);
		return;
	}

	if (!ensure_space(text, (size_t)byte_count))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text->bytes + text->byte_count, (size_t)byte_count + 1,
			format, arguments); /* the size is known here */
	va_end(arguments);
	for (; byte_count > 0; byte_count--) {
		if (text->bytes[text->byte_count++] == '\n')
			text->line_offset = text->byte_count;
	}
}

void pst_text_add_harmless(struct pst_text *text, const char *string)
{
	char shown;

	for (; *string; string++) {
		shown = *string;
		if (shown != '\t' && (shown < 0x20 || shown > 0x7e))
			shown = '?';
		pst_text_add(text, &shown, 1);
	}
}

void pst_text_add_padding(struct pst_text *text, size_t column_index,
			  size_t least_count)
{
	size_t column, count = least_count;

	column = pst_text_column(text);
	if (column < column_index && column_index - column > count)
		count = column_index - column;
	for (; count > 0; count--)
		pst_text_add(text, " ", 1);
}

size_t pst_text_column(const struct pst_text *text)
{
	return text->byte_count - text->line_offset;
}

int pst_text_take(struct pst_text *text, char **ret_string)
{
	if (!ensure_space(text, 0)) {
		pst_text_done(text);
		return -ENOMEM;
	}
	text->bytes[text->byte_count] = '\0';
	*ret_string = text->bytes;
	*text = (struct pst_text){0};
	return 0;
}

void pst_text_done(struct pst_text *text)
{
	free(text->bytes);
	*text = (struct pst_text){0};
}
