/* SPDX-License-Identifier: ISC */
/*
 * Tags in the poll set of a node: the object that an event concerns
 *
 * A tag has a kind, an index and a generation.  An event may have been read
 * before its slot or entry was given to another peer.  Then the generation
 * differs, and the event is ignored.
 */
#ifndef POSTERN_OS_POLL_TAG_H
#define POSTERN_OS_POLL_TAG_H

#include <stdbool.h>
#include <stdint.h>

enum pst_poll_kind {
	PST_POLL_LISTENER = 1,
	PST_POLL_TIMER,
	PST_POLL_WAKE,          /* the node's eventfd: a peer is ready */
	PST_POLL_INTERRUPT,
	PST_POLL_NAMES,         /* socket and lock file of the node */
	PST_POLL_HALF_OPEN,
	PST_POLL_PEER_SOCKET,
	PST_POLL_PEER_PIDFD,
	PST_POLL_PEER_WAKE,     /* eventfd of a channel that the program has */
	PST_POLL_PEER_LINK,     /* link to a detached channel */
};

/* The bits of a generation that a tag has. */
#define PST_POLL_GENERATION_MASK 0xffffffu

static inline uint64_t pst_poll_tag(enum pst_poll_kind kind, uint32_t index,
				    uint32_t generation)
{
	return (uint64_t)kind << 56 |
	       (uint64_t)(generation & PST_POLL_GENERATION_MASK) << 32 | index;
}

static inline enum pst_poll_kind pst_poll_tag_kind(uint64_t tag)
{
	return (enum pst_poll_kind)(tag >> 56);
}

static inline uint32_t pst_poll_tag_index(uint64_t tag)
{
	return (uint32_t)tag;
}

static inline bool pst_poll_tag_has_generation(uint64_t tag,
					       uint32_t generation)
{
	return ((uint32_t)(tag >> 32) & PST_POLL_GENERATION_MASK) ==
	       (generation & PST_POLL_GENERATION_MASK);
}

#endif
