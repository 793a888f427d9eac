/* SPDX-License-Identifier: ISC */
/*
 * Metrics: every number of the statistics by name
 */
#include "metrics.h"

#include <string.h>

#define TYPE_OF(owner, member) \
	_Generic(((struct owner *)0)->member, \
		 uint32_t: TOOL_METRIC_U32, int32_t: TOOL_METRIC_I32, \
		 default: TOOL_METRIC_U64)
#define METRIC(owner, member, kind, metric, unit, help) \
	{#member, metric, unit, help, offsetof(struct owner, member), \
	 TYPE_OF(owner, member), kind}

#define FACT(member) \
	METRIC(OWNER, member, TOOL_METRIC_FACT, NULL, NULL, NULL)
#define GAUGE(member, metric, unit, help) \
	METRIC(OWNER, member, TOOL_METRIC_GAUGE, metric, unit, help)
#define COUNTER(member, metric, unit, help) \
	METRIC(OWNER, member, TOOL_METRIC_COUNTER, metric, unit, help)
#define END_OF_METRICS {.name = NULL}

#define OWNER postern_node_statistics
const struct tool_metric tool_node_metrics[] = {
	FACT(pid),
	FACT(uid),
	FACT(opened_ns),
	FACT(updated_ns),
	GAUGE(slot_count, "slots", NULL, "Places for peers"),
	GAUGE(slots_used, "slots_used", NULL,
	      "Places taken, by peers or by handshakes"),
	GAUGE(peer_count, "peers", NULL, "Peers that are admitted"),
	GAUGE(ready_count, "peers_ready", NULL,
	      "Peers that may have sent something"),
	GAUGE(throttled_count, "peers_throttled", NULL,
	      "Peers that wait for tokens of a limit"),
	GAUGE(draining_count, "peers_draining", NULL,
	      "Peers that are gone and whose messages are being received"),
	GAUGE(detached_count, "peers_detached", NULL,
	      "Peers whose channel the program has taken over"),
	GAUGE(half_open_count, "half_open", NULL, "Handshakes under way"),
	COUNTER(admitted_count, "admitted", NULL, "Peers admitted"),
	COUNTER(departed_count, "departed", NULL, "Peers departed"),
	COUNTER(refused_count, "refused", NULL, "Connections refused"),
	COUNTER(slots_recycled_count, "slots_recycled", NULL,
		"Places given to another peer than before"),
	COUNTER(received_messages, "received_messages", NULL,
		"Messages received from peers"),
	COUNTER(received_bytes, "received_bytes", "bytes",
		"Bytes received from peers"),
	COUNTER(sent_messages, "sent_messages", NULL,
		"Messages sent to peers"),
	COUNTER(sent_bytes, "sent_bytes", "bytes", "Bytes sent to peers"),
	COUNTER(dropped_messages, "dropped_messages", NULL,
		"Messages discarded by a limit"),
	COUNTER(dropped_bytes, "dropped_bytes", "bytes",
		"Bytes discarded by a limit"),
	COUNTER(refused_full_count, "sends_refused_full", NULL,
		"Sends to peers that found the ring full"),
	COUNTER(turn_count, "turns", NULL,
		"Looks at everything that is watched"),
	COUNTER(events_missed_count, "events_missed", NULL,
		"Events dropped because nobody fetched them"),
	COUNTER(reload_count, "reloads", NULL, "Policies taken over"),
	COUNTER(reload_failed_count, "reloads_failed", NULL,
		"Policies that were not taken over"),
	COUNTER(audit_record_count, "audit_records", NULL, "Audit records"),
	COUNTER(audit_suppressed_count, "audit_records_suppressed", NULL,
		"Audit records left out by the rate limit"),
	END_OF_METRICS
};
#undef OWNER

#define OWNER postern_peer_statistics
const struct tool_metric tool_peer_metrics[] = {
	FACT(uid),
	FACT(gid),
	FACT(pid),
	FACT(admitted_ns),
	GAUGE(receive_ring_bytes, "receive_ring_bytes", "bytes",
	      "Size of the ring from the peer"),
	GAUGE(send_ring_bytes, "send_ring_bytes", "bytes",
	      "Size of the ring to the peer"),
	COUNTER(throttled_count, "throttled", NULL,
		"Times that the peer ran out of tokens"),
	COUNTER(throttled_ns, "throttled_seconds", "seconds",
		"Time that the peer waited for tokens"),
	END_OF_METRICS
};
#undef OWNER

#define OWNER postern_channel_statistics
const struct tool_metric tool_channel_metrics[] = {
	COUNTER(sent_messages, "sent_messages", NULL,
		"Messages sent to the peer"),
	COUNTER(sent_bytes, "sent_bytes", "bytes", "Bytes sent to the peer"),
	COUNTER(received_messages, "received_messages", NULL,
		"Messages received from the peer"),
	COUNTER(received_bytes, "received_bytes", "bytes",
		"Bytes received from the peer"),
	COUNTER(refused_full_count, "refused_full", NULL,
		"Sends that found the ring full"),
	COUNTER(dropped_messages, "dropped_messages", NULL,
		"Messages of the peer discarded by a limit"),
	COUNTER(dropped_bytes, "dropped_bytes", "bytes",
		"Bytes of the peer discarded by a limit"),
	COUNTER(peer_dropped_messages, "peer_dropped_messages", NULL,
		"Messages to the peer that it says it discarded"),
	GAUGE(send_depth_bytes, "send_depth_bytes", "bytes",
	      "Bytes in the ring to the peer"),
	GAUGE(send_peak_bytes, "send_peak_bytes", "bytes",
	      "Most bytes there ever were in the ring to the peer"),
	GAUGE(receive_depth_bytes, "receive_depth_bytes", "bytes",
	      "Bytes in the ring from the peer"),
	GAUGE(receive_peak_bytes, "receive_peak_bytes", "bytes",
	      "Most bytes there ever were in the ring from the peer"),
	COUNTER(bells_rung, "bells_rung", NULL, "Wake-ups of the peer"),
	COUNTER(bells_heard, "bells_heard", NULL, "Wake-ups by the peer"),
	COUNTER(high_watermark_count, "high_watermark", NULL,
		"Times that the ring to the peer passed its high watermark"),
	FACT(last_activity_ns),
	END_OF_METRICS
};
#undef OWNER

uint64_t tool_metric_value(const struct tool_metric *metric, const void *stats)
{
	const char *at = (const char *)stats + metric->offset;
	uint64_t wide;
	uint32_t narrow;

	if (metric->type == TOOL_METRIC_U64) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}
