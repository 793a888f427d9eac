/* SPDX-License-Identifier: ISC */
/*
 * The lines of `receive --format`
 *
 * A format is text with fields, %{name}.  A message becomes one line: its bytes
 * are escaped so that they hold no newline and no control character.
 */
#ifndef POSTERN_TOOLS_LINE_FORMAT_H
#define POSTERN_TOOLS_LINE_FORMAT_H

#include <stddef.h>
#include <time.h>

#include <postern/stats.h>

#define TOOL_LINE_FORMAT_PARTS_MAX 64

enum tool_line_field {
	TOOL_FIELD_TEXT = 0,
	TOOL_FIELD_BYTES,
	TOOL_FIELD_INSTANCE,
	TOOL_FIELD_NAME,
	TOOL_FIELD_NODE,
	TOOL_FIELD_PAYLOAD,
	TOOL_FIELD_PEER,
	TOOL_FIELD_PID,
	TOOL_FIELD_RAW,
	TOOL_FIELD_TENANT,
	TOOL_FIELD_TIME,
	TOOL_FIELD_UID
};

struct tool_line_part {
	enum tool_line_field field;
	const char *text;       /* of TOOL_FIELD_TEXT, borrowed */
	size_t text_bytes;
};

struct tool_line_format {
	size_t part_count;
	struct tool_line_part parts[TOOL_LINE_FORMAT_PARTS_MAX];
};

/* One message.  An empty name, or a pid 0, is shown as "-". */
struct tool_line_message {
	const char *node_name;
	const struct postern_peer_statistics *peer;
	struct timespec time;   /* CLOCK_REALTIME */
	const char *bytes;
	size_t byte_count;
};

/* Returns NULL, or why the text is no format.  text is borrowed. */
const char *tool_line_format_parse(const char *text,
				   struct tool_line_format *ret_format);

/* No line for a message of so many bytes is longer. */
size_t tool_line_format_bound(const struct tool_line_format *format,
			 size_t message_bytes);

/* Write the line and its newline.  Returns its length. */
size_t tool_line_format_print(const struct tool_line_format *format,
			 const struct tool_line_message *message,
			 char *space);

#endif
