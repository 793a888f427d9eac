/* SPDX-License-Identifier: ISC */
/*
 * Channel pairs in the secured modes
 *
 * Every mode with every cipher that this host has, by number: for loop tests.
 */
#ifndef POSTERN_SUPPORT_SEALED_PAIR_H
#define POSTERN_SUPPORT_SEALED_PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "channel/channel_state.h"
#include "support/channel_pair.h"

#define SEALED_RING_BYTES 4096
#define SEALED_LARGEST_BYTES (SEALED_RING_BYTES - 8 - 16)

struct sealed_mode {
	enum postern_security security;
	enum pst_cipher_kind cipher;
};

#define SEALED_MODE_COUNT 4

extern const struct sealed_mode sealed_modes[SEALED_MODE_COUNT];

/* Of sealed_modes, without those of a cipher that is not available. */
int sealed_mode_count(void);

/* Both directions, without stamps; another session has other keys. */
void sealed_pair_open(struct channel_pair *pair, int mode, uint8_t session);

/* The next message is these bytes; the next is none, but this result. */
void expect_next(struct pst_channel *channel, const void *bytes,
		 size_t byte_count);
void expect_none(struct pst_channel *channel, int result);

/* For good, and in both directions. */
void expect_dead(struct pst_channel *channel, int result);

/* The next record that is sent has a stamp, or all have none. */
void set_stamped(struct pst_channel *channel, bool is_stamped);

/* Messages whose bytes are all the same. */
void send_filled(struct pst_channel *channel, char fill, uint32_t byte_count);
void expect_filled(struct pst_channel *channel, char fill, size_t byte_count);

/* In the writer's mapping. */
uint8_t *ring_at(const struct pst_channel *writer, uint64_t pos);

/* The receiver as if it had not received, for another try. */
struct receiver_state {
	struct pst_ring_consumer consumer;
	struct pst_channel_traffic received;
	uint64_t record_count;
};

struct receiver_state receiver_state_of(const struct pst_channel *channel);
void restore_receiver(struct pst_channel *channel,
		      const struct receiver_state *state);

#endif
