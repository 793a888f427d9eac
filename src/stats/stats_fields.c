/* SPDX-License-Identifier: ISC */
/*
 * The fields of the statistics: the one list of them
 *
 * FACT, GAUGE and COUNTER are the numbers that postern_stats_field_at()
 * describes.  OTHER has the rest: bits, enumerations, names, and arrays.
 */
#include "stats/stats_fields.h"

#include <errno.h>
#include <stddef.h>

#define ROW(owner, at, member, values, kind, metric, unit, description) \
	{#member, metric, unit, description, at, \
	 offsetof(struct owner, member), \
	 sizeof(((struct owner *)0)->member), PST_STATS_##values, kind}

#define OTHER(at, member, values) \
	ROW(OWNER, at, member, values, 0, NULL, NULL, NULL)
#define FACT(at, member, values, unit, description) \
	ROW(OWNER, at, member, values, POSTERN_STATS_FACT, NULL, unit, \
	    description)
#define GAUGE(at, member, values, metric, unit, description) \
	ROW(OWNER, at, member, values, POSTERN_STATS_GAUGE, metric, unit, \
	    description)
#define COUNTER(at, member, metric, unit, description) \
	ROW(OWNER, at, member, U64, POSTERN_STATS_COUNTER, metric, unit, \
	    description)
#define END {.name = NULL}

#define OWNER postern_node_statistics
const struct pst_stats_field pst_stats_node_fields[] = {
	FACT(8, pid, PID, NULL, "Process of the node"),
	FACT(16, uid, U32, NULL, "Owner of the node"),
	FACT(24, opened_ns, U64, "ns", "When the node was opened"),
	FACT(32, updated_ns, U64, "ns", "When the statistics were taken"),
	GAUGE(40, slot_count, SLOTS, "slots", NULL, "Places for peers"),
	GAUGE(48, slots_used, SLOTS, "slots_used", NULL,
	      "Places taken, by peers or by handshakes"),
	GAUGE(56, peer_count, SLOTS, "peers", NULL, "Peers that are connected"),
	GAUGE(64, ready_count, SLOTS, "peers_ready", NULL,
	      "Peers that may have sent something"),
	GAUGE(72, throttled_count, SLOTS, "peers_throttled", NULL,
	      "Peers that wait for tokens of a limit"),
	GAUGE(80, draining_count, SLOTS, "peers_draining", NULL,
	      "Peers that are gone and whose messages are being received"),
	GAUGE(88, detached_count, SLOTS, "peers_detached", NULL,
	      "Peers whose channel the program has taken over"),
	GAUGE(96, half_open_count, U32, "half_open", NULL,
	      "Handshakes under way"),
	COUNTER(104, connected_count, "connected", NULL,
		"Peers that were connected"),
	COUNTER(112, disconnected_count, "disconnected", NULL,
		"Peers that were disconnected"),
	COUNTER(120, refused_count, "refused", NULL, "Connections refused"),
	COUNTER(128, slots_recycled_count, "slots_recycled", NULL,
		"Places given to another peer than before"),
	COUNTER(136, received_messages, "received_messages", NULL,
		"Messages received from peers"),
	COUNTER(144, received_bytes, "received_bytes", "bytes",
		"Bytes received from peers"),
	COUNTER(152, sent_messages, "sent_messages", NULL,
		"Messages sent to peers"),
	COUNTER(160, sent_bytes, "sent_bytes", "bytes", "Bytes sent to peers"),
	COUNTER(168, dropped_messages, "dropped_messages", NULL,
		"Messages discarded by a limit"),
	COUNTER(176, dropped_bytes, "dropped_bytes", "bytes",
		"Bytes discarded by a limit"),
	COUNTER(2400, send_full_count, "send_full", NULL,
		"Sends to peers that found the ring full"),
	COUNTER(184, loop_count, "loops", NULL,
		"Iterations of the event loop"),
	COUNTER(192, events_missed_count, "events_missed", NULL,
		"Events dropped because nobody fetched them"),
	COUNTER(200, reload_count, "reloads", NULL, "Policies taken over"),
	COUNTER(208, reload_failed_count, "reloads_failed", NULL,
		"Policies that were not taken over"),
	COUNTER(216, audit_record_count, "audit_records", NULL,
		"Audit records"),
	COUNTER(224, audit_suppressed_count, "audit_records_suppressed", NULL,
		"Audit records left out by the rate limit"),
	OTHER(288, node_name, NAME),
	OTHER(352, refused_by_reason, U64),
	OTHER(1376, disconnected_by_reason, U64),
	END
};
#undef OWNER

#define OWNER postern_peer_statistics
const struct pst_stats_field pst_stats_peer_fields[] = {
	OTHER(8, peer, U64),
	FACT(16, uid, U32, NULL, "Effective user of the peer"),
	FACT(24, gid, U32, NULL, "Effective group of the peer"),
	FACT(32, pid, PID, NULL, "Process of the peer; 0: not visible here"),
	OTHER(40, directions, DIRECTIONS),
	OTHER(48, state, STATE),
	OTHER(56, flags, FLAGS),
	FACT(80, connected_ns, U64, "ns", "When the peer was connected"),
	GAUGE(64, to_node_ring_bytes, U32, "to_node_ring_bytes", "bytes",
	      "Size of the ring from the peer"),
	GAUGE(72, from_node_ring_bytes, U32, "from_node_ring_bytes", "bytes",
	      "Size of the ring to the peer"),
	COUNTER(88, throttled_count, "throttled", NULL,
		"Times that the peer ran out of tokens"),
	COUNTER(96, throttled_ns, "throttled_seconds", "ns",
		"Time that the peer waited for tokens"),
	OTHER(296, peer_name, NAME),
	OTHER(360, instance, NAME),
	OTHER(424, tenant, NAME),
	END
};
#undef OWNER

#define OWNER postern_channel_statistics
const struct pst_stats_field pst_stats_channel_fields[] = {
	COUNTER(0, sent_messages, "sent_messages", NULL,
		"Messages sent to the peer"),
	COUNTER(8, sent_bytes, "sent_bytes", "bytes", "Bytes sent to the peer"),
	COUNTER(16, received_messages, "received_messages", NULL,
		"Messages received from the peer"),
	COUNTER(24, received_bytes, "received_bytes", "bytes",
		"Bytes received from the peer"),
	COUNTER(32, send_full_count, "send_full", NULL,
		"Sends that found the ring full"),
	COUNTER(40, dropped_messages, "dropped_messages", NULL,
		"Messages of the peer discarded by a limit"),
	COUNTER(48, dropped_bytes, "dropped_bytes", "bytes",
		"Bytes of the peer discarded by a limit"),
	COUNTER(56, peer_dropped_messages, "peer_dropped_messages", NULL,
		"Messages to the peer that it says it discarded"),
	GAUGE(64, send_depth_bytes, U64, "send_depth_bytes", "bytes",
	      "Bytes in the ring to the peer"),
	GAUGE(72, send_peak_bytes, U64, "send_peak_bytes", "bytes",
	      "Most bytes there ever were in the ring to the peer"),
	GAUGE(80, receive_depth_bytes, U64, "receive_depth_bytes", "bytes",
	      "Bytes in the ring from the peer"),
	GAUGE(88, receive_peak_bytes, U64, "receive_peak_bytes", "bytes",
	      "Most bytes there ever were in the ring from the peer"),
	COUNTER(96, wakeups_sent, "wakeups_sent", NULL, "Wake-ups of the peer"),
	COUNTER(104, wakeups_received, "wakeups_received", NULL,
		"Wake-ups by the peer"),
	COUNTER(112, high_watermark_count, "high_watermark", NULL,
		"Times that the ring to the peer passed its high watermark"),
	FACT(120, last_activity_ns, U64, "ns",
	     "Last message or wake-up; 0: none yet"),
	OTHER(128, end_reason, REASON),
	END
};
#undef OWNER

#define OWNER postern_latency
const struct pst_stats_field pst_stats_latency_fields[] = {
	COUNTER(0, count, NULL, NULL, "Messages whose age was measured"),
	GAUGE(8, p50_ns, U64, NULL, "ns", "Median age"),
	GAUGE(16, p90_ns, U64, NULL, "ns", "Age that 90 % do not exceed"),
	GAUGE(24, p99_ns, U64, NULL, "ns", "Age that 99 % do not exceed"),
	GAUGE(32, p999_ns, U64, NULL, "ns", "Age that 99.9 % do not exceed"),
	GAUGE(40, max_ns, U64, NULL, "ns", "Largest age"),
	COUNTER(48, implausible_count, NULL, NULL,
		"Time stamps that could not be true"),
	END
};
#undef OWNER

static const struct pst_stats_field *
fields_of_group(enum postern_stats_group group)
{
	switch (group) {
	case POSTERN_STATS_NODE:
		return pst_stats_node_fields;
	case POSTERN_STATS_PEER:
		return pst_stats_peer_fields;
	case POSTERN_STATS_CHANNEL:
		return pst_stats_channel_fields;
	case POSTERN_STATS_LATENCY:
	default:
		return pst_stats_latency_fields;
	}
}

int pst_stats_describe_field(enum postern_stats_group group, uint32_t index,
			     struct postern_stats_field *ret_field)
{
	const struct pst_stats_field *field = fields_of_group(group);

	for (; field->name; field++) {
		if (field->kind == 0 || index-- != 0)
			continue;
		*ret_field = (struct postern_stats_field) {
			.size_bytes = sizeof(*ret_field),
			.name = field->name,
			.metric = field->metric,
			.unit = field->unit,
			.description = field->description,
			.kind = (enum postern_stats_kind)field->kind,
			.offset_bytes = field->offset,
			.value_bytes = field->member_bytes,
		};
		return 0;
	}
	return -ENOENT;
}
