/* SPDX-License-Identifier: ISC */
/*
 * Free space in a ring of several messages: can the wake-up of a producer be lost?
 *
 * wakeup.pml has the whole of sleep and wake-up, with rings of one message.  This
 * model has the one rule that such a ring cannot show, the space check.  A consumer
 * that knows of more unread messages than half of the ring neither checks whether
 * the producer sleeps nor orders its position before the check.  It does both when
 * half becomes free, and with the last message that it knows of; in between the
 * model has every choice of when.  The known position may be old: it is refreshed
 * when nothing else is unread, when half becomes free, and before a notification.
 *
 * The producer sleeps if the ring is full, until there is space for WANTED
 * messages.  The consumer continues as long as there are messages; wakeup.pml has
 * its own sleep.  Stores wait in a buffer, as there.
 *
 * Each of these removes one rule, and check_models.sh expects an error from it:
 * NEVER_ORDERED, NO_WAITER_FENCE, UNORDERED_AT_HALF, NO_CHECK_AT_THE_LAST.
 */

#ifndef CAPACITY
#define CAPACITY 4
#endif
#ifndef COUNT			/* messages sent */
#define COUNT 9
#endif
#ifndef WANTED
#define WANTED 1
#endif

#define HALF	(CAPACITY / 2)

#define IS_ODD(v)	((v) & 1)

/* Each word has one writer, and reaches memory through its buffer. */
#define PRODUCED 0
#define ARMED 1
#define CONSUMED 2
byte word[3];
chan producers_stores = [3] of { byte, byte };
chan consumers_stores = [3] of { byte, byte };

bool has_doorbell;	/* in the producer's socket */
byte produced;
byte consumed;
bool asleep;

#define has_space(n)	(produced - word[CONSUMED] <= CAPACITY - n)

active proctype producer()
{
	byte armed, wanted;

next:	if
	:: produced == COUNT -> goto done
	:: else
	fi;
	/* Wait for space for several messages, then send them one by one. */
	wanted = (COUNT - produced < WANTED -> COUNT - produced : WANTED);
poll:	if
	:: has_space(wanted) -> goto send
	:: else
	fi;
again:	atomic {
		nfull(producers_stores) ->
		armed = (armed + 1) | 1;
		producers_stores!ARMED, armed
	};
	atomic {
#ifndef NO_WAITER_FENCE
		empty(producers_stores) ->
#endif
		if
		:: has_space(wanted) -> goto send
		:: else -> asleep = true
		fi
	};
	atomic {
		has_doorbell ->
		has_doorbell = false;
		asleep = false
	};
	goto again;
send:	atomic {
		nfull(producers_stores) ->
		if
		:: IS_ODD(armed) ->
			armed++;
			producers_stores!ARMED, armed
		:: else
		fi
	};
	do
	:: wanted > 0 ->
		atomic {
			nfull(producers_stores) ->
			assert(produced - word[CONSUMED] < CAPACITY);
			produced++;
			wanted--;
			producers_stores!PRODUCED, produced
		}
	:: else -> break
	od;
	goto next;
done:	skip
}

active proctype consumer()
{
	byte known, notified_for, seen;
	bool was_above;

next:	if
	:: consumed == COUNT -> goto done
	:: else
	fi;
	if
	:: known == consumed ->
		/* Empty: the sleep of the consumer is not modelled here. */
		atomic {
			word[PRODUCED] != consumed -> known = word[PRODUCED]
		}
	:: else
	fi;
	was_above = known - consumed > HALF;
	atomic {
		nfull(consumers_stores) ->
		consumed++;
		consumers_stores!CONSUMED, consumed
	};
	if
	:: known - consumed > HALF -> goto next
	:: else
	fi;
	if
	:: !was_above && known != consumed -> goto next
#ifdef NO_CHECK_AT_THE_LAST
	:: !was_above -> goto next
#endif
	:: true
	fi;
	/* The position is ordered before the loads of the check. */
#ifdef UNORDERED_AT_HALF
	if
	:: was_above
	:: else -> empty(consumers_stores)
	fi;
#else
#ifndef NEVER_ORDERED
	empty(consumers_stores);
#endif
#endif
	if
	:: was_above ->
		known = word[PRODUCED];
		if
		:: known - consumed > HALF -> goto next
		:: else
		fi
	:: else
	fi;
	seen = word[ARMED];
	if
	:: IS_ODD(seen) && seen != notified_for ->
		known = word[PRODUCED];
		if
		:: known - consumed <= HALF ->
			has_doorbell = true;
			notified_for = seen
		:: else
		fi
	:: else
	fi;
	seen = 0;
	goto next;
done:	skip
}

/* Stores become visible at some time, those of one side in their order. */
active proctype memory()
{
	byte w, v;

end:	do
	:: d_step { producers_stores?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { consumers_stores?w, v -> word[w] = v; w = 0; v = 0 }
	od
}

/* Runs when no other process can. */
active proctype watch()
{
	timeout ->
	d_step {
		assert(!asleep);
		assert(produced == COUNT && consumed == COUNT)
	}
}
