/* SPDX-License-Identifier: ISC */
/*
 * What a caller may leave out: options, refusals, and what its release did not
 * know
 */
#ifndef POSTERN_API_API_OPTIONS_H
#define POSTERN_API_API_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include <postern/postern.h>

#include "api/api_result.h"
#include "base/clock.h"
#include "os/monotonic.h"

/*
 * The size of each struct in the first release, up to its last member of then:
 * this never changes.
 */
#define PST_API_FIRST_BYTES(name, last_member) \
	(offsetof(struct name, last_member) + \
	 sizeof(((struct name *)0)->last_member))

enum pst_api_first_bytes {
	PST_API_CONNECT_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_connect_options, key_file),
	PST_API_NODE_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_node_options, key_file),
	PST_API_CONTROL_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_control_options, log_user_data),
	PST_API_OBSERVE_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_observe_options, log_user_data),
	PST_API_FACTS_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_facts_options, features_off),
	PST_API_POLICY_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_policy_options, features_off),
	PST_API_SUBJECT_BYTES =
		PST_API_FIRST_BYTES(postern_subject, overflow_gid),
	PST_API_DECISION_BYTES =
		PST_API_FIRST_BYTES(postern_decision, refusal),
	PST_API_NODE_DESCRIPTION_BYTES =
		PST_API_FIRST_BYTES(postern_node_description,
				    connect_error),
	PST_API_DIAGNOSTIC_BYTES =
		PST_API_FIRST_BYTES(postern_diagnostic, hint),
	PST_API_REFUSAL_BYTES = PST_API_FIRST_BYTES(postern_refusal, detail),
	PST_API_LIMITS_BYTES =
		PST_API_FIRST_BYTES(postern_limits, receive_message_bytes),
	PST_API_EVENT_BYTES = PST_API_FIRST_BYTES(postern_event, instance),
	PST_API_CHANNEL_EVENT_BYTES =
		PST_API_FIRST_BYTES(postern_channel_event, depth_bytes),
	PST_API_CHANNEL_STATISTICS_BYTES =
		PST_API_FIRST_BYTES(postern_channel_statistics, reserved),
	PST_API_PEER_STATISTICS_BYTES =
		PST_API_FIRST_BYTES(postern_peer_statistics, tenant),
	PST_API_NODE_STATISTICS_BYTES =
		PST_API_FIRST_BYTES(postern_node_statistics,
				    refused_full_count),
};

/* About as long as a sleep and a wake-up cost: spinning longer cannot pay. */
#define PST_API_SPIN_NS 20000u

/* For everything that waits for a node's answer. */
#define PST_API_TIMEOUT_NS (2 * PST_NS_PER_SECOND)

static inline uint32_t pst_api_spin_ns(uint32_t spin_ns)
{
	if (spin_ns == POSTERN_SPIN_DEFAULT)
		return PST_API_SPIN_NS;
	return spin_ns == POSTERN_SPIN_NONE ? 0 : spin_ns;
}

static inline uint64_t pst_api_deadline_ns(uint64_t timeout_ns)
{
	return pst_deadline_after(pst_monotonic_now_ns(),
				  timeout_ns == 0 ? PST_API_TIMEOUT_NS :
						    timeout_ns);
}

/*
 * Theirs is an output that may be NULL and says nothing yet; the call fills
 * ours, which is handed over at its end.  _begin returns 0, or -EINVAL for an
 * impossible size.
 */
static inline int pst_api_begin_refusal(struct postern_refusal *theirs,
					struct postern_refusal *ours)
{
	int r;

	*ours = (struct postern_refusal) POSTERN_REFUSAL_INIT;
	if (!theirs)
		return 0;
	r = pst_api_check_out(theirs, PST_API_REFUSAL_BYTES);
	if (r < 0)
		return r;
	pst_api_copy_out(theirs, ours, sizeof(*ours));
	return 0;
}

static inline void pst_api_end_refusal(struct postern_refusal *theirs,
				       const struct postern_refusal *ours)
{
	if (theirs)
		pst_api_copy_out(theirs, ours, sizeof(*ours));
}

#endif
