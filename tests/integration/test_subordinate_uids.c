/* SPDX-License-Identifier: ISC */
/*
 * Subordinate uids: a fault of /etc/subuid or /etc/passwd fails closed
 *
 * Without the ranges, one user can act as 65,536 of them.  So a node does not
 * open, and a node that is open keeps its policy and its ranges.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/crowd.h"
#include "support/inspect.h"
#include "support/own_etc.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define OFFERS_OF_USER 8
#define USERS 12
#define FIRST_UID 500000
#define OTHER_FIRST_UID 700000

#define RANGE OWN_ETC_USER ":500000:65536\n"
#define OTHER_RANGE OWN_ETC_USER ":700000:65536\n"

#define POLICY(node_lines) \
	"policy-version 1\n" \
	"peer friend {\nuser $peer\n}\n" \
	"peer everyone {\nuser *\n}\n" \
	"node orders {\n" \
	"owner user $owner\n" \
	"socket $dir/orders.sock mode 0666\n" \
	"limits {\nring 16KiB\nmessage 4KiB\n}\n" \
	"allow everyone {\ndirection both\n}\n" \
	node_lines "}\n" \
	"end\n"

enum etc_state {
	ETC_OTHER_RANGE,
	ETC_REMOVED,
	ETC_WRITABLE,
	ETC_OWNED_BY_OTHER,
	ETC_CLOSED,
	ETC_DIRECTORY,
	ETC_TOO_BIG,
	ETC_TOO_MANY_RANGES,
	ETC_DANGLING,
	ETC_PASSWD_WRITABLE,
	ETC_PASSWD_DANGLING,
};

static const struct {
	enum etc_state state;
	const char *details[2];
} faults[] = {
	{ETC_WRITABLE, {"/etc/subuid ", "chmod go-w /etc/subuid"}},
	{ETC_OWNED_BY_OTHER, {"/etc/subuid ", "chown 0 /etc/subuid"}},
	{ETC_CLOSED, {"/etc/subuid ", "chmod a+r /etc/subuid"}},
	{ETC_DIRECTORY, {"/etc/subuid ", "not a regular file"}},
	{ETC_TOO_BIG, {"/etc/subuid ", "larger than 1 MiB"}},
	{ETC_TOO_MANY_RANGES, {"/etc/subuid ", "usermod --del-subuids"}},
	{ETC_DANGLING, {"/etc/subuid ", "remove the link"}},
	{ETC_PASSWD_WRITABLE, {"/etc/passwd ", "chmod go-w /etc/passwd"}},
	{ETC_PASSWD_DANGLING, {"/etc/passwd ", "remove the link"}},
};

#define FAULT_COUNT ((int)(sizeof(faults) / sizeof(faults[0])))

static struct scene scene;
static struct process crowd, peer, editor;

/* -- the files ------------------------------------------------------------- */

static void write_large(size_t byte_count)
{
	char *text = malloc(byte_count + 1);

	process_require(text, "no memory");
	memset(text, '#', byte_count);
	text[byte_count] = '\0';
	own_etc_write("subuid", text, 0644);
	free(text);
}

static void write_many(size_t line_count)
{
	char *text = NULL;
	size_t text_bytes = 0, i;
	FILE *stream = open_memstream(&text, &text_bytes);

	process_require(stream, "no memory");
	for (i = 0; i < line_count; i++)
		fprintf(stream, "u%zu:%zu:10\n", i, 100000 + 10 * i);
	process_require(fclose(stream) == 0, "no memory");
	own_etc_write("subuid", text, 0644);
	free(text);
}

static void link_nowhere(const char *name)
{
	char path[OWN_ETC_PATH_BYTES];

	own_etc_path(name, path);
	process_require(remove(path) == 0 && symlink("gone", path) == 0,
			"no link");
}

static void set_state(enum etc_state state)
{
	char subuid[OWN_ETC_PATH_BYTES], passwd[OWN_ETC_PATH_BYTES];

	own_etc_path("subuid", subuid);
	own_etc_path("passwd", passwd);
	switch (state) {
	case ETC_OTHER_RANGE:
		own_etc_write("subuid", OTHER_RANGE, 0644);
		break;
	case ETC_REMOVED:
		process_require(remove(subuid) == 0, "subuid stays");
		break;
	case ETC_WRITABLE:
		own_etc_write("subuid", OTHER_RANGE, 0666);
		break;
	case ETC_OWNED_BY_OTHER:
		process_require(chown(subuid, uid_of(ROLE_OTHER), 0) == 0,
				"no chown");
		break;
	case ETC_CLOSED:
		own_etc_write("subuid", OTHER_RANGE, 0600);
		break;
	case ETC_DIRECTORY:
		process_require(remove(subuid) == 0 && mkdir(subuid, 0755) == 0,
				"no directory");
		break;
	case ETC_TOO_BIG:
		write_large(1024 * 1024 + 1);
		break;
	case ETC_TOO_MANY_RANGES:
		write_many(4097);
		break;
	case ETC_DANGLING:
		link_nowhere("subuid");
		break;
	case ETC_PASSWD_WRITABLE:
		process_require(chmod(passwd, 0666) == 0, "no chmod");
		break;
	case ETC_PASSWD_DANGLING:
		link_nowhere("passwd");
		break;
	}
}

/* The node's process is its owner and cannot do this itself. */
static void editor_main(int control_fd, void *user_data)
{
	enum etc_state state;

	(void)user_data;
	while (process_next_order(control_fd, &state, sizeof(state))) {
		set_state(state);
		process_report(control_fd, &state, sizeof(state));
	}
}

static void edit(enum etc_state state)
{
	process_order(&editor, &state, sizeof(state));
	process_read_report(&editor, &state, sizeof(state));
}

/* -- the node -------------------------------------------------------------- */

static void load(void)
{
	scene_init(&scene);
	scene_load_next(&scene, POLICY("deny friend\n"));
	scene_load(&scene, POLICY(""));
}

static void set_up(void)
{
	load();
	process_start(&crowd, ROLE_ROOT, crowd_main, &scene);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	process_start(&editor, ROLE_ROOT, editor_main, NULL);
	scene_open(&scene);
}

static void tear_down(void)
{
	process_end(&crowd);
	process_end(&peer);
	process_end(&editor);
	scene_close(&scene);
}

static size_t count_offers(uid_t first_uid)
{
	const struct crowd_order order = {
		CROWD_LEAVE_UNREAD, first_uid, USERS, 1,
	};
	struct crowd_report report;

	process_order(&crowd, &order, sizeof(order));
	scene_serve_until_readable(&scene, crowd.control_fd);
	process_read_report(&crowd, &report, sizeof(report));
	scene_serve_what_is_due(&scene);
	return report.offer_count;
}

static void expect_fault(const struct postern_error_info *error, int fault)
{
	size_t i;

	ck_assert_msg(error->reason == POSTERN_REASON_SUBORDINATE_UIDS,
		      "fault %d: for '%s' (%s)", fault,
		      postern_reason_name(error->reason), error->detail);
	for (i = 0; i < 2; i++)
		ck_assert_msg(strstr(error->detail, faults[fault].details[i]),
			      "fault %d: does not say '%s': %s", fault,
			      faults[fault].details[i], error->detail);
}

START_TEST(open_with_faulty_ranges_is_refused, .loop_end = FAULT_COUNT)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	size_t fds_before;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring(RANGE), NEEDS_MOUNT_NAMESPACE);
	load();
	set_state(faults[_i].state);
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	fds_before = inspect_fd_count();
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -EACCES);
	expect_fault(&error, _i);
	ck_assert_uint_eq(inspect_fd_count(), fds_before);
	ck_assert_int_ne(access(scene.socket_path, F_OK), 0);
}
END_TEST

START_TEST(reload_with_faulty_ranges_keeps_policy_and_ranges,
	   .loop_end = FAULT_COUNT)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	uint32_t lost = 77;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring(RANGE), NEEDS_MOUNT_NAMESPACE);
	set_up();
	(void)peer_join(&scene, &peer);
	edit(faults[_i].state);
	ck_assert_int_eq(postern_node_reload(scene.node, scene.next, &lost,
					     &error), -EACCES);
	expect_fault(&error, _i);
	ck_assert_uint_eq(lost, 77);
	ck_assert(scene_has_record(&scene, "reload", "outcome=failed"));
	ck_assert(scene_has_record(&scene, "reload", faults[_i].details[0]));

	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 5).result, 0);
	scene_await_messages(&scene, 5);
	ck_assert_uint_eq(count_offers(FIRST_UID), OFFERS_OF_USER);
	tear_down();
}
END_TEST

START_TEST(reload_with_sound_ranges_puts_them_in_force, .loop_end = 2)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring(RANGE), NEEDS_MOUNT_NAMESPACE);
	set_up();
	ck_assert_uint_eq(count_offers(FIRST_UID), OFFERS_OF_USER);
	edit(_i == 0 ? ETC_OTHER_RANGE : ETC_REMOVED);
	scene_reload(&scene, 0);
	ck_assert_int_eq(peer_connect(&scene, &peer).result, -EACCES);
	ck_assert_uint_eq(count_offers(OTHER_FIRST_UID),
			  _i == 0 ? OFFERS_OF_USER : USERS);
	tear_down();
}
END_TEST

START_TEST(open_without_the_file_succeeds)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(own_etc_bring(NULL), NEEDS_MOUNT_NAMESPACE);
	set_up();
	ck_assert_uint_eq(count_offers(FIRST_UID), USERS);
	tear_down();
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
