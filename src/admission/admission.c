/* SPDX-License-Identifier: ISC */
/*
 * Admission, from accept4() to GO, in the order in which it happens
 *
 *   accept   Identify the peer.  Could any rule admit it?
 *   HELLO    Is it the same process, what does it request, what does the policy
 *            grant, is there a slot?  Nothing is created before.
 *   OFFER    Two empty segments and the channel parameters.
 *   READY    Has the peer populated both, sealed its own, and proven the key if
 *            it claimed one?
 *   GO       The peer is connected.
 */
#include "admission/admission.h"

#include <errno.h>
#include <string.h>

#include "admission/admission_steps.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/cipher.h"
#include "os/own_process.h"
#include "os/packet_socket.h"
#include "os/poll_set.h"
#include "os/poll_tag.h"

/* Of one call. */
#define ACCEPTS_MAX 64

/* Such closes cost a thread each, before the policy decides anything. */
#define THREAD_CLOSES_MAX 4

/* The pause after a failed accept4(), for instance without descriptors.  The
 * listener would stay readable meanwhile. */
#define BACKOFF_NS (100 * UINT64_C(1000000))

/* A record of the peer, or the reason that there is none (-EAGAIN, -EPIPE). */
struct received {
	int result;
	size_t byte_count;
	struct pst_packet_sender sender;
	uint8_t bytes[PST_WIRE_RECORD_BYTES_MAX];
};

/* -- HELLO and OFFER ------------------------------------------------------- */

static bool handle_hello(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 struct postern_error_info *error)
{
	const struct pst_hello *hello = &entry->responder.hello;

	if (strcmp(hello->node_name, admission->params.node_name) != 0)
		return pst_error_setf(error, POSTERN_REASON_WRONG_NODE,
				      "asked for node %s", hello->node_name);
	switch (hello->kind) {
	case PST_WIRE_KIND_CHANNEL:
		return pst_admission_offer(admission, entry, error);
	case PST_WIRE_KIND_OBSERVE:
		return pst_observe_execute(admission, entry, error);
	case PST_WIRE_KIND_CONTROL:
		return pst_control_permit(admission, entry, error);
	}
	return pst_error_set(error, POSTERN_REASON_NOT_PERMITTED);
}

/* -- READY and GO ---------------------------------------------------------- */

/* A peer can look at its OFFER without taking it from the queue.  Then the
 * descriptors stay in flight and count against the node. */
static bool has_taken_offer(const struct pst_half_open *entry,
			    struct postern_error_info *error)
{
	if (pst_packet_unread_bytes(entry->socket_fd) == 0)
		return true;
	return pst_error_setf(error, POSTERN_REASON_PROTOCOL,
			      "READY before the OFFER was taken");
}

static bool is_alive(const struct pst_half_open *entry,
		     struct postern_error_info *error)
{
	if (pst_process_has_ended(entry->credentials.pidfd) == 0)
		return true;
	return pst_error_set(error, POSTERN_REASON_PEER_DIED);
}

static bool handle_ready(struct pst_admission *admission,
			 struct pst_half_open *entry,
			 struct postern_error_info *error)
{
	const struct pst_admission_params *params = &admission->params;
	struct pst_peer *peer =
		pst_peer_table_at(params->peer_table, entry->slot);

	if (!has_taken_offer(entry, error) ||
	    !pst_admission_check_segments(admission, entry, error) ||
	    !is_alive(entry, error) ||
	    !pst_admission_finish(admission, entry, error) ||
	    !pst_admission_send_go(admission, entry, error))
		return false;

	entry->slot = 0; /* it belongs to the peer now */
	peer->identity.credentials = entry->credentials;
	pst_peer_credentials_init(&entry->credentials);
	pst_peer_credentials_forget_groups(&peer->identity.credentials);
	pst_half_open_release(&admission->half_open, entry);
	params->hooks->on_connected(params->hook_data, peer);
	return true;
}

/* -- records --------------------------------------------------------------- */

static bool is_same_process(const struct pst_peer_credentials *credentials,
			    const struct pst_packet_sender *sender)
{
	return sender->is_known && sender->pid == credentials->pid &&
	       sender->uid == credentials->uid &&
	       sender->gid == credentials->gid;
}

/* The handshake has failed by a record. */
static bool refuse_record(const struct pst_half_open *entry,
			  struct postern_error_info *error)
{
	enum postern_reason reason = entry->responder.machine.reason;

	if (reason == POSTERN_REASON_SECURITY)
		return pst_error_setf(error, reason,
				      "it begins with a cipher that this host "
				      "does without");
	if (reason != POSTERN_REASON_KEY)
		return pst_error_set(error, reason);
	return pst_error_setf(
		error, reason,
		entry->key ? "a record that was not made for the "
			     "node's key, or by whom it says, or was "
			     "altered"
			   : "a record that was made for a key, and "
			     "the node has none; or it was altered");
}

static bool consume_record(struct pst_half_open *entry,
			   const struct received *record,
			   struct postern_error_info *error)
{
	const struct pst_packet_sender *sender = &record->sender;
	int r;

	if (!is_same_process(&entry->credentials, sender))
		return pst_error_setf(error,
				      POSTERN_REASON_CREDENTIALS_CHANGED,
				      "a record by pid %ld uid %lu",
				      (long)sender->pid,
				      (unsigned long)sender->uid);
	r = pst_responder_consume(&entry->responder, record->bytes,
				  record->byte_count);
	if (r < 0)
		return refuse_record(entry, error);
	return true;
}

static bool handle_message(struct pst_admission *admission,
			   struct pst_half_open *entry,
			   struct postern_error_info *error)
{
	if (entry->responder.machine.state == HANDSHAKE_CONSUMED_READY)
		return handle_ready(admission, entry, error);
	if (entry->responder.machine.state == HANDSHAKE_CONSUMED_COMMAND) {
		pst_control_execute(admission, entry);
		pst_admission_release(admission, entry);
		return true;
	}
	return handle_hello(admission, entry, error);
}

static void receive_record(const struct pst_admission *admission, int socket_fd,
			   struct received *ret_record)
{
	ret_record->result = pst_packet_receive(
		socket_fd, admission->params.features, ret_record->bytes,
		sizeof(ret_record->bytes), &ret_record->byte_count,
		&ret_record->sender);
}

/* A record was received, or a fault in its place. */
static void handle_record(struct pst_admission *admission,
			  struct pst_half_open *entry,
			  const struct received *record)
{
	struct postern_error_info error;
	bool is_accepted;

	entry->attempt.has_hello = true;
	if (record->result < 0)
		is_accepted = pst_error_set_errno(
			&error, POSTERN_REASON_PROTOCOL, record->result,
			"receiving a record");
	else
		is_accepted = consume_record(entry, record, &error);
	if (!is_accepted || !handle_message(admission, entry, &error))
		pst_admission_refuse(admission, entry, &error);
}

void pst_admission_advance(struct pst_admission *admission, uint64_t tag)
{
	struct pst_half_open *entry =
		&admission->half_open.entries[pst_poll_tag_index(tag)];
	struct received record;

	if (!entry->is_taken ||
	    !pst_poll_tag_has_generation(tag, entry->generation))
		return;
	receive_record(admission, entry->socket_fd, &record);
	if (record.result == -EAGAIN)
		return;
	if (record.result == -EPIPE) {
		pst_admission_end_hung_up(admission, entry);
		return;
	}
	handle_record(admission, entry, &record);
}

/* -- attempts -------------------------------------------------------------- */

/*
 * An entry of the table, which another handshake may lose.  A user with all its
 * entries taken gets one for a HELLO if it has a connection without.
 */
static struct pst_half_open *
allocate_half_open(struct pst_admission *admission,
		   const struct pst_half_open_attempt *attempt,
		   struct postern_error_info *error)
{
	struct pst_half_open_table *table = &admission->half_open;
	struct pst_half_open *entry = NULL;

	if (pst_half_open_count_of(table, attempt->user) >=
	    PST_HALF_OPEN_PER_USER) {
		if (attempt->has_hello)
			entry = pst_half_open_find_own_victim(table,
							      attempt->user);
		if (!entry) {
			(void)pst_error_set(error, POSTERN_REASON_HALF_OPEN);
			return NULL;
		}
	} else {
		entry = pst_half_open_find_free(table, attempt);
		if (entry)
			return entry;
		entry = pst_half_open_find_victim(table, attempt);
	}
	pst_admission_end(admission, entry, POSTERN_REASON_EVICTED);
	return entry;
}

void pst_admission_begin(const struct pst_admission *admission,
			 struct pst_half_open *entry)
{
	const struct pst_admission_params *params = &admission->params;
	const struct pst_responder_params responder_params = {
		.layout_version = pst_channel_layout_version(),
		.cipher_bits = pst_cipher_bits_for(params->features),
	};

	pst_half_open_begin(entry, params->binding->key, &responder_params);
}

/* The credentials could not be read. */
static void refuse_credentials(int result, struct postern_error_info *error)
{
	(void)pst_error_set_errno(error,
				  result == -EMFILE || result == -ENFILE ||
						  result == -ENOMEM
					  ? POSTERN_REASON_RESOURCES
					  : POSTERN_REASON_CREDENTIALS,
				  result, "reading the credentials");
}

/* Returns the entry, or NULL: refused.  Takes socket and credentials. */
static struct pst_half_open *
begin_handshake(struct pst_admission *admission, int socket_fd,
		struct pst_peer_credentials *credentials,
		const struct pst_half_open_attempt *attempt)
{
	const struct pst_admission_params *params = &admission->params;
	struct postern_error_info error;
	struct pst_half_open *entry;
	uint32_t index;
	int r;

	entry = allocate_half_open(admission, attempt, &error);
	if (!entry) {
		pst_admission_refuse_attempt(admission, socket_fd, credentials,
					     &error);
		return NULL;
	}
	index = pst_half_open_index(&admission->half_open, entry);
	pst_half_open_take(entry, socket_fd, credentials, attempt,
			   pst_deadline_after(*params->now_ns,
					      PST_HALF_OPEN_DEADLINE_NS));
	params->hooks->on_half_open_changed(params->hook_data);
	pst_admission_begin(admission, entry);
	r = pst_poll_set_add(params->set_fd, socket_fd,
			     pst_poll_tag(PST_POLL_HALF_OPEN, index,
					  entry->generation));
	if (r < 0) {
		(void)pst_error_set_errno(&error, POSTERN_REASON_RESOURCES, r,
					  "watching the socket");
		pst_admission_refuse(admission, entry, &error);
		return NULL;
	}
	return entry;
}

/*
 * The first record has usually arrived, and is handled at once.  So a client
 * that has sent its HELLO is never counted among those that have not, and one
 * that has hung up takes no entry.
 */
static void handle_attempt(struct pst_admission *admission, int socket_fd)
{
	const struct pst_admission_params *params = &admission->params;
	struct pst_peer_credentials credentials;
	struct pst_half_open_attempt attempt;
	struct postern_error_info error;
	struct pst_half_open *entry;
	struct received record;
	int r;

	r = pst_peer_credentials_read(socket_fd, params->binding->wanted_facts,
				      params->features, &credentials);
	if (r == -ESRCH) {
		/* The peer has exited. */
		pst_admission_close_attempt(admission, socket_fd, &credentials);
		return;
	}
	if (r < 0) {
		refuse_credentials(r, &error);
		pst_admission_refuse_attempt(admission, socket_fd, &credentials,
					     &error);
		return;
	}
	attempt.user = pst_admission_user(admission, &credentials);
	if (!pst_admission_check_attempt(admission, &credentials, attempt.user,
					 &attempt.needs_key, &error)) {
		pst_admission_refuse_attempt(admission, socket_fd, &credentials,
					     &error);
		return;
	}
	receive_record(admission, socket_fd, &record);
	if (record.result == -EPIPE) {
		pst_admission_close_attempt(admission, socket_fd, &credentials);
		return;
	}
	attempt.has_hello = record.result != -EAGAIN;
	attempt.abandoned_count = pst_half_open_count_abandoned(
		&admission->half_open, attempt.user, *params->now_ns);
	entry = begin_handshake(admission, socket_fd, &credentials, &attempt);
	if (entry && attempt.has_hello)
		handle_record(admission, entry, &record);
}

/* -- the listener ---------------------------------------------------------- */

int pst_admission_watch_listener(struct pst_admission *admission,
				 uint64_t retry_ns)
{
	int r;

	r = pst_poll_set_add(admission->params.set_fd,
			     admission->listener.socket_fd,
			     pst_poll_tag(PST_POLL_LISTENER, 0, 0));
	admission->is_backing_off = r < 0;
	admission->listener_retry_ns = retry_ns;
	return r;
}

void pst_admission_unwatch_listener(struct pst_admission *admission)
{
	pst_poll_set_remove(admission->params.set_fd,
			    admission->listener.socket_fd);
	admission->is_backing_off = false;
}

static void back_off(struct pst_admission *admission)
{
	pst_admission_unwatch_listener(admission);
	admission->is_backing_off = true;
	admission->listener_retry_ns =
		pst_deadline_after(*admission->params.now_ns, BACKOFF_NS);
}

void pst_admission_accept(struct pst_admission *admission)
{
	const struct pst_admission_params *params = &admission->params;
	unsigned close_count = admission->half_open.thread_close_count;
	int fd, i, r;

	for (i = 0; i < ACCEPTS_MAX; i++) {
		if (admission->half_open.thread_close_count - close_count >=
		    THREAD_CLOSES_MAX)
			return;
		r = pst_listener_accept(&admission->listener, &fd);
		if (r == -EAGAIN)
			return;
		if (r < 0) {
			params->hooks->on_accept_failed(params->hook_data, r);
			back_off(admission);
			return;
		}
		handle_attempt(admission, fd);
	}
}

/* -- deadlines ------------------------------------------------------------- */

uint64_t pst_admission_next_deadline_ns(const struct pst_admission *admission)
{
	uint64_t deadline_ns =
		pst_half_open_next_deadline_ns(&admission->half_open);

	if (admission->is_backing_off)
		deadline_ns = pst_deadline_earlier(
			deadline_ns, admission->listener_retry_ns);
	return deadline_ns;
}

void pst_admission_handle_deadlines(struct pst_admission *admission)
{
	uint64_t now_ns = *admission->params.now_ns;
	struct pst_half_open *entry;
	size_t i;

	for (i = 0; i < PST_HALF_OPEN_COUNT; i++) {
		entry = &admission->half_open.entries[i];
		if (entry->is_taken &&
		    pst_deadline_has_passed(entry->deadline_ns, now_ns))
			pst_admission_end(admission, entry,
					  POSTERN_REASON_DEADLINE);
	}
	pst_pending_offers_check(&admission->half_open.pending, now_ns);
	if (admission->is_backing_off &&
	    pst_deadline_has_passed(admission->listener_retry_ns, now_ns))
		PST_IGNORE(pst_admission_watch_listener(
			admission, pst_deadline_after(now_ns, BACKOFF_NS)));
}

/* -- lifetime -------------------------------------------------------------- */

int pst_admission_init(struct pst_admission *admission,
		       const struct pst_admission_params *params)
{
	const struct pst_offer_capacity capacity =
		pst_offer_capacity_for(pst_own_descriptor_limit());
	int r;

	admission->params = *params;
	r = pst_overflow_ids_read(&admission->overflow_uid,
				  &admission->overflow_gid);
	if (r < 0)
		return r;
	r = pst_segment_device(&admission->memfd_device);
	if (r < 0)
		return r;
	return pst_half_open_init(&admission->half_open, &capacity);
}

void pst_admission_done(struct pst_admission *admission)
{
	/* No new attempts, then no more handshakes. */
	pst_listener_close(&admission->listener);
	pst_half_open_done(&admission->half_open);
}
