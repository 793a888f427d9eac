/* SPDX-License-Identifier: ISC */
/*
 * Waiting: poll, busy-wait, arm, poll once more, sleep
 *
 * No wake-up is lost because of this order; channel_state.h names the rules.  A
 * doorbell may stay unread while there is something to do: it ends the next
 * sleep at once.
 */
#include "channel/channel_doorbell.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "channel/channel_traffic.h"
#include "os/doorbell.h"
#include "os/monotonic.h"
#include "os/poll_set.h"

#define SEND_WANTS                                                 \
	((uint32_t)PST_CHANNEL_WANT_SPACE | PST_CHANNEL_WANT_LOW | \
	 PST_CHANNEL_WANT_CONSUMED)

/* An error of the ring counts as ready: the next call returns it. */
static uint32_t poll_ready(struct pst_channel *channel, uint32_t wants)
{
	uint32_t ready = 0;

	if (pst_channel_has_ended(channel))
		return wants;
	if ((wants & PST_CHANNEL_WANT_MESSAGE) &&
	    pst_ring_has_message(&channel->consumer) != -EAGAIN)
		ready |= PST_CHANNEL_WANT_MESSAGE;
	if ((wants & PST_CHANNEL_WANT_SPACE) &&
	    pst_ring_has_space(&channel->producer, channel->wanted_bytes) !=
		    -EAGAIN)
		ready |= PST_CHANNEL_WANT_SPACE;
	if ((wants & PST_CHANNEL_WANT_LOW) && pst_channel_is_low(channel))
		ready |= PST_CHANNEL_WANT_LOW;
	if ((wants & PST_CHANNEL_WANT_CONSUMED) &&
	    pst_ring_is_consumed(&channel->producer) != -EAGAIN)
		ready |= PST_CHANNEL_WANT_CONSUMED;
	return ready;
}

static void clear_pending(struct pst_channel_waiter *waiter)
{
	atomic_store_explicit(&waiter->pending, false, memory_order_seq_cst);
}

static void arm(struct pst_channel *channel, uint32_t wants)
{
	if (wants & PST_CHANNEL_WANT_MESSAGE) {
		clear_pending(&channel->receive_waiter);
		atomic_store(&channel->receive_waiter.armed, true);
		atomic_fetch_add(&channel->armings, 1);
		pst_ring_arm_consumer(&channel->consumer);
	}
	if (wants & SEND_WANTS) {
		clear_pending(&channel->send_waiter);
		atomic_store(&channel->send_waiter.armed, true);
		atomic_fetch_add(&channel->armings, 1);
		pst_ring_arm_producer(&channel->producer);
	}
}

void pst_channel_disarm(struct pst_channel *channel, uint32_t wants)
{
	if (wants & PST_CHANNEL_WANT_MESSAGE) {
		atomic_store(&channel->receive_waiter.armed, false);
		pst_ring_disarm_consumer(&channel->consumer);
	}
	if (wants & SEND_WANTS) {
		atomic_store(&channel->send_waiter.armed, false);
		pst_ring_disarm_producer(&channel->producer);
	}
}

/* [B1] See set_pending() in channel_doorbell.c. */
static bool is_pending(struct pst_channel *channel, uint32_t wants)
{
	return ((wants & PST_CHANNEL_WANT_MESSAGE) &&
		atomic_load_explicit(&channel->receive_waiter.pending,
				     memory_order_seq_cst)) ||
	       ((wants & SEND_WANTS) &&
		atomic_load_explicit(&channel->send_waiter.pending,
				     memory_order_seq_cst));
}

/*
 * Busy-waiting adapts: an idle channel hardly does it, and a busy one makes no
 * system call.
 */
static uint32_t spin(struct pst_channel *channel, uint32_t wants,
		     uint64_t deadline_ns)
{
	struct pst_channel_waiter *waiter =
		pst_channel_waiter_of(channel, wants);
	uint64_t end_ns;
	uint32_t ready;
	unsigned i;

	if (waiter->spin.limit_ns == 0)
		return 0;
	end_ns = pst_monotonic_now_ns() + waiter->spin.now_ns;
	if (end_ns > deadline_ns)
		end_ns = deadline_ns;
	do {
		for (i = 0; i < 32; i++) {
			ready = poll_ready(channel, wants);
			if (ready) {
				pst_spin_has_paid(&waiter->spin);
				return ready;
			}
			pst_spin_relax();
		}
	} while (pst_monotonic_now_ns() < end_ns);
	pst_spin_has_failed(&waiter->spin);
	return 0;
}

/*
 * Sleep on the socket, the pidfd, and the private eventfd of the direction.  A
 * thread that waits for both directions is the only user of the channel, so no
 * other thread drains.  A doorbell is only noted here, and drained before the
 * next arming: the message that it announces comes first.
 */
static int sleep_once(struct pst_channel *channel, uint32_t wants,
		      uint64_t deadline_ns)
{
	struct pst_channel_waiter *waiter =
		pst_channel_waiter_of(channel, wants);
	const int fds[] = {channel->socket_fd, waiter->wake_fd, channel->pidfd};
	unsigned ready;
	int r;

	r = pst_doorbell_sleep(fds, 3, deadline_ns, &ready);
	if (r < 0)
		return r;
	if (ready & 1)
		waiter->has_unread_doorbell = true;
	if (ready & 2)
		pst_wake_clear(waiter->wake_fd);
	if (ready & 4)
		pst_channel_on_peer_exit(channel);
	return 0;
}

static void drain_unread_doorbell(struct pst_channel *channel, uint32_t wants,
				  unsigned wakeup_limit)
{
	struct pst_channel_waiter *waiter =
		pst_channel_waiter_of(channel, wants);

	if (!waiter->has_unread_doorbell)
		return;
	waiter->has_unread_doorbell = false;
	pst_channel_drain_doorbell_for(channel, wants, wakeup_limit);
}

/*
 * Repeat notifications that the kernel had no memory for.  If both sides slept
 * without them, neither would wake.
 */
static bool has_unsent_wakeup(struct pst_channel *channel, uint32_t wants)
{
	bool owes = false;

	if (wants & PST_CHANNEL_WANT_MESSAGE)
		owes |= !pst_channel_wake_producer(channel);
	if (wants & SEND_WANTS)
		owes |= !pst_channel_wake_consumer(channel);
	return owes;
}

static int sleep_armed(struct pst_channel *channel, uint32_t wants,
		       uint64_t deadline_ns)
{
	uint64_t soon_ns;
	int r;

	if (!has_unsent_wakeup(channel, wants))
		return sleep_once(channel, wants, deadline_ns);
	soon_ns = pst_monotonic_now_ns() + PST_CHANNEL_RENOTIFY_NS;
	if (soon_ns >= deadline_ns)
		return sleep_once(channel, wants, deadline_ns);
	r = sleep_once(channel, wants, soon_ns);
	return r == -ETIMEDOUT ? 0 : r;
}

bool pst_channel_arm_and_poll(struct pst_channel *channel, uint32_t want)
{
	arm(channel, want);
	return poll_ready(channel, want) != 0 || is_pending(channel, want);
}

static int wait_and_sleep(struct pst_channel *channel, uint32_t wants,
			  uint64_t deadline_ns, uint32_t *ret_ready)
{
	uint32_t ready;
	int r;

	for (;;) {
		if (pst_channel_take_interrupt(channel, wants))
			return -EINTR;
		drain_unread_doorbell(channel, wants, 1);
		arm(channel, wants);
		ready = poll_ready(channel, wants);
		if (!ready && !is_pending(channel, wants)) {
			r = sleep_armed(channel, wants, deadline_ns);
			/*
			 * At a deadline, space counts even if half is not free.
			 */
			ready = poll_ready(channel, wants);
			if (r < 0 && !ready)
				return r;
		}
		if (ready) {
			*ret_ready = ready;
			return 0;
		}
		/* A wake-up without effect does not extend the deadline. */
		if (pst_deadline_has_passed(deadline_ns,
					    pst_monotonic_now_ns()))
			return -ETIMEDOUT;
	}
}

/* Wants that the sender waits for and whose readiness was not reported. */
static uint32_t pending_wants(const struct pst_channel *channel)
{
	return channel->pending_interest & SEND_WANTS;
}

static bool is_interrupted(struct pst_channel_waiter *waiter)
{
	return PST_UNLIKELY(atomic_load(&waiter->interrupted));
}

/*
 * The flag is checked after clearing; otherwise an interrupt in between is
 * lost.
 */
static void clear_unless_interrupted(struct pst_channel_waiter *waiter)
{
	pst_wake_clear(waiter->wake_fd);
	if (is_interrupted(waiter))
		pst_wake_signal(waiter->wake_fd);
}

uint32_t pst_channel_rearm(struct pst_channel *channel, uint32_t wants)
{
	struct pst_channel_waiter *waiter =
		pst_channel_waiter_of(channel, wants);
	uint32_t all = wants, ready;
	bool is_woken;

	if (!(wants & PST_CHANNEL_WANT_MESSAGE))
		all |= pending_wants(channel);
	if (!pst_channel_has_ended(channel))
		(void)sleep_once(channel, all, 0);
	drain_unread_doorbell(channel, all, PST_DOORBELL_DRAIN_COUNT);
	pst_wake_clear(waiter->wake_fd);
	arm(channel, all);
	ready = poll_ready(channel, all);
	is_woken = is_pending(channel, all);
	if (ready || is_woken)
		pst_channel_disarm(channel, all);
	if (ready || is_woken || is_interrupted(waiter) ||
	    has_unsent_wakeup(channel, all))
		pst_wake_signal(waiter->wake_fd);
	return is_woken ? wants : ready & wants;
}

static uint32_t rearm_each(struct pst_channel *channel, uint32_t wants)
{
	uint32_t ready = 0;

	if (wants & PST_CHANNEL_WANT_MESSAGE)
		ready |= pst_channel_rearm(channel, PST_CHANNEL_WANT_MESSAGE);
	if (wants & SEND_WANTS)
		ready |= pst_channel_rearm(channel, wants & SEND_WANTS);
	/*
	 * Space is reported once; a message keeps the descriptor readable until
	 * received.
	 */
	if (ready & SEND_WANTS) {
		channel->pending_interest &= ~(uint32_t)PST_CHANNEL_WANT_SPACE;
		if (!poll_ready(channel, pending_wants(channel)))
			clear_unless_interrupted(&channel->send_waiter);
	}
	return ready;
}

/*
 * After the call too, the descriptor must be readable if a message is there,
 * and otherwise armed without a lost wake-up.
 */
static int wait_beside_descriptor(struct pst_channel *channel, uint32_t wants,
				  uint64_t deadline_ns, uint32_t *ret_ready)
{
	uint32_t ready;
	int r;

	for (;;) {
		if (pst_channel_take_interrupt(channel, wants))
			return -EINTR;
		ready = rearm_each(channel, wants);
		if (ready) {
			*ret_ready = ready;
			return 0;
		}
		if (pst_deadline_has_passed(deadline_ns,
					    pst_monotonic_now_ns()))
			return -ETIMEDOUT;
		r = sleep_once(channel, wants, deadline_ns);
		if (r < 0 && r != -ETIMEDOUT)
			return r;
	}
}

/* The flag is set first: a waiter that the signal wakes must find it. */
static void interrupt(struct pst_channel_waiter *waiter)
{
	atomic_store(&waiter->interrupted, true);
	if (waiter->wake_fd >= 0)
		pst_wake_signal(waiter->wake_fd);
}

void pst_channel_interrupt(struct pst_channel *channel)
{
	if (channel->directions & PST_CHANNEL_SENDS)
		interrupt(&channel->send_waiter);
	/* The node receives, and has an interrupt of its own. */
	if ((channel->directions & PST_CHANNEL_RECEIVES) &&
	    !pst_channel_is_node_driven(channel))
		interrupt(&channel->receive_waiter);
}

/*
 * The signal is cleared with the flag.  Rearming polls the other causes of a
 * signal.
 */
static bool take(struct pst_channel *channel, uint32_t wants, uint32_t others)
{
	struct pst_channel_waiter *waiter =
		pst_channel_waiter_of(channel, wants);

	if (!is_interrupted(waiter))
		return false;
	atomic_store(&waiter->interrupted, false);
	pst_wake_clear(waiter->wake_fd);
	if (others != 0 && pst_channel_is_polled(channel))
		(void)pst_channel_rearm(channel, others);
	return true;
}

bool pst_channel_take_interrupt(struct pst_channel *channel, uint32_t wants)
{
	bool is_taken = false;

	if (wants & PST_CHANNEL_WANT_MESSAGE)
		is_taken |= take(channel, PST_CHANNEL_WANT_MESSAGE,
				 PST_CHANNEL_WANT_MESSAGE);
	if (wants & SEND_WANTS)
		is_taken |= take(channel, PST_CHANNEL_WANT_SPACE,
				 pending_wants(channel));
	return is_taken;
}

int pst_channel_wait(struct pst_channel *channel, uint32_t wants,
		     uint64_t deadline_ns, uint32_t *ret_ready)
{
	uint32_t ready;
	int r;

	if (atomic_load(&channel->epoll_fd) >= 0)
		return wait_beside_descriptor(channel, wants, deadline_ns,
					      ret_ready);
	if (pst_channel_take_interrupt(channel, wants))
		return -EINTR;
	ready = poll_ready(channel, wants);
	if (!ready && deadline_ns > 0)
		ready = spin(channel, wants, deadline_ns);
	if (ready) {
		*ret_ready = ready;
		return 0;
	}
	if (deadline_ns == 0)
		return -ETIMEDOUT;
	r = wait_and_sleep(channel, wants, deadline_ns, ret_ready);
	pst_channel_disarm(channel, wants);
	return r;
}

bool pst_channel_is_receiver_woken(const struct pst_channel *channel)
{
	return atomic_load_explicit(&channel->receive_waiter.pending,
				    memory_order_seq_cst);
}

bool pst_channel_arm_receive(struct pst_channel *channel)
{
	if (channel->receive_waiter.wake_fd >= 0)
		pst_wake_clear(channel->receive_waiter.wake_fd);
	if (pst_channel_arm_and_poll(channel, PST_CHANNEL_WANT_MESSAGE)) {
		pst_channel_disarm(channel, PST_CHANNEL_WANT_MESSAGE);
		return true;
	}
	return has_unsent_wakeup(channel, PST_CHANNEL_WANT_MESSAGE);
}

/*
 * A direction whose waiter is the caller.  Another waiter would not clear the
 * signal, or the node would mistake it for its own.
 */
static struct pst_channel_waiter *
waiter_of_caller(struct pst_channel *channel)
{
	if (pst_channel_is_node_driven(channel))
		return &channel->send_waiter;
	return pst_channel_waiter_of(channel, channel->directions);
}

static int watch_all(struct pst_channel *channel, int epoll_fd)
{
	const int fds[] = {
		channel->socket_fd,
		channel->pidfd,
		channel->send_waiter.wake_fd,
		channel->receive_waiter.wake_fd,
	};
	size_t i;
	int r;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		r = pst_poll_set_add(epoll_fd, fds[i], 0);
		if (r < 0)
			return r;
	}
	return 0;
}

int pst_channel_fd(struct pst_channel *channel)
{
	int epoll_fd PST_FD_OWNED = -1;
	int none = -1, r;

	r = atomic_load(&channel->epoll_fd);
	if (r >= 0)
		return r;
	r = pst_channel_make_wakes(channel);
	if (r < 0)
		return r;
	r = pst_poll_set_open(&epoll_fd);
	if (r < 0)
		return r;
	r = watch_all(channel, epoll_fd);
	if (r < 0)
		return r;
	if (!atomic_compare_exchange_strong(&channel->epoll_fd, &none,
					    epoll_fd))
		return none; /* the other thread was first */
	/* An earlier -EAGAIN armed nothing: make the caller poll once. */
	pst_wake_signal(waiter_of_caller(channel)->wake_fd);
	return pst_fd_take(&epoll_fd);
}
