/* SPDX-License-Identifier: ISC */
/*
 * The edge of the library: results, options and outputs
 *
 * Every public function checks its arguments, makes one internal call and filters
 * the result: only codes of the documented set leave the library.  Structs that
 * begin with their size may be those of an older or a newer release.
 */
#ifndef POSTERN_API_API_H
#define POSTERN_API_API_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <postern/postern.h>

#include "base/attributes.h"
#include "base/log.h"

/*
 * The size of each struct in its first release, up to the last member that it had
 * there.  These never change.
 */
#define PST_API_FIRST_BYTES(name, last_member) \
	(offsetof(struct name, last_member) + \
	 sizeof(((struct name *)0)->last_member))

enum pst_api_first_bytes {
	PST_API_CONNECT_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_connect_options, key_file),
	PST_API_NODE_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_node_options, accounting),
	PST_API_CONTROL_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_control_options, log_user_data),
	PST_API_STATS_READER_OPTIONS_BYTES = PST_API_FIRST_BYTES(
		postern_stats_reader_options, log_user_data),
	PST_API_SUBJECT_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_subject_options, disable_features),
	PST_API_POLICY_OPTIONS_BYTES =
		PST_API_FIRST_BYTES(postern_policy_options, disable_features),
	PST_API_SUBJECT_BYTES =
		PST_API_FIRST_BYTES(postern_subject, overflow_gid),
	PST_API_DECISION_BYTES = PST_API_FIRST_BYTES(postern_decision, error),
	PST_API_NODE_DESCRIPTION_BYTES =
		PST_API_FIRST_BYTES(postern_node_description, connect_error),
	PST_API_DIAGNOSTIC_BYTES =
		PST_API_FIRST_BYTES(postern_diagnostic, hint),
	PST_API_ERROR_INFO_BYTES =
		PST_API_FIRST_BYTES(postern_error_info, detail),
	PST_API_CHANNEL_INFO_BYTES = PST_API_FIRST_BYTES(postern_channel_info,
							 receive_message_bytes),
	PST_API_NODE_EVENT_BYTES =
		PST_API_FIRST_BYTES(postern_node_event, instance),
	PST_API_CHANNEL_EVENT_BYTES =
		PST_API_FIRST_BYTES(postern_channel_event, depth_bytes),
	PST_API_CHANNEL_STATISTICS_BYTES =
		PST_API_FIRST_BYTES(postern_channel_statistics, reserved),
	PST_API_PEER_STATISTICS_BYTES =
		PST_API_FIRST_BYTES(postern_peer_statistics, tenant),
	PST_API_NODE_STATISTICS_BYTES = PST_API_FIRST_BYTES(
		postern_node_statistics, send_full_count),
	PST_API_STATS_FIELD_BYTES =
		PST_API_FIRST_BYTES(postern_stats_field, value_bytes),
};

/* About the cost of a sleep and a wake-up: a longer busy-wait cannot pay. */
#define PST_API_SPIN_NS 20000u

static inline uint32_t pst_api_spin_ns(uint32_t spin_ns)
{
	if (spin_ns == POSTERN_SPIN_DEFAULT)
		return PST_API_SPIN_NS;
	return spin_ns == POSTERN_SPIN_NONE ? 0 : spin_ns;
}

/* -- results -------------------------------------------------------------- */

int pst_api_filter_failure(int result, const char *function,
			   const struct pst_log *log);

/*
 * The result as it may leave the library: itself, or -ECANCELED for a code that
 * is not documented.  Such a code is logged (NULL: it is not) with the name of
 * the public function.  Inline: every message passes it.
 */
static inline int pst_api_filter(int result, const char *function,
				 const struct pst_log *log)
{
	if (PST_LIKELY(result >= 0))
		return result;
	return pst_api_filter_failure(result, function, log);
}

/* For a call that waits: no other call can be interrupted. */
static inline int pst_api_filter_wait(int result, const char *function)
{
	return result == -EINTR ? result
				: pst_api_filter(result, function, NULL);
}

/* -- policies ------------------------------------------------------------- */

/*
 * If *policy is NULL, load this host's policy into *policy and *ret_loaded; else
 * *ret_loaded is NULL.  The caller frees *ret_loaded, also after a failure.
 */
int pst_api_load_default_policy(const struct postern_policy **policy,
				uint32_t disable_features,
				struct postern_policy **ret_loaded,
				struct postern_error_info *error);

/* -- structs that begin with their size ----------------------------------- */

/*
 * first_bytes is the size of such a struct in its first release (see above): a
 * smaller size, or one above POSTERN_STRUCT_BYTES_MAX, is not valid.
 *
 * Copy an input into a struct of this release: absent fields, or all of them if
 * theirs is NULL, are zero.  Returns 0, or -EINVAL for a size that is not valid,
 * or for a larger struct with a non-zero byte beyond the known fields.
 */
int pst_api_copy_options(void *ours, size_t ours_bytes, size_t first_bytes,
			 const void *theirs);

/* Check an output before anything is done: 0, or -EINVAL, for NULL too. */
int pst_api_check_out(const void *theirs, size_t first_bytes);

/*
 * Write to a checked output as many bytes as its own size says.  The size stays,
 * and fields that this release does not have are zero.
 */
void pst_api_copy_out(void *theirs, const void *ours, size_t ours_bytes);

/*
 * The output that receives error information may be NULL.  _begin checks and
 * empties it; the call fills in ours, which _end copies out.  _begin returns 0,
 * or -EINVAL for a size that is not valid.
 */
static inline int pst_api_begin_error(struct postern_error_info *theirs,
				      struct postern_error_info *ours)
{
	int r;

	*ours = (struct postern_error_info)POSTERN_ERROR_INFO_INIT;
	if (!theirs)
		return 0;
	r = pst_api_check_out(theirs, PST_API_ERROR_INFO_BYTES);
	if (r < 0)
		return r;
	pst_api_copy_out(theirs, ours, sizeof(*ours));
	return 0;
}

static inline void pst_api_end_error(struct postern_error_info *theirs,
				     const struct postern_error_info *ours)
{
	if (theirs)
		pst_api_copy_out(theirs, ours, sizeof(*ours));
}

#endif
