/* SPDX-License-Identifier: ISC */
/*
 * Handshake records on a SEQPACKET socket, with credentials and descriptors
 *
 * Nothing here blocks, raises SIGPIPE, or leaves a descriptor open that was
 * not asked for.  A side that must never import a descriptor (the node:
 * closing a hostile one can hang for ever) uses pst_packet_receive(), whose
 * control buffer has room for the credentials and not one byte more, so the
 * kernel installs none.  Only a connector, after it has verified the listener,
 * uses pst_packet_receive_with_fds().
 *
 * Common results: 0; -EAGAIN (nothing there, or no room now); -EPIPE (hung up
 * or reset, and everything queued before it was read); -EBADMSG (the record is
 * not of the form that was asked for; it is consumed); -EMFILE, -ENOMEM,
 * -ENOBUFS and other errors of the kernel as they are.
 */
#ifndef POSTERN_OS_PACKET_SOCKET_H
#define POSTERN_OS_PACKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

/* The most that any record has beside it: OFFER has two, STATS one. */
#define PST_PACKET_FDS_MAX 2

/* Who sent a record, attested by the kernel.  Zeroed: nobody is known. */
struct pst_packet_sender {
	bool is_known;
	pid_t pid;              /* 0: not visible in our pid namespace */
	uid_t uid;
	gid_t gid;
};

/*
 * Send one record with this process's pid and effective uid and gid; where its
 * user namespace does not map one of these ids, with the real ones.  An empty
 * one is -EINVAL: the receiver could not tell it from a hang-up.
 */
PST_MUST_CHECK int pst_packet_send(int socket_fd, const void *bytes,
				   size_t byte_count);

/*
 * Send one record with fd_count descriptors, 1 to PST_PACKET_FDS_MAX, which
 * stay the caller's.  -EPERM: the receiver refuses descriptors; -ETOOMANYREFS:
 * too many are unread.
 */
PST_MUST_CHECK int
pst_packet_send_with_fds(int socket_fd, const void *bytes, size_t byte_count,
			 const int *fds, size_t fd_count);

/*
 * Send no more: the peer then receives 0 bytes.  0, -ENOTCONN, or as
 * pst_kernel_error().
 */
PST_MUST_CHECK int pst_packet_end_sending(int socket_fd);

/*
 * After a receive of 0 bytes: -EPIPE for the end of the connection, -EBADMSG for
 * an empty record.  recv() returns 0 for both, but only an end is also a hang-up
 * for poll(); so a peer that sends an empty record violates the protocol and
 * cannot pass for one that has exited.
 */
int pst_packet_classify_empty(int socket_fd);

/*
 * Receive one record and no descriptor.  With ret_sender, SO_PASSCRED must be
 * on, and a record without credentials is -EBADMSG; with NULL it must be
 * off.  A record that is empty, longer than buffer_bytes or carries anything
 * else is -EBADMSG.
 *
 * Without POSTERN_FEATURE_PASSRIGHTS in features a record with descriptors is
 * not consumed: no other is received any more, and pst_socket_close() closes
 * it.
 */
PST_MUST_CHECK int pst_packet_receive(int socket_fd, uint32_t features,
				      void *buffer, size_t buffer_bytes,
				      size_t *ret_bytes,
				      struct pst_packet_sender *ret_sender);

/*
 * Receive one record.  Exactly fd_count descriptors, 1 to PST_PACKET_FDS_MAX,
 * or none at all, which leaves each at -1 (a refusal carries none); they are
 * close-on-exec and the caller's.  Of any other number all are closed, and it
 * is -EBADMSG, or -EMFILE if it was our own table that had no room.
 * SO_PASSCRED must be off.
 */
PST_MUST_CHECK int
pst_packet_receive_with_fds(int socket_fd, void *buffer, size_t buffer_bytes,
			    size_t *ret_bytes, int *ret_fds, size_t fd_count);

/*
 * From now on the peer's sendmsg() with a descriptor fails with EPERM.  Without
 * POSTERN_FEATURE_PASSRIGHTS in features it does nothing and returns 0.
 */
PST_MUST_CHECK int pst_packet_refuse_fds(int socket_fd, uint32_t features);

/* SO_PASSCRED: on for a node's handshake, off for bells. */
PST_MUST_CHECK int pst_packet_want_credentials(int socket_fd, bool want);

/*
 * How much of what was sent is still unread (SIOCOUTQ): 0 means all of it was
 * taken.  The unit is the kernel's bookkeeping, not payload.
 */
PST_MUST_CHECK int pst_packet_unread_bytes(int socket_fd);

#endif
