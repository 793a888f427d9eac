/* SPDX-License-Identifier: ISC */
/*
 * Numbers on the command line and in texts
 *
 * A policy has the same units, so that `--ring 4MiB` here is `ring 4MiB` there.
 */
#include "units.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const char *parse(const char *text, const struct unit *units,
			 const char *hint, uint64_t *ret_number)
{
	uint64_t number = 0, digit;

	if (*text < '0' || *text > '9')
		return "expected a number";
	if (*text == '0')
		return "a number is at least 1 and has no leading zero";
	for (; *text >= '0' && *text <= '9'; text++) {
		digit = (uint64_t)(*text - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return "the number is too large";
		number = number * 10 + digit;
	}
	for (; units->name; units++) {
		if (strcmp(units->name, text) != 0)
			continue;
		if (number > UINT64_MAX / units->factor)
			return "the number is too large";
		*ret_number = number * units->factor;
		return NULL;
	}
	return hint;
}

const char *tool_parse_count(const char *text, uint64_t *ret_count)
{
	static const struct unit units[] = {{"", 1}, {NULL, 0}};

	return parse(text, units, "expected a number without a unit",
		     ret_count);
}

const char *tool_parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"B", 1},
		{"KiB", UINT64_C(1) << 10},
		{"MiB", UINT64_C(1) << 20},
		{"GiB", UINT64_C(1) << 30},
		{NULL, 0},
	};

	return parse(text, units, "a size needs a unit: B KiB MiB GiB (KB and "
		     "MB are not accepted)", ret_bytes);
}

const char *tool_parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct unit units[] = {
		{"ms", UINT64_C(1000000)},
		{"s", UINT64_C(1000000000)},
		{"min", UINT64_C(60000000000)},
		{"h", UINT64_C(3600000000000)},
		{NULL, 0},
	};

	return parse(text, units, "a duration needs a unit: ms s min h",
		     ret_ns);
}

struct tool_text tool_format_size(double bytes)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	struct tool_text text;
	size_t i = 0;

	while (bytes >= 1024 && i + 1 < sizeof(names) / sizeof(names[0])) {
		bytes /= 1024;
		i++;
	}
	(void)snprintf(text.text, sizeof(text.text), i == 0 ? "%.0f %s" :
		       "%.1f %s", bytes, names[i]);
	return text;
}

struct tool_text tool_format_count(double count)
{
	static const char suffixes[] = "kMGTPE";
	struct tool_text text;
	size_t i = 0;

	/* 9999 is as short as 10.0k. */
	if (count < 9999.5) {
		(void)snprintf(text.text, sizeof(text.text), "%.0f", count);
		return text;
	}
	for (count /= 1000; count >= 999.95 && suffixes[i + 1]; i++)
		count /= 1000;
	(void)snprintf(text.text, sizeof(text.text), "%.1f%c", count,
		       suffixes[i]);
	return text;
}

struct tool_text tool_format_time(uint64_t ns)
{
	static const struct {
		double ns;
		const char *suffix;
	} units[] = {
		{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"},
		{6e10, "min"}, {3.6e12, "h"}, {8.64e13, "d"},
	};
	struct tool_text text;
	double count;
	size_t i = 0;

	/* The larger unit, as soon as it needs no more digits. */
	while (i + 1 < sizeof(units) / sizeof(units[0]) &&
	       (double)ns >= (i < 3 ? units[i + 1].ns :
			      2 * units[i + 1].ns))
		i++;
	count = (double)ns / units[i].ns;
	(void)snprintf(text.text, sizeof(text.text), i > 0 && count < 99.95 ?
		       "%.1f%s" : "%.0f%s", count, units[i].suffix);
	return text;
}

uint64_t tool_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
