/* SPDX-License-Identifier: ISC */
/*
 * receive --journal: the tool as a whole, with a journal of ours
 *
 * A receiver and its senders are processes of one user.  What the journal gets,
 * and what standard error does, is looked at when they have ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/inspect.h"
#include "support/stage.h"
#include "support/test_options.h"

#define WORDS_MAX 16
#define FILL_SOCKETS_MAX 1000

extern char **environ;

static char directory[STAGE_PATH_BYTES];
static char tool[512];
static char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
static int journal_fd = -1;
static pid_t receiver;
static char seen[8192];
static char text[65536];

/* -- the journal ----------------------------------------------------------- */

static int open_socket(int (*how)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	(void)strcpy(address.sun_path, path);
	ck_assert_int_eq(how(fd, (const struct sockaddr *)&address,
			     sizeof(address)), 0);
	return fd;
}

static bool take_entry(void)
{
	ssize_t byte_count = recv(journal_fd, seen, sizeof(seen) - 1, 0);

	if (byte_count < 0)
		return false;
	seen[byte_count] = '\0';
	return true;
}

/* The next entry of this event; others before it are passed over. */
static void find_entry(const char *event)
{
	char field[64];

	(void)snprintf(field, sizeof(field), "\nPOSTERN_EVENT=%s\n", event);
	do
		ck_assert_msg(take_entry(), "no entry of '%s'", event);
	while (!strstr(seen, field));
}

static void expect_field(const char *field)
{
	ck_assert_msg(strstr(seen, field), "no '%s' in:\n%s", field, seen);
}

/* One socket may have its own limit: the journal is full for a new one too. */
static void fill_journal(void)
{
	bool is_full = false;
	int fds[FILL_SOCKETS_MAX];
	int count = 0, sent_count;

	while (!is_full) {
		ck_assert_int_lt(count, FILL_SOCKETS_MAX);
		fds[count] = open_socket(connect);
		sent_count = 0;
		while (send(fds[count], "x", 1, 0) == 1)
			sent_count++;
		ck_assert_int_eq(errno, EAGAIN);
		is_full = sent_count == 0;
		count++;
	}
	while (count > 0)
		(void)close(fds[--count]);
}

/* -- the tool -------------------------------------------------------------- */

static pid_t start(const char *err_name, const char *const *words)
{
	const char *without = getenv("POSTERN_TEST_DISABLE_FEATURES");
	char *arguments[WORDS_MAX + 3] = {tool};
	posix_spawn_file_actions_t actions;
	size_t count = 1;
	pid_t pid;

	for (; *words; words++)
		arguments[count++] = (char *)(uintptr_t)*words;
	if (without && without[0]) {
		arguments[count++] = (char *)(uintptr_t)"--disable";
		arguments[count++] = (char *)(uintptr_t)without;
	}
	ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
	ck_assert_int_eq(posix_spawn_file_actions_addopen(
		&actions, 1, "out", O_WRONLY | O_CREAT | O_APPEND, 0600), 0);
	ck_assert_int_eq(posix_spawn_file_actions_addopen(
		&actions, 2, err_name, O_WRONLY | O_CREAT | O_APPEND, 0600), 0);
	ck_assert_int_eq(posix_spawn(&pid, tool, &actions, NULL, arguments,
				     environ), 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void await_success(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "wait status %d", status);
}

/* The node's socket appears when the node is ready. */
static void start_receiver(void)
{
	const char *const words[] = {
		"receive", "--policy", "policy.conf", "--lines",
		"--journal-socket", path, "orders", NULL,
	};
	uint64_t deadline_ns = test_deadline_ns();
	char own_socket[STAGE_PATH_BYTES + 16];

	/* Other tests have an orders.sock too. */
	(void)snprintf(own_socket, sizeof(own_socket), "%s/orders.sock",
		       directory);
	receiver = start("err", words);
	while (!inspect_is_listening(own_socket)) {
		ck_assert_int_gt(inspect_timeout_ms(deadline_ns), 0);
		(void)sched_yield();
	}
}

static void stop_receiver(void)
{
	ck_assert_int_eq(kill(receiver, SIGTERM), 0);
	await_success(receiver);
	receiver = 0;
}

static void send_message(const char *message)
{
	const char *const words[] = {
		"send", "--policy", "policy.conf", "--message", message,
		"orders", NULL,
	};

	await_success(start("send.err", words));
}

/* -- files ----------------------------------------------------------------- */

static const char *text_of(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t byte_count;

	ck_assert_int_ge(fd, 0);
	byte_count = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(byte_count, 0);
	text[byte_count] = '\0';
	(void)close(fd);
	return text;
}

static unsigned int occurrences(const char *of)
{
	const char *at = text;
	unsigned int count = 0;

	for (; (at = strstr(at, of)) != NULL; at++)
		count++;
	return count;
}

static void write_policy(void)
{
	FILE *file = fopen("policy.conf", "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file,
		"policy-version 1\n"
		"peer self {\n"
		"    user %u\n"
		"}\n"
		"node orders {\n"
		"    owner user %u\n"
		"    socket %s/orders.sock\n"
		"    allow self {\n"
		"        direction both\n"
		"    }\n"
		"}\n"
		"end\n", (unsigned)getuid(), (unsigned)getuid(), directory), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
	const char *builddir = getenv("POSTERN_BUILDDIR");
	char *root = realpath(builddir ? builddir : ".", NULL);

	ck_assert_ptr_nonnull(root);
	(void)snprintf(tool, sizeof(tool), "%s/postern", root);
	free(root);
	stage_make_directory(ROLE_ROOT, directory);
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_lt(snprintf(path, sizeof(path), "%s/journal", directory),
			 sizeof(path));
	write_policy();
}

/* -- tests ----------------------------------------------------------------- */

START_TEST(records_go_to_the_journal_and_not_to_standard_error)
{
	char uid[64];

	journal_fd = open_socket(bind);
	start_receiver();
	send_message("hello");
	stop_receiver();

	(void)snprintf(uid, sizeof(uid), "\nPOSTERN_UID=%u\n",
		       (unsigned)getuid());
	find_entry("connected");
	expect_field("MESSAGE=level=audit event=connected seq=1 node=orders ");
	expect_field("\nPRIORITY=5\n");
	expect_field("\nSYSLOG_IDENTIFIER=postern\n");
	expect_field("\nPOSTERN_SEQ=1\n");
	expect_field("\nPOSTERN_NODE=orders\n");
	expect_field("\nPOSTERN_PEER=self\n");
	expect_field(uid);
	/* valgrind has words of its own there. */
	if (!test_has_runner())
		ck_assert_str_eq(text_of("err"), "");
	ck_assert_str_eq(text_of("out"), "hello\n");
}
END_TEST

START_TEST(journal_that_is_not_there_costs_no_message)
{
	start_receiver();
	send_message("one");
	send_message("two");
	stop_receiver();
	ck_assert_str_eq(text_of("out"), "one\ntwo\n");

	/* One record is printed, the others are counted. */
	(void)text_of("err");
	ck_assert_uint_eq(occurrences("No such file or directory"), 1);
	ck_assert_uint_eq(occurrences("level="), 1);
	ck_assert_uint_eq(occurrences("did not reach the journal: lost="), 1);
}
END_TEST

START_TEST(journal_that_does_not_read_costs_no_message_and_is_told_later)
{
	journal_fd = open_socket(bind);
	fill_journal();
	start_receiver();
	send_message("one");
	send_message("two");
	while (take_entry())
		ck_assert_str_eq(seen, "x");
	send_message("three");
	stop_receiver();
	ck_assert_str_eq(text_of("out"), "one\ntwo\nthree\n");

	find_entry("journal-lost");
	expect_field("\nPOSTERN_LOST=");
	find_entry("connected");
	expect_field("\nPOSTERN_LEVEL=audit\n");
	(void)text_of("err");
	ck_assert_uint_eq(occurrences("level="), 1);
	ck_assert_uint_eq(occurrences("lost="), 0);
}
END_TEST

int main(void)
{
	return STAGE_RUN_TESTS(.set_up = set_up);
}
