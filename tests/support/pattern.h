/* SPDX-License-Identifier: ISC */
/*
 * Messages that can be told from one another
 *
 * The content of a message follows from its number and size, so both ends know
 * what has to come and any byte that is wrong, missing or out of order shows.
 */
#ifndef POSTERN_SUPPORT_PATTERN_H
#define POSTERN_SUPPORT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void pattern_fill(uint8_t *bytes, size_t byte_count, uint64_t number);
bool pattern_is(const uint8_t *bytes, size_t byte_count, uint64_t number);

/* A size from 0 to bytes_max for message number: often small, at times 0. */
size_t pattern_size(uint64_t number, size_t bytes_max);

#endif
