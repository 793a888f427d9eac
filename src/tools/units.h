/* SPDX-License-Identifier: ISC */
/*
 * Numbers on the command line and in texts
 *
 * They are written as in a policy: no sign, no leading zero, no fraction, at
 * least 1, and a unit for a size or a duration.
 */
#ifndef POSTERN_TOOLS_UNITS_H
#define POSTERN_TOOLS_UNITS_H

#include <stdint.h>

/* Each returns NULL, or why the text is not such a number; then nothing is
 * written. */
const char *tool_parse_count(const char *text, uint64_t *ret_count);
const char *tool_parse_size(const char *text, uint64_t *ret_bytes);
const char *tool_parse_duration(const char *text, uint64_t *ret_ns);

/* A number as text, returned by value: printf("%s",
 * tool_format_size(n).text). */
struct tool_text {
	char text[24];
};

struct tool_text tool_format_size(double bytes);   /* "1.5 MiB" */
struct tool_text tool_format_count(double count);  /* "12.3k" */
struct tool_text tool_format_time(uint64_t ns);    /* "1.5ms" */

/* The time of CLOCK_MONOTONIC. */
uint64_t tool_now_ns(void);

#endif
