/* SPDX-License-Identifier: ISC */
/*
 * A whole file as a text
 *
 * For `policy fmt`, which reads a text rather than loading a policy, and so
 * does not ask who could have written it.
 */
#ifndef POSTERN_TOOLS_FILE_TEXT_H
#define POSTERN_TOOLS_FILE_TEXT_H

#include <stddef.h>

#include "tool.h"

/*
 * Read a file, or standard input for NULL.  On TOOL_DONE *ret_text is the
 * caller's to free; else the error was printed.
 */
enum tool_status tool_file_read(const char *path, char **ret_text,
				size_t *ret_text_bytes);

#endif
