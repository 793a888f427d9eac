/* SPDX-License-Identifier: ISC */
/*
 * Sleep and wake-up on one channel: can a wake-up be lost?
 *
 * Two sides, A and B, a ring in each direction and one socket between them.  A
 * *waiter* is one direction's end on one side; there are four,
 *
 *	0  A, producer of A -> B	3  A, consumer of B -> A
 *	1  B, consumer of A -> B	2  B, producer of B -> A
 *
 * so t ^ 1 is the far end of the same ring and 3 - t the other waiter of the
 * same side.  Producer and consumer follow one protocol: each waits for the
 * position that the other publishes.  Each waiter has its own thread, and either
 * thread of a side may drain the socket that they share.  With -DEVENT_LOOP side B
 * is one thread that waits for both directions at once, as
 * postern_channel_wait() and a descriptor in an event loop do.
 *
 * The processor is x86: a store waits in its thread's buffer, in order, while
 * later loads overtake it.  A fence or a locked instruction empties the buffer,
 * and a position is published with one; system calls are not assumed to do it.
 * No thread reads a shared word that it writes, so a load never has to look into
 * a buffer.
 *
 * A consumer checks for a waiting producer only once half of the ring is free.  A
 * ring of one message is either full or free, so here it checks after each;
 * half_free.pml has larger ones.
 *
 * The socket may be drained at any of these times: after each sleep, or with
 * -DDRAIN_FIRST also before the first arming, or with -DLEAVE_DOORBELLS only once
 * there is no work.
 *
 * FORWARD messages go from A to B and BACKWARD ones from B to A; a ring holds
 * fewer, so both its ends sleep.  The run must end with all waiters done.  A lost
 * wake-up is a state in which no process can run, and `watch` asserts that no
 * waiter sleeps although it has work.
 *
 * Each of these removes one rule, and check_models.sh expects an error from it:
 * NO_SECOND_POLL, NO_PENDING_BITS, NO_FENCE (NO_MOVER_FENCE, NO_WAITER_FENCE:
 * one of the pair), NO_SIBLING_SIGNAL, CLEAR_AFTER_POLL,
 * SLEEP_WITH_UNSENT_WAKEUP, COUNT_AFTER_ARMING.
 */

#ifndef FORWARD
#define FORWARD 2
#endif
#ifndef BACKWARD
#define BACKWARD 1
#endif
#ifndef CAPACITY			/* messages that fit a ring */
#define CAPACITY 1
#endif
#ifndef QUEUE			/* capacity of a socket; then EAGAIN */
#define QUEUE 1
#endif
#ifndef DRAIN			/* doorbells drained at a time */
#define DRAIN 1
#endif
#ifndef FAILURES		/* doorbells that the kernel has no memory for */
#define FAILURES 0
#endif

#ifdef NO_FENCE
#define NO_MOVER_FENCE
#define NO_WAITER_FENCE
#endif

#define PEER(t)		(t ^ 1)
#define SIBLING(t)	(3 - t)
#define SIDE(t)		((t ^ (t >> 1)) & 1)
#define IS_ODD(v)	((v) & 1)

/* -- shared between threads ------------------------------------------------ */

/* The shared words: each has one writer, and reaches memory through a buffer. */
#define POS(t)		(2 * t)
#define ARMED(t)	(2 * t + 1)
byte word[8];
chan buffer[4] = [2] of { byte, byte };

#define store(cpu, w, v)	buffer[cpu]!w, v
#define is_fenced(cpu)		empty(buffer[cpu])

/* Private to a side; locked instructions, so memory is always up to date. */
bool pending[4];
bool is_armed[4];
byte armings[2];	/* of both directions of a side */
byte drained[2];		/* doorbells that a side has drained */

/* The kernel's: each side's receive queue, each waiter's private eventfd. */
byte doorbells[2];
bool signalled[4];
byte failure_count;

/* -- private to a thread --------------------------------------------------- */

byte moved[4];		/* its position */
byte armed[4];		/* as last stored */
byte notified_for[4];	/* its peer's, as last notified */
bool wakeup_unsent[4];	/* the last notification failed */
bool asleep[4];		/* for `watch` */

#define is_done(t)	(moved[t] == (t < 2 -> FORWARD : BACKWARD))
#define has_work(t)							\
	(IS_ODD(t) -> (word[POS(PEER(t))] != moved[t]) :		\
		      (moved[t] - word[POS(PEER(t))] < CAPACITY))

/*
 * Notify the peer if it is armed, after the position has left the buffer: one load
 * of the peer's counter, and at most one doorbell for each odd value.  A full queue
 * needs no doorbell, since a wake-up is pending there.  Without memory the value is
 * not marked as notified.
 */
inline notify(cpu, t)
{
	atomic {
#ifndef NO_MOVER_FENCE
		is_fenced(cpu) ->
#endif
		wakeup_unsent[t] = false;
		seen = word[ARMED(PEER(t))];
		if
		:: IS_ODD(seen) && seen != notified_for[t] ->
			if
			:: doorbells[1 - SIDE(t)] < QUEUE ->
				doorbells[1 - SIDE(t)]++;
				notified_for[t] = seen
			:: doorbells[1 - SIDE(t)] == QUEUE ->
				notified_for[t] = seen
			:: failure_count < FAILURES ->
				failure_count++;
				wakeup_unsent[t] = true
			fi
		:: else
		fi;
		seen = 0
	}
}

/* Disarm, move one message, publish, notify. */
inline move(cpu, t)
{
	atomic {
		assert(has_work(t));
		if
		:: is_armed[t] ->
			is_fenced(cpu);
			is_armed[t] = false;
			armed[t]++;
			store(cpu, ARMED(t), armed[t])
		:: else
		fi;
		moved[t]++;
		store(cpu, POS(t), moved[t])
	};
	notify(cpu, t)
}

/*
 * Drain the socket, DRAIN doorbells at most; more leave it readable.  A doorbell
 * does not name a direction, so both pending bits are set.  The sibling may be
 * past its last check of the bit, about to sleep or asleep: if it is armed it is
 * signalled too.
 */
inline drain_doorbell(cpu, t)
{
	d_step {
		seen = 0;
		do
		:: doorbells[SIDE(t)] > 0 && seen < DRAIN ->
			doorbells[SIDE(t)]--;
			seen++
		:: else -> break
		od;
		/* More than were permitted would end the channel. */
		drained[SIDE(t)] = drained[SIDE(t)] + seen;
		assert(drained[SIDE(t)] <= armings[SIDE(t)])
	};
#ifndef NO_PENDING_BITS
	if
	:: seen > 0 ->
		atomic {
			is_fenced(cpu) ->
			seen = 0;
			pending[t] = true;
			pending[SIBLING(t)] = true
		};
#ifndef NO_SIBLING_SIGNAL
		if
		:: is_armed[SIBLING(t)] -> signalled[SIBLING(t)] = true
		:: else
		fi
#endif
	:: else
	fi
#else
	seen = 0
#endif
}

/*
 * The bit is cleared before arming, by its own waiter only.  The arming is
 * counted before it is stored, or its doorbell might come uncounted.
 */
inline arm(cpu, t)
{
#ifndef CLEAR_AFTER_POLL
	atomic {
		is_fenced(cpu) -> pending[t] = false
	};
#endif
	atomic {
		is_fenced(cpu) ->
		is_armed[t] = true;
#ifndef COUNT_AFTER_ARMING
		armings[SIDE(t)]++;
#endif
		armed[t] = (armed[t] + 1) | 1;
		store(cpu, ARMED(t), armed[t])
	};
#ifdef COUNT_AFTER_ARMING
	atomic {
		is_fenced(cpu) -> armings[SIDE(t)]++
	};
#endif
}

#ifdef NO_WAITER_FENCE
#define WAITER_FENCE(cpu)
#else
#define WAITER_FENCE(cpu)	is_fenced(cpu) ->
#endif

/* The last check of the bit and falling asleep are two steps. */
#define is_woken(t)	(doorbells[SIDE(t)] > 0 || signalled[t])

#ifdef SLEEP_WITH_UNSENT_WAKEUP
#define may_sleep(t)	(!pending[t])
#else
#define may_sleep(t)	(!pending[t] && !wakeup_unsent[t])
#endif

/* -- threads --------------------------------------------------------------- */

proctype waiter(byte self)
{
	byte seen;

poll:	if
	:: is_done(self) -> goto done
	:: !is_done(self) && has_work(self) ->
		move(self, self);
		goto poll
	:: else
	fi;
#ifdef DRAIN_FIRST
	drain_doorbell(self, self);
#endif
again:
#ifndef SLEEP_WITH_UNSENT_WAKEUP
	if
	:: wakeup_unsent[self] -> notify(self, self)
	:: else
	fi;
#endif
	arm(self, self);
	atomic {
		WAITER_FENCE(self)
		if
#ifndef NO_SECOND_POLL
		:: has_work(self) -> goto poll
#endif
		:: else
		fi
	};
#ifdef CLEAR_AFTER_POLL
	atomic {
		is_fenced(self) ->
		pending[self] = false;
		signalled[self] = false
	};
#endif
	atomic {
		if
		:: may_sleep(self) -> asleep[self] = true
		:: else -> goto again
		fi
	};
	atomic {
		is_woken(self) -> asleep[self] = false
	};
#ifndef CLEAR_AFTER_POLL
	signalled[self] = false;
#endif
#ifdef LEAVE_DOORBELLS
	if
	:: has_work(self) -> goto poll
	:: else
	fi;
#endif
	drain_doorbell(self, self);
	goto again;
done:	/* The next call, if only to close, repeats the notification. */
	if
	:: wakeup_unsent[self] -> notify(self, self); goto done
	:: else
	fi
}

/* One thread for both directions of side B: waiters 1 and 2, store buffer 1. */
#define waits(t)	(!is_done(t))
#define finds_work(t)	(waits(t) && has_work(t))

proctype event_loop()
{
	byte seen;

poll:	if
	:: is_done(1) && is_done(2) -> goto done
	:: finds_work(1) -> move(1, 1); goto poll
	:: finds_work(2) -> move(1, 2); goto poll
	:: else
	fi;
again:	if
	:: wakeup_unsent[1] -> notify(1, 1)
	:: else
	fi;
	if
	:: wakeup_unsent[2] -> notify(1, 2)
	:: else
	fi;
	if
	:: waits(1) -> arm(1, 1)
	:: else
	fi;
	if
	:: waits(2) -> arm(1, 2)
	:: else
	fi;
	atomic {
		WAITER_FENCE(1)
		if
		:: finds_work(1) -> goto poll
		:: else
		fi
	};
	if
	:: finds_work(2) -> goto poll
	:: else
	fi;
	atomic {
		if
		:: (!waits(1) || may_sleep(1)) && (!waits(2) || may_sleep(2)) ->
			asleep[1] = waits(1);
			asleep[2] = waits(2)
		:: else -> goto again
		fi
	};
	atomic {
		is_woken(1) || is_woken(2) ->
		asleep[1] = false;
		asleep[2] = false
	};
	d_step {
		signalled[1] = false;
		signalled[2] = false
	};
	drain_doorbell(1, 1);
	goto again;
done:	if
	:: wakeup_unsent[1] -> notify(1, 1); goto done
	:: wakeup_unsent[2] -> notify(1, 2); goto done
	:: else
	fi
}

/* Stores become visible at some time, those of one thread in their order. */
active proctype memory()
{
	byte w, v;

end:	do
	:: d_step { buffer[0]?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { buffer[1]?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { buffer[2]?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { buffer[3]?w, v -> word[w] = v; w = 0; v = 0 }
	od
}

#define sleeps_beside_work(t)	(asleep[t] && has_work(t) && !is_woken(t))

/* Runs when no other process can. */
active proctype watch()
{
	bool lost_wakeup, all_done;

	timeout ->
	d_step {
		lost_wakeup = sleeps_beside_work(0) || sleeps_beside_work(1) ||
			      sleeps_beside_work(2) || sleeps_beside_work(3);
		all_done = is_done(0) && is_done(1) && is_done(2) && is_done(3);
		assert(!lost_wakeup);
		assert(all_done)
	}
}

init {
	atomic {
		run waiter(0);
		run waiter(3);
#ifdef EVENT_LOOP
		run event_loop()
#else
		run waiter(1);
		run waiter(2)
#endif
	}
}
