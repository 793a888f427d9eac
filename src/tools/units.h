/* SPDX-License-Identifier: ISC */
/*
 * Numbers on the command line: the policy language's words for them
 *
 * No sign, no leading zero, no fraction, at least 1, and a unit wherever one is
 * due.  Each returns NULL, or why the text is not such a number; the output is
 * written on success only.
 */
#ifndef POSTERN_TOOLS_UNITS_H
#define POSTERN_TOOLS_UNITS_H

#include <stdint.h>

const char *tool_parse_count(const char *text, uint64_t *ret_count);
const char *tool_parse_size(const char *text, uint64_t *ret_bytes);
const char *tool_parse_duration(const char *text, uint64_t *ret_ns);

#define TOOL_SIZE_TEXT_BYTES 24

/* A size for humans, "1.5 MiB". */
void tool_format_size(double bytes, char text[static TOOL_SIZE_TEXT_BYTES]);

#define TOOL_COUNT_TEXT_BYTES 24
#define TOOL_TIME_TEXT_BYTES 24

/* The same for a count or a rate, "12.3k", and for a time, "1.5ms". */
void tool_format_count(double count, char text[static TOOL_COUNT_TEXT_BYTES]);
void tool_format_time(uint64_t ns, char text[static TOOL_TIME_TEXT_BYTES]);

#endif
