/* SPDX-License-Identifier: ISC */
/*
 * The state machine of a peer, as a table
 *
 * An action runs before the state changes; if it fails, the state stays.  While
 * a peer is throttled its ring fills, which its sender notices.  Its socket is
 * not watched then, since a doorbell would be of no use and a hang-up would stay
 * readable; the pidfd is watched until the channel has ended, for the same reason.
 */
#include "peer/peer_state.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "channel/channel.h"
#include "channel/channel_detached.h"
#include "os/poll_set.h"
#include "os/poll_tag.h"

/* If the socket cannot be watched again, the next attempt. */
#define RETRY_NS (100 * UINT64_C(1000000))

/* -- descriptors ----------------------------------------------------------- */

static int watch(const struct pst_peer_table *table,
		 const struct pst_peer *peer, int fd, enum pst_poll_kind kind,
		 bool *is_watched)
{
	int r;

	if (*is_watched)
		return 0;
	r = pst_poll_set_add(table->set_fd, fd,
			     pst_poll_tag(kind, pst_peer_index(table, peer),
					  peer->generation));
	if (r == 0)
		*is_watched = true;
	return r;
}

static void unwatch(const struct pst_peer_table *table, int fd,
		    bool *is_watched)
{
	if (*is_watched)
		pst_poll_set_remove(table->set_fd, fd);
	*is_watched = false;
}

static int watch_socket(const struct pst_peer_table *table,
			struct pst_peer *peer)
{
	return watch(table, peer, pst_channel_socket_fd(peer->channel),
		     PST_POLL_PEER_SOCKET, &peer->socket_is_watched);
}

static void unwatch_socket(const struct pst_peer_table *table,
			   struct pst_peer *peer)
{
	if (peer->socket_is_watched)
		unwatch(table, pst_channel_socket_fd(peer->channel),
			&peer->socket_is_watched);
}

int pst_peer_watch(const struct pst_peer_table *table, struct pst_peer *peer)
{
	int r;

	r = watch_socket(table, peer);
	if (r < 0)
		return r;
	return watch(table, peer, pst_channel_pidfd(peer->channel),
		     PST_POLL_PEER_PIDFD, &peer->pidfd_is_watched);
}

void pst_peer_unwatch(const struct pst_peer_table *table,
		      struct pst_peer *peer)
{
	unwatch_socket(table, peer);
	if (peer->pidfd_is_watched)
		unwatch(table, pst_channel_pidfd(peer->channel),
			&peer->pidfd_is_watched);
	if (peer->wake_is_watched)
		unwatch(table, pst_channel_wake_fd(peer->channel),
			&peer->wake_is_watched);
}

int pst_peer_watch_wake(const struct pst_peer_table *table,
			struct pst_peer *peer)
{
	if (pst_peer_is_draining(peer))
		return 0;
	return watch(table, peer, pst_channel_wake_fd(peer->channel),
		     PST_POLL_PEER_WAKE, &peer->wake_is_watched);
}

int pst_peer_create_link(const struct pst_peer_table *table,
			 struct pst_peer *peer)
{
	struct pst_detached_link *link;
	bool is_watched = false;
	int r;

	r = pst_detached_link_new(&link);
	if (r < 0)
		return r;
	r = watch(table, peer, pst_detached_link_fd(link), PST_POLL_PEER_LINK,
		  &is_watched);
	if (r < 0) {
		(void)pst_detached_link_unref(link); /* always NULL */
		return r;
	}
	peer->detached_link = link;
	return 0;
}

/* -- deadlines ------------------------------------------------------------- */

static uint64_t idle_deadline_ns(const struct pst_peer *peer)
{
	if (peer->times.idle_ns == 0 || peer->state == PST_PEER_FREE ||
	    peer->state == PST_PEER_DETACHED || pst_peer_is_draining(peer))
		return PST_DEADLINE_NEVER;
	return pst_deadline_after(peer->times.last_active_ns,
				  peer->times.idle_ns);
}

static uint64_t deadline_ns(const struct pst_peer *peer)
{
	uint64_t earliest_ns = idle_deadline_ns(peer);

	if (pst_peer_is_draining(peer))
		earliest_ns = pst_deadline_earlier(
			earliest_ns, peer->times.drain_deadline_ns);
	if (pst_peer_is_throttled(peer))
		earliest_ns = pst_deadline_earlier(earliest_ns,
						   peer->times.throttle_end_ns);
	return earliest_ns;
}

static void set_deadline(struct pst_peer_table *table,
			 const struct pst_peer *peer)
{
	pst_deadline_heap_set(&table->deadlines, pst_peer_index(table, peer),
			      deadline_ns(peer));
}

/*
 * Messages that the node has sent or not yet received are activity: a peer that
 * has a message in its ring, and sends no doorbell, is no less active.  The ring
 * of a peer that may not send is not read.
 */
static enum pst_peer_due find_idle_due(struct pst_peer *peer, uint64_t now_ns)
{
	uint64_t sent_messages = pst_channel_sent_messages(peer->channel);
	enum pst_peer_due due = PST_PEER_DUE_NOTHING;

	if (sent_messages == peer->times.sent_messages &&
	    !pst_peer_is_throttled(peer)) {
		if (!(peer->directions & POSTERN_DIRECTION_TO_NODE) ||
		    !pst_channel_has_message(peer->channel))
			return PST_PEER_DUE_IDLE_END;
		due = PST_PEER_DUE_MESSAGE;
	}
	peer->times.sent_messages = sent_messages;
	peer->times.last_active_ns = now_ns;
	return due;
}

static bool is_drain_over(struct pst_peer *peer, uint64_t now_ns,
			  uint64_t drain_begin_ns)
{
	if (!pst_peer_is_draining(peer))
		return false;
	if (peer->times.drain_deadline_ns < drain_begin_ns + PST_PEER_DRAIN_NS)
		peer->times.drain_deadline_ns = pst_deadline_after(
			drain_begin_ns, PST_PEER_DRAIN_NS);
	return pst_deadline_has_passed(peer->times.drain_deadline_ns, now_ns);
}

static enum pst_peer_due find_due(struct pst_peer *peer, uint64_t now_ns,
				  uint64_t drain_begin_ns)
{
	enum pst_peer_due due = PST_PEER_DUE_NOTHING;

	if (is_drain_over(peer, now_ns, drain_begin_ns))
		return PST_PEER_DUE_DRAIN_END;
	if (pst_deadline_has_passed(idle_deadline_ns(peer), now_ns))
		due = find_idle_due(peer, now_ns);
	if (pst_peer_is_throttled(peer) &&
	    pst_deadline_has_passed(peer->times.throttle_end_ns, now_ns))
		due = PST_PEER_DUE_TOKENS;
	return due;
}

enum pst_peer_due pst_peer_take_due(struct pst_peer_table *table,
				    uint64_t now_ns, uint64_t drain_begin_ns,
				    struct pst_peer **ret_peer)
{
	enum pst_peer_due due;
	struct pst_peer *peer;
	uint32_t index;

	while (pst_deadline_heap_take(&table->deadlines, now_ns, &index)) {
		peer = &table->peers[index];
		due = find_due(peer, now_ns, drain_begin_ns);
		set_deadline(table, peer);
		if (due != PST_PEER_DUE_NOTHING) {
			*ret_peer = peer;
			return due;
		}
	}
	return PST_PEER_DUE_NOTHING;
}

/* -- actions --------------------------------------------------------------- */

static int begin(struct pst_peer_table *table, struct pst_peer *peer,
		 uint64_t now_ns)
{
	(void)table;
	peer->sched.channel = peer->channel;
	peer->times.connected_ns = now_ns;
	peer->times.last_active_ns = now_ns;
	return 0;
}

static int ignore(struct pst_peer_table *table, struct pst_peer *peer,
		  uint64_t now_ns)
{
	(void)table;
	(void)peer;
	(void)now_ns;
	return 0;
}

/* Poll it again for a while before it is armed. */
static int expect_message(struct pst_peer_table *table, struct pst_peer *peer,
			  uint64_t now_ns)
{
	(void)table;
	(void)now_ns;
	peer->sched.empty_polls = 0;
	return 0;
}

static int join_queue(struct pst_peer_table *table, struct pst_peer *peer,
		      uint64_t now_ns)
{
	pst_scheduler_add(table->scheduler, &peer->sched);
	return expect_message(table, peer, now_ns);
}

/* Arming polls the ring once more. */
static int arm(struct pst_peer_table *table, struct pst_peer *peer,
	       uint64_t now_ns)
{
	if (pst_channel_arm_receive(peer->channel)) {
		(void)expect_message(table, peer, now_ns); /* always 0 */
		return -EAGAIN;
	}
	pst_scheduler_remove(&peer->sched);
	return 0;
}

static int throttle(struct pst_peer_table *table, struct pst_peer *peer,
		    uint64_t now_ns)
{
	pst_scheduler_remove(&peer->sched);
	unwatch_socket(table, peer);
	peer->times.throttled_since_ns = now_ns;
	peer->times.throttled_count++;
	peer->times.throttle_end_ns =
		pst_metering_reserve(&peer->sched.metering, now_ns);
	return 0;
}

static int end_throttling(struct pst_peer_table *table, struct pst_peer *peer,
			  uint64_t now_ns)
{
	peer->times.throttled_ns += now_ns - peer->times.throttled_since_ns;
	return join_queue(table, peer, now_ns);
}

static int watch_and_end_throttling(struct pst_peer_table *table,
				    struct pst_peer *peer, uint64_t now_ns)
{
	int r;

	r = watch_socket(table, peer);
	if (r < 0) {
		peer->times.throttle_end_ns =
			pst_deadline_after(now_ns, RETRY_NS);
		set_deadline(table, peer);
		return r;
	}
	return end_throttling(table, peer, now_ns);
}

/* A socket and a process that have ended stay readable. */
static int drain_throttled(struct pst_peer_table *table, struct pst_peer *peer,
			   uint64_t now_ns)
{
	pst_peer_unwatch(table, peer);
	peer->sched.is_draining = true;
	peer->times.drain_deadline_ns =
		pst_deadline_after(now_ns, PST_PEER_DRAIN_NS);
	return 0;
}

static int drain(struct pst_peer_table *table, struct pst_peer *peer,
		 uint64_t now_ns)
{
	(void)drain_throttled(table, peer, now_ns); /* always 0 */
	return expect_message(table, peer, now_ns);
}

static int join_queue_and_drain(struct pst_peer_table *table,
				struct pst_peer *peer, uint64_t now_ns)
{
	(void)drain_throttled(table, peer, now_ns); /* always 0 */
	return join_queue(table, peer, now_ns);
}

static int detach(struct pst_peer_table *table, struct pst_peer *peer,
		  uint64_t now_ns)
{
	(void)now_ns;
	pst_scheduler_remove(&peer->sched);
	pst_peer_unwatch(table, peer);
	pst_channel_detach(peer->channel, peer->detached_link);
	peer->sched.channel = NULL;
	peer->channel = NULL;
	return 0;
}

static int release(struct pst_peer_table *table, struct pst_peer *peer,
		   uint64_t now_ns)
{
	(void)now_ns;
	pst_scheduler_remove(&peer->sched);
	pst_metering_release_all(&peer->sched.metering);
	pst_peer_unwatch(table, peer);
	peer->sched.is_draining = false;
	peer->sched.channel = NULL;
	peer->channel = NULL;
	return 0;
}

static int release_detached(struct pst_peer_table *table,
			    struct pst_peer *peer, uint64_t now_ns)
{
	(void)now_ns;
	pst_poll_set_remove(table->set_fd,
			    pst_detached_link_fd(peer->detached_link));
	peer->detached_link = NULL;
	return 0;
}

/* -- the table ------------------------------------------------------------- */

#define S(name) PST_PEER_##name
#define E(name) PST_PEER_EVENT_##name

/* tests/check_peer_states.sh reads the rows of this table. */
static const struct transition {
	enum pst_peer_state from;
	enum pst_peer_event event;
	enum pst_peer_state to;
	int (*act)(struct pst_peer_table *table, struct pst_peer *peer,
		   uint64_t now_ns);
} transitions[] = {
	{S(IDLE), E(WOKEN), S(READY), join_queue},
	{S(READY), E(FOUND_EMPTY), S(IDLE), arm},
	{S(READY), E(WOKEN), S(READY), expect_message},
	{S(THROTTLED), E(WOKEN), S(THROTTLED), ignore},

	{S(READY), E(OUT_OF_TOKENS), S(THROTTLED), throttle},
	{S(THROTTLED), E(TOKENS_DUE), S(READY), watch_and_end_throttling},
	{S(DRAINING), E(OUT_OF_TOKENS), S(DRAINING_THROTTLED), throttle},
	{S(DRAINING_THROTTLED), E(TOKENS_DUE), S(DRAINING), end_throttling},

	{S(FREE), E(CONNECTED), S(IDLE), begin},

	{S(IDLE), E(CHANNEL_ENDED), S(DRAINING), join_queue_and_drain},
	{S(READY), E(CHANNEL_ENDED), S(DRAINING), drain},
	{S(THROTTLED), E(CHANNEL_ENDED), S(DRAINING_THROTTLED), drain_throttled},

	{S(IDLE), E(LIMITS_CHANGED), S(IDLE), ignore},
	{S(READY), E(LIMITS_CHANGED), S(READY), expect_message},
	{S(THROTTLED), E(LIMITS_CHANGED), S(READY), watch_and_end_throttling},
	{S(DRAINING), E(LIMITS_CHANGED), S(DRAINING), expect_message},
	{S(DRAINING_THROTTLED), E(LIMITS_CHANGED), S(DRAINING), end_throttling},
	{S(DETACHED), E(LIMITS_CHANGED), S(DETACHED), ignore},

	{S(IDLE), E(DETACH), S(DETACHED), detach},
	{S(READY), E(DETACH), S(DETACHED), detach},
	{S(THROTTLED), E(DETACH), S(DETACHED), detach},

	{S(IDLE), E(END), S(FREE), release},
	{S(READY), E(END), S(FREE), release},
	{S(THROTTLED), E(END), S(FREE), release},
	{S(DRAINING), E(END), S(FREE), release},
	{S(DRAINING_THROTTLED), E(END), S(FREE), release},
	{S(DETACHED), E(END), S(FREE), release_detached},
};

#undef S
#undef E

const char *pst_peer_find_fault(const struct pst_peer_table *table,
				const struct pst_peer *peer)
{
	enum pst_peer_state state = peer->state;
	bool is_served = state == PST_PEER_IDLE || state == PST_PEER_READY;
	bool has_channel = state != PST_PEER_FREE &&
			   state != PST_PEER_DETACHED;
	uint32_t position =
		table->deadlines.positions[pst_peer_index(table, peer)];

	if (pst_sched_is_ready(&peer->sched) !=
	    (state == PST_PEER_READY || state == PST_PEER_DRAINING))
		return "in a ready queue if and only if READY or DRAINING";
	if (peer->socket_is_watched != is_served)
		return "socket watched if and only if IDLE or READY";
	if (peer->pidfd_is_watched !=
	    (is_served || state == PST_PEER_THROTTLED))
		return "pidfd watched if and only if IDLE, READY or THROTTLED";
	if (peer->wake_is_watched && !peer->pidfd_is_watched)
		return "eventfd watched only with the pidfd";
	if ((peer->channel != NULL) != has_channel ||
	    peer->sched.channel != peer->channel)
		return "a channel but in FREE and DETACHED";
	if ((peer->detached_link != NULL) != (state == PST_PEER_DETACHED))
		return "a link if and only if DETACHED";
	if (peer->sched.is_draining != pst_peer_is_draining(peer))
		return "its entry has the flag if and only if it drains";
	if (pst_peer_is_draining(peer) && peer->times.drain_deadline_ns == 0)
		return "a drain deadline while it drains";
	if ((position != 0) != (deadline_ns(peer) != PST_DEADLINE_NEVER))
		return "in the deadline heap if and only if it has a deadline";
	return NULL;
}

int pst_peer_transition(struct pst_peer_table *table, struct pst_peer *peer,
			enum pst_peer_event event, uint64_t now_ns)
{
	const struct transition *row;
	size_t i;
	int r;

	for (i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
		row = &transitions[i];
		if (row->from != peer->state || row->event != event)
			continue;
		r = row->act(table, peer, now_ns);
		if (r < 0)
			return r;
		peer->state = row->to;
		if (pst_peer_event_sets_deadline(event))
			set_deadline(table, peer);
		assert(!pst_peer_find_fault(table, peer));
		return 0;
	}
	return -ENOTRECOVERABLE;
}
