/* SPDX-License-Identifier: ISC */
/*
 * A node's channels: is anybody forgotten, does the node ever spin?
 *
 * One thread serves two peers.  Each channel is in exactly one of three
 * states until it departs,
 *
 *	READY      on the ready list, its bells not asked for
 *	ARMED      off the list, armed and looked at once more
 *	THROTTLED  out of tokens; its socket is out of the poll set, where a dead
 *	           one would report its hang-up for ever; a timer brings it back
 *
 * (the timer is set on every return from receiving, also with a message), and
 * `draining` is a flag beside it: the peer is gone, its socket and pidfd are
 * watched no longer, the channel is never armed and departs when it is empty.
 * It pays tokens like any other.
 *
 * With -DSENDER a second thread of the node's process sends to the first peer,
 * drains the same socket while it waits for room, and leaves what it heard in the
 * pending bit.
 *
 * Peers publish messages and ring as in wakeup.pml, with the same x86 store
 * buffers, and may be killed between any two steps.  Whatever happens,
 *
 *	- at each poll the private eventfd is set if and only if the ready list is
 *	  not empty,
 *	- a draining channel is not armed,
 *	- a poll that returns finds something to do,
 *	- when nothing can happen any more, everything published was received, and
 *	  whoever died has departed.
 *
 * check_models.sh wants an error from each of NO_SECOND_LOOK, NO_FENCE,
 * NO_PENDING_BITS, NO_READY_SIGNAL, STALE_READY_SIGNAL,
 * SLEEP_BESIDE_READY, THROTTLED_STAYS_WATCHED, DRAINING_STAYS_WATCHED, NO_TIMER,
 * ARM_A_DRAINING.
 */

#define CHANNELS 2

#ifndef FIRST			/* messages that each of the two sends */
#define FIRST 2
#endif
#ifndef SECOND
#define SECOND 1
#endif
#ifndef BUCKET			/* messages that a full token bucket pays for */
#define BUCKET 1
#endif

#define IS_ODD(v)	((v) & 1)

mtype = { READY, ARMED, THROTTLED, DEPARTED };

/* -- shared memory --------------------------------------------------------- */

#define POS(c)		(c)
#define ARMED_WORD(c)	(CHANNELS + c)
byte word[4];

/* Store buffers: one for each peer, the last is the node's. */
#define NODE		CHANNELS
chan buffer[3] = [2] of { byte, byte };

#define store(cpu, w, v)	buffer[cpu]!w, v
#define is_fenced(cpu)		empty(buffer[cpu])

/* -- the kernel's ---------------------------------------------------------- */

byte bells[CHANNELS];		/* 0 or 1: a full queue counts as rung */
bool is_dead[CHANNELS];		/* its socket hung up, its pidfd readable */
bool socket_watched[CHANNELS];
bool pidfd_watched[CHANNELS];
bool timer_set, timer_is_due;
bool wake_is_set;		/* the node's private eventfd */
bool signalled;			/* the first channel's */

/* -- the node's ------------------------------------------------------------ */

mtype state[CHANNELS];
bool draining[CHANNELS];
byte received[CHANNELS];
byte armed[CHANNELS];
byte tokens[CHANNELS];

/* Between the node's thread and the one that sends; locked instructions. */
bool pending;
bool is_armed;
bool was_quicker;		/* the latter took bells: no fault of the node */

#define has_message(c)	(received[c] != word[POS(c)])

#define anybody_ready	(state[0] == READY || state[1] == READY)

#define socket_readable(c)						\
	(socket_watched[c] && (bells[c] > 0 || is_dead[c]))
#define pidfd_readable(c)	(pidfd_watched[c] && is_dead[c])

#define set_is_readable							\
	(wake_is_set || timer_is_due || signalled ||			\
	 socket_readable(0) || socket_readable(1) ||			\
	 pidfd_readable(0) || pidfd_readable(1))

/* The peer hung up or died: drain what it left. */
inline notice_end(c)
{
	did_something = true;
	draining[c] = true;
#ifndef DRAINING_STAYS_WATCHED
	socket_watched[c] = false;
	pidfd_watched[c] = false;
#endif
	if
	:: state[c] == ARMED -> state[c] = READY
	:: else
	fi
}

/*
 * Bells of a channel with records left stay unread, and with them the hang-up
 * behind them: that is why a throttled one's socket must not be watched.
 */
inline handle(c)
{
	if
	:: socket_readable(c) && state[c] != THROTTLED && bells[c] > 0 ->
		bells[c] = 0;
		did_something = true;
		if
		:: state[c] == ARMED -> state[c] = READY
		:: else
		fi
	:: else
	fi;
	if
	:: !draining[c] && (pidfd_readable(c) ||
	   (socket_readable(c) && state[c] != THROTTLED)) ->
		notice_end(c)
	:: else
	fi
}

/* The timer: buckets are full again, whoever waited for that is back. */
inline unthrottle(c)
{
	if
	:: state[c] == THROTTLED ->
		tokens[c] = BUCKET;
		state[c] = READY;
		socket_watched[c] = !draining[c];
		did_something = true
	:: else
	fi
}

inline throttle(c)
{
	d_step {
		state[c] = THROTTLED;
#ifndef THROTTLED_STAYS_WATCHED
		socket_watched[c] = false;
#endif
		did_something = true;
#ifndef NO_TIMER
		timer_set = true
#endif
	}
}

inline disarm(c)
{
	if
	:: c == 0 -> is_fenced(NODE); is_armed = false
	:: else
	fi;
	armed[c]++;
	store(NODE, ARMED_WORD(c), armed[c])
}

/* Off the list if, armed, it still is empty and no bell was heard meanwhile. */
inline arm(c)
{
	if
	:: c == 0 ->
		atomic {
			is_fenced(NODE) -> pending = false
		};
		atomic {
			is_fenced(NODE) -> is_armed = true
		}
	:: else
	fi;
	armed[c] = (armed[c] + 1) | 1;
	store(NODE, ARMED_WORD(c), armed[c]);
	atomic {
#ifndef NO_FENCE
		is_fenced(NODE) ->
#endif
		if
#ifndef NO_SECOND_LOOK
		:: has_message(c) -> disarm(c); goto armed_or_not
#endif
		:: else
		fi
	};
	atomic {
		if
		:: c == 0 && pending -> disarm(c)
		:: else -> state[c] = ARMED
		fi;
		did_something = true
	};
armed_or_not:
	skip
}

/* One receive from one channel of the ready list. */
inline receive(c)
{
	if
	:: has_message(c) && tokens[c] > 0 ->
		d_step {
			tokens[c]--;
			received[c]++;
			did_something = true
		}
	:: has_message(c) && tokens[c] == 0 ->
		throttle(c)
#ifndef ARM_A_DRAINING
	:: !has_message(c) && draining[c] ->
		d_step {
			state[c] = DEPARTED;
			did_something = true
		}
	:: !has_message(c) && !draining[c] ->
		arm(c)
#else
	:: !has_message(c) ->
		arm(c)
#endif
	fi
}

inline update_wake()
{
#if defined(NO_READY_SIGNAL)
	wake_is_set = false
#elif defined(STALE_READY_SIGNAL)
	wake_is_set = wake_is_set || anybody_ready
#elif defined(SLEEP_BESIDE_READY)
	wake_is_set = (state[0] == READY && (has_message(0) || draining[0])) ||
		      (state[1] == READY && (has_message(1) || draining[1]))
#else
	wake_is_set = anybody_ready
#endif
}

#if !defined(NO_READY_SIGNAL) && !defined(SLEEP_BESIDE_READY)
#define signal_is_true	(wake_is_set == anybody_ready)
#else
#define signal_is_true	true
#endif

active proctype node()
{
	bool did_something;

end:	do
	:: atomic {
		/* Asleep in poll until: */
		set_is_readable ->
		did_something = false;
		if
		:: timer_is_due ->
			timer_is_due = false;
			timer_set = false; /* set anew from what is left */
			unthrottle(0);
			unthrottle(1)
		:: else
		fi
	   };
	   d_step {
		if
		:: signalled ->
			signalled = false;
			did_something = true;
			if
			:: state[0] == ARMED -> state[0] = READY
			:: else
			fi
		:: else
		fi;
		handle(0);
		handle(1)
	   };
	   if
	   :: state[0] == READY -> receive(0)
	   :: state[1] == READY -> receive(1)
	   :: else
	   fi;
	   d_step {
		update_wake();
		assert(signal_is_true);
		assert(!(draining[0] && state[0] == ARMED));
		assert(!(draining[1] && state[1] == ARMED));
		/* Nobody wakes for nothing. */
		assert(did_something || anybody_ready || was_quicker);
		did_something = false;
		was_quicker = false
	   }
	od
}

active proctype timer()
{
end:	do
	:: d_step {
		timer_set -> timer_set = false; timer_is_due = true
	   }
	od
}

/* Sends to the first peer; may go at any time. */
proctype sender()
{
end:	do
	:: d_step {
		socket_watched[0] && bells[0] > 0 ->
		bells[0] = 0;
		was_quicker = true
	   };
#ifndef NO_PENDING_BITS
	   pending = true;
	   if
	   :: is_armed -> signalled = true
	   :: else
	   fi
#endif
	:: break
	od
}

/* Sends, and is killed at any moment or lives on. */
proctype peer(byte self; byte messages)
{
	byte produced, seen, rung_for;

	do
	:: produced == messages -> break
	:: produced < messages ->
		atomic {
			produced++;
			store(self, POS(self), produced)
		};
		atomic {
#ifndef NO_FENCE
			is_fenced(self) ->
#endif
			seen = word[ARMED_WORD(self)]
		};
		atomic {
			if
			:: IS_ODD(seen) && seen != rung_for ->
				bells[self] = 1;
				rung_for = seen
			:: else
			fi;
			seen = 0
		}
	:: break
	od;
	if
	:: atomic {
		is_fenced(self) -> is_dead[self] = true
	   }
	:: skip
	fi
}

active proctype memory()
{
	byte w, v;

end:	do
	:: d_step { buffer[0]?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { buffer[1]?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { buffer[2]?w, v -> word[w] = v; w = 0; v = 0 }
	od
}

#define is_settled(c)							\
	(!has_message(c) &&						\
	 (is_dead[c] -> state[c] == DEPARTED : state[c] == ARMED))

/* Runs when nobody else can. */
active proctype watch()
{
	bool nobody_forgotten;

	timeout ->
	d_step {
		nobody_forgotten = is_settled(0) && is_settled(1);
		assert(nobody_forgotten)
	}
}

init {
	d_step {
		state[0] = READY;
		state[1] = READY;
		tokens[0] = BUCKET;
		tokens[1] = BUCKET;
		socket_watched[0] = true;
		socket_watched[1] = true;
		pidfd_watched[0] = true;
		pidfd_watched[1] = true;
		wake_is_set = true
	};
	atomic {
#ifdef SENDER
		run sender();
#endif
		run peer(0, FIRST);
		run peer(1, SECOND)
	}
}
