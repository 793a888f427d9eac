/* SPDX-License-Identifier: ISC */
/*
 * The lines of `receive --format`
 *
 * A peer chooses the bytes of its messages, so none of them may end the line or
 * control a terminal: bytes that are not printable UTF-8 are escaped as in C.
 * The backslash is escaped too, so that no two messages look the same.
 */
#include "line_format.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"

/* One byte as \xNN is the most that a byte can become. */
#define ESCAPED_BYTES 4

/* No field but the payload is longer. */
#define FIELD_BYTES_MAX 64
static_assert(POSTERN_NAME_BYTES <= FIELD_BYTES_MAX, "a name is a field");

static const char *const field_words[] = {
	[TOOL_FIELD_BYTES] = "bytes",
	[TOOL_FIELD_INSTANCE] = "instance",
	[TOOL_FIELD_NAME] = "name",
	[TOOL_FIELD_NODE] = "node",
	[TOOL_FIELD_PAYLOAD] = "payload",
	[TOOL_FIELD_PEER] = "peer",
	[TOOL_FIELD_PID] = "pid",
	[TOOL_FIELD_RAW] = "raw",
	[TOOL_FIELD_TENANT] = "tenant",
	[TOOL_FIELD_TIME] = "time",
	[TOOL_FIELD_UID] = "uid",
};

#define FIELD_COUNT (sizeof(field_words) / sizeof(field_words[0]))

/* -- reading a format ------------------------------------------------------ */

/* TOOL_FIELD_TEXT: the word names no field. */
static enum tool_line_field find_field(const char *word, size_t word_bytes)
{
	size_t i;

	for (i = TOOL_FIELD_TEXT + 1; i < FIELD_COUNT; i++)
		if (strlen(field_words[i]) == word_bytes &&
		    memcmp(field_words[i], word, word_bytes) == 0)
			return (enum tool_line_field)i;
	return TOOL_FIELD_TEXT;
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
	part->field = find_field(text + 2, (size_t)(end - text) - 2);
	if (part->field == TOOL_FIELD_TEXT)
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

static size_t escape_byte(unsigned char byte, char *space)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[][2] = {
		{'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'},
	};
	size_t i;

	space[0] = '\\';
	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (byte == (unsigned char)letters[i][0]) {
			space[1] = letters[i][1];
			return 2;
		}
	}
	space[1] = 'x';
	space[2] = digits[byte >> 4];
	space[3] = digits[byte & 0xf];
	return ESCAPED_BYTES;
}

static size_t escape(const char *text, size_t byte_count, char *space)
{
	const unsigned char *bytes = (const unsigned char *)text;
	const unsigned char *end = bytes + byte_count;
	uint32_t character = 0;
	size_t used = 0, length;

	for (; bytes < end; bytes += length) {
		length = decode(bytes, (size_t)(end - bytes), &character);
		if (length > 0 && is_printable(character)) {
			memcpy(space + used, bytes, length);
			used += length;
			continue;
		}
		length = 1;
		used += escape_byte(*bytes, space + used);
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

/* Each returns the length of its text, without the null byte behind it. */
TOOL_PRINTF(2, 3)
static size_t print_field(char *space, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(space, FIELD_BYTES_MAX, format, arguments);
	va_end(arguments);
	return strlen(space);
}

static size_t print_name(const char *name, char *space)
{
	return print_field(space, "%s", name[0] != '\0' ? name : "-");
}

static size_t print_time(const struct timespec *time, char *space)
{
	struct tm tm;

	(void)gmtime_r(&time->tv_sec, &tm);
	return print_field(space, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ",
			   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			   tm.tm_hour, tm.tm_min, tm.tm_sec,
			   time->tv_nsec / 1000);
}

static size_t copy(const char *bytes, size_t byte_count, char *space)
{
	memcpy(space, bytes, byte_count);
	return byte_count;
}

static size_t print_part(const struct tool_line_part *part,
			 const struct tool_line_message *message, char *space)
{
	const struct postern_peer_statistics *peer = message->peer;

	switch (part->field) {
	case TOOL_FIELD_TEXT:
		return copy(part->text, part->text_bytes, space);
	case TOOL_FIELD_PAYLOAD:
		return escape(message->bytes, message->byte_count, space);
	case TOOL_FIELD_RAW:
		return copy(message->bytes, message->byte_count, space);
	case TOOL_FIELD_BYTES:
		return print_field(space, "%zu", message->byte_count);
	case TOOL_FIELD_INSTANCE:
		return print_name(peer->instance, space);
	case TOOL_FIELD_NAME:
		return print_name(peer->peer_name, space);
	case TOOL_FIELD_NODE:
		return print_name(message->node_name, space);
	case TOOL_FIELD_PEER:
		return print_field(space, "%" PRIu32 ".%" PRIu32,
				   peer->slot_index, peer->generation);
	case TOOL_FIELD_PID:
		return peer->pid == 0 ? print_name("", space) :
		       print_field(space, "%" PRId32, peer->pid);
	case TOOL_FIELD_TENANT:
		return print_name(peer->tenant, space);
	case TOOL_FIELD_TIME:
		return print_time(&message->time, space);
	case TOOL_FIELD_UID:
		return print_field(space, "%" PRIu32, peer->uid);
	}
	return 0;
}

size_t tool_line_format_print(const struct tool_line_format *format,
			 const struct tool_line_message *message, char *space)
{
	size_t used = 0, i;

	for (i = 0; i < format->part_count; i++)
		used += print_part(&format->parts[i], message, space + used);
	space[used++] = '\n';
	return used;
}
