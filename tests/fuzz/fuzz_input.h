/* SPDX-License-Identifier: ISC */
/*
 * What fuzz targets share: an input that is read byte by byte, and messages
 * that it spoils
 */
#ifndef POSTERN_FUZZ_INPUT_H
#define POSTERN_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count);

struct input {
	const uint8_t *bytes;
	size_t left_bytes;
};

static inline void require(int is_true)
{
	if (!is_true)
		abort();
}

/* 0 when there is none left. */
static inline uint8_t take_byte(struct input *input)
{
	if (input->left_bytes == 0)
		return 0;
	input->left_bytes--;
	return *input->bytes++;
}

/*
 * A copy with up to seven bytes replaced, and perhaps of another length, up to
 * twice the old one.  It is on the heap and of its very size, for the sanitizer
 * to watch; the caller frees it.
 */
static inline uint8_t *spoil(const uint8_t *message, size_t byte_count,
			     struct input *input, size_t *ret_byte_count)
{
	uint8_t plan = take_byte(input);
	size_t new_count = byte_count;
	uint8_t *copy;

	if (plan & 8) {
		new_count = take_byte(input);
		new_count |= (size_t)take_byte(input) << 8;
		new_count %= 2 * byte_count + 1;
	}
	copy = calloc(new_count, 1);
	require(copy != NULL || new_count == 0);
	if (new_count == 0)
		plan = 0;
	else
		memcpy(copy, message,
		       new_count < byte_count ? new_count : byte_count);
	for (unsigned int i = 0; i < (plan & 7u); i++) {
		size_t offset = take_byte(input);

		offset |= (size_t)take_byte(input) << 8;
		copy[offset % new_count] ^= take_byte(input);
	}
	*ret_byte_count = new_count;
	return copy;
}

#endif
