/* SPDX-License-Identifier: ISC */
/*
 * Reading `limits { }`
 *
 * One block is read into limits of its own, judged as a whole (a message must
 * fit its ring), and then squeezes what stood there before: that is why several
 * blocks, in several files, need no order.
 */
#include <string.h>

#include "base/record_size.h"
#include "policy/policy_block.h"
#include "policy/policy_limits.h"
#include "policy/policy_words.h"

#define RING_BYTES_MAX (UINT64_C(1) << 30)
#define PEERS_MAX UINT32_MAX

struct limits_block {
	enum pst_policy_scope scope;
	struct postern_policy_limit limits[POSTERN_LIMIT_ROOM];
	const struct pst_policy_directive *message;
};

static void set_limit(struct limits_block *block,
		      const struct pst_policy_directive *directive,
		      enum postern_limit_key key, uint64_t value)
{
	block->limits[key] = (struct postern_policy_limit){
		.value = value,
		.state = POSTERN_LIMIT_SET,
		.line = directive->line,
		.file = directive->source->name,
	};
}

static int read_count(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      struct limits_block *block, enum postern_limit_key key)
{
	uint64_t count;
	bool is_valid;
	int r;

	r = pst_policy_word_number(builder, directive, 1, 1, PEERS_MAX, &count,
				   &is_valid);
	if (r == 0 && is_valid)
		set_limit(block, directive, key, count);
	return r;
}

static int read_peers(struct pst_policy_builder *builder,
		      const struct pst_policy_directive *directive,
		      void *object)
{
	return read_count(builder, directive, object, POSTERN_LIMIT_PEERS);
}

static int check_scope(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       const struct limits_block *block, bool *ret_is_valid)
{
	const struct pst_policy_fault **before;
	int r;

	*ret_is_valid = block->scope != PST_POLICY_SCOPE_ALLOW;
	if (*ret_is_valid)
		return 0;
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

static int read_peers_per_user(struct pst_policy_builder *builder,
			       const struct pst_policy_directive *directive,
			       void *object)
{
	bool is_valid;
	int r;

	r = check_scope(builder, directive, object, &is_valid);
	if (r < 0 || !is_valid)
		return r;
	return read_count(builder, directive, object,
			  POSTERN_LIMIT_PEERS_PER_USER);
}

static int read_memory(struct pst_policy_builder *builder,
		       const struct pst_policy_directive *directive,
		       void *object)
{
	uint64_t memory_bytes;
	bool is_valid;
	int r;

	r = pst_policy_word_quantity(builder, directive, 1,
				     PST_POLICY_UNIT_BYTES, &memory_bytes,
				     &is_valid);
	if (r == 0 && is_valid)
		set_limit(object, directive, POSTERN_LIMIT_MEMORY,
			  memory_bytes);
	return r;
}

static int read_ring(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	uint64_t ring_bytes;
	bool is_valid;
	int r;

	r = pst_policy_word_quantity(builder, directive, 1,
				     PST_POLICY_UNIT_BYTES, &ring_bytes,
				     &is_valid);
	if (r < 0 || !is_valid)
		return r;
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
	set_limit(object, directive, POSTERN_LIMIT_RING, ring_bytes);
	return 0;
}

static int read_message(struct pst_policy_builder *builder,
			const struct pst_policy_directive *directive,
			void *object)
{
	struct limits_block *block = object;
	uint64_t message_bytes;
	bool is_valid;
	int r;

	r = pst_policy_word_quantity(builder, directive, 1,
				     PST_POLICY_UNIT_BYTES, &message_bytes,
				     &is_valid);
	if (r < 0 || !is_valid)
		return r;
	set_limit(block, directive, POSTERN_LIMIT_MESSAGE, message_bytes);
	block->message = directive;
	return 0;
}

/* `KEY N/s [burst N]`; a burst that is not given is one second's worth. */
static int read_rate(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive,
		     struct limits_block *block, enum postern_limit_key key,
		     enum postern_limit_key burst_key,
		     enum pst_policy_unit unit)
{
	uint64_t rate, burst;
	bool is_valid;
	int r;

	r = pst_policy_word_quantity(builder, directive, 1, unit, &rate,
				     &is_valid);
	if (r < 0 || !is_valid)
		return r;
	burst = rate;

	if (directive->word_count > 2 &&
	    strcmp(directive->words[2].text, "burst") != 0)
		return pst_policy_report_word(builder, directive, 2,
					      "only 'burst' may follow",
					      "unexpected word '%s' in '%s'",
					      directive->words[2].text,
					      directive->words[0].text);
	if (directive->word_count == 3)
		return pst_policy_report_word(builder, directive, 2, NULL,
					      "'burst' needs a value");
	if (directive->word_count == 4) {
		if (unit == PST_POLICY_UNIT_BYTES_A_SECOND)
			r = pst_policy_word_quantity(builder, directive, 3,
						     PST_POLICY_UNIT_BYTES,
						     &burst, &is_valid);
		else
			r = pst_policy_word_number(builder, directive, 3, 1,
						   INT64_MAX, &burst,
						   &is_valid);
		if (r < 0 || !is_valid)
			return r;
	}

	set_limit(block, directive, key, rate);
	set_limit(block, directive, burst_key, burst);
	return 0;
}

static int read_message_rate(struct pst_policy_builder *builder,
			     const struct pst_policy_directive *directive,
			     void *object)
{
	return read_rate(builder, directive, object, POSTERN_LIMIT_RATE,
			 POSTERN_LIMIT_RATE_BURST,
			 PST_POLICY_UNIT_COUNT_A_SECOND);
}

static int read_bandwidth(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *object)
{
	return read_rate(builder, directive, object, POSTERN_LIMIT_BANDWIDTH,
			 POSTERN_LIMIT_BANDWIDTH_BURST,
			 PST_POLICY_UNIT_BYTES_A_SECOND);
}

static int read_handshakes(struct pst_policy_builder *builder,
			   const struct pst_policy_directive *directive,
			   void *object)
{
	bool is_valid;
	int r;

	r = check_scope(builder, directive, object, &is_valid);
	if (r < 0 || !is_valid)
		return r;
	return read_rate(builder, directive, object, POSTERN_LIMIT_HANDSHAKES,
			 POSTERN_LIMIT_HANDSHAKES_BURST,
			 PST_POLICY_UNIT_COUNT_A_SECOND);
}

static int read_idle(struct pst_policy_builder *builder,
		     const struct pst_policy_directive *directive, void *object)
{
	uint64_t idle_ns;
	bool is_valid;
	int r;

	r = pst_policy_word_quantity(builder, directive, 1, PST_POLICY_UNIT_NS,
				     &idle_ns, &is_valid);
	if (r == 0 && is_valid)
		set_limit(object, directive, POSTERN_LIMIT_IDLE, idle_ns);
	return r;
}

static int read_on_exceed(struct pst_policy_builder *builder,
			  const struct pst_policy_directive *directive,
			  void *object)
{
	/* in the order of enum postern_on_exceed */
	static const char *const choices[] = {"block", "drop", "disconnect"};
	size_t choice;
	bool is_valid;
	int r;

	r = pst_policy_word_choice(builder, directive, 1, choices, 3, &choice,
				   &is_valid);
	if (r == 0 && is_valid)
		set_limit(object, directive, POSTERN_LIMIT_ON_EXCEED, choice);
	return r;
}

static const struct pst_policy_key limits_keys[] = {
	{"peers", 1, 1, false, false, read_peers, "usage: peers N"},
	{"peers-per-user", 1, 1, false, false, read_peers_per_user,
	 "usage: peers-per-user N"},
	{"memory", 1, 1, false, false, read_memory, "usage: memory SIZE"},
	{"ring", 1, 1, false, false, read_ring, "usage: ring SIZE"},
	{"message", 1, 1, false, false, read_message, "usage: message SIZE"},
	{"rate", 1, 3, false, false, read_message_rate,
	 "usage: rate N/s [burst N]"},
	{"bandwidth", 1, 3, false, false, read_bandwidth,
	 "usage: bandwidth SIZE/s [burst SIZE]"},
	{"handshakes", 1, 3, false, false, read_handshakes,
	 "usage: handshakes N/s [burst N]"},
	{"idle", 1, 1, false, false, read_idle, "usage: idle DURATION"},
	{"on-exceed", 1, 1, false, false, read_on_exceed,
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
				  directive->children, &block);
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
