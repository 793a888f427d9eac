/* SPDX-License-Identifier: ISC */
/*
 * Numbers with units, and the words of limits: see policy_units.h
 *
 * A unit is always written and always a power of two or of time: KB and MB have
 * two meanings, and a bare number is read in the unit that its reader expects.
 * A report points at the invalid part of the word, and says how to write it.
 */
#include "policy/policy_units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_builder.h"

#define UNITS_MAX 4

struct unit {
	const char *name;
	uint64_t factor;
};

/* How one kind of number is written. */
struct notation {
	const char *hint;
	const char *rate;              /* "/s" for a rate, else "" */
	size_t unit_count;
	struct unit units[UNITS_MAX];  /* largest first */
};

#define SIZE_HINT "units: B KiB MiB GiB (KB and MB are not accepted)"
#define SIZE_UNITS                                           \
	{                                                    \
		{"GiB", UINT64_C(1) << 30},                  \
		{"MiB", UINT64_C(1) << 20},                  \
		{"KiB", UINT64_C(1) << 10},                  \
		{"B", 1},                                    \
	}

static const struct notation notations[] = {
	[PST_POLICY_UNIT_COUNT] = {"", "", 1, {{"", 1}}},
	[PST_POLICY_UNIT_COUNT_A_SECOND] = {
		"a whole number per second, as in 500/s", "/s", 1, {{"", 1}},
	},
	[PST_POLICY_UNIT_BYTES] = {SIZE_HINT, "", 4, SIZE_UNITS},
	[PST_POLICY_UNIT_BYTES_A_SECOND] = {SIZE_HINT, "/s", 4, SIZE_UNITS},
	[PST_POLICY_UNIT_NS] = {
		"units: ms s min h", "", 4,
		{
			{"h", UINT64_C(3600000000000)},
			{"min", UINT64_C(60000000000)},
			{"s", UINT64_C(1000000000)},
			{"ms", UINT64_C(1000000)},
		},
	},
};

/* The limits, in the order of enum postern_limit_key. */
static const struct {
	const char *name;
	enum pst_policy_unit unit;
} limits[POSTERN_LIMIT_COUNT] = {
	[POSTERN_LIMIT_RING] = {"ring", PST_POLICY_UNIT_BYTES},
	[POSTERN_LIMIT_MESSAGE] = {"message", PST_POLICY_UNIT_BYTES},
	[POSTERN_LIMIT_MEMORY] = {"memory", PST_POLICY_UNIT_BYTES},
	[POSTERN_LIMIT_RATE] = {"rate", PST_POLICY_UNIT_COUNT_A_SECOND},
	[POSTERN_LIMIT_RATE_BURST] = {"rate burst", PST_POLICY_UNIT_COUNT},
	[POSTERN_LIMIT_BANDWIDTH] = {"bandwidth",
				     PST_POLICY_UNIT_BYTES_A_SECOND},
	[POSTERN_LIMIT_BANDWIDTH_BURST] = {"bandwidth burst",
					   PST_POLICY_UNIT_BYTES},
	[POSTERN_LIMIT_IDLE] = {"idle", PST_POLICY_UNIT_NS},
	[POSTERN_LIMIT_ON_EXCEED] = {"on-exceed", PST_POLICY_UNIT_COUNT},
	[POSTERN_LIMIT_PEERS] = {"peers", PST_POLICY_UNIT_COUNT},
	[POSTERN_LIMIT_PEERS_PER_USER] = {"peers-per-user",
					  PST_POLICY_UNIT_COUNT},
	[POSTERN_LIMIT_HANDSHAKES] = {"handshakes",
				      PST_POLICY_UNIT_COUNT_A_SECOND},
	[POSTERN_LIMIT_HANDSHAKES_BURST] = {"handshakes burst",
					    PST_POLICY_UNIT_COUNT},
};

const char *const pst_policy_on_exceed_names[] = {"block", "drop",
						  "disconnect"};
const char *const pst_policy_security_names[] = {"none", "mac", "aead"};
const char *const pst_policy_audit_names[] = {"all", "deny", "none"};
const char *const pst_policy_direction_names[] = {"none", "send", "receive",
						  "both"};

/* Reading */

/* One word that is being read: digits, unit, and "/s" if it is a rate. */
struct reading {
	struct pst_policy_builder *builder;
	const struct pst_policy_word *word;
	const char *text;
	const struct notation *notation;
	size_t digit_count;
	size_t unit_bytes;
};

static struct pst_policy_word part_of(const struct pst_policy_word *word,
				      size_t offset, size_t byte_count)
{
	struct pst_policy_word part = *word;

	if (word->width != strlen(word->text)) /* it is quoted */
		part.column++;
	part.column += (uint32_t)offset;
	part.width = (uint32_t)byte_count;
	return part;
}

static bool fail_at(const struct reading *reading, size_t offset,
		    size_t byte_count, const char *message, const char *hint)
{
	const struct pst_policy_word part =
		part_of(reading->word, offset, byte_count);

	return pst_policy_report(reading->builder, &part, hint, message,
				 part.directive->words[0].text);
}

static bool fail_of_number(const struct reading *reading)
{
	const char *text = reading->text;

	if (text[0] == '-' || text[0] == '+')
		return fail_at(reading, 0, 1, "sign in '%s'",
			       "numbers are written without a sign");
	if (reading->digit_count == 0)
		return fail_at(reading, 0, strlen(text), "'%s' needs a number",
			       reading->notation->hint);
	if (text[0] == '0' && reading->digit_count > 1)
		return fail_at(reading, 0, reading->digit_count,
			       "leading zero in '%s'", NULL);
	if (text[0] == '0')
		return fail_at(reading, 0, 1, "'%s' is zero",
			       "to admit nobody, write no allow");
	return fail_at(reading, 0, reading->digit_count,
		       "number in '%s' is too large", NULL);
}

static bool fail_of_unit(const struct reading *reading)
{
	const char *unit = reading->text + reading->digit_count;
	struct pst_policy_word part;

	if (reading->unit_bytes == 0)
		return fail_at(reading, reading->digit_count, 1,
			       "missing unit in '%s'", reading->notation->hint);
	part = part_of(reading->word, reading->digit_count,
		       reading->unit_bytes);
	return pst_policy_report(
		reading->builder, &part, reading->notation->hint,
		"unknown unit '%.*s' in '%s'",
		(int)(reading->unit_bytes > 64 ? 64 : reading->unit_bytes),
		unit, part.directive->words[0].text);
}

/* The digits; a fraction is an error. */
static bool read_number(struct reading *reading, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i;

	reading->digit_count = strspn(reading->text, "0123456789");
	if (reading->digit_count == 0 || reading->text[0] == '0')
		return fail_of_number(reading);
	for (i = 0; i < reading->digit_count; i++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number,
					   (uint64_t)(reading->text[i] - '0'),
					   &number))
			return fail_of_number(reading);
	}
	if (reading->text[i] == '.' || reading->text[i] == ',')
		return fail_at(
			reading, 0, strlen(reading->text), "fraction in '%s'",
			"write a whole number of a smaller unit: 1536KiB "
			"for 1.5MiB");
	*ret_number = number;
	return true;
}

static bool read_rate(struct reading *reading)
{
	const char *rest = reading->text + reading->digit_count;
	const char *slash = strchr(rest, '/');
	const bool is_rate = reading->notation->rate[0] != '\0';

	reading->unit_bytes = slash ? (size_t)(slash - rest) : strlen(rest);
	if (!is_rate && slash)
		return fail_at(reading,
			       reading->digit_count + reading->unit_bytes,
			       strlen(slash), "'%s' is not a rate",
			       reading->notation->hint);
	if (is_rate && !slash)
		return fail_at(reading, 0, strlen(reading->text),
			       "bare number in '%s'",
			       "a rate is per second: write '/s' behind it");
	if (is_rate && strcmp(slash, "/s") != 0)
		return fail_at(reading,
			       reading->digit_count + reading->unit_bytes,
			       strlen(slash), "unknown rate in '%s'",
			       "a rate is per second: '/s'");
	return true;
}

bool pst_policy_word_quantity(struct pst_policy_builder *builder,
			      const struct pst_policy_word *word,
			      enum pst_policy_unit unit, uint64_t *ret_quantity)
{
	struct reading reading = {
		.builder = builder,
		.word = word,
		.text = word->text,
		.notation = &notations[unit],
	};
	const struct unit *known = NULL;
	uint64_t quantity = 0;
	size_t i;

	if (!read_number(&reading, &quantity) || !read_rate(&reading))
		return false;

	for (i = 0; i < reading.notation->unit_count && !known; i++) {
		const struct unit *candidate = &reading.notation->units[i];

		if (strlen(candidate->name) == reading.unit_bytes &&
		    memcmp(candidate->name, reading.text + reading.digit_count,
			   reading.unit_bytes) == 0)
			known = candidate;
	}
	if (!known)
		return fail_of_unit(&reading);
	if (__builtin_mul_overflow(quantity, known->factor, &quantity) ||
	    quantity > INT64_MAX)
		return fail_of_number(&reading);

	*ret_quantity = quantity;
	return true;
}

/* Writing */

void pst_policy_limit_text(size_t limit_key, uint64_t number,
			   char value[static PST_POLICY_LIMIT_TEXT_BYTES])
{
	const struct notation *notation = &notations[limits[limit_key].unit];
	const struct unit *unit = notation->units;

	if (limit_key == POSTERN_LIMIT_ON_EXCEED) {
		(void)snprintf(
			value, PST_POLICY_LIMIT_TEXT_BYTES, "%s",
			pst_policy_on_exceed_names[number % 3]); /* fits */
		return;
	}
	/* the largest unit that divides it */
	while (unit + 1 < notation->units + notation->unit_count &&
	       number % unit->factor != 0)
		unit++;
	(void)snprintf(value, PST_POLICY_LIMIT_TEXT_BYTES, "%" PRIu64 "%s%s",
		       number / unit->factor, unit->name,
		       notation->rate); /* always fits */
}

const char *pst_policy_limit_name(size_t limit_key)
{
	return limits[limit_key].name;
}

enum pst_policy_unit pst_policy_limit_unit(size_t limit_key)
{
	return limits[limit_key].unit;
}

const char *pst_policy_security_name(enum postern_security security)
{
	return pst_policy_security_names[security % 3];
}

const char *pst_policy_directions_name(uint32_t directions)
{
	return pst_policy_direction_names[directions & 3];
}
