/* SPDX-License-Identifier: ISC */
/*
 * Results, error information and the shared vocabulary
 *
 * Every function of postern returns 0 (or a documented non-negative value) or a
 * negative errno of the closed set below; errno itself is never set.  An errno
 * cannot say for which reason a process was refused, or by which rule.  struct
 * postern_error_info carries this to the local caller only; the peer learns no
 * more than "access denied".
 *
 *   -EAGAIN           nothing to receive or to report, the ring is full, or the
 *                     node is writing its statistics: wait, or try later
 *   -EMSGSIZE         larger than the grant, or than the buffer (the message is
 *                     kept)
 *   -EPIPE            the peer exited or closed the channel, or the node ended
 *                     it or was closed: see postern_channel_end_reason()
 *   -EBADMSG          the peer violated the protocol; the channel is poisoned
 *   -ENOTRECOVERABLE  an invariant of this side is broken; no function of this
 *                     version returns it
 *   -ESTALE           a handle of an earlier generation, used after fork(), or
 *                     of statistics that have moved
 *   -EACCES           denied by the policy or by the check of a path: see the
 *                     error information
 *   -EKEYREJECTED     authentication failed, deliberately without details
 *   -EPROTONOSUPPORT  no common protocol version
 *   -ETIMEDOUT        the deadline passed
 *   -EINTR            postern_node_interrupt() or postern_channel_interrupt()
 *                     ended the wait
 *   -EDQUOT           a quota of the user, peer or node is used up
 *   -EPERM            the direction was not granted
 *   -EBUSY            the name is in use, the ring has another consumer or an
 *                     open reservation, or the policy moves a node's socket
 *   -ENOENT           no such node, peer, process, user, group or file, or no
 *                     more of them; or the node is not running: see the reason
 *   -EOPNOTSUPP       this kernel lacks a feature; only the node can enforce
 *                     the policy's limits; or the node answered with a security
 *                     mode that was not offered
 *   -EINVAL           incorrect use of the interface, or an invalid policy
 *   -ENOMEM -EMFILE -ENFILE   this process or host has no more memory or
 *                     descriptors, or reached a limit on file sizes
 *                     (RLIMIT_FSIZE)
 *   -ECANCELED        any other error of the kernel; the error information,
 *                     where the function has one, names the call and the error
 *
 * Structs that can grow begin with size_bytes, the size that the caller knows.
 * Initialise them with their _INIT macro, which is valid in C99, C++11 and
 * later.  The result is -EINVAL if the size is below that of the first release
 * or above POSTERN_STRUCT_BYTES_MAX.  In an input, bytes that the library does
 * not know must be zero.  The library writes at most size_bytes of an output,
 * and zero where it knows less than the caller.
 */
#ifndef POSTERN_RESULT_H
#define POSTERN_RESULT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Marks each function whose result must not be ignored: it can fail, or it returns
 * something that the caller has to give back.  Two kinds are not marked: the calls
 * that end a handle, which return NULL, and the two that interrupt a wait, which
 * fail only for NULL and in a forked child, where a signal handler can do nothing.
 */
#if defined(__GNUC__)
#define POSTERN_MUST_CHECK __attribute__((__warn_unused_result__))
#else
#define POSTERN_MUST_CHECK
#endif

/* The maximum size of every struct of this interface, now and later. */
#define POSTERN_STRUCT_BYTES_MAX 8192

/*
 * Directions of a channel, as bits.  They are absolute: messages to the node are
 * those that a client sends.
 */
enum postern_direction {
	POSTERN_DIRECTION_TO_NODE = 1,
	POSTERN_DIRECTION_FROM_NODE = 2
};

/* Security modes, weakest first: a policy sets the minimum. */
enum postern_security {
	POSTERN_SECURITY_NONE = 0,
	POSTERN_SECURITY_MAC = 1,
	POSTERN_SECURITY_AEAD = 2
};

/*
 * The reason why a process was refused or disconnected, or a node was not
 * opened.  Values are stable; new ones are added at the end of their group.
 */
enum postern_reason {
	POSTERN_REASON_NONE = 0,

	/* The policy's decision. */
	POSTERN_REASON_NO_ALLOW = 1,        /* no allow line matches */
	POSTERN_REASON_DENIED = 2,          /* a deny line matches */
	POSTERN_REASON_AMBIGUOUS_TENANT = 3, /* two tenants match */
	POSTERN_REASON_UNKNOWN_TENANT = 4,  /* membership is unknown */
	POSTERN_REASON_DIRECTION = 5,       /* no requested direction is granted */
	POSTERN_REASON_SECURITY = 6,        /* below the required security */
	POSTERN_REASON_UNKNOWN_NODE = 7,    /* the policy has no such node */
	POSTERN_REASON_KEY = 8,             /* missing, wrong or not proven */
	POSTERN_REASON_POLICY = 9,          /* an error in a block that it uses */

	/* Quotas. */
	POSTERN_REASON_SLOTS = 20,          /* every slot is in use */
	POSTERN_REASON_PEERS = 21,          /* limit `peers` */
	POSTERN_REASON_PEERS_PER_USER = 22, /* limit `peers-per-user` */
	POSTERN_REASON_HALF_OPEN = 23,      /* too many handshakes of the uid */
	POSTERN_REASON_EVICTED = 24,        /* evicted for another handshake */
	POSTERN_REASON_UNREAD_OFFERS = 25,  /* too many unread offers */
	POSTERN_REASON_RESOURCES = 26,      /* out of memory or descriptors */
	POSTERN_REASON_MEMORY = 27,         /* limit `memory` */
	POSTERN_REASON_HANDSHAKES = 28,     /* limit `handshakes` */

	/* The handshake, seen by the node. */
	POSTERN_REASON_CREDENTIALS = 40,    /* the kernel could not report them */
	POSTERN_REASON_CREDENTIALS_CHANGED = 41, /* used by another process */
	POSTERN_REASON_PROTOCOL = 42,       /* malformed or unexpected record */
	POSTERN_REASON_VERSION = 43,        /* no common version */
	POSTERN_REASON_WRONG_NODE = 44,     /* the client asked for another node */
	POSTERN_REASON_NOT_PERMITTED = 45,  /* it may not observe or control */
	POSTERN_REASON_DEADLINE = 46,       /* the handshake took too long */
	POSTERN_REASON_PEER_DIED = 47,      /* the process ended */
	POSTERN_REASON_HUNG_UP = 48,        /* the socket was closed */
	POSTERN_REASON_SEALS = 49,          /* a segment's seals are not exact */
	POSTERN_REASON_SPARSE = 50,         /* a segment is not fully populated */

	/* The handshake, seen by the client. */
	POSTERN_REASON_UNTRUSTED_PATH = 60, /* another user can write there */
	POSTERN_REASON_NOT_A_SOCKET = 61,   /* the path is not a socket */
	POSTERN_REASON_LISTENER = 62,       /* the listener is not the owner */
	POSTERN_REASON_REFUSED = 63,        /* the node refused without details */
	POSTERN_REASON_OFFER = 64,          /* exceeds the request or the policy */
	POSTERN_REASON_DESCRIPTORS = 65,    /* not those of the protocol */
	POSTERN_REASON_SEGMENT = 66,        /* type, owner or size is wrong */
	POSTERN_REASON_NODE_BUSY = 67,      /* the node has no free slot now */
	POSTERN_REASON_NOT_RUNNING = 68,    /* no process listens */
	POSTERN_REASON_LISTENER_EXITED = 69, /* only its socket remains */
	POSTERN_REASON_NO_PEER = 70,        /* the node has no such peer */

	/* Opening a node. */
	POSTERN_REASON_OWNER = 80,          /* this process is not the owner */
	POSTERN_REASON_DIRECTORY = 81,      /* the socket's directory is unfit */
	POSTERN_REASON_IN_USE = 82,         /* the node is open already */
	POSTERN_REASON_GROUP = 83,          /* the owner cannot set the group */
	POSTERN_REASON_KERNEL = 85,         /* it lacks a required feature */
	POSTERN_REASON_SOCKET_MOVED = 86,   /* reload: the socket's path differs */
	POSTERN_REASON_FEATURE = 87,        /* the policy requires one that
	                                     * this host lacks */
	POSTERN_REASON_SUBORDINATE_UIDS = 88, /* /etc/subuid, or the names in
	                                     * /etc/passwd, cannot be used */

	/* The end of a channel. */
	POSTERN_REASON_CLOSED = 100,        /* the peer closed the channel */
	POSTERN_REASON_POISONED = 101,      /* the peer violated the protocol */
	POSTERN_REASON_REVOKED = 102,       /* no longer allowed after a reload */
	POSTERN_REASON_NODE_CLOSED = 103,   /* the node itself was closed */
	POSTERN_REASON_EXCEEDED = 104,      /* over a limit of the policy */
	POSTERN_REASON_IDLE = 105,          /* no message for too long */
	POSTERN_REASON_KEY_REJECTED = 106,  /* a message was not authentic */
	POSTERN_REASON_KEY_EXHAUSTED = 107, /* 2^48 messages in a direction */
	POSTERN_REASON_DISCONNECTED = 108   /* by the operator or the program */
};

#define POSTERN_ERROR_FILE_BYTES 256
#define POSTERN_ERROR_RULE_BYTES 160
#define POSTERN_ERROR_DETAIL_BYTES 384

/*
 * The error information of a failed call.  Begins with its size.  file, line
 * and rule are those of the policy line that decided; without one, file and
 * rule are empty and line is 0.  detail is one sentence for a human, with the
 * command that fixes the problem, if there is one.  All texts are terminated;
 * longer ones are truncated.
 */
struct postern_error_info {
	size_t size_bytes;
	enum postern_reason reason;
	uint32_t line;
	char file[POSTERN_ERROR_FILE_BYTES];
	char rule[POSTERN_ERROR_RULE_BYTES];
	char detail[POSTERN_ERROR_DETAIL_BYTES];
};

#define POSTERN_ERROR_INFO_INIT \
	{sizeof(struct postern_error_info), POSTERN_REASON_NONE, 0, {0}, {0}, \
	 {0}}

/*
 * Optional features of the kernel, and one of the processor.  disable_features
 * in the options of a call excludes some of them, to test a program as on a host
 * without them.
 */
enum postern_feature {
	POSTERN_FEATURE_PASSRIGHTS = 1,   /* SO_PASSRIGHTS, Linux 6.16 */
	POSTERN_FEATURE_PEERPIDFD = 2,    /* SO_PEERPIDFD, Linux 6.5 */
	POSTERN_FEATURE_PIDFS = 4,        /* pidfd inodes, Linux 6.9 */
	POSTERN_FEATURE_NOEXEC_SEAL = 8,  /* MFD_NOEXEC_SEAL, Linux 6.3 */
	POSTERN_FEATURE_AES = 16          /* AES instructions, for libsodium */
};
#define POSTERN_FEATURES_ALL 31u

/*
 * Get the features of enum postern_feature that this host has, as bits.  Each
 * kernel feature is tried; none is derived from a version number.
 */
uint32_t postern_features(void);

/*
 * Describe a result of this library (a negative errno, or 0) or a reason in a
 * short constant English text without a full stop.  Never NULL: for other
 * values the text is "unknown error" or "unknown reason".  Any thread may call
 * this; do not free the text.
 */
const char *postern_strerror(int result);
const char *postern_reason_description(enum postern_reason reason);

/*
 * Get the stable name of a reason for machines ("no-allow", "half-open"), as in
 * audit records.  Never NULL; "unknown" for other values.
 */
const char *postern_reason_name(enum postern_reason reason);

/*
 * Can the same call succeed later without a change of the policy, the keys or
 * the program?  result is the result of the call.  reason is that of its error
 * information, or of the end of a channel, or POSTERN_REASON_NONE.  If there is
 * a reason, it alone decides.
 *
 * Returns 1 if the node is not running or was closed; if a limit, slots, memory
 * or descriptors were used up; if a name or a ring is in use; after a timeout;
 * if the call would have blocked; if the peer exited; if the handshake was
 * evicted; or if the channel ended because it was idle, over its rate, or had
 * used up its key.  Otherwise 0.
 */
int postern_result_is_transient(int result, enum postern_reason reason);

/* No deadline: wait without a time limit. */
#define POSTERN_NO_DEADLINE UINT64_MAX

/*
 * Get the deadline timeout_ns from now; POSTERN_NO_DEADLINE if it would
 * overflow.
 *
 * Each call that can wait for another process takes a deadline, an absolute time
 * of CLOCK_MONOTONIC in nanoseconds.  0 has passed, so a call with deadline 0
 * tries once and never blocks.
 */
uint64_t postern_deadline_after(uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif

#endif
