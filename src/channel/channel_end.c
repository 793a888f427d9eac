/* SPDX-License-Identifier: ISC */
/*
 * The end of a channel: once, and the first reason stays
 *
 * Any thread may end a channel.  The hang-up wakes both directions, here and at
 * the peer; their return values follow from the reason alone.
 *
 * A hang-up carries no reason.  So a node that ends a channel first publishes
 * the reason in its segment.  A client reads it once, when it finds the
 * hang-up, and reports it to its user.
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
	enum postern_reason reason = pst_channel_end_reason(channel);

	if (reason == POSTERN_REASON_POISONED)
		return -EBADMSG;
	if (reason == POSTERN_REASON_KEY_REJECTED)
		return -EKEYREJECTED;
	return -EPIPE;
}

/* Whether a node gives this reason to its peer. */
static bool is_reported(uint32_t reason)
{
	return reason == POSTERN_REASON_REVOKED ||
	       reason == POSTERN_REASON_DISCONNECTED ||
	       reason == POSTERN_REASON_NODE_CLOSED ||
	       reason == POSTERN_REASON_EXCEEDED ||
	       reason == POSTERN_REASON_IDLE;
}

void pst_channel_report_end(struct pst_channel *channel,
			    enum postern_reason reason)
{
	if (is_reported((uint32_t)reason))
		pst_ring_publish_end(pst_channel_own_words(channel),
				     (uint32_t)reason);
}

/* Before any thread can observe the end; the first value stays. */
static void fetch_reported_reason(struct pst_channel *channel)
{
	uint32_t none = POSTERN_REASON_NONE, reported;

	if (channel->is_nodes)
		return;
	reported = pst_ring_observe_end(pst_channel_peer_words(channel));
	if (is_reported(reported))
		(void)atomic_compare_exchange_strong(&channel->reported_reason,
						     &none, reported);
}

enum postern_reason
pst_channel_reported_reason(const struct pst_channel *channel)
{
	enum postern_reason reason = pst_channel_end_reason(channel);
	uint32_t reported = atomic_load(&channel->reported_reason);

	return pst_channel_is_peer_end(reason) &&
			       reported != POSTERN_REASON_NONE
		       ? (enum postern_reason)reported
		       : reason;
}

void pst_channel_end(struct pst_channel *channel, enum postern_reason reason)
{
	uint32_t alive = POSTERN_REASON_NONE;

	if (pst_channel_has_ended(channel))
		return;
	if (pst_channel_is_peer_end(reason))
		fetch_reported_reason(channel);
	if (!atomic_compare_exchange_strong(&channel->end_reason, &alive,
					    (uint32_t)reason))
		return;
	pst_channel_report_end(channel, reason);
	pst_doorbell_hang_up(channel->socket_fd);
}

void pst_channel_end_for_certain(struct pst_channel *channel,
				 enum postern_reason reason)
{
	uint32_t hung_up = POSTERN_REASON_HUNG_UP;
	uint32_t died = POSTERN_REASON_PEER_DIED;

	pst_channel_end(channel, reason);
	if (!atomic_compare_exchange_strong(&channel->end_reason, &hung_up,
					    (uint32_t)reason))
		(void)atomic_compare_exchange_strong(&channel->end_reason,
						     &died, (uint32_t)reason);
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
	case PST_RING_FAULT_PADDING:
		return "record-padding";
	case PST_RING_FAULT_NONE:
	default:
		return "unknown";
	}
}
