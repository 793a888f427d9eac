/* SPDX-License-Identifier: ISC */
/*
 * The library keeps and uses no descriptor from 0 to 2
 *
 * A program that closed its standard streams may still write to them.  Here they
 * are closed in every process, and a filter for system calls kills a process that
 * does anything with such a descriptor but copy it elsewhere and close it.  So
 * descriptors that live for a moment count as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/test_options.h"

static const char POLICY[] =
	"policy-version 1\n"
	"peer friend {\n"
	"	user $peer\n"
	"	key $peerkey\n"
	"}\n"
	"node orders {\n"
	"	owner user $owner\n"
	"	key $nodekey\n"
	"	socket $dir/orders.sock mode 0666\n"
	"	security mac\n"
	"	limits {\n"
	"		ring 16KiB\n"
	"		message 4KiB\n"
	"	}\n"
	"	allow friend {\n"
	"		direction both\n"
	"	}\n"
	"}\n"
	"end\n";

static struct scene scene;

/* -- a process without standard streams ------------------------------------ */

/* System calls, and which of their arguments is a descriptor. */
static const struct {
	unsigned number;
	unsigned argument;
} filtered_calls[] = {
	{__NR_read, 0},        {__NR_write, 0},       {__NR_pread64, 0},
	{__NR_fstat, 0},       {__NR_newfstatat, 0},  {__NR_openat, 0},
	{__NR_unlinkat, 0},    {__NR_linkat, 0},      {__NR_getdents64, 0},
	{__NR_ftruncate, 0},   {__NR_fallocate, 0},   {__NR_fchmod, 0},
	{__NR_fchown, 0},      {__NR_fchownat, 0},    {__NR_fsync, 0},
	{__NR_mmap, 4},        {__NR_connect, 0},     {__NR_bind, 0},
	{__NR_listen, 0},      {__NR_accept4, 0},     {__NR_shutdown, 0},
	{__NR_sendto, 0},      {__NR_recvfrom, 0},    {__NR_sendmsg, 0},
	{__NR_recvmsg, 0},     {__NR_getsockopt, 0},  {__NR_setsockopt, 0},
	{__NR_ioctl, 0},       {__NR_epoll_ctl, 0},   {__NR_epoll_ctl, 2},
	{__NR_timerfd_settime, 0}, {__NR_inotify_add_watch, 0},
	{__NR_pidfd_send_signal, 0}, {__NR_readlinkat, 0},
};

#define FILTERED_COUNT (sizeof(filtered_calls) / sizeof(filtered_calls[0]))
/* The instructions for one of them. */
#define FILTER_STEPS 5

static void filter_calls(void)
{
	struct sock_filter steps[FILTERED_COUNT * FILTER_STEPS + 1];
	struct sock_fprog program = {
		.len = sizeof(steps) / sizeof(steps[0]),
		.filter = steps,
	};
	size_t i, step = 0;

	for (i = 0; i < FILTERED_COUNT; i++) {
		const struct sock_filter check[FILTER_STEPS] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
				 filtered_calls[i].number, 0, 3),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 (unsigned)offsetof(struct seccomp_data, args) +
					 8 * filtered_calls[i].argument),
			BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, STDERR_FILENO, 1,
				 0),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		};

		memcpy(&steps[step], check, sizeof(check));
		step += FILTER_STEPS;
	}
	steps[step] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						   SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(EXIT_FAILURE);
}

static void lose_standard_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)close(fd);
	filter_calls();
}

static bool has_low_descriptor(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			return true;
	return false;
}

static void low_peer_main(int control_fd, void *user_data)
{
	lose_standard_streams();
	peer_main(control_fd, user_data);
	if (has_low_descriptor())
		_exit(EXIT_FAILURE);
}

/* Order and report are an int each: what is to be done, and the result. */
enum order { OBSERVE, REVOKE };

static int observe(const struct postern_policy *policy)
{
	struct postern_node_statistics stats = POSTERN_NODE_STATISTICS_INIT;
	struct postern_stats_reader *observer;
	int r;

	r = postern_stats_reader_open(policy, "orders", NULL,
				      test_deadline_ns(), &observer, NULL);
	if (r < 0)
		return r;
	r = postern_stats_reader_read_node(observer, &stats);
	(void)postern_stats_reader_close(observer);
	return r;
}

static int revoke_friend(const struct postern_policy *policy)
{
	uint32_t count = 0;
	int r;

	r = postern_control_disconnect(policy, "orders", "friend", NULL,
				       test_deadline_ns(), &count, NULL);
	return r < 0 ? r : (int)count;
}

static void low_owner_main(int control_fd, void *user_data)
{
	enum order order;
	int result;

	lose_standard_streams();
	while (process_next_order(control_fd, &order, sizeof(order))) {
		result = order == OBSERVE ? observe(scene.policy)
					  : revoke_friend(scene.policy);
		process_report(control_fd, &result, sizeof(result));
	}
	(void)user_data;
	if (has_low_descriptor())
		_exit(EXIT_FAILURE);
}

static int owner_do(const struct process *owner, enum order order)
{
	int result;

	process_order(owner, &order, sizeof(order));
	scene_serve_until_readable(&scene, owner->control_fd);
	process_read_report(owner, &result, sizeof(result));
	return result;
}

static void expect_success(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "wait status %#x", (unsigned)status);
}

/* -- what a node and its clients do ---------------------------------------- */

START_TEST(filter_kills_a_process_that_uses_a_low_descriptor)
{
	pid_t pid = fork();
	int status;
	char byte;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		lose_standard_streams();
		(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
		(void)!read(STDIN_FILENO, &byte, 1);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

START_TEST(node_client_observer_and_controller_have_no_low_descriptor)
{
	struct peer_order connect_order = {.kind = PEER_CONNECT,
					   .has_key = true,
					   .key = SCENE_KEY_PEER};
	struct process peer, owner;
	struct postern_channel *channel;
	struct postern_node_event event = POSTERN_NODE_EVENT_INIT;

	skip_unless(users_are_several(), NEEDS_USERS);
	skip_unless(!test_has_runner() && !test_has_sanitizer(),
		    "needs a process without a runner or sanitizer");
	scene_init(&scene);
	scene_make_keys(&scene);
	scene.key_file = scene.key_paths[SCENE_KEY_NODE];
	scene_load_next(&scene, POLICY);
	scene_load(&scene, POLICY);
	process_start(&peer, ROLE_PEER, low_peer_main, &scene);
	process_start(&owner, ROLE_OWNER, low_owner_main, &scene);
	lose_standard_streams();

	scene_open(&scene);
	ck_assert(!has_low_descriptor());
	ck_assert_int_eq(peer_obey(&scene, &peer, &connect_order).result, 0);
	ck_assert(!has_low_descriptor());
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_SEND, 200).result, 0);
	scene_await_messages(&scene, 200);
	ck_assert(!has_low_descriptor());

	ck_assert_int_eq(owner_do(&owner, OBSERVE), 0);
	ck_assert(!has_low_descriptor());

	scene_reload(&scene, 0);
	ck_assert(!has_low_descriptor());
	ck_assert_int_eq(remove(scene.socket_path), 0);
	scene_serve_what_is_due(&scene);
	ck_assert_int_eq(access(scene.socket_path, F_OK), 0);
	ck_assert(!has_low_descriptor());

	ck_assert_int_eq(owner_do(&owner, REVOKE), 1);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_DISCONNECTED);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_RECEIVE_TO_END, 0).result,
			 -EPIPE);
	ck_assert_int_eq(peer_do(&scene, &peer, PEER_CLOSE, 0).result, 0);

	ck_assert_int_eq(peer_obey(&scene, &peer, &connect_order).result, 0);
	event = scene_await_event(&scene, POSTERN_NODE_EVENT_CONNECTED);
	ck_assert_int_eq(postern_node_detach(scene.node, event.peer, &channel),
			 0);
	ck_assert_int_ge(postern_channel_fd(channel), 3);
	ck_assert(!has_low_descriptor());
	channel = postern_channel_close(channel);

	process_end(&owner);
	process_end(&peer);
	scene_close(&scene);
	ck_assert(!has_low_descriptor());
}
END_TEST

/* NULL: the policy of the system, whatever it is. */
static void load_and_ask(const char *policy_path)
{
	struct postern_policy_options options = POSTERN_POLICY_OPTIONS_INIT;
	const struct postern_subject *subject = NULL;
	struct postern_policy *policy = NULL;
	uint64_t inode;
	int r;

	options.file = policy_path;
	lose_standard_streams();
	if (postern_policy_load(&options, NULL, &policy) < 0 && policy_path)
		_exit(2);
	if (postern_subject_new_for_pid(getpid(), NULL, &subject) < 0)
		_exit(3);
	postern_subject_free(subject);
	r = postern_pidfd_inode(getpid(), 0, &inode);
	if (r < 0 && r != -EOPNOTSUPP)
		_exit(6);
	if (postern_subject_new_for_user("root", &subject) < 0)
		_exit(4);
	postern_subject_free(subject);
	postern_policy_free(policy);
	_exit(has_low_descriptor() ? 5 : EXIT_SUCCESS);
}

START_TEST(policy_files_and_facts_are_read_through_no_low_descriptor)
{
	pid_t pid;

	skip_unless(!test_has_runner() && !test_has_sanitizer(),
		    "needs a process without a runner or sanitizer");
	scene_init(&scene);
	scene_load(&scene, SCENE_OWNER_POLICY);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		load_and_ask(scene.policy_path);
	expect_success(pid);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		load_and_ask(NULL);
	expect_success(pid);
	postern_policy_free(scene.policy);
}
END_TEST

static void make_key(const char *path)
{
	uint8_t key[POSTERN_KEY_BYTES];
	struct postern_error_info error = POSTERN_ERROR_INFO_INIT;

	lose_standard_streams();
	if (postern_key_create(path, key, &error) < 0)
		_exit(2);
	_exit(has_low_descriptor() ? 3 : EXIT_SUCCESS);
}

START_TEST(key_files_are_made_through_no_low_descriptor)
{
	char path[STAGE_PATH_BYTES + 16];
	pid_t pid;

	skip_unless(!test_has_runner() && !test_has_sanitizer(),
		    "needs a process without a runner or sanitizer");
	scene_init(&scene);
	(void)snprintf(path, sizeof(path), "%s/key", scene.policy_directory);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		make_key(path);
	expect_success(pid);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS();
}
