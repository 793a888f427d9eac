/* SPDX-License-Identifier: ISC */
/*
 * Open the node "orders" and send each message back to its sender:
 * echo_server [POLICY-FILE]
 *
 * The loop waits with poll() for the node and for standard input, and ends at the
 * end of standard input.  The policy must grant `direction both`.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <postern/postern.h>

static unsigned long dropped_replies;

/* A peer that does not receive its replies must not stop the others. */
static void reply(struct postern_node *node, postern_peer peer,
		  const char *bytes, size_t byte_count)
{
	if (postern_node_send(node, peer, bytes, byte_count) == -EAGAIN)
		dropped_replies++;
}

/* Until there is nothing more to receive or to report, as poll() requires. */
static int serve(struct postern_node *node)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	static char buffer[65536];
	postern_peer peer;
	size_t bytes;
	int r;

	while ((r = postern_node_receive(node, buffer, sizeof(buffer), &bytes,
					 &peer)) == 0)
		reply(node, peer, buffer, bytes);
	while (r == -EAGAIN && postern_node_next_event(node, &event) == 0)
		if (event.type == POSTERN_NODE_EVENT_DISCONNECTED)
			printf("uid %u disconnected\n", event.uid);
	return r == -EAGAIN ? 0 : r;
}

static int run(struct postern_node *node)
{
	struct pollfd entries[2] = {{.events = POLLIN}, {.events = POLLIN}};
	char input[256];
	int r;

	entries[0].fd = postern_node_fd(node);
	entries[1].fd = STDIN_FILENO;
	do {
		r = serve(node);
		if (r < 0)
			return r;
		if (poll(entries, 2, -1) < 0 && errno != EINTR)
			return -ECANCELED;
	} while (!entries[1].revents ||
		 read(STDIN_FILENO, input, sizeof(input)) > 0);
	return 0;
}

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_policy *policy = NULL;
	struct postern_node *node = NULL;
	int r;

	options.file = argc > 1 ? argv[1] : NULL; /* NULL: the host's policy */
	r = postern_policy_load(&options, NULL, &policy);
	if (r == 0)
		r = postern_node_open(policy, "orders", NULL, &node, &error);
	if (r == 0)
		r = run(node);
	if (r < 0)
		fprintf(stderr, "orders: %s: %s\n", postern_strerror(r),
			error.detail);
	printf("%lu replies dropped\n", dropped_replies);
	postern_node_close(node);
	postern_policy_free(policy);
	return r < 0;
}
