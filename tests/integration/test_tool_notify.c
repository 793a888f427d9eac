/* SPDX-License-Identifier: ISC */
/*
 * receive under a service manager: what it tells by NOTIFY_SOCKET
 *
 * The test is the service manager: it has a datagram socket, and starts a
 * receiver that it then reloads and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/stage.h"
#include "support/test_options.h"

extern char **environ;

static char directory[STAGE_PATH_BYTES];
static char tool[512];
static char policy_path[STAGE_PATH_BYTES + 16];
static int manager_fd = -1;
static pid_t receiver;
static char told[256];
static char socket_path[STAGE_PATH_BYTES + 16];

/* -- the service manager --------------------------------------------------- */

/* By a path, or in the abstract namespace; the receiver gets the name. */
static void open_manager(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t name_bytes = strlen(name);

	ck_assert_uint_lt(name_bytes, sizeof(address.sun_path));
	memcpy(address.sun_path, name, name_bytes);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	manager_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(manager_fd, 0);
	ck_assert_int_eq(bind(manager_fd, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un,
						   sun_path) +
					  name_bytes)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

/* Of this process, as other tests run at the same time. */
static const char *abstract_name(void)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "@postern-test-%ld", (long)getpid());
	return name;
}

static void expect_told(const char *text)
{
	struct pollfd wait = {.fd = manager_fd, .events = POLLIN};
	ssize_t byte_count;

	ck_assert_msg(poll(&wait, 1, 30000) == 1, "no '%s'", text);
	byte_count = recv(manager_fd, told, sizeof(told) - 1, MSG_DONTWAIT);
	ck_assert_int_gt(byte_count, 0);
	told[byte_count] = '\0';
	ck_assert_msg(strncmp(told, text, strlen(text)) == 0, "'%s', not '%s'",
		      told, text);
}

static void expect_silence(void)
{
	ck_assert_int_eq(recv(manager_fd, told, sizeof(told), MSG_DONTWAIT),
			 -1);
	ck_assert_int_eq(errno, EAGAIN);
}

/* -- the receiver ---------------------------------------------------------- */

static void write_policy(const char *end)
{
	FILE *file = fopen(policy_path, "we");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "policy-version 1\n"
		"peer self { user %u }\n"
		"node orders {\n"
		"	owner user %u\n"
		"	socket %s/orders.sock\n"
		"	allow self { direction send }\n"
		"}\n"
		"%s", (unsigned)geteuid(), (unsigned)geteuid(), directory, end);
	ck_assert_int_eq(fclose(file), 0);
}

static void start_receiver(void)
{
	char *arguments[] = {
		tool, (char *)(uintptr_t)"receive",
		(char *)(uintptr_t)"--policy", policy_path,
		(char *)(uintptr_t)"orders", NULL,
	};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	/* As a service: with a terminal, SIGHUP would end it. */
	ck_assert_int_eq(posix_spawnattr_init(&attributes), 0);
	ck_assert_int_eq(posix_spawnattr_setflags(&attributes,
						  POSIX_SPAWN_SETSID), 0);
	ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
	ck_assert_int_eq(posix_spawn_file_actions_addopen(
		&actions, 1, "/dev/null", O_WRONLY, 0), 0);
	ck_assert_int_eq(posix_spawn_file_actions_addopen(
		&actions, 2, "err", O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
	ck_assert_int_eq(posix_spawn(&receiver, tool, &actions, &attributes,
				     arguments, environ), 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
}

static void expect_end(int exit_status)
{
	int status;

	ck_assert_int_eq(waitpid(receiver, &status, 0), receiver);
	receiver = 0;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == exit_status,
		      "wait status %d", status);
}

static void set_up(void)
{
	const char *build_directory = getenv("POSTERN_BUILDDIR");
	char *root = realpath(build_directory ? build_directory : ".", NULL);

	ck_assert_ptr_nonnull(root);
	ck_assert_uint_lt(strlen(root), sizeof(tool) - 16);
	(void)snprintf(tool, sizeof(tool), "%s/postern", root);
	free(root);
	stage_make_directory(ROLE_ROOT, directory);
	ck_assert_int_eq(chdir(directory), 0);
	(void)umask(077);
	(void)snprintf(policy_path, sizeof(policy_path), "%s/policy.conf",
		       directory);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/orders.sock",
		       directory);
	write_policy("end\n");
}

static void tear_down(void)
{
	if (receiver > 0) {
		(void)kill(receiver, SIGKILL);
		(void)waitpid(receiver, NULL, 0);
	}
	(void)close(manager_fd);
}

/* -- cases ----------------------------------------------------------------- */

static void follow_a_life(void)
{
	uint64_t before_us = inspect_now_ns() / 1000, reload_us;

	start_receiver();
	expect_told("READY=1\n");
	/* Not before a sender can connect. */
	ck_assert(inspect_is_listening(socket_path));
	ck_assert_int_eq(kill(receiver, SIGHUP), 0);
	expect_told("RELOADING=1\nMONOTONIC_USEC=");
	ck_assert_int_eq(sscanf(told, "RELOADING=1\nMONOTONIC_USEC=%" SCNu64,
				&reload_us), 1);
	ck_assert_uint_ge(reload_us, before_us);
	ck_assert_uint_le(reload_us, inspect_now_ns() / 1000);
	expect_told("READY=1\n");
	ck_assert_int_eq(kill(receiver, SIGTERM), 0);
	expect_told("STOPPING=1\n");
	expect_end(0);
	expect_silence();
}

START_TEST(receive_notify_socket_path_is_told_each_step)
{
	char name[STAGE_PATH_BYTES + 16];

	(void)snprintf(name, sizeof(name), "%s/notify", directory);
	open_manager(name);
	follow_a_life();
}
END_TEST

START_TEST(receive_abstract_notify_socket_is_told_each_step)
{
	open_manager(abstract_name());
	follow_a_life();
}
END_TEST

START_TEST(receive_failed_reload_is_ready_again)
{
	open_manager(abstract_name());
	start_receiver();
	expect_told("READY=1\n");
	write_policy("nonsense\n");
	ck_assert_int_eq(kill(receiver, SIGHUP), 0);
	expect_told("RELOADING=1\n");
	expect_told("READY=1\n");
	ck_assert_int_eq(kill(receiver, SIGTERM), 0);
	expect_told("STOPPING=1\n");
	expect_end(0);
}
END_TEST

START_TEST(receive_that_does_not_start_is_never_ready)
{
	open_manager(abstract_name());
	write_policy("nonsense\n");
	start_receiver();
	expect_end(8);
	expect_silence();
}
END_TEST

/* A warning, and no more. */
START_TEST(receive_without_a_service_manager_works)
{
	char name[STAGE_PATH_BYTES + 16], line[512] = "";
	bool has_line = false;
	FILE *err;

	(void)snprintf(name, sizeof(name), "%s/notify", directory);
	open_manager(name);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", "/nowhere/notify", 1), 0);
	start_receiver();
	while (!inspect_is_listening(socket_path))
		ck_assert_int_eq(waitpid(receiver, NULL, WNOHANG), 0);
	ck_assert_int_eq(kill(receiver, SIGTERM), 0);
	expect_end(0);
	err = fopen("err", "re");
	ck_assert_ptr_nonnull(err);
	/* The kernel may be one that the node warns of, too. */
	while (!has_line && fgets(line, sizeof(line), err))
		has_line = strstr(line, "postern: warning: NOTIFY_SOCKET: "
				  "/nowhere/notify: the service manager was not "
				  "told: ");
	ck_assert_int_eq(fclose(err), 0);
	ck_assert_msg(has_line, "%s", line);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up, .tear_down = tear_down);
}
