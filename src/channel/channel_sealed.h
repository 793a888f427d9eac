/* SPDX-License-Identifier: ISC */
/* Messages in the modes `mac` and `aead`, for the files of this layer */
#ifndef POSTERN_CHANNEL_CHANNEL_SEALED_H
#define POSTERN_CHANNEL_CHANNEL_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/channel_state.h"

/* Whether the keys are those that the security mode requires. */
bool pst_channel_has_keys_for(const struct pst_channel_setup *setup);

int pst_channel_prepare_sealing(struct pst_channel *channel);
void pst_channel_end_sealing(struct pst_channel *channel);

/*
 * Send and receive.  Returns the errors of the ring, those of a channel that
 * ended because of its content, and -EPERM if the direction is not granted.
 */
int pst_channel_write_sealed(struct pst_channel *channel, const void *bytes,
			     uint32_t byte_count, bool is_sample);
int pst_channel_reserve_sealed(struct pst_channel *channel, uint32_t byte_count,
			       bool is_sample, void **ret_bytes);
int pst_channel_commit_sealed(struct pst_channel *channel, uint32_t byte_count);
int pst_channel_finish_sealed(struct pst_channel *channel);
int pst_channel_read_sealed(struct pst_channel *channel, void *buffer,
			    size_t buffer_bytes, size_t *ret_message_bytes);
int pst_channel_discard_sealed(struct pst_channel *channel,
			       size_t *ret_message_bytes);

#endif
