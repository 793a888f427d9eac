/* SPDX-License-Identifier: ISC */
/*
 * Admission, from accept() to GO, in the order in which it happens
 *
 *   accept     who is it, and could any rule let it in at all?
 *   HELLO      is it this very process, what does it want, what does the policy
 *              say, is there a place?  Only then is anything created.
 *   OFFER      two segments, empty and unpaid, and the terms
 *   READY      the peer has paid for both, sealed its own, and proven a key if
 *              it claimed one: check that
 *   GO         the slot is committed, the peer is admitted
 *
 * What a peer is granted, and what that is charged to, is in admission_grant.c.
 * Who wants no channel says so in HELLO: it gets the node's statistics instead
 * (observe.c), or may give a command (control.c).
 *
 * Each stage is a list of checks, and the first that fails refuses: the peer
 * gets one code, the audit record the rest.  Nothing a peer says is used before
 * the kernel has said who it is, and the node never imports a descriptor.
 */
#include "node/node_state.h"

#include <errno.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "crypto/cipher.h"
#include "identity/subject.h"
#include "node/admission.h"
#include "node/audit.h"
#include "node/terms.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"
#include "os/socket_close.h"

#define ACCEPTS_PER_TURN 64

/* Such closes cost a thread each, before the policy decides anything. */
#define THREAD_CLOSES_PER_TURN 4

/* A record of the peer, or why there is none (-EAGAIN, -EPIPE, ...). */
struct received {
	int result;
	size_t byte_count;
	struct pst_packet_sender sender;
	uint8_t bytes[PST_WIRE_RECORD_BYTES_MAX];
};

/* -- HELLO, and the answer ------------------------------------------------- */

static bool is_for_us(const struct pst_node *node,
		      const struct pst_hello *hello,
		      struct postern_refusal *refusal)
{
	if (strcmp(hello->node_name, node->name) != 0)
		return pst_error_setf(refusal, POSTERN_REASON_WRONG_NODE,
				      "asked for node %s", hello->node_name);
	return true;
}

static bool answer_hello(struct pst_node *node, struct pst_half_open *entry,
			 struct postern_refusal *refusal)
{
	const struct pst_hello *hello = &entry->responder.hello;

	if (!is_for_us(node, hello, refusal))
		return false;
	switch (hello->kind) {
	case PST_WIRE_KIND_CHANNEL:
		return pst_admission_offer(node, entry, refusal);
	case PST_WIRE_KIND_OBSERVE:
		return pst_observe_answer(node, entry, refusal);
	case PST_WIRE_KIND_CONTROL:
		return pst_control_grant(node, entry, refusal);
	}
	return pst_error_set(refusal, POSTERN_REASON_KIND);
}

/* -- READY, and GO --------------------------------------------------------- */

/*
 * A peer can look at its OFFER, descriptors and all, and leave it in the queue,
 * where it stays in flight at our charge.
 */
static bool has_taken_offer(const struct pst_half_open *entry,
			    struct postern_refusal *refusal)
{
	if (pst_packet_unread_bytes(entry->socket_fd) == 0)
		return true;
	return pst_error_setf(refusal, POSTERN_REASON_PROTOCOL,
			      "READY before the OFFER was taken");
}

static bool still_lives(const struct pst_half_open *entry,
			struct postern_refusal *refusal)
{
	if (pst_process_has_ended(entry->credentials.pidfd) == 0)
		return true;
	return pst_error_set(refusal, POSTERN_REASON_PEER_DIED);
}

static bool answer_ready(struct pst_node *node, struct pst_half_open *entry,
			 struct postern_refusal *refusal)
{
	struct pst_peer *peer =
		pst_peer_table_at(&node->peer_table, entry->slot);

	if (!has_taken_offer(entry, refusal) ||
	    !pst_commit_is_paid(node, entry, refusal) ||
	    !still_lives(entry, refusal) ||
	    !pst_admission_settle(node, entry, refusal) ||
	    !pst_commit_go(node, entry, refusal))
		return false;

	entry->slot = 0;
	peer->identity.credentials = entry->credentials;
	pst_peer_credentials_init(&entry->credentials);
	pst_peer_credentials_forget_groups(&peer->identity.credentials);
	pst_half_open_release(&node->half_open, entry);
	pst_peer_inherit_meter(node, peer);
	PST_IGNORE(pst_node_transition(node, peer, PST_PEER_EVENT_CONNECTED));
	if (peer->directions & POSTERN_DIRECTION_SEND)
		PST_IGNORE(pst_node_transition(node, peer,
					       PST_PEER_EVENT_WOKEN));
	pst_node_stats_connect(node, peer);
	pst_audit_admit(node, peer);
	pst_event_push(node, POSTERN_EVENT_ADMITTED, peer,
		       POSTERN_REASON_NONE, 0);
	return true;
}

/* -- COMMAND, and the result ----------------------------------------------- */

static bool answer_command(struct pst_node *node, struct pst_half_open *entry)
{
	pst_control_obey(node, entry);
	pst_admission_release(node, entry);
	return true;
}

/* -- one record ------------------------------------------------------------ */

static bool is_same_process(const struct pst_peer_credentials *credentials,
			    const struct pst_packet_sender *sender)
{
	return sender->is_known && sender->pid == credentials->pid &&
	       sender->uid == credentials->uid &&
	       sender->gid == credentials->gid;
}

static bool take_record(struct pst_half_open *entry,
			const struct received *record,
			struct postern_refusal *refusal)
{
	const struct pst_packet_sender *sender = &record->sender;
	int r;

	if (!is_same_process(&entry->credentials, sender))
		return pst_error_setf(refusal,
				      POSTERN_REASON_CREDENTIALS_CHANGED,
				      "a record by pid %ld uid %lu",
				      (long)sender->pid,
				      (unsigned long)sender->uid);
	r = pst_responder_consume(&entry->responder, record->bytes,
				  record->byte_count);
	if (r < 0)
		return pst_admission_refuse_record(entry, refusal);
	return true;
}

static bool answer(struct pst_node *node, struct pst_half_open *entry,
		   struct postern_refusal *refusal)
{
	if (entry->responder.machine.state == HANDSHAKE_CONSUMED_READY)
		return answer_ready(node, entry, refusal);
	if (entry->responder.machine.state == HANDSHAKE_CONSUMED_COMMAND)
		return answer_command(node, entry);
	return answer_hello(node, entry, refusal);
}

static void receive(const struct pst_node *node, int socket_fd,
		    struct received *ret_record)
{
	ret_record->result = pst_packet_receive(
		socket_fd, node->features, ret_record->bytes,
		sizeof(ret_record->bytes), &ret_record->byte_count,
		&ret_record->sender);
}

/* A record that came, or what was wrong with it. */
static void take_in(struct pst_node *node, struct pst_half_open *entry,
		    const struct received *record)
{
	struct postern_refusal refusal;
	bool goes_on;

	entry->attempt.has_hello = true;
	if (record->result < 0)
		goes_on = pst_error_set_errno(&refusal, POSTERN_REASON_PROTOCOL,
					      record->result,
					      "receiving a record");
	else
		goes_on = take_record(entry, record, &refusal);
	if (goes_on)
		goes_on = answer(node, entry, &refusal);
	if (!goes_on)
		pst_admission_refuse(node, entry, &refusal);
}

void pst_admission_advance(struct pst_node *node, struct pst_half_open *entry)
{
	struct received record;

	receive(node, entry->socket_fd, &record);
	if (record.result == -EAGAIN)
		return;
	if (record.result == -EPIPE) {
		pst_admission_drop(node, entry);
		return;
	}
	take_in(node, entry, &record);
}

/* -- accept ---------------------------------------------------------------- */

/*
 * A place in the table, if need be another's.  A user with all its places taken
 * gets one for a HELLO if it has a connection without.
 */
static struct pst_half_open *
make_place(struct pst_node *node, const struct pst_half_open_attempt *attempt,
	   struct postern_refusal *refusal)
{
	struct pst_half_open_table *table = &node->half_open;
	struct pst_half_open *entry = NULL;

	if (pst_half_open_count_of(table, attempt->user) >=
	    PST_HALF_OPEN_PER_USER) {
		if (attempt->has_hello)
			entry = pst_half_open_find_own_victim(table,
							      attempt->user);
		if (!entry) {
			(void)pst_error_set(refusal, POSTERN_REASON_HALF_OPEN);
			return NULL;
		}
	} else {
		entry = pst_half_open_find_free(table, attempt);
		if (entry)
			return entry;
		entry = pst_half_open_find_victim(table, attempt);
	}
	pst_admission_end(node, entry, POSTERN_REASON_EVICTED);
	return entry;
}

/*
 * Root and the owner may always say what they want: another kind of connection
 * than a channel, or just whether somebody listens.  A channel they get by the
 * policy and within its limits, like everybody.
 */
static bool may_knock(struct pst_node *node,
		      const struct pst_peer_credentials *credentials,
		      uint64_t user, bool *ret_needs_key,
		      struct postern_refusal *refusal)
{
	struct postern_subject subject;

	*ret_needs_key = false;
	pst_subject_init(&subject, credentials, NULL, node->overflow_uid,
			 node->overflow_gid);
	if (!pst_admission_is_privileged(node, credentials) &&
	    (!pst_admission_acquire_handshake(node, user, refusal) ||
	     !pst_policy_may_match_later(node->binding.rules, &subject,
					 ret_needs_key, refusal)))
		return false;
	return true;
}

void pst_admission_begin(const struct pst_node *node,
			 struct pst_half_open *entry)
{
	const struct pst_responder_params params = {
		.layout_version = pst_channel_layout_version(),
		.cipher_bits = pst_cipher_bits_for(node->features),
	};

	pst_half_open_begin(entry, node->binding.key, &params);
}

/* Why the credentials could not be read. */
static void refuse_credentials(int result, struct postern_refusal *refusal)
{
	(void)pst_error_set_errno(refusal,
				  result == -EMFILE || result == -ENFILE ||
						  result == -ENOMEM
					  ? POSTERN_REASON_RESOURCES
					  : POSTERN_REASON_CREDENTIALS,
				  result, "reading the credentials");
}

/* A place and the poll set; false, and the peer is refused. */
static bool begin_handshake(struct pst_node *node, int socket_fd,
			    struct pst_peer_credentials *credentials,
			    const struct pst_half_open_attempt *attempt,
			    struct pst_half_open **ret_entry)
{
	struct postern_refusal refusal;
	struct pst_half_open *entry;
	uint32_t index;
	int r;

	entry = make_place(node, attempt, &refusal);
	if (!entry) {
		pst_admission_turn_away(node, socket_fd, credentials, &refusal);
		return false;
	}
	index = pst_half_open_index(&node->half_open, entry);
	pst_half_open_take(entry, socket_fd, credentials, attempt,
			   pst_deadline_after(node->reactor.now_ns,
					      PST_HALF_OPEN_DEADLINE_NS));
	pst_stats_collector_note_change(&node->stats.collector);
	pst_admission_begin(node, entry);
	r = pst_poll_set_add(node->reactor.set_fd, socket_fd,
			     pst_poll_tag(PST_POLL_HALF_OPEN, index,
					  entry->generation));
	if (r < 0) {
		(void)pst_error_set_errno(&refusal, POSTERN_REASON_RESOURCES, r,
					  "watching the socket");
		pst_admission_refuse(node, entry, &refusal);
		return false;
	}
	*ret_entry = entry;
	return true;
}

/*
 * The first record is usually here already, and is taken in at once: so a client
 * that has sent its HELLO never stands among those that have not, and one that
 * has hung up meanwhile takes no place.
 */
static void consider(struct pst_node *node, int socket_fd)
{
	unsigned *thread_close_count = &node->half_open.thread_close_count;
	struct pst_peer_credentials credentials;
	struct pst_half_open_attempt attempt;
	struct postern_refusal refusal;
	struct pst_half_open *entry;
	struct received record;
	int r;

	r = pst_peer_credentials_read(socket_fd, node->binding.wanted_facts,
				      node->features, &credentials);
	if (r == -ESRCH) {
		/* The peer has gone. */
		(void)pst_socket_close_counted(socket_fd, thread_close_count);
		return;
	}
	if (r < 0) {
		refuse_credentials(r, &refusal);
		pst_admission_turn_away(node, socket_fd, &credentials, &refusal);
		return;
	}
	attempt.user = pst_admission_user(node, &credentials);
	if (!may_knock(node, &credentials, attempt.user, &attempt.needs_key,
		       &refusal)) {
		pst_admission_turn_away(node, socket_fd, &credentials, &refusal);
		return;
	}
	receive(node, socket_fd, &record);
	if (record.result == -EPIPE) {
		pst_peer_credentials_done(&credentials);
		(void)pst_socket_close_counted(socket_fd, thread_close_count);
		return;
	}
	attempt.has_hello = record.result != -EAGAIN;
	attempt.abandoned_count = pst_half_open_count_abandoned(
		&node->half_open, attempt.user, node->reactor.now_ns);
	if (begin_handshake(node, socket_fd, &credentials, &attempt, &entry) &&
	    attempt.has_hello)
		take_in(node, entry, &record);
}

void pst_admission_accept(struct pst_node *node)
{
	unsigned close_count = node->half_open.thread_close_count;
	int fd, i, r;

	for (i = 0; i < ACCEPTS_PER_TURN; i++) {
		if (node->half_open.thread_close_count - close_count >=
		    THREAD_CLOSES_PER_TURN)
			return;
		r = pst_listener_accept(&node->listener, &fd);
		if (r == -EAGAIN)
			return;
		if (r < 0) {
			/* Out of descriptors, say: the backlog waits, and so
			 * do we, rather than spin on a listener that stays
			 * readable. */
			pst_audit_note(node, POSTERN_LOG_WARNING, "accept",
				       "cannot accept for now", r);
			pst_poll_set_remove(node->reactor.set_fd,
					    node->listener.socket_fd);
			node->listener_rests = true;
			node->listener_wakes_ns = pst_deadline_after(
				node->reactor.now_ns, PST_LISTENER_REST_NS);
			return;
		}
		consider(node, fd);
	}
}

void pst_admission_expire(struct pst_node *node, uint64_t now_ns)
{
	struct pst_half_open *entry;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &node->half_open.entries[i];
		if (entry->is_taken &&
		    pst_deadline_has_passed(entry->deadline_ns, now_ns))
			pst_admission_end(node, entry, POSTERN_REASON_DEADLINE);
	}
	pst_pending_offers_check(&node->half_open.pending, now_ns);
}
