/* SPDX-License-Identifier: ISC */
/*
 * Rates
 */
#include "node/metering.h"

/* The most that is taken at once: other peers use the same buckets. */
#define GRANT_MESSAGES 256
#define GRANT_BYTES 65536

/* Tokens are waited for in heaps of a millisecond's worth. */
#define WAITS_PER_SECOND 1000

struct pst_token_rate
pst_metering_rate(const struct postern_policy_limit *limits,
		  enum postern_limit_key rate_key,
		  enum postern_limit_key burst_key)
{
	struct pst_token_rate rate = {0};

	if (limits[rate_key].state == POSTERN_LIMIT_SET)
		rate.per_second = limits[rate_key].value;
	if (rate.per_second == 0)
		return rate;
	rate.burst = limits[burst_key].state == POSTERN_LIMIT_SET
			     ? limits[burst_key].value
			     : rate.per_second;
	return rate;
}

void pst_metering_add(struct pst_metering *metering, struct pst_meter *meter,
		      const struct postern_policy_limit *limits)
{
	struct pst_metered_scope scope = {
		.meter = meter,
		.messages = pst_metering_rate(limits, POSTERN_LIMIT_RATE,
					      POSTERN_LIMIT_RATE_BURST),
		.bytes = pst_metering_rate(limits, POSTERN_LIMIT_BANDWIDTH,
					   POSTERN_LIMIT_BANDWIDTH_BURST),
	};

	if (scope.messages.per_second != 0 || scope.bytes.per_second != 0)
		metering->scopes[metering->scope_count++] = scope;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool pst_metering_take(struct pst_metering *metering, uint64_t now_ns)
{
	uint64_t messages = GRANT_MESSAGES, bytes = GRANT_BYTES;
	struct pst_metered_scope *scope;
	size_t i;

	pst_metering_settle(metering);
	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		messages = least(messages, pst_tokens_available(
						   &scope->meter->messages,
						   &scope->messages, now_ns));
		bytes = least(bytes, pst_tokens_available(&scope->meter->bytes,
							  &scope->bytes,
							  now_ns));
	}
	if (messages == 0 || bytes == 0)
		return false;
	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		pst_tokens_take(&scope->meter->messages, &scope->messages,
				now_ns, messages);
		pst_tokens_take(&scope->meter->bytes, &scope->bytes, now_ns,
				bytes);
	}
	metering->granted_ns = now_ns;
	metering->granted_messages = messages;
	metering->granted_bytes = bytes;
	return true;
}

void pst_metering_spend(struct pst_metering *metering, size_t message_bytes)
{
	uint64_t debt_bytes;
	size_t i;

	if (metering->scope_count == 0)
		return;
	metering->granted_messages--;
	if (message_bytes <= metering->granted_bytes) {
		metering->granted_bytes -= message_bytes;
		return;
	}
	debt_bytes = message_bytes - metering->granted_bytes;
	metering->granted_bytes = 0;
	for (i = 0; i < metering->scope_count; i++)
		pst_tokens_take(&metering->scopes[i].meter->bytes,
				&metering->scopes[i].bytes,
				metering->granted_ns, debt_bytes);
}

void pst_metering_settle(struct pst_metering *metering)
{
	struct pst_metered_scope *scope;
	size_t i;

	if (metering->granted_messages == 0 && metering->granted_bytes == 0)
		return;
	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		pst_tokens_give_back(&scope->meter->messages, &scope->messages,
				     metering->granted_messages);
		pst_tokens_give_back(&scope->meter->bytes, &scope->bytes,
				     metering->granted_bytes);
	}
	metering->granted_messages = 0;
	metering->granted_bytes = 0;
}

static uint64_t heap_of(const struct pst_token_rate *rate)
{
	uint64_t count = rate->per_second / WAITS_PER_SECOND;

	return count > 0 ? count : 1;
}

uint64_t pst_metering_ready_ns(const struct pst_metering *metering)
{
	const struct pst_metered_scope *scope;
	uint64_t ready_ns = 0, each_ns;
	size_t i;

	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		each_ns = pst_tokens_ready_ns(&scope->meter->messages,
					      &scope->messages,
					      heap_of(&scope->messages));
		if (each_ns > ready_ns)
			ready_ns = each_ns;
		each_ns = pst_tokens_ready_ns(&scope->meter->bytes,
					      &scope->bytes,
					      heap_of(&scope->bytes));
		if (each_ns > ready_ns)
			ready_ns = each_ns;
	}
	return ready_ns;
}
