/* SPDX-License-Identifier: ISC */
/*
 * A connection from a client to a node: path, listener, records, segments
 *
 * The policy names a path and an owner, the path leads to a socket, and the
 * kernel reports which uid called listen() on it.  Only a listener of the owner
 * is sent anything, and only from it is a descriptor received.  With `owner
 * unmapped` the kernel can only report that our user namespace does not map the
 * uid; the handshake then verifies the node's key.
 */
#include "client/client_connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "os/doorbell.h"
#include "os/features.h"
#include "os/listener.h"
#include "os/own_process.h"
#include "os/packet_socket.h"
#include "os/segment.h"
#include "os/socket_close.h"
#include "os/trusted_path.h"
#include "policy/policy_table.h"

/* -- errors ---------------------------------------------------------------- */

/* The listener could not be identified: -EACCES, unless a resource was
 * exhausted. */
static int set_listener_error(struct postern_error_info *error, int result,
			      const char *what)
{
	bool is_exhausted = pst_is_out_of_resources(result);

	(void)pst_error_set_errno(error, is_exhausted ?
					 POSTERN_REASON_RESOURCES :
					 POSTERN_REASON_LISTENER,
				  result, what);
	return is_exhausted ? result : -EACCES;
}

static int set_connect_error(struct postern_error_info *error, int result,
			     const char *path)
{
	switch (result) {
	case -ENOENT:
	case -ECONNREFUSED:
		(void)pst_error_setf(error, POSTERN_REASON_NOT_RUNNING,
				     "not running: no process listens at %s",
				     path);
		return -ENOENT;
	case -ENOTSOCK:
	case -EPROTOTYPE:
	case -ELOOP:
		(void)pst_error_setf(error, POSTERN_REASON_NOT_A_SOCKET,
				     "%s is not a node's socket", path);
		return -EACCES;
	case -EACCES:
		(void)pst_error_setf(error, POSTERN_REASON_REFUSED,
				     "the mode of %s keeps this user out",
				     path);
		return -EACCES;
	case -ETIMEDOUT:
		(void)pst_error_setf(error, POSTERN_REASON_DEADLINE,
				     "%s accepts no connection", path);
		return -ETIMEDOUT;
	default:
		(void)pst_error_set_errno(error, pst_error_reason(result),
					  result,
					  "connecting to the node's socket");
		return pst_error_result(error, result);
	}
}

/*
 * The usual description of a path fault contains a command that repairs it.
 * Where the owner is not mapped, that command would have to run on the host.
 */
static int set_path_error(struct postern_error_info *error, int result,
			  const struct pst_path_fault *fault, uid_t owner_uid,
			  bool is_unmapped)
{
	const enum postern_reason reason = pst_is_out_of_resources(result) ?
						   POSTERN_REASON_RESOURCES :
						   POSTERN_REASON_UNTRUSTED_PATH;
	uid_t unmapped_uid;

	if (fault->kind == PST_PATH_FAULT_OWNER && is_unmapped) {
		(void)pst_error_setf(error, reason,
				     "%s belongs to uid %lu, and not to an "
				     "unmapped user, root or this user",
				     fault->path, (unsigned long)fault->owner);
	} else if (fault->kind == PST_PATH_FAULT_WRITABLE && is_unmapped) {
		(void)pst_error_setf(error, reason,
				     "%s is writable by group or others: mount "
				     "the socket's directory below one that is "
				     "not", fault->path);
	} else if (fault->kind == PST_PATH_FAULT_OWNER &&
		   pst_own_unmapped_uid(&unmapped_uid) == 0 &&
		   fault->owner == unmapped_uid) {
		(void)pst_error_setf(error, reason,
				     "%s belongs to a user whom this user "
				     "namespace does not map: if the node has a "
				     "key, write 'owner unmapped' and 'key'",
				     fault->path);
	} else {
		(void)pst_error_set(error, reason);
		pst_path_fault_describe(fault, owner_uid, error->detail,
					sizeof(error->detail));
	}
	return result;
}

/* No HELLO can be made: the parameters of the channel are invalid. */
static int set_hello_error(struct postern_error_info *error)
{
	(void)pst_error_setf(error, POSTERN_REASON_PROTOCOL,
			     "the instance is no name, or the sizes requested "
			     "are too small");
	return -EINVAL;
}

/* -- from the name to the listener ----------------------------------------- */

int pst_connection_find_node(const struct pst_client_target *target,
			     const struct pst_policy_node **ret_rules,
			     struct postern_error_info *error)
{
	const struct pst_policy_node *rules;

	rules = pst_policy_find_node(target->policy, target->node_name);
	if (!rules) {
		pst_policy_refuse_unknown_node(target->policy,
					       target->node_name, error);
		return target->policy->fault ? -EINVAL : -ENOENT;
	}
	if (rules->connect_fault) {
		pst_policy_refuse_fault(rules->connect_fault,
					error);
		return -EINVAL;
	}
	*ret_rules = rules;
	return 0;
}

static int find_unmapped_owner(bool may_be_unmapped, uid_t *ret_owner_uid,
			       struct postern_error_info *error)
{
	int r;

	if (!may_be_unmapped) {
		(void)pst_error_setf(error, POSTERN_REASON_LISTENER,
				     "'owner unmapped': statistics and commands "
				     "prove no key; ask where the owner is "
				     "mapped");
		return -EACCES;
	}
	r = pst_own_unmapped_uid(ret_owner_uid);
	if (r == -EOPNOTSUPP) {
		(void)pst_error_setf(error, POSTERN_REASON_LISTENER,
				     "'owner unmapped' is for a user namespace "
				     "that does not map every uid: see "
				     "postern-policy(5)");
		return -EACCES;
	}
	if (r < 0)
		return set_listener_error(error, r,
					  "reading /proc/self/uid_map");
	return 0;
}

static int find_owner(const struct postern_node_description *node,
		      bool may_be_unmapped, uid_t *ret_owner_uid,
		      struct postern_error_info *error)
{
	switch (node->owner_fact) {
	case POSTERN_FACT_KNOWN:
		*ret_owner_uid = node->owner_uid;
		return 0;
	case POSTERN_FACT_ABSENT:
		return find_unmapped_owner(may_be_unmapped, ret_owner_uid,
					   error);
	case POSTERN_FACT_UNKNOWN:
		break;
	}
	(void)pst_error_setf(error, POSTERN_REASON_LISTENER,
			     "the owner's name is not known on this host");
	return -EACCES;
}

static int connect_socket(struct pst_connection *connection,
			  const struct postern_node_description *node,
			  struct postern_error_info *error)
{
	bool is_unmapped = node->owner_fact == POSTERN_FACT_ABSENT;
	int dir_fd PST_FD_OWNED = -1;
	struct pst_path_fault fault;
	const char *name;
	int r;

	r = pst_trusted_path_open_parent(
		node->socket_path, connection->owner_uid,
		is_unmapped ? PST_TRUSTED_PATH_OR_OWN : 0, &dir_fd, &name,
		&fault);
	if (r < 0)
		return set_path_error(error, r, &fault, connection->owner_uid,
				      is_unmapped);
	r = pst_socket_connect(dir_fd, name, connection->deadline_ns,
			       &connection->socket_fd);
	if (r < 0)
		return set_connect_error(error, r, node->socket_path);
	return 0;
}

static int check_listener(struct pst_connection *connection,
			  struct postern_error_info *error)
{
	struct pst_peer_credentials *listener = &connection->listener;
	int r;

	r = pst_peer_credentials_read(connection->socket_fd, 0,
				      connection->features, listener);
	if (r == -ESRCH) {
		(void)pst_error_setf(error, POSTERN_REASON_LISTENER_EXITED,
				     "not running: the node's process has "
				     "exited, and another process keeps its "
				     "socket open");
		return -ENOENT;
	}
	if (r < 0)
		return set_listener_error(error, r, "identifying the listener");
	if (listener->uid_fact == POSTERN_FACT_KNOWN &&
	    listener->uid == connection->owner_uid)
		return 0;
	(void)pst_error_setf(error, POSTERN_REASON_LISTENER,
			     "the listener is uid %lu, the policy's owner is "
			     "uid %lu", (unsigned long)listener->uid,
			     (unsigned long)connection->owner_uid);
	return -EACCES;
}

/*
 * With `owner unmapped` the kernel proves no identity, so may_be_unmapped says
 * that the handshake verifies the node's key, or that nothing is sent.
 */
static int open_socket(struct pst_connection *connection,
		       const struct pst_client_target *target,
		       bool may_be_unmapped, struct postern_error_info *error)
{
	struct postern_node_description node = POSTERN_NODE_DESCRIPTION_INIT;
	const struct pst_policy_node *rules;
	int r;

	*connection = (struct pst_connection){
		.socket_fd = -1,
		.segment_fds = {-1, -1},
		.deadline_ns = target->deadline_ns,
		.features = pst_features_probe(target->disable_features),
	};
	pst_peer_credentials_init(&connection->listener);
	r = pst_connection_find_node(target, &rules, error);
	if (r < 0)
		return r;
	pst_policy_describe_node(rules, &node);
	r = find_owner(&node, may_be_unmapped, &connection->owner_uid, error);
	if (r < 0)
		return r;
	/* A system call filter that kills this process for such a close does so
	 * now: the node must not choose the time. */
	if (!(connection->features & POSTERN_FEATURE_PASSRIGHTS))
		PST_IGNORE(pst_socket_close_try());
	r = connect_socket(connection, &node, error);
	if (r < 0)
		return r;
	return check_listener(connection, error);
}

/* -- records --------------------------------------------------------------- */

/* Until the socket is readable or closed by the node, or the deadline. */
static int await_node(const struct pst_connection *connection,
		      struct postern_error_info *error)
{
	unsigned ready;
	int r;

	r = pst_doorbell_sleep(&connection->socket_fd, 1,
			       connection->deadline_ns, &ready);
	if (r == -ETIMEDOUT)
		(void)pst_error_setf(error, POSTERN_REASON_DEADLINE,
				     "the node does not answer");
	return r;
}

/* Only the answer to HELLO has descriptors. */
static size_t expected_fd_count(const struct pst_handshake_machine *machine)
{
	if (machine->state != HANDSHAKE_CREATED_HELLO)
		return 0;
	switch (machine->kind) {
	case PST_WIRE_KIND_CHANNEL:
		return 2;
	case PST_WIRE_KIND_OBSERVE:
		return 1;
	case PST_WIRE_KIND_CONTROL:
		break;
	}
	return 0;
}

static int receive_record(struct pst_connection *connection,
			  struct pst_wire_record *ret_record,
			  struct postern_error_info *error)
{
	size_t fd_count = expected_fd_count(&connection->initiator.machine);
	int r;

	do {
		r = await_node(connection, error);
		if (r < 0)
			return r;
		if (fd_count > 0)
			r = pst_packet_receive_with_fds(
				connection->socket_fd, ret_record->bytes,
				sizeof(ret_record->bytes),
				&ret_record->byte_count,
				connection->segment_fds, fd_count);
		else
			r = pst_packet_receive(connection->socket_fd,
					       connection->features,
					       ret_record->bytes,
					       sizeof(ret_record->bytes),
					       &ret_record->byte_count, NULL);
	} while (r == -EAGAIN);
	if (r == -EPIPE)
		(void)pst_error_set(error, POSTERN_REASON_HUNG_UP);
	else if (r == -EBADMSG)
		(void)pst_error_setf(error, POSTERN_REASON_DESCRIPTORS,
				     "a record that is empty or too long, or "
				     "has descriptors that were not agreed on");
	return r;
}

static int receive_and_consume(struct pst_connection *connection,
			       struct postern_error_info *error)
{
	struct pst_wire_record record;
	int r;

	r = receive_record(connection, &record, error);
	if (r < 0)
		return r;
	r = pst_initiator_consume(&connection->initiator, record.bytes,
				  record.byte_count);
	if (r < 0)
		(void)pst_error_set(error,
				    connection->initiator.machine.reason);
	return r;
}

/*
 * A node that refuses closes the socket right after REFUSE.  If a send fails
 * because of that, the REFUSE is still in the queue and says why.
 */
int pst_connection_exchange(struct pst_connection *connection,
			    const struct pst_wire_record *record,
			    struct postern_error_info *error)
{
	int r, sent;

	sent = pst_packet_send(connection->socket_fd, record->bytes,
			       record->byte_count);
	if (sent < 0 && sent != -EPIPE)
		return sent;
	r = receive_and_consume(connection, error);
	if (r == 0 && sent < 0)
		(void)pst_error_set(error, POSTERN_REASON_HUNG_UP);
	return r < 0 ? r : sent;
}

static int exchange_hello(struct pst_connection *connection,
			  const struct pst_initiator_params *hello,
			  struct postern_error_info *error)
{
	struct pst_handshake_initiator *initiator = &connection->initiator;
	struct pst_wire_record record;
	int r;

	r = pst_initiator_init(initiator, hello);
	if (r == -EINVAL)
		return set_hello_error(error);
	if (r == 0)
		r = pst_initiator_create_hello(initiator, &record);
	if (r < 0) {
		(void)pst_error_set(error, initiator->machine.reason);
		return r;
	}
	return pst_connection_exchange(connection, &record, error);
}

bool pst_connection_is_denied(const struct pst_connection *connection)
{
	const struct pst_handshake_machine *machine =
		&connection->initiator.machine;

	return machine->state == HANDSHAKE_REFUSED &&
	       machine->reason == POSTERN_REASON_REFUSED;
}

int pst_connection_open(struct pst_connection *connection,
			const struct pst_client_target *target,
			const struct pst_initiator_params *hello,
			struct postern_error_info *error)
{
	struct pst_initiator_params params = *hello;
	bool verifies_key = hello->node_key != NULL;
	int r;

	params.node_name = target->node_name;
	params.page_bytes = (uint32_t)pst_own_page_bytes();
	r = open_socket(connection, target, verifies_key, error);
	if (r < 0)
		return r;
	if (hello->kind == PST_WIRE_KIND_CONTROL) {
		r = pst_packet_refuse_fds(connection->socket_fd,
					  connection->features);
		if (r < 0)
			return r;
	}
	return exchange_hello(connection, &params, error);
}

void pst_connection_close(struct pst_connection *connection)
{
	pst_initiator_done(&connection->initiator);
	(void)pst_fd_close(connection->segment_fds[0]);
	(void)pst_fd_close(connection->segment_fds[1]);
	(void)pst_socket_close(connection->socket_fd);
	pst_peer_credentials_done(&connection->listener);
}

/* -- segments -------------------------------------------------------------- */

int pst_connection_check_segment(const struct pst_connection *connection,
				 enum pst_connection_segment which,
				 const struct pst_offer_segment *announced,
				 dev_t device, struct postern_error_info *error)
{
	const struct pst_segment_expectation expectation = {
		.seals = which == PST_CONNECTION_NODE_SEGMENT ?
			 PST_SEGMENT_SEALS_WRITER_DONE :
			 PST_SEGMENT_SEALS_OFFERED,
		.device = device,
		.owner = connection->owner_uid,
		.segment_bytes = announced->segment_bytes,
	};
	int segment_fd = connection->segment_fds[which];
	enum pst_segment_fault fault;
	uint64_t inode;

	if (segment_fd < 0) {
		(void)pst_error_set(error, POSTERN_REASON_DESCRIPTORS);
		return -EBADMSG;
	}
	fault = pst_segment_check(segment_fd, &expectation);
	if (fault != PST_SEGMENT_FAULT_NONE) {
		(void)pst_error_setf(error, POSTERN_REASON_SEGMENT, "%s",
				     pst_segment_fault_text(fault));
		return -EBADMSG;
	}
	if (pst_segment_inode(segment_fd, &inode) < 0 ||
	    inode != announced->inode) {
		(void)pst_error_setf(error, POSTERN_REASON_SEGMENT,
				     "not the segment that was offered");
		return -EBADMSG;
	}
	return 0;
}

/* -- probe ----------------------------------------------------------------- */

/*
 * The kernel accepts connections for a process that is stopped, so a successful
 * connect() does not show that the node runs.  A node that runs sees that we
 * end sending and closes its socket, or has sent a REFUSE already.
 */
static int await_answer(const struct pst_connection *connection,
			struct postern_error_info *error)
{
	int r;

	r = pst_packet_end_sending(connection->socket_fd);
	if (r == -ENOTCONN)
		return 0; /* the node has closed its socket */
	if (r < 0)
		return r;
	return await_node(connection, error);
}

int pst_client_probe(const struct pst_client_target *target,
		     struct postern_error_info *error)
{
	struct pst_connection connection;
	int r;

	r = open_socket(&connection, target, true, error);
	if (r == 0)
		r = await_answer(&connection, error);
	pst_connection_close(&connection);
	return pst_error_finish(error, r, "asking the node");
}
