/* SPDX-License-Identifier: ISC */
/*
 * Doorbells: how a sleeping peer, or a sleeping thread of ours, is woken
 *
 * Between processes a bell is a record of one byte on the channel's own
 * SEQPACKET socket.  Not an eventfd, pipe or futex word: whoever shares one of
 * those can make the other side block, or starve it.  Every call here passes
 * MSG_DONTWAIT, since O_NONBLOCK belongs to the open file description, where
 * somebody else may change it.
 *
 * Within a process a wake is an eventfd that nobody else has.
 */
#ifndef POSTERN_OS_DOORBELL_H
#define POSTERN_OS_DOORBELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* The whole content of a bell. */
#define PST_DOORBELL_BYTE 0xb3

/* The most that anybody takes at once, however fast a peer rings. */
#define PST_DOORBELL_DRAIN_COUNT 16

/* -- bells, between processes --------------------------------------------- */

/*
 * Make room for few unread bells of ours, so that those which come too late do
 * not pile up at an honest peer.  Best effort; after the handshake.
 */
void pst_doorbell_prepare(int socket_fd);

/*
 * Ring once.  A full socket counts as rung: the peer has wake-ups pending.
 *
 * 0, -ENOBUFS (not rung, ring again later), or -EPIPE (the peer is gone).
 */
PST_MUST_CHECK int pst_doorbell_notify(int socket_fd);

/*
 * Take up to wakeup_limit bells, *ret_wakeup_count of them (0 is possible);
 * *ret_has_more says that there may be more, so that the socket must count as
 * ready still.  SO_PASSCRED must be off.
 *
 * Outputs are written in every case: bells taken before an end or a violation
 * still are bells.
 *
 * 0, -EPIPE (hung up, and all before it was read), -EBADMSG (a record that is
 * no bell: empty, longer, another byte, or with descriptors, which are never
 * installed), or -errno of the kernel (-ENOMEM).
 *
 * Without POSTERN_FEATURE_PASSRIGHTS in features a record with descriptors
 * stays in the queue, see os/socket_close.h; then no two threads may call this
 * for one socket at a time, since one could receive what the other has looked
 * at.
 */
PST_MUST_CHECK int pst_doorbell_drain(int socket_fd, uint32_t features,
				      unsigned wakeup_limit,
				      unsigned *ret_wakeup_count,
				      bool *ret_has_more);

/*
 * Has the peer hung up, or its process ended (a forked child may hold the socket
 * open)?  Takes no doorbell and never waits.  pidfd -1: there is none.
 */
enum pst_peer_end {
	PST_PEER_END_NONE = 0,
	PST_PEER_END_HUNG_UP,
	PST_PEER_END_DIED,
};
enum pst_peer_end pst_doorbell_check_peer(int socket_fd, int pidfd);

/* Shut the socket down both ways: both ends are woken, and stay so. */
void pst_doorbell_hang_up(int socket_fd);

/* -- wakes, within this process ------------------------------------------- */

/* A private eventfd, not signalled.  0, or -errno. */
PST_MUST_CHECK int pst_wake_open(int *ret_wake_fd);

/* Makes it readable until cleared; never blocks, any thread may. */
void pst_wake_signal(int wake_fd);
void pst_wake_clear(int wake_fd);

/* -- sleep ---------------------------------------------------------------- */

#define PST_DOORBELL_SLEEP_FDS 3

/*
 * Sleep until one of the descriptors is readable, hung up or in error, or until
 * deadline_ns (UINT64_MAX: for ever; one that has passed: look once).  A
 * descriptor of -1 is none.  A signal that was handled does not end it.
 *
 * Bit i of *ret_ready is fds[i].
 *
 * 0, -ETIMEDOUT, or -errno (-EINVAL: more than PST_DOORBELL_SLEEP_FDS;
 * -EBADF: one of them is no descriptor).
 */
PST_MUST_CHECK int pst_doorbell_sleep(const int *fds, size_t fd_count,
				      uint64_t deadline_ns,
				      unsigned *ret_ready);

#endif
