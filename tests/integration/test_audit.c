/* SPDX-License-Identifier: ISC */
/*
 * The node's records: what is recorded, and in what form
 *
 * That each refusal has exactly one record is checked where refusals are
 * tested; here it is the policy's `audit`, and that a record can be read by a
 * machine.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "support/peer.h"
#include "support/scene.h"
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

static struct scene scene;
static struct process peer;

/* One admission, one departure, one refusal. */
static void play(const char *policy)
{
	const struct peer_order only_send = {
		.kind = PEER_CONNECT,
		.directions = POSTERN_DIRECTION_SEND,
	};
	struct stranger stranger = STRANGER_INIT;
	struct pst_hello hello;

	scene_init(&scene);
	scene_load(&scene, policy);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	ck_assert_int_eq(peer_obey(&scene, &peer, &only_send).result, 0);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);
	(void)scene_await_event(&scene, POSTERN_EVENT_DEPARTED);

	/* The owner may always knock; this node is not the one it asks for. */
	ck_assert_int_eq(stranger_connect(&stranger, scene.socket_path), 0);
	stranger_fill_hello(&hello);
	(void)strcpy(hello.node_name, "invoices");
	ck_assert_int_eq(stranger_send_hello(&stranger, &hello), 0);
	scene_serve_until_readable(&scene, stranger.socket_fd);
	scene_serve_what_is_due(&scene);
	stranger_close(&stranger);
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

START_TEST(the_policy_says_what_is_recorded)
{
	play(audits[_i].policy);
	ck_assert_uint_eq(scene_count_records(&scene, "admit"),
			  audits[_i].admit_count);
	ck_assert_uint_eq(scene_count_records(&scene, "depart"),
			  audits[_i].depart_count);
	ck_assert_uint_eq(scene_count_records(&scene, "refuse"),
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

int main(void)
{
	Suite *suite = suite_create("audit");
	TCase *tcase = stage_add_case(suite, "records");

	tcase_add_loop_test(tcase, the_policy_says_what_is_recorded, 0, 4);
	tcase_add_test(tcase, records_are_lines_that_a_machine_can_read);
	return stage_run_suite(suite);
}
