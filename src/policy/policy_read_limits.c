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

/* The key that a directive is named after; the table of keys has no other. */
static size_t limit_key_of(const struct pst_policy_directive *directive)
{
	size_t limit_key = 0;

	while (strcmp(pst_policy_limit_name(limit_key),
		      directive->words[0].text) != 0)
		limit_key++;
	return limit_key;
}

static void set_limit(struct postern_policy_limit *limit,
		      const struct pst_policy_directive *directive,
		      uint64_t value)
{
	*limit = (struct postern_policy_limit){
		.value = value,
		.state = POSTERN_LIMIT_SET,
		.line = directive->line,
		.file = directive->source->name,
	};
}

/* Of an allow these limits have no meaning; the line may be a tenant's. */
static bool check_scope(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			size_t limit_key)
{
	const struct pst_policy_directive *block = directive->parent->parent;

	if ((limit_key != POSTERN_LIMIT_PEERS_PER_USER &&
	     limit_key != POSTERN_LIMIT_HANDSHAKES) ||
	    !block || strcmp(block->words[0].text, "allow") != 0)
		return true;
	return pst_policy_report_in(builder, &builder->source->fault,
				    &directive->words[0],
				    "it bounds each uid of a node, a tenant "
				    "or the whole process",
				    "'%s' has no meaning in 'allow'",
				    directive->words[0].text);
}

static bool check_ring(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word, uint64_t ring_bytes)
{
	if ((ring_bytes & (ring_bytes - 1)) != 0)
		return pst_policy_report(builder, word,
					 "1KiB, 2KiB, 4KiB, 8KiB and so on",
					 "'ring' is not a power of two");
	if (ring_bytes < builder->options.page_bytes)
		return pst_policy_report(
			builder, word, NULL,
			"'ring' is smaller than a page of %u bytes",
			builder->options.page_bytes);
	if (ring_bytes > RING_BYTES_MAX)
		return pst_policy_report(builder, word, NULL,
					 "'ring' is larger than 1GiB");
	return true;
}

static bool read_value(struct pst_policy_builder *builder,
		       const struct pst_policy_word *word, size_t limit_key,
		       uint64_t *ret_value)
{
	enum pst_policy_unit unit = pst_policy_limit_unit(limit_key);
	uint32_t choice = 0;

	if (limit_key == POSTERN_LIMIT_ON_EXCEED) {
		if (!pst_policy_word_choice(builder, word,
					    pst_policy_on_exceed_names, 3,
					    &choice))
			return false;
		*ret_value = choice;
		return true;
	}
	if (unit == PST_POLICY_UNIT_COUNT)
		return pst_policy_word_number(builder, word, 1, PEERS_MAX,
					      ret_value);
	return pst_policy_word_quantity(builder, word, unit, ret_value) &&
	       (limit_key != POSTERN_LIMIT_RING ||
		check_ring(builder, word, *ret_value));
}

/* `KEY N/s [burst N]`; without a burst, *burst keeps its value. */
static bool read_burst(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       size_t burst_key, uint64_t *burst)
{
	enum pst_policy_unit unit = pst_policy_limit_unit(burst_key);
	const struct pst_policy_word *words = directive->words;

	if (directive->word_count == 2)
		return true;
	if (strcmp(words[2].text, "burst") != 0)
		return pst_policy_report(builder, &words[2],
					 "only 'burst' may follow",
					 "unexpected word '%s' in '%s'",
					 words[2].text, words[0].text);
	if (directive->word_count == 3)
		return pst_policy_report(builder, &words[2], NULL,
					 "'burst' needs a value");
	if (unit == PST_POLICY_UNIT_COUNT)
		return pst_policy_word_number(builder, &words[3], 1, INT64_MAX,
					      burst);
	return pst_policy_word_quantity(builder, &words[3], unit, burst);
}

static bool is_rate(size_t limit_key)
{
	return limit_key == POSTERN_LIMIT_RATE ||
	       limit_key == POSTERN_LIMIT_BANDWIDTH ||
	       limit_key == POSTERN_LIMIT_HANDSHAKES;
}

static void read_limit(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *field)
{
	const size_t limit_key = limit_key_of(directive);
	struct postern_policy_limit *limits = field;
	uint64_t value = 0, burst;

	if (!check_scope(builder, directive, limit_key) ||
	    !read_value(builder, &directive->words[1], limit_key, &value))
		return;
	if (is_rate(limit_key)) {
		/* a burst that is not given is that of one second */
		burst = value;
		if (!read_burst(builder, directive, limit_key + 1, &burst))
			return;
		set_limit(&limits[limit_key + 1], directive, burst);
	}
	set_limit(&limits[limit_key], directive, value);
}

/* The burst of a rate has the key behind that of the rate. */
static_assert(POSTERN_LIMIT_RATE_BURST == POSTERN_LIMIT_RATE + 1 &&
		      POSTERN_LIMIT_BANDWIDTH_BURST ==
			      POSTERN_LIMIT_BANDWIDTH + 1 &&
		      POSTERN_LIMIT_HANDSHAKES_BURST ==
			      POSTERN_LIMIT_HANDSHAKES + 1,
	      "a burst follows its rate");

static const struct pst_policy_key limits_keys[] = {
	{"peers", 1, 1, 0, 0, read_limit, "usage: peers N"},
	{"peers-per-user", 1, 1, 0, 0, read_limit,
	 "usage: peers-per-user N"},
	{"memory", 1, 1, 0, 0, read_limit, "usage: memory SIZE"},
	{"ring", 1, 1, 0, 0, read_limit, "usage: ring SIZE"},
	{"message", 1, 1, 0, 0, read_limit, "usage: message SIZE"},
	{"rate", 1, 3, 0, 0, read_limit,
	 "usage: rate N/s [burst N]"},
	{"bandwidth", 1, 3, 0, 0, read_limit,
	 "usage: bandwidth SIZE/s [burst SIZE]"},
	{"handshakes", 1, 3, 0, 0, read_limit,
	 "usage: handshakes N/s [burst N]"},
	{"idle", 1, 1, 0, 0, read_limit, "usage: idle DURATION"},
	{"on-exceed", 1, 1, 0, 0, read_limit,
	 "usage: on-exceed block|drop|disconnect"},
};

const struct pst_policy_block_kind pst_policy_limits_block = {
	"limits", limits_keys, sizeof(limits_keys) / sizeof(limits_keys[0])
};

void pst_policy_read_limits(struct pst_policy_builder *builder,
			    const struct pst_policy_directive *directive,
			    void *field)
{
	struct postern_policy_limit limits[POSTERN_LIMIT_CAPACITY] = {0};
	const struct postern_policy_limit *ring = &limits[POSTERN_LIMIT_RING];
	const struct postern_policy_limit *message =
		&limits[POSTERN_LIMIT_MESSAGE];
	uint64_t fitting_bytes;

	(void)pst_policy_block_read(builder, &pst_policy_limits_block,
				    directive->children, limits, NULL);
	/* Without a tag, which is known only to two sides. */
	fitting_bytes = pst_record_payload_ceiling(ring->value, 0);
	if (message->state == POSTERN_LIMIT_SET &&
	    ring->state == POSTERN_LIMIT_SET && message->value > fitting_bytes)
		/* either line may be one of other limits */
		pst_policy_report_in(
			builder, &builder->source->fault,
			&pst_policy_find_child(directive, "message")->words[1],
			NULL,
			"'message' does not fit its 'ring': at most %llu bytes "
			"do",
			(unsigned long long)fitting_bytes);
	else
		pst_policy_limits_restrict(field, limits);
}
