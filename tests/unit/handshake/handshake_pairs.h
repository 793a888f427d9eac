/* SPDX-License-Identifier: ISC */
/*
 * Two machines, brought to any point of a handshake
 *
 * There is no shortcut into a state: a machine gets there by creating and
 * consuming what an honest pair would.
 */
#ifndef POSTERN_TESTS_HANDSHAKE_PAIRS_H
#define POSTERN_TESTS_HANDSHAKE_PAIRS_H

#include <check.h>
#include <errno.h>

#include "handshake/handshake.h"
#include "unit/wire/wire_samples.h"

#define STATE_COUNT (HANDSHAKE_CONSUMED_RESULT + 1u)
#define TYPE_COUNT 9u

struct pair {
	struct pst_handshake_initiator initiator;
	struct pst_handshake_responder responder;
	struct pst_wire_record record;  /* the last that was created */
};

static inline struct pst_initiator_params sample_params(void)
{
	return (struct pst_initiator_params){
		.kind = PST_WIRE_KIND_CHANNEL,
		.node_name = "orders",
		.instance = "till-4.north",
		.requested = {
			.directions = POSTERN_DIRECTION_TO_NODE |
				      POSTERN_DIRECTION_FROM_NODE,
			.ring_bytes = 0x00123400,
			.message_bytes = 0x00056789,
		},
		.page_bytes = SAMPLE_PAGE_BYTES,
		.layout_version = SAMPLE_LAYOUT_VERSION,
		.security_bits = 1u << POSTERN_SECURITY_NONE,
	};
}

static inline struct pst_initiator_params sample_params_of(enum pst_wire_kind kind)
{
	struct pst_initiator_params params = sample_params();

	if (kind == PST_WIRE_KIND_CHANNEL)
		return params;
	params.kind = kind;
	memset(&params.requested, 0, sizeof(params.requested));
	params.layout_version = 0;
	params.security_bits = 0;
	if (kind == PST_WIRE_KIND_OBSERVE)
		params.layout_version = SAMPLE_VIEW_VERSION;
	return params;
}

static inline void pair_init_of(struct pair *pair, enum pst_wire_kind kind)
{
	struct pst_initiator_params params = sample_params_of(kind);
	const struct pst_responder_params node = {
		.layout_version = SAMPLE_LAYOUT_VERSION,
	};

	memset(pair, 0, sizeof(*pair));
	ck_assert_int_eq(pst_initiator_init(&pair->initiator, &params), 0);
	pst_responder_init(&pair->responder, &node);
}

static inline void pair_init(struct pair *pair)
{
	pair_init_of(pair, PST_WIRE_KIND_CHANNEL);
}

/* One message further, from whoever's turn it is to whoever's it is not. */
static inline void pair_create(struct pair *pair, enum pst_wire_type type)
{
	struct pst_offer offer = sample_offer();
	struct pst_stats_record stats = sample_stats();
	struct pst_permit permit = sample_permit();
	struct pst_command command = sample_command();
	int r = -EINVAL;

	switch (type) {
	case PST_WIRE_HELLO:
		r = pst_initiator_create_hello(&pair->initiator, &pair->record);
		break;
	case PST_WIRE_OFFER:
		r = pst_responder_create_offer(&pair->responder, &offer,
					       &pair->record);
		break;
	case PST_WIRE_READY:
		r = pst_initiator_create_ready(&pair->initiator, &pair->record);
		break;
	case PST_WIRE_GO:
		r = pst_responder_create_go(&pair->responder, SAMPLE_SLOT,
					    &pair->record);
		break;
	case PST_WIRE_REFUSE:
		r = pst_responder_create_refuse(&pair->responder,
						PST_REFUSE_DENIED,
						&pair->record);
		break;
	case PST_WIRE_STATS:
		r = pst_responder_create_stats(&pair->responder, &stats,
					       &pair->record);
		break;
	case PST_WIRE_PERMIT:
		r = pst_responder_create_permit(&pair->responder, &permit,
						&pair->record);
		break;
	case PST_WIRE_COMMAND:
		r = pst_initiator_create_command(&pair->initiator, &command,
						 &pair->record);
		break;
	case PST_WIRE_RESULT:
		r = pst_responder_create_result(&pair->responder,
						PST_RESULT_DONE, 1,
						&pair->record);
		break;
	}
	ck_assert_int_eq(r, 0);
}

static inline bool is_of_the_initiator(enum pst_wire_type type)
{
	return type == PST_WIRE_HELLO || type == PST_WIRE_READY ||
	       type == PST_WIRE_COMMAND;
}

static inline int pair_consume(struct pair *pair, enum pst_wire_type type)
{
	if (is_of_the_initiator(type))
		return pst_responder_consume(&pair->responder,
					     pair->record.bytes,
					     pair->record.byte_count);
	return pst_initiator_consume(&pair->initiator, pair->record.bytes,
				     pair->record.byte_count);
}

/* All messages up to and including last were created and consumed. */
static inline void pair_through_of(struct pair *pair, enum pst_wire_kind kind,
				   enum pst_wire_type last)
{
	static const enum pst_wire_type orders[][5] = {
		[PST_WIRE_KIND_CHANNEL] = {PST_WIRE_HELLO, PST_WIRE_OFFER,
					   PST_WIRE_READY, PST_WIRE_GO},
		[PST_WIRE_KIND_OBSERVE] = {PST_WIRE_HELLO, PST_WIRE_STATS},
		[PST_WIRE_KIND_CONTROL] = {PST_WIRE_HELLO, PST_WIRE_PERMIT,
					   PST_WIRE_COMMAND, PST_WIRE_RESULT},
	};
	const enum pst_wire_type *type = orders[kind];

	pair_init_of(pair, kind);
	do {
		pair_create(pair, *type);
		ck_assert_int_eq(pair_consume(pair, *type), 0);
	} while (*type++ != last);
}

static inline void pair_through(struct pair *pair, enum pst_wire_type last)
{
	pair_through_of(pair, PST_WIRE_KIND_CHANNEL, last);
}

/* The record of a valid message that no machine made. */
static inline struct pst_wire_record lone_record(enum pst_wire_type type)
{
	struct pst_wire_record record = {0};
	struct pst_hello hello = sample_hello();
	struct pst_offer offer = sample_offer();
	struct pst_ready ready = sample_ready();
	struct pst_go go = sample_go();
	struct pst_refuse refuse = sample_refuse(PST_REFUSE_DENIED);
	struct pst_stats_record stats = sample_stats();
	struct pst_permit permit = sample_permit();
	struct pst_command command = sample_command();
	struct pst_result result = sample_result();
	int r = -EINVAL;

	switch (type) {
	case PST_WIRE_HELLO:
		r = pst_wire_write_hello(&hello, &record);
		break;
	case PST_WIRE_OFFER:
		r = pst_wire_write_offer(&offer, &record);
		break;
	case PST_WIRE_READY:
		r = pst_wire_write_ready(&ready, &record);
		break;
	case PST_WIRE_GO:
		r = pst_wire_write_go(&go, &record);
		break;
	case PST_WIRE_REFUSE:
		r = pst_wire_write_refuse(&refuse, &record);
		break;
	case PST_WIRE_STATS:
		r = pst_wire_write_stats(&stats, &record);
		break;
	case PST_WIRE_PERMIT:
		r = pst_wire_write_permit(&permit, &record);
		break;
	case PST_WIRE_COMMAND:
		r = pst_wire_write_command(&command, &record);
		break;
	case PST_WIRE_RESULT:
		r = pst_wire_write_result(&result, &record);
		break;
	}
	ck_assert_int_eq(r, 0);
	return record;
}

#endif
