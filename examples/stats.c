/* SPDX-License-Identifier: ISC */
/*
 * Print the statistics of the node "orders" and of its peers:
 * stats [POLICY-FILE]
 *
 * Root, the owner of the node and peers that may observe can do this.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <postern/postern.h>

/* Every number of a struct, also those that later releases add to it. */
static void print_numbers(const char *prefix, enum postern_stats_group group,
			  const void *stats)
{
	struct postern_stats_field field = POSTERN_STATS_FIELD_INIT;
	uint64_t wide;
	uint32_t i, narrow;

	for (i = 0; postern_stats_field_at(group, i, &field) == 0; i++) {
		const char *member = (const char *)stats + field.offset_bytes;

		if (field.value_bytes == sizeof(wide)) {
			memcpy(&wide, member, sizeof(wide));
		} else {
			memcpy(&narrow, member, sizeof(narrow));
			wide = narrow;
		}
		printf("%s%s %" PRIu64 "%s%s\n", prefix, field.name, wide,
		       field.unit ? " " : "", field.unit ? field.unit : "");
	}
}

static int print_statistics(struct postern_stats_reader *reader)
{
	struct postern_node_statistics node = POSTERN_NODE_STATISTICS_INIT;
	struct postern_peer_statistics peer = POSTERN_PEER_STATISTICS_INIT;
	uint32_t i;
	int r;

	r = postern_stats_reader_read_node(reader, &node);
	if (r < 0)
		return r;
	printf("node %s\n", node.node_name);
	print_numbers("  ", POSTERN_STATS_NODE, &node);
	for (i = 0; i < node.slot_count; i++) {
		if (postern_stats_reader_read_peer(reader, i, &peer) < 0)
			continue; /* a slot without a peer */
		printf("peer %s\n", peer.peer_name);
		print_numbers("  ", POSTERN_STATS_PEER, &peer);
		print_numbers("  ", POSTERN_STATS_CHANNEL, &peer.channel);
		print_numbers("  latency ", POSTERN_STATS_LATENCY,
			      &peer.channel.latency);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_stats_reader *reader = NULL;
	struct postern_policy *policy = NULL;
	int r;

	options.file = argc > 1 ? argv[1] : NULL; /* NULL: the host's policy */
	r = postern_policy_load(&options, NULL, &policy);
	if (r == 0)
		r = postern_stats_reader_open(policy, "orders", NULL,
				    postern_deadline_after(1000000000),
				    &reader, &error);
	if (r == 0)
		r = print_statistics(reader);
	if (r < 0)
		fprintf(stderr, "orders: %s: %s\n", postern_strerror(r),
			error.detail);
	postern_stats_reader_close(reader);
	postern_policy_free(policy);
	return r < 0;
}
