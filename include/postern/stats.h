/* SPDX-License-Identifier: ISC */
/*
 * Statistics: counters and gauges of channels, peers and nodes
 *
 * Counters start at 0 when the channel or node is opened.  Do not base a
 * decision about a peer on statistics: some values are claims of the peer, as
 * their comments say.  Structs begin with their size: set size_bytes with the
 * _INIT macro before the call that fills the struct.
 */
#ifndef POSTERN_STATS_H
#define POSTERN_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <postern/policy.h>
#include <postern/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The age of messages when they were received, in nanoseconds.  A sender puts a
 * time stamp on some of its messages, and only these are measured: count is
 * their number.  A time stamp that cannot be true is counted in
 * implausible_count and nowhere else.  Percentiles are at most 3.2 % too large.
 * The struct is part of others, so it can only grow into the reserved words.
 */
struct postern_latency {
	uint64_t count;
	uint64_t p50_ns;
	uint64_t p90_ns;
	uint64_t p99_ns;
	uint64_t p999_ns;
	uint64_t max_ns;
	uint64_t implausible_count;
	uint64_t reserved[4];          /* zero */
};

#define POSTERN_LATENCY_INIT {0, 0, 0, 0, 0, 0, 0, {0}}

/*
 * One side of a channel.  Begins with its size.  The struct is part of that of
 * a peer, so it can only grow into the reserved words.
 *
 * The peaks are the largest depths measured.  The receiver measures whenever it
 * has read all messages that it knew of, the sender after each eighth of its
 * ring and when the ring is full.  last_activity_ns is the time of the last
 * message with a time stamp (every 64th, and the first after a wake-up) or of
 * the last wake-up.  If the peer never sleeps it can be 63 messages behind.
 */
struct postern_channel_statistics {
	size_t size_bytes;
	uint64_t sent_messages;
	uint64_t sent_bytes;
	uint64_t received_messages;
	uint64_t received_bytes;
	uint64_t send_full_count;      /* sends that found the ring full */
	uint64_t dropped_messages;     /* discarded here, by a limit */
	uint64_t dropped_bytes;
	uint64_t peer_dropped_messages; /* of those sent; a claim of the peer */
	uint64_t send_depth_bytes;     /* in the ring, not consumed yet */
	uint64_t send_peak_bytes;
	uint64_t receive_depth_bytes;
	uint64_t receive_peak_bytes;
	uint64_t wakeups_sent;         /* wake-ups of the peer */
	uint64_t wakeups_received;     /* wake-ups by the peer */
	uint64_t high_watermark_count;
	uint64_t last_activity_ns;     /* CLOCK_MONOTONIC, coarse; 0: never */
	enum postern_reason end_reason;
	struct postern_latency latency; /* of what was received */
	uint64_t reserved[16];         /* zero */
};

#define POSTERN_CHANNEL_STATISTICS_INIT \
	{sizeof(struct postern_channel_statistics), 0, 0, 0, 0, 0, 0, 0, 0, 0, \
	 0, 0, 0, 0, 0, 0, 0, POSTERN_REASON_NONE, POSTERN_LATENCY_INIT, {0}}

/* The state of a connected peer. */
enum postern_peer_state {
	POSTERN_PEER_READY = 1,      /* it may have sent something */
	POSTERN_PEER_IDLE = 2,       /* its ring is empty; it wakes the node */
	POSTERN_PEER_THROTTLED = 3,  /* out of tokens until a timer ends */
	POSTERN_PEER_DETACHED = 4    /* by postern_node_detach() */
};

enum postern_peer_flag {
	POSTERN_PEER_DRAINING = 1,   /* has exited; its messages are received */
	POSTERN_PEER_STUCK = 2       /* alive, but it does not receive */
};

/* A node's view of one peer.  Begins with its size. */
struct postern_peer_statistics {
	size_t size_bytes;
	uint64_t peer;               /* the handle, a postern_peer */
	uint32_t slot_index;         /* part of it; tools show a peer as */
	uint32_t generation;         /* slot_index.generation */
	uint32_t uid;
	uint32_t gid;
	int32_t pid;                 /* 0: not visible to this process */
	uint32_t directions;         /* POSTERN_DIRECTION_* */
	enum postern_peer_state state; /* 0: a state of a later release */
	uint32_t flags;              /* POSTERN_PEER_* */
	uint32_t to_node_ring_bytes; /* 0: not granted */
	uint32_t from_node_ring_bytes;
	uint64_t connected_ns;       /* CLOCK_MONOTONIC */
	uint64_t throttled_count;
	uint64_t throttled_ns;
	struct postern_channel_statistics channel; /* the node's side of it */
	char peer_name[POSTERN_NAME_BYTES];   /* the peer rule that matched */
	char instance[POSTERN_NAME_BYTES];    /* a claim of the peer */
	char tenant[POSTERN_NAME_BYTES];      /* empty: it has none */
};

#define POSTERN_PEER_STATISTICS_INIT \
	{sizeof(struct postern_peer_statistics), 0, 0, 0, 0, 0, 0, 0, \
	 (enum postern_peer_state)0, 0, 0, 0, 0, 0, 0, \
	 POSTERN_CHANNEL_STATISTICS_INIT, {0}, {0}, {0}}

/* The length of arrays by reason; later releases add reasons. */
#define POSTERN_REASON_CAPACITY 128

/* A node as a whole.  Begins with its size. */
struct postern_node_statistics {
	size_t size_bytes;
	int32_t pid;
	uint32_t uid;
	uint64_t opened_ns;          /* CLOCK_MONOTONIC */
	uint64_t updated_ns;         /* when the statistics were taken */

	/* Gauges. */
	uint32_t slot_count;
	uint32_t slots_used;         /* by peers and handshakes */
	uint32_t peer_count;         /* connected */
	uint32_t ready_count;
	uint32_t throttled_count;
	uint32_t draining_count;
	uint32_t detached_count;
	uint32_t half_open_count;

	/* Counters, since the node was opened. */
	uint64_t connected_count;
	uint64_t disconnected_count;
	uint64_t refused_count;
	uint64_t slots_recycled_count; /* slots given to another peer */
	uint64_t received_messages;
	uint64_t received_bytes;
	uint64_t sent_messages;
	uint64_t sent_bytes;
	uint64_t dropped_messages;
	uint64_t dropped_bytes;
	uint64_t loop_count;         /* iterations of the event loop */
	uint64_t events_missed_count;
	uint64_t reload_count;
	uint64_t reload_failed_count;
	uint64_t audit_record_count;
	uint64_t audit_suppressed_count;
	uint64_t refused_by_reason[POSTERN_REASON_CAPACITY];
	uint64_t disconnected_by_reason[POSTERN_REASON_CAPACITY];
	struct postern_latency latency; /* of all peers, past ones too */
	char node_name[POSTERN_NAME_BYTES];

	/* Sends to peers that found the ring full, since the node was opened. */
	uint64_t send_full_count;
};

#define POSTERN_NODE_STATISTICS_INIT \
	{sizeof(struct postern_node_statistics), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
	 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}, {0}, \
	 POSTERN_LATENCY_INIT, {0}, 0}

/* The structs above, as groups of numbers. */
enum postern_stats_group {
	POSTERN_STATS_NODE = 1,      /* struct postern_node_statistics */
	POSTERN_STATS_PEER = 2,      /* struct postern_peer_statistics */
	POSTERN_STATS_CHANNEL = 3,   /* struct postern_channel_statistics */
	POSTERN_STATS_LATENCY = 4    /* struct postern_latency */
};

enum postern_stats_kind {
	POSTERN_STATS_FACT = 1,      /* not a measurement: a pid, a time */
	POSTERN_STATS_GAUGE = 2,     /* rises and falls */
	POSTERN_STATS_COUNTER = 3    /* only rises */
};

/*
 * One number of a group.  Begins with its size.  The texts are constants of the
 * library.
 */
struct postern_stats_field {
	size_t size_bytes;
	const char *name;            /* of the member of the struct */
	const char *metric;          /* name as a metric; NULL: it is none */
	const char *unit;            /* of the value: "bytes", "ns"; or NULL */
	const char *description;     /* in a few words, without a full stop */
	enum postern_stats_kind kind;
	uint32_t offset_bytes;       /* in the struct */
	uint32_t value_bytes;        /* 8: a uint64_t; 4: a uint32_t, or an
				      * int32_t that is not negative */
};

#define POSTERN_STATS_FIELD_INIT \
	{sizeof(struct postern_stats_field), NULL, NULL, NULL, NULL, \
	 (enum postern_stats_kind)0, 0, 0}

/*
 * Describe the number at an index of a group, from 0, so that a program can
 * export all numbers and also those of later releases.  Texts, bits, states,
 * counts by reason and nested structs are no numbers.  Never blocks; for any
 * thread.
 *
 * Returns 0, or
 *   -ENOENT  the group has no more numbers
 *   -EINVAL  no such group, or a NULL or malformed ret_field
 */
POSTERN_MUST_CHECK
int postern_stats_field_at(enum postern_stats_group group, uint32_t index,
			   struct postern_stats_field *ret_field);

#ifdef __cplusplus
}
#endif

#endif
