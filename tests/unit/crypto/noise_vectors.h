/* SPDX-License-Identifier: ISC */
/*
 * Test vectors of Noise, as JSON files hold them
 *
 * The form is that of tests/vectors/noise-cacophony.json.  A field that is not
 * there has no bytes.  A vector that is asked for and cannot be read aborts:
 * half a file of vectors would prove half of what it says.
 */
#ifndef POSTERN_TESTS_NOISE_VECTORS_H
#define POSTERN_TESTS_NOISE_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define VECTOR_FIELD_BYTES_MAX 4096
#define VECTOR_MESSAGES_MAX 64

struct field {
	uint8_t bytes[VECTOR_FIELD_BYTES_MAX];
	size_t byte_count;
};

/* Index 0 is the initiator's, 1 the responder's. */
struct vector {
	struct field prologue[2];
	struct field static_key[2];
	struct field ephemeral_key[2];
	struct field remote_static_key[2];
	struct field handshake_hash;
	struct {
		struct field payload;
		struct field ciphertext;
	} messages[VECTOR_MESSAGES_MAX];
	size_t message_count;
};

struct vector_file;

struct vector_file *vector_file_new(const char *path);
struct vector_file *vector_file_free(struct vector_file *file);

size_t vector_file_count(const struct vector_file *file);

/* What a vector is for; NULL if it does not say so, or has keys that are shared
 * beforehand. */
const char *vector_file_protocol(const struct vector_file *file, size_t index);

/* One that stays until the next is read. */
const struct vector *vector_file_read(struct vector_file *file, size_t index);

#endif
