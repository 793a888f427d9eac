/* SPDX-License-Identifier: ISC */
/*
 * Statistics as words and as structs
 *
 * The structs of the layout have the member names of the public ones, so a row
 * of the tables is a name and what may be there.
 */
#include "stats/stats_words.h"

#include <stdbool.h>
#include <string.h>

enum kind {
	COUNT,          /* 64 bits, anything */
	NARROW,         /* at most 32 bits */
	SLOTS,          /* 32 bits, at most slot_count */
	PROCESS,        /* a pid: positive, or 0 */
	DIRECTIONS,
	FLAGS,
	STATE,
	REASON,
	NAME,
};

struct field {
	uint16_t word_index;
	uint16_t word_count;    /* of an array; of a name its 8 */
	uint16_t offset;        /* in the public struct */
	uint8_t kind;
};

#define FIELD(entry, stats, member, kind) \
	{offsetof(struct entry, member) / 8, \
	 sizeof(((struct entry *)0)->member) / 8, \
	 offsetof(struct stats, member), kind}
#define NODE(member, kind) \
	FIELD(pst_stats_node, postern_node_statistics, member, kind)
#define PEER(member, kind) \
	FIELD(pst_stats_peer, postern_peer_statistics, member, kind)

static const struct field node_fields[] = {
	NODE(pid, PROCESS),
	NODE(uid, NARROW),
	NODE(opened_ns, COUNT),
	NODE(updated_ns, COUNT),
	NODE(slot_count, SLOTS),
	NODE(slots_used, SLOTS),
	NODE(peer_count, SLOTS),
	NODE(ready_count, SLOTS),
	NODE(throttled_count, SLOTS),
	NODE(draining_count, SLOTS),
	NODE(detached_count, SLOTS),
	NODE(half_open_count, NARROW),
	NODE(admitted_count, COUNT),
	NODE(departed_count, COUNT),
	NODE(refused_count, COUNT),
	NODE(slots_recycled_count, COUNT),
	NODE(received_messages, COUNT),
	NODE(received_bytes, COUNT),
	NODE(sent_messages, COUNT),
	NODE(sent_bytes, COUNT),
	NODE(dropped_messages, COUNT),
	NODE(dropped_bytes, COUNT),
	NODE(turn_count, COUNT),
	NODE(events_missed_count, COUNT),
	NODE(reload_count, COUNT),
	NODE(reload_failed_count, COUNT),
	NODE(audit_record_count, COUNT),
	NODE(audit_suppressed_count, COUNT),
	NODE(latency, COUNT),
	NODE(name, NAME),
	NODE(refused_by_reason, COUNT),
	NODE(departed_by_reason, COUNT),
	NODE(refused_full_count, COUNT),
};

static const struct field peer_fields[] = {
	PEER(peer, COUNT),
	PEER(uid, NARROW),
	PEER(gid, NARROW),
	PEER(pid, PROCESS),
	PEER(directions, DIRECTIONS),
	PEER(state, STATE),
	PEER(flags, FLAGS),
	PEER(receive_ring_bytes, NARROW),
	PEER(send_ring_bytes, NARROW),
	PEER(admitted_ns, COUNT),
	PEER(throttled_count, COUNT),
	PEER(throttled_ns, COUNT),
	PEER(channel.sent_messages, COUNT),
	PEER(channel.sent_bytes, COUNT),
	PEER(channel.received_messages, COUNT),
	PEER(channel.received_bytes, COUNT),
	PEER(channel.refused_full_count, COUNT),
	PEER(channel.dropped_messages, COUNT),
	PEER(channel.dropped_bytes, COUNT),
	PEER(channel.peer_dropped_messages, COUNT),
	PEER(channel.send_depth_bytes, COUNT),
	PEER(channel.send_peak_bytes, COUNT),
	PEER(channel.receive_depth_bytes, COUNT),
	PEER(channel.receive_peak_bytes, COUNT),
	PEER(channel.bells_rung, COUNT),
	PEER(channel.bells_heard, COUNT),
	PEER(channel.high_watermark_count, COUNT),
	PEER(channel.last_activity_ns, COUNT),
	PEER(channel.end_reason, REASON),
	PEER(channel.latency, COUNT),
	PEER(name, NAME),
	PEER(instance, NAME),
	PEER(tenant, NAME),
};

#define FIELD_COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* A latency is copied as an array of words. */
static_assert(offsetof(struct postern_latency, reserved) ==
	      sizeof(struct pst_stats_latency), "the same words");
static_assert(sizeof(enum postern_peer_state) == 4 &&
	      sizeof(enum postern_reason) == 4, "narrow fields");

static bool is_narrow(enum kind kind)
{
	return kind != COUNT && kind != NAME;
}

/* What is behind its last character is nobody's to read. */
static void put_name(uint64_t words[static POSTERN_NAME_BYTES / 8],
		     const uint8_t *name)
{
	const uint8_t *end = memchr(name, 0, POSTERN_NAME_BYTES);
	size_t name_bytes = end ? (size_t)(end - name) : POSTERN_NAME_BYTES - 1;

	memset(words, 0, POSTERN_NAME_BYTES);
	memcpy(words, name, name_bytes);
}

static void to_words(const struct field *fields, size_t field_count,
		     const void *stats, uint64_t *words)
{
	const struct field *field;
	const uint8_t *bytes = stats;
	uint32_t narrow;
	size_t i;

	for (i = 0; i < field_count; i++) {
		field = &fields[i];
		if (is_narrow(field->kind)) {
			memcpy(&narrow, bytes + field->offset, sizeof(narrow));
			words[field->word_index] = narrow;
		} else if (field->kind == NAME) {
			put_name(&words[field->word_index],
				 bytes + field->offset);
		} else {
			memcpy(&words[field->word_index],
			       bytes + field->offset,
			       8 * (size_t)field->word_count);
		}
	}
}

/* What of a word may be believed to be possible. */
static uint32_t clamp(enum kind kind, uint64_t word, uint32_t slot_count)
{
	switch (kind) {
	case SLOTS:
		return word > slot_count ? slot_count : (uint32_t)word;
	case PROCESS:
		return word > INT32_MAX ? 0 : (uint32_t)word;
	case DIRECTIONS:
		return word & (POSTERN_DIRECTION_SEND |
			       POSTERN_DIRECTION_RECEIVE);
	case FLAGS:
		return word & (POSTERN_PEER_DRAINING | POSTERN_PEER_STUCK);
	case STATE:
		return word > POSTERN_PEER_DETACHED ? 0 : (uint32_t)word;
	case REASON:
		return word >= POSTERN_REASON_ROOM ? 0 : (uint32_t)word;
	case NARROW:
	case COUNT:
	case NAME:
	default:
		return word > UINT32_MAX ? UINT32_MAX : (uint32_t)word;
	}
}

static bool is_of_names(char character)
{
	return (character >= 'a' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9') || character == '_' ||
	       character == '.' || character == '-';
}

static void make_name(char name[static POSTERN_NAME_BYTES])
{
	size_t i;

	for (i = 0; i < POSTERN_NAME_BYTES - 1 && name[i] != '\0'; i++)
		if (!is_of_names(name[i]))
			name[i] = '_';
	memset(name + i, 0, POSTERN_NAME_BYTES - i);
}

static void from_words(const struct field *fields, size_t field_count,
		       const uint64_t *words, uint32_t slot_count, void *stats)
{
	const struct field *field;
	uint8_t *bytes = stats;
	uint32_t narrow;
	size_t i;

	for (i = 0; i < field_count; i++) {
		field = &fields[i];
		if (is_narrow(field->kind)) {
			narrow = clamp(field->kind, words[field->word_index],
				       slot_count);
			memcpy(bytes + field->offset, &narrow, sizeof(narrow));
			continue;
		}
		memcpy(bytes + field->offset, &words[field->word_index],
		       8 * (size_t)field->word_count);
		if (field->kind == NAME)
			make_name((char *)bytes + field->offset);
	}
}

void pst_stats_node_to_words(const struct postern_node_statistics *stats,
			     uint64_t words[static PST_STATS_NODE_WORDS])
{
	to_words(node_fields, FIELD_COUNT(node_fields), stats, words);
}

void pst_stats_peer_to_words(const struct postern_peer_statistics *stats,
			     uint64_t words[static PST_STATS_PEER_WORDS])
{
	to_words(peer_fields, FIELD_COUNT(peer_fields), stats, words);
}

void
pst_stats_node_from_words(const uint64_t words[static PST_STATS_NODE_WORDS],
			  uint32_t slot_count,
			  struct postern_node_statistics *ret_stats)
{
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->size_bytes = sizeof(*ret_stats);
	from_words(node_fields, FIELD_COUNT(node_fields), words, slot_count,
		   ret_stats);
}

void
pst_stats_peer_from_words(const uint64_t words[static PST_STATS_PEER_WORDS],
			  uint32_t slot_index,
			  struct postern_peer_statistics *ret_stats)
{
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->size_bytes = sizeof(*ret_stats);
	ret_stats->channel.size_bytes = sizeof(ret_stats->channel);
	from_words(peer_fields, FIELD_COUNT(peer_fields), words, 0, ret_stats);
	/* A handle of another slot would be a lie. */
	ret_stats->slot_index = slot_index;
	ret_stats->generation = (uint32_t)(ret_stats->peer >> 32);
	ret_stats->peer = (uint64_t)ret_stats->generation << 32 |
			  ((uint64_t)slot_index + 1);
}
