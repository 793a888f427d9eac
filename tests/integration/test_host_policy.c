/* SPDX-License-Identifier: ISC */
/*
 * Calls without a policy: they load the policy of the host
 *
 * The policy of the host is that of an /etc of the test's own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/own_etc.h"
#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

#define TEXT_BYTES 2048

static struct scene scene;
static char sound_text[TEXT_BYTES];
static char faulty_text[TEXT_BYTES];

/* The node's own block has an error, so a client cannot use it either. */
static const char FAULTY_POLICY[] =
	"policy-version 1\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	socket orders.sock mode 0666\n"
	"}\n"
	"end\n";

static void make_policy_directory(void)
{
	static const char *const names[] = {"postern", "postern/policy.d"};
	char path[OWN_ETC_PATH_BYTES];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		own_etc_path(names[i], path);
		ck_assert_int_eq(mkdir(path, 0755), 0);
		ck_assert_int_eq(chmod(path, 0755), 0);
	}
}

/* The text of a policy of the scene. */
static void fill_in(const char *template, char text[static TEXT_BYTES])
{
	size_t bytes;
	FILE *file;

	scene_load(&scene, template);
	scene.policy = postern_policy_free(scene.policy);
	file = fopen(scene.policy_path, "re");
	ck_assert_ptr_nonnull(file);
	bytes = fread(text, 1, TEXT_BYTES - 1, file);
	ck_assert_int_eq(fclose(file), 0);
	text[bytes] = '\0';
}

/* As the only file of the host's policy. */
static void install_policy(const char *text)
{
	own_etc_write("postern/policy.d/orders.conf", text, 0644);
}

static const char *set_up(void)
{
	if (!users_are_several())
		return NEEDS_USERS;
	if (!own_etc_bring(NULL))
		return NEEDS_MOUNT_NAMESPACE;
	scene_init(&scene);
	fill_in(SCENE_POLICY, sound_text);
	fill_in(FAULTY_POLICY, faulty_text);
	make_policy_directory();
	return NULL;
}

static void ask_main(int control_fd, void *user_data)
{
	struct postern_stats_reader *observer = NULL;
	int order, r;

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		r = postern_node_probe(NULL, "orders", test_deadline_ns(),
				       NULL);
		if (r == 0)
			r = postern_stats_reader_open(NULL, "orders", NULL,
					    test_deadline_ns(), &observer,
					    NULL);
		observer = postern_stats_reader_close(observer);
		if (r == 0)
			r = postern_control_disconnect(NULL, "orders", "friend",
						       NULL, test_deadline_ns(),
						       NULL, NULL);
		process_report(control_fd, &r, sizeof(r));
	}
}

START_TEST(calls_without_policy_use_the_policy_of_the_host)
{
	struct process owner, peer;
	struct postern_node_event event;
	int r = 0;

	skip_for(set_up());
	install_policy(sound_text);
	process_start(&owner, ROLE_OWNER, ask_main, NULL);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	(void)peer_join(&scene, &peer);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 3).result, 0);
	scene_await_messages(&scene, 3);

	ck_assert_int_eq(postern_node_reload(scene.node, NULL, NULL, NULL), 0);
	process_order(&owner, &r, sizeof(r));
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(event.reason, POSTERN_REASON_DISCONNECTED);
	scene_serve_until_readable(&scene, owner.control_fd);
	process_read_report(&owner, &r, sizeof(r));
	ck_assert_int_eq(r, 0);
	process_end(&owner);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

static void expect_fault(int result, const struct postern_error_info *error)
{
	ck_assert_int_eq(result, -EINVAL);
	ck_assert_int_eq(error->reason, POSTERN_REASON_POLICY);
	ck_assert_str_eq(error->file, "/etc/postern/policy.d/orders.conf");
	ck_assert_uint_eq(error->line, 4);
}

START_TEST(error_of_the_hosts_policy_has_its_location)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_stats_reader *observer;
	struct postern_channel *channel;
	struct postern_node *node;

	skip_for(set_up());
	install_policy(faulty_text);
	expect_fault(postern_node_open(NULL, "orders", NULL, &node, &error),
		     &error);
	expect_fault(postern_connect(NULL, "orders", NULL, 0, &channel,
				     &error),
		     &error);
	expect_fault(postern_node_probe(NULL, "orders", 0, &error), &error);
	expect_fault(postern_stats_reader_open(NULL, "orders", NULL, 0,
					       &observer, &error),
		     &error);
	expect_fault(postern_control_disconnect(NULL, "orders", "friend", NULL,
						0, NULL, &error),
		     &error);
}
END_TEST

static void edit_main(int control_fd, void *user_data)
{
	int order;

	(void)user_data;
	while (process_next_order(control_fd, &order, sizeof(order))) {
		install_policy(faulty_text);
		process_report(control_fd, &order, sizeof(order));
	}
}

START_TEST(reload_with_an_error_of_the_hosts_policy_changes_nothing)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct process editor, peer;
	int done = 0;

	skip_for(set_up());
	install_policy(sound_text);
	process_start(&editor, ROLE_ROOT, edit_main, NULL);
	process_start(&peer, ROLE_PEER, peer_main, &scene);
	scene_open(&scene);
	(void)peer_join(&scene, &peer);
	process_order(&editor, &done, sizeof(done));
	process_read_report(&editor, &done, sizeof(done));
	expect_fault(postern_node_reload(scene.node, NULL, NULL, &error),
		     &error);
	ck_assert(scene_has_record(&scene, "reload", "orders.conf"));
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 3).result, 0);
	scene_await_messages(&scene, 3);
	process_end(&editor);
	process_end(&peer);
	scene_close(&scene);
}
END_TEST

START_TEST(without_a_policy_on_the_host_there_is_no_such_node)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_channel *channel;

	skip_for(set_up());
	ck_assert_int_eq(postern_connect(NULL, "orders", NULL, 0, &channel,
					 &error),
			 -ENOENT);
	ck_assert_int_eq(error.reason, POSTERN_REASON_UNKNOWN_NODE);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
