/* SPDX-License-Identifier: ISC */
/*
 * Entries of the statistics segment: write and read them in shared memory
 *
 * A sequence lock as in Boehm, "Can seqlocks get along with programming
 * language memory models?" (2012): the guarded words are atomic, accessed
 * relaxed, and two fences keep them between the two values of the sequence.
 * The writer counts the sequence in private memory, for all entries at once, so
 * no value occurs twice.  A writer that is stopped in the middle of an entry
 * leaves its sequence odd until it continues; a reader does not wait for it.
 */
#include "stats/stats_entry.h"

#include <errno.h>

#include "base/bounds.h"
#include "base/spin.h"
#include "stats/stats_words.h"

/* A correct writer needs a fraction of the time of these for an entry. */
#define ATTEMPTS 100

/* -- writer ---------------------------------------------------------------- */

static void write_entry(struct pst_stats_entry_writer *writer, size_t offset,
			const uint64_t *words, size_t word_count)
{
	void *at = writer->segment + offset;
	struct pst_shared_u64 *entry = at;
	size_t i;

	writer->sequence += 2;
	pst_shared_store_relaxed_u64(&entry[0], writer->sequence - 1);
	/*
	 * [S2] Pairs with the fence in read_entry(): a reader that has copied
	 * any word that is stored below then loads the odd sequence, or a
	 * later one.
	 */
	pst_shared_fence_release();
	for (i = 1; i < word_count; i++)
		pst_shared_store_relaxed_u64(&entry[i], words[i]);
	/*
	 * [S1] Pairs with the observe in read_entry(): a reader that sees this
	 * sequence sees all of the words above.
	 */
	pst_shared_publish_u64(&entry[0], writer->sequence);
}

void pst_stats_entry_writer_init(struct pst_stats_entry_writer *writer,
				 void *borrow_segment, uint32_t slot_count)
{
	struct pst_stats_header *header = borrow_segment;

	*writer = (struct pst_stats_entry_writer) {
		.segment = borrow_segment,
		.slot_count = slot_count,
	};
	/* No other process has the segment yet; sending it orders these. */
	pst_shared_store_relaxed_u64(&header->version, PST_STATS_VERSION);
	pst_shared_store_relaxed_u64(&header->slot_count, slot_count);
}

void pst_stats_write_node(struct pst_stats_entry_writer *writer,
			  const struct postern_node_statistics *stats)
{
	uint64_t words[PST_STATS_NODE_WORDS] = {0};

	pst_stats_node_to_words(stats, words);
	write_entry(writer, PST_STATS_NODE_OFFSET, words,
		    PST_STATS_NODE_WORDS);
}

void pst_stats_write_peer(struct pst_stats_entry_writer *writer,
			  uint32_t slot_index,
			  const struct postern_peer_statistics *stats)
{
	uint64_t words[PST_STATS_PEER_WORDS] = {0};

	if (slot_index >= writer->slot_count)
		return;
	if (stats)
		pst_stats_peer_to_words(stats, words);
	write_entry(writer, pst_stats_bytes(slot_index), words,
		    PST_STATS_PEER_WORDS);
}

void pst_stats_write_end(struct pst_stats_entry_writer *writer, uint64_t state)
{
	void *at = writer->segment;
	struct pst_stats_header *header = at;

	/*
	 * [S3] Pairs with the observe in pst_stats_read_state(): a reader that
	 * sees the end sees the last entries.
	 */
	pst_shared_publish_u64(&header->state, state);
}

/* -- reader ---------------------------------------------------------------- */

static int read_entry(const struct pst_stats_entry_reader *reader,
		      size_t offset, uint64_t *ret_words, size_t word_count)
{
	const void *at = reader->segment + offset;
	const struct pst_shared_u64 *entry = at;
	uint64_t sequence;
	size_t i;
	int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		/*
		 * [S1] Pairs with the publish in write_entry(): the words that
		 * are copied below are those of this sequence, or later ones.
		 */
		sequence = pst_shared_observe_u64(&entry[0]);
		if (sequence % 2 == 0) {
			for (i = 1; i < word_count; i++)
				ret_words[i] = pst_shared_load_relaxed_u64(
					&entry[i]);
			/*
			 * [S2] Pairs with the fence in write_entry(): if any of
			 * the copies is of a later write, so is the sequence
			 * that is loaded now.
			 */
			pst_shared_fence_acquire();
			if (pst_shared_load_relaxed_u64(&entry[0]) == sequence)
				return 0;
		}
		pst_spin_relax();
	}
	return -EAGAIN;
}

int pst_stats_entry_reader_init(struct pst_stats_entry_reader *reader,
				const void *borrow_segment,
				size_t segment_bytes)
{
	const struct pst_stats_header *header = borrow_segment;
	size_t slot_count;

	if (segment_bytes < pst_stats_bytes(1))
		return -EBADMSG;
	if (pst_shared_load_relaxed_u64(&header->version) != PST_STATS_VERSION)
		return -EPROTONOSUPPORT;
	slot_count = (segment_bytes - PST_STATS_PEERS_OFFSET) /
		     PST_STATS_PEER_BYTES;
	*reader = (struct pst_stats_entry_reader) {
		.segment = borrow_segment,
		.slot_count = slot_count > PST_SLOTS_MAX ?
			      PST_SLOTS_MAX : (uint32_t)slot_count,
	};
	return 0;
}

uint64_t pst_stats_read_state(const struct pst_stats_entry_reader *reader)
{
	const void *at = reader->segment;
	const struct pst_stats_header *header = at;
	uint64_t state;

	/*
	 * [S3] Pairs with the publish in pst_stats_write_end(): the entries
	 * that are read after this are the last ones.
	 */
	state = pst_shared_observe_u64(&header->state);
	if (state == PST_STATS_LIVE || state == PST_STATS_RETIRED)
		return state;
	return PST_STATS_CLOSED;
}

int pst_stats_read_node(const struct pst_stats_entry_reader *reader,
			struct postern_node_statistics *ret_stats)
{
	uint64_t words[PST_STATS_NODE_WORDS] = {0};
	int r;

	r = read_entry(reader, PST_STATS_NODE_OFFSET, words,
		       PST_STATS_NODE_WORDS);
	if (r < 0)
		return r;
	pst_stats_node_from_words(words, reader->slot_count, ret_stats);
	return 0;
}

int pst_stats_read_peer(const struct pst_stats_entry_reader *reader,
			uint32_t slot_index,
			struct postern_peer_statistics *ret_stats)
{
	uint64_t words[PST_STATS_PEER_WORDS] = {0};
	int r;

	if (slot_index >= reader->slot_count)
		return -ENOENT;
	r = read_entry(reader, pst_stats_bytes(slot_index), words,
		       PST_STATS_PEER_WORDS);
	if (r < 0)
		return r;
	if (words[PST_STATS_PEER_HANDLE_OFFSET / 8] == 0)
		return -ENOENT;
	pst_stats_peer_from_words(words, slot_index, ret_stats);
	return 0;
}
