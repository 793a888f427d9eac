/* SPDX-License-Identifier: ISC */
/*
 * Admission: from accept4() to GO
 *
 * The node passes the objects that admission uses, and hooks for the outcomes:
 * what they mean to audit records, events, statistics and commands is the
 * node's affair.  Nothing a peer says is used before the kernel has identified
 * it, and the first check that fails refuses: the peer learns one code, the hook
 * the reason.  All of it runs on the thread that uses the node.
 */
#ifndef POSTERN_ADMISSION_ADMISSION_H
#define POSTERN_ADMISSION_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <postern/policy.h>

#include "accounting/accounting.h"
#include "admission/half_open.h"
#include "admission/policy_binding.h"
#include "os/listener.h"
#include "peer/peer_table.h"
#include "stats/stats_segment.h"

/* Each gets the hook_data of the params. */
struct pst_admission_hooks {
	/* An attempt or a handshake failed.  responder: with the claims of the
	 * peer, if it has made any; NULL: there is none. */
	void (*on_refused)(void *hook_data,
			   const struct pst_peer_credentials *credentials,
			   const struct pst_handshake_responder *responder,
			   const struct postern_error_info *error);

	/* GO was sent: the peer has its channel, is watched and identified. */
	void (*on_connected)(void *hook_data, struct pst_peer *peer);

	/* A peer that may control the node sends a command: execute it. */
	enum pst_result_code (*on_command)(
		void *hook_data, const struct pst_command *command,
		const struct pst_peer_credentials *credentials,
		uint32_t *ret_count);

	/* An offer is about to be refused, since too many are unread. */
	void (*on_offers_exhausted)(void *hook_data);

	/* Connections wait, and the node tries again later. */
	void (*on_accept_failed)(void *hook_data, int result);

	/* There is another number of half-open handshakes. */
	void (*on_half_open_changed)(void *hook_data);

	/* The statistics segment, which is created if there is none: 0 or
	 * -errno. */
	int (*get_stats_segment)(void *hook_data,
				 const struct pst_stats_segment **ret_segment);
};

/* All pointers are borrowed, and outlive the admission. */
struct pst_admission_params {
	const char *node_name;
	uid_t owner;
	uint32_t features;
	uint32_t channel_spin_ns;
	int set_fd;             /* poll set of the node */
	const uint64_t *now_ns; /* clock of the node, as last read */
	const struct pst_policy_binding *binding; /* as of now */
	struct pst_charges *charges;
	struct pst_peer_table *peer_table;
	struct pst_scheduler *scheduler;
	const struct pst_admission_hooks *hooks;
	void *hook_data;
};

struct pst_admission {
	struct pst_admission_params params;
	dev_t memfd_device;
	uid_t overflow_uid;
	gid_t overflow_gid;
	struct pst_listener listener;
	bool is_backing_off;    /* the listener is not watched for now */
	uint64_t listener_retry_ns;
	struct pst_half_open_table half_open;
	struct pst_uid_rate handshakes; /* attempts of each user */
};

#define PST_ADMISSION_INIT {.listener = PST_LISTENER_INIT}

/* The listener is opened by the caller.  0, or -errno; _done() accepts the
 * admission also after a failure, and PST_ADMISSION_INIT. */
PST_MUST_CHECK int pst_admission_init(struct pst_admission *admission,
				      const struct pst_admission_params *params);
void pst_admission_done(struct pst_admission *admission);

/* Events */

/* Watch the listener.  On failure it is tried again at retry_ns. */
int pst_admission_watch_listener(struct pst_admission *admission,
				 uint64_t retry_ns);
void pst_admission_unwatch_listener(struct pst_admission *admission);

/* Accept the connections that wait, up to a bound. */
void pst_admission_accept(struct pst_admission *admission);

/* A half-open handshake has a record, or has ended.  tag: of the poll set. */
void pst_admission_advance(struct pst_admission *admission, uint64_t tag);

uint64_t pst_admission_next_deadline_ns(const struct pst_admission *admission);
void pst_admission_handle_deadlines(struct pst_admission *admission);

/* End a handshake with this reason.  It is a refusal unless the peer has what it
 * asked for. */
void pst_admission_end(struct pst_admission *admission,
		       struct pst_half_open *entry, enum postern_reason reason);

/* Decisions */

/* The owner or root.  Such a peer may always attempt to connect. */
bool pst_admission_is_privileged(const struct pst_admission *admission,
				 const struct pst_peer_credentials *credentials);

/* The same, and not by an overflow id, nor from a process that is not visible
 * here. */
bool pst_admission_may_control(const struct pst_admission *admission,
			       const struct pst_peer_credentials *credentials);

/* Decide on a peer by the policy.  key: claimed or proven; NULL: none.  False:
 * refused. */
bool pst_admission_decide(const struct pst_admission *admission,
			  const struct pst_peer_credentials *credentials,
			  const uint8_t *key,
			  struct postern_decision *ret_decision,
			  struct postern_error_info *error);

/* Does the decision allow what was agreed on under another one? */
bool pst_admission_covers(const struct postern_decision *decision,
			  uint32_t directions, enum postern_security security,
			  struct postern_error_info *error);

/* Apply these limits to a peer that is charged already, from now on, and move its
 * charge.  Its rings and the size of its messages stay. */
void pst_admission_reapply_limits(const struct pst_admission *admission,
				  struct pst_peer *peer,
				  const struct postern_decision *decision);

/* After a reload */

/* Decide on the half-open handshakes again.  Those that have not begun continue
 * with the present key.  facts_before: those that the rules looked at before. */
void pst_admission_decide_again(struct pst_admission *admission,
				unsigned facts_before);

/* If the rules look at more facts now, read all that they look at.  Those of the
 * moment of connect() stay the same; on failure all stay. */
void
pst_admission_read_missing_facts(const struct pst_admission *admission,
				 unsigned facts_before, int socket_fd,
				 struct pst_peer_credentials *credentials);

#endif
