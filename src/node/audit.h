/* SPDX-License-Identifier: ISC */
/*
 * Audit: one record for each connection, refusal, disconnection, poisoning,
 * revocation and reload
 *
 * A record has what a peer never learns: the reason, the rule, its file and
 * line.  Records are numbered, and a uid can cause a bounded number of them
 * (node/audit_suppression.h); `suppressed` records have the number of the others.
 */
#ifndef POSTERN_NODE_AUDIT_H
#define POSTERN_NODE_AUDIT_H

#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>
#include <postern/result.h>

#include "admission/half_open.h"
#include "base/log.h"
#include "node/audit_suppression.h"
#include "os/peer_credentials.h"
#include "peer/peer.h"

/* Kinds of records, each of which is suppressed and counted for itself. */
enum pst_audit_kind {
	PST_AUDIT_REFUSED,
	PST_AUDIT_CONNECTED,
	PST_AUDIT_DISCONNECTED,
	PST_AUDIT_POISONED,
	PST_AUDIT_KINDS
};

struct pst_audit {
	struct pst_log log;
	const char *node_name;	  /* borrowed */
	enum postern_audit level; /* of the policy: what is recorded */
	uint64_t record_count;	  /* and the sequence number of the last */
	uint64_t suppressed_count;
	uint64_t unread_offers_ns; /* when they may be recorded again */
	struct pst_audit_suppression suppressions[PST_AUDIT_KINDS];
};

/* The cause of a disconnection that the peer has not caused. */
enum pst_disconnect_cause {
	PST_DISCONNECT_BY_API = 1, /* the program that has the node */
	PST_DISCONNECT_BY_CONTROL, /* the owner or root, over a connection */
};

struct pst_disconnect_origin {
	enum pst_disconnect_cause by;
	uid_t uid; /* of the controlling process: BY_CONTROL only */
	pid_t pid;
};

struct pst_reload_outcome {
	int result;		/* 0, or -errno: the old policy stays */
	const char *file;       /* of the first error; NULL: in no file */
	uint32_t line;
	const char *detail;	  /* of the error; NULL: none */
	uint32_t unchanged_count; /* peers whose limits stay as they were */
	uint32_t changed_count;
	uint32_t disconnected_count; /* no longer allowed */
};

void pst_audit_init(struct pst_audit *audit, const struct pst_log *log,
		    const char *node_name);

void pst_audit_connected(struct pst_audit *audit, const struct pst_peer *peer);

/* responder: with the claims of the peer, if it has made any; NULL: none. */
void pst_audit_refused(struct pst_audit *audit,
		       const struct pst_peer_credentials *credentials,
		       const struct pst_handshake_responder *responder,
		       const struct postern_error_info *error);

/*
 * With POSTERN_REASON_POISONED or _KEY_REJECTED this is the record of a
 * poisoning, in place of that of the disconnection.  fault: the rule of the
 * protocol that the peer has broken; NULL: none.  origin: the program or the
 * operator that disconnects the peer, whose records are never suppressed; NULL:
 * neither.
 */
void pst_audit_disconnected(struct pst_audit *audit,
			    const struct pst_peer *peer,
			    enum postern_reason reason, const char *fault,
			    uint64_t undelivered_bytes,
			    const struct pst_disconnect_origin *origin);

/* A peer that a new policy no longer allows is about to be disconnected, which
 * has a record of its own.  error: the reason. */
void pst_audit_revoked(struct pst_audit *audit, const struct pst_peer *peer,
		       const struct postern_error_info *error);

/* The unread offers of one user are revoked, by the program or the operator. */
void pst_audit_offers_revoked(struct pst_audit *audit,
			      const struct pst_offer_holder *holder,
			      const struct pst_disconnect_origin *origin,
			      uint64_t now_ns);

/* An offer was refused because too many are unread: the users that hold most
 * of them, at most eight, and at most once in ten seconds. */
void pst_audit_unread_offers(struct pst_audit *audit,
			     struct pst_half_open_table *half_open,
			     uint64_t now_ns);

void pst_audit_reload(struct pst_audit *audit,
		      const struct pst_reload_outcome *outcome);

/* A log record for the operator of the node, which is not about a peer and has
 * no number.  result: -errno, or 0. */
void pst_audit_note(const struct pst_audit *audit, enum postern_log_level level,
		    const char *event, const char *text, int result);

/*
 * When the next count of suppressed records is to be reported
 * (PST_DEADLINE_NEVER: there is none), and reporting those that are due; with
 * PST_DEADLINE_NEVER as now_ns, at the end, all.
 */
uint64_t pst_audit_next_deadline_ns(const struct pst_audit *audit);
void pst_audit_flush(struct pst_audit *audit, uint64_t now_ns);

#endif
