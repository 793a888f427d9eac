/* SPDX-License-Identifier: ISC */
/*
 * What every connection to a node begins with, whatever it is for
 *
 * The node's name leads to a path and an owner, the path to a socket, and the
 * kernel says whose listener that is.  Until it has proven to be the owner it
 * gets not one byte, and no descriptor of its is imported.  With `owner
 * unmapped` the kernel says no more than that our namespace does not map it,
 * and the node's key proves the rest.
 */
#include "client/client_connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/kernel_error.h"
#include "base/result.h"
#include "client/client.h"
#include "crypto/cipher.h"
#include "os/doorbell.h"
#include "os/features.h"
#include "os/listener.h"
#include "os/own_process.h"
#include "os/socket_close.h"
#include "os/socket_end.h"
#include "os/socket_path.h"

/* -- find and reach -------------------------------------------------------- */

int pst_connection_find_node(const struct postern_policy *policy,
			     const char *node_name,
			     const struct pst_policy_node **ret_rules,
			     struct postern_refusal *refusal)
{
	const struct pst_policy_node *rules;

	rules = pst_policy_find_node(policy, node_name);
	if (!rules) {
		pst_policy_refuse_unknown_node(policy, node_name, refusal);
		return pst_policy_fault(policy) ? -EINVAL : -ENOENT;
	}
	if (pst_policy_connect_fault(rules)) {
		pst_policy_refuse_fault(pst_policy_connect_fault(rules),
					refusal);
		return -EINVAL;
	}
	*ret_rules = rules;
	return 0;
}

static int find_node(const struct postern_policy *policy, const char *name,
		     struct postern_node_description *ret_description,
		     const struct pst_policy_node **ret_rules,
		     struct postern_refusal *refusal)
{
	const struct pst_policy_node *rules;
	int r;

	r = pst_connection_find_node(policy, name, &rules, refusal);
	if (r < 0)
		return r;
	pst_policy_describe_node(rules, ret_description);
	if (ret_description->owner_fact == POSTERN_FACT_UNKNOWN) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_LISTENER,
			"the owner's name is not known on this host");
		return -EACCES;
	}
	*ret_rules = rules;
	return 0;
}

static int why_no_connection(int result, const char *path,
			     struct postern_refusal *refusal)
{
	switch (result) {
	case -ENOENT:
	case -ECONNREFUSED:
		(void)pst_error_setf(refusal, POSTERN_REASON_NOT_RUNNING,
				     "not running: no process listens at %s",
				     path);
		return -ENOENT;
	case -ENOTSOCK:
	case -EPROTOTYPE:
	case -ELOOP:
		(void)pst_error_setf(refusal, POSTERN_REASON_NOT_A_SOCKET,
				     "%s is not a node's socket", path);
		return -EACCES;
	case -EACCES:
		(void)pst_error_setf(refusal, POSTERN_REASON_REFUSED,
				     "the mode of %s keeps this user out",
				     path);
		return -EACCES;
	case -ETIMEDOUT:
		(void)pst_error_setf(refusal, POSTERN_REASON_DEADLINE,
				     "%s accepts no connection", path);
		return -ETIMEDOUT;
	default:
		(void)pst_error_set_errno(refusal, pst_error_reason(result),
					  result,
					  "connecting to the node's socket");
		return pst_error_result(refusal, result);
	}
}

/*
 * With `owner unmapped` the kernel proves no identity: only a listener that has
 * to prove the node's key is reached, and only from a namespace that leaves users
 * unmapped.
 */
static int find_unmapped_owner(const struct pst_connection *connection,
			       uid_t *ret_owner,
			       struct postern_refusal *refusal)
{
	int r;

	if (!connection->may_be_unmapped) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_LISTENER,
			"'owner unmapped': statistics and commands "
			"prove no key; ask where the owner is mapped");
		return -EACCES;
	}
	r = pst_own_unmapped_uid(ret_owner);
	if (r == -EOPNOTSUPP) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_LISTENER,
			"'owner unmapped' is for a user namespace that "
			"does not map every uid: see "
			"postern-policy(5)");
		return -EACCES;
	}
	if (r < 0) {
		(void)pst_error_set_errno(refusal,
					  pst_is_out_of_resources(r)
						  ? POSTERN_REASON_RESOURCES
						  : POSTERN_REASON_LISTENER,
					  r, "reading /proc/self/uid_map");
		return pst_is_out_of_resources(r) ? r : -EACCES;
	}
	return 0;
}

/* The commands that mend a path are given on the host, where it is mapped. */
static void describe_fault(const struct pst_path_fault *fault, uid_t owner,
			   bool is_unmapped, struct postern_refusal *refusal)
{
	uid_t unmapped_uid;

	(void)pst_error_set(refusal, POSTERN_REASON_UNTRUSTED_PATH);
	if (fault->kind == PST_PATH_FAULT_OWNER && is_unmapped)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_UNTRUSTED_PATH,
			"%s belongs to uid %lu, and not to an unmapped "
			"user, root or this user",
			fault->path, (unsigned long)fault->owner);
	else if (fault->kind == PST_PATH_FAULT_WRITABLE && is_unmapped)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_UNTRUSTED_PATH,
			"%s is writable by group or others: mount the "
			"socket's directory below one that is not",
			fault->path);
	else if (fault->kind == PST_PATH_FAULT_OWNER &&
		 pst_own_unmapped_uid(&unmapped_uid) == 0 &&
		 fault->owner == unmapped_uid)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_UNTRUSTED_PATH,
			"%s belongs to a user whom this user namespace "
			"does not map: if the node has a key, write "
			"'owner unmapped' and 'key'",
			fault->path);
	else
		pst_path_fault_describe(fault, owner, refusal->detail,
					sizeof(refusal->detail));
}

static int open_connection(const struct postern_node_description *description,
			   uid_t owner, uint64_t deadline_ns, int *ret_fd,
			   struct postern_refusal *refusal)
{
	bool is_unmapped = description->owner_fact == POSTERN_FACT_ABSENT;
	int dir_fd PST_FD_OWNED = -1;
	struct pst_path_fault fault;
	const char *name;
	int r;

	r = pst_socket_path_open(description->socket_path, owner,
				 is_unmapped ? PST_TRUSTED_PATH_OR_OWN : 0,
				 &dir_fd, &name, &fault);
	if (r < 0) {
		describe_fault(&fault, owner, is_unmapped, refusal);
		if (pst_is_out_of_resources(r))
			refusal->reason = POSTERN_REASON_RESOURCES;
		return r;
	}
	r = pst_socket_connect(dir_fd, name, deadline_ns, ret_fd);
	if (r < 0)
		return why_no_connection(r, description->socket_path, refusal);
	return 0;
}

/* The kernel's word for who called listen(), not the listener's own. */
static int check_listener(int socket_fd, uint32_t features, uid_t owner,
			  struct pst_peer_credentials *ret_listener,
			  struct postern_refusal *refusal)
{
	int r;

	r = pst_peer_credentials_read(socket_fd, 0, features, ret_listener);
	if (r == -ESRCH) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_LISTENER_EXITED,
			"not running: the node's process has exited, "
			"and another process keeps its socket open");
		return -ENOENT;
	}
	if (r < 0) {
		(void)pst_error_set_errno(refusal,
					  pst_is_out_of_resources(r)
						  ? POSTERN_REASON_RESOURCES
						  : POSTERN_REASON_LISTENER,
					  r, "identifying the listener");
		return r == -EMFILE || r == -ENFILE || r == -ENOMEM ? r
								     : -EACCES;
	}
	if (ret_listener->uid_fact == POSTERN_FACT_KNOWN &&
	    ret_listener->uid == owner)
		return 0;
	(void)pst_error_setf(
		refusal, POSTERN_REASON_LISTENER,
		"the listener is uid %lu, the policy's owner is uid "
		"%lu",
		(unsigned long)ret_listener->uid, (unsigned long)owner);
	pst_peer_credentials_done(ret_listener);
	return -EACCES;
}

void pst_connection_init(struct pst_connection *connection,
			 uint64_t deadline_ns, uint32_t features_off)
{
	memset(connection, 0, sizeof(*connection));
	connection->socket_fd = -1;
	connection->segment_fds[0] = -1;
	connection->segment_fds[1] = -1;
	connection->deadline_ns = deadline_ns;
	connection->features = pst_features_probe(features_off) |
			       pst_cipher_features(features_off);
	pst_peer_credentials_init(&connection->listener);
}

void pst_connection_done(struct pst_connection *connection)
{
	pst_initiator_done(&connection->initiator);
	pst_segment_unmap(&connection->own_mapping);
	pst_segment_unmap(&connection->peer_mapping);
	(void)pst_fd_close(connection->segment_fds[0]);
	(void)pst_fd_close(connection->segment_fds[1]);
	(void)pst_socket_close(connection->socket_fd);
	pst_peer_credentials_done(&connection->listener);
}

int pst_connection_reach(struct pst_connection *connection,
			 const struct postern_policy *policy,
			 const char *node_name,
			 const struct pst_policy_node **ret_rules,
			 struct postern_refusal *refusal)
{
	struct postern_node_description description =
		POSTERN_NODE_DESCRIPTION_INIT;
	int r;

	r = find_node(policy, node_name, &description, ret_rules, refusal);
	if (r < 0)
		return r;
	connection->owner = description.owner_uid;
	/* A system call filter that ends the process does so here, and not at a
	 * moment that the node chooses. */
	if (!(connection->features & POSTERN_FEATURE_PASSRIGHTS))
		PST_IGNORE(pst_socket_close_try());
	if (description.owner_fact == POSTERN_FACT_ABSENT) {
		r = find_unmapped_owner(connection, &connection->owner,
					refusal);
		if (r < 0)
			return r;
	}
	r = open_connection(&description, connection->owner,
			    connection->deadline_ns, &connection->socket_fd,
			    refusal);
	if (r < 0)
		return r;
	return check_listener(connection->socket_fd, connection->features,
			      connection->owner, &connection->listener,
			      refusal);
}

/*
 * The kernel accepts connections for a process that is stopped.  So the end of
 * ours has to be seen: a node that runs then closes its socket, or has refused
 * already.
 */
static int await_answer(const struct pst_connection *connection,
			struct postern_refusal *refusal)
{
	unsigned ready;
	int r;

	r = pst_socket_end_sending(connection->socket_fd);
	if (r == -ENOTCONN)
		return 0; /* it has closed its socket */
	if (r < 0)
		return r;
	r = pst_doorbell_sleep(&connection->socket_fd, 1,
			       connection->deadline_ns, &ready);
	if (r == -ETIMEDOUT)
		(void)pst_error_setf(refusal, POSTERN_REASON_DEADLINE,
				     "the node does not answer");
	return r;
}

int pst_client_probe(const struct postern_policy *policy, const char *name,
		   uint64_t deadline_ns, struct postern_refusal *ret_refusal)
{
	const struct pst_policy_node *rules;
	struct pst_connection connection;
	int r;

	pst_connection_init(&connection, deadline_ns, 0);
	connection.may_be_unmapped = true; /* it is told nothing */
	r = pst_connection_reach(&connection, policy, name, &rules, ret_refusal);
	if (r == 0)
		r = await_answer(&connection, ret_refusal);
	pst_connection_done(&connection);
	return pst_error_finish(ret_refusal, r, "asking the node");
}

/* -- records --------------------------------------------------------------- */

/* How many descriptors the answer to HELLO has; no other record has any. */
static size_t awaited_fd_count(const struct pst_handshake_machine *machine)
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
			  struct pst_wire_record *ret_record)
{
	size_t fd_count = awaited_fd_count(&connection->initiator.machine);
	unsigned ready;
	int r;

	do {
		r = pst_doorbell_sleep(&connection->socket_fd, 1,
				       connection->deadline_ns, &ready);
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
	return r;
}

int pst_connection_consume(struct pst_connection *connection,
			   struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = receive_record(connection, &record);
	if (r == -ETIMEDOUT)
		(void)pst_error_setf(refusal, POSTERN_REASON_DEADLINE,
				     "the node does not answer");
	else if (r == -EPIPE)
		(void)pst_error_set(refusal, POSTERN_REASON_HUNG_UP);
	else if (r == -EBADMSG)
		(void)pst_error_setf(
			refusal, POSTERN_REASON_DESCRIPTORS,
			"a record that is empty or too long, or has "
			"descriptors that were not agreed on");
	if (r < 0)
		return r;
	r = pst_initiator_consume(&connection->initiator, record.bytes,
				  record.byte_count);
	if (r < 0)
		(void)pst_error_set(refusal,
				    connection->initiator.machine.reason);
	return r;
}

/*
 * A node that refuses hangs up right behind its record, and a send of ours may
 * notice that first: then the refusal still is to be read.
 */
int pst_connection_send(struct pst_connection *connection,
			const struct pst_wire_record *record,
			struct postern_refusal *refusal)
{
	int r;

	r = pst_packet_send(connection->socket_fd, record->bytes,
			    record->byte_count);
	if (r != -EPIPE)
		return r;
	r = pst_connection_consume(connection, refusal);
	if (r < 0)
		return r;
	(void)pst_error_set(refusal, POSTERN_REASON_HUNG_UP);
	return -EPIPE;
}

int pst_connection_say_hello(struct pst_connection *connection,
			     const struct pst_initiator_params *params,
			     struct postern_refusal *refusal)
{
	struct pst_wire_record record;
	int r;

	r = pst_initiator_init(&connection->initiator, params);
	if (r == -EINVAL) {
		(void)pst_error_setf(
			refusal, POSTERN_REASON_PROTOCOL,
			"the instance is no name, or the sizes wished "
			"for are too small");
		return r;
	}
	if (r == 0)
		r = pst_initiator_create_hello(&connection->initiator, &record);
	if (r < 0) {
		(void)pst_error_set(refusal,
				    connection->initiator.machine.reason);
		return r;
	}
	return pst_connection_send(connection, &record, refusal);
}

/* -- segments -------------------------------------------------------------- */

int pst_connection_check_segment(const struct pst_connection *connection,
				 size_t place, int seals, dev_t device,
				 const struct pst_offer_segment *announced,
				 struct postern_refusal *refusal)
{
	const struct pst_segment_expectation wanted = {
		.seals = seals,
		.device = device,
		.owner = connection->owner,
		.segment_bytes = announced->segment_bytes,
	};
	int segment_fd = connection->segment_fds[place];
	enum pst_segment_fault fault;
	uint64_t inode;

	if (segment_fd < 0) {
		(void)pst_error_set(refusal, POSTERN_REASON_DESCRIPTORS);
		return -EBADMSG;
	}
	fault = pst_segment_check(segment_fd, &wanted);
	if (fault != PST_SEGMENT_FAULT_NONE) {
		(void)pst_error_setf(refusal, POSTERN_REASON_SEGMENT, "%s",
				     pst_segment_fault_text(fault));
		return -EBADMSG;
	}
	if (pst_segment_inode(segment_fd, &inode) < 0 ||
	    inode != announced->inode) {
		(void)pst_error_setf(refusal, POSTERN_REASON_SEGMENT,
				     "not the segment that was offered");
		return -EBADMSG;
	}
	return 0;
}
