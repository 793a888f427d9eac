/* SPDX-License-Identifier: ISC */
/*
 * Clients whose user namespace does not map the node's owner
 *
 * The stage is a file system of its own, in a mount namespace of its own: no
 * directory above it is sticky, since a sticky one of root's is one of an
 * unmapped user there.  A client loads the policy before it leaves the host's
 * user namespace, as one in a container would have a policy of its own.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "integration/key_case.h"

#include <postern/control.h>
#include <postern/stats_reader.h>

#include "support/stage.h"

#define NEEDS_NAMESPACES "this host allows no user namespaces"
#define NOBODY 65534u

#define UNMAPPED(keys) HEAD "peer friend {\n	user $peer\n}\n" \
	"node orders {\n	owner unmapped\n" \
	"	socket $dir/orders.sock\n" keys LIMITS ALLOW("friend") CLOSE

/* What the calls that prove no key say. */
struct keyless_report {
	int probe;
	int observe;
	int control;
	enum postern_reason observe_reason;
	enum postern_reason control_reason;
	char observe_detail[POSTERN_ERROR_DETAIL_BYTES];
	char control_detail[POSTERN_ERROR_DETAIL_BYTES];
};

static bool has_stage;

static bool can_enter(int control_fd)
{
	int r = unshare(CLONE_NEWUSER) < 0 ? -errno : 0;
	char order;

	process_report(control_fd, &r, sizeof(r));
	return r == 0 && process_next_order(control_fd, &order, sizeof(order));
}

static void peer_in_user_namespace(int control_fd, void *user_data)
{
	if (can_enter(control_fd))
		peer_main(control_fd, user_data);
}

/* The node's process is not visible there: its pid is 0. */
static void peer_in_container(int control_fd, void *user_data)
{
	int status;
	pid_t pid;

	if (!can_enter(control_fd))
		return;
	process_require(unshare(CLONE_NEWPID) == 0, "no pid namespace");
	pid = fork();
	if (pid == 0) {
		peer_main(control_fd, user_data);
		exit(EXIT_SUCCESS);
	}
	(void)close(control_fd);
	process_require(pid > 0 && waitpid(pid, &status, 0) == pid &&
			WIFEXITED(status), "the container's process failed");
	_exit(WEXITSTATUS(status));
}

static void try_without_key(int control_fd, void *user_data)
{
	const struct postern_policy *policy =
		((const struct scene *)user_data)->policy;
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;
	struct postern_stats_reader *observer = NULL;
	struct keyless_report report = {0};
	uint32_t count;
	char order;

	if (!can_enter(control_fd) ||
	    !process_next_order(control_fd, &order, sizeof(order)))
		return;
	report.probe =
		postern_node_probe(policy, "orders", test_deadline_ns(), NULL);
	report.observe = postern_stats_reader_open(policy, "orders", NULL,
					 test_deadline_ns(), &observer,
					 &error);
	report.observe_reason = error.reason;
	memcpy(report.observe_detail, error.detail, sizeof(error.detail));
	report.control = postern_control_disconnect(policy, "orders", "friend",
						    NULL, test_deadline_ns(),
						    &count, &error);
	report.control_reason = error.reason;
	memcpy(report.control_detail, error.detail, sizeof(error.detail));
	postern_stats_reader_close(observer);
	process_report(control_fd, &report, sizeof(report));
	while (process_next_order(control_fd, &order, sizeof(order)))
		;
}

static void write_map(const struct process *process, const char *map)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map",
		       (int)process->pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, map, strlen(map)), (ssize_t)strlen(map));
	ck_assert_int_eq(close(fd), 0);
}

/* A process of ROLE_PEER, the only user there, unless map has further ones. */
static const char *start_unmapped(const char *policy,
				  process_main_fn *main_function,
				  const char *further_map)
{
	char map[128];
	int r;

	if (!users_are_several())
		return NEEDS_USERS;
	if (!has_stage)
		return "cannot mount a stage: needs CAP_SYS_ADMIN";
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, policy);
	process_start(&partner, ROLE_PEER, main_function, &scene);
	process_read_report(&partner, &r, sizeof(r));
	if (r < 0) {
		process_end(&partner);
		return NEEDS_NAMESPACES;
	}
	(void)snprintf(map, sizeof(map), "%u %u 1\n%s",
		       (unsigned)uid_of(ROLE_PEER),
		       (unsigned)uid_of(ROLE_PEER), further_map);
	write_map(&partner, map);
	process_order(&partner, "", 1);
	return NULL;
}

static void open_node(const char *policy, enum scene_key key)
{
	scene_load(&scene, policy);
	scene.key_file = scene.key_paths[key];
	scene_open(&scene);
}

static void end(void)
{
	process_end(&partner);
	scene_close(&scene);
}

/* A socket in the place of the node's, of a process that is no node. */
static int listen_as(uid_t uid)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(chown(scene.directory, uid, uid), 0);
	ck_assert_int_eq(setresuid(uid, uid, uid), 0);
	ck_assert_uint_lt(strlen(scene.socket_path), sizeof(address.sun_path));
	memcpy(address.sun_path, scene.socket_path,
	       strlen(scene.socket_path) + 1);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(chmod(scene.socket_path, 0666), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

static struct peer_report connect_alone(void)
{
	const struct peer_order order = {.kind = PEER_CONNECT};
	struct peer_report report;

	peer_order(&partner, &order);
	process_read_report(&partner, &report, sizeof(report));
	return report;
}

static void expect_untrusted(const struct peer_report *report,
			     enum postern_reason reason, const char *detail)
{
	ck_assert_int_eq(report->result, -EACCES);
	ck_assert_int_eq(report->reason, reason);
	ck_assert_msg(strstr(report->detail, detail), "%s", report->detail);
}

/* -- admitted by the key --------------------------------------------------- */

START_TEST(connect_with_the_nodes_key_is_admitted)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace, ""));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	ck_assert_int_eq(report.limits.security, POSTERN_SECURITY_MAC);
	ck_assert_int_eq(peer_do(&scene, &partner, PEER_SEND, 20).result, 0);
	scene_await_messages(&scene, 20);
	end();
}
END_TEST

START_TEST(connect_with_keys_of_both_sides_is_admitted)
{
	struct peer_report report;

	/* Root is mapped: the way to the client's own key is trusted. */
	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace,
				"0 0 1\n"));
	open_node(BOTH, SCENE_KEY_NODE);
	report = connect_with(&partner, SCENE_KEY_PEER);
	expect_admitted(&report);
	end();
}
END_TEST

START_TEST(connect_from_another_pid_namespace_is_admitted)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_container, ""));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	ck_assert_int_eq(peer_do(&scene, &partner, PEER_SEND, 20).result, 0);
	scene_await_messages(&scene, 20);
	end();
}
END_TEST

START_TEST(connect_while_the_key_is_rotated_is_admitted)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NEXT_KEY NODE_KEY),
				peer_in_user_namespace, ""));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	end();
}
END_TEST

/* -- refused --------------------------------------------------------------- */

START_TEST(connect_to_a_node_with_another_key_is_refused)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace, ""));
	open_node(USER(NEXT_KEY), SCENE_KEY_NEXT);
	report = peer_connect(&scene, &partner);
	expect_refused(&report, POSTERN_REASON_KEY, 0);
	end();
}
END_TEST

START_TEST(connect_to_a_node_without_a_key_is_refused)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace, ""));
	scene_load(&scene, USER(""));
	scene_open(&scene);
	report = peer_connect(&scene, &partner);
	ck_assert_int_eq(report.result, -EACCES);
	ck_assert_uint_eq(scene_count_records(&scene, "connected"), 0);
	end();
}
END_TEST

START_TEST(connect_by_the_owners_uid_is_refused_with_advice)
{
	struct peer_report report;

	skip_for(start_unmapped(USER(NODE_KEY), peer_in_user_namespace, ""));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	report = peer_connect(&scene, &partner);
	expect_untrusted(&report, POSTERN_REASON_UNTRUSTED_PATH,
			 "write 'owner unmapped' and 'key'");
	end();
}
END_TEST

START_TEST(connect_to_a_listener_that_is_mapped_is_refused)
{
	struct peer_report report;
	int fd;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace, ""));
	fd = listen_as(uid_of(ROLE_PEER));
	report = connect_alone();
	expect_untrusted(&report, POSTERN_REASON_LISTENER, "the listener is");
	ck_assert_int_eq(close(fd), 0);
	end();
}
END_TEST

static void expect_not_reached(const char *detail)
{
	struct peer_report report;
	int fd;

	fd = listen_as(NOBODY);
	report = connect_alone();
	expect_untrusted(&report, POSTERN_REASON_LISTENER, detail);
	ck_assert_int_eq(accept4(fd, NULL, NULL, SOCK_CLOEXEC), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(close(fd), 0);
	end();
}

START_TEST(connect_on_the_host_to_uid_65534_is_refused)
{
	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(has_stage, "cannot mount a stage: needs CAP_SYS_ADMIN");
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, UNMAPPED(NODE_KEY));
	process_start(&partner, ROLE_PEER, peer_main, &scene);
	expect_not_reached("does not map every uid");
}
END_TEST

/* The usual map of a container has 65,536 uids. */
START_TEST(connect_where_uid_65534_is_mapped_is_admitted_by_the_key)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace,
		       "65000 165000 1000\n"));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	report = peer_connect(&scene, &partner);
	expect_admitted(&report);
	end();
}
END_TEST

START_TEST(connect_below_a_directory_open_to_others_is_refused)
{
	struct peer_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), peer_in_user_namespace, ""));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	ck_assert_int_eq(chmod(scene.directory, 01777), 0);
	report = peer_connect(&scene, &partner);
	expect_untrusted(&report, POSTERN_REASON_UNTRUSTED_PATH,
			 "is writable by group or others: mount");
	end();
}
END_TEST

START_TEST(observe_and_revoke_are_refused_and_probe_is_answered)
{
	struct keyless_report report;

	skip_for(start_unmapped(UNMAPPED(NODE_KEY), try_without_key, ""));
	open_node(USER(NODE_KEY), SCENE_KEY_NODE);
	process_order(&partner, "", 1);
	scene_serve_until_readable(&scene, partner.control_fd);
	process_read_report(&partner, &report, sizeof(report));
	ck_assert_int_eq(report.probe, 0);
	ck_assert_int_eq(report.observe, -EACCES);
	ck_assert_int_eq(report.observe_reason, POSTERN_REASON_LISTENER);
	ck_assert_ptr_nonnull(strstr(report.observe_detail, "prove no key"));
	ck_assert_int_eq(report.control, -EACCES);
	ck_assert_int_eq(report.control_reason, POSTERN_REASON_LISTENER);
	ck_assert_ptr_nonnull(strstr(report.control_detail, "prove no key"));
	scene_expect_no_refusal(&scene);
	end();
}
END_TEST

START_TEST(node_open_with_owner_unmapped_is_refused)
{
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	scene_init(&scene);
	scene_make_keys(&scene);
	scene_load(&scene, UNMAPPED(NODE_KEY));
	ck_assert_int_eq(become(ROLE_OWNER, NULL, 0), 0);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	ck_assert_int_eq(scene_try_open(&scene, 0, &error), -EACCES);
	ck_assert_int_eq(error.reason, POSTERN_REASON_OWNER);
	ck_assert_msg(strstr(error.detail, "in another user namespace"),
		      "%s", error.detail);
	scene_close(&scene);
}
END_TEST

/* For this program and its children alone: it ends with the last of them. */
static bool mount_stage(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("postern", "/mnt", "tmpfs", 0, "mode=0755") == 0 &&
	       setenv("POSTERN_STAGED_DIR", "/mnt", 1) == 0;
}

int main(void)
{
	has_stage = users_are_several() && mount_stage();
	return STAGE_RUN_TESTS();
}
