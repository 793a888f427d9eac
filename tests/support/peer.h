/* SPDX-License-Identifier: ISC */
/*
 * A peer: another process that uses the public interface, on orders
 *
 * It connects to `orders` of a scene and does what it is told, one order at a
 * time; each is answered by a report.  Messages are patterns, numbered from 0
 * in each direction.
 */
#ifndef POSTERN_SUPPORT_PEER_H
#define POSTERN_SUPPORT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/postern.h>

#include "support/inspect.h"
#include "support/process.h"
#include "support/scene.h"

#define PEER_SEGMENTS_MAX 8
#define PEER_KEPT_MAX 1024

enum peer_order_kind {
	PEER_CONNECT,           /* directions, ring_bytes, and below */
	PEER_SEND,              /* count messages of pattern_size() */
	PEER_SEND_FIXED,        /* count messages of message_bytes */
	PEER_SEND_AT_ONCE,      /* one, without waiting */
	PEER_RECEIVE,           /* count of them, checked */
	PEER_RECEIVE_TO_END,    /* until an error, which is the result */
	PEER_EXCHANGE,          /* count times: send one, receive one */
	PEER_FLUSH,
	PEER_CLOSE,
	PEER_CLOSE_BUT_KEEP,    /* close, but keep its segments mapped */
	PEER_SEGMENTS,          /* report its mappings */
	PEER_LEAVE_A_CHILD,     /* which inherits all descriptors, then stays */
	PEER_DIE,               /* no report: it is gone */
};

struct peer_order {
	enum peer_order_kind kind;
	uint32_t directions;
	uint32_t ring_bytes;
	uint64_t count;
	size_t message_bytes;
	bool has_key;           /* it brings key along */
	enum scene_key key;
	uint32_t disable_features;  /* beside the suite's */
};

struct peer_report {
	int result;
	enum postern_reason reason;     /* of PEER_CONNECT */
	uint64_t count;                 /* done, of what was ordered */
	struct postern_channel_info limits;   /* of PEER_CONNECT */
	char detail[POSTERN_ERROR_DETAIL_BYTES];
	size_t segment_count;
	struct inspect_mapping segments[PEER_SEGMENTS_MAX];
};

/* For process_start(); the scene has its policy loaded. */
process_main_fn peer_main;

/* Give an order and serve the node until the report is there. */
struct peer_report peer_obey(struct scene *scene, const struct process *peer,
			     const struct peer_order *order);

/* The two halves of it, for what happens in between. */
void peer_order(const struct process *peer, const struct peer_order *order);
struct peer_report peer_await(struct scene *scene, const struct process *peer);

/* The commonest ones. */
struct peer_report peer_connect(struct scene *scene,
				const struct process *peer);
struct peer_report peer_do(struct scene *scene, const struct process *peer,
			   enum peer_order_kind kind, uint64_t count);
/* Connect, which must succeed; the handle it got. */
postern_peer peer_join(struct scene *scene, const struct process *peer);
/* Kill it as kill -9 does, and wait for it. */
void peer_kill(struct process *peer);

#endif
