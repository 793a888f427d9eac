/* SPDX-License-Identifier: ISC */
/*
 * Reading and writing the handshake's records
 *
 * wire_messages.h says how records look; here is what they mean once they are
 * out of the socket: plain structs with numbers in host order and terminated
 * strings, complete copies that hold no pointer into the record.
 *
 * Reading and writing are inverse and exact.  A record that reads as a struct
 * is the very one that writing the struct gives, bit by bit, and every struct
 * that can be written can be read.  Whether a message is in turn, and whether
 * its numbers suit this side, is for the handshake layer to say.
 */
#ifndef POSTERN_WIRE_WIRE_H
#define POSTERN_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "wire/wire_messages.h"

/* A record to send, or room for any record that may be received. */
struct pst_wire_record {
	size_t byte_count;
	uint8_t bytes[PST_WIRE_RECORD_BYTES_MAX];
};

/* Noise message 1 or 2; byte_count 0 means that there is none. */
struct pst_key_exchange {
	size_t byte_count;
	uint8_t bytes[PST_WIRE_KEY_EXCHANGE_BYTES];
};

/*
 * The quantities that both sides have a say in: the most that one side
 * requests, or grants.  Directions are seen from the peer that connects.
 */
struct pst_channel_params {
	uint32_t directions;    /* POSTERN_DIRECTION_* bits */
	uint32_t ring_bytes;    /* of each direction's data area */
	uint32_t message_bytes; /* of the largest message */
};

/* For a channel; with another kind, requested and layout_version are zero. */
struct pst_hello {
	enum pst_wire_kind kind;
	char node_name[PST_WIRE_NAME_BYTES];
	char instance[PST_WIRE_NAME_BYTES];     /* may be empty */
	struct pst_channel_params requested;
	uint16_t layout_version;
	uint16_t security_bits;                 /* 1 << POSTERN_SECURITY_* */
	enum pst_wire_pattern pattern;
	enum pst_wire_cipher cipher;
	struct pst_key_exchange key_exchange;
};

/* One direction's share of an offer: zeros where it is not granted. */
struct pst_offer_direction {
	uint32_t ring_bytes;
	uint32_t message_bytes;
};

/* A segment as it is announced; its descriptor travels beside the record. */
struct pst_offer_segment {
	uint64_t segment_bytes;
	uint64_t inode;
};

struct pst_offer {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint32_t directions;
	enum postern_security security;
	uint16_t layout_version;
	uint32_t control_bytes;
	struct pst_offer_direction send;        /* in the client segment */
	struct pst_offer_direction receive;     /* in the node segment */
	struct pst_offer_segment node_segment;	/* written by the node */
	struct pst_offer_segment client_segment; /* written by the client */
	struct pst_key_exchange key_exchange;
};

struct pst_ready {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint8_t confirmation[PST_WIRE_CONFIRMATION_BYTES];
};

struct pst_go {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint64_t slot;
};

/* The node's statistics; the segment's descriptor travels beside the record. */
struct pst_stats_record {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint16_t layout_version;
	struct pst_offer_segment segment;
};

struct pst_permit {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
};

/* One peer, or, with a peer of 0, all that have the name. */
struct pst_command {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	enum pst_command_verb verb;
	uint64_t peer;
	char peer_name[PST_WIRE_NAME_BYTES];    /* empty with a peer */
};

struct pst_result {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	enum pst_result_code code;
	uint64_t count;
};

struct pst_refuse {
	uint16_t version;       /* of the side that refuses; never 0 */
	enum pst_refuse_code code;
};

/* Is it a name that a node, or an instance, may have? */
bool pst_wire_is_name(const char name[static PST_WIRE_NAME_BYTES]);

/* How long the key exchange of a HELLO is; 0 for none, and for no pattern. */
size_t pst_wire_key_exchange_bytes(enum pst_wire_pattern pattern);

/*
 * Is it a message that can be written?  These hold all the rules for what a
 * field may contain, for reading and writing alike.
 */
bool pst_hello_is_valid(const struct pst_hello *hello);
bool pst_offer_is_valid(const struct pst_offer *offer);
bool pst_go_is_valid(const struct pst_go *go);
bool pst_stats_record_is_valid(const struct pst_stats_record *stats);
bool pst_command_is_valid(const struct pst_command *command);
bool pst_result_is_valid(const struct pst_result *result);
bool pst_refuse_is_valid(const struct pst_refuse *refuse);

/* Reading */

/*
 * The type of a record of byte_count bytes, from its header alone.
 *
 * Returns 0, -EBADMSG (no record of this protocol, or its type is unknown), or
 * -EPROTONOSUPPORT (of another version of it, and not a REFUSE).
 */
PST_MUST_CHECK int pst_wire_read_type(const void *bytes, size_t byte_count,
				      enum pst_wire_type *ret_type);

/*
 * The message itself.  Each returns 0, or as pst_wire_read_type(), with
 * -EBADMSG for a record of another type and for every violation of the layout.
 */
PST_MUST_CHECK int pst_wire_read_hello(const void *bytes, size_t byte_count,
				       struct pst_hello *ret_hello);
PST_MUST_CHECK int pst_wire_read_offer(const void *bytes, size_t byte_count,
				       struct pst_offer *ret_offer);
PST_MUST_CHECK int pst_wire_read_ready(const void *bytes, size_t byte_count,
				       struct pst_ready *ret_ready);
PST_MUST_CHECK int pst_wire_read_go(const void *bytes, size_t byte_count,
				    struct pst_go *ret_go);
PST_MUST_CHECK int pst_wire_read_stats(const void *bytes, size_t byte_count,
				       struct pst_stats_record *ret_stats);
PST_MUST_CHECK int pst_wire_read_permit(const void *bytes, size_t byte_count,
					struct pst_permit *ret_permit);
PST_MUST_CHECK int pst_wire_read_command(const void *bytes, size_t byte_count,
					 struct pst_command *ret_command);
PST_MUST_CHECK int pst_wire_read_result(const void *bytes, size_t byte_count,
					struct pst_result *ret_result);
PST_MUST_CHECK int pst_wire_read_refuse(const void *bytes, size_t byte_count,
					struct pst_refuse *ret_refuse);

/* Writing */

/* Each returns 0, or -EINVAL for a message that is not valid. */
PST_MUST_CHECK int pst_wire_write_hello(const struct pst_hello *hello,
					struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_offer(const struct pst_offer *offer,
					struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_ready(const struct pst_ready *ready,
					struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_go(const struct pst_go *go,
				     struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_stats(const struct pst_stats_record *stats,
					struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_permit(const struct pst_permit *permit,
					 struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_command(const struct pst_command *command,
					  struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_result(const struct pst_result *result,
					 struct pst_wire_record *ret_record);
PST_MUST_CHECK int pst_wire_write_refuse(const struct pst_refuse *refuse,
					 struct pst_wire_record *ret_record);

#endif
