/* SPDX-License-Identifier: ISC */
/*
 * Reading a node's statistics from shared memory
 *
 * The reader's half of the sequence lock that stats_writer.c explains.  A
 * writer that was stopped in the middle of an entry leaves its sequence odd for
 * as long as it stands; the reader does not wait for it.
 */
#include "stats/stats_entry.h"

#include <errno.h>

#include "base/slot_limit.h"
#include "base/spin.h"
#include "stats/stats_words.h"

/* An honest writer is done with an entry within a fraction of these. */
#define ATTEMPTS 100

static int read_entry(const struct pst_stats_reader *reader, size_t offset,
		      uint64_t *ret_words, size_t word_count)
{
	const void *at = reader->segment + offset;
	const struct pst_shared_u64 *entry = at;
	uint64_t sequence;
	size_t i;
	int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		/*
		 * [S1] Pairs with the publish in write_entry(),
		 * stats_writer.c: the words of this sequence, or later ones,
		 * are what is copied below.
		 */
		sequence = pst_shared_observe_u64(&entry[0]);
		if (sequence % 2 == 0) {
			for (i = 1; i < word_count; i++)
				ret_words[i] = pst_shared_load_relaxed_u64(
					&entry[i]);
			/*
			 * [S2] Pairs with the fence in write_entry(),
			 * stats_writer.c: if any of the copies is of a later
			 * write, so is the sequence that is loaded now.
			 */
			pst_shared_fence_acquire();
			if (pst_shared_load_relaxed_u64(&entry[0]) == sequence)
				return 0;
		}
		pst_spin_relax();
	}
	return -EAGAIN;
}

int pst_stats_reader_init(struct pst_stats_reader *reader,
			  const void *borrow_segment, size_t segment_bytes)
{
	const struct pst_stats_header *header = borrow_segment;
	size_t slot_count;

	if (segment_bytes < pst_stats_bytes(1))
		return -EBADMSG;
	if (pst_shared_load_relaxed_u64(&header->version) != PST_STATS_VERSION)
		return -EPROTONOSUPPORT;
	slot_count = (segment_bytes - PST_STATS_PEERS_OFFSET) /
		     PST_STATS_PEER_BYTES;
	*reader = (struct pst_stats_reader) {
		.segment = borrow_segment,
		.slot_count = slot_count > PST_SLOTS_MAX ?
			      PST_SLOTS_MAX : (uint32_t)slot_count,
	};
	return 0;
}

uint64_t pst_stats_read_state(const struct pst_stats_reader *reader)
{
	const void *at = reader->segment;
	const struct pst_stats_header *header = at;
	uint64_t state;

	/*
	 * [S3] Pairs with the publish in pst_stats_write_end(),
	 * stats_writer.c: what is read after this is the last there is.
	 */
	state = pst_shared_observe_u64(&header->state);
	if (state == PST_STATS_LIVE || state == PST_STATS_RETIRED)
		return state;
	return PST_STATS_CLOSED;
}

int pst_stats_read_node(const struct pst_stats_reader *reader,
			struct postern_node_statistics *ret_stats)
{
	uint64_t words[PST_STATS_NODE_WORDS] = {0};
	int r;

	r = read_entry(reader, PST_STATS_NODE_OFFSET, words,
		       offsetof(struct pst_stats_node, reserved) / 8);
	if (r < 0)
		return r;
	pst_stats_node_from_words(words, reader->slot_count, ret_stats);
	return 0;
}

int pst_stats_read_peer(const struct pst_stats_reader *reader,
			uint32_t slot_index,
			struct postern_peer_statistics *ret_stats)
{
	uint64_t words[PST_STATS_PEER_WORDS] = {0};
	int r;

	if (slot_index >= reader->slot_count)
		return -ENOENT;
	r = read_entry(reader, pst_stats_bytes(slot_index), words,
		       offsetof(struct pst_stats_peer, reserved) / 8);
	if (r < 0)
		return r;
	if (words[offsetof(struct pst_stats_peer, peer) / 8] == 0)
		return -ENOENT;
	pst_stats_peer_from_words(words, slot_index, ret_stats);
	return 0;
}
