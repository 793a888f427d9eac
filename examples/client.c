/* SPDX-License-Identifier: ISC */
/*
 * Send each line of standard input to the node "orders" and print the reply:
 * client [POLICY-FILE]
 *
 * The counterpart of echo_server.c.  It connects again for as long as that can
 * help, for instance while the node is not running yet.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <postern/postern.h>

#define SECOND_NS UINT64_C(1000000000)

static int connect_patiently(const struct postern_policy *policy,
			     struct postern_channel **ret_channel)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	const struct timespec pause = {.tv_nsec = 200000000};
	int r, attempts = 0;

	options.instance = "example";
	options.directions = POSTERN_DIRECTION_TO_NODE |
			     POSTERN_DIRECTION_FROM_NODE;
	for (;;) {
		r = postern_connect(policy, "orders", &options,
				    postern_deadline_after(SECOND_NS),
				    ret_channel, &error);
		if (r == 0)
			return 0;
		if (!postern_result_is_transient(r, error.reason) ||
		    ++attempts == 50)
			break;
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "orders: %s\n", error.detail);
	return r;
}

static int ask(struct postern_channel *channel, const char *line, size_t bytes)
{
	uint64_t deadline_ns = postern_deadline_after(5 * SECOND_NS);
	static char reply[65536];
	size_t reply_bytes;
	int r;

	r = postern_send_wait(channel, line, bytes, deadline_ns);
	if (r == 0)
		r = postern_receive_wait(channel, reply, sizeof(reply),
					 &reply_bytes, deadline_ns);
	if (r == 0)
		printf("%.*s\n", (int)reply_bytes, reply);
	return r;
}

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_policy *policy = NULL;
	struct postern_channel *channel = NULL;
	char line[4096];
	int r;

	options.file = argc > 1 ? argv[1] : NULL; /* NULL: the host's policy */
	r = postern_policy_load(&options, NULL, &policy);
	if (r == 0)
		r = connect_patiently(policy, &channel);
	while (r == 0 && fgets(line, sizeof(line), stdin))
		r = ask(channel, line, strcspn(line, "\n"));
	if (r < 0)
		fprintf(stderr, "orders: %s (%s)\n", postern_strerror(r),
			postern_reason_description(
				postern_channel_end_reason(channel)));
	postern_channel_close(channel);
	postern_policy_free(policy);
	return r < 0;
}
