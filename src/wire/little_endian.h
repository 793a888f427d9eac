/* SPDX-License-Identifier: ISC */
/*
 * Little-endian integers of a record
 *
 * Both sides run on one host, but a fixed byte order makes traces comparable
 * and the protocol easy to implement in another language.  Each type is an
 * array of bytes in a struct: it needs no alignment, causes no padding, and
 * cannot be used as a number by mistake.
 */
#ifndef POSTERN_WIRE_LITTLE_ENDIAN_H
#define POSTERN_WIRE_LITTLE_ENDIAN_H

#include <stdint.h>

struct pst_le16 {
	uint8_t byte[2];
};

struct pst_le32 {
	uint8_t byte[4];
};

struct pst_le64 {
	uint8_t byte[8];
};

static inline uint16_t pst_le16_value(struct pst_le16 le)
{
	return (uint16_t)(le.byte[0] | le.byte[1] << 8);
}

static inline uint32_t pst_le32_value(struct pst_le32 le)
{
	return (uint32_t)le.byte[0] | (uint32_t)le.byte[1] << 8 |
	       (uint32_t)le.byte[2] << 16 | (uint32_t)le.byte[3] << 24;
}

static inline uint64_t pst_le64_value(struct pst_le64 le)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)le.byte[i] << (8 * i);
	return value;
}

static inline struct pst_le16 pst_le16_of(uint16_t value)
{
	return (struct pst_le16){{(uint8_t)value, (uint8_t)(value >> 8)}};
}

static inline struct pst_le32 pst_le32_of(uint32_t value)
{
	return (struct pst_le32){{(uint8_t)value, (uint8_t)(value >> 8),
				  (uint8_t)(value >> 16),
				  (uint8_t)(value >> 24)}};
}

static inline struct pst_le64 pst_le64_of(uint64_t value)
{
	struct pst_le64 le;

	for (unsigned i = 0; i < 8; i++)
		le.byte[i] = (uint8_t)(value >> (8 * i));
	return le;
}

#endif
