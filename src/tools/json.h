/* SPDX-License-Identifier: ISC */
/*
 * JSON texts
 *
 * What a program reads of `policy check --json` must stay JSON whatever a
 * policy file, or its name, held.
 */
#ifndef POSTERN_TOOLS_JSON_H
#define POSTERN_TOOLS_JSON_H

/*
 * Print text as a JSON string to standard output, or null for NULL.  A byte
 * that is not printable ASCII is printed as the character of that number, so
 * the output is ASCII whatever a file held.
 */
void tool_json_print_text(const char *text);

#endif
