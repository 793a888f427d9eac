/* SPDX-License-Identifier: ISC */
/*
 * How much one user may make a node hold: handshakes, unread offers, slots,
 * peers
 *
 * Who is over a quota is told "busy" and the record says which quota it was;
 * what is given back counts no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define HANDSHAKES_PER_USER 16
#define UNREAD_OFFERS_PER_USER 8

static struct scene scene;
static struct stranger strangers[HANDSHAKES_PER_USER + 1];

static void set_up_alone(void)
{
	size_t i;

	for (i = 0; i <= HANDSHAKES_PER_USER; i++)
		strangers[i] = (struct stranger)STRANGER_INIT;
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
}

static void leave_all(void)
{
	size_t i;

	for (i = 0; i <= HANDSHAKES_PER_USER; i++)
		stranger_close(&strangers[i]);
}

static void connect_stranger(struct stranger *stranger)
{
	ck_assert_int_eq(stranger_connect(stranger, scene.socket_path), 0);
	scene_serve_what_is_due(&scene);
}

static void expect_busy(const struct stranger *stranger,
			enum postern_reason reason)
{
	enum pst_refuse_code code;

	scene_serve_until_readable(&scene, stranger->socket_fd);
	ck_assert_int_eq(stranger_take_refusal(stranger, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_BUSY);
	scene_expect_one_refusal(&scene, reason, 0);
}

/* -- half-open handshakes -------------------------------------------------- */

START_TEST(the_seventeenth_handshake_of_a_user_is_refused,
	   .set_up = set_up_alone)
{
	size_t fds_before = inspect_fd_count(), i;

	for (i = 0; i < HANDSHAKES_PER_USER; i++)
		connect_stranger(&strangers[i]);
	scene_expect_no_refusal(&scene);
	connect_stranger(&strangers[HANDSHAKES_PER_USER]);
	expect_busy(&strangers[HANDSHAKES_PER_USER], POSTERN_REASON_HALF_OPEN);

	/* One leaves, and there is a place again. */
	stranger_close(&strangers[0]);
	stranger_close(&strangers[HANDSHAKES_PER_USER]);
	scene_serve_what_is_due(&scene);
	connect_stranger(&strangers[0]);
	scene_expect_no_refusal(&scene);

	leave_all();
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}
END_TEST

START_TEST(hello_of_a_user_takes_the_place_of_its_connection_without,
	   .set_up = set_up_alone)
{
	struct stranger *last = &strangers[HANDSHAKES_PER_USER];
	size_t fds_before = inspect_fd_count(), i;
	enum pst_refuse_code code;

	for (i = 0; i < HANDSHAKES_PER_USER; i++)
		connect_stranger(&strangers[i]);
	/* It is all here before the node accepts it. */
	ck_assert_int_eq(stranger_connect(last, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(last), 0);
	scene_serve_what_is_due(&scene);
	ck_assert_int_eq(stranger_take_offer(last), 0);
	scene_expect_one_refusal(&scene, POSTERN_REASON_EVICTED, 0);
	ck_assert_int_eq(stranger_take_refusal(&strangers[0], &code), 0);

	leave_all();
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}
END_TEST

/* Knocks as often as each order says, then reports; keeps all sockets. */
static void knock(int control_fd, void *user_data)
{
	static struct stranger knockers[HANDSHAKES_PER_USER];
	const struct scene *target = user_data;
	int known = 0, wanted, r = 0;

	while (process_next_order(control_fd, &wanted, sizeof(wanted))) {
		while (r == 0 && wanted-- > 0) {
			knockers[known] = (struct stranger)STRANGER_INIT;
			r = stranger_connect(&knockers[known],
					     target->socket_path);
			known += r == 0;
		}
		process_report(control_fd, &r, sizeof(r));
	}
}

static void order_knocks(const struct process *process, int count)
{
	int r;

	process_order(process, &count, sizeof(count));
	scene_serve_until_readable(&scene, process->control_fd);
	process_read_report(process, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	scene_serve_what_is_due(&scene);
}

static const char EVERYONE_POLICY[] =
	"policy-version 1\n"
	"peer everyone {\n"
	"	user *\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow everyone {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

/*
 * Five users fill the table: the first with one handshake, the oldest of all,
 * three with 16 each, and one with 15; then comes a sixth.  Of those who hold
 * most, the oldest handshake has to go, not the oldest of the table.
 */
START_TEST(a_full_table_gives_up_the_oldest_of_the_user_that_holds_most)
{
	static const struct {
		enum role role;
		int count;
	} users[] = {
		{ROLE_PEER, 1}, {ROLE_OTHER, 16}, {ROLE_THIRD, 16},
		{ROLE_FOURTH, 16}, {ROLE_FIFTH, 15}, {ROLE_SIXTH, 1},
	};
	struct process processes[6];
	char uid[32];
	size_t i;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, EVERYONE_POLICY);
	for (i = 0; i < 6; i++)
		process_start(&processes[i], users[i].role, knock, &scene);
	scene_open(&scene);

	for (i = 0; i < 5; i++)
		order_knocks(&processes[i], users[i].count);
	scene_expect_no_refusal(&scene);
	order_knocks(&processes[5], users[5].count);
	(void)snprintf(uid, sizeof(uid), " uid=%u ",
		       (unsigned)uid_of(ROLE_OTHER));
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), 1);
	ck_assert_ptr_nonnull(strstr(scene.records[0].line, uid));
	scene_expect_one_refusal(&scene, POSTERN_REASON_EVICTED, 0);

	for (i = 0; i < 6; i++)
		process_end(&processes[i]);
	scene_close(&scene);
}
END_TEST

/* -- unread offers --------------------------------------------------------- */

static void say_hello(struct stranger *stranger)
{
	connect_stranger(stranger);
	ck_assert_int_eq(stranger_say_hello(stranger), 0);
	scene_serve_what_is_due(&scene);
}

static void fill_with_unread_offers(void)
{
	size_t i;

	for (i = 0; i < UNREAD_OFFERS_PER_USER; i++)
		say_hello(&strangers[i]);
	scene_expect_no_refusal(&scene);
}

START_TEST(who_leaves_eight_offers_unread_gets_no_ninth, .set_up = set_up_alone)
{
	size_t fds_before = inspect_fd_count();

	fill_with_unread_offers();
	say_hello(&strangers[UNREAD_OFFERS_PER_USER]);
	expect_busy(&strangers[UNREAD_OFFERS_PER_USER],
		    POSTERN_REASON_UNREAD_OFFERS);

	/* Reading one makes room for one. */
	stranger_close(&strangers[UNREAD_OFFERS_PER_USER]);
	ck_assert_int_eq(stranger_take_offer(&strangers[0]), 0);
	say_hello(&strangers[UNREAD_OFFERS_PER_USER]);
	scene_expect_no_refusal(&scene);

	leave_all();
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}
END_TEST

static size_t count_deadlines(void)
{
	size_t count = 0, i;

	for (i = 0; i < scene.record_count; i++)
		count += strstr(scene.records[i].line, "reason=deadline") !=
			 NULL;
	return count;
}

START_TEST(offers_unread_at_the_deadline_still_count_until_their_peer_leaves,
	   .set_up = set_up_alone)
{
	size_t fds_before = inspect_fd_count(), i;

	fill_with_unread_offers();
	/* The last of them times out after all others. */
	while (count_deadlines() < UNREAD_OFFERS_PER_USER)
		scene_serve_until_readable(&scene,
					   postern_node_fd(scene.node));
	ck_assert_uint_eq(scene.record_count, UNREAD_OFFERS_PER_USER);
	scene.record_count = 0;

	say_hello(&strangers[UNREAD_OFFERS_PER_USER]);
	expect_busy(&strangers[UNREAD_OFFERS_PER_USER],
		    POSTERN_REASON_UNREAD_OFFERS);
	stranger_close(&strangers[UNREAD_OFFERS_PER_USER]);

	/* The eight sockets, kept and ours, are all there is; then none. */
	ck_assert_uint_eq(inspect_fd_count(),
			  fds_before + 2 * UNREAD_OFFERS_PER_USER);
	for (i = 0; i < UNREAD_OFFERS_PER_USER; i++)
		stranger_close(&strangers[i]);
	scene_serve_until_fd_count(&scene, fds_before);
	say_hello(&strangers[0]);
	scene_expect_no_refusal(&scene);
	leave_all();
	scene_serve_until_fd_count(&scene, fds_before);
	scene_close(&scene);
}
END_TEST

/* The refusal that nobody reads holds no descriptor: only an offer does. */
START_TEST(an_unread_refusal_is_not_an_unread_offer, .set_up = set_up_alone)
{
	size_t i;

	for (i = 0; i <= UNREAD_OFFERS_PER_USER; i++) {
		say_hello(&strangers[i]);
		ck_assert_int_eq(stranger_take_offer(&strangers[i]), 0);
		ck_assert_int_eq(stranger_say_hello(&strangers[i]), 0);
		scene_serve_what_is_due(&scene);
		scene_expect_one_refusal(&scene, POSTERN_REASON_PROTOCOL, 0);
	}
	leave_all();
	scene_close(&scene);
}
END_TEST

/* -- slots and peers ------------------------------------------------------- */

static const char SLOTS_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer $other\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	slots 2\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static const char ALLOW_PEERS_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer $other\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	allow friend {\n"
	"		direction both\n"
	"		limits {\n"
	"			peers 2\n"
	"		}\n"
	"	}\n"
	"}\n"
	"end\n";

static const char NODE_PEERS_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer $other\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		peers 2\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static const char PEERS_PER_USER_POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer $other\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	limits {\n"
	"		peers-per-user 2\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static const struct {
	const char *policy;
	enum postern_reason reason;
	uint32_t rule_line;     /* 0: no rule, the node's own size */
} quotas[] = {
	{SLOTS_POLICY, POSTERN_REASON_SLOTS, 0},
	{ALLOW_PEERS_POLICY, POSTERN_REASON_PEERS, 11},
	{NODE_PEERS_POLICY, POSTERN_REASON_PEERS, 9},
	{PEERS_PER_USER_POLICY, POSTERN_REASON_PEERS_PER_USER, 9},
};

START_TEST(the_third_peer_of_two_is_refused_until_one_has_left, .loop_end = 4)
{
	struct peer_report report;
	struct process peers[3];
	size_t i;

	scene_init(&scene);
	scene_load(&scene, quotas[_i].policy);
	for (i = 0; i < 3; i++)
		process_start(&peers[i], ROLE_PEER, peer_main, &scene);
	scene_open(&scene);

	(void)peer_join(&scene, &peers[0]);
	(void)peer_join(&scene, &peers[1]);
	report = peer_connect(&scene, &peers[2]);
	ck_assert_int_eq(report.result, -EDQUOT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NODE_BUSY);
	ck_assert_str_eq(report.detail, "");
	scene_expect_one_refusal(&scene, quotas[_i].reason,
				 quotas[_i].rule_line);

	ck_assert_int_eq(peer_do(&scene, &peers[0], PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	(void)peer_join(&scene, &peers[2]);

	for (i = 0; i < 3; i++)
		process_end(&peers[i]);
	scene_close(&scene);
}
END_TEST

/* Room for the connection and one descriptor more: no offer can be made. */
START_TEST(a_node_out_of_descriptors_is_busy)
{
	struct peer_report report;
	struct process peer;
	struct rlimit limit, tight;
	int free_fd;

	scene_init(&scene);
	scene_load(&scene, SCENE_POLICY);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	free_fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
	ck_assert_int_ge(free_fd, 0);
	(void)close(free_fd);
	tight = limit;
	tight.rlim_cur = (rlim_t)free_fd + 2;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);

	report = peer_connect(&scene, &peer);
	ck_assert_int_eq(report.result, -EDQUOT);
	ck_assert_int_eq(report.reason, POSTERN_REASON_NODE_BUSY);
	scene_expect_one_refusal(&scene, POSTERN_REASON_RESOURCES, 0);

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	(void)peer_join(&scene, &peer);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

START_TEST(one_users_share_is_not_anothers)
{
	struct process peers[2], other;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_load(&scene, PEERS_PER_USER_POLICY);
	process_start(&peers[0], ROLE_PEER, peer_main, &scene);
	process_start(&peers[1], ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);

	(void)peer_join(&scene, &peers[0]);
	(void)peer_join(&scene, &peers[1]);
	(void)peer_join(&scene, &other);

	process_end(&peers[0]);
	process_end(&peers[1]);
	process_end(&other);
	scene_close(&scene);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
