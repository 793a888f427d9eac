/* SPDX-License-Identifier: ISC */
/*
 * Weights: tenants with enough to say are heard in proportion, by bytes
 *
 * All rings are filled before the node looks, so that nothing depends on who
 * runs when.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/expect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define PEERS 4
#define QUANTUM_BYTES 16384       /* of a tenant, for a unit of its weight */
#define PEER_QUANTUM_BYTES 65536
#define MESSAGE_BYTES_MAX 4096

static const char POLICY[] =
	"policy-version 1\n"
	"peer one {\n	user $peer\n}\n"
	"peer two {\n	user $other\n}\n"
	"peer three {\n	user $third\n}\n"
	"tenant four {\n	members one\n	weight 4\n}\n"
	"tenant two {\n	members two\n	weight 2\n}\n"
	"tenant one {\n	members three\n	weight 1\n}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	slots 4096\n"
	"	limits {\n"
	"		ring 1MiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow one two three {\n"
	"		direction send\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;
static struct process peers[PEERS];
static postern_peer handles[PEERS];
static int64_t bytes_of[PEERS];

static void set_up(const enum role *roles)
{
	size_t i;

	scene_init(&scene);
	scene_load(&scene, POLICY);
	for (i = 0; i < PEERS; i++)
		process_start(&peers[i], roles[i], peer_main, &scene);
	scene_open(&scene);
	for (i = 0; i < PEERS; i++)
		handles[i] = peer_join(&scene, &peers[i]);
	scene_serve_what_is_due(&scene);
}

static void tear_down(void)
{
	size_t i;

	for (i = 0; i < PEERS; i++)
		process_end(&peers[i]);
	scene_close(&scene);
}

static void fill(size_t peer, size_t total_bytes, size_t message_bytes)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = total_bytes / message_bytes,
		.message_bytes = message_bytes,
	};
	struct peer_report report;

	peer_order(&peers[peer], &order);
	process_read_report(&peers[peer], &report, sizeof(report));
	ck_assert_int_eq(report.result, 0);
}

static void receive_one(void)
{
	postern_peer from;
	size_t bytes, i;
	int r;

	r = postern_node_receive(scene.node, scene.buffer,
				 sizeof(scene.buffer), &bytes, &from);
	expect_equal(r, 0);
	for (i = 0; i < PEERS; i++)
		if (handles[i] == from)
			bytes_of[i] += (int64_t)bytes;
}

/* What a unit of weight got: nobody is ahead by more than a quantum and the
 * message that overdrew it, each way. */
static void expect_near(int64_t a, int64_t b, int64_t quantum_bytes)
{
	const int64_t most = 2 * (quantum_bytes + MESSAGE_BYTES_MAX);

	expect(a - b <= most && b - a <= most);
}

START_TEST(tenants_are_heard_in_proportion_to_their_weights)
{
	static const enum role roles[] = {
		ROLE_PEER, ROLE_OTHER, ROLE_THIRD, ROLE_THIRD,
	};
	int64_t total = 0;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(roles);
	fill(0, 900000, 256);
	fill(1, 900000, 4096);
	fill(2, 900000, 1000);
	fill(3, 900000, 3000);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	while (bytes_of[0] < 890000) {
		receive_one();
		total++;
		expect_near(bytes_of[0] / 4, bytes_of[1] / 2, QUANTUM_BYTES);
		expect_near(bytes_of[0] / 4, bytes_of[2] + bytes_of[3],
			    QUANTUM_BYTES);
	}
	expect(total > 3000);
	tear_down();
}
END_TEST

/* Without a tenant, or of one: each peer as much as the others. */
START_TEST(peers_of_one_tenant_are_heard_alike)
{
	static const enum role roles[] = {
		ROLE_PEER, ROLE_PEER, ROLE_PEER, ROLE_PEER,
	};
	static const size_t sizes[] = {256, 4096, 1000, 3000};
	size_t i;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(roles);
	for (i = 0; i < PEERS; i++)
		fill(i, 900000, sizes[i]);
	ck_assert_int_eq(postern_node_wait(scene.node, test_deadline_ns()), 0);
	while (bytes_of[0] < 890000) {
		receive_one();
		for (i = 1; i < PEERS; i++)
			expect_near(bytes_of[0], bytes_of[i],
				    PEER_QUANTUM_BYTES);
	}
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
