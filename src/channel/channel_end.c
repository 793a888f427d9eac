/* SPDX-License-Identifier: ISC */
/*
 * How a channel ends: once, and the first reason stays
 *
 * Any thread may end a channel.  Both directions, here and at the peer, wake to
 * the hang-up; what each then answers follows from the reason alone.
 */
#include "channel/channel_state.h"

#include <errno.h>

#include "os/doorbell.h"

enum postern_reason pst_channel_end_reason(const struct pst_channel *channel)
{
	return (enum postern_reason)atomic_load_explicit(&channel->end_reason,
							 memory_order_acquire);
}

const char *pst_channel_fault(const struct pst_channel *channel)
{
	return atomic_load(&channel->fault);
}

int pst_channel_end_result(const struct pst_channel *channel)
{
	if (pst_channel_end_reason(channel) == POSTERN_REASON_POISONED)
		return -EBADMSG;
	return -EPIPE;
}

void pst_channel_end(struct pst_channel *channel, enum postern_reason reason)
{
	uint32_t alive = POSTERN_REASON_NONE;

	if (!atomic_compare_exchange_strong(&channel->end_reason, &alive,
					    (uint32_t)reason))
		return;
	pst_doorbell_hang_up(channel->socket_fd);
}

void pst_channel_poison(struct pst_channel *channel, const char *fault)
{
	const char *none = NULL;

	(void)atomic_compare_exchange_strong(&channel->fault, &none, fault);
	pst_channel_end(channel, POSTERN_REASON_POISONED);
}

const char *pst_channel_ring_fault(enum pst_ring_fault fault)
{
	switch (fault) {
	case PST_RING_FAULT_MISALIGNED:
		return "position-misaligned";
	case PST_RING_FAULT_OUT_OF_RANGE:
		return "position-out-of-range";
	case PST_RING_FAULT_RECORD_KIND:
		return "record-kind";
	case PST_RING_FAULT_RECORD_LENGTH:
		return "record-length";
	case PST_RING_FAULT_NONE:
	default:
		return "unknown";
	}
}
