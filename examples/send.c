/* SPDX-License-Identifier: ISC */
/* Send one message to the node "orders":  send [POLICY-FILE] */
#include <postern/postern.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_policy *policy = NULL;
	uint64_t deadline_ns = postern_deadline_after(1000000000); /* 1 s */
	struct postern_channel *channel = NULL;
	int r;

	options.file = argc > 1 ? argv[1] : NULL; /* NULL: the host's policy */
	r = postern_policy_load(&options, NULL, &policy);
	if (r == 0)
		r = postern_connect(policy, "orders", NULL, deadline_ns,
				    &channel, &error);
	if (r == 0)
		r = postern_send(channel, "one espresso", 12);
	if (r == 0) /* wait until the node has received it */
		r = postern_flush(channel, deadline_ns);
	if (r < 0)
		fprintf(stderr, "orders: %s: %s\n", postern_strerror(r),
			error.detail);
	postern_channel_close(channel);
	postern_policy_free(policy);
	return r < 0;
}
