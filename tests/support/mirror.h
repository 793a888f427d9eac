/* SPDX-License-Identifier: ISC */
/*
 * Mirrored mappings for tests
 *
 * A control page and a data area that is mapped twice, as a segment has it,
 * with inaccessible pages on both sides: reading or writing one byte outside
 * ends the test with a signal.
 */
#ifndef POSTERN_SUPPORT_MIRROR_H
#define POSTERN_SUPPORT_MIRROR_H

#include <stddef.h>
#include <stdint.h>

struct mirror {
	uint8_t *control;      /* one page, zero */
	uint8_t *data;         /* right behind it; NULL when data_bytes is 0 */
	size_t control_bytes;
	size_t data_bytes;
	uint8_t *reservation;
	size_t reservation_bytes;
};

/* data_bytes is a multiple of the page, or 0.  Aborts when it cannot. */
void mirror_init(struct mirror *mirror, size_t data_bytes);
void mirror_done(struct mirror *mirror);

#endif
