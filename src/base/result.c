/* SPDX-License-Identifier: ISC */
/*
 * Results, reasons, features and error information: see result.h
 *
 * One table each for results and reasons, in the order of <postern/result.h>.
 * The library uses the names in its log records, and the tool in its messages.
 */
#include "base/result.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/kernel_error.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct result_entry {
	int result;
	const char *description;
};

struct reason_entry {
	enum postern_reason reason;
	const char *name;
	const char *description;
};

static const struct result_entry results[] = {
	{0, "success"},
	{-EAGAIN, "nothing to receive, or no space to send"},
	{-EMSGSIZE, "the message is too large"},
	{-EPIPE, "the peer is gone"},
	{-EBADMSG, "the peer violated the protocol"},
	{-ENOTRECOVERABLE, "the channel is broken on this side"},
	{-ESTALE, "the handle is not valid any more"},
	{-EACCES, "access denied"},
	{-EKEYREJECTED, "authentication failed"},
	{-EPROTONOSUPPORT, "no common protocol version"},
	{-ETIMEDOUT, "the deadline passed"},
	{-EINTR, "the wait was interrupted"},
	{-EDQUOT, "a quota is used up"},
	{-EPERM, "the direction was not granted"},
	{-EBUSY, "in use"},
	{-ENOENT, "not found, or not running"},
	{-EOPNOTSUPP, "not possible with this kernel or policy"},
	{-EINVAL, "invalid argument or policy"},
	{-ENOMEM, "out of memory"},
	{-EMFILE, "out of descriptors in this process"},
	{-ENFILE, "out of descriptors on this host"},
	{-ECANCELED, "an unexpected failure"},
};

static const struct reason_entry reasons[] = {
	{POSTERN_REASON_NONE, "none",
	 "no reason"},
	{POSTERN_REASON_NO_ALLOW, "no-allow",
	 "no rule allows it"},
	{POSTERN_REASON_DENIED, "denied",
	 "a rule denies it"},
	{POSTERN_REASON_AMBIGUOUS_TENANT, "ambiguous-tenant",
	 "ambiguous tenant"},
	{POSTERN_REASON_UNKNOWN_TENANT, "unknown-tenant",
	 "membership of a tenant is unknown"},
	{POSTERN_REASON_DIRECTION, "direction",
	 "no requested direction is granted"},
	{POSTERN_REASON_SECURITY, "security",
	 "below the required security mode"},
	{POSTERN_REASON_UNKNOWN_NODE, "unknown-node",
	 "the policy has no such node"},
	{POSTERN_REASON_KEY, "key",
	 "a key is missing, wrong or not proven"},
	{POSTERN_REASON_POLICY, "policy",
	 "the policy has an error"},
	{POSTERN_REASON_SLOTS, "slots",
	 "all slots are in use"},
	{POSTERN_REASON_PEERS, "peers",
	 "the limit of peers is reached"},
	{POSTERN_REASON_PEERS_PER_USER, "peers-per-user",
	 "the limit of peers per user is reached"},
	{POSTERN_REASON_HALF_OPEN, "half-open",
	 "too many half-open handshakes of this user"},
	{POSTERN_REASON_EVICTED, "evicted",
	 "evicted in favour of another handshake"},
	{POSTERN_REASON_UNREAD_OFFERS, "unread-offers",
	 "too many unread offers"},
	{POSTERN_REASON_RESOURCES, "resources",
	 "memory or descriptors are exhausted"},
	{POSTERN_REASON_MEMORY, "memory",
	 "the limit of memory is reached"},
	{POSTERN_REASON_HANDSHAKES, "handshakes",
	 "too many handshakes of this user per second"},
	{POSTERN_REASON_CREDENTIALS, "credentials",
	 "the credentials of the process cannot be read"},
	{POSTERN_REASON_CREDENTIALS_CHANGED, "credentials-changed",
	 "another process than the one that connected uses the socket"},
	{POSTERN_REASON_PROTOCOL, "protocol",
	 "malformed or unexpected record"},
	{POSTERN_REASON_VERSION, "version",
	 "no common version"},
	{POSTERN_REASON_WRONG_NODE, "wrong-node",
	 "another node was requested"},
	{POSTERN_REASON_NOT_PERMITTED, "not-permitted",
	 "not permitted to observe or control the node"},
	{POSTERN_REASON_DEADLINE, "deadline",
	 "the handshake took too long"},
	{POSTERN_REASON_PEER_DIED, "peer-died",
	 "the process ended"},
	{POSTERN_REASON_HUNG_UP, "hung-up",
	 "the peer hung up"},
	{POSTERN_REASON_SEALS, "seals",
	 "the segment is not sealed as agreed"},
	{POSTERN_REASON_SPARSE, "sparse",
	 "the segment is not fully populated"},
	{POSTERN_REASON_UNTRUSTED_PATH, "untrusted-path",
	 "other users could redirect the path"},
	{POSTERN_REASON_NOT_A_SOCKET, "not-a-socket",
	 "the file with this name is not a socket"},
	{POSTERN_REASON_LISTENER, "listener",
	 "the listener is not the owner that the policy names"},
	{POSTERN_REASON_REFUSED, "refused",
	 "access denied"},
	{POSTERN_REASON_OFFER, "offer",
	 "the offer exceeds the request"},
	{POSTERN_REASON_DESCRIPTORS, "descriptors",
	 "not exactly the descriptors that were agreed on"},
	{POSTERN_REASON_SEGMENT, "segment",
	 "a segment differs from the offer"},
	{POSTERN_REASON_NODE_BUSY, "node-busy",
	 "the node is busy"},
	{POSTERN_REASON_NOT_RUNNING, "not-running",
	 "the node is not running"},
	{POSTERN_REASON_LISTENER_EXITED, "listener-exited",
	 "the node's process has exited"},
	{POSTERN_REASON_NO_PEER, "no-peer",
	 "the node has no such peer"},
	{POSTERN_REASON_OWNER, "owner",
	 "this process is not the owner of the node"},
	{POSTERN_REASON_DIRECTORY, "directory",
	 "the socket's directory cannot be used"},
	{POSTERN_REASON_IN_USE, "in-use",
	 "the node is open already"},
	{POSTERN_REASON_GROUP, "group",
	 "the owner may not set the group"},
	{POSTERN_REASON_KERNEL, "kernel",
	 "the kernel lacks a feature, or a system call failed"},
	{POSTERN_REASON_SOCKET_MOVED, "socket-moved",
	 "the socket of an open node cannot move"},
	{POSTERN_REASON_FEATURE, "feature",
	 "this host lacks a feature that the policy requires"},
	{POSTERN_REASON_SUBORDINATE_UIDS, "subordinate-uids",
	 "the subordinate uids of this host cannot be used"},
	{POSTERN_REASON_CLOSED, "closed",
	 "the peer closed"},
	{POSTERN_REASON_POISONED, "poisoned",
	 "the peer violated the protocol"},
	{POSTERN_REASON_REVOKED, "revoked",
	 "the policy no longer allows the peer"},
	{POSTERN_REASON_NODE_CLOSED, "node-closed",
	 "the node was closed"},
	{POSTERN_REASON_EXCEEDED, "exceeded",
	 "a limit of the policy was exceeded"},
	{POSTERN_REASON_IDLE, "idle",
	 "nothing was sent or received for too long"},
	{POSTERN_REASON_KEY_REJECTED, "key-rejected",
	 "a message failed authentication"},
	{POSTERN_REASON_KEY_EXHAUSTED, "key-exhausted",
	 "the key was used for the maximum number of messages"},
	{POSTERN_REASON_DISCONNECTED, "disconnected",
	 "the node disconnected the peer"},
};

static const enum postern_reason transient_reasons[] = {
	POSTERN_REASON_SLOTS,
	POSTERN_REASON_PEERS,
	POSTERN_REASON_PEERS_PER_USER,
	POSTERN_REASON_HALF_OPEN,
	POSTERN_REASON_EVICTED,
	POSTERN_REASON_UNREAD_OFFERS,
	POSTERN_REASON_RESOURCES,
	POSTERN_REASON_MEMORY,
	POSTERN_REASON_HANDSHAKES,
	POSTERN_REASON_DEADLINE,
	POSTERN_REASON_PEER_DIED,
	POSTERN_REASON_HUNG_UP,
	POSTERN_REASON_NODE_BUSY,
	POSTERN_REASON_NOT_RUNNING,
	POSTERN_REASON_LISTENER_EXITED,
	POSTERN_REASON_IN_USE,
	POSTERN_REASON_CLOSED,
	POSTERN_REASON_NODE_CLOSED,
	POSTERN_REASON_EXCEEDED,
	POSTERN_REASON_IDLE,
	POSTERN_REASON_KEY_EXHAUSTED,
};

const char *const pst_feature_names[PST_FEATURE_COUNT] = {
	"passrights", "peerpidfd", "pidfs", "noexec-seal", "aes",
};

_Static_assert(POSTERN_FEATURES_ALL == (1u << PST_FEATURE_COUNT) - 1,
	       "every feature has a name");
_Static_assert(POSTERN_FEATURE_PASSRIGHTS == 1 << 0 &&
		       POSTERN_FEATURE_PEERPIDFD == 1 << 1 &&
		       POSTERN_FEATURE_PIDFS == 1 << 2 &&
		       POSTERN_FEATURE_NOEXEC_SEAL == 1 << 3 &&
		       POSTERN_FEATURE_AES == 1 << 4,
	       "names are in the order of the bits");

const char *pst_result_description(int result)
{
	size_t i;

	for (i = 0; i < COUNT_OF(results); i++)
		if (results[i].result == result)
			return results[i].description;
	return "unknown error";
}

static const struct reason_entry *find(enum postern_reason reason)
{
	size_t i;

	for (i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].reason == reason)
			return &reasons[i];
	return NULL;
}

const char *pst_reason_description(enum postern_reason reason)
{
	const struct reason_entry *found = find(reason);

	return found ? found->description : "unknown reason";
}

const char *pst_reason_name(enum postern_reason reason)
{
	const struct reason_entry *found = find(reason);

	return found ? found->name : "unknown";
}

static bool is_transient_reason(enum postern_reason reason)
{
	size_t i;

	for (i = 0; i < COUNT_OF(transient_reasons); i++)
		if (transient_reasons[i] == reason)
			return true;
	return false;
}

bool pst_result_is_transient(int result, enum postern_reason reason)
{
	if (result >= 0)
		return false;
	if (reason != POSTERN_REASON_NONE)
		return is_transient_reason(reason);
	switch (result) {
	case -EAGAIN:
	case -EPIPE:
	case -ETIMEDOUT:
	case -EDQUOT:
	case -EBUSY:
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return true;
	default:
		return false;
	}
}

bool pst_error_set(struct postern_error_info *error, enum postern_reason reason)
{
	memset(error, 0, sizeof(*error));
	error->reason = reason;
	return false;
}

bool pst_error_setf(struct postern_error_info *error,
		    enum postern_reason reason, const char *format, ...)
{
	va_list arguments;

	(void)pst_error_set(error, reason);
	va_start(arguments, format);
	(void)vsnprintf(error->detail, sizeof(error->detail), format,
			arguments);
	va_end(arguments);
	return false;
}

bool pst_error_set_errno(struct postern_error_info *error,
			 enum postern_reason reason, int result,
			 const char *what)
{
	const char *meaning = strerrordesc_np(pst_kernel_error_number(result));
	const char *call = pst_kernel_error_call(result);

	if (reason == POSTERN_REASON_KERNEL && pst_is_out_of_resources(result))
		reason = POSTERN_REASON_RESOURCES;
	if (pst_is_kernel_error(result) &&
	    pst_kernel_error_number(result) == EFBIG)
		return pst_error_setf(error, reason,
				      "%s: %s: %s; raise the limit of the size "
				      "of files with 'ulimit -f unlimited' or "
				      "LimitFSIZE=",
				      what, call, meaning);
	return pst_error_setf(error, reason, "%s%s%s: %s", what,
			      call ? ": " : "", call ? call : "",
			      meaning ? meaning : "unknown error");
}

bool pst_error_set_io(struct postern_error_info *error, int result,
		      const char *what)
{
	if (result == -EPIPE)
		return pst_error_set(error, POSTERN_REASON_HUNG_UP);
	return pst_error_set_errno(error, POSTERN_REASON_RESOURCES, result,
				   what);
}

enum postern_reason pst_error_reason(int result)
{
	return pst_is_out_of_resources(result) ? POSTERN_REASON_RESOURCES
					       : POSTERN_REASON_KERNEL;
}

int pst_error_result(const struct postern_error_info *error, int result)
{
	if (error->reason != POSTERN_REASON_KERNEL ||
	    pst_is_kernel_error(result) || result == -EOPNOTSUPP)
		return result;
	return -ECANCELED;
}

int pst_error_finish(struct postern_error_info *error, int result,
		     const char *what)
{
	if (error->reason == POSTERN_REASON_NONE &&
	    (pst_is_kernel_error(result) || pst_is_out_of_resources(result)))
		(void)pst_error_set_errno(error, pst_error_reason(result),
					  result, what);
	return pst_error_result(error, result);
}
