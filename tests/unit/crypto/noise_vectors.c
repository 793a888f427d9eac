/* SPDX-License-Identifier: ISC */
/*
 * Test vectors of Noise, as JSON files hold them
 */
#include "unit/crypto/noise_vectors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vector_file {
	json_t *root;
	const json_t *vectors;
	struct vector vector;
};

static _Noreturn void unreadable(const char *what, const char *why)
{
	fprintf(stderr, "test vectors: %s: %s\n", what, why);
	abort();
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, digit | 0x20) : NULL;

	return found ? (int)(found - digits) : -1;
}

static void read_hex(const char *name, const char *hex,
		     struct field *ret_field)
{
	size_t digit_count = strlen(hex);

	if (digit_count % 2 != 0 ||
	    digit_count / 2 > sizeof(ret_field->bytes))
		unreadable(name, "an odd or large number of digits");
	for (size_t i = 0; i < digit_count; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			unreadable(name, "no hexadecimal number");
		ret_field->bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	ret_field->byte_count = digit_count / 2;
}

/* prefix and name make a key; it may be missing. */
static void read_field(const json_t *object, const char *prefix,
		       const char *name, struct field *ret_field)
{
	const json_t *value;
	char key[32];

	ret_field->byte_count = 0;
	(void)snprintf(key, sizeof(key), "%s%s", prefix, name);
	value = json_object_get(object, key);
	if (!value)
		return;
	if (!json_is_string(value))
		unreadable(key, "no string");
	read_hex(key, json_string_value(value), ret_field);
}

static void read_messages(const json_t *object, struct vector *ret_vector)
{
	const json_t *messages = json_object_get(object, "messages");
	size_t count = json_array_size(messages);

	if (count < 2 || count > VECTOR_MESSAGES_MAX)
		unreadable("messages", "too few or too many");
	for (size_t i = 0; i < count; i++) {
		const json_t *message = json_array_get(messages, i);

		read_field(message, "", "payload",
			   &ret_vector->messages[i].payload);
		read_field(message, "", "ciphertext",
			   &ret_vector->messages[i].ciphertext);
	}
	ret_vector->message_count = count;
}

struct vector_file *vector_file_new(const char *path)
{
	struct vector_file *file = calloc(1, sizeof(*file));
	json_error_t error;

	if (!file)
		abort();
	file->root = json_load_file(path, 0, &error);
	if (!file->root)
		unreadable(path, error.text);
	file->vectors = json_object_get(file->root, "vectors");
	if (!json_is_array(file->vectors))
		unreadable(path, "no array of vectors");
	return file;
}

struct vector_file *vector_file_free(struct vector_file *file)
{
	if (file)
		json_decref(file->root);
	free(file);
	return NULL;
}

size_t vector_file_count(const struct vector_file *file)
{
	return json_array_size(file->vectors);
}

const char *vector_file_protocol(const struct vector_file *file, size_t index)
{
	const json_t *object = json_array_get(file->vectors, index);

	if (json_array_size(json_object_get(object, "init_psks")) > 0 ||
	    json_array_size(json_object_get(object, "resp_psks")) > 0)
		return NULL;
	return json_string_value(json_object_get(object, "protocol_name"));
}

const struct vector *vector_file_read(struct vector_file *file, size_t index)
{
	static const char *const prefixes[] = {"init_", "resp_"};
	const json_t *object = json_array_get(file->vectors, index);
	struct vector *vector = &file->vector;

	for (size_t i = 0; i < 2; i++) {
		read_field(object, prefixes[i], "prologue",
			   &vector->prologue[i]);
		read_field(object, prefixes[i], "static",
			   &vector->static_key[i]);
		read_field(object, prefixes[i], "ephemeral",
			   &vector->ephemeral_key[i]);
		read_field(object, prefixes[i], "remote_static",
			   &vector->remote_static_key[i]);
	}
	read_field(object, "", "handshake_hash", &vector->handshake_hash);
	read_messages(object, vector);
	return vector;
}
