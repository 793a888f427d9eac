/* SPDX-License-Identifier: ISC */
/*
 * Log records
 *
 * Every byte of the line comes from put_text(), which quotes and escapes, or is
 * a digit made here.  A field is built behind the earlier ones and counts only
 * when it is complete, so a full record ends at the boundary of a field.  The
 * last bytes of the buffer are reserved for " cut=1".
 */
#include "base/log.h"

#include <string.h>

#include "base/attributes.h"

static const char cut_mark[] = " cut=1";
static const char hex_digits[] = "0123456789abcdef";

/* A field under construction: it counts only when it is finished. */
struct field {
	struct pst_log_record *record;
	const char *key;
	size_t used_bytes;
	size_t value_offset;
	bool is_quoted;
	bool is_over; /* there was no space */
};

static void put_byte(struct field *field, char byte)
{
	if (field->used_bytes + sizeof(cut_mark) >= PST_LOG_LINE_BYTES) {
		field->is_over = true;
		return;
	}
	field->record->line[field->used_bytes++] = byte;
}

static void put_literal(struct field *field, const char *literal)
{
	while (*literal != '\0')
		put_byte(field, *literal++);
}

static struct field field_begin(struct pst_log_record *record, const char *key)
{
	struct field field = {
		.record = record,
		.key = key,
		.used_bytes = record->used_bytes,
		.is_over = record->is_closed ||
			   record->field_count >= PST_LOG_FIELDS - 1,
	};

	if (record->used_bytes != 0)
		put_byte(&field, ' ');
	put_literal(&field, key);
	put_byte(&field, '=');
	field.value_offset = field.used_bytes;
	return field;
}

static void note_field(struct pst_log_record *record, const char *key,
		       size_t value_offset, size_t value_bytes)
{
	record->fields[record->field_count++] = (struct postern_log_field) {
		.key = key,
		.value = record->line + value_offset,
		.value_bytes = value_bytes,
	};
}

static void field_finish(const struct field *field)
{
	size_t quote_bytes = field->is_quoted ? 1 : 0;

	if (field->is_over) {
		field->record->is_cut = true;
		field->record->is_closed = true;
		return;
	}
	note_field(field->record, field->key,
		   field->value_offset + quote_bytes,
		   field->used_bytes - field->value_offset - 2 * quote_bytes);
	field->record->used_bytes = field->used_bytes;
}

/* Needs no quotes in any position.  Independent of the locale on purpose. */
static bool is_plain(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("_-.:/@+,", byte) != NULL);
}

static bool must_quote(const unsigned char *bytes, size_t byte_count)
{
	size_t i;

	for (i = 0; i < byte_count; i++) {
		if (!is_plain(bytes[i]))
			return true;
	}
	return byte_count == 0;
}

/*
 * Write the byte as it appears between quotes; returns the number of
 * characters.
 */
static size_t escape_byte(unsigned char byte, char escaped[static 4])
{
	if (byte == '"' || byte == '\\') {
		escaped[0] = '\\';
		escaped[1] = (char)byte;
		return 2;
	}
	if (byte >= 0x20 && byte < 0x7f) {
		escaped[0] = (char)byte;
		return 1;
	}
	escaped[0] = '\\';
	escaped[1] = 'x';
	escaped[2] = hex_digits[byte >> 4];
	escaped[3] = hex_digits[byte & 0xf];
	return 4;
}

/* Truncates between two bytes, never within an escape. */
static void put_text(struct field *field, const unsigned char *bytes,
		     size_t byte_count)
{
	size_t value_bytes = 0;
	size_t i, j;

	field->is_quoted = must_quote(bytes, byte_count);
	if (field->is_quoted)
		put_byte(field, '"');
	for (i = 0; i < byte_count; i++) {
		char escaped[4];
		size_t escaped_bytes = escape_byte(bytes[i], escaped);

		value_bytes += escaped_bytes;
		if (value_bytes > PST_LOG_VALUE_BYTES) {
			field->record->is_cut = true;
			break;
		}
		for (j = 0; j < escaped_bytes; j++)
			put_byte(field, escaped[j]);
	}
	if (field->is_quoted)
		put_byte(field, '"');
}

static void put_number(struct field *field, uint64_t value)
{
	char digits[20]; /* the most that UINT64_MAX has */
	size_t digit_count = 0;

	do {
		digits[digit_count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	while (digit_count > 0)
		put_byte(field, digits[--digit_count]);
}

static const char *level_word(enum postern_log_level level)
{
	switch (level) {
	case POSTERN_LOG_ERROR:
		return "error";
	case POSTERN_LOG_WARNING:
		return "warning";
	case POSTERN_LOG_AUDIT:
		return "audit";
	case POSTERN_LOG_INFO:
		return "info";
	}
	return "unknown";
}

void pst_log_record_init(struct pst_log_record *record,
			 enum postern_log_level level, const char *event)
{
	record->level = level;
	record->event = event;
	record->sequence = 0;
	record->used_bytes = 0;
	record->is_cut = false;
	record->is_closed = false;
	record->field_count = 0;
	pst_log_record_add_text(record, "level", level_word(level));
	pst_log_record_add_text(record, "event", event);
}

void pst_log_record_init_audit(struct pst_log_record *record,
			       const char *event, uint64_t sequence)
{
	pst_log_record_init(record, POSTERN_LOG_AUDIT, event);
	record->sequence = sequence;
	pst_log_record_add_u64(record, "seq", sequence);
}

void pst_log_record_add_text(struct pst_log_record *record, const char *key,
			     const char *text)
{
	if (text != NULL)
		pst_log_record_add_bytes(record, key, text, strlen(text));
}

void pst_log_record_add_bytes(struct pst_log_record *record, const char *key,
			      const void *bytes, size_t byte_count)
{
	struct field field = field_begin(record, key);

	put_text(&field, bytes, byte_count);
	field_finish(&field);
}

void pst_log_record_add_u64(struct pst_log_record *record, const char *key,
			    uint64_t value)
{
	struct field field = field_begin(record, key);

	put_number(&field, value);
	field_finish(&field);
}

void pst_log_record_add_i64(struct pst_log_record *record, const char *key,
			    int64_t value)
{
	struct field field = field_begin(record, key);

	if (value < 0)
		put_byte(&field, '-');
	/* Unsigned negation: INT64_MIN has no positive counterpart. */
	put_number(&field, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
	field_finish(&field);
}

/* Space was reserved for it, in the line and among the fields. */
static void add_cut_mark(struct pst_log_record *record)
{
	size_t mark_bytes = sizeof(cut_mark) - 1;

	memcpy(record->line + record->used_bytes, cut_mark, mark_bytes);
	record->used_bytes += mark_bytes;
	note_field(record, "cut", record->used_bytes - 1, 1);
	record->is_cut = false;
}

void pst_log_record_emit(struct pst_log_record *record,
			 const struct pst_log *log)
{
	struct postern_log_record emitted = {
		.level = record->level,
		.event = record->event,
		.line = record->line,
		.sequence = record->sequence,
		.fields = record->fields,
	};

	if (log->callback == NULL)
		return;
	if (record->is_cut)
		add_cut_mark(record);
	record->line[record->used_bytes] = '\0';
	emitted.field_count = record->field_count;
	log->callback(log->user_data, &emitted);
}
