/* SPDX-License-Identifier: ISC */
/*
 * What a node is made of: for the files of this layer only
 *
 * One poll set watches everything: the listener, a timer, the sockets of
 * half-open handshakes, and socket and pidfd of every admitted channel.  An
 * admitted channel that the node schedules is in exactly one of two states:
 * READY, on the ready list, its doorbell not asked for; or ARMED, off the list,
 * its consumer armed and looked at once more (or a peer that may not send, from
 * whom there is nothing to receive).  `draining` is a flag beside it:
 * the peer is gone, the channel is never armed again, and it departs when it is
 * empty or at its deadline.  A detached channel is in neither.
 *
 * The private eventfd in the set is signalled exactly while the ready list or
 * the queue of events is not empty, once somebody has asked for the node's
 * descriptor.
 */
#ifndef POSTERN_NODE_NODE_STATE_H
#define POSTERN_NODE_NODE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/spin.h"
#include "channel/channel.h"
#include "node/audit_rate.h"
#include "node/half_open.h"
#include "node/node.h"
#include "node/view.h"
#include "os/listener.h"
#include "policy/policy.h"
#include "slots/slots.h"

#define PST_NODE_OURS UINT32_C(0x7073746e)
#define PST_NODE_NO_INDEX UINT32_MAX

/* The most between two looks at the poll set: messages, and (as seen by a clock
 * that is read every few messages) time, since a program may take long for
 * each, and strangers and other peers wait meanwhile. */
#define PST_NODE_MESSAGES_PER_TURN 1024
#define PST_NODE_MESSAGES_PER_CLOCK 8
#define PST_NODE_TURN_NS UINT64_C(1000000)

/* Bytes a peer may deliver before the next has its turn; a record costs at
 * least PST_NODE_RECORD_COST. */
#define PST_NODE_QUANTUM_BYTES 65536
#define PST_NODE_RECORD_COST 256

/* Looks at an empty channel before it is armed, for those who poll busily. */
#define PST_NODE_EMPTY_LOOKS 64

/* How long a listener is left alone when nothing can be accepted. */
#define PST_LISTENER_REST_NS (100 * UINT64_C(1000000))

#define PST_NODE_DRAIN_NS (5 * UINT64_C(1000000000))

enum pst_peer_state {
	PST_PEER_FREE = 0,      /* nobody, or a handshake still */
	PST_PEER_READY,
	PST_PEER_ARMED,
	PST_PEER_DETACHED,
};

/* The place of one peer, found by its slot's index. */
struct pst_peer {
	pst_slot_handle handle;
	enum pst_peer_state state;
	bool draining;
	uint32_t next_index;    /* on the ready list */
	uint32_t previous_index;
	uint32_t empty_looks;
	uint32_t quantum_bytes; /* left of its turn */
	uint64_t drain_deadline_ns;
	struct pst_channel *channel;      /* NULL once detached */
	struct pst_channel_lease *lease;  /* once detached */
	bool wake_is_watched;

	/* From the claim of the slot on: what it is charged to. */
	bool is_charged;
	uint32_t uid;
	uint64_t allow_bits[POSTERN_ALLOWS_MAX / 64];

	/* For events and records. */
	uint32_t gid;
	int32_t pid;
	uint32_t directions;
	char name[POSTERN_NAME_BYTES];
	char instance[POSTERN_NAME_BYTES];
};

struct pst_node {
	uint32_t ours;          /* zero in a forked child */
	uint32_t features;
	uint32_t channel_spin_ns; /* of the channels that are detached */
	struct pst_spin spin;
	struct pst_log log;
	const struct postern_policy *policy;
	const struct pst_policy_node *rules;
	char name[POSTERN_NAME_BYTES];
	uid_t owner;
	gid_t group;            /* of the segments; (gid_t)-1: our own */
	dev_t memfd_device;
	uid_t overflow_uid;
	gid_t overflow_gid;
	unsigned peer_wants;    /* the facts that the rules look at */
	enum postern_audit audit;       /* what the policy wants recorded */
	struct pst_audit audit_trail;

	struct pst_listener listener;
	bool listener_rests;    /* out of descriptors: not watched for a while */
	uint64_t listener_wakes_ns;
	int set_fd;
	int timer_fd;
	int wake_fd;
	uint64_t due_ns;        /* when the timer ends */
	bool may_have_become_due; /* something changed since it was set */
	bool has_descriptor;    /* somebody polls set_fd */
	bool wake_is_set;

	struct pst_half_open_table half_open;
	struct pst_node_view view;

	uint32_t slot_count;
	struct pst_slots *slots;
	struct pst_peer *peers; /* slot_count of them */
	uint32_t draining_count;
	uint32_t ready_head;    /* PST_NODE_NO_INDEX: empty */
	uint32_t ready_tail;
	uint32_t messages_since_turn;
	uint64_t next_turn_ns;  /* at the latest; 0: not known yet */

	struct postern_event *events; /* a ring of event_room */
	uint32_t event_room;
	uint32_t event_first;
	uint32_t event_count;
	uint32_t events_missed;
};

/* What a tag in the poll set stands for. */
enum pst_tag_kind {
	PST_TAG_LISTENER = 1,
	PST_TAG_TIMER,
	PST_TAG_WAKE,
	PST_TAG_HALF_OPEN,
	PST_TAG_PEER_SOCKET,
	PST_TAG_PEER_PIDFD,
	PST_TAG_PEER_WAKE,
	PST_TAG_PEER_LEASE,
};

/*
 * A tag names what it was made for, not just a place: of an event that was read
 * before the place changed hands, the generation no longer fits.
 */
static inline uint64_t pst_tag(enum pst_tag_kind kind, uint32_t index,
			       uint32_t generation)
{
	return (uint64_t)kind << 56 |
	       (uint64_t)(generation & 0xffffff) << 32 | index;
}

static inline uint32_t pst_peer_generation(const struct pst_peer *peer)
{
	return (uint32_t)(peer->handle >> 32);
}

/* node_events.c: one look at everything watched, and what is due by time. */
PST_MUST_CHECK int pst_node_turn(struct pst_node *node, uint64_t deadline_ns);
void pst_node_update_wake(struct pst_node *node);

/* event_queue.c */
void pst_event_push(struct pst_node *node, enum postern_event_type type,
		    const struct pst_peer *peer, enum postern_reason reason,
		    uint64_t undelivered_bytes);

/* admission.c */
void pst_admission_accept(struct pst_node *node);
void pst_admission_advance(struct pst_node *node, struct pst_half_open *entry);
void pst_admission_expire(struct pst_node *node, uint64_t now_ns);

/* schedule.c */
void pst_schedule_ready(struct pst_node *node, struct pst_peer *peer);
void pst_schedule_remove(struct pst_node *node, struct pst_peer *peer);
bool pst_schedule_has_message(struct pst_node *node);
void pst_schedule_arm_idle(struct pst_node *node);

/* departure.c */
void pst_peer_notice_end(struct pst_node *node, struct pst_peer *peer);
void pst_peer_depart(struct pst_node *node, struct pst_peer *peer,
		     enum postern_reason reason);
void pst_peer_unwatch(struct pst_node *node, struct pst_peer *peer);
void pst_departure_expire(struct pst_node *node, uint64_t now_ns);

#endif
