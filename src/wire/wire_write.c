/* SPDX-License-Identifier: ISC */
/*
 * Messages to records
 *
 * A record is built in a zeroed struct of its layout, field by field, and then
 * copied.  So fill bytes contain no old memory, and the bytes behind the end of
 * a string are not sent.
 */
#include "wire/wire.h"

#include <errno.h>
#include <string.h>

static struct pst_wire_header header_of(uint16_t version,
					enum pst_wire_type type,
					size_t record_bytes)
{
	return (struct pst_wire_header){
		.magic = PST_WIRE_MAGIC,
		.version = pst_le16_of(version),
		.type = pst_le16_of((uint16_t)type),
		.record_bytes = pst_le32_of((uint32_t)record_bytes),
	};
}

/* Every valid name is terminated. */
static struct pst_le16 put_name(uint8_t ret_bytes[static PST_WIRE_NAME_BYTES],
				const char name[static PST_WIRE_NAME_BYTES])
{
	uint16_t byte_count = 0;

	while (name[byte_count] != '\0') {
		ret_bytes[byte_count] = (uint8_t)name[byte_count];
		byte_count++;
	}
	return pst_le16_of(byte_count);
}

static struct pst_le16
put_key_exchange(uint8_t ret_bytes[static PST_WIRE_KEY_EXCHANGE_BYTES],
		 const struct pst_key_exchange *key_exchange)
{
	memcpy(ret_bytes, key_exchange->bytes, key_exchange->byte_count);
	return pst_le16_of((uint16_t)key_exchange->byte_count);
}

static void put_record(struct pst_wire_record *ret_record, const void *wire,
		       size_t byte_count)
{
	ret_record->byte_count = byte_count;
	memcpy(ret_record->bytes, wire, byte_count);
}

int pst_wire_write_hello(const struct pst_hello *hello,
			 struct pst_wire_record *ret_record)
{
	struct pst_wire_hello wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_HELLO,
				    sizeof(wire)),
	};

	if (!pst_hello_is_valid(hello))
		return -EINVAL;

	wire.kind = pst_le16_of((uint16_t)hello->kind);
	wire.directions = pst_le16_of((uint16_t)hello->requested.directions);
	wire.layout_version = pst_le16_of(hello->layout_version);
	wire.security_bits = pst_le16_of(hello->security_bits);
	wire.ring_bytes = pst_le32_of(hello->requested.ring_bytes);
	wire.message_bytes = pst_le32_of(hello->requested.message_bytes);
	wire.node_name_bytes = put_name(wire.node_name, hello->node_name);
	wire.instance_bytes = put_name(wire.instance, hello->instance);
	wire.key_exchange_bytes = put_key_exchange(wire.key_exchange,
						   &hello->key_exchange);
	wire.pattern = (uint8_t)hello->pattern;
	wire.cipher = (uint8_t)hello->cipher;
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_offer(const struct pst_offer *offer,
			 struct pst_wire_record *ret_record)
{
	struct pst_wire_offer wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_OFFER,
				    sizeof(wire)),
	};

	if (!pst_offer_is_valid(offer))
		return -EINVAL;

	memcpy(wire.session_id, offer->session_id, sizeof(wire.session_id));
	wire.directions = pst_le16_of((uint16_t)offer->directions);
	wire.security = pst_le16_of((uint16_t)offer->security);
	wire.layout_version = pst_le16_of(offer->layout_version);
	wire.send_ring_bytes = pst_le32_of(offer->send.ring_bytes);
	wire.send_message_bytes = pst_le32_of(offer->send.message_bytes);
	wire.receive_ring_bytes = pst_le32_of(offer->receive.ring_bytes);
	wire.receive_message_bytes = pst_le32_of(offer->receive.message_bytes);
	wire.control_bytes = pst_le32_of(offer->control_bytes);
	wire.node_segment_bytes =
		pst_le64_of(offer->node_segment.segment_bytes);
	wire.client_segment_bytes =
		pst_le64_of(offer->client_segment.segment_bytes);
	wire.node_segment_inode = pst_le64_of(offer->node_segment.inode);
	wire.client_segment_inode = pst_le64_of(offer->client_segment.inode);
	wire.key_exchange_bytes = put_key_exchange(wire.key_exchange,
						   &offer->key_exchange);
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_ready(const struct pst_ready *ready,
			 struct pst_wire_record *ret_record)
{
	struct pst_wire_ready wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_READY,
				    sizeof(wire)),
	};

	memcpy(wire.session_id, ready->session_id, sizeof(wire.session_id));
	memcpy(wire.confirmation, ready->confirmation,
	       sizeof(wire.confirmation));
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_go(const struct pst_go *go,
		      struct pst_wire_record *ret_record)
{
	struct pst_wire_go wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_GO,
				    sizeof(wire)),
	};

	if (!pst_go_is_valid(go))
		return -EINVAL;

	memcpy(wire.session_id, go->session_id, sizeof(wire.session_id));
	wire.slot = pst_le64_of(go->slot);
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_stats(const struct pst_stats_record *stats,
			 struct pst_wire_record *ret_record)
{
	struct pst_wire_stats wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_STATS,
				    sizeof(wire)),
	};

	if (!pst_stats_record_is_valid(stats))
		return -EINVAL;

	memcpy(wire.session_id, stats->session_id, sizeof(wire.session_id));
	wire.layout_version = pst_le16_of(stats->layout_version);
	wire.segment_bytes = pst_le64_of(stats->segment.segment_bytes);
	wire.inode = pst_le64_of(stats->segment.inode);
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_permit(const struct pst_permit *permit,
			  struct pst_wire_record *ret_record)
{
	struct pst_wire_permit wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_PERMIT,
				    sizeof(wire)),
	};

	memcpy(wire.session_id, permit->session_id, sizeof(wire.session_id));
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_command(const struct pst_command *command,
			   struct pst_wire_record *ret_record)
{
	struct pst_wire_command wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_COMMAND,
				    sizeof(wire)),
	};

	if (!pst_command_is_valid(command))
		return -EINVAL;

	memcpy(wire.session_id, command->session_id, sizeof(wire.session_id));
	wire.verb = pst_le16_of((uint16_t)command->verb);
	wire.peer_name_bytes = put_name(wire.peer_name, command->peer_name);
	wire.peer = pst_le64_of(command->peer);
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_result(const struct pst_result *result,
			  struct pst_wire_record *ret_record)
{
	struct pst_wire_result wire = {
		.header = header_of(PST_WIRE_VERSION, PST_WIRE_RESULT,
				    sizeof(wire)),
	};

	if (!pst_result_is_valid(result))
		return -EINVAL;

	memcpy(wire.session_id, result->session_id, sizeof(wire.session_id));
	wire.code = pst_le32_of((uint32_t)result->code);
	wire.count = pst_le64_of(result->count);
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}

int pst_wire_write_refuse(const struct pst_refuse *refuse,
			  struct pst_wire_record *ret_record)
{
	struct pst_wire_refuse wire = {
		.header = header_of(refuse->version, PST_WIRE_REFUSE,
				    sizeof(wire)),
	};

	if (!pst_refuse_is_valid(refuse))
		return -EINVAL;

	wire.code = pst_le32_of((uint32_t)refuse->code);
	put_record(ret_record, &wire, sizeof(wire));
	return 0;
}
