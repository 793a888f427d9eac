/* SPDX-License-Identifier: ISC */
/*
 * One valid message of each type
 *
 * Every field has a value that no other field has, so that two fields in each
 * other's place are seen.  Strings are surrounded by rubbish that must never
 * reach a record.
 */
#ifndef POSTERN_TESTS_WIRE_SAMPLES_H
#define POSTERN_TESTS_WIRE_SAMPLES_H

#include <string.h>

#include "wire/wire.h"

#define SAMPLE_PAGE_BYTES 4096u
#define SAMPLE_LAYOUT_VERSION 1u
#define SAMPLE_VIEW_VERSION 3u
#define SAMPLE_SLOT UINT64_C(0x0000000700000003)

static inline void sample_fill(uint8_t *bytes, size_t byte_count,
			       unsigned first)
{
	for (size_t i = 0; i < byte_count; i++)
		bytes[i] = (uint8_t)(first + i);
}

static inline struct pst_hello sample_hello(void)
{
	struct pst_hello hello = {
		.kind = PST_WIRE_KIND_CHANNEL,
		.requested = {
			.directions = POSTERN_DIRECTION_TO_NODE |
				      POSTERN_DIRECTION_FROM_NODE,
			.ring_bytes = 0x00123400,
			.message_bytes = 0x00056789,
		},
		.layout_version = SAMPLE_LAYOUT_VERSION,
		.security_bits = 1u << POSTERN_SECURITY_NONE,
	};

	memset(hello.node_name, 'R', sizeof(hello.node_name));
	memset(hello.instance, 'R', sizeof(hello.instance));
	memcpy(hello.node_name, "orders", sizeof("orders"));
	memcpy(hello.instance, "till-4.north", sizeof("till-4.north"));
	return hello;
}

/* In a mode that needs a key exchange; the bytes behind its end are rubbish. */
static inline struct pst_hello
sample_secured_hello(enum pst_wire_pattern pattern)
{
	struct pst_hello hello = sample_hello();

	hello.security_bits = 1u << POSTERN_SECURITY_MAC |
			      1u << POSTERN_SECURITY_AEAD;
	hello.pattern = pattern;
	hello.cipher = PST_WIRE_CIPHER_CHACHAPOLY;
	hello.key_exchange.byte_count = pst_wire_key_exchange_bytes(pattern);
	sample_fill(hello.key_exchange.bytes, sizeof(hello.key_exchange.bytes),
		    0x10);
	return hello;
}

static inline struct pst_offer sample_offer(void)
{
	struct pst_offer offer = {
		.directions = POSTERN_DIRECTION_TO_NODE |
			      POSTERN_DIRECTION_FROM_NODE,
		.security = POSTERN_SECURITY_NONE,
		.layout_version = SAMPLE_LAYOUT_VERSION,
		.control_bytes = SAMPLE_PAGE_BYTES,
		.send = {0x00100000, 0x00011223},
		.receive = {0x00080000, 0x00000456},
		.node_segment = {0x00080000 + SAMPLE_PAGE_BYTES, 0x1122334455},
		.client_segment = {0x00100000 + SAMPLE_PAGE_BYTES,
				   0x66778899aa},
	};

	sample_fill(offer.session_id, sizeof(offer.session_id), 0x40);
	return offer;
}

static inline struct pst_offer sample_secured_offer(void)
{
	struct pst_offer offer = sample_offer();

	offer.security = POSTERN_SECURITY_AEAD;
	offer.key_exchange.byte_count = PST_WIRE_ANSWER_BYTES;
	sample_fill(offer.key_exchange.bytes, sizeof(offer.key_exchange.bytes),
		    0x20);
	return offer;
}

static inline struct pst_ready sample_ready(void)
{
	struct pst_ready ready = {{0}, {0}};

	sample_fill(ready.session_id, sizeof(ready.session_id), 0x40);
	return ready;
}

static inline struct pst_go sample_go(void)
{
	struct pst_go go = {.slot = SAMPLE_SLOT};

	sample_fill(go.session_id, sizeof(go.session_id), 0x40);
	return go;
}

/* For no channel: it requests nothing. */
static inline struct pst_hello sample_hello_of(enum pst_wire_kind kind)
{
	struct pst_hello hello = sample_hello();

	if (kind == PST_WIRE_KIND_CHANNEL)
		return hello;
	hello.kind = kind;
	memset(&hello.requested, 0, sizeof(hello.requested));
	hello.layout_version = 0;
	return hello;
}

static inline struct pst_stats_record sample_stats(void)
{
	struct pst_stats_record stats = {
		.layout_version = SAMPLE_VIEW_VERSION,
		.segment = {0x00123000, 0x33445566cc},
	};

	sample_fill(stats.session_id, sizeof(stats.session_id), 0x60);
	return stats;
}

static inline struct pst_permit sample_permit(void)
{
	struct pst_permit permit;

	sample_fill(permit.session_id, sizeof(permit.session_id), 0x40);
	return permit;
}

static inline struct pst_command sample_command(void)
{
	struct pst_command command = {
		.verb = PST_COMMAND_DISCONNECT,
		.peer = SAMPLE_SLOT,
	};

	sample_fill(command.session_id, sizeof(command.session_id), 0x40);
	return command;
}

static inline struct pst_command sample_named_command(void)
{
	struct pst_command command = sample_command();

	command.peer = 0;
	memset(command.peer_name, 'R', sizeof(command.peer_name));
	memcpy(command.peer_name, "tills", sizeof("tills"));
	return command;
}

static inline struct pst_result sample_result(void)
{
	struct pst_result result = {
		.code = PST_RESULT_DONE,
		.count = 0x00010203,
	};

	sample_fill(result.session_id, sizeof(result.session_id), 0x40);
	return result;
}

static inline struct pst_refuse sample_refuse(enum pst_refuse_code code)
{
	return (struct pst_refuse){PST_WIRE_VERSION, code};
}

#endif
