/* SPDX-License-Identifier: ISC */
/*
 * Random bytes from the kernel
 *
 * getrandom() needs no descriptor, so it works when the table is full and in a
 * confined process.  It may return more than 256 bytes in pieces.
 */
#include "os/entropy.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

int pst_entropy_fill(void *buffer, size_t byte_count)
{
	uint8_t *bytes = buffer;
	ssize_t n;

	while (byte_count > 0) {
		n = getrandom(bytes, byte_count, 0);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		bytes += n;
		byte_count -= (size_t)n;
	}
	return 0;
}
