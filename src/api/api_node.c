/* SPDX-License-Identifier: ISC */
/*
 * <postern/node.h> and <postern/control.h>
 *
 * A struct postern_node is the internal node under its public name.
 */
#include <postern/control.h>
#include <postern/node.h>

#include <errno.h>

#include "accounting/accounting.h"
#include "api/api.h"
#include "base/attributes.h"
#include "client/client.h"
#include "node/node.h"
#include "policy/policy.h"
#include "policy/policy_diagnostics.h"

static inline struct pst_node *inner(struct postern_node *node)
{
	return (struct pst_node *)node;
}

/* 0, -EINVAL, or -ESTALE in a forked child.  Inline: for each message. */
static inline int check(struct postern_node *node)
{
	if (PST_UNLIKELY(!node))
		return -EINVAL;
	if (PST_UNLIKELY(!pst_node_is_ours(inner(node))))
		return -ESTALE;
	return 0;
}

int postern_accounting_new(struct postern_accounting **ret_accounting)
{
	struct pst_accounting *accounting;
	int r;

	if (!ret_accounting)
		return -EINVAL;
	r = pst_accounting_new(&accounting);
	if (r == 0)
		*ret_accounting = (struct postern_accounting *)accounting;
	return r;
}

struct postern_accounting *
postern_accounting_free(struct postern_accounting *accounting)
{
	(void)pst_accounting_unref((struct pst_accounting *)accounting);
	return NULL;
}

int postern_node_open(const struct postern_policy *policy,
		      const char *node_name,
		      const struct postern_node_options *options,
		      struct postern_node **ret_node,
		      struct postern_error_info *error)
{
	struct postern_node_options copy;
	struct postern_policy *loaded;
	struct pst_node_params params;
	struct postern_error_info ours;
	struct pst_node *node;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!node_name || !ret_node)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_NODE_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if (copy.disable_features & ~POSTERN_FEATURES_ALL)
		return -EINVAL;

	params = (struct pst_node_params) {
		.name = node_name,
		.key_file = copy.key_file,
		.spin_ns = pst_api_spin_ns(copy.spin_ns),
		.disable_features = copy.disable_features,
		.accounting = (struct pst_accounting *)copy.accounting,
		.log = {copy.log, copy.log_user_data},
	};
	r = pst_api_load_default_policy(&policy, copy.disable_features, &loaded,
					&ours);
	params.policy = policy;
	if (r == 0)
		r = pst_node_open(&params, &ours, &node);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_error(error, &ours);
	if (r < 0)
		return pst_api_filter(r, __func__, &params.log);
	*ret_node = (struct postern_node *)node;
	return 0;
}

struct postern_node *postern_node_close(struct postern_node *node)
{
	(void)pst_node_close(inner(node)); /* always NULL */
	return NULL;
}

int postern_node_fd(struct postern_node *node)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	return pst_node_fd(inner(node));
}

int postern_node_wait(struct postern_node *node, uint64_t deadline_ns)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	return pst_api_filter_wait(pst_node_wait(inner(node), deadline_ns),
				   __func__);
}

/* In a signal handler, errno belongs to the code that was interrupted. */
int postern_node_interrupt(struct postern_node *node)
{
	int saved_errno = errno;
	int r;

	r = check(node);
	if (r == 0)
		pst_node_interrupt(inner(node));
	errno = saved_errno;
	return r;
}

int postern_node_receive(struct postern_node *node, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 postern_peer *ret_peer)
{
	int r;

	r = check(node);
	if (PST_UNLIKELY(r < 0))
		return r;
	if (PST_UNLIKELY((!buffer && buffer_bytes > 0) || !ret_message_bytes ||
			 !ret_peer))
		return -EINVAL;
	r = pst_node_receive(inner(node), buffer, buffer_bytes,
			     ret_message_bytes, ret_peer);
	return pst_api_filter(r, __func__, NULL);
}

int postern_node_pause(struct postern_node *node)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	pst_node_pause(inner(node));
	return 0;
}

int postern_node_resume(struct postern_node *node)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	pst_node_resume(inner(node));
	return 0;
}

int postern_node_next_event(struct postern_node *node,
			    struct postern_node_event *ret_event)
{
	struct postern_node_event event;
	int r;

	r = check(node);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_event, PST_API_NODE_EVENT_BYTES);
	if (r < 0)
		return r;
	r = pst_node_next_event(inner(node), &event);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_event, &event, sizeof(event));
	return 0;
}

int postern_node_send(struct postern_node *node, postern_peer peer,
		      const void *bytes, size_t byte_count)
{
	int r;

	r = check(node);
	if (PST_UNLIKELY(r < 0))
		return r;
	if (PST_UNLIKELY(!bytes && byte_count > 0))
		return -EINVAL;
	/* No message is larger than 4 GiB. */
	return pst_node_send(inner(node), peer, bytes,
			     byte_count > UINT32_MAX ? UINT32_MAX :
						       (uint32_t)byte_count);
}

typedef int hand_out_fn(struct pst_node *node, postern_peer peer,
			struct pst_channel **ret_channel);

static int hand_out(struct postern_node *node, postern_peer peer,
		    hand_out_fn *function, struct postern_channel **ret_channel)
{
	struct pst_channel *channel;
	int r;

	r = check(node);
	if (r < 0)
		return r;
	if (!ret_channel)
		return -EINVAL;
	r = function(inner(node), peer, &channel);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	*ret_channel = (struct postern_channel *)channel;
	return 0;
}

int postern_node_channel(struct postern_node *node, postern_peer peer,
			 struct postern_channel **ret_channel)
{
	return hand_out(node, peer, pst_node_channel, ret_channel);
}

int postern_node_detach(struct postern_node *node, postern_peer peer,
			struct postern_channel **ret_channel)
{
	return hand_out(node, peer, pst_node_detach, ret_channel);
}

int postern_node_reload(struct postern_node *node,
			const struct postern_policy *policy,
			uint32_t *ret_disconnected_count,
			struct postern_error_info *error)
{
	struct postern_policy *loaded;
	struct postern_error_info ours;
	uint32_t disconnected_count = 0;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	r = check(node);
	if (r < 0)
		return r;
	r = pst_api_load_default_policy(&policy, 0, &loaded, &ours);
	if (r == 0)
		r = pst_node_reload(inner(node), policy, &disconnected_count,
				    &ours);
	else
		pst_node_report_reload_failure(inner(node), r, NULL);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_error(error, &ours);
	if (r == 0 && ret_disconnected_count)
		*ret_disconnected_count = disconnected_count;
	return pst_api_filter(r, __func__, NULL);
}

static const struct postern_diagnostic *
first_error(const struct postern_diagnostics *diagnostics)
{
	const struct postern_diagnostic *diagnostic;
	size_t i;

	for (i = 0; i < pst_diagnostics_count(diagnostics); i++) {
		diagnostic = pst_diagnostics_at(diagnostics, i);
		if (diagnostic->severity == POSTERN_SEVERITY_ERROR)
			return diagnostic;
	}
	return NULL;
}

int postern_node_report_reload_failure(struct postern_node *node, int result,
			       const struct postern_diagnostics *diagnostics)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	if (result >= 0)
		return -EINVAL;
	pst_node_report_reload_failure(
		inner(node), result,
		diagnostics ? first_error(diagnostics) : NULL);
	return 0;
}

int postern_node_disconnect(struct postern_node *node, postern_peer peer)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	r = pst_node_disconnect(inner(node), peer, NULL);
	return pst_api_filter(r, __func__, NULL);
}

int postern_node_disconnect_named(struct postern_node *node,
				  const char *peer_name, uint32_t *ret_count)
{
	uint32_t unwanted;
	int r;

	r = check(node);
	if (r < 0)
		return r;
	if (!peer_name)
		return -EINVAL;
	r = pst_node_disconnect_named(inner(node), peer_name, NULL,
				      ret_count ? ret_count : &unwanted);
	return pst_api_filter(r, __func__, NULL);
}

int postern_node_probe(const struct postern_policy *policy,
		       const char *node_name, uint64_t deadline_ns,
		       struct postern_error_info *error)
{
	struct pst_client_target target;
	struct postern_policy *loaded;
	struct postern_error_info ours;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!node_name)
		return -EINVAL;
	target = (struct pst_client_target) {
		.node_name = node_name,
		.deadline_ns = deadline_ns,
	};
	r = pst_api_load_default_policy(&policy, 0, &loaded, &ours);
	target.policy = policy;
	if (r == 0)
		r = pst_client_probe(&target, &ours);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_error(error, &ours);
	return pst_api_filter(r, __func__, NULL);
}

static int check_stats(struct postern_node *node, const void *output,
		       size_t first_bytes)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	return pst_api_check_out(output, first_bytes);
}

int postern_node_stats(struct postern_node *node,
		       struct postern_node_statistics *ret_stats)
{
	struct postern_node_statistics stats;
	int r;

	r = check_stats(node, ret_stats, PST_API_NODE_STATISTICS_BYTES);
	if (r < 0)
		return r;
	pst_node_stats(inner(node), &stats);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_node_peer_stats(struct postern_node *node, postern_peer peer,
			    struct postern_peer_statistics *ret_stats)
{
	struct postern_peer_statistics stats;
	int r;

	r = check_stats(node, ret_stats, PST_API_PEER_STATISTICS_BYTES);
	if (r < 0)
		return r;
	r = pst_node_peer_stats(inner(node), peer, &stats);
	if (r < 0)
		return pst_api_filter(r, __func__, NULL);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

int postern_node_next_peer(struct postern_node *node, postern_peer previous,
			   postern_peer *ret_peer)
{
	int r;

	r = check(node);
	if (r < 0)
		return r;
	if (!ret_peer)
		return -EINVAL;
	return pst_node_next_peer(inner(node), previous, ret_peer);
}

int postern_control_disconnect(const struct postern_policy *policy,
			       const char *node_name, const char *peer,
			       const struct postern_control_options *options,
			       uint64_t deadline_ns, uint32_t *ret_count,
			       struct postern_error_info *error)
{
	struct postern_control_options copy;
	struct pst_client_target target;
	struct postern_policy *loaded;
	struct postern_error_info ours;
	struct pst_log log;
	uint32_t unwanted_count;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!node_name || !peer)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_CONTROL_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if (copy.disable_features & ~POSTERN_FEATURES_ALL)
		return -EINVAL;

	target = (struct pst_client_target){
		.node_name = node_name,
		.deadline_ns = deadline_ns,
		.disable_features = copy.disable_features,
	};
	log = (struct pst_log){copy.log, copy.log_user_data};
	r = pst_api_load_default_policy(&policy, copy.disable_features, &loaded,
					&ours);
	target.policy = policy;
	if (r == 0)
		r = pst_client_disconnect_peer(
			&target, peer, ret_count ? ret_count : &unwanted_count,
			&ours);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_error(error, &ours);
	return pst_api_filter(r, __func__, &log);
}
