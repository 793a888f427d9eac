/* SPDX-License-Identifier: ISC */
/*
 * Room in a ring of several messages: can the wake-up of a producer be lost?
 *
 * wakeup.pml has the whole of sleep and wake, with rings of one message.  This
 * is the one rule that such a ring cannot show.  A consumer that knows of more
 * unread messages than half of the ring neither looks whether the producer
 * sleeps nor orders its position before that look.  It does both when it comes to
 * the half, and with the last message that it knows of; in between it does so now
 * and then, and the model has every choice of when.  What it knows may be old: it
 * looks at the producer's position when nothing else is unread, when it comes to
 * the half, and before it rings.
 *
 * The producer sleeps in front of a full ring, until there is room for WANTED
 * messages.  The consumer goes on for as long as there are messages; how it
 * sleeps itself is the other model's matter.  Stores wait in a buffer, as there.
 *
 * Each of these takes one rule away, and check_models.sh wants an error from
 * it: NEVER_ORDERED, NO_WAITER_FENCE, UNORDERED_AT_HALF, NO_LOOK_AT_THE_LAST.
 */

#ifndef ROOM
#define ROOM 4
#endif
#ifndef COUNT			/* messages sent */
#define COUNT 9
#endif
#ifndef WANTED
#define WANTED 1
#endif

#define HALF	(ROOM / 2)

#define IS_ODD(v)	((v) & 1)

/* Each has one writer, and reaches memory through that one's buffer. */
#define PRODUCED 0
#define ARMED 1
#define CONSUMED 2
byte word[3];
chan producers_stores = [3] of { byte, byte };
chan consumers_stores = [3] of { byte, byte };

bool has_bell;		/* in the producer's socket */
byte produced;
byte consumed;
bool asleep;

#define has_room(n)	(produced - word[CONSUMED] <= ROOM - n)

active proctype producer()
{
	byte armed, wanted;

next:	if
	:: produced == COUNT -> goto done
	:: else
	fi;
	/* Room for several is waited for, and then they are sent one by one. */
	wanted = (COUNT - produced < WANTED -> COUNT - produced : WANTED);
look:	if
	:: has_room(wanted) -> goto send
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
		:: has_room(wanted) -> goto send
		:: else -> asleep = true
		fi
	};
	atomic {
		has_bell ->
		has_bell = false;
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
			assert(produced - word[CONSUMED] < ROOM);
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
	byte known, rung_for, seen;
	bool was_above;

next:	if
	:: consumed == COUNT -> goto done
	:: else
	fi;
	if
	:: known == consumed ->
		/* Nothing there: somebody else's matter, until there is. */
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
#ifdef NO_LOOK_AT_THE_LAST
	:: !was_above -> goto next
#endif
	:: true
	fi;
	/* The position is ordered before what is looked at. */
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
	:: IS_ODD(seen) && seen != rung_for ->
		known = word[PRODUCED];
		if
		:: known - consumed <= HALF ->
			has_bell = true;
			rung_for = seen
		:: else
		fi
	:: else
	fi;
	seen = 0;
	goto next;
done:	skip
}

/* Stores become visible some time, those of one side in their order. */
active proctype memory()
{
	byte w, v;

end:	do
	:: d_step { producers_stores?w, v -> word[w] = v; w = 0; v = 0 }
	:: d_step { consumers_stores?w, v -> word[w] = v; w = 0; v = 0 }
	od
}

/* Runs when nobody else can. */
active proctype watch()
{
	timeout ->
	d_step {
		assert(!asleep);
		assert(produced == COUNT && consumed == COUNT)
	}
}
