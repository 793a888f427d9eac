/* SPDX-License-Identifier: ISC */
/*
 * Reading and writing the handshake's records
 *
 * wire_messages.h defines the layout of records.  The structs here are complete
 * copies, with numbers in host order and terminated strings.
 *
 * Reading and writing are exact inverses: writing a struct that was read gives
 * the same bytes, and every struct that can be written can be read.  The
 * handshake layer decides whether a message is permitted now, and whether its
 * numbers are acceptable.
 */
#ifndef POSTERN_WIRE_WIRE_H
#define POSTERN_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/result.h>

#include "base/attributes.h"
#include "wire/wire_messages.h"

/* A record to send, or a buffer for any record that may be received. */
struct pst_wire_record {
	size_t byte_count;
	uint8_t bytes[PST_WIRE_RECORD_BYTES_MAX];
};

/* Noise message 1 or 2; byte_count is 0 if there is none. */
struct pst_key_exchange {
	size_t byte_count;
	uint8_t bytes[PST_WIRE_KEY_EXCHANGE_BYTES];
};

/*
 * Upper limits that one side requests or grants.  Directions are named from
 * the viewpoint of the client.
 */
struct pst_channel_params {
	uint32_t directions;    /* POSTERN_DIRECTION_* bits */
	uint32_t ring_bytes;    /* of each direction's data area */
	uint32_t message_bytes; /* of the largest message */
};

/* For a connection of another kind, requested and layout_version are zero. */
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

/* One direction of an offer; zero if it is not granted. */
struct pst_offer_direction {
	uint32_t ring_bytes;
	uint32_t message_bytes;
};

/* A segment; the record's ancillary data has its descriptor. */
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
	struct pst_offer_direction send;         /* in client_segment */
	struct pst_offer_direction receive;      /* in node_segment */
	struct pst_offer_segment node_segment;   /* written by the node */
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

/* The node's statistics; the record's ancillary data has the descriptor. */
struct pst_stats_record {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint16_t layout_version;
	struct pst_offer_segment segment;
};

struct pst_permit {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
};

/* For one peer, or if peer is 0, for all peers with the name. */
struct pst_command {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	enum pst_command_verb verb;
	uint64_t peer;
	char peer_name[PST_WIRE_NAME_BYTES];    /* empty if peer is not 0 */
};

struct pst_result {
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	enum pst_result_code code;
	uint64_t count;
};

struct pst_refuse {
	uint16_t version;       /* of the side that refuses; not 0 */
	enum pst_refuse_code code;
};

/* Whether it is a valid name of a node or an instance. */
bool pst_wire_is_name(const char name[static PST_WIRE_NAME_BYTES]);

/* The length of the key exchange in HELLO; 0 for PATTERN_NONE. */
size_t pst_wire_key_exchange_bytes(enum pst_wire_pattern pattern);

/*
 * Whether the message is valid.  These functions contain all rules for the
 * fields of a message; reading and writing use them.
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
 * Read the type of a record of byte_count bytes from its header.
 *
 * Returns 0, -EBADMSG (not a record of this protocol, or of unknown type), or
 * -EPROTONOSUPPORT (a record of another version, but not REFUSE).
 */
PST_MUST_CHECK int pst_wire_read_type(const void *bytes, size_t byte_count,
				      enum pst_wire_type *ret_type);

/*
 * Read a message.  Each function returns the errors of pst_wire_read_type(),
 * and -EBADMSG for a record of another type and for every violation of the
 * layout.
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

/* Write a message.  Each function returns 0, or -EINVAL if it is not valid. */
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
