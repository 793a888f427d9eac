/* SPDX-License-Identifier: ISC */
/*
 * <postern/channel.h>: check the arguments, call, filter the result
 *
 * A public channel is the internal one under its public name.
 */
#include <postern/channel.h>

#include <errno.h>

#include "api/api.h"
#include "base/attributes.h"
#include "channel/channel.h"
#include "client/client.h"
#include "policy/policy.h"

#define BOTH_DIRECTIONS \
	((uint32_t)POSTERN_DIRECTION_TO_NODE | POSTERN_DIRECTION_FROM_NODE)
/* Conditions of postern_channel_wait() that only sending can make true. */
#define SEND_CONDITIONS \
	((uint32_t)POSTERN_WAIT_SEND | POSTERN_WAIT_LOW_WATERMARK)

static struct pst_channel *inner(struct postern_channel *channel)
{
	return (struct pst_channel *)channel;
}

/* The first check of every call. */
static int check(const struct postern_channel *channel)
{
	if (PST_UNLIKELY(!channel))
		return -EINVAL;
	if (PST_UNLIKELY(!pst_channel_is_ours(
		    (const struct pst_channel *)channel)))
		return -ESTALE;
	return 0;
}

static int check_payload(const struct postern_channel *channel,
			 const void *bytes, size_t byte_count)
{
	if (PST_UNLIKELY(!bytes && byte_count > 0))
		return -EINVAL;
	return check(channel);
}

/* No message is larger than 4 GiB, so the largest number is too large too. */
static uint32_t clamp(size_t byte_count)
{
	return byte_count > UINT32_MAX ? UINT32_MAX : (uint32_t)byte_count;
}

/* The first check of a call that waits: 0, -EINTR, or as check(). */
static int check_interrupt(struct postern_channel *channel, uint32_t wants)
{
	int r;

	r = check(channel);
	if (PST_UNLIKELY(r < 0))
		return r;
	return PST_UNLIKELY(pst_channel_take_interrupt(inner(channel), wants)) ?
		-EINTR : 0;
}

static int check_receiver(struct postern_channel *channel, const void *buffer,
			  size_t buffer_bytes, const size_t *ret_message_bytes)
{
	int r;

	r = check_payload(channel, buffer, buffer_bytes);
	if (PST_UNLIKELY(r < 0))
		return r;
	if (PST_UNLIKELY(!ret_message_bytes))
		return -EINVAL;
	if (PST_UNLIKELY(pst_channel_is_node_driven(inner(channel))))
		return -EBUSY;
	return 0;
}

int postern_connect(const struct postern_policy *policy, const char *node_name,
		    const struct postern_connect_options *options,
		    uint64_t deadline_ns, struct postern_channel **ret_channel,
		    struct postern_error_info *error)
{
	struct postern_connect_options copy;
	struct pst_client_connect_params params;
	struct postern_policy *loaded;
	struct postern_error_info ours;
	struct pst_channel *channel;
	struct pst_log log;
	int r;

	r = pst_api_begin_error(error, &ours);
	if (r < 0)
		return r;
	if (!node_name || !ret_channel)
		return -EINVAL;
	r = pst_api_copy_options(&copy, sizeof(copy),
				 PST_API_CONNECT_OPTIONS_BYTES, options);
	if (r < 0)
		return r;
	if ((copy.directions & ~BOTH_DIRECTIONS) ||
	    (copy.disable_features & ~POSTERN_FEATURES_ALL))
		return -EINVAL;

	params = (struct pst_client_connect_params) {
		.target = {
			.node_name = node_name,
			.deadline_ns = deadline_ns,
			.disable_features = copy.disable_features,
		},
		.instance = copy.instance,
		.key_file = copy.key_file,
		.directions = copy.directions,
		.ring_bytes = copy.ring_bytes,
		.message_bytes = copy.message_bytes,
		.spin_ns = pst_api_spin_ns(copy.spin_ns),
	};
	log = (struct pst_log) {copy.log, copy.log_user_data};
	r = pst_api_load_default_policy(&policy, copy.disable_features, &loaded,
					&ours);
	params.target.policy = policy;
	if (r == 0)
		r = pst_client_connect(&params, &channel, &ours);
	(void)pst_policy_unref(loaded); /* always NULL */
	pst_api_end_error(error, &ours);
	if (r < 0)
		return pst_api_filter(r, __func__, &log);
	*ret_channel = (struct postern_channel *)channel;
	return 0;
}

struct postern_channel *postern_channel_close(struct postern_channel *channel)
{
	(void)pst_channel_unref(inner(channel)); /* always NULL */
	return NULL;
}

int postern_channel_get_info(const struct postern_channel *channel,
			     struct postern_channel_info *ret_info)
{
	struct postern_channel_info info;
	int r;

	r = check(channel);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_info, PST_API_CHANNEL_INFO_BYTES);
	if (r < 0)
		return r;
	pst_channel_info((const struct pst_channel *)channel, &info);
	pst_api_copy_out(ret_info, &info, sizeof(info));
	return 0;
}

int postern_channel_stats(struct postern_channel *channel,
			  struct postern_channel_statistics *ret_stats)
{
	struct postern_channel_statistics stats;
	int r;

	r = check(channel);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_stats, PST_API_CHANNEL_STATISTICS_BYTES);
	if (r < 0)
		return r;
	pst_channel_stats(inner(channel), &stats);
	pst_api_copy_out(ret_stats, &stats, sizeof(stats));
	return 0;
}

enum postern_reason
postern_channel_end_reason(const struct postern_channel *channel)
{
	if (check(channel) < 0)
		return POSTERN_REASON_NONE;
	return pst_channel_reported_reason((const struct pst_channel *)channel);
}

/* -- sending --------------------------------------------------------------- */

int postern_send(struct postern_channel *channel, const void *bytes,
		 size_t byte_count)
{
	int r;

	r = check_payload(channel, bytes, byte_count);
	if (PST_UNLIKELY(r < 0))
		return r;
	return pst_channel_send(inner(channel), bytes, clamp(byte_count));
}

int postern_send_wait(struct postern_channel *channel, const void *bytes,
		      size_t byte_count, uint64_t deadline_ns)
{
	uint32_t ready;
	int r;

	r = check_interrupt(channel, PST_CHANNEL_WANT_SPACE);
	if (r < 0)
		return r;
	for (;;) {
		r = postern_send(channel, bytes, byte_count);
		if (r != -EAGAIN)
			return r;
		r = pst_channel_wait(inner(channel), PST_CHANNEL_WANT_SPACE,
				     deadline_ns, &ready);
		if (r < 0)
			return pst_api_filter_wait(r, __func__);
	}
}

int postern_flush(struct postern_channel *channel, uint64_t deadline_ns)
{
	int r;

	r = check_interrupt(channel, PST_CHANNEL_WANT_CONSUMED);
	if (r < 0)
		return r;
	r = pst_channel_flush(inner(channel), deadline_ns);
	return pst_api_filter_wait(r, __func__);
}

int postern_reserve(struct postern_channel *channel, size_t byte_count,
		    void **ret_bytes)
{
	int r;

	r = check(channel);
	if (PST_UNLIKELY(r < 0))
		return r;
	if (PST_UNLIKELY(!ret_bytes))
		return -EINVAL;
	return pst_channel_reserve(inner(channel), clamp(byte_count),
				   ret_bytes);
}

int postern_commit(struct postern_channel *channel, size_t byte_count)
{
	int r;

	r = check(channel);
	if (PST_UNLIKELY(r < 0))
		return r;
	return pst_channel_commit(inner(channel), clamp(byte_count));
}

int postern_abort(struct postern_channel *channel)
{
	int r;

	r = check(channel);
	if (PST_UNLIKELY(r < 0))
		return r;
	return pst_channel_abort(inner(channel));
}

/* -- receiving ------------------------------------------------------------- */

int postern_receive(struct postern_channel *channel, void *buffer,
		    size_t buffer_bytes, size_t *ret_message_bytes)
{
	int r;

	r = check_receiver(channel, buffer, buffer_bytes, ret_message_bytes);
	if (PST_UNLIKELY(r < 0))
		return r;
	return pst_channel_receive(inner(channel), buffer, buffer_bytes,
				   ret_message_bytes);
}

int postern_receive_wait(struct postern_channel *channel, void *buffer,
			 size_t buffer_bytes, size_t *ret_message_bytes,
			 uint64_t deadline_ns)
{
	uint32_t ready;
	int r;

	r = check_interrupt(channel, PST_CHANNEL_WANT_MESSAGE);
	if (r < 0)
		return r;
	for (;;) {
		r = postern_receive(channel, buffer, buffer_bytes,
				    ret_message_bytes);
		if (r != -EAGAIN)
			return r;
		r = pst_channel_wait(inner(channel), PST_CHANNEL_WANT_MESSAGE,
				     deadline_ns, &ready);
		if (r < 0)
			return pst_api_filter_wait(r, __func__);
	}
}

/* -- waiting --------------------------------------------------------------- */

int postern_channel_fd(struct postern_channel *channel)
{
	int r;

	r = check(channel);
	if (r < 0)
		return r;
	return pst_api_filter(pst_channel_fd(inner(channel)), __func__, NULL);
}

int postern_channel_wait(struct postern_channel *channel, uint32_t conditions,
			 uint64_t deadline_ns, uint32_t *ret_ready)
{
	struct postern_channel_info info;
	int r;

	r = check(channel);
	if (r < 0)
		return r;
	if (!ret_ready || conditions == 0 ||
	    (conditions & ~(SEND_CONDITIONS | POSTERN_WAIT_RECEIVE)))
		return -EINVAL;
	pst_channel_info(inner(channel), &info);
	if (!info.can_send)
		conditions &= ~SEND_CONDITIONS;
	if (!info.can_receive)
		conditions &= ~(uint32_t)POSTERN_WAIT_RECEIVE;
	if (conditions == 0)
		return -EPERM;
	if ((conditions & POSTERN_WAIT_RECEIVE) &&
	    pst_channel_is_node_driven(inner(channel)))
		return -EBUSY;
	if ((conditions & POSTERN_WAIT_LOW_WATERMARK) &&
	    !pst_channel_has_watermarks(inner(channel)))
		return -EINVAL;
	r = pst_channel_wait(inner(channel), conditions, deadline_ns,
			     ret_ready);
	return pst_api_filter_wait(r, __func__);
}

/* In a signal handler, errno belongs to the code that was interrupted. */
int postern_channel_interrupt(struct postern_channel *channel)
{
	int saved_errno = errno;
	int r;

	r = check(channel);
	if (r == 0)
		pst_channel_interrupt(inner(channel));
	errno = saved_errno;
	return r;
}

int postern_channel_set_watermarks(struct postern_channel *channel,
				   size_t high_bytes, size_t low_bytes)
{
	int r;

	r = check(channel);
	if (r < 0)
		return r;
	return pst_channel_set_watermarks(inner(channel), high_bytes,
					  low_bytes);
}

int postern_channel_next_event(struct postern_channel *channel,
			       struct postern_channel_event *ret_event)
{
	struct postern_channel_event event;
	int r;

	r = check(channel);
	if (r < 0)
		return r;
	r = pst_api_check_out(ret_event, PST_API_CHANNEL_EVENT_BYTES);
	if (r < 0)
		return r;
	r = pst_channel_next_event(inner(channel), &event);
	if (r < 0)
		return r;
	pst_api_copy_out(ret_event, &event, sizeof(event));
	return 0;
}
