/* SPDX-License-Identifier: ISC */
/*
 * Metering of one peer; see metering.h
 */
#include "sched/metering.h"

#include "policy/policy.h"

/* The largest batch, for rates that allow a larger one. */
#define BATCH_MESSAGES 256
#define BATCH_BYTES 65536

/* A batch is what a rate brings in a millisecond. */
#define BATCHES_PER_SECOND 1000

void pst_metering_add(struct pst_metering *metering, struct pst_meter *meter,
		      const struct postern_policy_limit *limits)
{
	struct pst_metered_scope scope = {
		.meter = meter,
		.rate.messages = pst_policy_limits_rate(
			limits, POSTERN_LIMIT_RATE, POSTERN_LIMIT_RATE_BURST),
		.rate.bytes =
			pst_policy_limits_rate(limits, POSTERN_LIMIT_BANDWIDTH,
					       POSTERN_LIMIT_BANDWIDTH_BURST),
	};

	if (scope.rate.messages.per_second != 0 ||
	    scope.rate.bytes.per_second != 0)
		metering->scopes[metering->scope_count++] = scope;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* At least one token, and at most the burst and `most`. */
static uint64_t batch_of(const struct pst_token_rate *rate, uint64_t most)
{
	uint64_t count;

	if (rate->per_second == 0)
		return most;
	count = rate->per_second / BATCHES_PER_SECOND;
	return min_u64(min_u64(count > 0 ? count : 1, rate->burst), most);
}

static void acquire_from_scopes(const struct pst_metering *metering,
				uint64_t now_ns, uint64_t messages,
				uint64_t bytes)
{
	const struct pst_metered_scope *scope;
	size_t i;

	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		pst_tokens_acquire(&scope->meter->messages,
				   &scope->rate.messages, now_ns, messages);
		pst_tokens_acquire(&scope->meter->bytes, &scope->rate.bytes,
				   now_ns, bytes);
	}
}

static void release_to_scopes(const struct pst_metering *metering,
			      uint64_t messages, uint64_t bytes)
{
	const struct pst_metered_scope *scope;
	size_t i;

	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		pst_tokens_release(&scope->meter->messages,
				   &scope->rate.messages, messages);
		pst_tokens_release(&scope->meter->bytes, &scope->rate.bytes,
				   bytes);
	}
}

/* The largest batch that every scope allows. */
static void size_batch(const struct pst_metering *metering,
		       uint64_t *ret_messages, uint64_t *ret_bytes)
{
	uint64_t messages = BATCH_MESSAGES, bytes = BATCH_BYTES;
	size_t i;

	for (i = 0; i < metering->scope_count; i++) {
		messages =
			batch_of(&metering->scopes[i].rate.messages, messages);
		bytes = batch_of(&metering->scopes[i].rate.bytes, bytes);
	}
	*ret_messages = messages;
	*ret_bytes = bytes;
}

static bool acquire_reserved(struct pst_metering *metering, uint64_t now_ns)
{
	if (now_ns < metering->reserved_ns)
		return false;
	metering->held_messages = metering->reserved_messages;
	metering->held_bytes = metering->reserved_bytes;
	metering->has_reserved = false;
	return true;
}

bool pst_metering_acquire(struct pst_metering *metering, uint64_t now_ns)
{
	const struct pst_metered_scope *scope;
	uint64_t messages, bytes;
	size_t i;

	pst_metering_release(metering);
	if (metering->has_reserved)
		return acquire_reserved(metering, now_ns);
	size_batch(metering, &messages, &bytes);
	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		messages = min_u64(messages,
				   pst_tokens_available(&scope->meter->messages,
							&scope->rate.messages,
							now_ns));
		bytes = min_u64(bytes, pst_tokens_available(
					       &scope->meter->bytes,
					       &scope->rate.bytes, now_ns));
	}
	if (messages == 0 || bytes == 0)
		return false;
	acquire_from_scopes(metering, now_ns, messages, bytes);
	metering->held_messages = messages;
	metering->held_bytes = bytes;
	return true;
}

/* The time at which no bucket of any scope is in debt. */
static uint64_t debt_end_ns(const struct pst_metering *metering)
{
	const struct pst_metered_scope *scope;
	uint64_t latest_ns = 0, each_ns;
	size_t i;

	for (i = 0; i < metering->scope_count; i++) {
		scope = &metering->scopes[i];
		each_ns = pst_tokens_ready_ns(&scope->meter->messages,
					      &scope->rate.messages, 0);
		if (each_ns > latest_ns)
			latest_ns = each_ns;
		each_ns = pst_tokens_ready_ns(&scope->meter->bytes,
					      &scope->rate.bytes, 0);
		if (each_ns > latest_ns)
			latest_ns = each_ns;
	}
	return latest_ns;
}

uint64_t pst_metering_reserve(struct pst_metering *metering, uint64_t now_ns)
{
	if (metering->has_reserved)
		return metering->reserved_ns;
	pst_metering_release(metering);
	size_batch(metering, &metering->reserved_messages,
		   &metering->reserved_bytes);
	acquire_from_scopes(metering, now_ns, metering->reserved_messages,
			    metering->reserved_bytes);
	metering->has_reserved = true;
	metering->reserved_ns = debt_end_ns(metering);
	return metering->reserved_ns;
}

void pst_metering_spend_limited(struct pst_metering *metering,
				size_t message_bytes, uint64_t now_ns)
{
	uint64_t debt_messages, debt_bytes;

	debt_messages = metering->held_messages > 0 ? 0 : 1;
	metering->held_messages -= 1 - debt_messages;
	if (message_bytes <= metering->held_bytes) {
		metering->held_bytes -= message_bytes;
		debt_bytes = 0;
	} else {
		debt_bytes = message_bytes - metering->held_bytes;
		metering->held_bytes = 0;
	}
	if (debt_messages > 0 || debt_bytes > 0)
		acquire_from_scopes(metering, now_ns, debt_messages,
				    debt_bytes);
}

void pst_metering_release(struct pst_metering *metering)
{
	if (metering->held_messages == 0 && metering->held_bytes == 0)
		return;
	release_to_scopes(metering, metering->held_messages,
			  metering->held_bytes);
	metering->held_messages = 0;
	metering->held_bytes = 0;
}

void pst_metering_release_all(struct pst_metering *metering)
{
	pst_metering_release(metering);
	if (!metering->has_reserved)
		return;
	release_to_scopes(metering, metering->reserved_messages,
			  metering->reserved_bytes);
	metering->has_reserved = false;
}
