/* SPDX-License-Identifier: ISC */
/*
 * The node's records: what is recorded, and in what form
 *
 * That each refusal has exactly one record is checked where refusals are
 * tested; here it is the policy's `audit`, and that a record can be read by a
 * machine.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/monotonic.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/stranger.h"
#include "support/test_options.h"

#define POLICY(audit) \
	"policy-version 1\n" \
	"peer friend {\n" \
	"	user $peer\n" \
	"}\n" \
	"node orders {\n" \
	"	owner user $owner\n" \
	"	socket $dir/orders.sock mode 0666\n" \
	audit \
	"	allow friend {\n" \
	"		direction both\n" \
	"	}\n" \
	"}\n" \
	"end\n"

#define FLOOD_COUNT 1000
#define REFUSAL_BURST 20

static struct scene scene;
static struct process peer;
static struct process other;

/* The owner may always knock; this node is not the one it asks for. */
static void be_refused(void)
{
	struct stranger stranger = STRANGER_INIT;
	struct pst_hello hello;

	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	stranger_fill_hello(&hello);
	(void)strcpy(hello.node_name, "invoices");
	ck_assert_int_eq(stranger_send_hello(&stranger, &hello), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	scene_serve_what_is_due(&scene);
	stranger_close(&stranger);
}

/* One admission, one departure, one refusal. */
static void play(const char *policy)
{
	const struct peer_order only_send = {
		.kind = PEER_CONNECT,
		.directions = POSTERN_DIRECTION_TO_NODE,
	};

	scene_init(&scene);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	ck_assert_int_eq(peer_obey(&scene, &peer, &only_send).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	be_refused();
}

static void end_play(void)
{
	process_end(&peer);
	scene_close(&scene);
}

static const struct {
	const char *policy;
	size_t admit_count, depart_count, refuse_count;
} audits[] = {
	{POLICY(""), 1, 1, 1},
	{POLICY("	audit all\n"), 1, 1, 1},
	{POLICY("	audit deny\n"), 0, 0, 1},
	{POLICY("	audit none\n"), 0, 0, 0},
};

START_TEST(the_policy_says_what_is_recorded, .loop_end = 4)
{
	play(audits[_i].policy);
	ck_assert_uint_eq(scene_count_records(&scene, "connected"),
			  audits[_i].admit_count);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"),
			  audits[_i].depart_count);
	ck_assert_uint_eq(scene_count_records(&scene, "refused"),
			  audits[_i].refuse_count);
	end_play();
}
END_TEST

/* The end of a value: a word, or a quoted text with escapes. */
static const char *skip_value(const char *at)
{
	if (*at != '"') {
		while (*at && *at != ' ' && *at != '"' && *at != '=')
			at++;
		return at;
	}
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at == '"' ? at + 1 : NULL;
}

static bool is_logfmt(const char *at)
{
	const char *key;

	for (;;) {
		key = at;
		while (islower((unsigned char)*at) || *at == '_')
			at++;
		if (at == key || *at++ != '=')
			return false;
		at = skip_value(at);
		if (!at)
			return false;
		if (*at == '\0')
			return true;
		if (*at++ != ' ')
			return false;
	}
}

START_TEST(records_are_lines_that_a_machine_can_read)
{
	char uid[32];
	size_t i, k;

	play(audits[0].policy);
	ck_assert_uint_eq(scene.record_count, 3);
	(void)snprintf(uid, sizeof(uid), " uid=%u ",
		       (unsigned)uid_of(ROLE_PEER));
	for (i = 0; i < scene.record_count; i++) {
		const char *line = scene.records[i].line;

		for (k = 0; line[k]; k++)
			ck_assert(isprint((unsigned char)line[k]));
		ck_assert_msg(is_logfmt(line), "not logfmt: %s", line);
		ck_assert_ptr_nonnull(strstr(line, " node=orders "));
	}
	/* The same peer comes and goes. */
	ck_assert_ptr_nonnull(strstr(scene.records[0].line, uid));
	ck_assert_ptr_nonnull(strstr(scene.records[0].line, " peer=friend "));
	ck_assert_ptr_nonnull(strstr(scene.records[0].line, "direction=send"));
	ck_assert_ptr_nonnull(strstr(scene.records[1].line, uid));
	ck_assert_ptr_nonnull(strstr(scene.records[1].line, "reason=closed"));
	ck_assert_ptr_nonnull(strstr(scene.records[2].line,
				     "reason=wrong-node"));
	end_play();
}
END_TEST

START_TEST(a_poisoning_is_recorded_with_how_the_peer_broke_the_rules)
{
	struct stranger stranger = STRANGER_INIT;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	scene_open(&scene);
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	ck_assert_int_eq(stranger_say_hello(&stranger), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	ck_assert_int_eq(stranger_take_offer(&stranger), 0);
	ck_assert_int_eq(stranger_do_its_part(&stranger), 0);
	ck_assert_int_eq(stranger_say_ready(&stranger), 0);
	(void)scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);

	/* A bell is one byte. */
	ck_assert_int_eq(send(stranger.socket_fd, "no", 2, 0), 2);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_POISONED);
	ck_assert_uint_eq(scene.record_count, 2);
	ck_assert_str_eq(scene.records[1].event, "poisoned");
	ck_assert_ptr_nonnull(strstr(scene.records[1].line,
				     " reason=poisoned fault="));
	stranger_close(&stranger);
	scene_close(&scene);
}
END_TEST

/* The number that a field of the record has; 0: there is no such field. */
static uint64_t number_in(const struct scene_record *record, const char *key)
{
	char field[32];
	const char *at;

	(void)snprintf(field, sizeof(field), " %s=", key);
	at = strstr(record->line, field);
	return at ? strtoull(at + strlen(field), NULL, 10) : 0;
}

/* Every record has the number after that of the one before. */
static void expect_no_gap(void)
{
	size_t i;

	for (i = 0; i < scene.record_count; i++)
		ck_assert_uint_eq(number_in(&scene.records[i], "seq"), i + 1);
}

struct tally {
	uint64_t refused, suppressed, told;
};

static struct tally tally_of(uid_t uid)
{
	struct tally tally = {0};
	size_t i;

	for (i = 0; i < scene.record_count; i++) {
		const struct scene_record *record = &scene.records[i];

		if (number_in(record, "uid") != uid)
			continue;
		if (strcmp(record->event, "refused") == 0)
			tally.refused++;
		if (strcmp(record->event, "suppressed") != 0)
			continue;
		ck_assert_ptr_nonnull(strstr(record->line, " of=refused "));
		tally.suppressed += number_in(record, "count");
		tally.told++;
	}
	return tally;
}

static void start_flood_scene(void)
{
	scene_init(&scene);
	scene_load(&scene, POLICY(""));
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&other, ROLE_OTHER, peer_main, &scene);
	scene_open(&scene);
}

static void end_flood_scene(void)
{
	process_end(&other);
	process_end(&peer);
	scene_close(&scene);
}

START_TEST(a_flood_of_refusals_is_bounded_and_nothing_of_it_is_silent)
{
	uint64_t start_ns = pst_monotonic_now_ns();
	uint64_t elapsed_s;
	struct tally tally;
	unsigned int i;

	start_flood_scene();
	for (i = 0; i < FLOOD_COUNT; i++)
		be_refused();
	end_flood_scene();

	elapsed_s = (pst_monotonic_now_ns() - start_ns) / 1000000000 + 1;
	tally = tally_of(uid_of(ROLE_OWNER));
	ck_assert_uint_eq(tally.refused + tally.suppressed, FLOOD_COUNT);
	ck_assert_uint_ge(tally.refused, REFUSAL_BURST);
	ck_assert_uint_le(tally.refused, REFUSAL_BURST + elapsed_s);
	ck_assert_uint_le(tally.told, elapsed_s + 1);
	expect_no_gap();
}
END_TEST

START_TEST(a_flood_of_one_uid_suppresses_no_record_of_another)
{
	unsigned int i;

	skip_unless(users_are_several(), NEEDS_USERS);
	start_flood_scene();
	for (i = 0; i < 5 * REFUSAL_BURST; i++) {
		be_refused();
		if (i % REFUSAL_BURST != 0)
			continue;
		ck_assert_int_eq(peer_connect(&scene, &other).result, -EACCES);
		(void)peer_join(&scene, &peer);
		ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result,
				 0);
		(void)scene_await_event(&scene,
					POSTERN_NODE_EVENT_DISCONNECTED);
	}
	end_flood_scene();
	ck_assert_uint_eq(tally_of(uid_of(ROLE_OTHER)).refused, 5);
	ck_assert_uint_eq(tally_of(uid_of(ROLE_OTHER)).suppressed, 0);
	ck_assert_uint_eq(scene_count_records(&scene, "connected"), 5);
	ck_assert_uint_eq(scene_count_records(&scene, "disconnected"), 5);
	ck_assert_uint_gt(tally_of(uid_of(ROLE_OWNER)).suppressed, 0);
	expect_no_gap();
}
END_TEST

START_TEST(what_was_suppressed_is_told_though_nobody_comes_any_more)
{
	unsigned int i;

	start_flood_scene();
	for (i = 0; i < 2 * REFUSAL_BURST; i++)
		be_refused();
	scene_await_record(&scene, "suppressed");
	end_flood_scene();
	expect_no_gap();
}
END_TEST

static uint64_t sent_while_stalled;

/* The sink does not return until the peer has sent all of it. */
static void stall(struct scene *stalled)
{
	const struct peer_order order = {
		.kind = PEER_SEND_FIXED,
		.count = 100,
		.message_bytes = 100,
	};
	struct peer_report report;

	if (strcmp(stalled->records[stalled->record_count - 1].event,
		   "refused") != 0)
		return;
	peer_order(&peer, &order);
	process_read_report(&peer, &report, sizeof(report));
	process_require(report.result == 0, "a peer cannot send meanwhile");
	sent_while_stalled += report.count;
}

START_TEST(a_peer_goes_on_sending_while_the_sink_is_stalled)
{
	scene_init(&scene);
	scene_load(&scene, POLICY(""));
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	scene.on_record = stall;
	(void)peer_join(&scene, &peer);
	be_refused();
	ck_assert_uint_eq(sent_while_stalled, 100);
	scene_await_messages(&scene, 100);
	end_play();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
