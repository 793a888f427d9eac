/* SPDX-License-Identifier: ISC */
/*
 * Security modes: what both sides' policies lead to
 *
 * Node and connector read a policy each; where they differ, the stricter one
 * holds, and who would be below it has no channel.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/controller.h"
#include "support/expect.h"
#include "support/observer.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define POLICY(key, security, rules) \
	"policy-version 1\n" \
	"peer friend {\n	user $peer\n}\n" \
	"peer guest {\n	user $other\n}\n" \
	"tenant guests {\n	members guest\n	security mac\n}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	key security \
	"	limits {\n		ring 16KiB\n		message 4KiB\n	}\n" \
	rules \
	"}\n" \
	"end\n"
#define PLAIN_RULE "	allow friend {\n		direction both\n	}\n"
#define AEAD_RULE \
	"	allow friend {\n		security aead\n" \
	"		direction both\n	}\n"
#define BOTH_RULES PLAIN_RULE "	allow guest {\n		direction both\n	}\n"
#define KEY "	key $nodekey\n"
#define MAC "	security mac\n"
#define AEAD "	security aead\n"

/* A demand on others binds who cannot find out that he is none of them. */
#define NEEDS_FACTS "valgrind has no pidfd, and so no facts of its own process"

static struct scene scene;
static struct process peer, other;

/* later: for a reload; NULL: none. */
static void set_up(const char *for_peers, const char *for_node,
		   const char *later)
{
	scene_init(&scene);
	scene_make_keys(&scene);
	if (later)
		scene_load_next(&scene, later);
	scene_load(&scene, for_peers);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_load(&scene, for_node);
	if (strstr(for_node, "$nodekey"))
		scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&peer);
	process_end(&other);
	scene_close(&scene);
}

static struct peer_report connect_without(const struct process *process,
					  uint32_t disable_features)
{
	const struct peer_order order = {
		.kind = PEER_CONNECT,
		.disable_features = disable_features,
	};

	return peer_obey(&scene, process, &order);
}

static bool can_expect(enum postern_security mode)
{
	return mode > POSTERN_SECURITY_NONE || !test_has_runner();
}

static void expect_mode(const struct peer_report *report,
			enum postern_security mode)
{
	static const char *const texts[] = {" security=none ", " security=mac ",
					    " security=aead "};
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	ck_assert_msg(report->result == 0, "%s: %s",
		      postern_strerror(report->result), report->detail);
	ck_assert_int_eq(report->limits.security, mode);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert(event.peer != 0);
	ck_assert(scene_has_record(&scene, "connected", texts[mode]));
}

/* The node gives back what it gets, which is a pattern. */
static void send_back(struct scene *its_scene, postern_peer from,
		      const uint8_t *bytes, size_t byte_count)
{
	struct postern_channel *channel;

	expect_equal(postern_node_channel(its_scene->node, from, &channel), 0);
	expect_equal(postern_send(channel, bytes, byte_count), 0);
	channel = postern_channel_close(channel);
}

static void expect_messages_both_ways(void)
{
	struct peer_report report;

	scene.on_message = send_back;
	report = peer_do(&scene, &peer, PEER_EXCHANGE, 300);
	ck_assert_int_eq(report.result, 0);
	ck_assert_uint_eq(report.count, 300);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_FLUSH, 0).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	ck_assert_int_eq(scene_await_event(&scene,
					   POSTERN_NODE_EVENT_DISCONNECTED)
				 .reason,
			 POSTERN_REASON_CLOSED);
}

/* -- one policy ------------------------------------------------------------ */

static const struct {
	const char *policy;
	enum postern_security mode;
} modes[] = {
	{POLICY("", "", PLAIN_RULE), POSTERN_SECURITY_NONE},
	{POLICY("", MAC, PLAIN_RULE), POSTERN_SECURITY_MAC},
	{POLICY("", AEAD, PLAIN_RULE), POSTERN_SECURITY_AEAD},
	{POLICY("", MAC, AEAD_RULE), POSTERN_SECURITY_AEAD},
	/* A key is worth mac, whatever is demanded. */
	{POLICY(KEY, "", PLAIN_RULE), POSTERN_SECURITY_MAC},
	{POLICY(KEY, MAC, PLAIN_RULE), POSTERN_SECURITY_MAC},
	{POLICY(KEY, AEAD, PLAIN_RULE), POSTERN_SECURITY_AEAD},
};
#define MODES (int)(sizeof(modes) / sizeof(modes[0]))

static void expect_policy_leads_to_mode(int i, uint32_t disable_features)
{
	struct peer_report report;

	set_up(modes[i].policy, modes[i].policy, NULL);
	report = connect_without(&peer, disable_features);
	expect_mode(&report, modes[i].mode);
	expect_messages_both_ways();
	tear_down();
}

START_TEST(policy_leads_to_a_mode_with_aes, .loop_end = MODES)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(test_features() & POSTERN_FEATURE_AES, "needs AES");
	expect_policy_leads_to_mode(_i, 0);
}
END_TEST

START_TEST(policy_leads_to_a_mode_without_aes, .loop_end = MODES)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(can_expect(modes[_i].mode), NEEDS_FACTS);
	expect_policy_leads_to_mode(_i, POSTERN_FEATURE_AES);
}
END_TEST

START_TEST(node_without_aes_refuses_a_connector_that_begins_with_it)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(test_features() & POSTERN_FEATURE_AES, "needs AES");
	scene_init(&scene);
	scene_load(&scene, POLICY("", MAC, PLAIN_RULE));
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	ck_assert_int_eq(scene_try_open(&scene, POSTERN_FEATURE_AES, NULL), 0);
	report = connect_without(&peer, 0);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	ck_assert(scene_has_record(&scene, "refused",
				   "a cipher that this host does without"));
	scene_expect_one_refusal(&scene, POSTERN_REASON_SECURITY, 0);
	report = connect_without(&peer, POSTERN_FEATURE_AES);
	expect_mode(&report, POSTERN_SECURITY_MAC);
	tear_down();
}
END_TEST

/* -- two policies ---------------------------------------------------------- */

static const struct {
	const char *for_peers;
	const char *for_node;
	enum postern_security mode;
} pairs[] = {
	/* The connector demands more than the node would. */
	{POLICY("", MAC, PLAIN_RULE), POLICY("", "", PLAIN_RULE),
	 POSTERN_SECURITY_MAC},
	{POLICY("", AEAD, PLAIN_RULE), POLICY("", "", PLAIN_RULE),
	 POSTERN_SECURITY_AEAD},
	{POLICY("", "", AEAD_RULE), POLICY("", MAC, PLAIN_RULE),
	 POSTERN_SECURITY_AEAD},
	/* And the node more than the connector. */
	{POLICY("", MAC, PLAIN_RULE), POLICY("", AEAD, PLAIN_RULE),
	 POSTERN_SECURITY_AEAD},
	{POLICY(KEY, "", PLAIN_RULE), POLICY(KEY, AEAD, PLAIN_RULE),
	 POSTERN_SECURITY_AEAD},
	/* Somebody else's demand is nobody's, unless the node has more. */
	{POLICY("", "", BOTH_RULES), POLICY("", "", BOTH_RULES),
	 POSTERN_SECURITY_NONE},
	{POLICY("", "", BOTH_RULES), POLICY("", MAC, BOTH_RULES),
	 POSTERN_SECURITY_MAC},
};

START_TEST(stricter_of_two_policies_holds,
	   .loop_end = sizeof(pairs) / sizeof(pairs[0]))
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(can_expect(pairs[_i].mode), NEEDS_FACTS);
	set_up(pairs[_i].for_peers, pairs[_i].for_node, NULL);
	report = peer_connect(&scene, &peer);
	expect_mode(&report, pairs[_i].mode);
	tear_down();
}
END_TEST

START_TEST(tenants_demand_is_its_members_alone)
{
	static const char policy[] = POLICY("", "", BOTH_RULES);
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(can_expect(POSTERN_SECURITY_NONE), NEEDS_FACTS);
	set_up(policy, policy, NULL);
	report = peer_connect(&scene, &other);
	expect_mode(&report, POSTERN_SECURITY_MAC);
	report = peer_connect(&scene, &peer);
	expect_mode(&report, POSTERN_SECURITY_NONE);
	tear_down();
}
END_TEST

START_TEST(connector_that_offers_too_little_is_refused_by_the_line_that_demands)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	/* Its policy demands nothing of anybody. */
	set_up(SCENE_POLICY, POLICY("", MAC, PLAIN_RULE), NULL);
	report = peer_connect(&scene, &peer);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_int_eq(report.reason, POSTERN_REASON_REFUSED);
	ck_assert_str_eq(report.detail, "");
	ck_assert(scene_has_record(&scene, "refused", "rule=\"security mac\""));
	ck_assert(scene_has_record(&scene, "refused",
				   "'mac' is demanded, and there is no more "
				   "than 'none'"));
	scene_expect_one_refusal(&scene, POSTERN_REASON_SECURITY, 15);
	tear_down();
}
END_TEST

/* -- reloads --------------------------------------------------------------- */

START_TEST(reload_that_demands_more_cuts_who_has_less)
{
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY("", MAC, PLAIN_RULE), POLICY("", MAC, PLAIN_RULE),
	       POLICY("", AEAD, PLAIN_RULE));
	report = peer_connect(&scene, &peer);
	expect_mode(&report, POSTERN_SECURITY_MAC);
	scene_reload(&scene, 1);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_REVOKED);
	ck_assert(scene_has_record(&scene, "revoked", " security=mac "));
	ck_assert(scene_has_record(&scene, "revoked",
				   " reason=security "
				   "rule=\"security aead\""));
	/* It may come again in the mode that is demanded now. */
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	report = peer_connect(&scene, &peer);
	expect_mode(&report, POSTERN_SECURITY_AEAD);
	tear_down();
}
END_TEST

START_TEST(reload_that_demands_less_leaves_who_has_more)
{
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	set_up(POLICY("", AEAD, PLAIN_RULE), POLICY("", AEAD, PLAIN_RULE),
	       POLICY("", "", PLAIN_RULE));
	report = peer_connect(&scene, &peer);
	expect_mode(&report, POSTERN_SECURITY_AEAD);
	scene_reload(&scene, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	tear_down();
}
END_TEST

/* -- what is no channel ---------------------------------------------------- */

START_TEST(observers_and_control_are_as_ever)
{
	static const char policy[] = POLICY(KEY, AEAD, PLAIN_RULE);
	const struct control_order order = {
		.peer = "friend",
		.deadline_ns = POSTERN_NO_DEADLINE,
	};
	const uint64_t deadline_ns = POSTERN_NO_DEADLINE;
	struct process observer, controller;
	struct observer_report observed;
	struct control_report controlled;
	struct peer_report report;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	process_start(&observer, ROLE_OWNER, observer_main, &scene);
	process_start(&controller, ROLE_OWNER, controller_main, &scene);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_open(&scene);
	report = peer_connect(&scene, &peer);
	expect_mode(&report, POSTERN_SECURITY_AEAD);

	process_order(&observer, &deadline_ns, sizeof(deadline_ns));
	scene_serve_until_readable(&scene, observer.control_fd);
	process_read_report(&observer, &observed, sizeof(observed));
	ck_assert_int_eq(observed.result, 0);
	ck_assert(observed.is_readable);
	ck_assert(!observed.is_writable);

	process_order(&controller, &order, sizeof(order));
	scene_serve_until_readable(&scene, controller.control_fd);
	process_read_report(&controller, &controlled, sizeof(controlled));
	ck_assert_int_eq(controlled.result, 0);
	ck_assert_uint_eq(controlled.count, 1);
	process_end(&observer);
	process_end(&controller);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
