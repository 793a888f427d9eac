/* SPDX-License-Identifier: ISC */
/*
 * A node and a channel for the benchmark
 *
 * Everything through the public interface, with a policy file like any other:
 * admission, checks and sealed segments are part of what is measured.
 */
#include "bench_postern.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NODE_NAME "bench"
#define PATH_BYTES 256

static void policy_path(const struct bench_run *run, char *ret_path)
{
	(void)snprintf(ret_path, PATH_BYTES, "%s/policy.conf", run->place);
}

static const char *const mode_words[] = {
	[BENCH_MODE_NONE] = "none",
	[BENCH_MODE_MAC] = "mac",
	[BENCH_MODE_AEAD] = "aead",
};

static const enum postern_security modes[] = {
	[BENCH_MODE_NONE] = POSTERN_SECURITY_NONE,
	[BENCH_MODE_MAC] = POSTERN_SECURITY_MAC,
	[BENCH_MODE_AEAD] = POSTERN_SECURITY_AEAD,
};

static int write_policy(const struct bench_run *run)
{
	char path[PATH_BYTES];
	FILE *file;

	policy_path(run, path);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	(void)fprintf(file,
		      "policy-version 1\n"
		      "peer driver { user %u }\n"
		      "node " NODE_NAME " {\n"
		      "    owner user %u\n"
		      "    socket %s/node\n"
		      "    limits { ring %zuKiB }\n"
		      "    security %s\n"
		      "    allow driver { direction both }\n"
		      "}\n"
		      "end\n",
		      (unsigned)geteuid(), (unsigned)geteuid(), run->place,
		      run->ring_bytes / 1024,
		      mode_words[run->transport->mode]);
	return fclose(file) == 0 ? 0 : -errno;
}

int bench_postern_load(const struct bench_run *run,
		       struct bench_postern_link *ret_link)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	char path[PATH_BYTES];

	memset(ret_link, 0, sizeof(*ret_link));
	policy_path(run, path);
	options.file = path;
	return postern_policy_load(&options, NULL, &ret_link->policy);
}

int bench_postern_open_node(const struct bench_run *run, uint32_t spin_ns,
			    struct bench_postern_link *ret_link)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	int r;

	r = write_policy(run);
	if (r == 0)
		r = bench_postern_load(run, ret_link);
	if (r < 0)
		return r;
	options.spin_ns = spin_ns;
	r = postern_node_open(ret_link->policy, NODE_NAME, &options,
			      &ret_link->node, &error);
	if (r < 0) {
		(void)fprintf(stderr, "node: %s: %s\n",
			      postern_strerror(r), error.detail);
		return r;
	}
	return bench_control_ready(run);
}

int bench_postern_await_peer(struct bench_postern_link *link,
			     postern_peer *ret_peer)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	int r;

	do {
		r = postern_node_wait(link->node, POSTERN_NO_DEADLINE);
		if (r == 0)
			r = postern_node_next_event(link->node, &event);
	} while (r == -EAGAIN ||
		 (r == 0 && event.type != POSTERN_NODE_EVENT_CONNECTED));
	if (r == 0)
		*ret_peer = event.peer;
	return r;
}

/* The mode is what it should be, no more and no less. */
static int check_mode(const struct bench_run *run,
		      const struct postern_channel *channel)
{
	struct postern_channel_info limits = POSTERN_CHANNEL_INFO_INIT;
	int r;

	r = postern_channel_get_info(channel, &limits);
	if (r == 0 && limits.security != modes[run->transport->mode])
		r = -EPROTO;
	return r;
}

int bench_postern_connect(const struct bench_run *run,
			  struct bench_postern_link *link, uint32_t spin_ns)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	int r;

	options.spin_ns = spin_ns;
	/* The node takes the cipher that its connector names. */
	if (run->transport->cipher == BENCH_CHACHAPOLY)
		options.disable_features = POSTERN_FEATURE_AES;
	r = postern_connect(link->policy, NODE_NAME, &options,
			    postern_deadline_after(2 * 1000000000),
			    &link->channel, &error);
	if (r < 0)
		(void)fprintf(stderr, "connect: %s: %s\n",
			      postern_strerror(r), error.detail);
	else
		r = check_mode(run, link->channel);
	return r;
}

void bench_postern_close(struct bench_postern_link *link)
{
	link->channel = postern_channel_close(link->channel);
	link->node = postern_node_close(link->node);
	link->policy = postern_policy_free(link->policy);
}
