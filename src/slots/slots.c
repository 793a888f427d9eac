/* SPDX-License-Identifier: ISC */
/*
 * Slots
 *
 * Two records of one fact.  The bitmap makes a free place quick to find, and
 * its bit is what claimers compete for; the slot's own word, generation and
 * state in one, is what handles are checked against.  Whoever wins the bit owns
 * the word until it gives the bit back, so only commit, abort and release can
 * meet on a word, and there compare-and-swap lets exactly one of them win.
 */
#include "slots/slots.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define BITS_PER_WORD 64

enum slot_state {
	SLOT_FREE = 0,
	SLOT_CLAIMED = 1,
	SLOT_COMMITTED = 2,
};

static uint64_t word_of(uint32_t generation, enum slot_state state)
{
	return (uint64_t)generation << 32 | (uint64_t)state;
}

static uint32_t generation_of(uint64_t word_or_handle)
{
	return (uint32_t)(word_or_handle >> 32);
}

static uint32_t word_count(const struct pst_slots *slots)
{
	return (slots->slot_count + BITS_PER_WORD - 1) / BITS_PER_WORD;
}

static bool has_slot(const struct pst_slots *slots, pst_slot_handle handle)
{
	uint32_t number = (uint32_t)handle;

	return number != 0 && number <= slots->slot_count;
}

/*
 * The place becomes ours to give out.  Generations wrap: a handle would fit
 * again after 2^32 owners of this one place.
 */
static pst_slot_handle claim_index(struct pst_slots *slots, uint32_t index)
{
	_Atomic uint64_t *word = &slots->slots[index].word;
	uint32_t generation;

	/* The acquire of the bit has ordered this after the last owner. */
	generation = generation_of(atomic_load_explicit(word,
							memory_order_relaxed));
	generation++;
	atomic_store_explicit(word, word_of(generation, SLOT_CLAIMED),
			      memory_order_relaxed);
	return pst_slot_handle_of(index, generation);
}

/* Take one of the free bits in candidates; false when there is none. */
static bool claim_bit(_Atomic uint64_t *taken, uint64_t candidates,
		      uint32_t *ret_bit)
{
	uint64_t before = atomic_load_explicit(taken, memory_order_relaxed);

	while ((candidates & ~before) != 0) {
		uint32_t bit = (uint32_t)__builtin_ctzll(candidates & ~before);

		/* Acquire: what the last owner did to the place is done. */
		before = atomic_fetch_or_explicit(taken, UINT64_C(1) << bit,
						  memory_order_acquire);
		if ((before & UINT64_C(1) << bit) == 0) {
			*ret_bit = bit;
			return true;
		}
	}
	return false;
}

/* From one state to another, once; leaving for SLOT_FREE gives the bit back. */
static int change_state(struct pst_slots *slots, pst_slot_handle handle,
			enum slot_state from, enum slot_state to)
{
	uint32_t generation = generation_of(handle);
	uint64_t expected = word_of(generation, from);
	uint32_t index = pst_slot_index(handle);

	if (!has_slot(slots, handle))
		return -ESTALE;

	/* Release: who resolves the handle sees what was set up before. */
	if (!atomic_compare_exchange_strong_explicit(
		    &slots->slots[index].word, &expected,
		    word_of(generation, to), memory_order_acq_rel,
		    memory_order_relaxed))
		return -ESTALE;

	/* Release: the next owner comes after everything this one did. */
	if (to == SLOT_FREE)
		atomic_fetch_and_explicit(
			&slots->taken[index / BITS_PER_WORD],
			~(UINT64_C(1) << index % BITS_PER_WORD),
			memory_order_release);
	return 0;
}

size_t pst_slots_bytes(uint32_t slot_count)
{
	return sizeof(struct pst_slots) +
	       slot_count * sizeof(struct pst_slot_word);
}

void pst_slots_init(struct pst_slots *slots, uint32_t slot_count)
{
	uint32_t tail_bits = slot_count % BITS_PER_WORD;

	memset(slots, 0, pst_slots_bytes(slot_count));
	slots->slot_count = slot_count;

	/* Places behind the last one are taken for ever. */
	if (tail_bits != 0)
		atomic_init(&slots->taken[slot_count / BITS_PER_WORD],
			    UINT64_MAX << tail_bits);
}

int pst_slots_claim(struct pst_slots *slots, pst_slot_handle *ret_handle)
{
	uint32_t words = word_count(slots);
	uint32_t first = atomic_load_explicit(&slots->next_index,
					      memory_order_relaxed);
	uint64_t candidates = UINT64_MAX << first % BITS_PER_WORD;
	uint32_t i;

	/* All words once, and the first one's lower part again at the end. */
	for (i = 0; i <= words; i++) {
		uint32_t word = (first / BITS_PER_WORD + i) % words;
		uint32_t bit, index;

		if (claim_bit(&slots->taken[word], candidates, &bit)) {
			index = word * BITS_PER_WORD + bit;
			atomic_store_explicit(&slots->next_index,
					      (index + 1) % slots->slot_count,
					      memory_order_relaxed);
			*ret_handle = claim_index(slots, index);
			return 0;
		}
		candidates = UINT64_MAX;
	}
	return -EDQUOT;
}

int pst_slots_commit(struct pst_slots *slots, pst_slot_handle handle)
{
	return change_state(slots, handle, SLOT_CLAIMED, SLOT_COMMITTED);
}

int pst_slots_abort(struct pst_slots *slots, pst_slot_handle handle)
{
	return change_state(slots, handle, SLOT_CLAIMED, SLOT_FREE);
}

int pst_slots_release(struct pst_slots *slots, pst_slot_handle handle)
{
	return change_state(slots, handle, SLOT_COMMITTED, SLOT_FREE);
}

int pst_slots_resolve(const struct pst_slots *slots, pst_slot_handle handle,
		      uint32_t *ret_index)
{
	uint32_t index = pst_slot_index(handle);

	if (!has_slot(slots, handle))
		return -ESTALE;
	/* Acquire: see what was set up before the commit. */
	if (atomic_load_explicit(&slots->slots[index].word,
				 memory_order_acquire) !=
	    word_of(generation_of(handle), SLOT_COMMITTED))
		return -ESTALE;
	*ret_index = index;
	return 0;
}
