/* SPDX-License-Identifier: ISC */
/*
 * Two thousand peers that come and end in every way leave a node as it was
 *
 * Four processes let others connect and end at once (support/churn.h): in order,
 * without a word, or by kill -9 at any moment, in mid-handshake too.  There are
 * few slots, so that one that was lost would soon be missed.
 */
#include <string.h>
#include <unistd.h>

#include "support/churn.h"
#include "support/expect.h"
#include "support/footprint.h"
#include "support/inspect.h"
#include "support/process.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define CHURNERS 4
#define SLOTS 16
#define CYCLES 2000
#define CYCLES_WITH_RUNNER 100
#define WARM_UP_CYCLES 240
/* Of all churners together: what they cause has to fit into the scene. */
#define CYCLES_PER_ROUND 80

/* Less than what CYCLES of anything would come to. */
#define GROWTH_BYTES_MAX (32 * 1024)

static const char policy[] =
	"policy-version 1\n"
	"peer churner {\n"
	"	user $peer $other $third $fourth $owner\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	slots 16\n"
	"	limits {\n"
	"		ring 64KiB\n"
	"	}\n"
	"	allow churner {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static const enum role roles[CHURNERS] = {
	ROLE_PEER, ROLE_OTHER, ROLE_THIRD, ROLE_FOURTH,
};

struct churn_report {
	uint32_t refused_count;
	uint32_t failed_count;
};

static struct scene scene;
static struct process churners[CHURNERS];
static struct churn churn;
static uint64_t message_count;

/* -- in the processes ------------------------------------------------------ */

static void churn_on_orders(int control_fd, void *user_data)
{
	struct random *random = user_data;
	struct churn_report report;
	uint32_t count;

	while (process_next_order(control_fd, &count, sizeof(count))) {
		memset(&report, 0, sizeof(report));
		for (; count > 0; count--) {
			switch (churn_once(&churn, random)) {
			case CHURN_DONE:
				break;
			case CHURN_REFUSED:
				report.refused_count++;
				break;
			case CHURN_FAILED:
				report.failed_count++;
				break;
			}
		}
		process_report(control_fd, &report, sizeof(report));
	}
}

/* -- in the node ----------------------------------------------------------- */

/* From each peer 0, 1, 2 and so on, as long as it lives. */
static void check_message(struct scene *its_scene, postern_peer peer,
			  const uint8_t *bytes, size_t byte_count)
{
	static struct {
		postern_peer peer;
		uint64_t next_number;
	} places[SLOTS];
	size_t place = (uint32_t)peer % SLOTS;
	struct churn_message message;

	(void)its_scene;
	if (places[place].peer != peer) {
		places[place].peer = peer;
		places[place].next_number = 0;
	}
	expect(byte_count == sizeof(message));
	memcpy(&message, bytes, sizeof(message));
	expect_equal(message.number, places[place].next_number++);
	message_count++;
}

static void run_round(uint32_t cycle_count)
{
	struct churn_report report;
	size_t i;

	for (i = 0; i < CHURNERS; i++)
		process_order(&churners[i], &cycle_count, sizeof(cycle_count));
	for (i = 0; i < CHURNERS; i++) {
		scene_serve_until_readable(&scene, churners[i].control_fd);
		process_read_report(&churners[i], &report, sizeof(report));
		ck_assert_uint_eq(report.refused_count, 0);
		ck_assert_uint_eq(report.failed_count, 0);
	}
	scene.event_count = 0;
	scene.record_count = 0;
}

static void run_cycles(uint32_t cycle_count)
{
	for (; cycle_count >= CYCLES_PER_ROUND; cycle_count -= CYCLES_PER_ROUND)
		run_round(CYCLES_PER_ROUND / CHURNERS);
}

static void set_up(void)
{
	static struct random random;
	size_t i;

	scene_init(&scene);
	scene_load(&scene, policy);
	scene.on_message = check_message;
	churn = (struct churn) {
		.policy = scene.policy,
		.socket_path = scene.socket_path,
		.disable_features = test_disable_features(),
		.ring_bytes = 64 * 1024,
	};
	for (i = 0; i < CHURNERS; i++) {
		random.state = i;
		process_start(&churners[i], roles[i], churn_on_orders,
			      &random);
	}
	scene_open(&scene);
}

static void tear_down(void)
{
	size_t i;

	for (i = 0; i < CHURNERS; i++)
		process_end(&churners[i]);
	scene_close(&scene);
}

/* All at once, by hand and by this very process. */
static void take_every_slot(void)
{
	static struct stranger strangers[SLOTS];
	struct stranger *stranger;
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		stranger = &strangers[i];
		*stranger = (struct stranger)STRANGER_INIT;
		ck_assert_int_eq(stranger_connect(stranger, scene.socket_path),
				 0);
		ck_assert_int_eq(stranger_say_hello(stranger), 0);
		scene_serve_until_readable(&scene, stranger->socket_fd);
		ck_assert_int_eq(stranger_take_offer(stranger), 0);
		ck_assert_int_eq(stranger_do_its_part(stranger), 0);
		ck_assert_int_eq(stranger_say_ready(stranger), 0);
		scene_serve_until_readable(&scene, stranger->socket_fd);
		ck_assert_int_eq(stranger_take_go(stranger), 0);
	}
	for (i = 0; i < SLOTS; i++)
		stranger_close(&strangers[i]);
}

START_TEST(peers_that_end_at_any_moment_leave_the_node_as_it_was)
{
	struct footprint before, after;
	size_t fds_before;

	set_up();
	fds_before = inspect_fd_count();
	/* What is made once stays: an allocator's arenas, and the pages that
	 * the node keeps for a slot and touches when it is first taken. */
	take_every_slot();
	run_cycles(WARM_UP_CYCLES);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert(footprint_read(getpid(), &before));

	run_cycles(test_has_runner() ? CYCLES_WITH_RUNNER : CYCLES);
	scene_serve_until_fd_count(&scene, fds_before);
	ck_assert_uint_eq(inspect_segment_count(), 0);
	ck_assert_uint_gt(message_count, 0);
	ck_assert(footprint_read(getpid(), &after));
	ck_assert_uint_eq(after.shared_bytes, before.shared_bytes);
	if (!test_has_sanitizer() && !test_has_runner()) {
		ck_assert_uint_eq(after.mapping_count, before.mapping_count);
		ck_assert_uint_eq(after.mapped_bytes, before.mapped_bytes);
		ck_assert_uint_le(after.anonymous_bytes,
				  before.anonymous_bytes + GROWTH_BYTES_MAX);
	}

	take_every_slot();
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
