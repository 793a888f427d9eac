/* SPDX-License-Identifier: ISC */
/*
 * The layout of the handshake's records
 *
 *   client (C)                                       node (N)
 *
 *   HELLO   node name, requested channel -->
 *   then, for a channel,
 *                                        <--  OFFER   geometry, 2 descriptors
 *   READY   client segment is sealed     -->
 *                                        <--  GO      connected
 *   to observe the node,
 *                                        <--  STATS   statistics, 1 descriptor
 *   or to control it,
 *                                        <--  PERMIT  session for one command
 *   COMMAND command                      -->
 *                                        <--  RESULT  its result
 *
 *                                        <--  REFUSE  before GO, STATS, RESULT
 *
 * One record is one SEQPACKET message.  Each type has one size and one layout,
 * and numbers are little-endian.  The length of a text or area is in a field
 * before it, and zeros follow it.  A message has exactly one encoding: a record
 * with another length, an undefined bit or a fill byte that is not zero is
 * invalid.  The header and REFUSE are the same in every version, so two sides
 * without a common version can still detect that.
 */
#ifndef POSTERN_WIRE_WIRE_MESSAGES_H
#define POSTERN_WIRE_WIRE_MESSAGES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/little_endian.h"

#define PST_WIRE_VERSION 1u

/* The maximum length of a record in every version. */
#define PST_WIRE_RECORD_BYTES_MAX 1024u

/*
 * These bytes occur in no text, in any encoding that a terminal supports.  The
 * socket may be the standard error of a setuid program, and the messages of
 * that program must not be valid records.
 */
#define PST_WIRE_MAGIC_BYTES 8u
#define PST_WIRE_MAGIC {0xff, 'P', 'S', 'T', 0x00, 0xfe, 0x1a, 0x80}

enum pst_wire_type {
	PST_WIRE_HELLO = 1,
	PST_WIRE_OFFER = 2,
	PST_WIRE_READY = 3,
	PST_WIRE_GO = 4,
	PST_WIRE_REFUSE = 5,
	PST_WIRE_STATS = 6,
	PST_WIRE_PERMIT = 7,
	PST_WIRE_COMMAND = 8,
	PST_WIRE_RESULT = 9
};

struct pst_wire_header {
	uint8_t magic[PST_WIRE_MAGIC_BYTES];
	struct pst_le16 version;
	struct pst_le16 type;           /* enum pst_wire_type */
	struct pst_le32 record_bytes;   /* of the whole record with header */
};

static_assert(sizeof(struct pst_wire_header) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_header, version) == 8, "wire layout");
static_assert(offsetof(struct pst_wire_header, type) == 10, "wire layout");
static_assert(offsetof(struct pst_wire_header, record_bytes) == 12,
	      "wire layout");

/* A name is [A-Za-z0-9][A-Za-z0-9_.-]{0,62}; the last byte is zero. */
#define PST_WIRE_NAME_BYTES 64u

/* A Noise handshake message; empty in security mode `none`. */
#define PST_WIRE_KEY_EXCHANGE_BYTES 128u

/* The Noise pattern of the key exchange: which sides have static keys. */
enum pst_wire_pattern {
	PST_WIRE_PATTERN_NONE = 0,
	PST_WIRE_PATTERN_NN = 1,        /* none */
	PST_WIRE_PATTERN_NK = 2,        /* the node */
	PST_WIRE_PATTERN_IK = 3         /* both */
};

/* The length of message 1, with an empty payload, of each pattern. */
#define PST_WIRE_NN_BYTES 32u           /* a key */
#define PST_WIRE_NK_BYTES 48u           /* a key, a tag */
#define PST_WIRE_IK_BYTES 96u           /* two keys, two tags */

/* The length of message 2 of each pattern: a key, a hash, a tag. */
#define PST_WIRE_ANSWER_BYTES 80u

enum pst_wire_cipher {
	PST_WIRE_CIPHER_NONE = 0,
	PST_WIRE_CIPHER_AESGCM = 1,
	PST_WIRE_CIPHER_CHACHAPOLY = 2
};

#define PST_WIRE_SESSION_ID_BYTES 16u
#define PST_WIRE_CONFIRMATION_BYTES 32u

/* The purpose of a connection. */
enum pst_wire_kind {
	PST_WIRE_KIND_CHANNEL = 1,      /* to move messages */
	PST_WIRE_KIND_OBSERVE = 2,      /* to read statistics */
	PST_WIRE_KIND_CONTROL = 3       /* to command the node */
};

/*
 * C→N: the name of the node, the name of the client, and the limits of the
 * requested channel.
 *
 * Without a channel nothing is requested: directions, layout_version,
 * ring_bytes and message_bytes are 0, and the only mode offered is `none`,
 * because the node decides by the kernel's credentials alone.
 *
 * Pattern, cipher and key exchange are present if and only if a mode other than
 * `none` is offered.  NK and IK do not offer `none`: a proven key without a
 * secured channel has no use.
 */
struct pst_wire_hello {
	struct pst_wire_header header;
	struct pst_le16 kind;           /* enum pst_wire_kind */
	struct pst_le16 directions;     /* POSTERN_DIRECTION_*; not empty */
	struct pst_le16 layout_version; /* of the segments */
	struct pst_le16 security_bits;  /* 1 << POSTERN_SECURITY_*, offered */
	struct pst_le32 ring_bytes;     /* maximum of each ring; not 0 */
	struct pst_le32 message_bytes;  /* maximum of a message; not 0 */
	struct pst_le16 node_name_bytes;
	struct pst_le16 instance_bytes; /* 0: no name */
	struct pst_le16 key_exchange_bytes; /* as the pattern requires */
	uint8_t pattern;                /* enum pst_wire_pattern */
	uint8_t cipher;                 /* enum pst_wire_cipher */
	uint8_t node_name[PST_WIRE_NAME_BYTES];
	uint8_t instance[PST_WIRE_NAME_BYTES];
	uint8_t key_exchange[PST_WIRE_KEY_EXCHANGE_BYTES];
};

static_assert(sizeof(struct pst_wire_hello) == 296, "wire layout");
static_assert(offsetof(struct pst_wire_hello, kind) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_hello, directions) == 18, "wire layout");
static_assert(offsetof(struct pst_wire_hello, layout_version) == 20,
	      "wire layout");
static_assert(offsetof(struct pst_wire_hello, security_bits) == 22,
	      "wire layout");
static_assert(offsetof(struct pst_wire_hello, ring_bytes) == 24, "wire layout");
static_assert(offsetof(struct pst_wire_hello, message_bytes) == 28,
	      "wire layout");
static_assert(offsetof(struct pst_wire_hello, node_name_bytes) == 32,
	      "wire layout");
static_assert(offsetof(struct pst_wire_hello, instance_bytes) == 34,
	      "wire layout");
static_assert(offsetof(struct pst_wire_hello, key_exchange_bytes) == 36,
	      "wire layout");
static_assert(offsetof(struct pst_wire_hello, pattern) == 38, "wire layout");
static_assert(offsetof(struct pst_wire_hello, cipher) == 39, "wire layout");
static_assert(offsetof(struct pst_wire_hello, node_name) == 40, "wire layout");
static_assert(offsetof(struct pst_wire_hello, instance) == 104, "wire layout");
static_assert(offsetof(struct pst_wire_hello, key_exchange) == 168,
	      "wire layout");

/*
 * N→C: the granted channel and its geometry, with the descriptors of the node
 * segment and of the client segment, in this order.
 *
 * A segment is one control page and the data area of the direction in which its
 * writer sends.  The client segment carries messages to the node, the node
 * segment messages to the client.  If a direction is not granted, its fields
 * are 0 and its segment is the control page alone.
 */
struct pst_wire_offer {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le16 directions;     /* POSTERN_DIRECTION_*; not empty */
	struct pst_le16 security;       /* one POSTERN_SECURITY_* */
	struct pst_le16 layout_version;
	struct pst_le16 key_exchange_bytes;     /* 0: `none`; else 80 */
	struct pst_le32 send_ring_bytes;        /* client to node */
	struct pst_le32 send_message_bytes;
	struct pst_le32 receive_ring_bytes;     /* node to client */
	struct pst_le32 receive_message_bytes;
	struct pst_le32 control_bytes;          /* one page */
	uint8_t zero[4];
	struct pst_le64 node_segment_bytes;
	struct pst_le64 client_segment_bytes;
	struct pst_le64 node_segment_inode;     /* not 0 */
	struct pst_le64 client_segment_inode;   /* not 0; differs from above */
	uint8_t key_exchange[PST_WIRE_KEY_EXCHANGE_BYTES];
};

static_assert(sizeof(struct pst_wire_offer) == 224, "wire layout");
static_assert(offsetof(struct pst_wire_offer, session_id) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_offer, directions) == 32, "wire layout");
static_assert(offsetof(struct pst_wire_offer, security) == 34, "wire layout");
static_assert(offsetof(struct pst_wire_offer, layout_version) == 36,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, key_exchange_bytes) == 38,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, send_ring_bytes) == 40,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, send_message_bytes) == 44,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, receive_ring_bytes) == 48,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, receive_message_bytes) == 52,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, control_bytes) == 56,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, node_segment_bytes) == 64,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, client_segment_bytes) == 72,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, node_segment_inode) == 80,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, client_segment_inode) == 88,
	      "wire layout");
static_assert(offsetof(struct pst_wire_offer, key_exchange) == 96,
	      "wire layout");

/* C→N: both segments are mapped and populated, the client segment is sealed. */
struct pst_wire_ready {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint8_t confirmation[PST_WIRE_CONFIRMATION_BYTES]; /* zero in `none` */
};

static_assert(sizeof(struct pst_wire_ready) == 64, "wire layout");
static_assert(offsetof(struct pst_wire_ready, session_id) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_ready, confirmation) == 32,
	      "wire layout");

/* N→C: the slot is committed.  From now on the socket carries doorbells. */
struct pst_wire_go {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le64 slot;           /* the peer's handle; not 0 */
};

static_assert(sizeof(struct pst_wire_go) == 40, "wire layout");
static_assert(offsetof(struct pst_wire_go, session_id) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_go, slot) == 32, "wire layout");

/*
 * N→C: the node's statistics, with one descriptor for reading.  This is the
 * last record.  The client detects the exit of the node by its pidfd.
 */
struct pst_wire_stats {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES]; /* of the open node */
	struct pst_le16 layout_version; /* of the statistics segment */
	uint8_t zero[6];
	struct pst_le64 segment_bytes;  /* not 0 */
	struct pst_le64 inode;          /* not 0 */
};

static_assert(sizeof(struct pst_wire_stats) == 56, "wire layout");
static_assert(offsetof(struct pst_wire_stats, session_id) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_stats, layout_version) == 32,
	      "wire layout");
static_assert(offsetof(struct pst_wire_stats, segment_bytes) == 40,
	      "wire layout");
static_assert(offsetof(struct pst_wire_stats, inode) == 48, "wire layout");

/* N→C: the client may send one command in this session. */
struct pst_wire_permit {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES]; /* random */
};

static_assert(sizeof(struct pst_wire_permit) == 32, "wire layout");
static_assert(offsetof(struct pst_wire_permit, session_id) == 16,
	      "wire layout");

enum pst_command_verb {
	PST_COMMAND_DISCONNECT = 1          /* disconnect peers */
};

/* C→N: a command to the node.  Either peer or peer_name is set. */
struct pst_wire_command {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le16 verb;           /* enum pst_command_verb */
	struct pst_le16 peer_name_bytes; /* 0: peer is set */
	uint8_t zero[4];
	struct pst_le64 peer;           /* a handle; 0: all with the name */
	uint8_t peer_name[PST_WIRE_NAME_BYTES];
};

static_assert(sizeof(struct pst_wire_command) == 112, "wire layout");
static_assert(offsetof(struct pst_wire_command, session_id) == 16,
	      "wire layout");
static_assert(offsetof(struct pst_wire_command, verb) == 32, "wire layout");
static_assert(offsetof(struct pst_wire_command, peer_name_bytes) == 34,
	      "wire layout");
static_assert(offsetof(struct pst_wire_command, peer) == 40, "wire layout");
static_assert(offsetof(struct pst_wire_command, peer_name) == 48,
	      "wire layout");

enum pst_result_code {
	PST_RESULT_DONE = 1,
	PST_RESULT_STALE = 2,           /* no peer has the handle any more */
	PST_RESULT_NOBODY = 3           /* no peer has that name */
};

/* N→C: the result of the command.  This is the last record. */
struct pst_wire_result {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le32 code;           /* enum pst_result_code */
	uint8_t zero[4];
	struct pst_le64 count;          /* of peers; 0 unless DONE */
};

static_assert(sizeof(struct pst_wire_result) == 48, "wire layout");
static_assert(offsetof(struct pst_wire_result, session_id) == 16,
	      "wire layout");
static_assert(offsetof(struct pst_wire_result, code) == 32, "wire layout");
static_assert(offsetof(struct pst_wire_result, count) == 40, "wire layout");

/* A refused client receives nothing else. */
enum pst_refuse_code {
	PST_REFUSE_DENIED = 1,
	PST_REFUSE_BUSY = 2,            /* no capacity now; a retry may work */
	PST_REFUSE_VERSION = 3          /* no common version */
};

/* N→C: refused.  This is the last record and replaces any other. */
struct pst_wire_refuse {
	struct pst_wire_header header;
	struct pst_le32 code;           /* enum pst_refuse_code */
};

static_assert(sizeof(struct pst_wire_refuse) == 20, "wire layout");
static_assert(offsetof(struct pst_wire_refuse, code) == 16, "wire layout");

#endif
