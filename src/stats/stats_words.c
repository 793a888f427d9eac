/* SPDX-License-Identifier: ISC */
/*
 * Convert statistics between public structs and words of the segment
 */
#include "stats/stats_words.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "stats/stats_fields.h"

static_assert(sizeof(enum postern_peer_state) == 4 &&
	      sizeof(enum postern_reason) == 4, "fields of 32 bits");

static bool is_narrow(const struct pst_stats_field *field)
{
	return field->values != PST_STATS_U64 &&
	       field->values != PST_STATS_NAME;
}

/* Bytes behind the end of the name do not leave the process. */
static void put_name(uint64_t words[static POSTERN_NAME_BYTES / 8],
		     const uint8_t *name)
{
	const uint8_t *end = memchr(name, 0, POSTERN_NAME_BYTES);
	size_t name_bytes = end ? (size_t)(end - name) : POSTERN_NAME_BYTES - 1;

	memset(words, 0, POSTERN_NAME_BYTES);
	memcpy(words, name, name_bytes);
}

static void to_words(const struct pst_stats_field *field, const void *stats,
		     uint64_t *words)
{
	const uint8_t *member;
	uint64_t *word;
	uint32_t narrow;

	for (; field->name; field++) {
		member = (const uint8_t *)stats + field->offset;
		word = words + field->at / 8;
		if (is_narrow(field)) {
			memcpy(&narrow, member, sizeof(narrow));
			*word = narrow;
		} else if (field->values == PST_STATS_NAME) {
			put_name(word, member);
		} else {
			memcpy(word, member, field->member_bytes);
		}
	}
}

/* The word if it is a possible value, else the nearest one or 0. */
static uint32_t clamp(enum pst_stats_values values, uint64_t word,
		      uint32_t slot_count)
{
	switch (values) {
	case PST_STATS_SLOTS:
		return word > slot_count ? slot_count : (uint32_t)word;
	case PST_STATS_PID:
		return word > INT32_MAX ? 0 : (uint32_t)word;
	case PST_STATS_DIRECTIONS:
		return word & (POSTERN_DIRECTION_TO_NODE |
			       POSTERN_DIRECTION_FROM_NODE);
	case PST_STATS_FLAGS:
		return word & (POSTERN_PEER_DRAINING | POSTERN_PEER_STUCK);
	case PST_STATS_STATE:
		return word > POSTERN_PEER_DETACHED ? 0 : (uint32_t)word;
	case PST_STATS_REASON:
		return word >= POSTERN_REASON_CAPACITY ? 0 : (uint32_t)word;
	case PST_STATS_U32:
	case PST_STATS_U64:
	case PST_STATS_NAME:
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

static void from_words(const struct pst_stats_field *field,
		       const uint64_t *words, uint32_t slot_count, void *stats)
{
	const uint64_t *word;
	uint8_t *member;
	uint32_t narrow;

	for (; field->name; field++) {
		member = (uint8_t *)stats + field->offset;
		word = words + field->at / 8;
		if (is_narrow(field)) {
			narrow = clamp((enum pst_stats_values)field->values,
				       *word, slot_count);
			memcpy(member, &narrow, sizeof(narrow));
			continue;
		}
		memcpy(member, word, field->member_bytes);
		if (field->values == PST_STATS_NAME)
			make_name((char *)member);
	}
}

/* -- entries and their blocks ---------------------------------------------- */

void pst_stats_node_to_words(const struct postern_node_statistics *stats,
			     uint64_t words[static PST_STATS_NODE_WORDS])
{
	to_words(pst_stats_node_fields, stats, words);
	to_words(pst_stats_latency_fields, &stats->latency,
		 words + PST_STATS_NODE_LATENCY_OFFSET / 8);
}

void pst_stats_peer_to_words(const struct postern_peer_statistics *stats,
			     uint64_t words[static PST_STATS_PEER_WORDS])
{
	uint64_t *channel = words + PST_STATS_PEER_CHANNEL_OFFSET / 8;

	to_words(pst_stats_peer_fields, stats, words);
	to_words(pst_stats_channel_fields, &stats->channel, channel);
	to_words(pst_stats_latency_fields, &stats->channel.latency,
		 channel + PST_STATS_CHANNEL_LATENCY_OFFSET / 8);
}

void
pst_stats_node_from_words(const uint64_t words[static PST_STATS_NODE_WORDS],
			  uint32_t slot_count,
			  struct postern_node_statistics *ret_stats)
{
	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->size_bytes = sizeof(*ret_stats);
	from_words(pst_stats_node_fields, words, slot_count, ret_stats);
	from_words(pst_stats_latency_fields,
		   words + PST_STATS_NODE_LATENCY_OFFSET / 8, slot_count,
		   &ret_stats->latency);
}

void
pst_stats_peer_from_words(const uint64_t words[static PST_STATS_PEER_WORDS],
			  uint32_t slot_index,
			  struct postern_peer_statistics *ret_stats)
{
	const uint64_t *channel = words + PST_STATS_PEER_CHANNEL_OFFSET / 8;

	memset(ret_stats, 0, sizeof(*ret_stats));
	ret_stats->size_bytes = sizeof(*ret_stats);
	ret_stats->channel.size_bytes = sizeof(ret_stats->channel);
	from_words(pst_stats_peer_fields, words, 0, ret_stats);
	from_words(pst_stats_channel_fields, channel, 0, &ret_stats->channel);
	from_words(pst_stats_latency_fields,
		   channel + PST_STATS_CHANNEL_LATENCY_OFFSET / 8, 0,
		   &ret_stats->channel.latency);
	/* The handle of an entry names the slot of the entry, never another. */
	ret_stats->slot_index = slot_index;
	ret_stats->generation = (uint32_t)(ret_stats->peer >> 32);
	ret_stats->peer = (uint64_t)ret_stats->generation << 32 |
			  ((uint64_t)slot_index + 1);
}
