/* SPDX-License-Identifier: ISC */
/*
 * Messages that can be told from one another
 */
#include "support/pattern.h"

#include <string.h>

#include "support/random.h"

static struct random stream_of(uint64_t number, size_t byte_count)
{
	struct random random = {
		.state = number * 0x100000001b3 + byte_count,
	};

	return random;
}

void pattern_fill(uint8_t *bytes, size_t byte_count, uint64_t number)
{
	struct random random = stream_of(number, byte_count);
	uint64_t word;
	size_t i, n;

	for (i = 0; i < byte_count; i += n) {
		word = random_u64(&random);
		n = byte_count - i < sizeof(word) ? byte_count - i
						  : sizeof(word);
		memcpy(bytes + i, &word, n);
	}
}

bool pattern_is(const uint8_t *bytes, size_t byte_count, uint64_t number)
{
	struct random random = stream_of(number, byte_count);
	uint64_t word;
	size_t i, n;

	for (i = 0; i < byte_count; i += n) {
		word = random_u64(&random);
		n = byte_count - i < sizeof(word) ? byte_count - i
						  : sizeof(word);
		if (memcmp(bytes + i, &word, n) != 0)
			return false;
	}
	return true;
}

size_t pattern_size(uint64_t number, size_t bytes_max)
{
	struct random random = {.state = number ^ UINT64_C(0x5eed)};
	uint32_t kind = random_below(&random, 8);

	if (kind == 0)
		return 0;
	if (kind == 1)
		return bytes_max;
	if (kind < 5)
		return random_below(&random,
				    bytes_max < 64 ? (uint32_t)bytes_max + 1
						   : 65);
	return random_below(&random, (uint32_t)bytes_max + 1);
}
