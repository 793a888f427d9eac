/* SPDX-License-Identifier: ISC */
/*
 * Audit: one record for each admission, refusal, departure, poisoning,
 * revocation and reload
 *
 * What the peer never learns stands here: the reason, the rule, file and line.
 * Records are numbered, and what peers can cause is bounded for each uid
 * (node/audit_suppression.h); `suppressed` records say how many were left out.
 */
#ifndef POSTERN_NODE_AUDIT_H
#define POSTERN_NODE_AUDIT_H

#include <postern/result.h>

#include "node/node_internal.h"
#include "os/peer_credentials.h"

enum pst_revoked_by {
	PST_REVOKED_BY_API = 1, /* the program that has the node */
	PST_REVOKED_BY_CONTROL, /* the owner or root, over a connection */
	PST_REVOKED_BY_RELOAD,  /* the new policy */
};

struct pst_revoker {
	enum pst_revoked_by by;
	uid_t uid;              /* of who controls: only with BY_CONTROL */
	pid_t pid;
};

struct pst_reload_outcome {
	int result;             /* 0, or why the old policy stays */
	const char *file;       /* of the first error; NULL: in no file */
	uint32_t line;
	const char *detail;     /* what is wrong; NULL when nothing is */
	uint32_t kept_count;    /* peers whose limits stay as they were */
	uint32_t changed_count;
	uint32_t lost_count;    /* no longer allowed */
};

void pst_audit_init(struct pst_audit *audit);

void pst_audit_admit(struct pst_node *node, const struct pst_peer *peer);

/* said: what the peer said of itself, if anything yet; NULL: nothing. */
void pst_audit_refuse(struct pst_node *node,
		      const struct pst_peer_credentials *credentials,
		      const struct pst_handshake_responder *said,
		      const struct postern_refusal *refusal);

/*
 * With POSTERN_REASON_POISONED or _KEY_REJECTED this is a record of a
 * poisoning, and no other of the departure.  fault: how the peer broke the
 * rules; NULL: it did not.
 */
void pst_audit_depart(struct pst_node *node, const struct pst_peer *peer,
		      enum postern_reason reason, const char *fault,
		      uint64_t undelivered_bytes);

/*
 * One peer's admission is taken back; its departure is recorded beside that.
 * why: what the policy says of it now; NULL: nothing but the will of revoker.
 */
void pst_audit_revoke(struct pst_node *node, const struct pst_peer *peer,
		      const struct pst_revoker *revoker,
		      const struct postern_refusal *why);

/* The unread offers of one user are revoked. */
void pst_audit_revoke_offers(struct pst_node *node,
			     const struct pst_offer_holder *holder,
			     const struct pst_revoker *revoker);

/* An offer was refused because too many are unread: the users that hold most
 * of them, at most eight, and not more often than every ten seconds. */
void pst_audit_holders(struct pst_node *node);

void pst_audit_reload(struct pst_node *node,
		      const struct pst_reload_outcome *outcome);

/* Not about a peer: what the operator of the node should know. */
void pst_audit_note(const struct pst_node *node, enum postern_log_level level,
		    const char *event, const char *text, int result);

/*
 * When suppressed records are to be told of (PST_DEADLINE_NEVER: there are
 * none), and telling it; with PST_DEADLINE_NEVER as now_ns, at the end, of all.
 */
uint64_t pst_audit_due_ns(const struct pst_node *node);
void pst_audit_flush(struct pst_node *node, uint64_t now_ns);

#endif
