/* SPDX-License-Identifier: ISC */
/*
 * Detached channels
 *
 * A program can detach a channel from its node and receive from it itself.  Node
 * and channel then share a reference-counted link, which outlives the channel.
 * The link tells the node that the channel was closed, and the node can end the
 * channel through it.  Any thread may use a link.
 */
#ifndef POSTERN_CHANNEL_CHANNEL_DETACHED_H
#define POSTERN_CHANNEL_CHANNEL_DETACHED_H

#include <stdbool.h>

#include <postern/result.h>

#include "base/attributes.h"

struct pst_channel;
struct pst_detached_link;

/* Let the program receive.  The channel takes a reference to the link. */
void pst_channel_detach(struct pst_channel *channel,
			struct pst_detached_link *link);

/* Links, for the node */

PST_MUST_CHECK int pst_detached_link_new(struct pst_detached_link **ret_link);
struct pst_detached_link *
pst_detached_link_unref(struct pst_detached_link *link);

/* Whether the last reference to the channel was released. */
bool pst_detached_link_has_ended(const struct pst_detached_link *link);

/* A descriptor that becomes readable when the link has ended. */
int pst_detached_link_fd(const struct pst_detached_link *link);

/* End the channel of the link, if it still exists. */
void pst_detached_link_end_channel(struct pst_detached_link *link,
				   enum postern_reason reason);

/* Links, for the channel */

/*
 * The channel is being freed.  _clear_channel() comes before anything that
 * pst_channel_end() uses is released; _end_unref() comes last, notifies the node
 * and releases the reference of the channel.
 */
void pst_detached_link_clear_channel(struct pst_detached_link *link);
void pst_detached_link_end_unref(struct pst_detached_link *link);

#endif
