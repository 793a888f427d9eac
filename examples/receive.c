/* SPDX-License-Identifier: ISC */
/*
 * Open the node "orders" and print its messages until SIGTERM or SIGINT:
 * receive [POLICY-FILE]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <postern/postern.h>

static struct postern_node *node;
static volatile sig_atomic_t must_stop;

static void stop(int signal_number)
{
	(void)signal_number;
	must_stop = 1;
	(void)postern_node_interrupt(node);
}

static void on_stop_signals(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void print_events(void)
{
	struct postern_event event = POSTERN_EVENT_INIT;

	while (postern_node_next_event(node, &event) == 0) {
		if (event.type == POSTERN_EVENT_ADMITTED)
			printf("uid %u connected\n", event.uid);
		if (event.type == POSTERN_EVENT_DEPARTED)
			printf("uid %u disconnected: %s\n", event.uid,
			       postern_reason_text(event.reason));
	}
}

static int receive_messages(void)
{
	static char buffer[65536];
	postern_peer peer;
	size_t bytes;
	int r = 0;

	while (!must_stop) {
		r = postern_node_receive(node, buffer, sizeof(buffer), &bytes,
					 &peer);
		if (r == 0) {
			printf("%.*s\n", (int)bytes, buffer);
			continue;
		}
		if (r != -EAGAIN)
			return r;
		print_events();
		fflush(stdout);
		r = postern_node_wait(node, POSTERN_NO_DEADLINE);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_refusal refusal = POSTERN_REFUSAL_INIT;
	struct postern_policy *policy = NULL;
	int r;

	options.file = argc > 1 ? argv[1] : NULL; /* NULL: the host's policy */
	r = postern_policy_load(&options, NULL, &policy);
	if (r == 0)
		r = postern_node_open(policy, "orders", NULL, &refusal, &node);
	if (r == 0) {
		on_stop_signals(stop);
		r = receive_messages();
		on_stop_signals(SIG_DFL); /* before the node is closed */
	}
	if (r < 0)
		fprintf(stderr, "orders: %s: %s\n", postern_strerror(r),
			refusal.detail);
	postern_node_close(node);
	postern_policy_free(policy);
	return r < 0;
}
