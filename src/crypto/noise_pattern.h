/* SPDX-License-Identifier: ISC */
/*
 * The handshake patterns, as the tables of the Noise specification write them
 *
 * What a message consists of is said here and nowhere else (revision 34,
 * sections 7.2 to 7.5): there is no code for one pattern alone.
 */
#ifndef POSTERN_CRYPTO_NOISE_PATTERN_H
#define POSTERN_CRYPTO_NOISE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/noise.h"

#define PST_NOISE_MESSAGE_COUNT 2
#define PST_NOISE_TOKENS_MAX 4

/* Of two letters, the first is the initiator's key, the second the other's. */
enum pst_noise_token {
	PST_NOISE_TOKEN_NONE = 0,       /* behind the last one */
	PST_NOISE_TOKEN_E,
	PST_NOISE_TOKEN_S,
	PST_NOISE_TOKEN_EE,
	PST_NOISE_TOKEN_ES,
	PST_NOISE_TOKEN_SE,
	PST_NOISE_TOKEN_SS
};

struct pst_noise_table {
	char name[3];
	bool responder_is_known;        /* the pre-message "<- s" */
	/* The initiator's message, and the responder's. */
	enum pst_noise_token tokens[PST_NOISE_MESSAGE_COUNT]
				   [PST_NOISE_TOKENS_MAX];
};

/* NULL if there is no such pattern. */
const struct pst_noise_table *
pst_noise_pattern_find(enum pst_noise_pattern pattern);

/* Whether the side sends its static key. */
bool pst_noise_pattern_sends_static(const struct pst_noise_table *table,
				    enum pst_noise_role role);

/* Whether the side has one at all. */
bool pst_noise_pattern_has_static(const struct pst_noise_table *table,
				  enum pst_noise_role role);

/* Whether the side has to know the other's beforehand. */
bool pst_noise_pattern_must_know_peer(const struct pst_noise_table *table,
				      enum pst_noise_role role);

/*
 * What the message consists of besides its payload, if has_key says whether
 * there is a cipher before it.
 */
size_t pst_noise_pattern_overhead_bytes(const struct pst_noise_table *table,
					unsigned int message_index,
					bool has_key);

#endif
