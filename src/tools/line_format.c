/* SPDX-License-Identifier: ISC */
/*
 * The lines of `receive --format`
 *
 * A peer chooses the bytes of its messages, so nothing in them may look like the
 * end of the line or control a terminal: what is no printable UTF-8 is escaped
 * as in C.  The backslash is escaped too, so that no two messages look the same.
 */
#include "line_format.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One byte as \xNN is the most that a byte can become. */
#define ESCAPED_BYTES 4

/* No field but the payload is longer. */
#define FIELD_BYTES_MAX 64
static_assert(POSTERN_NAME_BYTES <= FIELD_BYTES_MAX, "a name is a field");

static const struct {
	const char *word;
	enum tool_line_field field;
} fields[] = {
	{"bytes", TOOL_FIELD_BYTES},
	{"instance", TOOL_FIELD_INSTANCE},
	{"name", TOOL_FIELD_NAME},
	{"node", TOOL_FIELD_NODE},
	{"payload", TOOL_FIELD_PAYLOAD},
	{"peer", TOOL_FIELD_PEER},
	{"pid", TOOL_FIELD_PID},
	{"raw", TOOL_FIELD_RAW},
	{"tenant", TOOL_FIELD_TENANT},
	{"time", TOOL_FIELD_TIME},
	{"uid", TOOL_FIELD_UID},
};

/* -- reading a format ------------------------------------------------------ */

static bool find_field(const char *word, size_t word_bytes,
		       enum tool_line_field *ret_field)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].word) == word_bytes &&
		    memcmp(fields[i].word, word, word_bytes) == 0) {
			*ret_field = fields[i].field;
			return true;
		}
	}
	return false;
}

/* text begins with '%'.  Returns NULL and the bytes that were read. */
static const char *parse_field(const char *text, struct tool_line_part *part,
			       size_t *ret_bytes)
{
	const char *end;

	if (text[1] == '%') {
		*part = (struct tool_line_part){.text = text,
						  .text_bytes = 1};
		*ret_bytes = 2;
		return NULL;
	}
	if (text[1] != '{')
		return "a '%' is followed by a field in braces, or by '%'";
	end = strchr(text, '}');
	if (!end)
		return "a '}' is missing";
	if (!find_field(text + 2, (size_t)(end - text) - 2, &part->field))
		return "the fields are bytes, instance, name, node, payload, "
		       "peer, pid, raw, tenant, time and uid";
	*ret_bytes = (size_t)(end - text) + 1;
	return NULL;
}

const char *tool_line_format_parse(const char *text,
				   struct tool_line_format *ret_format)
{
	struct tool_line_format format = {0};
	struct tool_line_part *part;
	const char *why;
	size_t bytes;

	for (; *text != '\0'; text += bytes) {
		if (format.part_count == TOOL_LINE_FORMAT_PARTS_MAX)
			return "there are too many fields";
		part = &format.parts[format.part_count++];
		if (*text == '%') {
			why = parse_field(text, part, &bytes);
			if (why)
				return why;
			continue;
		}
		bytes = strcspn(text, "%");
		part->text = text;
		part->text_bytes = bytes;
	}
	*ret_format = format;
	return NULL;
}

/* -- escaping -------------------------------------------------------------- */

/* The length of the UTF-8 sequence and its character; 0: it is none. */
static size_t decode(const unsigned char *bytes, size_t byte_count,
		     uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t character;
	size_t length, i;

	if (bytes[0] < 0x80)
		length = 1;
	else if (bytes[0] >= 0xc2 && bytes[0] < 0xe0)
		length = 2;
	else if (bytes[0] >= 0xe0 && bytes[0] < 0xf0)
		length = 3;
	else if (bytes[0] >= 0xf0 && bytes[0] < 0xf5)
		length = 4;
	else
		return 0;
	if (length > byte_count)
		return 0;
	character = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3fu);
	}
	if (character < least[length] || character > 0x10ffff ||
	    (character >= 0xd800 && character < 0xe000))
		return 0;
	*ret_character = character;
	return length;
}

/* It neither ends a line, nor controls a terminal, nor reorders a line. */
static bool is_printable(uint32_t character)
{
	return character >= 0x20 && character != '\\' &&
	       !(character >= 0x7f && character < 0xa0) &&
	       character != 0x061c &&
	       !(character >= 0x200e && character <= 0x200f) &&
	       !(character >= 0x2028 && character <= 0x202e) &&
	       !(character >= 0x2066 && character <= 0x2069);
}

static size_t escape_byte(unsigned char byte, char *room)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[][2] = {
		{'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'},
	};
	size_t i;

	room[0] = '\\';
	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (byte == (unsigned char)letters[i][0]) {
			room[1] = letters[i][1];
			return 2;
		}
	}
	room[1] = 'x';
	room[2] = digits[byte >> 4];
	room[3] = digits[byte & 0xf];
	return ESCAPED_BYTES;
}

static size_t escape(const char *text, size_t byte_count, char *room)
{
	const unsigned char *bytes = (const unsigned char *)text;
	const unsigned char *end = bytes + byte_count;
	uint32_t character = 0;
	size_t used = 0, length;

	for (; bytes < end; bytes += length) {
		length = decode(bytes, (size_t)(end - bytes), &character);
		if (length > 0 && is_printable(character)) {
			memcpy(room + used, bytes, length);
			used += length;
			continue;
		}
		length = 1;
		used += escape_byte(*bytes, room + used);
	}
	return used;
}

/* -- printing -------------------------------------------------------------- */

size_t tool_line_format_bound(const struct tool_line_format *format,
			      size_t message_bytes)
{
	size_t bound = 1, i;

	for (i = 0; i < format->part_count; i++) {
		if (format->parts[i].field == TOOL_FIELD_TEXT)
			bound += format->parts[i].text_bytes;
		else if (format->parts[i].field == TOOL_FIELD_PAYLOAD)
			bound += ESCAPED_BYTES * message_bytes;
		else if (format->parts[i].field == TOOL_FIELD_RAW)
			bound += message_bytes;
		else
			bound += FIELD_BYTES_MAX;
	}
	return bound;
}

static void print_time(const struct timespec *time, char *room)
{
	struct tm tm;

	(void)gmtime_r(&time->tv_sec, &tm);
	(void)snprintf(room, FIELD_BYTES_MAX,
		       "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, time->tv_nsec / 1000);
}

static void print_name(const char *name, char *room)
{
	(void)snprintf(room, FIELD_BYTES_MAX, "%s",
		       name[0] != '\0' ? name : "-");
}

/* Text, with a null byte behind it. */
static void print_field(enum tool_line_field field,
			const struct tool_line_message *message, char *room)
{
	const struct postern_peer_statistics *peer = message->peer;

	room[0] = '\0';
	switch (field) {
	case TOOL_FIELD_BYTES:
		(void)snprintf(room, FIELD_BYTES_MAX, "%zu",
			       message->byte_count);
		break;
	case TOOL_FIELD_INSTANCE:
		print_name(peer->instance, room);
		break;
	case TOOL_FIELD_NAME:
		print_name(peer->name, room);
		break;
	case TOOL_FIELD_NODE:
		print_name(message->node_name, room);
		break;
	case TOOL_FIELD_PEER:
		(void)snprintf(room, FIELD_BYTES_MAX, "%" PRIu32 ".%" PRIu32,
			       peer->slot_index, peer->generation);
		break;
	case TOOL_FIELD_PID:
		if (peer->pid == 0)
			print_name("", room);
		else
			(void)snprintf(room, FIELD_BYTES_MAX, "%" PRId32,
				       peer->pid);
		break;
	case TOOL_FIELD_TENANT:
		print_name(peer->tenant, room);
		break;
	case TOOL_FIELD_TIME:
		print_time(&message->time, room);
		break;
	case TOOL_FIELD_UID:
		(void)snprintf(room, FIELD_BYTES_MAX, "%" PRIu32, peer->uid);
		break;
	case TOOL_FIELD_TEXT:
	case TOOL_FIELD_PAYLOAD:
	case TOOL_FIELD_RAW:
		break;
	}
}

static size_t print_part(const struct tool_line_part *part,
			 const struct tool_line_message *message, char *room)
{
	char text[FIELD_BYTES_MAX];
	size_t bytes;

	switch (part->field) {
	case TOOL_FIELD_TEXT:
		memcpy(room, part->text, part->text_bytes);
		return part->text_bytes;
	case TOOL_FIELD_PAYLOAD:
		return escape(message->bytes, message->byte_count, room);
	case TOOL_FIELD_RAW:
		memcpy(room, message->bytes, message->byte_count);
		return message->byte_count;
	case TOOL_FIELD_BYTES:
	case TOOL_FIELD_INSTANCE:
	case TOOL_FIELD_NAME:
	case TOOL_FIELD_NODE:
	case TOOL_FIELD_PEER:
	case TOOL_FIELD_PID:
	case TOOL_FIELD_TENANT:
	case TOOL_FIELD_TIME:
	case TOOL_FIELD_UID:
	default:
		print_field(part->field, message, text);
		bytes = strlen(text);
		memcpy(room, text, bytes);
		return bytes;
	}
}

size_t tool_line_format_print(const struct tool_line_format *format,
			 const struct tool_line_message *message, char *room)
{
	size_t used = 0, i;

	for (i = 0; i < format->part_count; i++)
		used += print_part(&format->parts[i], message, room + used);
	room[used++] = '\n';
	return used;
}
