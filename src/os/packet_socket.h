/* SPDX-License-Identifier: ISC */
/*
 * Handshake records on a SEQPACKET socket, with credentials and descriptors
 *
 * Nothing here blocks, raises SIGPIPE, or installs an unexpected descriptor.  A
 * node must never import a descriptor, since closing a hostile one can block
 * without limit: it uses pst_packet_receive().  Only a client, after it has
 * verified the listener, uses pst_packet_receive_with_fds().
 *
 * Common results: 0; -EAGAIN (nothing to read, or no space); -EPIPE (hung up or
 * reset, and everything before was read); -EBADMSG (another form than
 * requested; the record is consumed); -EMFILE, -ENOMEM, -ENOBUFS and other
 * errors of the kernel unchanged.
 */
#ifndef POSTERN_OS_PACKET_SOCKET_H
#define POSTERN_OS_PACKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

struct msghdr;

/* The most descriptors of any record: OFFER has two, STATS one. */
#define PST_PACKET_FDS_MAX 2

/* The sender of a record, attested by the kernel.  All zero: unknown. */
struct pst_packet_sender {
	bool is_known;
	pid_t pid;              /* 0: not visible in our pid namespace */
	uid_t uid;
	gid_t gid;
};

/*
 * Send one record with this process's pid and effective uid and gid; if its
 * user namespace does not map one of these ids, with the real ones.  An empty
 * record is -EINVAL: the receiver could not distinguish it from a hang-up.
 */
PST_MUST_CHECK int pst_packet_send(int socket_fd, const void *bytes,
				   size_t byte_count);

/*
 * Send one record with fd_count descriptors, 1 to PST_PACKET_FDS_MAX, which the
 * caller keeps. -EPERM: the receiver refuses descriptors; -ETOOMANYREFS: too
 * many are unread.
 */
PST_MUST_CHECK int
pst_packet_send_with_fds(int socket_fd, const void *bytes, size_t byte_count,
			 const int *fds, size_t fd_count);

/*
 * Shut down sending: the peer then receives 0 bytes.  0, -ENOTCONN, or as
 * pst_kernel_error().
 */
PST_MUST_CHECK int pst_packet_end_sending(int socket_fd);

/*
 * After a receive of 0 bytes: -EPIPE for the end of the connection, -EBADMSG
 * for an empty record. recv() returns 0 for both, but only at the end does
 * poll() report a hang-up.  So an empty record is a violation of the protocol
 * and not mistaken for an exit.
 */
int pst_packet_classify_empty(int socket_fd);

/*
 * Receive one record without descriptors.  With ret_sender, SO_PASSCRED must be
 * on, and a record without credentials is -EBADMSG; with NULL it must be off.
 * A record that is empty, longer than buffer_bytes or carries other ancillary
 * data is -EBADMSG.
 *
 * Without POSTERN_FEATURE_PASSRIGHTS in features a record with descriptors is
 * not consumed: no further record is received, and pst_socket_close() closes
 * it.
 */
PST_MUST_CHECK int pst_packet_receive(int socket_fd, uint32_t features,
				      void *buffer, size_t buffer_bytes,
				      size_t *ret_bytes,
				      struct pst_packet_sender *ret_sender);

/*
 * Receive one record with exactly fd_count descriptors, 1 to
 * PST_PACKET_FDS_MAX, which are close-on-exec and the caller's; or without any,
 * as in a refusal, which sets each to -1.  If their number differs all are
 * closed, and the result is -EBADMSG, or -EMFILE if our descriptor table was
 * full.  SO_PASSCRED must be off.
 */
PST_MUST_CHECK int
pst_packet_receive_with_fds(int socket_fd, void *buffer, size_t buffer_bytes,
			    size_t *ret_bytes, int *ret_fds, size_t fd_count);

/*
 * 0 if the next record has no descriptors, -EBADMSG if it has any, or -errno.  It
 * stays queued: receiving it would close the descriptors here, and that can take
 * as long as their sender chooses.  message has space for the other ancillary
 * data.
 */
PST_MUST_CHECK int pst_packet_check_has_no_fds(int socket_fd,
					       struct msghdr *message);

/*
 * Afterwards the peer's sendmsg() with a descriptor fails with EPERM.  Without
 * POSTERN_FEATURE_PASSRIGHTS in features it does nothing and returns 0.
 */
PST_MUST_CHECK int pst_packet_refuse_fds(int socket_fd, uint32_t features);

/* SO_PASSCRED: on for a node's handshake, off for doorbells. */
PST_MUST_CHECK int pst_packet_want_credentials(int socket_fd, bool want);

/*
 * The amount of sent data that is still unread (SIOCOUTQ); 0: all of it was
 * received.  The unit is that of the kernel's accounting, not payload bytes.
 */
PST_MUST_CHECK int pst_packet_unread_bytes(int socket_fd);

#endif
