/* SPDX-License-Identifier: ISC */
/*
 * A whole file as a text
 *
 * A policy file is at most 1 MiB; one byte more is read, so that the parser is
 * the one to say that a file is too large.
 */
#include "file_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

#define TEXT_BYTES_MAX ((1u << 20) + 1)

static enum tool_status read_stream(FILE *stream, const char *what,
				    char **ret_text, size_t *ret_text_bytes)
{
	size_t text_bytes;
	int error_number;
	char *text;

	text = malloc(TEXT_BYTES_MAX);
	if (!text)
		return tool_error_system(what, ENOMEM);
	text_bytes = fread(text, 1, TEXT_BYTES_MAX, stream);
	if (ferror(stream)) {
		error_number = errno;
		free(text);
		return tool_error_input(what, "%s", strerror(error_number));
	}
	*ret_text = text;
	*ret_text_bytes = text_bytes;
	return TOOL_DONE;
}

enum tool_status tool_file_read(const char *path, char **ret_text,
				size_t *ret_text_bytes)
{
	enum tool_status status;
	FILE *stream;

	if (!path)
		return read_stream(stdin, "standard input", ret_text,
				   ret_text_bytes);
	stream = fopen(path, "re");
	if (!stream)
		return tool_error_input(path, "%s", strerror(errno));
	status = read_stream(stream, path, ret_text, ret_text_bytes);
	fclose(stream);
	return status;
}
