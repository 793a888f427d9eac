/* SPDX-License-Identifier: ISC */
/*
 * Reading `limits { }`
 *
 * A block is read into limits of its own and checked as a whole (a message must
 * fit its ring).  Then it restricts the limits that were read before, so that
 * several blocks, in several files, need no order.
 */
#include <assert.h>
#include <string.h>

#include "base/record_size.h"
#include "policy/policy_grant.h"
#include "policy/policy_read.h"
#include "policy/policy_units.h"
#include "policy/policy_values.h"

#define RING_BYTES_MAX (UINT64_C(1) << 30)
#define PEERS_MAX UINT32_MAX

struct limits_block {
	enum pst_policy_scope scope;
	struct postern_policy_limit limits[POSTERN_LIMIT_ROOM];
	const struct pst_policy_directive *message;
};

/* The key that a directive is named after; the table of keys has no other. */
static size_t limit_key_of(const struct pst_policy_directive *directive)
{
	size_t limit_key = 0;

	while (strcmp(pst_policy_limit_name(limit_key),
		      directive->words[0].text) != 0)
		limit_key++;
	return limit_key;
}

static void set_limit(struct limits_block *block,
		      const struct pst_policy_directive *directive,
		      size_t limit_key, uint64_t value)
{
	block->limits[limit_key] = (struct postern_policy_limit){
		.value = value,
		.state = POSTERN_LIMIT_SET,
		.line = directive->line,
		.file = directive->source->name,
	};
}

static int check_scope(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       const struct limits_block *block)
{
	const struct pst_policy_fault **before;
	int r;

	if (block->scope != PST_POLICY_SCOPE_ALLOW)
		return 1;
	/* the line may be one of a tenant's limits */
	before = pst_policy_builder_enter_source(builder);
	r = pst_policy_report_word(builder, directive, 0,
				   "it bounds each uid of a node, a tenant "
				   "or the whole process",
				   "'%s' has no meaning in 'allow'",
				   directive->words[0].text);
	(void)pst_policy_builder_enter(builder, before);
	return r;
}

static int check_ring(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      uint64_t ring_bytes)
{
	if ((ring_bytes & (ring_bytes - 1)) != 0)
		return pst_policy_report_word(
			builder, directive, 1,
			"1KiB, 2KiB, 4KiB, 8KiB and so on",
			"'ring' is not a power of two");
	if (ring_bytes < builder->options.page_bytes)
		return pst_policy_report_word(
			builder, directive, 1, NULL,
			"'ring' is smaller than a page of %u bytes",
			builder->options.page_bytes);
	if (ring_bytes > RING_BYTES_MAX)
		return pst_policy_report_word(builder, directive, 1, NULL,
					      "'ring' is larger than 1GiB");
	return 1;
}

static int read_value(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      size_t limit_key, uint64_t *ret_value)
{
	size_t choice = 0;
	int r;

	if (limit_key == POSTERN_LIMIT_ON_EXCEED) {
		r = pst_policy_word_choice(builder, directive, 1,
					   pst_policy_on_exceed_names, 3,
					   &choice);
		*ret_value = choice;
		return r;
	}
	if (pst_policy_limit_unit(limit_key) == PST_POLICY_UNIT_COUNT)
		return pst_policy_word_number(builder, directive, 1, 1,
					      PEERS_MAX, ret_value);
	r = pst_policy_word_quantity(builder, directive, 1,
				     pst_policy_limit_unit(limit_key),
				     ret_value);
	if (r > 0 && limit_key == POSTERN_LIMIT_RING)
		r = check_ring(builder, directive, *ret_value);
	return r;
}

/* `KEY N/s [burst N]`; without a burst, *burst keeps its value. */
static int read_burst(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      size_t burst_key, uint64_t *burst)
{
	if (directive->word_count == 2)
		return 1;
	if (strcmp(directive->words[2].text, "burst") != 0)
		return pst_policy_report_word(builder, directive, 2,
					      "only 'burst' may follow",
					      "unexpected word '%s' in '%s'",
					      directive->words[2].text,
					      directive->words[0].text);
	if (directive->word_count == 3)
		return pst_policy_report_word(builder, directive, 2, NULL,
					      "'burst' needs a value");
	if (pst_policy_limit_unit(burst_key) == PST_POLICY_UNIT_COUNT)
		return pst_policy_word_number(builder, directive, 3, 1,
					      INT64_MAX, burst);
	return pst_policy_word_quantity(
		builder, directive, 3, pst_policy_limit_unit(burst_key), burst);
}

static bool is_rate(size_t limit_key)
{
	return limit_key == POSTERN_LIMIT_RATE ||
	       limit_key == POSTERN_LIMIT_BANDWIDTH ||
	       limit_key == POSTERN_LIMIT_HANDSHAKES;
}

static int read_limit(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	const size_t limit_key = limit_key_of(directive);
	struct limits_block *block = object;
	uint64_t value = 0, burst;
	int r = 1;

	if (limit_key == POSTERN_LIMIT_PEERS_PER_USER ||
	    limit_key == POSTERN_LIMIT_HANDSHAKES)
		r = check_scope(builder, directive, block);
	if (r > 0)
		r = read_value(builder, directive, limit_key, &value);
	if (r <= 0)
		return r;

	if (is_rate(limit_key)) {
		/* a burst that is not given is that of one second */
		burst = value;
		r = read_burst(builder, directive, limit_key + 1, &burst);
		if (r <= 0)
			return r;
		set_limit(block, directive, limit_key + 1, burst);
	}
	set_limit(block, directive, limit_key, value);
	if (limit_key == POSTERN_LIMIT_MESSAGE)
		block->message = directive;
	return 0;
}

/* The burst of a rate has the key behind that of the rate. */
static_assert(POSTERN_LIMIT_RATE_BURST == POSTERN_LIMIT_RATE + 1 &&
		      POSTERN_LIMIT_BANDWIDTH_BURST ==
			      POSTERN_LIMIT_BANDWIDTH + 1 &&
		      POSTERN_LIMIT_HANDSHAKES_BURST ==
			      POSTERN_LIMIT_HANDSHAKES + 1,
	      "a burst follows its rate");

static const struct pst_policy_key limits_keys[] = {
	{"peers", 1, 1, 0, read_limit, "usage: peers N"},
	{"peers-per-user", 1, 1, 0, read_limit,
	 "usage: peers-per-user N"},
	{"memory", 1, 1, 0, read_limit, "usage: memory SIZE"},
	{"ring", 1, 1, 0, read_limit, "usage: ring SIZE"},
	{"message", 1, 1, 0, read_limit, "usage: message SIZE"},
	{"rate", 1, 3, 0, read_limit,
	 "usage: rate N/s [burst N]"},
	{"bandwidth", 1, 3, 0, read_limit,
	 "usage: bandwidth SIZE/s [burst SIZE]"},
	{"handshakes", 1, 3, 0, read_limit,
	 "usage: handshakes N/s [burst N]"},
	{"idle", 1, 1, 0, read_limit, "usage: idle DURATION"},
	{"on-exceed", 1, 1, 0, read_limit,
	 "usage: on-exceed block|drop|disconnect"},
};

const struct pst_policy_block_kind pst_policy_limits_block = {
	"limits", limits_keys, sizeof(limits_keys) / sizeof(limits_keys[0])
};

int pst_policy_read_limits(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   enum pst_policy_scope scope,
			   struct postern_policy_limit *limits)
{
	struct limits_block block = {.scope = scope};
	const struct pst_policy_fault **before;
	const struct postern_policy_limit *ring;
	uint64_t fitting_bytes;
	int r;

	r = pst_policy_block_read(builder, &pst_policy_limits_block,
				  directive->children, &block, NULL);
	if (r < 0)
		return r;

	ring = &block.limits[POSTERN_LIMIT_RING];
	if (block.message && ring->state == POSTERN_LIMIT_SET) {
		/* Without a tag, which is known only to two sides. */
		fitting_bytes = pst_record_payload_ceiling(ring->value, 0);
		if (block.limits[POSTERN_LIMIT_MESSAGE].value > fitting_bytes) {
			/* either line may be one of other limits */
			before = pst_policy_builder_enter_source(builder);
			r = pst_policy_report_word(
				builder, block.message, 1, NULL,
				"'message' does not fit its 'ring': at most "
				"%llu bytes do",
				(unsigned long long)fitting_bytes);
			(void)pst_policy_builder_enter(builder, before);
			return r;
		}
	}
	pst_policy_limits_restrict(limits, block.limits);
	return 0;
}
