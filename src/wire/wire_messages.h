/* SPDX-License-Identifier: ISC */
/*
 * The handshake's records, byte by byte
 *
 *   connector (C)                                    acceptor, the node (A)
 *
 *   HELLO   node name, requested channel -->
 *   then, for a channel,
 *                                        <--  OFFER   what is granted, + 2 fds
 *   READY   my segment is sealed         -->
 *                                        <--  GO      you are admitted
 *   to observe the node,
 *                                        <--  STATS   its statistics, + 1 fd
 *   or to control it
 *                                        <--  PERMIT  a session for one command
 *   COMMAND what is to be done           -->
 *                                        <--  RESULT  what came of it
 *
 *                                        <--  REFUSE  before GO, STATS, RESULT
 *
 * One record is one SEQPACKET message.  A type has one size and one layout;
 * numbers are little-endian; a text or area has its length in a field of its
 * own, before it, and is filled up with zeros.  There is exactly one way
 * to write a message: whatever differs from it in a single bit (a length, a
 * bit without a meaning, a fill byte that is not zero) is not a message.
 *
 * The header and REFUSE are the same in every version, so that two sides that
 * have no version in common can still say so.
 */
#ifndef POSTERN_WIRE_WIRE_MESSAGES_H
#define POSTERN_WIRE_WIRE_MESSAGES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/little_endian.h"

#define PST_WIRE_VERSION 1u

/* No record of any version is longer: room for this holds every one. */
#define PST_WIRE_RECORD_BYTES_MAX 1024u

/*
 * Bytes that no text can hold, in any encoding a terminal knows: the socket may
 * have been handed to a setuid program as its standard error, and that
 * program's messages must not be taken for ours.
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
	struct pst_le32 record_bytes;   /* of the whole record, header too */
};

static_assert(sizeof(struct pst_wire_header) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_header, version) == 8, "wire layout");
static_assert(offsetof(struct pst_wire_header, type) == 10, "wire layout");
static_assert(offsetof(struct pst_wire_header, record_bytes) == 12,
	      "wire layout");

/* A name is [A-Za-z0-9][A-Za-z0-9_.-]{0,62}; the last byte is always zero. */
#define PST_WIRE_NAME_BYTES 64u

/* A Noise handshake message; empty in security mode `none`. */
#define PST_WIRE_KEY_EXCHANGE_BYTES 128u

/* Which Noise handshake HELLO begins: in whose keys a side must believe. */
enum pst_wire_pattern {
	PST_WIRE_PATTERN_NONE = 0,
	PST_WIRE_PATTERN_NN = 1,        /* nobody's */
	PST_WIRE_PATTERN_NK = 2,        /* the acceptor's */
	PST_WIRE_PATTERN_IK = 3         /* both */
};

/* Message 1, with an empty payload, of each pattern. */
#define PST_WIRE_NN_BYTES 32u           /* a key */
#define PST_WIRE_NK_BYTES 48u           /* a key, a tag */
#define PST_WIRE_IK_BYTES 96u           /* two keys, two tags */

/* Message 2, of all of them: a key, a hash, a tag. */
#define PST_WIRE_ANSWER_BYTES 80u

enum pst_wire_cipher {
	PST_WIRE_CIPHER_NONE = 0,
	PST_WIRE_CIPHER_AESGCM = 1,
	PST_WIRE_CIPHER_CHACHAPOLY = 2
};

#define PST_WIRE_SESSION_ID_BYTES 16u
#define PST_WIRE_CONFIRMATION_BYTES 32u

/* What a connection is for. */
enum pst_wire_kind {
	PST_WIRE_KIND_CHANNEL = 1,      /* to move messages */
	PST_WIRE_KIND_OBSERVE = 2,      /* to read statistics */
	PST_WIRE_KIND_CONTROL = 3       /* to command the node */
};

/*
 * C→A: which node is called, who calls, and the most that is requested.
 *
 * A HELLO for no channel requests nothing: directions, layout_version,
 * ring_bytes and message_bytes are 0, and the mode offered is `none`, since the
 * answer rests on the kernel's credentials alone.
 *
 * The key exchange, its pattern and its cipher are there, all three, exactly if
 * another mode than `none` is offered.  Who proves a key or demands one wants
 * it for something: in NK and IK `none` is not offered.
 */
struct pst_wire_hello {
	struct pst_wire_header header;
	struct pst_le16 kind;           /* enum pst_wire_kind */
	struct pst_le16 directions;     /* POSTERN_DIRECTION_*; not empty */
	struct pst_le16 layout_version; /* of the segments */
	struct pst_le16 security_bits;  /* 1 << POSTERN_SECURITY_*, offered */
	struct pst_le32 ring_bytes;     /* ceiling of each ring; not 0 */
	struct pst_le32 message_bytes;  /* ceiling of a message; not 0 */
	struct pst_le16 node_name_bytes;
	struct pst_le16 instance_bytes; /* 0: no name */
	struct pst_le16 key_exchange_bytes; /* those of the pattern */
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
 * A→C: the grant and the geometry, with the two segments' descriptors (first
 * the acceptor's, then the connector's).
 *
 * A segment is one control page and the data area of the direction that its
 * writer sends in: the connector's carries what the peer sends, the acceptor's
 * what the peer receives.  A direction that is not granted has zeros here, and
 * its segment is the control page alone.
 */
struct pst_wire_offer {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le16 directions;     /* POSTERN_DIRECTION_*; not empty */
	struct pst_le16 security;       /* one POSTERN_SECURITY_* */
	struct pst_le16 layout_version;
	struct pst_le16 key_exchange_bytes;     /* 0: `none`; else 80 */
	struct pst_le32 send_ring_bytes;        /* peer to node */
	struct pst_le32 send_message_bytes;
	struct pst_le32 receive_ring_bytes;     /* node to peer */
	struct pst_le32 receive_message_bytes;
	struct pst_le32 control_bytes;          /* one page */
	uint8_t zero[4];
	struct pst_le64 node_segment_bytes;
	struct pst_le64 client_segment_bytes;
	struct pst_le64 node_segment_inode; /* not 0, and not the other's */
	struct pst_le64 client_segment_inode;
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

/* C→A: both segments are mapped and populated, the connector's is sealed. */
struct pst_wire_ready {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	uint8_t confirmation[PST_WIRE_CONFIRMATION_BYTES]; /* zero in `none` */
};

static_assert(sizeof(struct pst_wire_ready) == 64, "wire layout");
static_assert(offsetof(struct pst_wire_ready, session_id) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_ready, confirmation) == 32,
	      "wire layout");

/* A→C: the slot is committed.  From here on the socket carries doorbells. */
struct pst_wire_go {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le64 slot;           /* the peer's handle; not 0 */
};

static_assert(sizeof(struct pst_wire_go) == 40, "wire layout");
static_assert(offsetof(struct pst_wire_go, session_id) == 16, "wire layout");
static_assert(offsetof(struct pst_wire_go, slot) == 32, "wire layout");

/*
 * A→C: the node's statistics, with one descriptor, for reading.  The last
 * record: whether the node lives is told by its pidfd, not by this socket.
 */
struct pst_wire_stats {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES]; /* of this run */
	struct pst_le16 layout_version; /* of the statistics' segment */
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

/* A→C: one command will be taken, in this session. */
struct pst_wire_permit {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES]; /* random */
};

static_assert(sizeof(struct pst_wire_permit) == 32, "wire layout");
static_assert(offsetof(struct pst_wire_permit, session_id) == 16,
	      "wire layout");

enum pst_command_verb {
	PST_COMMAND_REVOKE = 1          /* take back a peer's admission */
};

/* C→A: what the node shall do.  A peer is named in exactly one of two ways. */
struct pst_wire_command {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le16 verb;           /* enum pst_command_verb */
	struct pst_le16 peer_name_bytes; /* 0: one peer, by its handle */
	uint8_t zero[4];
	struct pst_le64 peer;           /* a handle; 0: all of that name */
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
	PST_RESULT_STALE = 2,           /* the handle is of no peer any more */
	PST_RESULT_NOBODY = 3           /* no peer has that name */
};

/* A→C: what came of the command.  The last record. */
struct pst_wire_result {
	struct pst_wire_header header;
	uint8_t session_id[PST_WIRE_SESSION_ID_BYTES];
	struct pst_le32 code;           /* enum pst_result_code */
	uint8_t zero[4];
	struct pst_le64 count;          /* of peers; 0 unless it is done */
};

static_assert(sizeof(struct pst_wire_result) == 48, "wire layout");
static_assert(offsetof(struct pst_wire_result, session_id) == 16,
	      "wire layout");
static_assert(offsetof(struct pst_wire_result, code) == 32, "wire layout");
static_assert(offsetof(struct pst_wire_result, count) == 40, "wire layout");

/* All that a refused peer ever learns. */
enum pst_refuse_code {
	PST_REFUSE_DENIED = 1,
	PST_REFUSE_BUSY = 2,            /* no place now; another time perhaps */
	PST_REFUSE_VERSION = 3          /* no common version */
};

/* A→C: no.  The last record, in place of any other. */
struct pst_wire_refuse {
	struct pst_wire_header header;
	struct pst_le32 code;           /* enum pst_refuse_code */
};

static_assert(sizeof(struct pst_wire_refuse) == 20, "wire layout");
static_assert(offsetof(struct pst_wire_refuse, code) == 16, "wire layout");

#endif
