/* SPDX-License-Identifier: ISC */
/*
 * The peers of a node: no peer is forgotten, and the node never spins
 *
 * One thread serves two peers.  Their states and transitions are those of
 * src/peer/peer_state.c, and tests/check_peer_states.sh compares the rows: each
 * go() below is one.  The events of a policy reload, of detaching and of an
 * end for another reason than an empty channel are left out.
 *
 * A timer is set on every return from receiving, also with a message.  A
 * draining peer is never armed, and is freed when its channel is empty; it pays
 * tokens like any other.
 *
 * With -DSENDER a second thread of the node's process sends to the first peer,
 * drains the same socket while it waits for space, and leaves a drained doorbell
 * in the pending bit.
 *
 * Peers publish messages and send doorbells as in wakeup.pml, with the same x86
 * store buffers, and may be killed between any two steps.  In all cases,
 *
 *	- at each poll the private eventfd is set if and only if a peer is READY
 *	  or DRAINING,
 *	- a peer that is IDLE is watched, so a draining one is not armed,
 *	- a poll that returns finds something to do,
 *	- when nothing can happen any more, everything published was received, and
 *	  each peer that was killed is freed.
 *
 * check_models.sh wants an error from each of NO_SECOND_POLL, NO_FENCE,
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

mtype = { FREE, IDLE, READY, THROTTLED, DRAINING, DRAINING_THROTTLED };
mtype = { WOKEN, FOUND_EMPTY, OUT_OF_TOKENS, TOKENS_DUE, CHANNEL_ENDED, END };

/* A row of the table: in state `from` the event leads to state `to`. */
inline go(c, from, event, to)
{
	assert(state[c] == from);
	state[c] = to
}

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

byte doorbells[CHANNELS];		/* 0 or 1: a full queue is enough */
bool is_dead[CHANNELS];		/* its socket hung up, its pidfd readable */
bool socket_watched[CHANNELS];
bool pidfd_watched[CHANNELS];
bool timer_set, timer_is_due;
bool wake_is_set;		/* the node's private eventfd */
bool signalled;			/* the first channel's */

/* -- the node's ------------------------------------------------------------ */

mtype state[CHANNELS];
byte received[CHANNELS];
byte armed[CHANNELS];
byte tokens[CHANNELS];

/* Between the node's thread and the one that sends; locked instructions. */
bool pending;
bool is_armed;
bool was_quicker;		/* the latter drained the doorbell */

#define has_message(c)	(received[c] != word[POS(c)])

#define is_ready(c)	(state[c] == READY || state[c] == DRAINING)
#define is_throttled(c)							\
	(state[c] == THROTTLED || state[c] == DRAINING_THROTTLED)
#define is_draining(c)							\
	(state[c] == DRAINING || state[c] == DRAINING_THROTTLED)

#define anybody_ready	(is_ready(0) || is_ready(1))

#define socket_readable(c)						\
	(socket_watched[c] && (doorbells[c] > 0 || is_dead[c]))
#define pidfd_readable(c)	(pidfd_watched[c] && is_dead[c])

#define set_is_readable							\
	(wake_is_set || timer_is_due || signalled ||			\
	 socket_readable(0) || socket_readable(1) ||			\
	 pidfd_readable(0) || pidfd_readable(1))

/* The peer hung up or was killed: drain what it left. */
inline channel_ended(c)
{
	did_something = true;
#ifndef DRAINING_STAYS_WATCHED
	socket_watched[c] = false;
	pidfd_watched[c] = false;
#endif
	if
	:: state[c] == IDLE -> go(c, IDLE, CHANNEL_ENDED, DRAINING)
	:: state[c] == READY -> go(c, READY, CHANNEL_ENDED, DRAINING)
	:: state[c] == THROTTLED ->
		go(c, THROTTLED, CHANNEL_ENDED, DRAINING_THROTTLED)
	fi
}

/*
 * Doorbells of a channel with records left stay unread, and with them the hang-up
 * behind them: that is why the socket of a throttled peer must not be watched.
 */
inline handle(c)
{
	if
	:: socket_readable(c) && !is_throttled(c) && doorbells[c] > 0 ->
		doorbells[c] = 0;
		did_something = true;
		if
		:: state[c] == IDLE -> go(c, IDLE, WOKEN, READY)
		:: else
		fi
	:: else
	fi;
	if
	:: state[c] != FREE && !is_draining(c) && (pidfd_readable(c) ||
	   (socket_readable(c) && !is_throttled(c))) ->
		channel_ended(c)
	:: else
	fi
}

/* The timer: the buckets are full again. */
inline unthrottle(c)
{
	if
	:: state[c] == THROTTLED ->
		go(c, THROTTLED, TOKENS_DUE, READY);
		socket_watched[c] = true;
		tokens[c] = BUCKET;
		did_something = true
	:: state[c] == DRAINING_THROTTLED ->
		go(c, DRAINING_THROTTLED, TOKENS_DUE, DRAINING);
		tokens[c] = BUCKET;
		did_something = true
	:: else
	fi
}

inline throttle(c)
{
	d_step {
		if
		:: state[c] == READY -> go(c, READY, OUT_OF_TOKENS, THROTTLED)
		:: state[c] == DRAINING ->
			go(c, DRAINING, OUT_OF_TOKENS, DRAINING_THROTTLED)
		fi;
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

/* Idle if, armed, it still is empty and no doorbell was drained meanwhile. */
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
#ifndef NO_SECOND_POLL
		:: has_message(c) -> disarm(c); goto armed_or_not
#endif
		:: else
		fi
	};
	atomic {
		if
		:: c == 0 && pending -> disarm(c)
#ifdef ARM_A_DRAINING
		:: else -> state[c] = IDLE
#else
		:: else -> go(c, READY, FOUND_EMPTY, IDLE)
#endif
		fi;
		did_something = true
	};
armed_or_not:
	skip
}

/* One receive from one ready peer. */
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
	:: !has_message(c) && is_draining(c) ->
		d_step {
			go(c, DRAINING, END, FREE);
			did_something = true
		}
	:: !has_message(c) && !is_draining(c) ->
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
	wake_is_set = (is_ready(0) && (has_message(0) || is_draining(0))) ||
		      (is_ready(1) && (has_message(1) || is_draining(1)))
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
			:: state[0] == IDLE -> go(0, IDLE, WOKEN, READY)
			:: else
			fi
		:: else
		fi;
		handle(0);
		handle(1)
	   };
	   if
	   :: is_ready(0) -> receive(0)
	   :: is_ready(1) -> receive(1)
	   :: else
	   fi;
	   d_step {
		update_wake();
		assert(signal_is_true);
		assert(state[0] != IDLE || pidfd_watched[0]);
		assert(state[1] != IDLE || pidfd_watched[1]);
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
		socket_watched[0] && doorbells[0] > 0 ->
		doorbells[0] = 0;
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
	byte produced, seen, notified_for;

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
			:: IS_ODD(seen) && seen != notified_for ->
				doorbells[self] = 1;
				notified_for = seen
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
	 (is_dead[c] -> state[c] == FREE : state[c] == IDLE))

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
