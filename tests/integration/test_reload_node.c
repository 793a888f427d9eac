/* SPDX-License-Identifier: ISC */
/*
 * Another policy for a node that lives: the node itself, its socket, its sums,
 * and what it is not given
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define HEAD "policy-version 1\n"
#define PEERS \
	"peer friend {\n	user $peer\n}\n" \
	"peer guest {\n	user $other\n}\n"
#define OWNER "	owner user $owner\n"
#define SOCKET "	socket $dir/orders.sock mode 0666\n"
#define RINGS "	limits {\n	ring 16KiB\n	message 4KiB\n	}\n"
#define ALLOW "	allow friend guest {\n		direction both\n	}\n"
#define NODE "node orders {\n" OWNER SOCKET RINGS ALLOW "}\n"

static const char PLAIN[] = HEAD PEERS NODE "end\n";

static struct scene scene;
static struct process peers[2];

static void load_both(const char *first, const char *second)
{
	scene_init(&scene);
	scene_load_next(&scene, second);
	scene_load(&scene, first);
}

static void start_peers(process_main_fn *main_function)
{
	process_start(&peers[0], ROLE_PEER, main_function, &scene);
	process_start(&peers[1], ROLE_OTHER, main_function, &scene);
}

static void set_up(const char *first, const char *second)
{
	load_both(first, second);
	start_peers(peer_main);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peers[0]);
	process_end(&peers[1]);
	scene_close(&scene);
}

static void expect_works(const struct process *peer)
{
	uint64_t before = scene.message_count;

	ck_assert_int_eq(peer_do(&scene, peer, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, before + 5);
}

/* -- what a reload refuses ------------------------------------------------- */

static const struct {
	const char *policy;
	int result;
	enum postern_reason reason;
} unfit[] = {
	{HEAD PEERS "node others {\n" OWNER SOCKET ALLOW "}\nend\n", -ENOENT,
	 POSTERN_REASON_UNKNOWN_NODE},
	{HEAD PEERS "node orders {\n	owner user $peer\n" SOCKET ALLOW
	 "}\nend\n", -EACCES, POSTERN_REASON_OWNER},
	{HEAD PEERS "node orders {\n" OWNER "	socket $dir/moved.sock\n" ALLOW
	 "}\nend\n", -EBUSY, POSTERN_REASON_SOCKET_MOVED},
	{HEAD PEERS "node orders {\n" OWNER
	 "	socket $dir/orders.sock mode 0660 group 20100\n" ALLOW
	 "}\nend\n", -EACCES, POSTERN_REASON_GROUP},
	{HEAD PEERS "node orders {\n" OWNER
	 "	socket $dir/orders.sock mode 0066\n" ALLOW
	 "}\nend\n", -EINVAL, POSTERN_REASON_DIRECTORY},
};

/* None of them lets the peer in, so it would be seen if any part were used. */
START_TEST(a_policy_that_does_not_fit_changes_nothing, .loop_end = 5)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	uint32_t lost = 77;
	struct stat before, after;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(PLAIN, unfit[_i].policy);
	(void)peer_join(&scene, &peers[0]);
	ck_assert_int_eq(stat(scene.socket_path, &before), 0);
	ck_assert_int_eq(postern_node_reload(scene.node, scene.next, &lost,
					     &error), unfit[_i].result);
	ck_assert_int_eq(error.reason, unfit[_i].reason);
	ck_assert_uint_eq(lost, 77);
	ck_assert_int_eq(stat(scene.socket_path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(before.st_mode, after.st_mode);
	ck_assert_uint_eq(before.st_gid, after.st_gid);
	expect_works(&peers[0]);
	(void)peer_join(&scene, &peers[1]);
	expect_works(&peers[1]);
	tear_down();
}
END_TEST

START_TEST(arguments_that_make_no_sense_are_refused)
{
	set_up(PLAIN, PLAIN);
	ck_assert_int_eq(postern_node_reload(NULL, scene.next, NULL, NULL),
			 -EINVAL);
	tear_down();
}
END_TEST

/* -- the socket ------------------------------------------------------------ */

static const char CLOSED[] =
	HEAD PEERS "node orders {\n" OWNER
	"	socket $dir/orders.sock mode 0600\n" RINGS ALLOW "}\nend\n";

START_TEST(the_mode_of_the_socket_is_changed_in_place)
{
	struct stat before, after;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(PLAIN, CLOSED);
	(void)peer_join(&scene, &peers[0]);
	ck_assert_int_eq(stat(scene.socket_path, &before), 0);
	scene_reload(&scene, 0);
	ck_assert_int_eq(stat(scene.socket_path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(after.st_mode & 07777, 0600);
	expect_works(&peers[0]);
	ck_assert_int_eq(peer_connect(&scene, &peers[1]).result, -EACCES);
	tear_down();
}
END_TEST

START_TEST(a_file_that_replaced_the_socket_is_left_alone)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct stat status;

	set_up(PLAIN, CLOSED);
	(void)peer_join(&scene, &peers[0]);
	ck_assert_int_eq(remove(scene.socket_path), 0);
	ck_assert_int_eq(mkdir(scene.socket_path, 0700), 0);
	ck_assert_int_eq(postern_node_reload(scene.node, scene.next, NULL,
					     &error),
			 -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_DIRECTORY);
	ck_assert_int_eq(stat(scene.socket_path, &status), 0);
	ck_assert(S_ISDIR(status.st_mode));
	expect_works(&peers[0]);

	ck_assert_int_eq(rmdir(scene.socket_path), 0);
	scene_reload(&scene, 0);
	ck_assert_int_eq(stat(scene.socket_path, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFSOCK | 0600);
	expect_works(&peers[0]);
	tear_down();
}
END_TEST

static const char IN_GROUP[] =
	HEAD PEERS "node orders {\n" OWNER
	"	socket $dir/orders.sock mode 0660 group 20100\n" RINGS ALLOW
	"}\nend\n";

static gid_t group_of_socket(void)
{
	struct stat status;

	ck_assert_int_eq(stat(scene.socket_path, &status), 0);
	return status.st_gid;
}

START_TEST(the_group_of_the_socket_is_given_and_taken_back)
{
	struct postern_policy *first;

	skip_unless(users_are_several(), NEEDS_USERS);
	load_both(PLAIN, IN_GROUP);
	start_peers(peer_main);
	scene_open_in_group(&scene);
	ck_assert_uint_eq(group_of_socket(), gid_of(ROLE_OWNER));
	scene_reload(&scene, 0);
	ck_assert_uint_eq(group_of_socket(), SHARED_GID);
	ck_assert_int_eq(peer_connect(&scene, &peers[0]).result, -EACCES);

	first = scene.policy;
	ck_assert_int_eq(postern_node_reload(scene.node, first, NULL, NULL),
			 0);
	ck_assert_uint_eq(group_of_socket(), gid_of(ROLE_OWNER));
	(void)peer_join(&scene, &peers[0]);
	tear_down();
}
END_TEST

/* -- handshakes ------------------------------------------------------------ */

#define SELF_POLICY(lines, node_lines) \
	HEAD "peer self {\n	user $owner\n" lines "}\n" \
	"node orders {\n" OWNER SOCKET RINGS node_lines "}\nend\n"

static const char SELF[] =
	SELF_POLICY("", "allow self {\ndirection both\n}\n");
static const char SELF_GONE[] = SELF_POLICY("", "deny self\n");
static const char SELF_ONE_WAY[] =
	SELF_POLICY("", "allow self {\ndirection send\n}\n");
static const char SELF_BY_FACTS[] =
	SELF_POLICY("	userns same\n", "allow self {\ndirection both\n}\n");

static void set_up_alone(const char *second)
{
	load_both(SELF, second);
	scene_open(&scene);
}

static void offer_to(struct stranger *stranger)
{
	*stranger = (struct stranger)STRANGER_INIT;
	ck_assert_int_eq(stranger_connect(stranger, scene.socket_path), 0);
	scene_serve_what_is_due(&scene);
	ck_assert_int_eq(stranger_say_hello(stranger), 0);
	scene_serve_what_is_due(&scene);
	ck_assert_int_eq(stranger_take_offer(stranger), 0);
}

static void tear_down_alone(struct stranger *stranger)
{
	stranger_close(stranger);
	scene_close(&scene);
}

START_TEST(a_handshake_that_is_allowed_no_more_is_refused_within_the_call,
	   .loop_end = 2)
{
	struct stranger stranger;
	enum pst_refuse_code code;

	set_up_alone(_i ? SELF_ONE_WAY : SELF_GONE);
	offer_to(&stranger);
	scene_reload(&scene, 0);
	ck_assert_int_eq(stranger_take_refusal(&stranger, &code), 0);
	ck_assert_int_eq(code, PST_REFUSE_DENIED);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"), 1);
	tear_down_alone(&stranger);
}
END_TEST

static void end_handshake(struct stranger *stranger)
{
	ck_assert_int_eq(stranger_do_its_part(stranger), 0);
	ck_assert_int_eq(stranger_say_ready(stranger), 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_int_eq(stranger_take_go(stranger), 0);
}

START_TEST(a_handshake_that_is_still_allowed_goes_on)
{
	struct stranger stranger;

	set_up_alone(SELF);
	offer_to(&stranger);
	scene_reload(&scene, 0);
	end_handshake(&stranger);
	tear_down_alone(&stranger);
}
END_TEST

/* Of these facts nobody had asked before. */
START_TEST(a_handshake_is_decided_by_facts_that_only_the_new_policy_wants,
	   .loop_end = 2)
{
	struct stranger stranger = STRANGER_INIT;

	skip_unless(test_features() & POSTERN_FEATURE_PEERPIDFD,
		    "needs SO_PEERPIDFD");
	set_up_alone(SELF_BY_FACTS);
	if (_i == 0) {
		offer_to(&stranger);
		scene_reload(&scene, 0);
	} else {
		ck_assert_int_eq(stranger_connect(&stranger,
						  scene.socket_path), 0);
		scene_serve_what_is_due(&scene);
		scene_reload(&scene, 0);
		ck_assert_int_eq(stranger_say_hello(&stranger), 0);
		scene_serve_what_is_due(&scene);
		ck_assert_int_eq(stranger_take_offer(&stranger), 0);
	}
	end_handshake(&stranger);
	/* The peer, too. */
	scene_reload(&scene, 0);
	ck_assert_uint_eq(scene.event_count, 0);
	tear_down_alone(&stranger);
}
END_TEST

/* -- sums ------------------------------------------------------------------ */

#define TENANT(name, limits) \
	"tenant " name " {\n	members friend guest\n" \
	"	limits {\n" limits "\n	}\n}\n"

static const char OF_A[] = HEAD PEERS TENANT("a", "peers 1") NODE "end\n";
static const char OF_B[] = HEAD PEERS TENANT("b", "peers 1") NODE "end\n";
static const char OF_TWO[] =
	HEAD PEERS
	"tenant a {\nmembers friend\nlimits {\npeers 1\n}\n}\n"
	"tenant b {\nmembers guest\nlimits {\npeers 1\n}\n}\n"
	NODE "end\n";
static const char OF_TOP[] = HEAD "limits {\npeers 1\n}\n" PEERS NODE "end\n";

/* One is there by the first policy; may the other come by the second? */
static const struct {
	const char *first;
	const char *second;
	int result;
} moves[] = {
	{PLAIN, PLAIN, 0},
	{OF_A, OF_A, -EDQUOT},
	{OF_A, OF_B, -EDQUOT},          /* renamed */
	{OF_A, PLAIN, 0},               /* removed */
	{PLAIN, OF_A, -EDQUOT},         /* added */
	{OF_A, OF_TWO, 0},              /* divided */
	{OF_TWO, OF_A, -EDQUOT},        /* united */
	{PLAIN, OF_TOP, -EDQUOT},
	{OF_TOP, PLAIN, 0},
};

START_TEST(who_is_there_counts_by_the_new_policy, .loop_end = 9)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(moves[_i].first, moves[_i].second);
	(void)peer_join(&scene, &peers[0]);
	scene_reload(&scene, 0);
	ck_assert_int_eq(peer_connect(&scene, &peers[1]).result,
			 moves[_i].result);
	expect_works(&peers[0]);

	/* And when it has gone, it is given back where it counted. */
	if (moves[_i].result == 0)
		(void)peer_do(&scene, &peers[1], PEER_CLOSE, 0);
	(void)peer_do(&scene, &peers[0], PEER_CLOSE, 0);
	scene_serve_what_is_due(&scene);
	scene.event_count = 0;
	(void)peer_join(&scene, &peers[1]);
	expect_works(&peers[1]);
	tear_down();
}
END_TEST

START_TEST(who_is_there_beyond_a_new_limit_stays)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(PLAIN, OF_A);
	(void)peer_join(&scene, &peers[0]);
	(void)peer_join(&scene, &peers[1]);
	scene_reload(&scene, 0);
	expect_works(&peers[0]);
	expect_works(&peers[1]);
	(void)peer_do(&scene, &peers[0], PEER_CLOSE, 0);
	ck_assert_int_eq(peer_connect(&scene, &peers[0]).result, -EDQUOT);
	tear_down();
}
END_TEST

/* -- two nodes ------------------------------------------------------------- */

#define SECOND_NODE \
	"node second {\n" OWNER \
	"	socket $dir/second.sock mode 0666\n" RINGS ALLOW "}\n"

static const char TWO_NODES[] =
	HEAD "limits {\n	peers 1\n}\n" PEERS NODE SECOND_NODE "end\n";

/* An order is the name of the node to connect to; empty: close. */
static void connect_to_any(int control_fd, void *user_data)
{
	struct postern_connect_options options = POSTERN_CONNECT_OPTIONS_INIT;
	const struct scene *target = user_data;
	struct postern_channel *channel = NULL;
	char name[16];
	int r;

	options.disable_features = test_disable_features();
	while (process_next_order(control_fd, name, sizeof(name))) {
		r = 0;
		channel = postern_channel_close(channel);
		if (name[0])
			r = postern_connect(target->policy, name, &options,
					    test_deadline_ns(), &channel, NULL);
		process_report(control_fd, &r, sizeof(r));
	}
	channel = postern_channel_close(channel);
}

static struct postern_node *second;

static bool has_report(const struct process *peer)
{
	struct pollfd wait = {.fd = peer->control_fd, .events = POLLIN};

	return poll(&wait, 1, 0) == 1;
}

static int connect_to(const struct process *peer, const char *node_name)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	char name[16] = "";
	int r;

	(void)snprintf(name, sizeof(name), "%s", node_name);
	process_order(peer, name, sizeof(name));
	do {
		scene_serve_what_is_due(&scene);
		while (postern_node_next_event(second, &event) == 0)
			;
		r = postern_node_wait(second, inspect_now_ns() + 1000000);
		ck_assert(r == 0 || r == -ETIMEDOUT);
	} while (!has_report(peer));
	process_read_report(peer, &r, sizeof(r));
	scene_serve_what_is_due(&scene);
	return r;
}

/* Each node is reloaded by itself; in between they have different policies. */
START_TEST(two_nodes_with_one_accounting_are_counted_together)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	load_both(TWO_NODES, TWO_NODES);
	start_peers(connect_to_any);
	ck_assert_int_eq(postern_accounting_new(&options.accounting), 0);
	scene.accounting = options.accounting;
	scene_open(&scene);
	options.disable_features = test_disable_features();
	ck_assert_int_eq(postern_node_open(scene.policy, "second", &options,
					   &second, NULL), 0);
	ck_assert_ptr_null(postern_accounting_free(options.accounting));

	ck_assert_int_eq(connect_to(&peers[0], "orders"), 0);
	ck_assert_int_eq(connect_to(&peers[1], "second"), -EDQUOT);
	scene_reload(&scene, 0);
	ck_assert_int_eq(connect_to(&peers[1], "second"), -EDQUOT);
	ck_assert_int_eq(postern_node_reload(second, scene.next, NULL, NULL),
			 0);
	ck_assert_int_eq(connect_to(&peers[1], "second"), -EDQUOT);
	ck_assert_int_eq(connect_to(&peers[0], ""), 0);
	ck_assert_int_eq(connect_to(&peers[1], "second"), 0);
	ck_assert_int_eq(connect_to(&peers[0], "orders"), -EDQUOT);

	second = postern_node_close(second);
	tear_down();
}
END_TEST

START_TEST(two_nodes_without_accounting_are_counted_apart)
{
	struct postern_node_options options = POSTERN_NODE_OPTIONS_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	load_both(TWO_NODES, TWO_NODES);
	start_peers(connect_to_any);
	scene_open(&scene);
	options.disable_features = test_disable_features();
	ck_assert_int_eq(postern_node_open(scene.policy, "second", &options,
					   &second, NULL), 0);
	ck_assert_int_eq(connect_to(&peers[0], "orders"), 0);
	ck_assert_int_eq(connect_to(&peers[1], "second"), 0);
	second = postern_node_close(second);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
