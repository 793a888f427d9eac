/* SPDX-License-Identifier: ISC */
/*
 * Peers that come and go: by themselves, or because they are put out
 */
#include "load.h"

#include <errno.h>

#include "bench.h"

#define TIMEOUT_NS (30 * LOAD_NS_PER_S)
#define RING_BYTES 65536

void load_connector_main(void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	const struct load_connector *connector = user_data;
	struct load_member *member = &load_board->members[connector->member];
	uint64_t begin_ns, next_ns = bench_now_ns(), done;
	struct postern_channel *channel;
	int r;

	options.ring_bytes = connector->ring_bytes;
	for (done = 0; connector->count == 0 || done < connector->count;
	     done++) {
		begin_ns = bench_now_ns();
		r = postern_connect(connector->host->policy, LOAD_NODE_NAME,
				    &options,
				    postern_deadline_after(TIMEOUT_NS),
				    &channel, NULL);
		if (r == 0) {
			load_sample(LOAD_CONNECTS, bench_now_ns() - begin_ns);
			load_count_own(&member->sent);
			(void)postern_channel_close(channel);
		} else {
			load_count_own(&member->failed);
		}
		if (connector->rate_per_s == 0)
			continue;
		next_ns += LOAD_NS_PER_S / connector->rate_per_s;
		load_rest_until(next_ns);
	}
}

/* Asleep, or busy until its ring is full: both have to learn of it. */
static int await_end(struct postern_channel *channel, bool is_asleep)
{
	const struct load_message word = {0};
	uint64_t end_ns = bench_now_ns() + TIMEOUT_NS;
	uint8_t buffer[sizeof(word)];
	size_t byte_count;
	int r;

	do {
		if (is_asleep)
			r = postern_receive_wait(channel, buffer,
						 sizeof(buffer), &byte_count,
						 end_ns);
		else
			r = postern_send_wait(channel, &word, sizeof(word),
					      end_ns);
	} while (r == 0 && bench_now_ns() < end_ns);
	return r;
}

static int be_revoked(const struct load_outcast *outcast, bool is_asleep)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	const struct load_message word = {0};
	struct postern_channel *channel;
	int r;

	options.ring_bytes = RING_BYTES;
	r = postern_connect(outcast->host->policy, LOAD_NODE_NAME, &options,
			    postern_deadline_after(TIMEOUT_NS), &channel, NULL);
	if (r < 0)
		return r;
	r = postern_send(channel, &word, sizeof(word));
	if (r == 0)
		r = await_end(channel, is_asleep);
	if (r == -EPIPE)
		load_sample(LOAD_REVOCATIONS,
			    bench_now_ns() -
				    atomic_load(&load_board->revoked_ns));
	(void)postern_channel_close(channel);
	return r;
}

void load_outcast_main(void *user_data)
{
	const struct load_outcast *outcast = user_data;
	uint64_t i;

	for (i = 0; i < outcast->count; i++)
		if (be_revoked(outcast, i % 2 == 0) != -EPIPE)
			load_count_own(&load_board->members[outcast->member]
						.failed);
}
