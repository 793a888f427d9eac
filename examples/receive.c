/* SPDX-License-Identifier: ISC */
/* Open the node "orders" and print its messages:  receive [POLICY-FILE] */
#include <errno.h>
#include <postern/postern.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_policy *policy = NULL;
	struct postern_node *node = NULL;
	static char buffer[65536];
	postern_peer peer; /* the sender of a message */
	size_t bytes;
	int r;

	options.file = argc > 1 ? argv[1] : NULL; /* NULL: the host's policy */
	r = postern_policy_load(&options, NULL, &policy);
	if (r == 0)
		r = postern_node_open(policy, "orders", NULL, &node, &error);
	while (r == 0) {
		r = postern_node_receive(node, buffer, sizeof(buffer), &bytes,
					 &peer);
		if (r == 0) {
			printf("%.*s\n", (int)bytes, buffer);
			fflush(stdout);
		} else if (r == -EAGAIN) {
			r = postern_node_wait(node, POSTERN_NO_DEADLINE);
		}
	}
	fprintf(stderr, "orders: %s: %s\n", postern_strerror(r), error.detail);
	postern_node_close(node);
	postern_policy_free(policy);
	return 1;
}
