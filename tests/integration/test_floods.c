/* SPDX-License-Identifier: ISC */
/*
 * Floods cost the node no more than it set aside, and the honest nothing
 *
 * Three processes do their worst (support/flood.h): one that is not allowed
 * connects without end, one holds handshakes half open, one is admitted and
 * rings and never consumes.  Two honest peers send through all of it, and one
 * comes and goes.  What the node holds is looked at all the while.
 */
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/expect.h"
#include "support/flood.h"
#include "support/footprint.h"
#include "support/inspect.h"
#include "support/pattern.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define FLOODS 3
#define HONEST 2

/* Each flood is over when it has done so much. */
#define CONNECTS_MIN 3000
#define BELLS_MIN 2000
#define MESSAGES 5000
#define VISITS 50
#define SHARE_WITH_RUNNER 20    /* one in so many of all that */

/*
 * The descriptors that they can make the node hold.  A handshake has socket and
 * pidfd, and with an offer two segments; one uid has at most 16, 8 of them with
 * an offer that it did not read, and 8 sockets kept for the sake of such.  The
 * others are in one handshake at a time.  A peer has socket and pidfd; there are
 * eight at a time, and as many again that are just leaving.
 */
#define FDS_OF_HALF_OPEN (16 * 2 + 8 * 2 + 8)
#define FDS_OF_OTHERS (3 * 4)
#define FDS_OF_PEERS (2 * 8 * 2)
#define FDS_MAX (FDS_OF_HALF_OPEN + FDS_OF_OTHERS + FDS_OF_PEERS)

#define GROWTH_BYTES_MAX (128 * 1024)

static const char policy[] =
	"policy-version 1\n"
	"peer honest {\n"
	"	user $peer $sixth\n"
	"}\n"
	"peer dubious {\n"
	"	user $third $fourth\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	slots 32\n"
	"	audit none\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow honest dubious {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

/* Who connects without end is not allowed. */
static const struct {
	enum flood_kind kind;
	enum role role;
} floods[FLOODS] = {
	{FLOOD_CONNECTS, ROLE_OTHER},
	{FLOOD_HALF_OPEN, ROLE_THIRD},
	{FLOOD_HOSTILE, ROLE_FOURTH},
};

struct order {
	const struct scene *scene;
	enum flood_kind kind;
	struct flood_tally *tally;
};

static struct scene scene;
static struct process flooders[FLOODS], honest[HONEST], visitor;
static struct flood_tally *tallies;     /* shared with the floods */
static postern_peer honest_handles[HONEST];
static uint64_t honest_counts[HONEST];
static size_t fds_before;

static uint64_t share(uint64_t count)
{
	return test_has_runner() ? count / SHARE_WITH_RUNNER : count;
}

/* -- in the processes ------------------------------------------------------ */

static void flood_on_order(int control_fd, void *user_data)
{
	static struct flood flood;
	struct pollfd over = {.fd = control_fd, .events = POLLIN};
	const struct order *order = user_data;
	int word;

	flood_init(&flood, order->kind, order->scene->socket_path,
		   order->tally);
	while (process_next_order(control_fd, &word, sizeof(word)))
		while (poll(&over, 1, 0) == 0)
			flood_step(&flood);
}

static void visit(int control_fd, void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	const struct scene *target = user_data;
	struct postern_channel *channel;
	int count, r = 0;

	options.disable_features = test_disable_features();
	while (process_next_order(control_fd, &count, sizeof(count))) {
		for (; count > 0 && r == 0; count--) {
			r = postern_connect(target->policy, "orders", &options,
					    POSTERN_NO_DEADLINE, &channel,
					    NULL);
			if (r == 0)
				channel = postern_channel_close(channel);
		}
		process_report(control_fd, &r, sizeof(r));
	}
}

/* -- in the node ----------------------------------------------------------- */

static void take_messages(void)
{
	postern_peer from;
	size_t bytes, i;
	int r;

	while ((r = postern_node_receive(scene.node, scene.buffer,
					 sizeof(scene.buffer), &bytes,
					 &from)) == 0) {
		for (i = 0; i < HONEST; i++) {
			if (from != honest_handles[i])
				continue;
			expect(pattern_is(scene.buffer, bytes,
					  honest_counts[i]));
			honest_counts[i]++;
		}
	}
	expect_equal(r, -EAGAIN);
}

static void serve_once(int fd, uint64_t deadline_ns)
{
	struct pollfd fds[] = {
		{.fd = postern_node_fd(scene.node), .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	expect(poll(fds, 2, inspect_timeout_ms(deadline_ns)) > 0);
	take_messages();
	while (postern_node_next_event(scene.node, &event) == 0)
		;
	expect(inspect_fd_count() <= fds_before + FDS_MAX);
}

static void serve_until_readable(int fd)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct pollfd done = {.fd = fd, .events = POLLIN};

	while (poll(&done, 1, 0) == 0)
		serve_once(fd, deadline_ns);
}

static bool have_flooded(void)
{
	return atomic_load(&tallies[0].connect_count) >= share(CONNECTS_MIN) &&
	       atomic_load(&tallies[1].connect_count) >= share(CONNECTS_MIN) &&
	       atomic_load(&tallies[2].connected_count) > FLOOD_GLUTTONS &&
	       atomic_load(&tallies[2].bell_count) >= share(BELLS_MIN);
}

static void set_up(void)
{
	struct order order = {.scene = &scene};
	size_t i;

	tallies = mmap(NULL, FLOODS * sizeof(*tallies), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(tallies, MAP_FAILED);
	scene_init(&scene);
	scene_load(&scene, policy);
	for (i = 0; i < FLOODS; i++) {
		order.kind = floods[i].kind;
		order.tally = &tallies[i];
		process_start(&flooders[i], floods[i].role, flood_on_order,
			      &order);
	}
	for (i = 0; i < HONEST; i++)
		process_start(&honest[i], ROLE_PEER, peer_main, &scene);
	process_start(&visitor, ROLE_SIXTH, visit, &scene);
	scene_open(&scene);
	for (i = 0; i < HONEST; i++)
		honest_handles[i] = peer_join(&scene, &honest[i]);
	fds_before = inspect_fd_count();
}

static void begin(void)
{
	const struct peer_order send = {
		.kind = PEER_SEND,
		.count = share(MESSAGES),
	};
	int visits = (int)share(VISITS), word = 0;
	size_t i;

	for (i = 0; i < FLOODS; i++)
		process_order(&flooders[i], &word, sizeof(word));
	for (i = 0; i < HONEST; i++)
		peer_order(&honest[i], &send);
	process_order(&visitor, &visits, sizeof(visits));
}

static void await_the_honest(void)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct peer_report report;
	size_t i;
	int r;

	for (i = 0; i < HONEST; i++) {
		serve_until_readable(honest[i].control_fd);
		process_read_report(&honest[i], &report, sizeof(report));
		ck_assert_int_eq(report.result, 0);
		ck_assert_uint_eq(report.count, share(MESSAGES));
	}
	serve_until_readable(visitor.control_fd);
	process_read_report(&visitor, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	for (i = 0; i < HONEST; i++)
		while (honest_counts[i] < share(MESSAGES))
			serve_once(-1, deadline_ns);
}

START_TEST(floods_cost_the_honest_no_message_and_the_node_no_more_than_it_set_aside)
{
	uint64_t deadline_ns = test_deadline_ns();
	struct footprint before, after;
	size_t segments_before, i;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up();
	segments_before = inspect_segment_count();
	ck_assert(footprint_read(getpid(), &before));
	begin();
	await_the_honest();
	while (!have_flooded())
		serve_once(-1, deadline_ns);

	for (i = 0; i < FLOODS; i++)
		process_end(&flooders[i]);
	while (inspect_fd_count() != fds_before - FLOODS)
		serve_once(-1, deadline_ns);
	ck_assert(footprint_read(getpid(), &after));
	/* The segments that are left are those of the honest peers. */
	ck_assert_uint_eq(inspect_segment_count(), segments_before);
	if (!test_has_sanitizer() && !test_has_runner())
		ck_assert_uint_le(after.anonymous_bytes,
				  before.anonymous_bytes + GROWTH_BYTES_MAX);
	for (i = 0; i < HONEST; i++)
		ck_assert_uint_eq(honest_counts[i], share(MESSAGES));

	for (i = 0; i < HONEST; i++)
		process_end(&honest[i]);
	process_end(&visitor);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
