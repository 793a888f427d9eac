/* SPDX-License-Identifier: ISC */
/*
 * Writing a node's statistics into shared memory
 *
 * A sequence lock as in Boehm, "Can seqlocks get along with programming
 * language memory models?" (2012): the guarded words are atomic, accessed
 * relaxed, and two fences keep them between the two values of the sequence.
 * The sequence is counted in private memory, for all entries at once, so no
 * value ever comes back.
 */
#include "stats/stats_writer.h"

#include <string.h>

#include "stats/stats_words.h"

static void write_entry(struct pst_stats_writer *writer, size_t offset,
			const uint64_t *words, size_t word_count)
{
	void *at = writer->segment + offset;
	struct pst_shared_u64 *entry = at;
	size_t i;

	writer->sequence += 2;
	pst_shared_store_relaxed_u64(&entry[0], writer->sequence - 1);
	/*
	 * [S2] Pairs with the fence in read_entry(), stats_entry.c: who has
	 * copied any word that is stored below finds the odd sequence, or a
	 * later one, when it looks again.
	 */
	pst_shared_fence_release();
	for (i = 1; i < word_count; i++)
		pst_shared_store_relaxed_u64(&entry[i], words[i]);
	/*
	 * [S1] Pairs with the observe in read_entry(), stats_entry.c: who
	 * sees this sequence sees all of the words above.
	 */
	pst_shared_publish_u64(&entry[0], writer->sequence);
}

void pst_stats_writer_init(struct pst_stats_writer *writer,
			   void *borrow_segment, uint32_t slot_count)
{
	struct pst_stats_header *header = borrow_segment;

	*writer = (struct pst_stats_writer) {
		.segment = borrow_segment,
		.slot_count = slot_count,
	};
	/* Nobody has the segment yet; the handing over orders these. */
	pst_shared_store_relaxed_u64(&header->version, PST_STATS_VERSION);
	pst_shared_store_relaxed_u64(&header->slot_count, slot_count);
}

void pst_stats_write_node(struct pst_stats_writer *writer,
			  const struct postern_node_statistics *stats)
{
	uint64_t words[PST_STATS_NODE_WORDS] = {0};

	pst_stats_node_to_words(stats, words);
	write_entry(writer, PST_STATS_NODE_OFFSET, words,
		    offsetof(struct pst_stats_node, reserved) / 8);
}

void pst_stats_write_peer(struct pst_stats_writer *writer, uint32_t slot_index,
			  const struct postern_peer_statistics *stats)
{
	uint64_t words[PST_STATS_PEER_WORDS] = {0};

	if (slot_index >= writer->slot_count)
		return;
	if (stats)
		pst_stats_peer_to_words(stats, words);
	write_entry(writer, pst_stats_bytes(slot_index), words,
		    offsetof(struct pst_stats_peer, reserved) / 8);
}

void pst_stats_write_end(struct pst_stats_writer *writer, uint64_t state)
{
	void *at = writer->segment;
	struct pst_stats_header *header = at;

	/*
	 * [S3] Pairs with the observe in pst_stats_read_state(),
	 * stats_entry.c: who sees the end sees the last entries.
	 */
	pst_shared_publish_u64(&header->state, state);
}
