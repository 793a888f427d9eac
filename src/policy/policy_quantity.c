/* SPDX-License-Identifier: ISC */
/*
 * Numbers with units
 *
 * A unit is always written and always a power of two or of time: KB and MB mean
 * two things, and a bare number means whatever its reader is used to.  The
 * report points at the part of the word that is wrong, and says what to write.
 */
#include <string.h>

#include "policy/policy_words.h"

#define SIZE_HINT "units: B KiB MiB GiB (KB and MB are not accepted)"
#define TIME_HINT "units: ms s min h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{"B", 1},
	{"KiB", UINT64_C(1) << 10},
	{"MiB", UINT64_C(1) << 20},
	{"GiB", UINT64_C(1) << 30},
	{NULL, 0},
};

static const struct unit time_units[] = {
	{"ms", UINT64_C(1000000)},
	{"s", UINT64_C(1000000000)},
	{"min", UINT64_C(60000000000)},
	{"h", UINT64_C(3600000000000)},
	{NULL, 0},
};

static const struct unit no_units[] = {
	{"", 1},
	{NULL, 0},
};

/* One word on its way through: digits, unit, and "/s" where it is a rate. */
struct reading {
	struct pst_policy_builder *builder;
	const struct pst_policy_directive *directive;
	uint32_t word_index;
	const char *text;
	const char *unit_hint;
	const struct unit *units;
	bool is_rate;
	size_t digit_count;
	size_t unit_bytes;
};

static uint32_t column_at(const struct reading *reading, size_t offset)
{
	const struct pst_policy_word *word =
		&reading->directive->words[reading->word_index];

	return word->column + (uint32_t)offset + (word->is_quoted ? 1 : 0);
}

static int fail_at(const struct reading *reading, size_t offset,
		   size_t byte_count, const char *message, const char *hint)
{
	return pst_policy_report_at(reading->builder,
				    reading->directive->source,
				    reading->directive->line,
				    column_at(reading, offset),
				    (uint32_t)byte_count, hint, message,
				    reading->directive->words[0].text);
}

static int fail_of_number(const struct reading *reading)
{
	const char *text = reading->text;

	if (text[0] == '-' || text[0] == '+')
		return fail_at(reading, 0, 1, "sign in '%s'",
			       "numbers are written without a sign");
	if (reading->digit_count == 0)
		return fail_at(reading, 0, strlen(text), "'%s' needs a number",
			       reading->unit_hint);
	if (text[0] == '0' && reading->digit_count > 1)
		return fail_at(reading, 0, reading->digit_count,
			       "leading zero in '%s'", NULL);
	if (text[0] == '0')
		return fail_at(reading, 0, 1, "'%s' is zero",
			       "to admit nobody, write no allow");
	return fail_at(reading, 0, reading->digit_count,
		       "number in '%s' is too large", NULL);
}

static int fail_of_unit(const struct reading *reading)
{
	const char *unit = reading->text + reading->digit_count;

	if (reading->unit_bytes == 0)
		return fail_at(reading, reading->digit_count, 1,
			       "missing unit in '%s'", reading->unit_hint);
	return pst_policy_report_at(
		reading->builder, reading->directive->source,
		reading->directive->line,
		column_at(reading, reading->digit_count),
		(uint32_t)reading->unit_bytes, reading->unit_hint,
		"unknown unit '%.*s' in '%s'",
		(int)(reading->unit_bytes > 64 ? 64 : reading->unit_bytes),
		unit, reading->directive->words[0].text);
}

/* The digits, and the fraction that nobody may write. */
static bool has_number(struct reading *reading, uint64_t *ret_number, int *r)
{
	uint64_t number = 0;
	size_t i;

	reading->digit_count = strspn(reading->text, "0123456789");
	if (reading->digit_count == 0 || reading->text[0] == '0') {
		*r = fail_of_number(reading);
		return false;
	}
	for (i = 0; i < reading->digit_count; i++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number,
					   (uint64_t)(reading->text[i] - '0'),
					   &number)) {
			*r = fail_of_number(reading);
			return false;
		}
	}
	if (reading->text[i] == '.' || reading->text[i] == ',') {
		*r = fail_at(reading, 0, strlen(reading->text),
			     "fraction in '%s'",
			     "write a whole number of a smaller unit: 1536KiB "
			     "for 1.5MiB");
		return false;
	}
	*ret_number = number;
	return true;
}

static bool has_rate(struct reading *reading, int *r)
{
	const char *rest = reading->text + reading->digit_count;
	const char *slash = strchr(rest, '/');

	reading->unit_bytes = slash ? (size_t)(slash - rest) : strlen(rest);
	if (!reading->is_rate && slash) {
		*r = fail_at(reading,
			     reading->digit_count + reading->unit_bytes,
			     strlen(slash), "'%s' is not a rate",
			     reading->unit_hint);
		return false;
	}
	if (reading->is_rate && !slash) {
		*r = fail_at(reading, 0, strlen(reading->text),
			     "bare number in '%s'",
			     "a rate is per second: write '/s' behind it");
		return false;
	}
	if (reading->is_rate && strcmp(slash, "/s") != 0) {
		*r = fail_at(reading,
			     reading->digit_count + reading->unit_bytes,
			     strlen(slash), "unknown rate in '%s'",
			     "a rate is per second: '/s'");
		return false;
	}
	return true;
}

static void init_reading(struct reading *reading, enum pst_policy_unit unit)
{
	reading->units = no_units;
	reading->unit_hint = "a whole number per second, as in 500/s";
	reading->is_rate = unit == PST_POLICY_UNIT_COUNT_A_SECOND ||
			   unit == PST_POLICY_UNIT_BYTES_A_SECOND;
	if (unit == PST_POLICY_UNIT_BYTES ||
	    unit == PST_POLICY_UNIT_BYTES_A_SECOND) {
		reading->units = size_units;
		reading->unit_hint = SIZE_HINT;
	}
	if (unit == PST_POLICY_UNIT_NS) {
		reading->units = time_units;
		reading->unit_hint = TIME_HINT;
	}
}

int pst_policy_word_quantity(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     uint32_t word_index, enum pst_policy_unit unit,
			     uint64_t *ret_quantity, bool *ret_is_valid)
{
	struct reading reading = {
		.builder = builder,
		.directive = directive,
		.word_index = word_index,
		.text = directive->words[word_index].text,
	};
	const struct unit *known;
	const char *unit_text;
	uint64_t quantity = 0;
	int r = 0;

	*ret_is_valid = false;
	init_reading(&reading, unit);
	if (!has_number(&reading, &quantity, &r) || !has_rate(&reading, &r))
		return r;

	unit_text = reading.text + reading.digit_count;
	for (known = reading.units; known->name; known++) {
		if (strlen(known->name) == reading.unit_bytes &&
		    memcmp(known->name, unit_text, reading.unit_bytes) == 0)
			break;
	}
	if (!known->name)
		return fail_of_unit(&reading);
	if (__builtin_mul_overflow(quantity, known->factor, &quantity) ||
	    quantity > INT64_MAX)
		return fail_of_number(&reading);

	*ret_quantity = quantity;
	*ret_is_valid = true;
	return 0;
}
