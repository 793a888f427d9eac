/* SPDX-License-Identifier: ISC */
/*
 * The order of the handshake, exhaustively: every role, kind, state, act, type,
 * first in the table itself, then with the machines brought into each state
 * they can have.  The expectation is written as sentences, not as the table is.
 */
#include "handshake/handshake.h"

#include <stdio.h>

#include "unit/handshake/handshake_pairs.h"
#include "support/test_case.h"

static const char *const state_words[] = {
	"FAILED",
	"REFUSED",
	"START",
	"CREATED_HELLO",
	"CONSUMED_HELLO",
	"CREATED_OFFER",
	"CONSUMED_OFFER",
	"CREATED_READY",
	"CONSUMED_READY",
	"CREATED_GO",
	"CONSUMED_GO",
	"CREATED_STATS",
	"CONSUMED_STATS",
	"CREATED_PERMIT",
	"CONSUMED_PERMIT",
	"CREATED_COMMAND",
	"CONSUMED_COMMAND",
	"CREATED_RESULT",
	"CONSUMED_RESULT",
};
static const char *const act_words[] = {"creates", "consumes"};
static const char *const type_words[] = {
	"-", "HELLO", "OFFER", "READY", "GO", "REFUSE", "STATS", "PERMIT",
	"COMMAND", "RESULT",
};

/* Kind 0: a responder that has not read it yet. */
static const char *const kind_words[] = {
	"any:", "channel:", "observe:", "control:",
};
#define KIND_COUNT (sizeof(kind_words) / sizeof(*kind_words))

static const char *const initiator_sentences[] = {
	"any: START creates HELLO: CREATED_HELLO",
	"channel: CREATED_HELLO consumes OFFER: CONSUMED_OFFER",
	"channel: CONSUMED_OFFER creates READY: CREATED_READY",
	"channel: CREATED_READY consumes GO: CONSUMED_GO",
	"observe: CREATED_HELLO consumes STATS: CONSUMED_STATS",
	"control: CREATED_HELLO consumes PERMIT: CONSUMED_PERMIT",
	"control: CONSUMED_PERMIT creates COMMAND: CREATED_COMMAND",
	"control: CREATED_COMMAND consumes RESULT: CONSUMED_RESULT",
	"any: CREATED_HELLO consumes REFUSE: REFUSED",
	"channel: CONSUMED_OFFER consumes REFUSE: REFUSED",
	"channel: CREATED_READY consumes REFUSE: REFUSED",
	"control: CONSUMED_PERMIT consumes REFUSE: REFUSED",
	"control: CREATED_COMMAND consumes REFUSE: REFUSED",
	NULL,
};
static const char *const responder_sentences[] = {
	"any: START consumes HELLO: CONSUMED_HELLO",
	"channel: CONSUMED_HELLO creates OFFER: CREATED_OFFER",
	"channel: CREATED_OFFER consumes READY: CONSUMED_READY",
	"channel: CONSUMED_READY creates GO: CREATED_GO",
	"observe: CONSUMED_HELLO creates STATS: CREATED_STATS",
	"control: CONSUMED_HELLO creates PERMIT: CREATED_PERMIT",
	"control: CREATED_PERMIT consumes COMMAND: CONSUMED_COMMAND",
	"control: CONSUMED_COMMAND creates RESULT: CREATED_RESULT",
	"any: START creates REFUSE: REFUSED",
	"any: CONSUMED_HELLO creates REFUSE: REFUSED",
	"channel: CREATED_OFFER creates REFUSE: REFUSED",
	"channel: CONSUMED_READY creates REFUSE: REFUSED",
	"control: CREATED_PERMIT creates REFUSE: REFUSED",
	"control: CONSUMED_COMMAND creates REFUSE: REFUSED",
	"any: FAILED creates REFUSE: REFUSED",
	NULL,
};

static bool is_about(const char *sentence, enum pst_wire_kind kind)
{
	return strncmp(sentence, "any:", 4) == 0 ||
	       strncmp(sentence, kind_words[kind],
		       strlen(kind_words[kind])) == 0;
}

/* The state that the sentences give; FAILED if no sentence says anything. */
static enum pst_handshake_state
expected_state(enum pst_handshake_role role, enum pst_wire_kind kind,
	       enum pst_handshake_state state, enum pst_handshake_act act,
	       enum pst_wire_type type)
{
	const char *const *sentences = role == PST_HANDSHAKE_INITIATOR ?
					       initiator_sentences :
					       responder_sentences;
	char said[96];

	for (; *sentences != NULL; sentences++) {
		if (!is_about(*sentences, kind))
			continue;
		for (unsigned next = 0; next < STATE_COUNT; next++) {
			snprintf(said, sizeof(said), "%s %s %s: %s",
				 state_words[state], act_words[act],
				 type_words[type], state_words[next]);
			if (strcmp(said, strchr(*sentences, ' ') + 1) == 0)
				return (enum pst_handshake_state)next;
		}
	}
	return HANDSHAKE_FAILED;
}

START_TEST(the_table_permits_what_the_sentences_say, .loop_end = 2)
{
	enum pst_handshake_role role = (enum pst_handshake_role)_i;
	unsigned permitted_count = 0;

	for (unsigned kind = 0; kind < KIND_COUNT; kind++)
	for (unsigned state = 0; state < STATE_COUNT; state++)
	for (unsigned act = 0; act < 2; act++)
	for (unsigned type = 0; type <= TYPE_COUNT; type++) {
		enum pst_handshake_state next = pst_handshake_next(
			role, (enum pst_wire_kind)kind,
			(enum pst_handshake_state)state,
			(enum pst_handshake_act)act, (enum pst_wire_type)type);

		ck_assert_msg(next == expected_state(
					role, (enum pst_wire_kind)kind,
					(enum pst_handshake_state)state,
					(enum pst_handshake_act)act,
					(enum pst_wire_type)type),
			      "%s %s %s %s", kind_words[kind],
			      state_words[state], act_words[act],
			      type_words[type]);
		permitted_count += next != HANDSHAKE_FAILED;
	}
	/* What holds for any kind holds four times. */
	ck_assert_uint_eq(permitted_count, role == PST_HANDSHAKE_INITIATOR ?
						   4 * 2 + 5 + 1 + 5 :
						   4 * 4 + 5 + 1 + 5);
}
END_TEST

START_TEST(a_zeroed_machine_has_failed)
{
	static struct pst_handshake_initiator initiator;
	static struct pst_handshake_responder responder;
	struct pst_wire_record hello = lone_record(PST_WIRE_HELLO);
	struct pst_wire_record record;

	ck_assert_int_eq(initiator.machine.state, HANDSHAKE_FAILED);
	ck_assert_int_eq(pst_initiator_create_hello(&initiator, &record),
			 -EINVAL);
	ck_assert_int_eq(pst_responder_consume(&responder, hello.bytes,
					       hello.byte_count), -EBADMSG);
}
END_TEST

static const struct pst_handshake_machine *
machine_of(const struct pair *pair, enum pst_handshake_role role)
{
	return role == PST_HANDSHAKE_INITIATOR ? &pair->initiator.machine :
						 &pair->responder.machine;
}

/*
 * Brings a pair to where the machine of this role is in this state, on a
 * connection of this kind; false where there is no way.
 */
static bool reach(struct pair *pair, enum pst_handshake_role role,
		  enum pst_wire_kind kind, enum pst_handshake_state state)
{
	bool is_initiator = role == PST_HANDSHAKE_INITIATOR;
	enum pst_wire_kind kind_of_state = PST_WIRE_KIND_CHANNEL;
	enum pst_wire_type last;

	pair_init_of(pair, kind);
	switch (state) {
	case HANDSHAKE_START:
		return true;
	case HANDSHAKE_FAILED:
		pair->record.byte_count = 0;
		(void)pair_consume(pair, is_initiator ? PST_WIRE_OFFER :
							PST_WIRE_HELLO);
		return true;
	case HANDSHAKE_REFUSED:
		pair_create(pair, PST_WIRE_HELLO);
		pair_create(pair, PST_WIRE_REFUSE);
		(void)pair_consume(pair, PST_WIRE_REFUSE);
		return true;
	case HANDSHAKE_CREATED_HELLO:
	case HANDSHAKE_CONSUMED_HELLO:
		last = PST_WIRE_HELLO;
		kind_of_state = kind;
		break;
	case HANDSHAKE_CREATED_OFFER:
	case HANDSHAKE_CONSUMED_OFFER:
		last = PST_WIRE_OFFER;
		break;
	case HANDSHAKE_CREATED_READY:
	case HANDSHAKE_CONSUMED_READY:
		last = PST_WIRE_READY;
		break;
	case HANDSHAKE_CREATED_STATS:
	case HANDSHAKE_CONSUMED_STATS:
		last = PST_WIRE_STATS;
		kind_of_state = PST_WIRE_KIND_OBSERVE;
		break;
	case HANDSHAKE_CREATED_PERMIT:
	case HANDSHAKE_CONSUMED_PERMIT:
		last = PST_WIRE_PERMIT;
		kind_of_state = PST_WIRE_KIND_CONTROL;
		break;
	case HANDSHAKE_CREATED_COMMAND:
	case HANDSHAKE_CONSUMED_COMMAND:
		last = PST_WIRE_COMMAND;
		kind_of_state = PST_WIRE_KIND_CONTROL;
		break;
	case HANDSHAKE_CREATED_RESULT:
	case HANDSHAKE_CONSUMED_RESULT:
		last = PST_WIRE_RESULT;
		kind_of_state = PST_WIRE_KIND_CONTROL;
		break;
	case HANDSHAKE_CREATED_GO:
	case HANDSHAKE_CONSUMED_GO:
	default:
		last = PST_WIRE_GO;
		break;
	}
	if (kind != kind_of_state)
		return false;
	pair_through_of(pair, kind, last);
	return machine_of(pair, role)->state == state;
}

static int feed(struct pair *pair, enum pst_handshake_role role,
		enum pst_wire_type type)
{
	struct pst_wire_record record = lone_record(type);

	return role == PST_HANDSHAKE_INITIATOR ?
		       pst_initiator_consume(&pair->initiator, record.bytes,
					     record.byte_count) :
		       pst_responder_consume(&pair->responder, record.bytes,
					     record.byte_count);
}

START_TEST(each_machine_consumes_what_is_in_turn_and_nothing_else,
	   .loop_end = 2)
{
	enum pst_handshake_role role = (enum pst_handshake_role)_i;
	unsigned reached_count = 0;

	for (unsigned k = PST_WIRE_KIND_CHANNEL; k < KIND_COUNT; k++)
	for (unsigned s = 0; s < STATE_COUNT; s++)
	for (unsigned t = PST_WIRE_HELLO; t <= TYPE_COUNT; t++) {
		enum pst_wire_kind kind = (enum pst_wire_kind)k;
		enum pst_handshake_state state = (enum pst_handshake_state)s;
		enum pst_wire_type type = (enum pst_wire_type)t;
		enum pst_handshake_state next, expected;
		enum postern_reason reason_before, reason;
		struct pair pair;
		bool has_ended = state == HANDSHAKE_FAILED ||
				 state == HANDSHAKE_REFUSED;
		int r;

		if (!reach(&pair, role, kind, state))
			continue;
		reached_count++;
		reason_before = machine_of(&pair, role)->reason;
		r = feed(&pair, role, type);
		next = machine_of(&pair, role)->state;
		reason = machine_of(&pair, role)->reason;

		expected = expected_state(role, kind, state,
					  PST_HANDSHAKE_CONSUME, type);
		if (has_ended)
			expected = state;
		ck_assert_msg(next == expected, "%s %s consumes %s: %s",
			      kind_words[k], state_words[s], type_words[t],
			      state_words[next]);
		if (has_ended) {
			ck_assert_int_eq(r, -EBADMSG);
			ck_assert_int_eq(reason, reason_before);
		} else if (next == HANDSHAKE_FAILED) {
			ck_assert_int_eq(r, -EBADMSG);
			ck_assert_int_eq(reason, POSTERN_REASON_PROTOCOL);
		} else {
			ck_assert_int_eq(r, type == PST_WIRE_REFUSE ? -EACCES :
								      0);
		}
	}
	/* FAILED, REFUSED, START, HELLO and what is the kind's own. */
	ck_assert_uint_eq(reached_count, ((4 + 3) + (4 + 1) + (4 + 3)) *
						 TYPE_COUNT);
}
END_TEST

static int try_create(struct pair *pair, enum pst_wire_type type)
{
	struct pst_offer offer = sample_offer();
	struct pst_stats_record stats = sample_stats();
	struct pst_permit permit = sample_permit();
	struct pst_command command = sample_command();

	switch (type) {
	case PST_WIRE_HELLO:
		return pst_initiator_create_hello(&pair->initiator,
						  &pair->record);
	case PST_WIRE_OFFER:
		return pst_responder_create_offer(&pair->responder, &offer,
						  &pair->record);
	case PST_WIRE_READY:
		return pst_initiator_create_ready(&pair->initiator,
						  &pair->record);
	case PST_WIRE_GO:
		return pst_responder_create_go(&pair->responder, SAMPLE_SLOT,
					       &pair->record);
	case PST_WIRE_REFUSE:
		return pst_responder_create_refuse(&pair->responder,
						   PST_REFUSE_BUSY,
						   &pair->record);
	case PST_WIRE_STATS:
		return pst_responder_create_stats(&pair->responder, &stats,
						  &pair->record);
	case PST_WIRE_PERMIT:
		return pst_responder_create_permit(&pair->responder, &permit,
						   &pair->record);
	case PST_WIRE_COMMAND:
		return pst_initiator_create_command(&pair->initiator, &command,
						    &pair->record);
	case PST_WIRE_RESULT:
		return pst_responder_create_result(&pair->responder,
						   PST_RESULT_NOBODY, 0,
						   &pair->record);
	}
	return -EINVAL;
}

START_TEST(each_machine_creates_what_is_in_turn_and_nothing_else, .loop_end = 2)
{
	enum pst_handshake_role role = (enum pst_handshake_role)_i;

	for (unsigned k = PST_WIRE_KIND_CHANNEL; k < KIND_COUNT; k++)
	for (unsigned s = 0; s < STATE_COUNT; s++)
	for (unsigned t = PST_WIRE_HELLO; t <= TYPE_COUNT; t++) {
		enum pst_wire_kind kind = (enum pst_wire_kind)k;
		enum pst_handshake_state state = (enum pst_handshake_state)s;
		enum pst_wire_type type = (enum pst_wire_type)t;
		enum pst_handshake_state next, expected;
		struct pst_wire_record before;
		struct pair pair;
		int r;

		if ((role == PST_HANDSHAKE_INITIATOR) !=
		    is_of_the_initiator(type))
			continue;
		if (!reach(&pair, role, kind, state))
			continue;
		before = pair.record;
		r = try_create(&pair, type);
		next = machine_of(&pair, role)->state;
		expected = expected_state(role, kind, state,
					  PST_HANDSHAKE_CREATE, type);
		if (expected == HANDSHAKE_FAILED) {
			ck_assert_int_eq(r, -EINVAL);
			ck_assert_mem_eq(&before, &pair.record, sizeof(before));
			if (state == HANDSHAKE_REFUSED)
				expected = state;
		} else {
			ck_assert_int_eq(r, 0);
		}
		ck_assert_msg(next == expected, "%s %s creates %s: %s",
			      kind_words[k], state_words[s], type_words[t],
			      state_words[next]);
	}
}
END_TEST

int main(void)
{
	return RUN_TESTS();
}
