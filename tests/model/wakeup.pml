/* SPDX-License-Identifier: ISC */
/*
 * Sleep and wake on one channel: can a wake-up be lost?
 *
 * Two sides, A and B, a ring in each direction and one socket between them.  A
 * *waiter* is one direction's end on one side; there are four,
 *
 *	0  A, producer of A -> B	3  A, consumer of B -> A
 *	1  B, consumer of A -> B	2  B, producer of B -> A
 *
 * so t ^ 1 is the far end of the same ring and 3 - t the other waiter of the
 * same side.  Producer and consumer follow one protocol: what one publishes is
 * what the other waits for.  Each waiter has its own thread, and either thread
 * of a side may drain the socket they share; with -DEVENT_LOOP side B is one
 * thread that waits for both directions at once, as postern_channel_wait() and
 * a descriptor in somebody's event loop do.
 *
 * The processor is x86: a store waits in its thread's buffer, in order, while
 * later loads overtake it.  A fence or a locked instruction empties the buffer,
 * and a position is published with one; system calls are not trusted to do it.
 * No shared word is read by its own writer,
 * so a load never has to look into a buffer.
 *
 * A consumer looks for a producer that waits only once half of the ring is free.
 * A ring of one message is either full or free, so here it looks after each; of
 * larger ones half_free.pml knows.
 *
 * When bells are taken out is free: after each sleep, or with -DDRAIN_FIRST also
 * before the first arming, or with -DLEAVE_BELLS only once there is no work.
 *
 * FORWARD messages go from A to B and BACKWARD ones from B to A; a ring holds
 * fewer, so both its ends sleep.  The run must end with everybody done: a
 * wake-up lost for good is then a state in which nothing can happen, and `watch`
 * says that somebody sleeps beside his work.
 *
 * Each of these takes one rule away, and check_models.sh wants an error from
 * it: NO_SECOND_LOOK, NO_PENDING_BITS, NO_FENCE (NO_MOVER_FENCE, NO_WAITER_FENCE:
 * one of the pair), NO_SIBLING_SIGNAL, CLEAR_AFTER_LOOK, SLEEP_OWING_A_BELL,
 * COUNT_AFTER_ARMING.
 */

#ifndef FORWARD
#define FORWARD 2
#endif
#ifndef BACKWARD
#define BACKWARD 1
#endif
#ifndef ROOM			/* messages that fit a ring */
#define ROOM 1
#endif
#ifndef QUEUE			/* bells that fit a socket; the next is EAGAIN */
#define QUEUE 1
#endif
#ifndef DRAIN			/* bells taken at a time */
#define DRAIN 1
#endif
#ifndef FAILURES		/* how often the kernel has no memory for a bell */
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

/* -- what several threads see ---------------------------------------------- */

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
byte heard[2];		/* bells that a side has taken */

/* The kernel's: each side's receive queue, each waiter's private eventfd. */
byte bells[2];
bool signalled[4];
byte failure_count;

/* -- what one thread sees -------------------------------------------------- */

byte moved[4];		/* its position */
byte armed[4];		/* as last stored */
byte rung_for[4];	/* its peer's, as last rung for */
bool owes_bell[4];	/* the last bell failed */
bool asleep[4];		/* for `watch` */

#define is_done(t)	(moved[t] == (t < 2 -> FORWARD : BACKWARD))
#define has_work(t)							\
	(IS_ODD(t) -> (word[POS(PEER(t))] != moved[t]) :		\
		      (moved[t] - word[POS(PEER(t))] < ROOM))

/*
 * "Must I wake?"  The position has left the buffer.  One look at the peer's
 * counter, and at most one bell for each odd value.  A full queue counts as
 * rung, since a wake-up is pending there; for want of memory the value stays
 * unmarked.
 */
inline ring(cpu, t)
{
	atomic {
#ifndef NO_MOVER_FENCE
		is_fenced(cpu) ->
#endif
		owes_bell[t] = false;
		seen = word[ARMED(PEER(t))];
		if
		:: IS_ODD(seen) && seen != rung_for[t] ->
			if
			:: bells[1 - SIDE(t)] < QUEUE ->
				bells[1 - SIDE(t)]++;
				rung_for[t] = seen
			:: bells[1 - SIDE(t)] == QUEUE ->
				rung_for[t] = seen
			:: failure_count < FAILURES ->
				failure_count++;
				owes_bell[t] = true
			fi
		:: else
		fi;
		seen = 0
	}
}

/* Take back an arming, move one message, publish, wake. */
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
	ring(cpu, t)
}

/*
 * Take what is in the socket, DRAIN bells at most; more leave it readable.  A
 * bell does not say whom it is for, so it is noted for both directions.  The
 * sibling may be past its last look at the bit, on its way to sleep or asleep:
 * if it is armed it is signalled too.
 */
inline hear(cpu, t)
{
	d_step {
		seen = 0;
		do
		:: bells[SIDE(t)] > 0 && seen < DRAIN ->
			bells[SIDE(t)]--;
			seen++
		:: else -> break
		od;
		/* More than were permitted would end the channel. */
		heard[SIDE(t)] = heard[SIDE(t)] + seen;
		assert(heard[SIDE(t)] <= armings[SIDE(t)])
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
 * counted before it is stored, or its bell might come uncounted.
 */
inline arm(cpu, t)
{
#ifndef CLEAR_AFTER_LOOK
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

/* The last look at the bit and falling asleep are two steps. */
#define is_woken(t)	(bells[SIDE(t)] > 0 || signalled[t])

#ifdef SLEEP_OWING_A_BELL
#define may_sleep(t)	(!pending[t])
#else
#define may_sleep(t)	(!pending[t] && !owes_bell[t])
#endif

/* -- threads --------------------------------------------------------------- */

proctype waiter(byte self)
{
	byte seen;

look:	if
	:: is_done(self) -> goto done
	:: !is_done(self) && has_work(self) ->
		move(self, self);
		goto look
	:: else
	fi;
#ifdef DRAIN_FIRST
	hear(self, self);
#endif
again:
#ifndef SLEEP_OWING_A_BELL
	if
	:: owes_bell[self] -> ring(self, self)
	:: else
	fi;
#endif
	arm(self, self);
	atomic {
		WAITER_FENCE(self)
		if
#ifndef NO_SECOND_LOOK
		:: has_work(self) -> goto look
#endif
		:: else
		fi
	};
#ifdef CLEAR_AFTER_LOOK
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
#ifndef CLEAR_AFTER_LOOK
	signalled[self] = false;
#endif
#ifdef LEAVE_BELLS
	if
	:: has_work(self) -> goto look
	:: else
	fi;
#endif
	hear(self, self);
	goto again;
done:	/* The next call, if only to close, owes the bell still. */
	if
	:: owes_bell[self] -> ring(self, self); goto done
	:: else
	fi
}

/* One thread for both directions of side B: waiters 1 and 2, store buffer 1. */
#define waits(t)	(!is_done(t))
#define finds_work(t)	(waits(t) && has_work(t))

proctype event_loop()
{
	byte seen;

look:	if
	:: is_done(1) && is_done(2) -> goto done
	:: finds_work(1) -> move(1, 1); goto look
	:: finds_work(2) -> move(1, 2); goto look
	:: else
	fi;
again:	if
	:: owes_bell[1] -> ring(1, 1)
	:: else
	fi;
	if
	:: owes_bell[2] -> ring(1, 2)
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
		:: finds_work(1) -> goto look
		:: else
		fi
	};
	if
	:: finds_work(2) -> goto look
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
	hear(1, 1);
	goto again;
done:	if
	:: owes_bell[1] -> ring(1, 1); goto done
	:: owes_bell[2] -> ring(1, 2); goto done
	:: else
	fi
}

/* Stores become visible some time, those of one thread in their order. */
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

/* Runs when nobody else can. */
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
