/* SPDX-License-Identifier: ISC */
/*
 * Interrupts: can one be lost?
 *
 * A waiter sleeps on its private eventfd, on which three threads act.  The waiter
 * itself clears it.  The sibling, which drains the socket for both directions,
 * signals it for a doorbell.  An outsider, another thread or a signal handler,
 * interrupts the wait: it sets a flag, then signals.  The waiter takes the flag
 * before it prepares to sleep, and clears the eventfd only after the eventfd has
 * woken it, so the flag is checked after each clearing.
 *
 * No doorbell brings a message here: only the interrupt can end the wait.  The
 * run must end with one interrupt taken, however many there were.
 *
 * With REPORTED the waiter also clears the eventfd when it has reported that there
 * is space, and checks the flag after that; an interrupt signals again.
 *
 * Each variant removes one rule, and check_models.sh expects an error from it:
 * SIGNAL_FIRST (the outsider signals before it sets the flag), CLEAR_AFTER_CHECK
 * (the waiter clears the eventfd between checking the flag and sleeping).
 */

#ifndef INTERRUPTS
#define INTERRUPTS 2
#endif
#ifndef DOORBELLS
#define DOORBELLS 2
#endif

bool interrupted, signalled, asleep, is_ended;
byte sent;

active proctype outsider()
{
	do
	:: sent < INTERRUPTS ->
		sent++;
#ifdef SIGNAL_FIRST
		signalled = true;
		interrupted = true
#else
		interrupted = true;
		signalled = true
#endif
	:: else -> break
	od
}

active proctype sibling()
{
	byte count;

	do
	:: count < DOORBELLS -> count++; signalled = true
	:: else -> break
	od
}

active proctype waiter()
{
again:	if
	:: interrupted -> interrupted = false; signalled = false; goto done
	:: else
	fi;
#ifdef REPORTED
	signalled = false;
	if
	:: interrupted -> signalled = true
	:: else
	fi;
#endif
#ifdef CLEAR_AFTER_CHECK
	signalled = false;
#endif
	asleep = true;
	atomic {
		signalled -> asleep = false
	};
#ifndef CLEAR_AFTER_CHECK
	signalled = false;
#endif
	goto again;
done:	is_ended = true
}

/* Runs when nothing else can. */
active proctype watch()
{
	timeout -> assert(is_ended)
}
