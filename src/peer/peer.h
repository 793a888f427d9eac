/* SPDX-License-Identifier: ISC */
/*
 * A peer of a node: its state and what belongs to it
 *
 * A peer is in exactly one state.  Only pst_peer_transition() (peer_state.h)
 * assigns it, by the table of peer_state.c.
 */
#ifndef POSTERN_PEER_PEER_H
#define POSTERN_PEER_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/list.h"
#include "base/slot_handle.h"
#include "channel/channel.h"
#include "os/peer_credentials.h"
#include "sched/scheduler.h"

struct pst_detached_link;

enum pst_peer_state {
	PST_PEER_FREE = 0,  /* no peer; a handshake may have reserved the slot */
	PST_PEER_IDLE,      /* armed: the doorbell reports the next message */
	PST_PEER_READY,     /* in a ready queue; its doorbell is not armed */
	PST_PEER_THROTTLED, /* out of tokens: waits for the timer, unwatched */
	PST_PEER_DRAINING,  /* its channel has ended; ready for what is left */
	PST_PEER_DRAINING_THROTTLED, /* the same, but out of tokens */
	PST_PEER_DETACHED,  /* its channel belongs to the program */
};

/* The peer as events, audit records and statistics name it. */
struct pst_peer_identity {
	struct pst_peer_credentials credentials; /* when it connected */
	uint32_t uid;
	uint32_t gid;
	int32_t pid;
	bool has_key;           /* proven */
	bool has_metered_key;   /* an allow asks for the key */
	uint8_t key[POSTERN_KEY_BYTES];
	uint64_t user;          /* admission/pending_offers.h */
	char name[POSTERN_NAME_BYTES];
	char instance[POSTERN_NAME_BYTES];
	char tenant[POSTERN_NAME_BYTES];
};

/* Deadlines (absolute, the earliest is in the deadline heap) and moments. */
struct pst_peer_times {
	uint64_t last_active_ns;
	uint64_t sent_messages; /* at the last check whether it is idle */
	uint64_t idle_ns;       /* the policy's idle time; 0: no limit */
	uint64_t drain_deadline_ns; /* while it drains */
	uint64_t throttle_end_ns;   /* while it is throttled */
	uint64_t connected_ns;
	uint64_t throttled_since_ns;
	uint64_t throttled_ns;  /* in total, without the present time */
	uint64_t throttled_count;
};

/* One peer, found by the index of its slot. */
struct pst_peer {
	uint32_t generation;    /* of the last handle */
	pst_slot_handle handle; /* 0: the slot is free */
	enum pst_peer_state state;
	bool socket_is_watched; /* in the poll set of the node, as the others */
	bool pidfd_is_watched;
	bool wake_is_watched;
	uint32_t directions;
	enum postern_security security;
	struct pst_channel *channel;
	struct pst_detached_link *detached_link; /* only while detached */
	struct pst_peer_times times;
	struct pst_sched_entry sched;
	struct pst_peer_identity identity;
};

static inline struct pst_peer *pst_peer_of(struct pst_sched_entry *entry)
{
	return PST_LIST_ENTRY(entry, struct pst_peer, sched);
}

static inline bool pst_peer_is_draining(const struct pst_peer *peer)
{
	return peer->state == PST_PEER_DRAINING ||
	       peer->state == PST_PEER_DRAINING_THROTTLED;
}

static inline bool pst_peer_is_throttled(const struct pst_peer *peer)
{
	return peer->state == PST_PEER_THROTTLED ||
	       peer->state == PST_PEER_DRAINING_THROTTLED;
}

/* The key that the peer has proven, or NULL. */
static inline const uint8_t *pst_peer_key(const struct pst_peer *peer)
{
	return peer->identity.has_key ? peer->identity.key : NULL;
}

#endif
