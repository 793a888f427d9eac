/* SPDX-License-Identifier: ISC */
/*
 * Limits as the policy language writes them: see policy_limit_text.h
 */
#include "policy/policy_limit_text.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
	uint64_t factor;
	const char *name;
};

/* Largest first: the value is written in the first that divides it. */
static const struct unit size_units[] = {
	{UINT64_C(1) << 30, "GiB"},
	{UINT64_C(1) << 20, "MiB"},
	{UINT64_C(1) << 10, "KiB"},
	{1, "B"},
};

static const struct unit time_units[] = {
	{UINT64_C(3600000000000), "h"},
	{UINT64_C(60000000000), "min"},
	{UINT64_C(1000000000), "s"},
	{UINT64_C(1000000), "ms"},
};

static void write_quantity(char value[static PST_POLICY_LIMIT_TEXT_BYTES],
			   const struct unit *units, uint64_t quantity,
			   const char *rate)
{
	size_t i = 0;

	while (i < 3 && quantity % units[i].factor != 0)
		i++;
	(void)snprintf(value, PST_POLICY_LIMIT_TEXT_BYTES, "%" PRIu64 "%s%s",
		       quantity / units[i].factor, units[i].name,
		       rate); /* always fits */
}

void pst_policy_limit_text(size_t limit_key, uint64_t number,
			   char value[static PST_POLICY_LIMIT_TEXT_BYTES])
{
	static const char *const on_exceed[] = {"block", "drop", "disconnect"};

	switch ((enum postern_limit_key)limit_key) {
	case POSTERN_LIMIT_RING:
	case POSTERN_LIMIT_MESSAGE:
	case POSTERN_LIMIT_MEMORY:
	case POSTERN_LIMIT_BANDWIDTH_BURST:
		write_quantity(value, size_units, number, "");
		break;
	case POSTERN_LIMIT_BANDWIDTH:
		write_quantity(value, size_units, number, "/s");
		break;
	case POSTERN_LIMIT_IDLE:
		write_quantity(value, time_units, number, "");
		break;
	case POSTERN_LIMIT_RATE:
	case POSTERN_LIMIT_HANDSHAKES:
		(void)snprintf(value, PST_POLICY_LIMIT_TEXT_BYTES,
			       "%" PRIu64 "/s", number); /* always fits */
		break;
	case POSTERN_LIMIT_ON_EXCEED:
		(void)snprintf(value, PST_POLICY_LIMIT_TEXT_BYTES, "%s",
			       on_exceed[number % 3]); /* always fits */
		break;
	case POSTERN_LIMIT_RATE_BURST:
	case POSTERN_LIMIT_PEERS:
	case POSTERN_LIMIT_PEERS_PER_USER:
	case POSTERN_LIMIT_HANDSHAKES_BURST:
	default:
		(void)snprintf(value, PST_POLICY_LIMIT_TEXT_BYTES, "%" PRIu64,
			       number); /* always fits */
		break;
	}
}

const char *pst_policy_limit_name(size_t limit_key)
{
	static const char *const names[POSTERN_LIMIT_COUNT] = {
		"ring",
		"message",
		"memory",
		"rate",
		"rate burst",
		"bandwidth",
		"bandwidth burst",
		"idle",
		"on-exceed",
		"peers",
		"peers-per-user",
		"handshakes",
		"handshakes burst",
	};

	return names[limit_key];
}

const char *pst_policy_security_name(enum postern_security security)
{
	static const char *const names[] = {"none", "mac", "aead"};

	return names[security % 3];
}

const char *pst_policy_directions_name(uint32_t directions)
{
	static const char *const names[] = {"none", "send", "receive", "both"};

	return names[directions & 3];
}
