/* SPDX-License-Identifier: ISC */
/*
 * Doorbells between processes, and wake-ups within a process
 *
 * A doorbell is a record of one byte on the channel's own SEQPACKET socket.  It
 * is not an eventfd, pipe or futex word, because a process that shares one of
 * these can make the other side block, or starve it.  Every call here passes
 * MSG_DONTWAIT: O_NONBLOCK belongs to the open file description, and the peer
 * could change it.
 *
 * Within a process a private eventfd wakes a thread.
 */
#ifndef POSTERN_OS_DOORBELL_H
#define POSTERN_OS_DOORBELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* The content of a doorbell. */
#define PST_DOORBELL_BYTE 0xb3

/* The most wake-ups that are drained at once, however many a peer sends. */
#define PST_DOORBELL_DRAIN_COUNT 16

/* Doorbells, between processes */

/*
 * Reduce the number of unread doorbells that our side can queue, so that late
 * ones do not accumulate at an honest peer.  Best effort; after the handshake.
 */
void pst_doorbell_prepare(int socket_fd);

/*
 * Send one doorbell.  If the socket is full, none is needed: the peer has
 * unread ones.
 *
 * 0, -ENOBUFS (not sent, repeat it later), or -EPIPE (the peer has ended).
 */
PST_MUST_CHECK int pst_doorbell_notify(int socket_fd);

/*
 * Drain up to wakeup_limit doorbells, *ret_wakeup_count of them (possibly 0).
 * If *ret_has_more, there may be more, and the socket must be treated as
 * readable.  SO_PASSCRED must be off.
 *
 * Outputs are written in every case: doorbells received before an end or a
 * violation are counted.
 *
 * 0, -EPIPE (hung up, and everything before was read), -EBADMSG (a record that
 * is not a doorbell: empty, longer, another byte, or with descriptors, which
 * are never installed), or -errno of the kernel (-ENOMEM).
 *
 * Without POSTERN_FEATURE_PASSRIGHTS in features a record with descriptors
 * stays in the queue, see os/socket_close.h.  Then only one thread at a time
 * may call this for a socket, since another one could receive the record that
 * was just checked.
 */
PST_MUST_CHECK int pst_doorbell_drain(int socket_fd, uint32_t features,
				      unsigned wakeup_limit,
				      unsigned *ret_wakeup_count,
				      bool *ret_has_more);

/*
 * Whether the peer has hung up, or its process has ended (a forked child may
 * hold the socket open).  Drains no doorbell and never waits. pidfd -1: there
 * is none.
 */
enum pst_peer_end {
	PST_PEER_END_NONE = 0,
	PST_PEER_END_HUNG_UP,
	PST_PEER_END_DIED,
};
enum pst_peer_end pst_doorbell_check_peer(int socket_fd, int pidfd);

/* Shut the socket down in both directions: both ends wake up, permanently. */
void pst_doorbell_hang_up(int socket_fd);

/* Wake-ups, within this process */

/* A private eventfd, not signalled.  0, or -errno. */
PST_MUST_CHECK int pst_wake_open(int *ret_wake_fd);

/* Make it readable until cleared; never blocks.  For any thread. */
void pst_wake_signal(int wake_fd);
void pst_wake_clear(int wake_fd);

/* Sleep */

#define PST_DOORBELL_SLEEP_FDS 3

/*
 * Sleep until one of the descriptors is readable, hung up or in error, or until
 * deadline_ns (UINT64_MAX: no limit; a past one: poll once).  A descriptor of
 * -1 is ignored.  A handled signal does not end the sleep.
 *
 * Bit i of *ret_ready is fds[i].
 *
 * 0, -ETIMEDOUT, or -errno (-EINVAL: more than PST_DOORBELL_SLEEP_FDS; -EBADF:
 * an invalid descriptor).
 */
PST_MUST_CHECK int pst_doorbell_sleep(const int *fds, size_t fd_count,
				      uint64_t deadline_ns,
				      unsigned *ret_ready);

#endif
