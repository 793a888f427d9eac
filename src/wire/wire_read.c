/* SPDX-License-Identifier: ISC */
/*
 * Records to messages
 *
 * Every byte may come from a hostile process.  A record is read in three steps:
 * check magic, version, type and size in its header; copy it into a struct of
 * its layout, with strings and areas whole, so that no length from the record
 * is used as an index; check that the message is valid, and that writing it
 * gives the same bytes.  The last step refuses lengths that do not match their
 * text, undefined bits and fill bytes that are not zero, for every field.
 */
#include "wire/wire.h"

#include <errno.h>
#include <string.h>

static const uint8_t magic[PST_WIRE_MAGIC_BYTES] = PST_WIRE_MAGIC;

/* 0 for an unknown type, because no record has that size. */
static size_t record_bytes_of(uint16_t type)
{
	switch (type) {
	case PST_WIRE_HELLO:
		return sizeof(struct pst_wire_hello);
	case PST_WIRE_OFFER:
		return sizeof(struct pst_wire_offer);
	case PST_WIRE_READY:
		return sizeof(struct pst_wire_ready);
	case PST_WIRE_GO:
		return sizeof(struct pst_wire_go);
	case PST_WIRE_REFUSE:
		return sizeof(struct pst_wire_refuse);
	case PST_WIRE_STATS:
		return sizeof(struct pst_wire_stats);
	case PST_WIRE_PERMIT:
		return sizeof(struct pst_wire_permit);
	case PST_WIRE_COMMAND:
		return sizeof(struct pst_wire_command);
	case PST_WIRE_RESULT:
		return sizeof(struct pst_wire_result);
	default:
		return 0;
	}
}

/* Copy the record if it has this type, and so the size of its layout. */
static int take_record(const void *bytes, size_t byte_count,
		       enum pst_wire_type type, void *ret_wire,
		       size_t wire_bytes)
{
	enum pst_wire_type seen;
	int r;

	r = pst_wire_read_type(bytes, byte_count, &seen);
	if (r < 0)
		return r;
	if (seen != type)
		return -EBADMSG;
	memcpy(ret_wire, bytes, wire_bytes);
	return 0;
}

/* Whether writing the message again gave the bytes that were read. */
static bool is_same(int write_result, const struct pst_wire_record *record,
		    const void *wire, size_t wire_bytes)
{
	return write_result == 0 && record->byte_count == wire_bytes &&
	       memcmp(record->bytes, wire, wire_bytes) == 0;
}

static void take_key_exchange(struct pst_key_exchange *ret_key_exchange,
			      struct pst_le16 byte_count,
			      const uint8_t bytes[static
						  PST_WIRE_KEY_EXCHANGE_BYTES])
{
	ret_key_exchange->byte_count = pst_le16_value(byte_count);
	memcpy(ret_key_exchange->bytes, bytes, sizeof(ret_key_exchange->bytes));
}

int pst_wire_read_type(const void *bytes, size_t byte_count,
		       enum pst_wire_type *ret_type)
{
	struct pst_wire_header header;
	uint16_t type;

	if (byte_count < sizeof(header) ||
	    byte_count > PST_WIRE_RECORD_BYTES_MAX)
		return -EBADMSG;
	memcpy(&header, bytes, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(magic)) != 0 ||
	    pst_le32_value(header.record_bytes) != byte_count)
		return -EBADMSG;

	/* Only REFUSE has the same meaning in every version. */
	type = pst_le16_value(header.type);
	if (type != PST_WIRE_REFUSE &&
	    pst_le16_value(header.version) != PST_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (byte_count != record_bytes_of(type))
		return -EBADMSG;

	*ret_type = (enum pst_wire_type)type;
	return 0;
}

int pst_wire_read_hello(const void *bytes, size_t byte_count,
			struct pst_hello *ret_hello)
{
	struct pst_wire_hello wire;
	struct pst_wire_record again;
	struct pst_hello hello;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_HELLO, &wire, sizeof(wire));
	if (r < 0)
		return r;

	hello = (struct pst_hello){
		.kind = (enum pst_wire_kind)pst_le16_value(wire.kind),
		.requested = {
			.directions = pst_le16_value(wire.directions),
			.ring_bytes = pst_le32_value(wire.ring_bytes),
			.message_bytes = pst_le32_value(wire.message_bytes),
		},
		.layout_version = pst_le16_value(wire.layout_version),
		.security_bits = pst_le16_value(wire.security_bits),
		.pattern = (enum pst_wire_pattern)wire.pattern,
		.cipher = (enum pst_wire_cipher)wire.cipher,
	};
	memcpy(hello.node_name, wire.node_name, sizeof(hello.node_name));
	memcpy(hello.instance, wire.instance, sizeof(hello.instance));
	take_key_exchange(&hello.key_exchange, wire.key_exchange_bytes,
			  wire.key_exchange);

	if (!is_same(pst_wire_write_hello(&hello, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_hello = hello;
	return 0;
}

int pst_wire_read_offer(const void *bytes, size_t byte_count,
			struct pst_offer *ret_offer)
{
	struct pst_wire_offer wire;
	struct pst_wire_record again;
	struct pst_offer offer;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_OFFER, &wire, sizeof(wire));
	if (r < 0)
		return r;

	offer = (struct pst_offer){
		.directions = pst_le16_value(wire.directions),
		.security =
			(enum postern_security)pst_le16_value(wire.security),
		.layout_version = pst_le16_value(wire.layout_version),
		.control_bytes = pst_le32_value(wire.control_bytes),
		.send = {
			.ring_bytes = pst_le32_value(wire.send_ring_bytes),
			.message_bytes =
				pst_le32_value(wire.send_message_bytes),
		},
		.receive = {
			.ring_bytes = pst_le32_value(wire.receive_ring_bytes),
			.message_bytes =
				pst_le32_value(wire.receive_message_bytes),
		},
		.node_segment = {
			.segment_bytes =
				pst_le64_value(wire.node_segment_bytes),
			.inode = pst_le64_value(wire.node_segment_inode),
		},
		.client_segment = {
			.segment_bytes =
				pst_le64_value(wire.client_segment_bytes),
			.inode = pst_le64_value(wire.client_segment_inode),
		},
	};
	memcpy(offer.session_id, wire.session_id, sizeof(offer.session_id));
	take_key_exchange(&offer.key_exchange, wire.key_exchange_bytes,
			  wire.key_exchange);

	if (!is_same(pst_wire_write_offer(&offer, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_offer = offer;
	return 0;
}

int pst_wire_read_ready(const void *bytes, size_t byte_count,
			struct pst_ready *ret_ready)
{
	struct pst_wire_ready wire;
	struct pst_wire_record again;
	struct pst_ready ready;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_READY, &wire, sizeof(wire));
	if (r < 0)
		return r;

	memcpy(ready.session_id, wire.session_id, sizeof(ready.session_id));
	memcpy(ready.confirmation, wire.confirmation,
	       sizeof(ready.confirmation));

	if (!is_same(pst_wire_write_ready(&ready, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_ready = ready;
	return 0;
}

int pst_wire_read_go(const void *bytes, size_t byte_count,
		     struct pst_go *ret_go)
{
	struct pst_wire_go wire;
	struct pst_wire_record again;
	struct pst_go go;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_GO, &wire, sizeof(wire));
	if (r < 0)
		return r;

	go.slot = pst_le64_value(wire.slot);
	memcpy(go.session_id, wire.session_id, sizeof(go.session_id));

	if (!is_same(pst_wire_write_go(&go, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_go = go;
	return 0;
}

int pst_wire_read_stats(const void *bytes, size_t byte_count,
			struct pst_stats_record *ret_stats)
{
	struct pst_wire_stats wire;
	struct pst_wire_record again;
	struct pst_stats_record stats;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_STATS, &wire, sizeof(wire));
	if (r < 0)
		return r;

	stats = (struct pst_stats_record){
		.layout_version = pst_le16_value(wire.layout_version),
		.segment = {
			.segment_bytes = pst_le64_value(wire.segment_bytes),
			.inode = pst_le64_value(wire.inode),
		},
	};
	memcpy(stats.session_id, wire.session_id, sizeof(stats.session_id));

	if (!is_same(pst_wire_write_stats(&stats, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_stats = stats;
	return 0;
}

int pst_wire_read_permit(const void *bytes, size_t byte_count,
			 struct pst_permit *ret_permit)
{
	struct pst_wire_permit wire;
	struct pst_wire_record again;
	struct pst_permit permit;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_PERMIT, &wire,
			sizeof(wire));
	if (r < 0)
		return r;

	memcpy(permit.session_id, wire.session_id, sizeof(permit.session_id));

	if (!is_same(pst_wire_write_permit(&permit, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_permit = permit;
	return 0;
}

int pst_wire_read_command(const void *bytes, size_t byte_count,
			  struct pst_command *ret_command)
{
	struct pst_wire_command wire;
	struct pst_wire_record again;
	struct pst_command command;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_COMMAND, &wire,
			sizeof(wire));
	if (r < 0)
		return r;

	command = (struct pst_command){
		.verb = (enum pst_command_verb)pst_le16_value(wire.verb),
		.peer = pst_le64_value(wire.peer),
	};
	memcpy(command.session_id, wire.session_id, sizeof(command.session_id));
	memcpy(command.peer_name, wire.peer_name, sizeof(command.peer_name));

	if (!is_same(pst_wire_write_command(&command, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_command = command;
	return 0;
}

int pst_wire_read_result(const void *bytes, size_t byte_count,
			 struct pst_result *ret_result)
{
	struct pst_wire_result wire;
	struct pst_wire_record again;
	struct pst_result result;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_RESULT, &wire,
			sizeof(wire));
	if (r < 0)
		return r;

	result.code = (enum pst_result_code)pst_le32_value(wire.code);
	result.count = pst_le64_value(wire.count);
	memcpy(result.session_id, wire.session_id, sizeof(result.session_id));

	if (!is_same(pst_wire_write_result(&result, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_result = result;
	return 0;
}

int pst_wire_read_refuse(const void *bytes, size_t byte_count,
			 struct pst_refuse *ret_refuse)
{
	struct pst_wire_refuse wire;
	struct pst_wire_record again;
	struct pst_refuse refuse;
	int r;

	r = take_record(bytes, byte_count, PST_WIRE_REFUSE, &wire,
			sizeof(wire));
	if (r < 0)
		return r;

	refuse.version = pst_le16_value(wire.header.version);
	refuse.code = (enum pst_refuse_code)pst_le32_value(wire.code);

	if (!is_same(pst_wire_write_refuse(&refuse, &again), &again, &wire,
		     sizeof(wire)))
		return -EBADMSG;
	*ret_refuse = refuse;
	return 0;
}
