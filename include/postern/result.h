/* SPDX-License-Identifier: ISC */
/*
 * Results, refusals and the shared vocabulary
 *
 * Every function of postern returns 0 (or a documented non-negative value) or
 * a negative errno from the closed set below; errno itself is never set.  Two
 * things an errno cannot say, why a process was refused and by which rule,
 * travel in struct postern_refusal, to the caller on this side only: the peer
 * learns no more than "access denied".
 *
 *   -EAGAIN           nothing to receive or to report, the ring is full, or the
 *                     node is writing its statistics: wait, or look again
 *   -EMSGSIZE         larger than the grant, or than the buffer (the message
 *                     is kept)
 *   -EPIPE            the peer is gone, or the node ended the channel or was
 *                     closed: see postern_channel_end_reason()
 *   -EBADMSG          the peer broke the rules; the channel is dead
 *   -ENOTRECOVERABLE  our own state is broken; the channel is dead
 *   -ESTALE           a handle of an earlier generation, used after fork(), or
 *                     of statistics that are elsewhere by now
 *   -EACCES           the policy, or the check of a path, says no: see the
 *                     refusal
 *   -EKEYREJECTED     authentication failed; there is no detail on purpose
 *   -EPROTONOSUPPORT  no common protocol version
 *   -ETIMEDOUT        the deadline passed
 *   -EINTR            the wait was ended from outside, by
 *                     postern_node_interrupt() or postern_channel_interrupt()
 *   -EDQUOT           a quota of the user, peer or node is used up
 *   -EPERM            sending or receiving in a direction not granted
 *   -EBUSY            the name is in use, the ring has another consumer or an
 *                     open reservation, or a node's socket would have to move
 *   -ENOENT           no such node, peer, process, user, group or file, no
 *                     more of them, or the node does not run: see the
 *                     reason
 *   -EOPNOTSUPP       this kernel lacks what is asked for, the policy asks for
 *                     what only the node can carry out, or the node answers in
 *                     a security mode that was not offered
 *   -EINVAL           a misuse of the interface, or an invalid policy
 *   -ENOMEM -EMFILE -ENFILE   resources of this process or host; a limit of the
 *                     size of files too (RLIMIT_FSIZE)
 *   -ECANCELED        anything else from the kernel; the refusal names the call
 *                     and the kernel's error, and calls whose options have a
 *                     log callback log the raw code
 *
 * Structs that can grow begin with size_bytes, the size that the caller knows:
 * initialise them with their _INIT macro, which is C99, C++11 and later.  A size
 * below that of the first release or above POSTERN_STRUCT_BYTES_MAX is -EINVAL.
 * In an input, bytes that the library does not know must be zero; of an output
 * it writes size_bytes at most, and zero where it knows less than the caller.
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

/* The most that a struct of this interface will ever need. */
#define POSTERN_STRUCT_BYTES_MAX 8192

/*
 * Directions of a channel, as bits.  In a grant and in connect options they are
 * seen from the peer that connects; in calls on a channel from the caller.
 */
enum postern_direction {
	POSTERN_DIRECTION_SEND = 1,
	POSTERN_DIRECTION_RECEIVE = 2
};

/* Security modes, weakest first: a policy sets the minimum. */
enum postern_security {
	POSTERN_SECURITY_NONE = 0,
	POSTERN_SECURITY_MAC = 1,
	POSTERN_SECURITY_AEAD = 2
};

/*
 * Why a process was refused, disconnected or could not start.  Values are
 * stable; new ones are added at the end of their group.
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
	POSTERN_REASON_POLICY = 9,          /* an error in what it depends on */

	/* Quotas. */
	POSTERN_REASON_SLOTS = 20,          /* every slot is taken */
	POSTERN_REASON_PEERS = 21,          /* limit `peers` */
	POSTERN_REASON_PEERS_PER_USER = 22, /* limit `peers-per-user` */
	POSTERN_REASON_HALF_OPEN = 23,      /* the uid's share of handshakes */
	POSTERN_REASON_EVICTED = 24,        /* made room in the handshake table */
	POSTERN_REASON_UNREAD_OFFERS = 25,  /* descriptors left in flight */
	POSTERN_REASON_RESOURCES = 26,      /* memory or descriptors ran out */
	POSTERN_REASON_MEMORY = 27,         /* limit `memory` */
	POSTERN_REASON_HANDSHAKES = 28,     /* limit `handshakes` */

	/* The handshake, seen by the node. */
	POSTERN_REASON_CREDENTIALS = 40,    /* the kernel could not tell */
	POSTERN_REASON_CREDENTIALS_CHANGED = 41, /* used by another process */
	POSTERN_REASON_PROTOCOL = 42,       /* malformed or unexpected record */
	POSTERN_REASON_VERSION = 43,        /* no common version */
	POSTERN_REASON_WRONG_NODE = 44,     /* the peer wants another node */
	POSTERN_REASON_KIND = 45,           /* it may not observe or control */
	POSTERN_REASON_DEADLINE = 46,       /* the handshake took too long */
	POSTERN_REASON_PEER_DIED = 47,      /* the process ended */
	POSTERN_REASON_HUNG_UP = 48,        /* the socket was closed */
	POSTERN_REASON_SEALS = 49,          /* a segment's seals are not exact */
	POSTERN_REASON_SPARSE = 50,         /* a segment is not fully populated */

	/* The handshake, seen by the connector. */
	POSTERN_REASON_UNTRUSTED_PATH = 60, /* others can write on the way */
	POSTERN_REASON_NOT_A_SOCKET = 61,   /* something else has the name */
	POSTERN_REASON_LISTENER = 62,       /* the listener is not the owner */
	POSTERN_REASON_REFUSED = 63,        /* the node said no, and no more */
	POSTERN_REASON_OFFER = 64,          /* exceeds the request or the policy */
	POSTERN_REASON_DESCRIPTORS = 65,    /* not exactly those agreed on */
	POSTERN_REASON_SEGMENT = 66,        /* type, owner or size is wrong */
	POSTERN_REASON_NODE_BUSY = 67,      /* the node has no place now */
	POSTERN_REASON_NOT_RUNNING = 68,    /* no process listens */
	POSTERN_REASON_LISTENER_EXITED = 69, /* only its socket is left */
	POSTERN_REASON_NO_PEER = 70,        /* the node has no such peer */

	/* Opening a node. */
	POSTERN_REASON_OWNER = 80,          /* this process is not the owner */
	POSTERN_REASON_DIRECTORY = 81,      /* the socket's directory is unfit */
	POSTERN_REASON_IN_USE = 82,         /* the node is open already */
	POSTERN_REASON_GROUP = 83,          /* the owner cannot give the group */
	POSTERN_REASON_KERNEL = 85,         /* it lacks what is needed */
	POSTERN_REASON_SOCKET_MOVED = 86,   /* reload: the socket's path differs */
	POSTERN_REASON_FEATURE = 87,        /* the policy requires one that
	                                     * this host lacks */
	POSTERN_REASON_SUBORDINATE_UIDS = 88, /* /etc/subuid, or the names in
	                                     * /etc/passwd, cannot be used */

	/* The end of an admitted channel. */
	POSTERN_REASON_CLOSED = 100,        /* the peer closed in order */
	POSTERN_REASON_POISONED = 101,      /* the peer broke the rules */
	POSTERN_REASON_REVOKED = 102,       /* admission was taken back */
	POSTERN_REASON_NODE_CLOSED = 103,   /* the node itself was closed */
	POSTERN_REASON_EXCEEDED = 104,      /* over a limit of the policy */
	POSTERN_REASON_IDLE = 105,          /* nothing moved for too long */
	POSTERN_REASON_KEY_REJECTED = 106,  /* a message was not authentic */
	POSTERN_REASON_KEY_USED_UP = 107    /* 2^48 messages in a direction */
};

#define POSTERN_REFUSAL_FILE_BYTES 256
#define POSTERN_REFUSAL_RULE_BYTES 160
#define POSTERN_REFUSAL_DETAIL_BYTES 384

/*
 * Why not.  Begins with its size.  file, line and rule name the deciding line of the policy where
 * there is one (else file and rule are empty and line is 0); detail is one
 * sentence for a human, with the command that mends it where one does.  All
 * texts are terminated and are cut, never overrun.
 */
struct postern_refusal {
	size_t size_bytes;
	enum postern_reason reason;
	uint32_t line;
	char file[POSTERN_REFUSAL_FILE_BYTES];
	char rule[POSTERN_REFUSAL_RULE_BYTES];
	char detail[POSTERN_REFUSAL_DETAIL_BYTES];
};

#define POSTERN_REFUSAL_INIT \
	{sizeof(struct postern_refusal), POSTERN_REASON_NONE, 0, {0}, {0}, {0}}

/*
 * Features of the kernel, and one of the processor, that are used where
 * present.  Each can be switched off in the option structs to see how a program
 * does on a host without it.
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
 * The features of enum postern_feature that this host has, as bits.  Each of
 * the kernel's is tried, none is deduced from a version number.
 */
uint32_t postern_features(void);

/*
 * The meaning of a result of this library (negative errno, or 0) or of a
 * reason, as a short constant English text without a final stop.  Never NULL:
 * what is not in the set is "unknown error" or "unknown reason".  Safe in any
 * thread; the text is never freed.
 */
const char *postern_strerror(int result);
const char *postern_reason_text(enum postern_reason reason);

/*
 * A reason's stable one-word name for machines ("no-allow", "half-open"), as in
 * audit records.  Never NULL; "unknown" for what is not in the set.
 */
const char *postern_reason_word(enum postern_reason reason);

/*
 * Can the same call succeed later, without a change of the policy, the keys or
 * the program?  result is what the call returned; reason is that of its
 * refusal, or of the end of a channel, or POSTERN_REASON_NONE.  A reason, where
 * there is one, decides alone.
 *
 * Returns 1 if the node is not running or has closed; if a limit, a slot, memory
 * or descriptors ran out; if a name or a ring is in use; after a timeout; after
 * -EAGAIN; if the peer exited; if the handshake was evicted; or if the channel
 * ended because it was idle, over its rate, or had used up its key.  Otherwise 0.
 */
int postern_result_is_transient(int result, enum postern_reason reason);

/* No deadline: wait for as long as it takes. */
#define POSTERN_NO_DEADLINE UINT64_MAX

/*
 * Deadlines are absolute times of CLOCK_MONOTONIC in nanoseconds; 0 has passed
 * already, so a call with deadline 0 looks once and never blocks.  This is the
 * deadline timeout_ns from now, POSTERN_NO_DEADLINE if it would overflow.
 */
uint64_t postern_deadline_after(uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif

#endif
